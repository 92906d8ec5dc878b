"""What may stand in files about who is asked: the rules of routing, and levels of attention."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from npcsim.scenario.ground_parts import Name, Part, Share
from npcsim.scenario.units import Duration, Money, parse_off

Effort = Literal["low", "medium", "high", "xhigh", "max"]
Efforts = Annotated[list[Effort], Field(min_length=1, max_length=5)]


class RoutingPart(Part):
    """When a dearer tier is asked after a cheaper one: stakes times doubt, against the price."""

    stakes: Share = Field(
        0.6, description="From these stakes on a model is asked even where one option dominates."
    )
    escalate: Annotated[Share | Literal["off"], BeforeValidator(parse_off)] = Field(
        0.25,
        description="Stakes times doubt from which a dearer tier may be asked; `off`: none is "
        "after another, what the first one answers stands.",
    )
    worth: Money = Field(
        0.02,
        description="What the right choice is worth where everything hangs on it and nothing is "
        "known; asking must cost less than that times stakes, doubt, and how much better the "
        "dearer tier is.",
    )
    unknown: Share = Field(0.5, description="The doubt an answer without likelihoods leaves.")
    delay: Share = Field(
        0.1,
        description="The share of what is at stake that is lost by deciding at the last moment.",
    )
    retry: Duration = Field(
        60_000, description="For how long a tier that can't be reached is left alone."
    )


class LevelPart(Part):
    """How much is thought by those at one level of attention."""

    rest: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] | None = Field(
        None,
        description="How many times as long as else they rest between thoughts nobody asked for.",
    )
    worth: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] | None = Field(
        None, description="How many times as much as else a right choice of theirs is worth."
    )
    most: Name | None = Field(
        None, description="The dearest tier that may be asked, or `reflex`; left out: any."
    )


class AttentionPart(Part):
    """How much is thought where players look, and elsewhere. Where nobody looks, all are alike."""

    faced: LevelPart = Field(
        default_factory=LevelPart,
        description="Who is looked at, or spoken to from there: `{rest: 0.5, worth: 2}`.",
    )
    near: LevelPart = Field(
        default_factory=LevelPart,
        description="Who is within 8 tiles of it, or in the middle of the story.",
    )
    far: LevelPart = Field(
        default_factory=LevelPart, description="Everybody else: `{rest: 3, worth: 0.25}`."
    )
