"""Sketches of days: what is meant for which hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from npcsim.reflex.guards import Guard
from npcsim.tools.view import View
from npcsim.world.rows import Mind
from npcsim.world.state import MS_DAY


@dataclass(frozen=True, slots=True)
class Day:
    """The sketch of a day. `hours`: (milliseconds from midnight, name of a plan), in order.

    `firm`: how much more is worth what is meant for the hour. `written`: a model breaks it into
    hours and steps; these hours are what it falls back to.
    """

    name: str
    option: str
    who: frozenset[str]
    when: Guard | None
    worth: Guard
    firm: float
    stakes: float
    hours: tuple[tuple[int, str], ...]
    written: bool = False


class _Days(Protocol):
    @property
    def days(self) -> tuple[Day, ...]: ...


def today(view: View) -> int:
    """The number of the day, 1 the first."""
    return view.now_ms // MS_DAY + 1


def current(mind: Mind, view: View) -> str:
    """The plan that the sketch has for now; before its first hour, that for the night."""
    if not mind.hours:
        return ""
    now = view.now_ms % MS_DAY
    begun = [plan for at, plan in mind.hours if at <= now]
    return begun[-1] if begun else mind.hours[-1][1]


def clock(ms: int) -> str:
    """Milliseconds from midnight as `09:30`."""
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}"


def firmness(mind: Mind, lore: _Days) -> float:
    """How much more is worth what the sketch of a mind's day has for now."""
    firm: Mapping[str, float] = {day.name: day.firm for day in lore.days}
    return firm.get(mind.sketch, 0.0)
