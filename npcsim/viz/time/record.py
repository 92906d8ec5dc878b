"""What a window reads of a run besides the events that it plays: `Run` is one, a list another."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Protocol

from npcsim.events import Event
from npcsim.store.rows import KeptCall
from npcsim.store.snapshots import Nearest
from npcsim.store.why.explanation import Explanation


class Record(Protocol):
    """A run's log, read from any place. Every method may raise `StoreError`."""

    @property
    def state(self) -> str:
        """`running` as long as it may grow."""

    @property
    def last_tick(self) -> int:
        """The last tick with an event."""

    def events(
        self, *, kinds: Collection[str] | None = None, start: int = 0, stop: int | None = None
    ) -> Iterator[Event]:
        """Events of ticks `start` to before `stop`, in order; of some kinds, or of all."""

    def tail(self, after_seq: int = -1, limit: int = 128) -> list[tuple[int, Event]]:
        """At most `limit` events after a place in the log, with theirs."""

    def nearest(self, tick: int) -> Nearest:
        """The last snapshot up to a tick; (-1, None, None) for none."""

    def calls(self, key: str | None = None) -> Iterator[KeptCall]:
        """The model calls, in order."""

    def explain(self, npc: str, tick: int | str | None = None) -> Explanation:
        """Why an NPC did what it did. Raises ValueError where nothing can be said."""

    def close(self) -> None:
        """Let go of it."""


class Told:
    """A list of events as a record: finished, without snapshots and model calls."""

    state = "finished"

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events

    @property
    def last_tick(self) -> int:
        return self._events[-1].tick if self._events else -1

    def events(
        self, *, kinds: Collection[str] | None = None, start: int = 0, stop: int | None = None
    ) -> Iterator[Event]:
        first = bisect_left(self._events, start, key=_tick)
        last = len(self._events) if stop is None else bisect_left(self._events, stop, key=_tick)
        found = self._events[first:last]
        return (one for one in found if kinds is None or type(one).__name__ in kinds)

    def tail(self, after_seq: int = -1, limit: int = 128) -> list[tuple[int, Event]]:
        first = after_seq + 1
        return list(enumerate(self._events[first : first + limit], first))

    def nearest(self, tick: int) -> Nearest:
        return -1, None, None

    def calls(self, key: str | None = None) -> Iterator[KeptCall]:
        return iter(())

    def explain(self, npc: str, tick: int | str | None = None) -> Any:
        raise ValueError("this run is not kept: there is no log to explain it from")

    def close(self) -> None:
        """There is nothing to let go of."""


def _tick(event: Event) -> int:
    return event.tick
