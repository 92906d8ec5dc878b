"""The queue between the loop and the writer's thread: bounded, and honest about failure."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from npcsim.errors import StoreError
from npcsim.events import Event
from npcsim.messages import ModelCall

MOST_ITEMS = 64
MOST_BYTES = 64 << 20
BATCH_BYTES = 8 << 20
LINGER_SECONDS = 0.02
"""How long the thread lets quick ticks gather before it takes the interpreter from the loop."""


@dataclass(frozen=True, slots=True)
class TickItem:
    """One tick handed over; `size` counts the bytes of its arrays."""

    tick: int
    events: tuple[Event, ...]
    calls: tuple[ModelCall, ...]
    size: int


@dataclass(frozen=True, slots=True)
class SnapshotItem:
    """A snapshot handed over, or the function that makes it."""

    tick: int
    payload: bytes | Callable[[], bytes]
    size: int


Item = TickItem | SnapshotItem


class Handover:
    """Items go in on the loop's side, batches come out on the thread's, failures come back."""

    def __init__(self, every: int) -> None:
        self._every = max(1, every)
        self._most = max(MOST_ITEMS, 2 * every)
        self._queue: deque[Item] = deque()
        self._bytes = self._given = self._done = self._wanted = 0
        self._failure: StoreError | None = None
        self._closing = False
        self._news = threading.Condition()

    @property
    def waiting(self) -> int:
        """How many items were put in and are not committed yet."""
        return self._given - self._done

    @property
    def full(self) -> bool:
        """Would `put` block?"""
        return self.waiting >= self._most or self._bytes >= MOST_BYTES

    # ---- the loop's side

    def put(self, item: Item) -> None:
        """Add an item; blocks while full. Raises `StoreError` once the writer has failed."""
        with self._news:
            if self.full:
                self.wait_for_room()
            self.check()
            if self._closing:
                raise StoreError("the run is closed: nothing more can be written to it")
            self._queue.append(item)
            self._bytes += item.size
            self._given += 1
            # Once when there is enough, not at every tick: waking the thread costs the loop time.
            if len(self._queue) == self._every or self._half_full:
                self._news.notify_all()

    def wait_for_room(self) -> None:
        """Block until `put` would not. Raises `StoreError` once the writer has failed."""
        with self._news:
            self._news.wait_for(lambda: not self.full or self._failure is not None)
            self.check()

    def flush(self, timeout: float | None) -> bool:
        """Wait until all that was put in so far is committed; False if it took too long."""
        with self._news:
            mark = self._wanted = self._given
            self._news.notify_all()
            self._news.wait_for(lambda: self._done >= mark or self._failure is not None, timeout)
            self.check()
            return self._done >= mark

    def close(self) -> None:
        """Nothing more comes: what is queued is the last batch."""
        with self._news:
            self._closing = True
            self._news.notify_all()

    def check(self) -> None:
        """Raise what the writer's thread failed with, if it has."""
        if self._failure is not None:
            told = self._failure
            raise type(told)(*told.args) from told.__cause__  # anew: it may be raised many times

    # ---- the thread's side

    def take(self) -> list[Item]:
        """Wait for the next batch; empty when closed and all is taken."""
        with self._news:
            self._news.wait_for(
                lambda: self._pressed() or len(self._queue) >= self._every,
            )
            self._news.wait_for(self._pressed, LINGER_SECONDS)
            batch: list[Item] = []
            size = 0
            while self._queue and size < BATCH_BYTES:
                batch.append(self._queue.popleft())
                size += batch[-1].size
            return batch

    def committed(self, batch: Sequence[Item]) -> None:
        """The batch is safe: make room, wake who waits for it."""
        with self._news:
            self._done += len(batch)
            self._bytes -= sum(item.size for item in batch)
            self._news.notify_all()

    def fail(self, told: StoreError, cause: BaseException) -> None:
        """The thread can't go on: let go of the queue, tell the loop at its next call."""
        told.__cause__ = cause
        with self._news:
            self._failure = told
            self._queue.clear()
            self._bytes = 0
            self._news.notify_all()

    def _pressed(self) -> bool:
        """Should the thread go on at once? Never with an empty queue, unless closing."""
        return self._closing or self._wanted > self._done or self._half_full

    @property
    def _half_full(self) -> bool:
        return self.waiting >= self._most // 2 or self._bytes >= MOST_BYTES // 2
