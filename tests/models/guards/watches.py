"""Time that passes only when everybody waits: hours take none."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Coroutine
from typing import Any

from npcsim.errors import ModelError
from npcsim.messages import Answer, Choose, Chosen, Question, Usage
from npcsim.models.guards.asking import Watch

CHOOSE = Choose("It is noon. Odo decides to", "Someone decides to", ("accept", "haggle", "leave"))
FINE = Chosen(1, None, Usage(100, 10))


class Hours:
    """A watch for guards, and a loop that moves it on to whatever is waited for next."""

    def __init__(self) -> None:
        self.time = 1_000.0
        self._asleep: list[tuple[float, int, asyncio.Future[None]]] = []
        self.slept: list[float] = []
        self.watch = Watch(lambda: self.time, self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        awake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._asleep, (self.time + seconds, len(self.slept), awake))
        await awake

    async def pass_by(self, *doing: Coroutine[Any, Any, Any]) -> list[Any]:
        """Run all to their ends. -> results or errors, as `asyncio.gather` has them."""
        tasks = [asyncio.ensure_future(one) for one in doing]
        while not all(task.done() for task in tasks):
            for _ in range(30):
                await asyncio.sleep(0)
            while self._asleep and self._asleep[0][2].done():
                heapq.heappop(self._asleep)
            if self._asleep and not all(task.done() for task in tasks):
                until, _, awake = heapq.heappop(self._asleep)
                self.time = max(self.time, until)
                awake.set_result(None)
        return await asyncio.gather(*tasks, return_exceptions=True)


class Fake:
    """Answers by `rule(nth)`: an answer, or an error to raise; takes `wait` seconds."""

    name, fingerprint = "fake", "fake/1"

    def __init__(self, rule: Any = lambda nth: FINE, hours: Hours | None = None, wait: float = 0):
        self.rule, self.hours, self.wait = rule, hours, wait
        self.asked: list[Question] = []
        self.at: list[float] = []
        self.most = self.now = 0

    async def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        nth = len(self.asked)
        self.at.append(self.hours.time if self.hours else 0.0)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            if self.hours is not None and self.wait:
                await self.hours.watch.sleep(self.wait)
            else:
                await asyncio.sleep(0)
            said = self.rule(nth)
            if isinstance(said, Exception):
                raise said
            return said  # type: ignore[no-any-return]
        finally:
            self.now -= 1

    async def close(self) -> None:
        self.asked.clear()


def kinds(results: list[Any]) -> list[str]:
    """Answers as `fine`, errors by kind."""
    return [one.kind if isinstance(one, ModelError) else "fine" for one in results]
