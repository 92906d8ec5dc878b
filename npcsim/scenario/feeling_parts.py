"""What may stand in files about feelings: moods, what moves them, and what moves ties."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from npcsim.scenario.ground_parts import Expression, Name, Number, Part, Share
from npcsim.scenario.units import Duration

Side = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Some = Name | list[Name]
TieOf = Annotated[str, Field(pattern=r"^[a-z]\w*\((by|to)\)$", max_length=80)]


class MomentPart(Part):
    """When a rule of feelings counts for an NPC: where all that it says is so."""

    what: Some = Field(
        description="What happens: a signal, a tool, `hurt`, `fell`, `refused`, `goal_done`, "
        "`goal_failed`, `goal_dropped`, `promise_kept` or `promise_broken`; or a list of such."
    )
    me: Literal["target", "doer", "witness"] = Field(
        "target",
        description="Whether it is done to the NPC, or it does it, or it sees or hears others.",
    )
    who: Some = Field(
        default_factory=list, description="Archetypes or NPCs it counts for; empty: everybody."
    )
    by: Some = Field(default_factory=list, description="Archetypes or NPCs who do it; empty: any.")
    to: Some = Field(default_factory=list, description="To whom it is done; empty: anybody.")
    when: Expression | None = Field(None, description="Guard about the NPC whose feelings move.")
    times: TieOf | None = Field(
        None,
        description="The change is multiplied by how the NPC stands to who does it or to whom it "
        "is done: `likes(to)`, `trust(by)`. What is done to a friend pleases or hurts; what is "
        "done to an enemy, the other way round.",
    )


class AppraisalPart(MomentPart):
    """How what happens moves the mood of an NPC whom it concerns."""

    valence: Expression | Number = Field(0.0, description="Added to valence.")
    arousal: Expression | Number = Field(0.0, description="Added to arousal.")


class TiltPart(Part):
    """What mood makes somebody more, or less, inclined to do."""

    valence: Side = Field(0.0, description="1: in good mood rather; -1: in bad mood rather.")
    arousal: Side = Field(0.0, description="1: when stirred up rather; -1: rather not.")


class MoodPart(Part):
    """Moods: valence (-1 to 1, how good it feels) and arousal (0 to 1, how stirred up).

    `traits: {valence: 0.2}` is how an NPC begins, and what its mood fades back to.
    """

    half_life: Duration = Field(
        3_600_000, description="After so long, half is left of what moved a mood."
    )
    bias: Share = Field(
        0.3,
        description="How much mood sways choices: utility times 1 + bias * fit, with fit from -1 "
        "to 1; 0: not at all.",
    )
    who: Some = Field(
        default_factory=list,
        description="Archetypes or NPCs without a mind that have a mood as well.",
    )
    rules: list[AppraisalPart] | None = Field(
        None, description="What moves moods, in place of npcsim's own rules."
    )
    more: list[AppraisalPart] = Field(
        default_factory=list, description="What moves moods, beside those."
    )
    tilts: dict[Name, TiltPart] = Field(
        default_factory=dict,
        description="By tool or plan: `{give: {valence: 1}}`. Fit is valence times valence plus "
        "arousal times arousal, at most 1. npcsim has some of its own.",
    )


class TieRulePart(MomentPart):
    """How what happens moves the ties of an NPC whom it concerns."""

    toward: Literal["by", "to"] | None = Field(
        None,
        description="Towards whom: who does it, or to whom it is done. Left out: `to` where the "
        "NPC is the doer, else `by`.",
    )
    add: dict[Name, Expression | Number] = Field(
        min_length=1, description="What is added to which tie: `{trust: -0.2, fear: 0.3}`."
    )
