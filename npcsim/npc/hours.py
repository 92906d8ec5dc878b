"""A day broken into hours and steps by a model: the question, and what of the answer is kept.

What a model writes is never trusted: each step must be a tool the NPC has, with things that there
are. What is not is left out, with the reason; nothing is mended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from npcsim.errors import ToolRefused
from npcsim.messages import Write
from npcsim.npc import days, prompts
from npcsim.npc.dayform import MOST_HOURS, MOST_STEPS, MOST_TOKENS, OPEN, day_form
from npcsim.npc.days import Day
from npcsim.npc.npc import Lore, Plan, StepGuard
from npcsim.reflex.guards import Guard
from npcsim.reflex.senses import Rows, Senses
from npcsim.tools.binding import bind
from npcsim.tools.tool import Tool
from npcsim.tools.view import Body, View
from npcsim.world.rows import Mind
from npcsim.world.state import MS_DAY

HOURS = "hours"
REWRITES = 2
"""A day is written anew so often at most, after one of its plans has failed."""
WORTH, STAKES = 0.2, 0.3
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_MARK = "written "

Entry = tuple[str, str, tuple[tuple[str, ...], ...], tuple[str, ...]]
"""A plan as a mind keeps it: name, wording, steps, and for each step what one has to have."""


@dataclass(frozen=True, slots=True)
class Found:
    """What could be kept of a written day, and why the rest could not."""

    plans: tuple[Entry, ...] = ()
    hours: tuple[tuple[int, str], ...] = ()
    dropped: tuple[str, ...] = ()


def sketch_of(mind: Mind, lore: Lore) -> Day | None:
    """The sketch that a mind has of its day."""
    return next((day for day in lore.days if day.name == mind.sketch), None)


def wanted(mind: Mind, view: View, lore: Lore) -> str:
    """Why the hours of the day are to be written now; empty where they are not."""
    day = sketch_of(mind, lore)
    if day is None or not day.written or mind.day != days.today(view) or mind.wrote == mind.day:
        return ""
    return mind.changed or f"{day.option}: what exactly"


def is_written(plan: str) -> bool:
    """Whether a plan, by name, is one that was written."""
    return plan.startswith(_MARK)


def question(me: Body, view: View, mind: Mind, lore: Lore) -> Write:
    """Ask for the rest of the day as JSON."""
    day = sketch_of(mind, lore)
    tools = _tools(me, lore)
    texts = [
        f"{tool.name}({', '.join(p.name for p in tool.params if not p.is_words)})"
        for tool in tools.values()
    ]
    told = prompts.situation(me, view, prompts.wants(me))
    system, user = prompts.hours(
        me, told, day.option if day is not None else "", days.clock(view.now_ms % MS_DAY),
        mind.changed, texts, sorted(view.world.setting.places),
    )  # fmt: skip
    form = day_form(tools.values(), me, view)
    return Write(system, user, MOST_TOKENS, (), HOURS, schema=form)


def read(value: Any, me: Body, view: View, lore: Lore) -> Found:
    """What of a written day can be kept."""
    given = value.get("hours") if isinstance(value, dict) else None
    if not isinstance(given, list):
        return Found(dropped=("it is no list of hours",))
    plans: list[Entry] = []
    hours: dict[int, str] = {}
    dropped: list[str] = []
    tools = _tools(me, lore)
    for hour in given[:MOST_HOURS]:
        entry = hour if isinstance(hour, dict) else {}
        clock = _CLOCK.fullmatch(str(entry.get("at", "")))
        goal = " ".join(str(entry.get("goal", "")).split())[:60].rstrip(".")
        steps = entry.get("steps")
        if clock is None or not goal or not isinstance(steps, list):
            dropped.append(f"{entry.get('at')}: needs a time of day, a goal and steps"[:120])
            continue
        at = (int(clock[1]) * 60 + int(clock[2])) * 60_000
        kept = _steps(steps, tools, me, view, f"{clock[0]} {goal}", dropped)
        if at in hours:
            dropped.append(f"{clock[0]} {goal}: that hour has a plan")
        elif kept:
            name = f"{_MARK}{view.tick} {days.clock(at)}"
            plans.append((name, goal, tuple(s for s, _ in kept), tuple(n for _, n in kept)))
            hours[at] = name
    return Found(tuple(plans), tuple(sorted(hours.items())), tuple(dropped))


def _steps(
    given: list[Any], tools: Mapping[str, Tool], me: Body, view: View, whose: str,
    dropped: list[str],
) -> list[tuple[tuple[str, ...], str]]:  # fmt: skip
    kept = []
    for one in given[:MOST_STEPS]:
        step = one if isinstance(one, dict) else {}
        name, texts = str(step.get("tool", "")), step.get("with", [])
        args = tuple(str(text) for text in texts) if isinstance(texts, list) else ()
        needs = str(step.get("if_has", "") or "")
        called = f"{name}({', '.join(args)})"[:80]
        why = _wrong(tools.get(name), args, needs, me, view)
        if why:
            dropped.append(f"{whose}: {called}: {why}")
        else:
            kept.append(((name, *args), needs))
    return kept


def _wrong(tool: Tool | None, args: tuple[str, ...], needs: str, me: Body, view: View) -> str:
    """Why a step can't be kept; empty where it can."""
    if tool is None:
        return "there is no such tool"
    if needs and needs not in view.world.setting.items:
        return f"there is no {needs}"
    if args == (OPEN,):
        return ""
    try:
        bind(tool, args, me, view)
    except ToolRefused as refused:
        return str(refused)
    return ""


def _tools(me: Body, lore: Lore) -> dict[str, Tool]:
    return {tool.name: tool for tool in lore.tools_of(me)}


def take(mind: Mind, found: Found) -> Mind:
    """The mind with the day that was written; what it is at, and what waits, it keeps."""
    return replace(mind, written=(*still(mind), *found.plans), hours=found.hours)


def still(mind: Mind) -> tuple[Entry, ...]:
    """Of what was written, the plan under way and those that may be resumed."""
    held = {mind.plan, *(name for name, _ in mind.aside)}
    return tuple(entry for entry in mind.written if entry[0] in held)


def with_written(lore: Lore, mind: Mind, me: Body) -> Lore:
    """The plans that an NPC can take up, with those that were written for it."""
    if not mind.written:
        return lore
    return replace(lore, plans=(*lore.plans, *(_plan(entry, me) for entry in mind.written)))


def _plan(entry: Entry, me: Body) -> Plan:
    name, option, steps, needs = entry
    guards = tuple(
        StepGuard(
            _has(me, item) if item else None, None, "skip", 0, f"has({item}) > 0" * bool(item)
        )
        for item in needs
    )
    return Plan(name, option, frozenset(), None, _worth, steps, STAKES, guards, hourly=True)


def _worth(senses: Senses, rows: Rows) -> Any:
    return np.full(len(rows), WORTH)


def _has(me: Body, item: str) -> Guard:
    return lambda senses, rows: np.full(len(rows), me.carries.get(item, 0) > 0)
