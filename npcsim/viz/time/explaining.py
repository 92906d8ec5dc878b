"""Why an NPC did what it did, read out of the log near the moment that is asked about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from npcsim.events import Event, RunStarted
from npcsim.store.moment import Moment
from npcsim.store.rows import KeptCall
from npcsim.store.run_store import Run
from npcsim.store.why.explanation import Explanation
from npcsim.store.why.gather import explain
from npcsim.viz.time.record import Record

BEFORE, AFTER = 4000, 1200
"""Ticks around the moment that are read first; the whole log only where these don't tell."""


class Stretch:
    """A run as if it had the ticks `first` to `last` alone."""

    def __init__(self, run: Run, first: int, last: int) -> None:
        self._run, self._first, self._last = run, first, last
        self.bundle, self.shown, self.started = run.bundle, run.shown, run.started

    started: RunStarted

    @property
    def last_tick(self) -> int:
        return self._run.last_tick

    def events(
        self, *, kinds: Any = None, npc: Any = None, start: Any = 0, stop: Any = None
    ) -> Iterator[Event]:
        first = max(int(start), self._first)
        last = self._last + 1 if stop is None else min(int(stop), self._last + 1)
        return self._run.events(kinds=kinds, npc=npc, start=first, stop=last)

    def calls(self, key: str | None = None) -> Iterator[KeptCall]:
        return self._run.calls(key)

    def at(self, when: int | str) -> Moment:
        return self._run.at(when)


def explained(record: Record, npc: str, tick: int) -> Explanation:
    """Why `npc` did what it did at a tick. Raises ValueError where the log can't tell."""
    if not isinstance(record, Run):
        return record.explain(npc, tick)
    first = max(0, tick - BEFORE)
    told = explain(Stretch(record, first, tick + AFTER), npc, min(tick, record.last_tick))
    if first and told.thought is None:
        return record.explain(npc, min(tick, record.last_tick))
    return told
