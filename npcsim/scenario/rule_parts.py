"""What may stand in files about the rules of a world, about leave, and about how a run is kept."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from npcsim.scenario.ground_parts import Name, Part
from npcsim.scenario.units import Coins, Duration


class ApprovePart(Part):
    """What needs somebody's leave before it begins, and what if nobody answers in time."""

    within: Duration = Field(60_000, description="How long it waits, in simulated time.")
    otherwise: Literal["allow", "refuse"] = Field(
        "refuse", description="What is done when nobody has answered by then."
    )


class RulesPart(Part):
    """What the world does with certain things."""

    combat: Literal["knockout", "death"] = Field(
        "knockout", description="Whether an NPC whose hp reach 0 can be healed."
    )
    broken: dict[Name, Coins] = Field(
        default_factory=dict,
        description="Kinds of things that break in fights, and what that costs: "
        "`{table: 5 coins}`.",
    )


class LogPart(Part):
    """How the run is kept."""

    every: Annotated[int, Field(ge=1, le=10_000)] = Field(
        1, description="Durability: ticks to a transaction."
    )
    sync: Literal["commit", "disk"] = Field(
        "commit",
        description="Durability: `disk` has every transaction on the disk before the next begins, "
        "so that a power cut costs none of them.",
    )
    snapshot: Duration | None = Field(
        None,
        description="Simulated time between snapshots. None: by cost, one whenever reading the log "
        "since the last would cost more than reading a snapshot does.",
    )
