"""Thoughts under way: what lands when, whatever models do."""

from __future__ import annotations

import asyncio
import gc
import heapq
import math
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from npcsim.errors import BadReply, OverBudget, RateLimited, TimedOut, Unavailable
from npcsim.events import Landed
from npcsim.messages import Answer, Choose, Chosen, Question, Usage, Write, Written, answer_json
from npcsim.models.money.prices import Price, bound, dollars
from npcsim.models.scripted import Scripted
from npcsim.sim.inflight import Live, Thought
from npcsim.sim.recorded import Recorded

CHOOSE = Choose("Mara wants to", "Someone wants to", ("eat", "sleep"))
WRITE = Write("You are Mara.", "Hello.")


def thought(npc: str, lands: int, question: Question = CHOOSE, deadline: int = 99) -> Thought:
    return Thought(f"{npc}@0", npc, "local", question, lands, deadline)


def live(rule: Any = None, guard: float = 5.0, paced: bool = False, **given: Any) -> Live:
    model = Scripted(rule, **given) if rule else Scripted(**given)
    return Live({"local": model}, guard, paced)


async def test_a_thought_lands_at_its_tick_and_not_before() -> None:
    answers = live()
    answers.ask(thought("mara", 3))
    await asyncio.sleep(0.01)
    assert await answers.land(1) == await answers.land(2) == []
    assert answers.waiting == 1
    (landing,) = await answers.land(3)
    assert (landing.thought, landing.npc, landing.late, landing.error) == (
        "mara@0",
        "mara",
        False,
        "",
    )
    assert isinstance(landing.answer, Chosen)
    assert answers.waiting == 0
    (call,) = answers.calls()
    assert (call.question, call.answer, call.model) == (CHOOSE, landing.answer, "scripted")
    assert answers.calls() == []


async def test_landings_come_by_npc_whoever_was_first() -> None:
    waits = iter([0.03, 0.0, 0.015])

    async def delay(question: Question) -> None:
        await asyncio.sleep(next(waits))

    answers = live(delay=delay)
    for npc in ("bo", "zoe", "ida"):
        answers.ask(thought(npc, 1))
    assert [landing.npc for landing in await answers.land(1)] == ["bo", "ida", "zoe"]


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (Unavailable("gone"), "Unavailable: gone"),
        (TimedOut("slow"), "TimedOut: slow"),
        (BadReply("what?"), "BadReply: what?"),
        (OverBudget("poor"), "OverBudget: poor"),
        (RateLimited("wait"), "RateLimited: wait"),
        (ZeroDivisionError("bug"), "Unavailable: ZeroDivisionError: bug"),
        (asyncio.CancelledError(), "Unavailable: it gave up on the question"),
    ],
)
async def test_a_model_that_fails_is_a_landing_that_says_so(
    raised: BaseException, error: str
) -> None:
    class Failing(Scripted):
        async def ask(self, question: Question) -> Answer:
            raise raised

    answers = Live({"local": Failing()}, 5.0, False)
    answers.ask(thought("mara", 1))
    (landing,) = await answers.land(1)
    assert (landing.answer, landing.error) == (None, error)
    assert answers.calls()[0].error == error


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (CHOOSE, Written("eat")),
        (CHOOSE, Chosen(2)),
        (CHOOSE, Chosen(-1)),
        (CHOOSE, Chosen(0, (1.0,))),
        (CHOOSE, Chosen(0, (0.5, 0.5, 0.0))),
        (CHOOSE, Chosen(0, (math.nan, 1.0))),
        (CHOOSE, Chosen(0, (math.inf, 1.0))),
        (CHOOSE, Chosen(0, (-0.5, 1.0))),
        (CHOOSE, Chosen(0, (0.0, 0.0))),
        (CHOOSE, None),
        (CHOOSE, "eat"),
        (WRITE, Chosen(0)),
        (WRITE, None),
        (WRITE, "Hello."),
    ],
)
async def test_an_answer_that_is_none_is_a_bad_reply(question: Question, answer: Any) -> None:
    answers = live(lambda asked: answer)
    answers.ask(thought("mara", 1, question))
    (landing,) = await answers.land(1)
    assert landing.answer is None
    assert landing.error.startswith("BadReply: ")


async def hang(question: Question) -> None:
    await asyncio.sleep(60)


async def test_the_guard_ends_a_model_that_hangs() -> None:
    answers = live(guard=0.02, delay=hang)
    answers.ask(thought("mara", 1))
    (landing,) = await asyncio.wait_for(answers.land(1), 5)
    assert landing.error == "TimedOut: no answer within 0.02 s"
    assert landing.answer is None


class OneByOne(Scripted):
    """A model with a queue: a question each two milliseconds, the urgent first."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: list[tuple[int, int, int, asyncio.Future[None]]] = []
        self.lands: list[int] = []
        self._work: asyncio.Task[None] | None = None

    async def ask_in_turn(self, question: Question, *, priority: int, lands: int) -> Answer:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self.queue, (-priority, lands, len(self.asked) + len(self.queue), turn))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._answer())
        await turn
        self.lands.append(lands)
        return await self.ask(question)

    async def _answer(self) -> None:
        while self.queue:
            await asyncio.sleep(0.002)
            turn = heapq.heappop(self.queue)[3]
            if not turn.done():
                turn.set_result(None)


@pytest.fixture
def unswept() -> Iterator[None]:
    """No garbage is collected meanwhile: of all that tests leave in a process, that takes longer
    than a guard of half a second has patience."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("unswept")
async def test_the_guard_lets_a_thousand_wait_for_their_turn() -> None:
    model, guard = OneByOne(), 0.5
    answers = Live({"local": model}, guard, False)
    for number in range(1000):
        answers.ask(thought(f"n{number:04}", 1))
    begun = time.monotonic()
    landings = await answers.land(1)
    assert time.monotonic() - begun > 4 * guard
    assert [landing.error for landing in landings] == [""] * 1000


async def test_the_guard_ends_a_thousand_that_nobody_answers() -> None:
    answers = live(guard=0.2, delay=hang)
    for number in range(1000):
        answers.ask(thought(f"n{number:04}", 1))
    landings = await asyncio.wait_for(answers.land(1), 5)
    assert {landing.error for landing in landings} == {"TimedOut: no answer within 0.2 s"}


async def test_who_is_urgent_and_what_lands_sooner_goes_first_in_a_queue() -> None:
    model = OneByOne()
    answers = Live({"local": model}, 5.0, False)
    for lands in (9, 3, 7, 4):
        answers.ask(replace(thought(f"n{lands}", lands), priority=int(lands == 7)))
    await answers.land(9)
    assert model.lands == [7, 3, 4, 9]


async def test_a_thought_that_is_given_up_lands_cancelled_at_once_and_frees_its_model() -> None:
    ended: list[bool] = []

    async def delay(question: Question) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    for answered in (False, True):
        answers = Live({"local": Scripted(delay=None if answered else delay)}, 5.0, False)
        answers.ask(thought("mara", 9))
        await asyncio.sleep(0.01)
        answers.cancel("mara@0", "Mara is down")
        answers.cancel("nobody@0", "there is no such thought")
        assert answers.waiting == 0
        (landing,) = await answers.land(4)
        # The same whether its answer was there or not: that hangs on the wall.
        assert (landing.answer, landing.error) == (None, "Cancelled: Mara is down")
        assert (landing.cost_usd, landing.late) == (0, False)
        (call,) = answers.calls()
        assert (call.error, call.answer) == ("Cancelled: Mara is down", None)
        assert await answers.land(9) == []
    await asyncio.sleep(0)
    assert ended == [True]


@pytest.mark.parametrize(
    ("paced", "answered", "known"),
    [(False, False, True), (False, True, True), (True, True, True), (True, False, False)],
)
async def test_what_is_given_up_costs_what_it_costs(
    paced: bool, answered: bool, known: bool
) -> None:
    """To break a request off saves nothing. A paced run does not wait: what is not there counts
    as the most it can cost, and as late, for it may be otherwise on another machine."""

    async def delay(question: Question) -> None:
        await asyncio.sleep(0 if answered else 0.05)

    usage, price = Usage(900, 20), Price(1.0, 0.1, 5.0)
    model = Scripted(lambda question: Chosen(0, None, usage), delay=delay)
    answers = Live({"local": model}, 5.0, paced, {"local": price})
    answers.ask(thought("mara", 9))
    await asyncio.sleep(0.02)
    answers.cancel("mara@0", "Mara is down")
    (landing,) = await answers.land(4)
    assert (landing.answer, landing.error) == (None, "Cancelled: Mara is down")
    assert landing.cost_usd == dollars(price.of(usage) if known else bound(CHOOSE, price))
    assert landing.late == (not known)
    assert await answers.land(9) == []
    await answers.close()


async def test_paced_an_answer_that_is_not_there_lands_late() -> None:
    gate = asyncio.Event()

    async def delay(question: Question) -> None:
        await gate.wait()

    answers = live(paced=True, delay=delay)
    answers.ask(thought("mara", 1))
    assert await answers.land(1) == await answers.land(2) == []
    gate.set()
    await asyncio.sleep(0.01)
    (landing,) = await answers.land(3)
    assert landing.late
    assert landing.answer is not None


async def test_paced_a_thought_fails_at_its_deadline() -> None:
    answers = live(paced=True, delay=hang)
    answers.ask(thought("mara", 1, deadline=4))
    assert [await answers.land(tick) for tick in (1, 2, 3)] == [[], [], []]
    (landing,) = await answers.land(4)
    assert (landing.late, landing.answer) == (True, None)
    assert landing.error == "TimedOut: not answered by its deadline"
    assert answers.waiting == 0
    await answers.close()


async def test_closing_gives_up_on_what_is_under_way() -> None:
    answers = live(delay=hang)
    answers.ask(thought("mara", 9))
    await asyncio.sleep(0)
    await asyncio.wait_for(answers.close(), 5)
    assert answers.waiting == 0
    await answers.close()


async def test_a_log_lands_what_it_says_when_it_says() -> None:
    answer = Written("Good day.")
    landed = [
        Landed(3, "bo@1", "bo", "local", "m", "k", answer_json(answer), "", False, 0.5),
        Landed(3, "ida@1", "ida", "local", "m", "k", None, "TimedOut: x", True, 0.0),
    ]
    answers = Recorded(landed)
    for npc in ("ida", "bo"):
        answers.ask(Thought(f"{npc}@1", npc, "local", WRITE, 2, 9))
    assert await answers.land(2) == []
    assert answers.waiting == 2
    first, second = await answers.land(3)
    assert (first.npc, first.answer, first.cost_usd) == ("bo", answer, 0.5)
    assert (second.answer, second.error, second.late) == (None, "TimedOut: x", True)
    assert answers.waiting == 0
    assert answers.calls() == []
