"""What guards know of the question under way: real time, how much is left, whether it waits.

The outermost guard sets the deadline, and those further in ask how much of it is left, so that
none waits for what can't come in time. A context variable carries it, for a model's `ask` takes a
question and nothing else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from math import inf


@dataclass(frozen=True, slots=True)
class Watch:
    """Real time: `now` in seconds from any start, and a way to let seconds pass.

    Tests bring one whose hours take no time. What a watch says never reaches the world but in a
    landing, which is logged.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


WALL = Watch()


@dataclass(slots=True)
class Asking:
    """A question under way: when it must have ended, and how many guards keep it waiting.

    While one waits nothing is with the provider, so nothing can be charged. `sent`: requests that
    went out, where the model says so (`note_request`): looking things up takes several.
    """

    until: float
    waits: int = 0
    sent: int = 0


ASKING: ContextVar[Asking | None] = ContextVar("npcsim_asking", default=None)

LANDS: ContextVar[int] = ContextVar("npcsim_lands", default=0)
"""The tick at which the answer of the question under way is wanted, as the run tells it."""


@dataclass(slots=True)
class Aside:
    """Picodollars that other models were paid while a question was answered: for embeddings."""

    pico: int = 0


ASIDE: ContextVar[Aside | None] = ContextVar("npcsim_aside", default=None)


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a question under way: it is due, or given up though it is charged."""

    due: asyncio.Event = field(default_factory=asyncio.Event)
    given_up: asyncio.Event = field(default_factory=asyncio.Event)


FATE: ContextVar[Fate | None] = ContextVar("npcsim_fate", default=None)


def charge_aside(pico: int) -> None:
    """Add picodollars to what the question under way costs beside its tokens; or take some back."""
    aside = ASIDE.get()
    if aside is not None:
        aside.pico += pico


def left(watch: Watch) -> float:
    """Seconds until the deadline of the question under way; infinite where there is none."""
    asking = ASKING.get()
    return inf if asking is None else asking.until - watch.now()


def note_request() -> None:
    """One more request goes out for the question under way."""
    asking = ASKING.get()
    if asking is not None:
        asking.sent += 1


def sent() -> int:
    """How many requests went out for the question under way, as far as is known."""
    asking = ASKING.get()
    return 0 if asking is None else asking.sent


@contextmanager
def waiting() -> Iterator[None]:
    """Around any waiting that happens before something is sent."""
    asking = ASKING.get()
    if asking is None:
        yield
        return
    asking.waits += 1
    try:
        yield
    finally:
        asking.waits -= 1
