"""Thoughts under way: asked at one tick, they land at a later one.

`Live` asks models as asyncio tasks, many at once; `sim/recorded.py` has what a replay takes in its
place. What becomes of a thought that is of no use any more is decided by
the world alone (see `npc.mind.useless`), never by whether its answer is there: so it lands as
cancelled, at the same tick and at the same price, in any run of the same log.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from npcsim.errors import BadReply, ModelError, TimedOut, Unavailable
from npcsim.events import CANCELLED
from npcsim.messages import (
    HEARING,
    THOUGHT,
    Answer,
    Batching,
    Chosen,
    Hear,
    Model,
    ModelCall,
    Question,
    Queueing,
    Usage,
    Write,
    Written,
    request_key,
)
from npcsim.models.guards.around import bare
from npcsim.models.guards.asking import ASIDE, FATE, LANDS, Aside, Fate
from npcsim.models.money.prices import Price, bound, dollars
from npcsim.models.remote.provider_errors import told


@dataclass(frozen=True, slots=True)
class Thought:
    """A question on its way. `lands` and `deadline` are ticks; higher `priority` goes first.

    `patience`: it goes into a batch and lands when it is back; real seconds that an unpaced run
    waits for it at its deadline. None for every other thought.
    """

    id: str
    npc: str
    tier: str
    question: Question
    lands: int
    deadline: int
    priority: int = 0
    patience: float | None = None


@dataclass(frozen=True, slots=True)
class Landing:
    """What came back: an answer, or the failure as text (`kind: what`)."""

    thought: str
    npc: str
    tier: str
    model: str
    key: str
    answer: Answer | None
    error: str
    late: bool
    cost_usd: float = 0.0


Listener = Callable[[str, str, str], None]
"""Is told an NPC's id, its thought's, and what the answer says so far."""


class Answers(Protocol):
    """Where landings come from."""

    def hear(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` what answers in words say while they come. -> a function that ends it."""

    def ask(self, thought: Thought) -> None:
        """Set a thought on its way."""

    def cancel(self, thought: str, why: str) -> None:
        """Give up on a thought, by its id; it lands at this tick, cancelled."""

    async def land(self, tick: int) -> list[Landing]:
        """What lands at this tick, by NPC id."""

    def calls(self) -> list[ModelCall]:
        """The model calls that ended since this was last asked."""

    @property
    def waiting(self) -> int:
        """How many thoughts are under way."""

    async def close(self) -> None:
        """Give up on everything under way."""


def fitting(question: Question, answer: object) -> Answer:
    """The answer, if it is one to this question. Raises `BadReply` otherwise."""
    if isinstance(question, Write):
        if isinstance(answer, Written):
            return answer
        raise BadReply(f"words were asked for, {type(answer).__name__} came back")
    if not isinstance(answer, Chosen):
        raise BadReply(f"a choice was asked for, {type(answer).__name__} came back")
    count, shares = len(question.options), answer.probabilities
    if not 0 <= answer.pick < count:
        raise BadReply(f"there is no option {answer.pick} of {count}")
    if shares is not None:
        if len(shares) != count:
            raise BadReply(f"{len(shares)} probabilities for {count} options")
        if not all(0 <= share <= 1 for share in shares) or not any(shares):
            raise BadReply("a probability is not between 0 and 1, or all are 0")
    return answer


Flying = tuple[Thought, "asyncio.Task[ModelCall]"]


async def _in_a_batch(thought: Thought, model: Model) -> Answer:
    """The answer of a thought that can wait. No guards: they are for those who wait."""
    inside = model if isinstance(model, Batching) else bare(model)
    if not isinstance(inside, Batching):
        raise Unavailable(f"{model.name} takes no batches", lasting=True)
    return await inside.ask_later(thought.question)


class Live:
    """Asks models. Unpaced, it waits for what is due; paced, what is not there lands late.

    guard_s: seconds of the wall after which a model is taken to hang that has answered nobody
    meanwhile. However many wait in its queue, who waits longer only for his turn does not fail.
    last: the run's last tick, 0 if it has none: what is in a batch then is given up.
    """

    def __init__(
        self,
        models: Mapping[str, Model],
        guard_s: float,
        paced: bool,
        prices: Mapping[str, Price] | None = None,
        last: int = 0,
    ) -> None:
        self._models, self._guard_s, self._paced, self._last = models, guard_s, paced, last
        self._prices = prices or {}
        self._tasks: dict[str, Flying] = {}
        self._cancelled: list[tuple[Thought, ModelCall]] = []
        self._paid: list[tuple[Thought, asyncio.Task[ModelCall], str]] = []
        self._calls: list[ModelCall] = []
        self._answered: dict[str, float] = {}
        self._fates: dict[str, Fate] = {}
        self._listeners: list[Listener] = []

    @property
    def waiting(self) -> int:
        return len(self._tasks)

    def hear(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _hearing(self, thought: Thought) -> Hear | None:
        """What tells those who listen; None where nobody does, as then nothing need be told."""
        if not self._listeners:
            return None
        loop = asyncio.get_running_loop()

        def hear(text: str) -> None:
            # A worker's thread may come too late by a moment, when the loop is closed already.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._tell, thought, text)

        return hear

    def _tell(self, thought: Thought, text: str) -> None:
        if self._tasks.get(thought.id, (None, None))[0] is not thought:
            return  # it has landed, or was given up
        for listener in tuple(self._listeners):
            listener(thought.npc, thought.id, text)

    def ask(self, thought: Thought) -> None:
        self._fates[thought.id] = Fate()
        task = asyncio.create_task(self._call(thought), name=f"thought {thought.id}")
        task.add_done_callback(lambda _: self._fates.pop(thought.id, None))
        self._tasks[thought.id] = (thought, task)

    def cancel(self, thought: str, why: str) -> None:
        if thought not in self._tasks:
            return
        given_up, task = self._tasks.pop(thought)
        error = f"{CANCELLED}: {why}"
        charged = given_up.tier in self._prices and given_up.patience is None
        if charged and (task.done() or not self._paced):
            if thought in self._fates:
                self._fates[thought].given_up.set()
            self._paid.append((given_up, task, error))
            return
        task.cancel()
        if charged:  # what is not there yet counts as an answer that came late
            given_up = replace(given_up, lands=-1)
        self._cancelled.append((given_up, self._unanswered(given_up, error)))

    async def _call(self, thought: Thought) -> ModelCall:
        model = self._models[thought.tier]
        ask = self._guarded if thought.patience is None else _in_a_batch
        answer: Answer | None = None
        error, usage, billed = "", Usage(), True
        HEARING.set(self._hearing(thought))  # of this task, and of those that guards begin in it
        LANDS.set(thought.lands)
        ASIDE.set(aside := Aside())
        THOUGHT.set(thought.id)
        FATE.set(self._fates[thought.id])
        begun = time.monotonic()  # for people to read; it never reaches the world
        try:
            reply = await ask(thought, model)
            usage = getattr(reply, "usage", usage)
            answer = fitting(thought.question, reply)
        except TimeoutError:
            error = f"{TimedOut.__name__}: no answer within {self._guard_s:g} s"
        except ModelError as problem:
            error = f"{problem.kind}: {problem}"
            # Not so of what the model did answer, and what was no answer to the question.
            if usage == Usage():
                usage, billed = Usage.of(problem.tokens or ()), problem.billed
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            error = f"{Unavailable.__name__}: it gave up on the question"
        except Exception as problem:  # noqa: BLE001
            # A bug in a model adapter must cost its thought, not the run.
            said = told(f"{type(problem).__name__}: {problem}")
            error = f"{Unavailable.__name__}: {said}"
        return ModelCall(
            thought.id, thought.tier, model.name, model.fingerprint, thought.question, answer,
            error, time.monotonic() - begun, self._cost(thought, usage, billed, aside.pico),
        )  # fmt: skip

    async def _guarded(self, thought: Thought, model: Model) -> Answer:
        """The model's answer. Raises TimeoutError where it has answered nobody for too long."""
        asked = time.monotonic()
        if isinstance(model, Queueing):
            asking = model.ask_in_turn(
                thought.question, priority=thought.priority, lands=thought.lands
            )
        else:
            asking = model.ask(thought.question)
        reply = asyncio.ensure_future(asking)
        try:
            while not reply.done():
                since = max(asked, self._answered.get(thought.tier, asked))
                left = since + self._guard_s - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                await asyncio.wait({reply}, timeout=left)
            self._answered[thought.tier] = time.monotonic()
            return reply.result()
        finally:
            if not reply.done():
                reply.cancel()
                # Whoever does not even end when cancelled is not waited for.
                await asyncio.wait({reply}, timeout=1.0)

    def _unanswered(self, thought: Thought, error: str) -> ModelCall:
        """The call of a thought that nobody waits for any more. It counts as the most it can cost:
        what it did cost hangs on when it was given up, by the wall."""
        model = self._models[thought.tier]
        return ModelCall(
            thought.id, thought.tier, model.name, model.fingerprint, thought.question,
            None, error, 0.0, self._cost(thought, Usage(), True),
        )  # fmt: skip

    def _cost(self, thought: Thought, usage: Usage, billed: bool, aside: int = 0) -> float:
        """USD. What may have been charged, and nobody told how much, counts as the most it can."""
        price = self._prices.get(thought.tier)
        if price is None:
            return dollars(aside)
        if thought.patience is not None:
            price = price.batched
        if usage != Usage():
            return dollars(price.of(usage) + aside)
        return dollars(bound(thought.question, price) if billed else aside)

    async def land(self, tick: int) -> list[Landing]:
        mine = [*self._tasks.values()]
        due = [(t, task) for t, task in mine if t.patience is None and t.lands <= tick]
        for thought, task in due:
            if not task.done():
                self._fates[thought.id].due.set()
        if not self._paced and due:
            await asyncio.wait([task for _, task in due])
        due += await self._batched([one for one in mine if one[0].patience is not None], tick)
        cancelled = [*self._cancelled, *await self._settled()]
        self._cancelled = []
        landings = [self._landing(thought, call, tick) for thought, call in cancelled]
        for thought, task in due:
            if task.done():
                del self._tasks[thought.id]
                landings.append(self._landing(thought, task.result(), tick))
            elif tick >= thought.deadline:
                del self._tasks[thought.id]
                task.cancel()
                error = f"{TimedOut.__name__}: not answered by its deadline"
                landings.append(self._landing(thought, self._unanswered(thought, error), tick))
        return sorted(landings, key=lambda landing: landing.npc)

    async def _settled(self) -> list[tuple[Thought, ModelCall]]:
        """Thoughts given up that are charged all the same, with what they cost.

        That a request is broken off saves nothing, so its end is waited for: then its cost is
        known, and is the same on a slow machine as on a quick one.
        """
        given_up, self._paid = self._paid, []
        if given_up:
            await asyncio.wait([task for _, task, _ in given_up])
        return [
            (thought, replace(task.result(), answer=None, error=error))
            for thought, task, error in given_up
        ]

    async def _batched(self, out: list[Flying], tick: int) -> list[Flying]:
        """Of the thoughts in batches those that are back, or must be now; waits for these."""
        last = tick >= self._last > 0
        must = [(t, task) for t, task in out if last or t.deadline <= tick]
        if must and not self._paced:
            patience = max(thought.patience or 0.0 for thought, _ in must)
            await asyncio.wait([task for _, task in must], timeout=patience)
        given_up = [replace(t, deadline=tick) for t, _ in must]
        ends = {thought.id: thought for thought in given_up}
        return [(ends.get(t.id, t), task) for t, task in out if task.done() or t.id in ends]

    def _landing(self, thought: Thought, call: ModelCall, tick: int) -> Landing:
        self._calls.append(call)
        return Landing(
            thought.id, thought.npc, thought.tier, call.model,
            request_key(call.fingerprint, call.question), call.answer, call.error,
            tick > thought.lands, call.cost_usd,
        )  # fmt: skip

    def calls(self) -> list[ModelCall]:
        ended, self._calls = self._calls, []
        return ended

    async def close(self) -> None:
        tasks = [task for _, task in self._tasks.values()] + [task for _, task, _ in self._paid]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        self._paid.clear()
