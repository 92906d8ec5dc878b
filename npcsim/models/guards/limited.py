"""So many requests at once, no more."""

from __future__ import annotations

import asyncio

from npcsim.messages import Answer, Model, Question
from npcsim.models.guards.around import Around
from npcsim.models.guards.asking import waiting

MANY = 16
"""Requests at once where nobody says how many."""


class Limited(Around):
    """Lets `at_once` questions through; the others wait, first come first served."""

    def __init__(self, inner: Model, at_once: int = MANY) -> None:
        super().__init__(inner)
        self._at_once = at_once
        self._places = asyncio.Semaphore(at_once)
        self._too_many = 0

    def follow(self, at_once: int) -> None:
        """Let so many through from now on; who is through already may end."""
        self._too_many += self._at_once - at_once
        self._at_once = at_once
        while self._too_many < 0:
            self._too_many += 1
            self._places.release()

    async def ask(self, question: Question) -> Answer:
        with waiting():
            await self._place()
        try:
            return await self.inner.ask(question)
        finally:
            self._places.release()

    async def _place(self) -> None:
        await self._places.acquire()
        while self._too_many > 0:  # this place is no more
            self._too_many -= 1
            await self._places.acquire()
