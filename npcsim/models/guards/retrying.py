"""Once more, where that may help: few times, not all at once, and never as a storm."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable

from npcsim.errors import ModelError, RateLimited, TimedOut, Unavailable
from npcsim.messages import Answer, Model, Question
from npcsim.models.guards.around import Around
from npcsim.models.guards.asking import WALL, Watch, left, waiting
from npcsim.world.dice import roll

WINDOW_S = 600.0
"""Questions and retries are weighed against each other over so many seconds of real time."""
FIRST_S, LONGEST_S = 0.5, 8.0
"""Pauses are drawn from 0 to this, doubling with each try ("full jitter": M. Brooker, "Exponential
Backoff And Jitter", AWS Architecture Blog, 2015)."""
PATIENCE_S = 60.0
"""Whoever says to come back later than this is not waited for, whatever the deadline."""


def chance() -> float:
    """A number in [0, 1), another each time. No dice: it must differ between two processes."""
    return roll(os.getpid(), time.monotonic_ns())


class Retrying(Around):
    """Asks again, `tries` times in all, after what may pass: a lost connection, 429, 5xx, 529.

    Retries are at most `extra` times the questions of the last ten minutes, and one at any rate:
    an overloaded provider is not asked twice as much for being overloaded. What may have been
    charged (`billed`) is not asked again if `charged`, for only one answer's price is reserved.
    """

    def __init__(
        self,
        inner: Model,
        *,
        tries: int = 3,
        extra: float = 0.2,
        charged: bool = True,
        watch: Watch = WALL,
        jitter: Callable[[], float] = chance,
    ) -> None:
        super().__init__(inner)
        self._tries, self._extra, self._charged = tries, extra, charged
        self._watch, self._jitter = watch, jitter
        self._asked: deque[float] = deque()
        self._again: deque[float] = deque()

    async def ask(self, question: Question) -> Answer:
        self._asked.append(self._watch.now())
        tries = 1
        while True:
            try:
                return await self.inner.ask(question)
            except ModelError as error:
                if tries >= self._tries or not self._may_pass(error):
                    raise
                pause = self._pause(error, tries)
                if pause is None or not self._affordable():
                    raise
            tries += 1
            with waiting():
                await self._watch.sleep(pause)

    def _may_pass(self, error: ModelError) -> bool:
        kind = isinstance(error, (Unavailable, RateLimited, TimedOut))
        return kind and not error.lasting and not (error.billed and self._charged)

    def _pause(self, error: ModelError, tries: int) -> float | None:
        """Seconds to wait; None where that takes too long."""
        share = self._jitter() * min(LONGEST_S, FIRST_S * 2 ** (tries - 1))
        # Everybody is told the same moment to come back at: a share on top spreads them.
        pause = share if error.retry_after is None else error.retry_after + share
        return pause if pause < min(PATIENCE_S, left(self._watch)) else None

    def _affordable(self) -> bool:
        """Whether one more retry is; if so it is booked."""
        now = self._watch.now()
        for times in (self._asked, self._again):
            while times and times[0] <= now - WINDOW_S:
                times.popleft()
        if len(self._again) >= max(1, int(self._extra * len(self._asked))):
            return False
        self._again.append(now)
        return True
