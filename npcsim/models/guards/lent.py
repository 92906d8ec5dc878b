"""One local model for many runs at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from npcsim.errors import Unavailable
from npcsim.messages import Answer, Model, Question
from npcsim.models.guards.around import Around
from npcsim.models.local.llamacpp import LlamaCpp

TRIES = 4
PAUSE_S = 0.5
"""Before the second try; twice as long before each further one."""


class Lent(Around):
    """A local model lent to one run of several, which leaves it running when it ends.

    What is kept for an NPC is kept for that NPC of that run: `run` is put before the name. An
    answer hangs on its question alone, so the others change nothing but the time it takes. Where
    the worker died under a question, that is asked again of the next one: a run whose time is
    simulated has the time. Raises `Unavailable` after the last try, and what the model raises.
    """

    def __init__(self, inner: LlamaCpp, run: str) -> None:
        super().__init__(inner)
        self._model = inner
        self._run = run

    async def ask(self, question: Question) -> Answer:
        return await _again(lambda: self._model.ask(self._own(question)))

    async def ask_in_turn(self, question: Question, *, priority: int, lands: int) -> Answer:
        """As the model's own (`messages.Queueing`)."""
        own = self._own(question)
        return await _again(lambda: self._model.ask_in_turn(own, priority=priority, lands=lands))

    async def close(self) -> None:
        """Nothing: whoever lends it ends it."""

    def _own(self, question: Question) -> Question:
        whose = question.prefix.whose
        if not whose:
            return question
        return replace(question, prefix=replace(question.prefix, whose=f"{self._run}/{whose}"))


async def _again(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    for tried in range(TRIES - 1):
        try:
            return await ask()
        except Unavailable:
            await asyncio.sleep(PAUSE_S * 2**tried)
    return await ask()


class Engines:
    """The local models of runs that are lived side by side, one for each kind of settings."""

    def __init__(self) -> None:
        self._models: dict[tuple[Any, ...], LlamaCpp] = {}

    def lender(self, run: str) -> Callable[..., Model]:
        """What makes the local models of one run: called as `LlamaCpp` is."""

        def lend(path: Any, **settings: Any) -> Model:
            key = (str(path), *sorted(settings.items()))
            if key not in self._models:
                self._models[key] = LlamaCpp(path, **settings)
            return Lent(self._models[key], run)

        return lend

    async def close(self) -> None:
        """End them all."""
        for model in self._models.values():
            await model.close()
