"""What may stand in files about what models cost: budgets and prices."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from npcsim.scenario.ground_parts import Part
from npcsim.scenario.units import Duration, Money


class BudgetPart(Part):
    """What a tier may spend. All of it is reserved before a question is asked."""

    run: Money | None = Field(None, description="In the whole run, e.g. `1 USD`.")
    npc: Money | None = Field(None, description="On any one NPC.")
    hour: Money | None = Field(None, description="In any one hour of simulated time.")


PerMillion = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]


class PricePart(Part):
    """What a model costs, in US dollars a million tokens."""

    input: PerMillion = Field(description="Tokens of questions.")
    cached: PerMillion | None = Field(
        None,
        description="Tokens read from the provider's cache; as `input` if left out, and for "
        "a model file of one's own.",
    )
    written: PerMillion | None = Field(
        None,
        description="Tokens written to the provider's cache; left out: 1.25 times `input`, or 2 "
        "times with `prompt_cache: 1h`.",
    )
    output: PerMillion = Field(description="Tokens of answers.")


Patient = Literal["reflect", "importance", "summary"]


class BatchPart(Part):
    """Thoughts that can wait go out together, at half the price, and land when they are back."""

    purposes: list[Patient] = Field(["reflect"], description="Which ones can wait.")
    gather: Duration = Field(
        30_000, description="For how long they are collected before they are sent, in real time."
    )
    within: Duration = Field(
        28_800_000, description="After this, in simulated time, a thought that is not back is lost."
    )
    wait: Duration = Field(
        600_000,
        description="How long a run without a window then waits for it, in real time. The end of "
        "the run counts as such a moment.",
    )
