"""Gauges and states of all NPCs, followed through the log as arrays and sampled on the way.

The watcher's twin of the world's columns: `RunStarted.initial`, then `Drifted`, `Changed` and
`StateChanged`. Works for a dozen NPCs and for a hundred thousand alike.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from npcsim.events import Changed, Drifted, Gauge, RunStarted, StateChanged
from npcsim.report.facts.story import Curve, Population, Series, Turn

SAMPLES = 240


class Columns:
    """Follows numeric gauges (G rows, N NPCs) and state numbers (N). Samples stay below
    `SAMPLES`: when they are full, every second one is dropped and the stride doubles."""

    def __init__(self, start: RunStarted) -> None:
        cast = start.cast
        count = len(cast)
        serials = np.array([npc.serial for npc in cast], dtype=np.int64)
        self.row_of = np.full(int(serials.max()) + 1 if count else 0, -1, dtype=np.int64)
        self.row_of[serials] = np.arange(count)
        self.index = {gauge.name: i for i, gauge in enumerate(start.gauges)}
        self.limited(start.gauges)
        self.values = np.array(start.initial, dtype=np.float64).reshape(len(start.gauges), count)
        self.touched = [gauge.need for gauge in start.gauges]
        self.archetypes = tuple(dict.fromkeys(npc.archetype for npc in cast))
        kinds = {name: i for i, name in enumerate(self.archetypes)}
        self.kind = np.array([kinds[npc.archetype] for npc in cast], dtype=np.int64)
        self.ids = tuple(npc.id for npc in cast)
        self.rows_by_id = {id: row for row, id in enumerate(self.ids)}
        self._machines(start)
        self.ticks: list[int] = []
        self.stride = 1
        self.gauge_samples: list[NDArray[np.float64]] = []
        self.state_samples: list[NDArray[np.int64]] = []
        self.each = count <= SAMPLES

    def _machines(self, start: RunStarted) -> None:
        """Numbers every state of every machine in one row: `base[npc] + its own number`."""
        self.machines = start.machines
        self.texts = {machine.name: machine.transitions for machine in start.machines}
        bases: dict[str, int] = {}
        self.state_names: list[tuple[str, str]] = []
        for machine in start.machines:
            bases[machine.name] = len(self.state_names)
            self.state_names += [(machine.name, state) for state in machine.states]
        nowhere = len(self.state_names)
        numbers = {pair: i for i, pair in enumerate(self.state_names)}
        self.base = np.array([bases.get(npc.behaviour, nowhere) for npc in start.cast], np.int64)
        self.state = np.array(
            [numbers.get((npc.behaviour, npc.state), nowhere) for npc in start.cast], np.int64
        )
        self.nowhere = nowhere
        self.alive = np.ones(len(start.cast), dtype=bool)
        self.watched = np.zeros(len(start.cast), dtype=bool)
        self.since = np.full(len(start.cast), start.tick, dtype=np.int64)
        self.spent = np.zeros((len(start.cast), nowhere + 1), dtype=np.int32)

    def rows(self, who: NDArray[np.integer]) -> NDArray[np.int64]:
        """Row numbers of serials."""
        rows: NDArray[np.int64] = self.row_of[who.astype(np.int64)]
        return rows

    def limited(self, gauges: tuple[Gauge, ...]) -> None:
        """Take the gauges' limits and rates, which a changed scenario may change."""
        self.gauges = gauges
        self.low = np.array([gauge.low for gauge in gauges], dtype=np.float64)[:, None]
        self.high = np.array([gauge.high for gauge in gauges], dtype=np.float64)[:, None]
        self.rate = np.array([gauge.rate for gauge in gauges], dtype=np.float64)[:, None]

    def drifted(self, event: Drifted) -> None:
        """Move every gauge by its rate, as the world did."""
        self.values = np.clip(self.values + self.rate * event.seconds, self.low, self.high)

    def changed(self, event: Changed) -> NDArray[np.float64] | None:
        """Take new values; gives how much each changed, or None for what is not a gauge."""
        gauge = self.index.get(event.attribute)
        if gauge is None:
            return None
        rows = self.rows(event.who)
        delta: NDArray[np.float64] = event.value - self.values[gauge, rows]
        self.values[gauge, rows] = event.value
        self.touched[gauge] = True
        return delta

    def shifted(self, event: StateChanged) -> list[Turn]:
        """Take new states and book the ticks spent in the old ones. Gives the watched NPCs'."""
        rows = self.rows(event.who)
        self._book(rows, event.tick)
        fresh = self.base[rows] + event.new.astype(np.int64)
        self.state[rows] = np.minimum(fresh, self.nowhere)
        return [self._turn(event, int(i), int(rows[i])) for i in np.flatnonzero(self.watched[rows])]

    def _turn(self, event: StateChanged, i: int, row: int) -> Turn:
        number, fired = int(self.state[row]), int(event.transition[i])
        state, because = "", ""
        if number < self.nowhere:
            name, state = self.state_names[number]
            texts = self.texts[name]
            because = texts[fired] if 0 <= fired < len(texts) else ""
        return Turn(event.tick, self.ids[row], state, because)

    def fell(self, id: str, tick: int) -> None:
        """Who is down does nothing: its time is booked up to here, and no further."""
        row = self._row(id)
        self._book(row, tick)
        self.alive[row] = False

    def rose(self, id: str, tick: int) -> None:
        """Up again: its time counts from here."""
        row = self._row(id)
        self._book(row, tick)
        self.alive[row] = True

    def _row(self, id: str) -> NDArray[np.int64]:
        row = self.rows_by_id.get(id)
        return np.array([] if row is None else [row], dtype=np.int64)

    def _book(self, rows: NDArray[np.int64], tick: int) -> None:
        ticks = np.where(self.alive[rows], tick - self.since[rows], 0)
        self.spent[rows, self.state[rows]] += ticks.astype(np.int32)
        self.since[rows] = tick

    def sample(self, tick: int) -> None:
        """Note where everything stands, if this tick is due for it."""
        if tick % self.stride or (self.ticks and self.ticks[-1] >= tick):
            return
        if len(self.ticks) >= SAMPLES:
            keep = [i for i, at in enumerate(self.ticks) if at % (self.stride * 2) == 0]
            self.ticks = [self.ticks[i] for i in keep]
            self.gauge_samples = [self.gauge_samples[i] for i in keep]
            self.state_samples = [self.state_samples[i] for i in keep]
            self.stride *= 2
            if tick % self.stride:
                return
        self.ticks.append(tick)
        span = np.where(self.high > self.low, self.high - self.low, 1.0)
        scaled = (self.values - self.low) / span
        self.gauge_samples.append(scaled if self.each else self._means(scaled))
        counts = np.bincount(self.state[self.alive], minlength=self.nowhere + 1)
        self.state_samples.append(counts.astype(np.int64))

    def _means(self, scaled: NDArray[np.float64]) -> NDArray[np.float64]:
        """Gauge by archetype: the mean over its NPCs."""
        size = np.maximum(np.bincount(self.kind, minlength=len(self.archetypes)), 1)
        sums = [
            np.bincount(self.kind, weights=line, minlength=len(self.archetypes)) for line in scaled
        ]
        means: NDArray[np.float64] = np.array(sums).reshape(len(scaled), -1) / size
        return means

    def finish(self, tick: int) -> None:
        """Book the time up to the end of the run."""
        self._book(np.arange(len(self.ids)), tick)

    def shares(self, rows: NDArray[np.int64]) -> dict[str, float]:
        """State -> share of these NPCs' time on their feet, greatest first; none they never had."""
        spent = self.spent[rows].sum(axis=0, dtype=np.int64)[: self.nowhere]
        whole = max(int(spent.sum()), 1)
        order = np.argsort(-spent, kind="stable")
        return {self.state_names[i][1]: int(spent[i]) / whole for i in order if spent[i]}

    def series(self, told: Collection[str]) -> tuple[Series, ...]:
        """A `Series` for each told NPC; for nobody told, one of means for each archetype."""
        samples = self.gauge_samples
        names = self.ids
        if not told or not self.each:
            names = self.archetypes
            samples = [self._means(line) for line in samples] if self.each else samples
        shown = [i for i, touched in enumerate(self.touched) if touched]
        if not samples or not shown:
            return ()
        cube = np.array(samples)
        return tuple(
            Series(
                name,
                tuple(self.ticks),
                tuple(Curve(self.gauges[g].name, tuple(cube[:, g, k].tolist())) for g in shown),
            )
            for k, name in enumerate(names)
            if names is self.archetypes or name in told
        )

    def population(self) -> tuple[Population, ...]:
        """How many of the living were in each state, machine by machine; unused ones left out."""
        if not self.state_samples:
            return ()
        table = np.array(self.state_samples)
        out: list[Population] = []
        start = 0
        for machine in self.machines:
            part = table[:, start : start + len(machine.states)]
            start += len(machine.states)
            if part.any():
                counts = tuple(tuple(int(n) for n in part[:, k]) for k in range(part.shape[1]))
                out.append(Population(machine.name, machine.states, tuple(self.ticks), counts))
        return tuple(out)
