"""What may stand in files about plans, and about goals with their sub-goals."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from npcsim.scenario.ground_parts import Expression, Name, Number, Part, Said, Share
from npcsim.scenario.units import ToolCall


class PlanPart(Part):
    """A goal of its own that a mind may take up, as steps that are tool calls."""

    option: Said = Field(
        description="The option's wording, e.g. `bake bread at the bakery`; or by language, "
        "`{en: ..., ko: ...}`."
    )
    who: list[Name] = Field(default_factory=list, description="Archetypes or NPCs; empty: all.")
    when: Expression | None = Field(None, description="Guard: when it can be taken up.")
    worth: Expression | Number = Field(0.3, description="Utility, a number or an expression.")
    steps: list[ToolCall] = Field(min_length=1, max_length=40, description="Tool calls in order.")
    stakes: Share = Field(0.1, description="How much hangs on choosing well, 0 to 1.")


class SubGoalPart(Part):
    """A goal of one's own that serves a higher one."""

    option: Said = Field(description="Its wording as an option, e.g. `chase off the bandits`.")
    when: Expression | None = Field(None, description="Guard: when it applies.")
    done: Expression | None = Field(
        None, description="Guard: when it is reached; left out: as one of its plans is done."
    )
    failed: Expression | None = Field(
        None,
        description="Guard: when it has failed; left out: as one of its plans fails.",
    )
    worth: Expression | Number = Field(
        0.5, description="Utility; its plans are worth so much more while it is held."
    )
    plans: list[Name] = Field(
        default_factory=list,
        description="Plans that serve it. Who has such a goal takes them up only for it.",
    )
    after: list[Name] = Field(
        default_factory=list, description="Sub-goals that must have been reached before."
    )
    once: bool = Field(False, description="Whether it is over once it has been reached.")
    stakes: Share = Field(0.3, description="How much hangs on choosing well, 0 to 1.")


class GoalPart(Part):
    """A high goal and what it can be broken into; what applies is for each mind to choose."""

    goal: Said = Field(description="In words, e.g. `keep the village safe`.")
    who: list[Name] = Field(default_factory=list, description="Archetypes or NPCs; empty: all.")
    done: Expression | None = Field(
        None,
        description="Guard: when it is reached; left out: when all its sub-goals are `once` and "
        "reached, else never.",
    )
    failed: Expression | None = Field(None, description="Guard: when there is no hope for it.")
    into: Annotated[dict[Name, SubGoalPart], Field(min_length=1, max_length=40)] = Field(
        description="Its sub-goals by name."
    )
