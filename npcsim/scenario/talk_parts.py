"""What may stand in files about talk: whether there is any, and how long news is news."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from npcsim.scenario.ground_parts import Part
from npcsim.scenario.units import Duration, parse_off


class TalkPart(Part):
    """How NPCs talk of their own accord."""

    fresh: Duration = Field(
        7_200_000, description="How long what one saw or heard is news that one passes on."
    )


Talk = Annotated[Literal["off"] | TalkPart, BeforeValidator(parse_off)]
