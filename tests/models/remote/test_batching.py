"""Questions that can wait, through the real SDK and an app with Anthropic's batch endpoints."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from npcsim.errors import BadReply, ModelError, RateLimited, TimedOut, Unavailable
from npcsim.messages import Choose, Usage, Write, Written
from npcsim.models.remote import batching
from npcsim.models.remote.anthropic import Anthropic
from npcsim.models.remote.batching import FIRST_S, LONGEST_S
from tests.models.guards.watches import Hours, kinds
from tests.models.remote.batch_desk import BatchDesk, errored, succeeded

anthropic = pytest.importorskip("anthropic")
httpx2 = pytest.importorskip("httpx2")

GATHER_S = 30.0
QUESTIONS = [Write("You are Odo.", f"What of day {n}?", 28, purpose="reflect") for n in range(5)]


def model_on(desk: BatchDesk, hours: Hours) -> Anthropic:
    client = anthropic.DefaultAsyncHttpxClient(transport=httpx2.ASGITransport(desk.app))
    return Anthropic(
        "claude-haiku-5-5", key="k", http_client=client, watch=hours.watch, gather_s=GATHER_S
    )


async def asked(desk: BatchDesk, hours: Hours, *questions: Any) -> list[Any]:
    model = model_on(desk, hours)
    await model.start()  # in a thread, for which these hours don't wait
    try:
        return await hours.pass_by(*(model.ask_later(question) for question in questions))
    finally:
        await model.close()


async def test_questions_of_half_a_minute_go_out_as_one_batch() -> None:
    desk, hours = BatchDesk(lambda params: succeeded(params["messages"][0]["content"])), Hours()
    begun = hours.time
    answers = await asked(desk, hours, *QUESTIONS)
    assert [one.text for one in answers] == [question.user for question in QUESTIONS]
    assert answers[0].usage == Usage(120, 9)
    [sent] = desk.sent
    assert len(sent) == 5
    params = next(iter(sent.values()))
    assert params["system"][0]["text"] == "You are Odo."
    assert "stream" not in params
    # Looked at three times, ever more seldom.
    assert hours.time - begun == pytest.approx(GATHER_S + FIRST_S * (1 + 1.5 + 1.5**2))


async def test_looks_grow_seldom_but_not_for_ever() -> None:
    desk, hours = BatchDesk(looks=40), Hours()
    await asked(desk, hours, QUESTIONS[0])
    assert hours.slept[-1] == LONGEST_S
    assert sorted(hours.slept[1:]) == hours.slept[1:]


async def test_each_is_one_typed_error_and_the_others_are_answered() -> None:
    came = {
        "0": succeeded("Fine."), "1": {"type": "expired"}, "2": {"type": "canceled"},
        "3": errored("invalid_request_error", "no such thing"), "4": None,
        "5": errored("overloaded_error", "busy"), "6": errored("rate_limit_error", "slow"),
        "7": errored("permission_error", "not for you"), "8": succeeded("  "),
    }  # fmt: skip
    questions = [Write("s", str(n), 28) for n in range(len(came))]
    desk = BatchDesk(lambda params: came[params["messages"][0]["content"]])
    ends = await asked(desk, Hours(), *questions)
    assert ends[0] == Written("Fine.", Usage(120, 9))
    assert kinds(ends[1:]) == [
        "TimedOut", "Unavailable", "BadReply", "BadReply", "Unavailable", "RateLimited",
        "Unavailable", "BadReply",
    ]  # fmt: skip
    assert [error.billed for error in ends[1:]] == [False] * 7 + [True]
    assert [type(error) for error in ends[1:3]] == [TimedOut, Unavailable]
    assert ends[8].tokens == (120, 9, 0, 0)
    assert ends[7].lasting
    assert isinstance(ends[6], RateLimited)


def refuses(times: int, status: int, where: str = "batch_0") -> Any:
    left = [times]

    def trouble(path: str, body: Any) -> Any:
        if where not in path or left[0] == 0:
            return None
        left[0] -= 1
        return status, {"type": "error", "error": {"type": "api_error", "message": "oh"}}

    return trouble


async def test_looking_goes_on_through_what_passes() -> None:
    for where in ("batch_0", "results"):
        desk = BatchDesk(trouble=refuses(3, 529, where))
        [answer] = await asked(desk, Hours(), QUESTIONS[0])
        assert answer == Written("It went well.", Usage(120, 9))


async def test_what_lasts_fails_all_at_once() -> None:
    desk = BatchDesk(trouble=refuses(1, 404))
    assert kinds(await asked(desk, Hours(), *QUESTIONS)) == ["Unavailable"] * 5
    for status, kind in ((401, "Unavailable"), (529, "Unavailable"), (400, "BadReply")):
        desk = BatchDesk(trouble=refuses(9, status, "batches"))
        ends = await asked(desk, Hours(), *QUESTIONS)
        assert kinds(ends) == [kind] * 5
        assert len(desk.app.asked) == 1  # a batch that is not taken is not sent again


async def test_results_that_are_none_fail_their_batch() -> None:
    def trouble(path: str, body: Any) -> Any:
        return (200, b"<html>\n") if path.endswith("results") else None

    ends = await asked(BatchDesk(trouble=trouble), Hours(), *QUESTIONS[:2])
    assert {type(end) for end in ends} <= {BadReply, Unavailable}


async def test_a_batch_nobody_waits_for_is_cancelled() -> None:
    desk, hours = BatchDesk(looks=1_000), Hours()
    model = model_on(desk, hours)
    await model.start()

    async def impatient(question: Write) -> None:
        waiting = asyncio.ensure_future(model.ask_later(question))
        await hours.watch.sleep(GATHER_S + 1)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    await hours.pass_by(*(impatient(question) for question in QUESTIONS))
    for _ in range(20):  # requests take turns of the loop, for which these hours don't wait
        if not desk.cancelled:
            await hours.pass_by(hours.watch.sleep(LONGEST_S))
            await asyncio.sleep(0.005)
    assert desk.cancelled == ["batch_0"]
    await model.close()
    assert desk.cancelled == ["batch_0"]


async def test_closing_cancels_what_is_out_and_sends_nothing_more() -> None:
    desk, hours = BatchDesk(looks=1_000), Hours()
    model = model_on(desk, hours)
    await model.start()
    first = asyncio.ensure_future(model.ask_later(QUESTIONS[0]))
    await hours.pass_by(hours.watch.sleep(GATHER_S + 1))
    second = asyncio.ensure_future(model.ask_later(QUESTIONS[1]))
    await asyncio.sleep(0)
    await model.close()
    ends = await asyncio.gather(first, second, return_exceptions=True)
    assert kinds(ends) == ["Unavailable", "Unavailable"]
    assert desk.cancelled == ["batch_0"]
    assert len(desk.sent) == 1
    await model.close()


async def test_a_full_batch_does_not_wait(monkeypatch: Any) -> None:
    monkeypatch.setattr(batching, "MOST", 3)
    desk, hours = BatchDesk(looks=0), Hours()
    await asked(desk, hours, *QUESTIONS[:3])
    assert [len(sent) for sent in desk.sent] == [3]
    assert hours.time < 1_000 + GATHER_S


async def test_what_was_given_up_before_it_was_sent_is_not_sent() -> None:
    desk, hours = BatchDesk(), Hours()
    model = model_on(desk, hours)
    await model.start()
    given_up = asyncio.ensure_future(model.ask_later(QUESTIONS[0]))
    await asyncio.sleep(0.05)
    given_up.cancel()
    [answer] = await hours.pass_by(model.ask_later(Choose("s", "n", ("a", "b"))))
    assert isinstance(answer, ModelError)  # words came, not JSON
    [sent] = desk.sent
    assert len(sent) == 1
    await model.close()
