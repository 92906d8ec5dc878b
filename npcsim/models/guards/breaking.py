"""A circuit breaker: who doesn't answer is left alone, and one question looks whether it does."""

from __future__ import annotations

import asyncio
from math import inf

from npcsim.errors import ModelError, RateLimited, TimedOut, TooLong, Unavailable
from npcsim.messages import Answer, Model, Question
from npcsim.models.guards.around import Around
from npcsim.models.guards.asking import WALL, Watch, left, waiting

LONGEST_S = 600.0
"""The longest pause between two probes."""
HOPELESS_S = 60.0
"""The first pause after a refusal that only a person can lift."""
NEAR_S = 0.1
"""A question cancelled this close to its deadline was cancelled by it."""


class Breaking(Around):
    """Opens after `failures` in a row; at once when the error is `lasting` (a bad key, say).

    Open: every question is `Unavailable` without being sent. After `pause` seconds of real time
    one is let through as a probe: its answer closes the circuit, its failure doubles the pause,
    to ten minutes at most. Until a provider has answered for the first time it is asked one
    question at a time, so that a bad key is refused once, however many have come at once.
    """

    def __init__(
        self, inner: Model, *, failures: int = 5, pause: float = 10.0, watch: Watch = WALL
    ) -> None:
        super().__init__(inner)
        self._most, self._first_pause, self._watch = failures, pause, watch
        self._failures = 0
        self._pause = pause
        self._open_until = -inf
        self._open = False
        self._why = ""
        self._proven = False
        self._one = asyncio.Lock()

    @property
    def open(self) -> bool:
        """Whether nothing but probes goes out."""
        return self._open

    async def ask(self, question: Question) -> Answer:
        if self._proven and not self._open:
            return await self._send(question)
        if self._open and (self._one.locked() or self._watch.now() < self._open_until):
            raise self._refusal()
        with waiting():
            await self._one.acquire()
        try:
            # Whoever held the place may have found out more.
            if self._open and self._watch.now() < self._open_until:
                raise self._refusal()
            if not self._proven or self._open:
                return await self._send(question)
        finally:
            self._one.release()
        return await self._send(question)

    async def _send(self, question: Question) -> Answer:
        try:
            answer = await self.inner.ask(question)
        except asyncio.CancelledError:
            if left(self._watch) <= NEAR_S:
                self._failed(TimedOut("no answer by the deadline"))
            raise
        except TooLong:
            raise  # it was not sent, which tells nothing of who would have answered
        except ModelError as error:
            if isinstance(error, (Unavailable, TimedOut)) or (
                self._open and isinstance(error, RateLimited)
            ):
                self._failed(error)
            else:
                self._answered()  # in whatever words: it is there
            raise
        self._answered()
        return answer

    def _answered(self) -> None:
        self._proven, self._open = True, False
        self._failures, self._pause = 0, self._first_pause

    def _failed(self, error: ModelError) -> None:
        self._failures += 1
        now = self._watch.now()
        if self._open:
            if now < self._open_until:
                return  # sent before it opened
            self._pause = min(LONGEST_S, self._pause * 2)
        elif not error.lasting and self._failures < self._most:
            return
        if error.lasting:
            self._pause = max(self._pause, HOPELESS_S)
        self._open, self._open_until = True, now + self._pause
        self._why = f"{error.kind}: {error}"

    def _refusal(self) -> Unavailable:
        wait = max(0.0, self._open_until - self._watch.now())
        told = f"not asked, tried again in {wait:.0f} s: {self._why}"
        return Unavailable(told, lasting=True)
