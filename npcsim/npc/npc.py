"""What minds live by: the plans they can take up, the tools they may use, the times they keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from npcsim.reflex.guards import Guard
from npcsim.tools.tool import Tool
from npcsim.tools.view import Body


@dataclass(frozen=True, slots=True)
class Plan:
    """A goal one can take up. `steps` are calls as written: (tool, *argument texts)."""

    name: str
    option: str
    who: frozenset[str]
    when: Guard | None
    worth: Guard
    steps: tuple[tuple[str, ...], ...]
    stakes: float


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
    """One option of a thought, as plain data: `sort` is plan, tool or carry_on."""

    sort: str
    name: str
    args: tuple[tuple[str, object], ...]
    text: str
    utility: float


@dataclass(frozen=True, slots=True)
class Lore:
    """What is the same for all minds of a run."""

    plans: tuple[Plan, ...]
    tools: Mapping[str, Tool]
    times: Times
    temper: float
    trust: float

    def plan(self, name: str) -> Plan:
        """A plan by name. Raises KeyError."""
        for plan in self.plans:
            if plan.name == name:
                return plan
        raise KeyError(name)

    def plans_of(self, me: Body) -> list[Plan]:
        """Plans meant for an NPC, by its id, its name or one of its archetypes."""
        names = me.profile.kinds | {me.id, me.name}
        return [plan for plan in self.plans if not plan.who or plan.who & names]

    def tools_of(self, me: Body) -> list[Tool]:
        """Tools an NPC may use, in a fixed order."""
        return [tool for name, tool in self.tools.items() if name in me.profile.tools]
