"""What may stand in files about reflection: when NPCs draw lessons, and how long those count."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from npcsim.scenario.ground_parts import Part
from npcsim.scenario.units import Duration, parse_off


class ReflectionPart(Part):
    """When NPCs conclude something from how their plans went, and how long that counts."""

    after: Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)] = Field(
        15.0,
        description="They reflect when the importance of what happened since has piled up to this; "
        "and whenever a goal failed.",
    )
    tries: Annotated[int, Field(ge=1, le=100)] = Field(
        2, description="From so many outcomes of a plan on there is something to conclude."
    )
    lasts: Duration = Field(
        7 * 86_400_000, description="How long a lesson counts, evenly less and less."
    )


Reflection = Annotated[Literal["off"] | ReflectionPart, BeforeValidator(parse_off)]
