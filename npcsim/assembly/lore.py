"""From behaviours and plans as written to machines and lore, every guard parsed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from npcsim.assembly.folk.moods import tilts_of
from npcsim.errors import Mistake
from npcsim.npc.days import Day
from npcsim.npc.goals import Goal, SubGoal
from npcsim.npc.npc import Leave, Lore, Plan, StepGuard, Times
from npcsim.npc.surprise import Surprise
from npcsim.npc.tongues import tongue
from npcsim.reflex.fsm import Machine, State, Transition
from npcsim.reflex.guards import Guard, GuardError, Names, parse_guard
from npcsim.scenario.ground_parts import worded
from npcsim.scenario.plan_parts import PlanPart, StepPart
from npcsim.scenario.schema import Definition, StatePart
from npcsim.scenario.source import Sources
from npcsim.scenario.spelling import nearest
from npcsim.scenario.units import hour_ms, parse_call
from npcsim.tools.language import fill
from npcsim.tools.tool import Tool

Loc = tuple[str | int, ...]


class Parser:
    """Parses guards and collects their mistakes at the place in the file."""

    def __init__(self, names: Names, sources: Sources | None, mistakes: list[Mistake]) -> None:
        self._names, self._sources, self._mistakes = names, sources, mistakes

    def whole(self, text: Any, *loc: str | int) -> Guard | None:
        """A guard that asks nobody in particular, or None with a mistake noted."""
        return self.guard(text, *loc, whole=True)

    def guard(self, text: Any, *loc: str | int, whole: bool = False) -> Guard | None:
        """The guard, or None with a mistake noted."""
        try:
            return parse_guard(str(text), replace(self._names, whole=whole))
        except GuardError as error:
            hint = nearest(error.name, error.known) if error.name else ""
            self.wrong(loc, str(error), hint)
            return None

    def keys(self, loc: Loc) -> tuple[str, ...]:
        """The keys that the file has there; empty where there is no file any more."""
        return self._sources.keys(loc) if self._sources is not None else ()

    def wrong(self, loc: Loc, message: str, hint: str = "") -> None:
        if self._sources is not None:
            self._mistakes.append(self._sources.mistake(loc, message, hint))
        else:
            self._mistakes.append(Mistake("run", 1, 1, f"{'.'.join(map(str, loc))}: {message}"))


def machines_of(definition: Definition, parser: Parser) -> tuple[Machine, ...]:
    """Every behaviour, in the order of the file."""
    return tuple(
        _machine(number, name, states, parser)
        for number, (name, states) in enumerate(definition.behaviour.items())
    )


def _machine(number: int, name: str, entries: Mapping[str, StatePart], parser: Parser) -> Machine:
    real = {key: part for key, part in entries.items() if part.to is None}
    order = {key: index for index, key in enumerate(real)}
    states = tuple(
        State(key, part.do, part.mind == "free", part.think) for key, part in real.items()
    )
    initial = next((order[key] for key, part in real.items() if part.from_ is None), 0)
    transitions = []
    for key, part in entries.items():
        target = order.get(part.to or key)
        if target is None or (part.from_ is None and part.to is None):
            continue
        sources = _sources(part, order, target)
        guard = None
        if part.when is not None:
            guard = parser.guard(part.when, "behaviour", name, key, "when")
        text = f"{_from_text(part)} -> {part.to or key}" + (f": {part.when}" if part.when else "")
        transitions.append(Transition(sources, target, guard, text))
    return Machine(number, name, states, initial, tuple(transitions))


def _sources(part: StatePart, order: Mapping[str, int], target: int) -> frozenset[int]:
    named = [part.from_] if isinstance(part.from_, str) else part.from_ or ["any"]
    if "any" in named:
        return frozenset(order.values()) - {target}
    return frozenset(order[name] for name in named if name in order)


def _from_text(part: StatePart) -> str:
    return part.from_ if isinstance(part.from_, str) else ", ".join(part.from_ or ["any"])


def lore_of(
    definition: Definition, tools: Mapping[str, Tool], trust: float, parser: Parser
) -> Lore:
    """Plans and times of the minds."""
    plans = []
    for name, part in definition.plans.items():
        when = parser.guard(part.when, "plans", name, "when") if part.when else None
        worth = parser.guard(part.worth, "plans", name, "worth")
        if worth is not None:
            steps = tuple((step.name, *step.args) for step in part.calls)
            who = frozenset(part.who)
            option = worded(part.option, definition.language)
            guards = _guards(name, part, parser)
            plans.append(Plan(name, option, who, when, worth, steps, part.stakes, guards))
    days, places = days_of(definition, parser, frozenset(plan.name for plan in plans))
    goals = goals_of(definition, parser)
    if definition.planning == "off":  # what is written is checked all the same
        goals, days, places = (), (), []
    stakes = {
        call: definition.stakes[text] for text, call in _calls("stakes", definition, tools, parser)
    }
    approve = {
        call: Leave(part.within, part.otherwise == "allow")
        for text, call in _calls("approve", definition, tools, parser)
        for part in (definition.approve[text],)
    }
    think, sudden = definition.think, definition.surprise
    times = Times(think.local, think.deadline, think.rest, think.guard)
    bias, tilts = tilts_of(definition)
    return Lore(
        (*plans, *places), dict(tools), times, definition.temper, trust, stakes, approve,
        goals=goals, days=days, bias=bias, tilts=tilts,
        surprise=Surprise(sudden.above, sudden.hurt or 0.0, tuple(sudden.arrives)),
        tokens={str(purpose): most for purpose, most in think.tokens.items()},
    )  # fmt: skip


def _guards(name: str, part: PlanPart, parser: Parser) -> tuple[StepGuard, ...]:
    """The guards of a plan's steps, one for each; none where no step has one."""
    if not any(isinstance(step, StepPart) for step in part.steps):
        return ()
    found = []
    for number, step in enumerate(part.steps):
        if not isinstance(step, StepPart):
            found.append(StepGuard(None, None, "wait", 0, ""))
            continue
        loc = ("plans", name, "steps", number)
        when = parser.guard(step.when, *loc, "when") if step.when is not None else None
        done = parser.guard(step.done, *loc, "done") if step.done is not None else None
        found.append(StepGuard(when, done, step.else_, step.wait, step.when or ""))
    return tuple(found)


def days_of(
    definition: Definition, parser: Parser, plans: frozenset[str]
) -> tuple[tuple[Day, ...], list[Plan]]:
    """The sketches of days, and the plans of being at the places that they name."""
    found, places = [], {}
    always = parser.guard(0.2, "days")
    for name, part in definition.days.items():
        when = parser.guard(part.when, "days", name, "when") if part.when else None
        worth = parser.guard(part.worth, "days", name, "worth")
        hours = []
        for clock, what in part.hours.items():
            plan = what if what in plans else f"at {what}"
            if (at := hour_ms(clock)) is not None:
                hours.append((at, plan))
            if what not in plans and always is not None:
                known = definition.places.get(what)
                place = known.name if known is not None and known.name else what
                steps = (("go_to", what), ("wait",))
                words = tongue(definition.language)
                option = words.be_home if what == "home" else fill(words.be_at, place=place)
                places[plan] = Plan(
                    plan, option, frozenset(), None, always, steps, 0.1, hourly=True
                )
        if worth is not None:
            option = worded(part.option, definition.language) if part.option else name
            who = frozenset(part.who)
            day = Day(
                name, option, who, when, worth, part.firm, part.stakes, tuple(sorted(hours)),
                part.written,
            )  # fmt: skip
            found.append(day)
    return tuple(found), list(places.values())


def goals_of(definition: Definition, parser: Parser) -> tuple[Goal, ...]:
    """High goals with their sub-goals, in the order of the file."""

    def guard(text: Any, *loc: str | int) -> Guard | None:
        return parser.guard(text, "goals", *loc) if text is not None else None

    found = []
    for name, part in definition.goals.items():
        into = []
        for sub, one in part.into.items():
            at = (name, "into", sub)
            worth = guard(one.worth, *at, "worth")
            when, done = guard(one.when, *at, "when"), guard(one.done, *at, "done")
            failed = guard(one.failed, *at, "failed")
            if worth is not None:
                option = worded(one.option, definition.language)
                plans, after = frozenset(one.plans), frozenset(f"{name}.{n}" for n in one.after)
                into.append(
                    SubGoal(
                        f"{name}.{sub}", option, when, done, failed, worth, plans, after, one.once,
                        one.stakes,
                    )
                )  # fmt: skip
        done, failed = guard(part.done, name, "done"), guard(part.failed, name, "failed")
        text = worded(part.goal, definition.language)
        found.append(Goal(name, text, frozenset(part.who), done, failed, tuple(into)))
    return tuple(found)


def _calls(
    section: str, definition: Definition, tools: Mapping[str, Tool], parser: Parser
) -> Iterator[tuple[str, tuple[str, tuple[str, ...]]]]:
    """The keys of a section that are calls, `attack(guard)`, with what they mean."""
    for text in getattr(definition, section):
        try:
            call = parse_call(text)
        except ValueError as error:
            parser.wrong((section, text), str(error))
            continue
        if call.name not in tools:
            parser.wrong((section, text), f"no tool {call.name!r}", nearest(call.name, tools))
        else:
            yield text, (call.name, call.args)


def state_numbers(machines: Sequence[Machine]) -> dict[str, tuple[tuple[int, int], ...]]:
    """Where a state's name occurs: name -> (machine, state) pairs."""
    found: dict[str, list[tuple[int, int]]] = {}
    for machine in machines:
        for number, state in enumerate(machine.states):
            found.setdefault(state.name, []).append((machine.number, number))
    return {name: tuple(pairs) for name, pairs in found.items()}
