"""What may stand in files about what models cost: budgets and prices."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from npcsim.scenario.ground_parts import Part
from npcsim.scenario.units import Money


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
        None, description="Tokens read from the provider's cache; as `input` if left out."
    )
    output: PerMillion = Field(description="Tokens of answers.")
