"""Reads two logs side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from itertools import groupby
from typing import Any, Protocol

import numpy as np

from npcsim import events as ev
from npcsim.store.apart.causes import Cause, Tick, cause
from npcsim.store.apart.difference import Apart, Difference, Fact, Line, Reached
from npcsim.store.apart.ends import Life, endings
from npcsim.store.apart.facts import Told, apart, first_fact, short, told_of
from npcsim.store.rows import tick_of

SAMPLES = 240
FORKED_AT = "fork.tick"
WHOLE = ("scenario", "seed", "mind_seed", "end_tick", "models", "versions", "tiers")


class Log(Protocol):
    """What is read of a run."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def started(self) -> ev.RunStarted:
        """Its first event."""

    @property
    def last_tick(self) -> int:
        """Its last tick."""

    def packed(self, *, stop: Any = ...) -> Iterator[tuple[int, ev.Packed]]:
        """Events as they are kept."""


class _Pair:
    """Two runs at the same tick, and whom the difference has reached so far."""

    def __init__(self, a: Log, b: Log, last: int) -> None:
        self.lives = (Life(a.started), Life(b.started))
        self.names = [{one.serial: one.id for one in log.started.cast} for log in (a, b)]
        self.ids = tuple(
            one.id for one in a.started.cast if one.id in self.lives[1].standing.row_of
        )
        self.reached: dict[str, Reached] = {}
        self.apart: list[Apart] = []
        self.first: Fact | None = None
        self.hash = -1
        self.before = Tick({})
        self.stride = max(1, last // SAMPLES)
        self.sampled: list[int] = []
        self.means: list[list[list[float]]] = [[], []]

    def begin(self) -> None:
        """Those who begin otherwise."""
        a, b = self.lives
        for npc in self.ids:
            if (fact := _began(a, b, npc)) is not None:
                text = f"{fact.field} {fact.a} / {fact.b}"
                self._reach(npc, fact, Cause("start", "", text))
        self._sample(0)

    def tick(self, tick: int, a: list[ev.Packed], b: list[ev.Packed]) -> None:
        """One tick of both."""
        if a == b:
            for packed in a:
                event = ev.unpack(packed)
                for life in self.lives:
                    life.take(event)
            self.before = Tick({})
            self._sample(tick)
            return
        whole = [[ev.unpack(packed) for packed in part] for part in (a, b)]
        if self.hash < 0 and _hash(whole[0]) != _hash(whole[1]):
            self.hash = tick
        told = [told_of(part, names) for part, names in zip(whole, self.names, strict=True)]
        only: dict[str, list[Told]] = {}
        facts: dict[str, Fact] = {}
        for npc in dict.fromkeys([*told[0], *told[1]]):
            left, right = told[0].get(npc, []), told[1].get(npc, [])
            fact = first_fact(tick, npc, left, right)
            if fact is not None:
                facts[npc] = fact
                only[npc] = [*apart(left, right)[0], *apart(left, right)[1]]
        self._meet(Tick(only), facts)
        for life, part in zip(self.lives, whole, strict=True):
            for event in part:
                life.take(event)
        if facts:
            now = sum(bool(npc) for npc in facts)
            self.apart.append(Apart(tick, now, len(self.reached)))
        self.before = Tick(only)
        self._sample(tick)

    def _meet(self, now: Tick, facts: dict[str, Fact]) -> None:
        """Whom it reaches in this tick. One's own reasons come first: others may follow from it."""
        if self.first is None and facts:
            self.first = next(iter(facts.values()))
        new = [npc for npc in facts if npc and npc not in self.reached]
        known = {npc: one.tick for npc, one in self.reached.items()}
        found = {npc: self._cause(npc, now, known) for npc in new}
        for npc in [one for one in new if found[one].via != "unknown"]:
            self._reach(npc, facts[npc], found[npc])
        known |= {npc: one.tick for npc, one in self.reached.items()}
        for npc in [one for one in new if found[one].via == "unknown"]:
            self._reach(npc, facts[npc], self._cause(npc, now, known))

    def _cause(self, npc: str, now: Tick, known: dict[str, int]) -> Cause:
        return cause(npc, now, self.before, known, self._off, self._near)

    def _reach(self, npc: str, fact: Fact, how: Cause) -> None:
        if self.first is None:
            self.first = fact
        step = self.reached[how.source].step + 1 if how.source in self.reached else 0
        self.reached[npc] = Reached(npc, fact.tick, how.via, how.source, how.text, step, fact)

    def _off(self, npc: str, x: float, y: float) -> float:
        if npc not in self.ids:
            return float("inf")
        rows = [(life.standing, life.standing.row_of[npc]) for life in self.lives]
        return min(float(np.hypot(one.x[row] - x, one.y[row] - y)) for one, row in rows)

    def _near(self, npc: str) -> list[tuple[float, str]]:
        found = []
        for other in self.ids:
            if other != npc and npc in self.ids:
                places = [
                    (float(life.standing.x[life.standing.row_of[other]]),
                     float(life.standing.y[life.standing.row_of[other]]))
                    for life in self.lives
                ]  # fmt: skip
                found.append((min(self._off(npc, x, y) for x, y in places), other))
        return sorted(found)

    def _sample(self, tick: int) -> None:
        if tick % self.stride:
            return
        self.sampled.append(tick)
        for means, life in zip(self.means, self.lives, strict=True):
            means.append([float(values.mean()) for values in life.standing.gauges.values()])

    def lines(self) -> tuple[Line, ...]:
        """Measures, and the means of those attributes that differ."""
        found = []
        a, b = self.lives
        for key in a.measured.keys() & b.measured.keys():
            left, right = dict(a.measured[key]), dict(b.measured[key])
            ticks = tuple(sorted(left.keys() & right.keys()))
            name = key[0] if key[1] == "all" else f"{key[0]} of {key[1]}"
            found.append(
                Line(name, ticks, tuple(left[t] for t in ticks), tuple(right[t] for t in ticks))
            )
        found.sort(key=lambda line: line.name)
        names = [list(life.standing.gauges) for life in self.lives]
        for at, name in enumerate(names[0]):
            if name in names[1]:
                other = names[1].index(name)
                left_line = tuple(row[at] for row in self.means[0])
                right_line = tuple(row[other] for row in self.means[1])
                if left_line != right_line:
                    found.append(Line(f"mean {name}", tuple(self.sampled), left_line, right_line))
        return tuple(found)


def difference(a: Log, b: Log) -> Difference:
    """Where two runs part, whom that reached and how, and how they end.

    They are compared up to the last tick that both have. Raises ValueError for runs whose ticks are
    not equally long.
    """
    one, other = a.started, b.started
    if (one.tick_ms, one.start_ms) != (other.tick_ms, other.start_ms):
        raise ValueError("the runs begin at other times, or their ticks are not equally long")
    last = min(a.last_tick, b.last_tick)
    pair = _Pair(a, b, last)
    pair.begin()
    ticks = [_by_tick(log, last) for log in (a, b)]
    for (tick, left), (_, right) in zip(*ticks, strict=False):
        if tick:
            pair.tick(tick, left, right)
    ids = tuple(npc for npc in pair.ids if npc not in pair.reached)
    return Difference(
        a.name, b.name, one.start_ms, one.tick_ms, last, (a.last_tick, b.last_tick),
        tuple(_whole(one, other)), pair.first, pair.hash,
        tuple(sorted(pair.reached.values(), key=lambda r: (r.tick, r.step))), ids,
        tuple(pair.apart), endings(*pair.lives), pair.lines(),
        {cast.id: cast.name or cast.id for cast in one.cast},
    )  # fmt: skip


def _by_tick(log: Log, last: int) -> Iterator[tuple[int, list[ev.Packed]]]:
    for tick, kept in groupby(log.packed(stop=last + 1), key=lambda pair: tick_of(pair[0])):
        yield tick, [packed for _, packed in kept if packed.kind != "RunEnded"]


def _hash(events: list[ev.Event]) -> str:
    return next((event.hash for event in events if isinstance(event, ev.TickEnded)), "")


def _whole(a: ev.RunStarted, b: ev.RunStarted) -> Iterator[Fact]:
    """What is said of the runs as a whole and differs."""
    for name in WHOLE:
        left, right = getattr(a, name), getattr(b, name)
        if isinstance(left, dict):
            for key in sorted(one for one in {*left, *right} if one != FORKED_AT):
                if left.get(key) != right.get(key):
                    yield Fact(
                        0, "", name, key, short(left.get(key, "")), short(right.get(key, ""))
                    )
        elif left != right:
            yield Fact(0, "", name, "", short(left), short(right))
    known = [{one.id for one in started.cast} for started in (a, b)]
    if known[0] != known[1]:
        left, right = sorted(known[0] - known[1]), sorted(known[1] - known[0])
        yield Fact(0, "", "cast", "", ", ".join(left), ", ".join(right))


def _began(a: Life, b: Life, npc: str) -> Fact | None:
    """The first thing in which an NPC begins otherwise."""
    rows = a.standing.row_of[npc], b.standing.row_of[npc]
    casts = a.started.cast[rows[0]], b.started.cast[rows[1]]
    for f in fields(casts[0]):
        left, right = getattr(casts[0], f.name), getattr(casts[1], f.name)
        if f.name != "serial" and left != right:
            return Fact(0, npc, "RunStarted", f.name, short(left), short(right))
    for name, values in a.standing.gauges.items():
        if name in b.standing.gauges:
            left, right = float(values[rows[0]]), float(b.standing.gauges[name][rows[1]])
            if left != right:
                return Fact(0, npc, "RunStarted", name, short(left), short(right))
    return None
