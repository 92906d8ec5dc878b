"""What may stand in files about a negotiation: issues, private values, rounds, ratification."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from npcsim.scenario.ground_parts import Count, Expression, Name, Number, Part
from npcsim.scenario.units import Duration, Range

Label = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^,()]+$")]
Worth = Number | Expression


class IssuePart(Part):
    """One thing that is negotiated: an `item` of which some change hands, a number, or texts."""

    item: Name | None = Field(None, description="The kind of item that changes hands.")
    from_: Name | None = Field(
        None, alias="from", description="Who gives it: somebody at the table, or a faction."
    )
    to: Name | None = Field(None, description="Who gets it; the other side if left out.")
    within: Duration | None = Field(
        None, description="It is not handed over at once but promised, within so long."
    )
    range: Range | None = Field(None, description="The least and the most, e.g. `0..20`.")
    step: Annotated[float, Field(gt=0, le=1e9)] = Field(
        1.0, description="How far the numbers of a `range` are apart."
    )
    outcomes: list[Label] = Field(
        default_factory=list, description="All it can come to, where it is no number."
    )
    promise: dict[Label, Name] = Field(
        default_factory=dict,
        description="By which outcome who promises something. It is remembered, not enforced.",
    )
    worth: dict[Name, Worth | dict[Label, Worth]] = Field(
        default_factory=dict,
        description="What it is worth to whom, an NPC, an archetype or a faction, and nobody else "
        "knows: of an item, one of them, in coins; of a number, one more; of outcomes, each.",
    )


class RatifyPart(Part):
    """Who has to agree afterwards, though they were not at the table."""

    by: list[Name] = Field(
        min_length=1, max_length=16, description="Who votes, once somebody from the table is near."
    )
    needs: Literal["all", "most", "any"] = Field("all", description="How many of them.")
    within: Duration = Field(86_400_000, description="How long that may take.")


class NegotiationPart(Part):
    """What a scene of the class `Negotiation`, or of one built on it, is about."""

    issues: dict[Name, IssuePart] = Field(
        min_length=1, max_length=8, description="What is negotiated."
    )
    rounds: Annotated[Count, Field(ge=1, le=100)] = Field(
        8, description="In how many rounds, one move each, it must come to an end."
    )
    reserve: dict[Name, Worth] = Field(
        default_factory=dict,
        description="What no agreement is worth to whom (0): worse is never agreed to.",
    )
    firm: dict[Name, Worth] = Field(
        default_factory=dict,
        description="How slowly who gives way, from 0 (at once) to 1 (at the very end); 0.5.",
    )
    ratify: RatifyPart | None = Field(None, description="Who has to ratify what is agreed.")
