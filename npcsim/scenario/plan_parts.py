"""What may stand in files about plans, and about goals with their sub-goals."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from npcsim.scenario.ground_parts import Expression, Name, Number, Part, Said, Share
from npcsim.scenario.units import Call, Duration, ToolCall

Clock = Annotated[str, Field(max_length=20)]


class StepPart(Part):
    """A step with guards of its own."""

    do: ToolCall = Field(description="The tool call.")
    when: Expression | None = Field(None, description="Guard: when it can begin.")
    done: Expression | None = Field(
        None, description="Guard: when it need not be done, as what it is for is so already."
    )
    else_: Literal["wait", "skip", "rewrite", "fail"] = Field(
        "wait",
        alias="else",
        description="What if it can't begin: `wait`, `skip` it, `rewrite` the plan (from its "
        "first step whose `done` does not hold), or `fail`.",
    )
    wait: Duration = Field(600_000, description="How long it waits at most before it has failed.")


class PlanPart(Part):
    """A goal of its own that a mind may take up, as steps that are tool calls."""

    option: Said = Field(
        description="The option's wording, e.g. `bake bread at the bakery`; or by language, "
        "`{en: ..., ko: ...}`."
    )
    who: list[Name] = Field(default_factory=list, description="Archetypes or NPCs; empty: all.")
    when: Expression | None = Field(None, description="Guard: when it can be taken up.")
    worth: Expression | Number = Field(0.3, description="Utility, a number or an expression.")
    steps: list[ToolCall | StepPart] = Field(
        min_length=1,
        max_length=40,
        description="Tool calls in order; with guards as "
        "`{do: craft(bread), when: has(flour) > 0}`.",
    )
    stakes: Share = Field(0.1, description="How much hangs on choosing well, 0 to 1.")

    @property
    def calls(self) -> list[Call]:
        """The tool calls of its steps."""
        return [step.do if isinstance(step, StepPart) else step for step in self.steps]


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


class SurprisePart(Part):
    """What is sudden enough to ask: react, or carry on?"""

    above: Share = Field(
        0.0,
        description="An alarm asks only where, by the rules of `memory`, it is as important.",
    )
    hurt: Annotated[float, Field(gt=0, le=100)] | None = Field(
        None, description="Hit points lost that ask; left out: being hurt alone asks nothing."
    )
    arrives: list[Name] = Field(
        default_factory=list, description="Archetypes or NPCs whose coming into sight asks."
    )


class DayPart(Part):
    """The sketch of a day: from which hour on what is meant."""

    option: Said | None = Field(None, description="Its wording as an option; its name if left out.")
    who: list[Name] = Field(default_factory=list, description="Archetypes or NPCs; empty: all.")
    when: Expression | None = Field(None, description="Guard, asked as a day begins.")
    worth: Expression | Number = Field(0.5, description="Utility against other sketches.")
    firm: Annotated[float, Field(ge=0, le=100)] = Field(
        0.5, description="How much more is worth what is meant for the hour."
    )
    stakes: Share = Field(0.1, description="How much hangs on choosing well, 0 to 1.")
    written: bool = Field(
        False,
        description="Whether a model that can write breaks the day into hours and steps of its "
        "own; `hours` are what it falls back to.",
    )
    hours: Annotated[dict[Clock, Name], Field(min_length=1, max_length=48)] = Field(
        description="Time of day to a plan, or to a place to be at: "
        '`{"06:00": bake, "12:00": inn, "21:00": home}`.'
    )


def _switch(value: object) -> object:
    # YAML reads bare `on` and `off` as yes and no.
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


Planning = Annotated[Literal["on", "off"], BeforeValidator(_switch)]
