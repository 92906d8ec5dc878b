"""So many requests at once, no more."""

from __future__ import annotations

import asyncio

from npcsim.messages import Answer, Model, Question
from npcsim.models.guards.around import Around
from npcsim.models.guards.asking import waiting


class Limited(Around):
    """Lets `at_once` questions through; the others wait, first come first served."""

    def __init__(self, inner: Model, at_once: int) -> None:
        super().__init__(inner)
        self._places = asyncio.Semaphore(at_once)

    async def ask(self, question: Question) -> Answer:
        with waiting():
            await self._places.acquire()
        try:
            return await self.inner.ask(question)
        finally:
            self._places.release()
