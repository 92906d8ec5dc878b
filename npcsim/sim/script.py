"""What the scenario's author wrote to happen: events, reactions, measures and the stop."""

from __future__ import annotations

from typing import Any

import numpy as np

from npcsim import events as ev
from npcsim.effects import AddMany
from npcsim.reflex.guards import holds, numbers
from npcsim.reflex.senses import Rows, Senses
from npcsim.sim.inputs import bundles_of
from npcsim.sim.program import Measure, Program, Reaction
from npcsim.tools.view import View
from npcsim.world.commit import Wanted
from npcsim.world.state import World

FIRST = np.zeros(1, np.uint32)
STOP = "stop"


def happen(world: World, view: View, program: Program, wanted: Wanted) -> None:
    """Events whose time has come or whose condition has come to hold, and the stop."""
    for happening in program.happenings:
        if happening.guard is None:
            now = happening.tick == view.tick
        else:
            now = _comes_to_hold(world, view, happening.name, happening.guard, wanted)
            if now and happening.once and world.fired.get(f"{happening.name} done") is not None:
                now = False
            if now:
                wanted.fired[f"{happening.name} done"] = view.tick
        if now:
            wanted.bundles += bundles_of({**happening.entry}, view, program, wanted)
    stop = program.stop
    if stop is not None:
        held = bool(holds(stop.guard, view.senses, FIRST)[0])
        since = world.fired.get(STOP)
        if held and since is None:
            wanted.fired[STOP] = since = view.tick
        elif not held and since is not None:
            wanted.fired[STOP] = since = None
        if since is not None and view.tick - since >= stop.ticks:
            wanted.ended = f"stop: {stop.text}"


def _comes_to_hold(world: World, view: View, name: str, guard: Any, wanted: Wanted) -> bool:
    """Whether a condition holds now and did not at the tick before."""
    held = bool(holds(guard, view.senses, FIRST)[0])
    before = world.fired.get(name) is not None
    if held != before:
        wanted.fired[name] = view.tick if held else None
    return held and not before


def react(world: World, view: View, program: Program, wanted: Wanted) -> None:
    """What was perceived at the tick before changes bodies at once."""
    for reaction in program.reactions:
        rows = reaction.rows[world.columns["alive"][reaction.rows]]
        if not len(rows):
            continue
        rows = rows[_struck(view, reaction, rows)]
        if len(rows):
            wanted.blocks += [
                AddMany(name, rows, numbers(amount, view.senses, rows), None, "reaction")
                for name, amount in reaction.adds
            ]


def _struck(view: View, reaction: Reaction, rows: Rows) -> Any:
    """Which of `rows` the reaction's signal has reached, each once a tick."""
    senses: Senses = view.senses
    if reaction.sense == "hurt":
        return view.world.columns["hurt"][rows]
    if reaction.sense == "heard":
        return senses.hears(reaction.about, rows)
    if reaction.sense == "seen":
        return _see(view, reaction.about, rows)
    meant = {h.to for h in view.world.signals if h.about == reaction.about}
    profiles = view.world.setting.profiles
    return np.array([profiles[row].id in meant for row in rows.tolist()], np.bool_)


def _see(view: View, about: str, rows: Rows) -> Any:
    """Whether each row sees somebody give a signal: within its sight, nothing opaque between."""
    columns, setting = view.world.columns, view.world.setting
    named = [setting.serial_of.get(h.source) for h in view.world.signals if h.about == about]
    crowds = [who for kind, _, who in view.world.crowd_signals if kind == about]
    sources = np.array([row for row in named if row is not None], np.uint32)
    seen = np.zeros(len(rows), np.bool_)
    for source in np.unique(np.concatenate([sources, *crowds])).astype(np.uint32).tolist():
        dx = columns["x"][rows] - columns["x"][source]
        dy = columns["y"][rows] - columns["y"][source]
        sight = columns["sight"][rows]
        near = np.flatnonzero(~seen & (rows != source) & (dx * dx + dy * dy <= sight * sight))
        others = np.full(len(near), source, np.uint32)
        seen[near] = view.senses.clear(rows[near], others)
    return seen


def measured(world: World, program: Program, last: bool) -> list[ev.Event]:
    """The numbers of this tick, which may be the run's last. They are told, and change nothing."""
    due = [m for m in program.measures if (world.tick % m.every == 0 if m.every else last)]
    if not due:
        return []
    senses = Senses(world)
    return [
        ev.Measured(world.tick, measure.name, group, _fold(measure, senses, rows))
        for measure in due
        for group, rows in measure.groups
    ]


def _fold(measure: Measure, senses: Senses, rows: Rows) -> float:
    rows = rows[senses.world.columns["alive"][rows]]
    if measure.fold == "count":
        return float(np.count_nonzero(holds(measure.value, senses, rows))) if len(rows) else 0.0
    if not len(rows):
        return 0.0
    values = numbers(measure.value, senses, rows)
    match measure.fold:
        case "mean":
            return float(values.mean())
        case "min":
            return float(values.min())
        case "max":
            return float(values.max())
    return float(values.sum())
