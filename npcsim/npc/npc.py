"""What minds live by: the plans they can take up, the tools they may use, the times they keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from npcsim.npc.days import Day
from npcsim.npc.goals import Goal, SubGoal
from npcsim.npc.surprise import Surprise
from npcsim.reflex.guards import Guard
from npcsim.tools.binding import Bound
from npcsim.tools.tool import ACT, ASK, Tool
from npcsim.tools.view import Body


@dataclass(frozen=True, slots=True)
class StepGuard:
    """When a step can begin, when it is done already, and what if it can't begin.

    `otherwise`: wait (for so many milliseconds at most), skip, rewrite or fail. `text` is the guard
    as written.
    """

    when: Guard | None
    done: Guard | None
    otherwise: str
    wait_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A goal one can take up. `steps` are calls as written: (tool, *argument texts).

    `guards`: one a step, or none where no step has one. `hourly`: only offered while the sketch of
    the day has it.
    """

    name: str
    option: str
    who: frozenset[str]
    when: Guard | None
    worth: Guard
    steps: tuple[tuple[str, ...], ...]
    stakes: float
    guards: tuple[StepGuard, ...] = ()
    hourly: bool = False


@dataclass(frozen=True, slots=True)
class Times:
    """In simulated milliseconds, `guard` apart: that one is real time.

    `local`: how long a thought of the local tier takes. `deadline`: how long an answer may take in
    a paced run before the thought has failed. `rest`: the shortest time between two
    thoughts nobody asked for.
    """

    local: int
    deadline: int
    rest: int
    guard: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a thought, as plain data: `sort` is plan, resume, goal, tool, verb or
    carry_on."""

    sort: str
    name: str
    args: tuple[tuple[str, object], ...]
    text: str
    utility: float


def _meant(args: tuple[str, ...], bound: Bound) -> bool:
    for text, value in zip(args, bound.args.values(), strict=False):
        kinds = value.profile.kinds if isinstance(value, Body) else frozenset()
        if text != str(value) and text not in kinds:
            return False
    return len(args) <= len(bound.args)


@dataclass(frozen=True, slots=True)
class Leave:
    """A call needs leave: how long it waits for it (simulated), and what if nobody answers."""

    within_ms: int
    allow: bool


@dataclass(frozen=True, slots=True)
class Lore:
    """What is the same for all minds of a run."""

    plans: tuple[Plan, ...]
    tools: Mapping[str, Tool]
    times: Times
    temper: float
    trust: float
    stakes: Mapping[tuple[str, tuple[str, ...]], float] = field(default_factory=dict)
    approve: Mapping[tuple[str, tuple[str, ...]], Leave] = field(default_factory=dict)
    toolsets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What each NPC may use since tools changed; before that, what its profile says."""
    goals: tuple[Goal, ...] = ()
    bias: float = 0.0
    tilts: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """How much mood sways choices, and what it inclines to, by tool or plan; see `tilting`."""
    surprise: Surprise = field(default_factory=Surprise)
    days: tuple[Day, ...] = ()
    tokens: Mapping[str, int] = field(default_factory=dict)
    """By purpose, the most tokens of a question to models that are shown the whole."""

    def approval_of(self, bound: Bound) -> Leave | None:
        """The leave a call needs, as the scenario says for these arguments or for the tool."""
        found = self.approve.get((bound.tool.name, ()))
        for (name, args), leave in self.approve.items():
            if name == bound.tool.name and args and _meant(args, bound):
                found = leave
        return found

    def stakes_of(self, bound: Bound) -> float:
        """What hangs on a call: as the scenario says for these arguments, for the tool, or its own.

        An argument is meant by its id or, for an NPC, by one of its archetypes.
        """
        found = self.stakes.get((bound.tool.name, ()), bound.tool.stakes)
        for (name, args), share in self.stakes.items():
            if name == bound.tool.name and args and _meant(args, bound):
                found = max(found, share)
        return found

    def plan(self, name: str) -> Plan:
        """A plan by name. Raises KeyError."""
        for plan in self.plans:
            if plan.name == name:
                return plan
        raise KeyError(name)

    def plans_of(self, me: Body) -> list[Plan]:
        """Plans meant for an NPC whose steps all are tools it may use.

        Meant by its id, its name or one of its archetypes; for everybody where the plan has no
        `who`.
        """
        names, may = me.profile.kinds | {me.id, me.name}, self._allowed(me)
        return [
            plan
            for plan in self.plans
            if (not plan.who or plan.who & names)
            and all(step[0] in may and self._in_role(me, step[0]) for step in plan.steps)
        ]

    def goals_of(self, me: Body) -> list[Goal]:
        """High goals meant for an NPC, as plans are."""
        names = me.profile.kinds | {me.id, me.name}
        return [goal for goal in self.goals if not goal.who or goal.who & names]

    def days_of(self, me: Body) -> list[Day]:
        """Sketches of days meant for an NPC, as plans are."""
        names = me.profile.kinds | {me.id, me.name}
        return [day for day in self.days if not day.who or day.who & names]

    def sub_goal(self, aim: str) -> tuple[Goal, SubGoal]:
        """A sub-goal by its name with its goal's, `goal.sub-goal`. Raises KeyError."""
        for goal in self.goals:
            for sub in goal.into:
                if sub.key == aim:
                    return goal, sub
        raise KeyError(aim)

    def tools_of(self, me: Body) -> list[Tool]:
        """Act tools an NPC may use, in a fixed order."""
        return self._of_kind(me, ACT)

    def asks_of(self, me: Body) -> list[Tool]:
        """Ask tools an NPC may use, in a fixed order."""
        return self._of_kind(me, ASK)

    def only(self, me: Body, tools: frozenset[str]) -> Lore:
        """The same with an NPC's tools cut down to these: what it may do in a scene now."""
        return replace(self, toolsets={**self.toolsets, me.id: tools})

    def _of_kind(self, me: Body, kind: str) -> list[Tool]:
        allowed = self._allowed(me)
        return [t for name, t in self.tools.items() if t.kind == kind and name in allowed]

    def _in_role(self, me: Body, name: str) -> bool:
        tool = self.tools.get(name)
        return tool is None or not tool.roles or not me.profile.kinds.isdisjoint(tool.roles)

    def _allowed(self, me: Body) -> frozenset[str]:
        return self.toolsets.get(me.id, me.profile.tools)
