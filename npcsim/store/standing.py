"""How everybody stood at a tick: a snapshot, and the events since then laid over it.

The watcher's twin of the world's columns: it needs the log and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npcsim import events as ev
from npcsim.store.moment import Moment
from npcsim.store.table import Column, filled
from npcsim.world.rows import Memory

KINDS = ("Moved", "StateChanged", "Drifted", "Changed", "Fell", "Rose", "ScenarioChanged")
UNIT = 1024
"""Positions in events are whole numbers of 1/1024 of a tile."""


def as_of(began: ev.RunStarted, data: Mapping[str, Any] | None) -> ev.RunStarted:
    """How a run began, with the attributes as a snapshot has them: a fork may have changed them."""
    gauges = (data or {}).get("beside", {}).get("gauges", ())
    return replace(began, gauges=tuple(ev.Gauge(*one) for one in gauges)) if gauges else began


class Standing:
    """Positions (tiles), states, who is up, and gauges: one row an NPC, by serial."""

    def __init__(self, started: ev.RunStarted, columns: Mapping[str, NDArray[Any]] | None) -> None:
        cast, count = started.cast, len(started.cast)
        self.started = started
        self.row_of = {one.id: one.serial for one in cast}
        states = {one.name: one.states for one in started.machines}
        self.states = [states.get(one.behaviour, ()) for one in cast]
        if columns is None:
            self.x = np.array([one.x for one in cast])
            self.y = np.array([one.y for one in cast])
            named = zip(cast, self.states, strict=True)
            self.state = np.array([known.index(o.state) if o.state else 0 for o, known in named])
            self.alive = np.ones(count, np.bool_)
            whole = np.array(started.initial).reshape(len(started.gauges), count)
            self.gauges = {g.name: whole[i].copy() for i, g in enumerate(started.gauges)}
        else:
            self.x, self.y = columns["x"].copy(), columns["y"].copy()
            self.state, self.alive = columns["state"].astype(np.int64), columns["alive"].copy()
            self.gauges = {g.name: columns[g.name].copy() for g in started.gauges}

    def take(self, events: Iterable[ev.Event]) -> None:
        """Lay events over it, in order."""
        for event in events:
            match event:
                case ev.Moved():
                    self.x[event.who], self.y[event.who] = event.x / UNIT, event.y / UNIT
                case ev.StateChanged():
                    self.state[event.who] = event.new
                case ev.Changed() if event.attribute in self.gauges:
                    self.gauges[event.attribute][event.who] = event.value
                case ev.ScenarioChanged(gauges=gauges):
                    self.started = replace(self.started, gauges=gauges)
                case ev.Drifted():
                    self._drift(event.seconds)
                case ev.Fell() | ev.Rose():
                    self.alive[self.row_of[event.npc]] = isinstance(event, ev.Rose)

    def _drift(self, seconds: float) -> None:
        for gauge in self.started.gauges:
            if gauge.rate:
                values = self.gauges[gauge.name]
                moved = np.clip(values + gauge.rate * seconds, gauge.low, gauge.high)
                values[self.alive] = moved[self.alive]

    def table(self, tick: int, lines: Callable[[str], tuple[Memory, ...]]) -> Moment:
        """One row an NPC. lines: what each remembered."""
        columns = (
            Column("npc", "", "Who, by id."),
            Column("x", "tiles", "Where."),
            Column("y", "tiles", "Where."),
            Column("state", "", "The state of its state machine; empty for none."),
            Column("alive", "", "Whether it is up, neither dead nor knocked out."),
            *(
                Column(gauge.name, "", f"The attribute, {gauge.low:g} to {gauge.high:g}.")
                for gauge in self.started.gauges
            ),
        )
        rows = (
            (
                one.id, float(self.x[n]), float(self.y[n]),
                self.states[n][self.state[n]] if self.states[n] else "", bool(self.alive[n]),
                *(float(values[n]) for values in self.gauges.values()),
            )
            for n, one in enumerate(self.started.cast)
        )  # fmt: skip
        told = filled("standing", f"How everybody stood after tick {tick}.", columns, rows)
        return Moment(
            told.name, told.meaning, told.columns, told.data, tick, self.started.tick_ms, lines
        )
