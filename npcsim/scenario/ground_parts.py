"""What may stand in files about time and ground: the clock, places, ways, things and items.

And what every part of a file is made of: names, numbers and texts with their bounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from npcsim.scenario.units import Duration, Moment

Name = Annotated[str, Field(pattern=r"^[^\W\d][\w '\-]*$", max_length=60)]
Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e12, le=1e12)]
Amount = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e12)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Tile = Annotated[int, Field(ge=0, le=4096)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Expression = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[str, Field(max_length=2000)]
Language = Literal["en", "ko"]
Said = Text | Annotated[dict[Language, Text], Field(min_length=1)]

Feelings = tuple[str, str]
_Wording = TypeVar("_Wording")


def worded(said: _Wording | Mapping[Language, _Wording], language: Language) -> _Wording:
    """A wording in a language; where it lacks that, in English, else in the first it has."""
    if isinstance(said, Mapping):
        return said.get(language) or said.get("en") or next(iter(said.values()))
    return said


class Part(BaseModel):
    """Base: unknown keys are mistakes, values are not bent into other types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ClockPart(Part):
    """Simulated time. A tick is the step in which everything happens at once."""

    tick: Duration = Field(1_000, description="How long a tick is, e.g. `5 s`.")
    start: Moment = Field(0, description='When the run begins, e.g. `"06:00"`.')
    end: Moment | None = Field(None, description='When it ends, e.g. `"12:00"` or `day 3`.')


class PlacePart(Part):
    """A place. On a map its extent comes from the map or from `area`."""

    name: Text = Field("", description="What people call it; the key if left out.")
    x: Number | None = Field(None, description="Centre in tiles, where there is no map.")
    y: Number | None = Field(None, description="Centre in tiles, where there is no map.")
    area: tuple[Tile, Tile, Tile, Tile] | None = Field(
        None, description="Tiles it covers: [left, top, right, bottom], right and bottom excluded."
    )


class WayPart(Part):
    """A way between two places, where there is no map. It goes both ways."""

    from_: Name = Field(alias="from", description="One end.")
    to: Name = Field(description="The other end.")
    takes: Duration = Field(description="How long it takes on foot.")


class ItemPart(Part):
    """A kind of item."""

    name: Text = Field("", description="In words, e.g. `loaf of bread`; the key if left out.")
    use: dict[Name, Number] = Field(
        default_factory=dict, description="What using one up adds to the user's attributes."
    )
    recipe: dict[Name, Count] = Field(
        default_factory=dict, description="What making one uses up; empty: from nothing but work."
    )
    at: Name | None = Field(None, description="Kind of spot it is made at; none: can't be made.")
    makes: Count = Field(1, description="How many one crafting makes.")
    takes: Duration = Field(600_000, description="How long making it takes.")
    value: Amount = Field(1.0, description="What it is worth in coins; traders start here.")


class SpotPart(Part):
    """A thing that stands somewhere. One NPC can occupy it at a time."""

    kind: Name = Field(description="What it is: bed, oven, stall, door, ...")
    at: Name | None = Field(None, description="The place it stands in.")
    x: Number | None = Field(None, description="Position in tiles; the place's centre if left out.")
    y: Number | None = Field(None, description="Position in tiles; the place's centre if left out.")
    locked: bool = Field(False, description="A locked door blocks its tile.")
    holds: dict[Name, Count] = Field(default_factory=dict, description="Items in it at the start.")
