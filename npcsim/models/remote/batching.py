"""Questions that can wait: collected, sent as one batch, looked after until they are back.

A batch is half the price and takes minutes, hours or a day. Nobody is kept waiting by it here:
who asks awaits its own answer, and may give up at any time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any, Protocol

from npcsim.errors import BadReply, ModelError, TimedOut, Unavailable
from npcsim.messages import Answer, Question
from npcsim.models.guards.asking import WALL, Watch

MOST = 1_000
"""Questions in one batch."""
FIRST_S, LONGEST_S, TIMES = 5.0, 60.0, 1.5
"""Real seconds between two looks at a batch: the first, the most, and how they grow."""
MOST_S = 90_000.0
"""After so long it is given up. Providers end a batch themselves after a day."""
CLOSING_S = 5.0
"""How long telling the provider that nobody waits any more may take."""
LOST = Unavailable("the batch was given up")


class Desk(Protocol):
    """A provider's batches. Everything raises a `ModelError` and nothing else."""

    async def send(self, questions: Mapping[str, Question]) -> str:
        """Hand a batch in, questions by name. -> what the provider calls it."""

    async def ended(self, batch: str) -> bool:
        """Whether its answers can be fetched."""

    def results(self, batch: str) -> AsyncIterator[tuple[str, Any]]:
        """(a question's name, what came of it), in any order."""

    def read(self, question: Question, result: Any) -> Answer:
        """The answer that a result holds."""

    async def cancel(self, batch: str) -> None:
        """Nobody waits for it any more."""


Waiting = dict[str, tuple[Question, "asyncio.Future[Answer]"]]


class Batches:
    """Collects questions for `gather_s` real seconds, or until there are `MOST`, and sends them.

    Looking at a batch goes on through errors that may pass; one that lasts fails all its questions.
    A batch for which nobody waits any more is cancelled.
    """

    def __init__(self, desk: Desk, *, gather_s: float = 30.0, watch: Watch = WALL) -> None:
        self._desk, self._gather_s, self._watch = desk, gather_s, watch
        self._collected: Waiting = {}
        self._count = 0
        self._sending = False
        self._full = asyncio.Event()
        self._gathering: asyncio.Task[None] | None = None
        self._following: dict[asyncio.Task[None], str] = {}

    async def ask(self, question: Question) -> Answer:
        """The answer, when its batch is back. Raises a `ModelError`."""
        self._count += 1
        name = f"q{self._count}"
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._collected[name] = (question, answer)
        if len(self._collected) >= MOST:
            self._full.set()
        if self._gathering is None or self._gathering.done():
            self._gathering = asyncio.create_task(self._gather())
        try:
            return await answer
        finally:
            self._collected.pop(name, None)  # where it was given up before it was sent

    async def _gather(self) -> None:
        while self._collected:
            await self._until_full()
            waiting, self._collected = self._collected, {}
            self._full.clear()
            if waiting:
                self._sending = True
                try:
                    await self._send(waiting)
                finally:
                    self._sending = False

    async def _until_full(self) -> None:
        alarm = asyncio.ensure_future(self._watch.sleep(self._gather_s))
        full = asyncio.ensure_future(self._full.wait())
        try:
            await asyncio.wait({alarm, full}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            alarm.cancel()
            full.cancel()

    async def _send(self, waiting: Waiting) -> None:
        try:
            batch = await self._desk.send({name: q for name, (q, _) in waiting.items()})
        except ModelError as error:
            _fail(waiting, error)
            return
        except BaseException:
            _fail(waiting, LOST)
            raise
        following = asyncio.create_task(self._follow(batch, waiting))
        self._following[following] = batch
        following.add_done_callback(lambda task: self._following.pop(task, None))

    async def _follow(self, batch: str, waiting: Waiting) -> None:
        try:
            await self._look_after(batch, waiting)
        finally:
            _fail(waiting, LOST)

    async def _look_after(self, batch: str, waiting: Waiting) -> None:
        pause, begun = FIRST_S, self._watch.now()
        while True:
            await self._watch.sleep(pause)
            if self._watch.now() - begun > MOST_S:
                _fail(waiting, TimedOut("its batch was not to be had for more than a day"))
                await self._give_up(batch)
                return
            pause = min(LONGEST_S, pause * TIMES)
            if all(answer.done() for _, answer in waiting.values()):
                await self._give_up(batch)
                return
            try:
                if await self._desk.ended(batch):
                    async for name, result in self._desk.results(batch):
                        self._settle(waiting.get(name), result)
                    _fail(waiting, BadReply("the batch came back without an answer to this"))
                    return
            except ModelError as error:
                if error.lasting or isinstance(error, BadReply):
                    _fail(waiting, error)
                    return

    def _settle(self, waits: tuple[Question, asyncio.Future[Answer]] | None, result: Any) -> None:
        if waits is None or waits[1].done():
            return
        question, answer = waits
        try:
            answer.set_result(self._desk.read(question, result))
        except ModelError as error:
            answer.set_exception(error)

    async def _give_up(self, batch: str) -> None:
        with suppress(ModelError, TimeoutError):
            await asyncio.wait_for(self._desk.cancel(batch), CLOSING_S)

    async def close(self) -> None:
        """Cancel what is out, with the provider too. May be called twice."""
        collected, self._collected = self._collected, {}
        if self._gathering is not None:
            if self._sending:  # a batch whose name is not known yet could not be cancelled
                await asyncio.wait({self._gathering}, timeout=CLOSING_S)
            self._gathering.cancel()
        out, self._following = dict(self._following), {}
        for task in out:
            task.cancel()
        await asyncio.gather(*out, return_exceptions=True)
        await asyncio.gather(*(self._give_up(batch) for batch in out.values()))
        _fail(collected, Unavailable("closed before the batch was sent"))


def _fail(waiting: Waiting, error: ModelError) -> None:
    for _, answer in waiting.values():
        if not answer.done():
            answer.set_exception(error)
