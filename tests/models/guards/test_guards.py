"""Each guard alone, around a scripted model, in a time that passes at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from npcsim.assembly.thinking.guarding import guarded
from npcsim.errors import BadReply, ModelError, RateLimited, TimedOut, Unavailable
from npcsim.messages import Answer, Question, Usage, answer_from_json, answer_json
from npcsim.models.guards.around import Around, bare
from npcsim.models.guards.breaking import Breaking
from npcsim.models.guards.cached import Cached
from npcsim.models.guards.deadlined import Deadlined
from npcsim.models.guards.limited import Limited
from npcsim.models.guards.rated import Rated
from npcsim.models.guards.retrying import Retrying
from npcsim.scenario.guard_parts import GuardsPart
from tests.models.guards.watches import CHOOSE, FINE, Fake, Hours, kinds

DOWN = Unavailable("529: Overloaded")
BAD_KEY = Unavailable("refused (401)", lasting=True)


def retrying(model: Fake, hours: Hours, **settings: Any) -> Retrying:
    return Retrying(model, watch=hours.watch, jitter=lambda: 0.5, **settings)


# -- deadline ------------------------------------------------------------------------------------


async def test_a_deadline_ends_even_who_takes_no_cancelling() -> None:
    hours = Hours()

    class Deaf(Fake):
        async def ask(self, question: Any) -> Any:
            try:
                await hours.watch.sleep(1_000)
            except asyncio.CancelledError:
                await asyncio.sleep(0)
                raise ZeroDivisionError from None

    [error] = await hours.pass_by(Deadlined(Deaf(), 60, hours.watch).ask(CHOOSE))
    assert (type(error), error.billed, str(error)) == (TimedOut, True, "no answer within 60 s")
    assert hours.time == 1_060


async def test_what_never_left_is_not_charged_at_the_deadline() -> None:
    hours = Hours()
    model = Fake(hours=hours, wait=100)
    inner = Limited(model, 1)
    guards = [Deadlined(inner, seconds, hours.watch) for seconds in (60, 50)]
    errors = await hours.pass_by(*(guard.ask(CHOOSE) for guard in guards))
    assert [(type(one), one.billed) for one in errors] == [(TimedOut, True), (TimedOut, False)]
    assert str(errors[1]) == "not sent within 50 s: others were first"
    assert len(model.asked) == 1


async def test_who_gives_up_is_given_up() -> None:
    hours = Hours()
    model = Fake(hours=hours, wait=100)
    task = asyncio.ensure_future(Deadlined(model, 60, hours.watch).ask(CHOOSE))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0)
    assert model.now == 0


# -- retries -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (DOWN, True), (RateLimited("429"), True), (TimedOut("no route"), True), (BAD_KEY, False),
        (BadReply("what?"), False), (Unavailable("reset", billed=True), False),
        (RateLimited("429", retry_after=20.0), True),
        (RateLimited("429", retry_after=3600.0), False), (ZeroDivisionError("bug"), False),
    ],
)  # fmt: skip
async def test_what_may_pass_and_costs_nothing_is_tried_again(error: Any, again: bool) -> None:
    hours = Hours()
    model = Fake(lambda nth: error if nth == 1 else FINE, hours)
    [said] = await hours.pass_by(retrying(model, hours).ask(CHOOSE))
    assert (said == FINE) == again
    assert len(model.asked) == 1 + again
    pause = 0.25 + (getattr(error, "retry_after", None) or 0)
    assert hours.slept == ([pause] if again else [])
    if not again:
        assert said is error


async def test_where_nothing_is_charged_a_broken_answer_is_asked_for_again() -> None:
    hours = Hours()
    model = Fake(lambda nth: Unavailable("reset", billed=True) if nth == 1 else FINE, hours)
    assert await hours.pass_by(retrying(model, hours, charged=False).ask(CHOOSE)) == [FINE]


async def test_tries_are_few_and_pauses_double() -> None:
    hours = Hours()
    model = Fake(lambda nth: DOWN, hours)
    guard = retrying(model, hours, tries=4, extra=1.0)
    for _ in range(2):
        model.rule = lambda nth: FINE
        await hours.pass_by(guard.ask(CHOOSE))
    model.rule = lambda nth: DOWN
    model.asked.clear()
    assert kinds(await hours.pass_by(guard.ask(CHOOSE))) == ["Unavailable"]
    assert len(model.asked) == 4
    assert hours.slept == [0.25, 0.5, 1.0]


async def test_no_pause_goes_past_the_deadline() -> None:
    hours = Hours()
    model = Fake(lambda nth: RateLimited("429", retry_after=20.0), hours)
    guard = Deadlined(retrying(model, hours), 10, hours.watch)
    [error] = await hours.pass_by(guard.ask(CHOOSE))
    assert (type(error), error.retry_after, hours.time) == (RateLimited, 20.0, 1_000)


async def test_an_overloaded_provider_gets_at_most_a_fifth_more() -> None:
    hours = Hours()
    model = Fake(lambda nth: DOWN if nth % 2 else FINE, hours)
    guard = retrying(model, hours)
    calls = 600
    for _ in range(calls):  # one a second for ten minutes
        await hours.pass_by(guard.ask(CHOOSE))
        hours.time += 1
    assert calls * 1.1 < len(model.asked) <= calls * 1.2


# -- circuit -------------------------------------------------------------------------------------


async def test_a_bad_key_is_refused_once_however_many_come() -> None:
    hours = Hours()
    model = Fake(lambda nth: BAD_KEY, hours, wait=1)
    guard = Breaking(model, watch=hours.watch)
    errors = await hours.pass_by(*(guard.ask(CHOOSE) for _ in range(200)))
    assert len(model.asked) == 1
    assert {(type(one), one.lasting) for one in errors} == {(Unavailable, True)}
    assert "not asked, tried again in 60 s: Unavailable: refused (401)" in str(errors[-1])
    assert guard.open


async def test_after_failures_in_a_row_only_probes_go_out_until_one_is_answered() -> None:
    hours = Hours()
    up = [True]
    model = Fake(lambda nth: FINE if up[0] else DOWN, hours)
    guard = Breaking(model, failures=5, pause=10, watch=hours.watch)
    assert kinds(await hours.pass_by(guard.ask(CHOOSE))) == ["fine"]
    up[0] = False
    begun = hours.time = 2_000.0
    for _ in range(3_600):
        await hours.pass_by(guard.ask(CHOOSE), guard.ask(CHOOSE))
        hours.time += 1
    down = [at - begun for at in model.at[1:]]
    # Five failures, with a sixth under way, and then probes: after 10, 20, 40 … 600 seconds.
    assert down == [0, 0, 1, 1, 2, 2, 12, 32, 72, 152, 312, 632, 1232, 1832, 2432, 3032]
    up[0] = True
    ends = [kinds(await hours.pass_by(guard.ask(CHOOSE))) for _ in range(3)]
    assert ends == [["Unavailable"]] * 3
    hours.time += 600
    assert kinds(await hours.pass_by(*(guard.ask(CHOOSE) for _ in range(3)))).count("fine") == 1
    assert kinds(await hours.pass_by(*(guard.ask(CHOOSE) for _ in range(3)))) == ["fine"] * 3
    assert not guard.open


async def test_deadlines_count_as_failures_and_other_cancelling_does_not() -> None:
    hours = Hours()
    model = Fake(hours=hours, wait=100)
    guard = Breaking(model, failures=1, watch=hours.watch)
    task = asyncio.ensure_future(Deadlined(guard, 60, hours.watch).ask(CHOOSE))
    for _ in range(5):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    for _ in range(5):
        await asyncio.sleep(0)
    assert not guard.open
    await hours.pass_by(Deadlined(guard, 60, hours.watch).ask(CHOOSE))
    for _ in range(5):
        await asyncio.sleep(0)
    assert guard.open


async def test_bad_replies_and_rates_open_nothing() -> None:
    hours = Hours()
    for error in (BadReply("what?"), RateLimited("429")):
        model = Fake(lambda nth, error=error: error, hours)
        guard = Breaking(model, failures=1, watch=hours.watch)
        for _ in range(9):
            await hours.pass_by(guard.ask(CHOOSE))
        assert len(model.asked) == 9


# -- rates ---------------------------------------------------------------------------------------


async def test_no_minute_has_more_requests_than_are_allowed() -> None:
    hours = Hours()
    model = Fake(hours=hours)
    guard = Rated(model, requests=10, watch=hours.watch)
    for _ in range(100):
        await hours.pass_by(guard.ask(CHOOSE))
        hours.time += 2.9
    for at in model.at:
        assert sum(at - 60 < other <= at for other in model.at) <= 10
    assert model.at[-1] - model.at[0] < 100 / 10 * 60


async def test_no_minute_has_more_tokens_and_what_was_used_counts() -> None:
    hours = Hours()
    model = Fake(lambda nth: replace(FINE, usage=Usage(900, 100)), hours)
    guard = Rated(model, tokens=3_000, watch=hours.watch)
    for _ in range(30):
        await hours.pass_by(guard.ask(CHOOSE))
        hours.time += 15
    # 1,000 each. The next one's are an estimate, of some hundreds.
    for at in model.at:
        assert sum(at - 60 < other <= at for other in model.at) <= 3
    assert len(model.asked) == 30


async def test_who_would_wait_too_long_is_refused_at_once() -> None:
    hours = Hours()
    model = Fake(hours=hours)
    guard = Deadlined(Rated(model, requests=2, watch=hours.watch), 20, hours.watch)
    ends = await hours.pass_by(*(guard.ask(CHOOSE) for _ in range(3)))
    assert kinds(ends) == ["fine", "fine", "RateLimited"]
    assert (hours.time, len(model.asked)) == (1_000, 2)
    assert ends[2].retry_after == pytest.approx(60)
    hours.time += 45
    assert kinds(await hours.pass_by(guard.ask(CHOOSE))) == ["fine"]
    assert hours.time == 1_060


async def test_a_deadline_that_has_passed_is_no_limit_s_doing() -> None:
    hours = Hours()
    model = Fake(hours=hours, wait=100)

    class Stood(Around):
        async def ask(self, question: Question) -> Answer:
            hours.time += 30  # the machine stood still before the question had its place
            return await self.inner.ask(question)

    guard = Deadlined(Stood(Rated(model, requests=2, watch=hours.watch)), 20, hours.watch)
    assert kinds(await hours.pass_by(guard.ask(CHOOSE))) == ["TimedOut"]


async def test_who_gives_up_gives_its_place_back() -> None:
    hours = Hours()
    guard = Rated(Fake(hours=hours), requests=1, watch=hours.watch)
    await hours.pass_by(guard.ask(CHOOSE))
    waits = [asyncio.ensure_future(guard.ask(CHOOSE)) for _ in range(5)]
    await asyncio.sleep(0)
    for one in waits:
        one.cancel()
    await asyncio.gather(*waits, return_exceptions=True)
    assert kinds(await hours.pass_by(guard.ask(CHOOSE))) == ["fine"]
    assert hours.time == 1_060


async def test_come_back_in_an_hour_means_everybody() -> None:
    hours = Hours()
    model = Fake(lambda nth: RateLimited("429", retry_after=3600.0) if nth == 1 else FINE, hours)
    guard = Deadlined(Rated(model, watch=hours.watch), 120, hours.watch)
    ends = await hours.pass_by(*(guard.ask(CHOOSE) for _ in range(3)))
    assert kinds(ends)[0] == "RateLimited"
    assert kinds(await hours.pass_by(guard.ask(CHOOSE))) == ["RateLimited"]
    before = len(model.asked)
    hours.time += 3_600
    assert kinds(await hours.pass_by(guard.ask(CHOOSE))) == ["fine"]
    assert len(model.asked) == before + 1


async def test_headers_are_heeded() -> None:
    for headers in (
        {"anthropic-ratelimit-requests-limit": "4", "anthropic-ratelimit-requests-remaining": "1"},
        {"x-ratelimit-limit-requests": "4", "x-ratelimit-remaining-requests": "1"},
    ):
        hours = Hours()
        model = Fake(hours=hours)
        rated = Rated(model, watch=hours.watch)
        guard = Deadlined(rated, 50, hours.watch)
        await hours.pass_by(guard.ask(CHOOSE))
        rated.hear(headers)  # two of the four are somebody else's
        assert kinds(await hours.pass_by(guard.ask(CHOOSE), guard.ask(CHOOSE))) == [
            "fine", "RateLimited",
        ]  # fmt: skip
        hours.time += 31
        assert kinds(await hours.pass_by(guard.ask(CHOOSE))) == ["fine"]
        assert hours.time == 1_060


# -- at once -------------------------------------------------------------------------------------


async def test_so_many_at_once_and_no_more() -> None:
    hours = Hours()
    model = Fake(lambda nth: FINE if nth % 3 else DOWN, hours, wait=1)
    guard = Limited(model, 4)
    ends = kinds(await hours.pass_by(*(guard.ask(CHOOSE) for _ in range(40))))
    assert (model.most, len(ends), hours.time) == (4, 40, 1_010)


# -- cache ---------------------------------------------------------------------------------------


async def test_the_same_question_is_asked_once_and_a_hit_says_so() -> None:
    hours = Hours()
    model = Fake(hours=hours, wait=1)
    guard = Cached(model)
    ends = await hours.pass_by(*(guard.ask(CHOOSE) for _ in range(3)))
    assert ends == [FINE, *[replace(FINE, usage=Usage(kept=True))] * 2]
    other = replace(CHOOSE, situation="It is night. Odo decides to")
    await hours.pass_by(guard.ask(other))
    assert model.asked == [CHOOSE, other]
    assert answer_from_json(answer_json(ends[1])) == ends[1]
    assert answer_json(ends[1])["usage"]["kept"]
    assert "kept" not in answer_json(FINE)["usage"]


async def test_failures_are_not_kept() -> None:
    hours = Hours()
    model = Fake(lambda nth: DOWN if nth == 1 else FINE, hours, wait=1)
    guard = Cached(model)
    ends = await hours.pass_by(*(guard.ask(CHOOSE) for _ in range(3)))
    assert kinds(ends) == ["Unavailable", "fine", "fine"]
    assert len(model.asked) == 2


async def test_nothing_crosses_runs_unless_asked(tmp_path: Path) -> None:
    for keep, requests in ((None, 2), (tmp_path / "kept.jsonl", 1)):
        model = Fake()
        for _ in range(2):
            assert (await Cached(model, keep).ask(CHOOSE)).pick == 1
        assert len(model.asked) == requests


async def test_a_file_that_holds_no_answers_is_left_alone(tmp_path: Path) -> None:
    for content in ("a diary\n", '{"npcsim": "answers", "version": 1}\n{"key": 3}\n', "[]\n"):
        file = tmp_path / "diary"
        file.write_text(content)
        with pytest.raises(Unavailable, match="diary holds no kept answers"):
            await Cached(Fake(), file).ask(CHOOSE)
        assert file.read_text() == content
    with pytest.raises(Unavailable, match="can't be kept") as caught:
        await Cached(Fake(), tmp_path / "nowhere" / "kept").ask(CHOOSE)
    assert caught.value.tokens == (100, 10, 0)


# -- all together --------------------------------------------------------------------------------


async def test_all_guards_keep_name_and_fingerprint_and_close() -> None:
    model = Fake()
    guard = guarded(model, deadline=5)
    assert (guard.name, guard.fingerprint, bare(guard)) == ("fake", "fake/1", model)
    assert await guard.ask(CHOOSE) == FINE
    assert (await guard.ask(CHOOSE)).usage.kept
    await guard.close()
    assert model.asked == []


async def test_the_scenario_says_how_it_is_guarded(tmp_path: Path) -> None:
    hours = Hours()
    part = GuardsPart.model_validate({
        "deadline": "4 s", "tries": 1, "failures": 2, "pause": "50 s", "at_once": 1,
        "cache": {"keep": str(tmp_path / "kept")},
    })  # fmt: skip
    model = Fake(lambda nth: FINE if nth == 1 else DOWN, hours, wait=1)
    guard = guarded(model, part, deadline=60, watch=hours.watch)
    questions = [replace(CHOOSE, situation=f"{n}") for n in range(9)]
    ends = await hours.pass_by(*(guard.ask(question) for question in questions))
    # One at a time for a second each; at three seconds two have failed and the circuit is open.
    assert kinds(ends) == ["fine", *["Unavailable"] * 8]
    assert (model.most, len(model.asked), hours.time) == (1, 3, 1_003)
    assert (tmp_path / "kept").exists()
    hours.time += 49
    [early] = await hours.pass_by(guard.ask(questions[1]))
    assert "not asked" in str(early)
    hours.time += 1
    [probe] = await hours.pass_by(guard.ask(questions[1]))
    assert isinstance(probe, ModelError)
    assert len(model.asked) == 4
    hours.time += 1_000
    model.wait = 100
    [late] = await hours.pass_by(guard.ask(questions[1]))
    assert str(late) == "no answer within 4 s"


async def test_the_limit_follows_what_a_server_tells_meanwhile() -> None:
    """More places are there at once; of too many, each is gone when who has it has ended."""
    busy, most = 0, list[int]()

    class Slow(Around):
        async def ask(self, question: Question) -> Answer:
            nonlocal busy
            busy += 1
            most.append(busy)
            await asyncio.sleep(0)
            busy -= 1
            return FINE

    guard = Limited(Slow(Fake(lambda nth: FINE)), 2)
    for at_once, expected in ((2, 2), (5, 5), (1, 1), (3, 3)):
        guard.follow(at_once)
        most.clear()
        await asyncio.gather(*(guard.ask(CHOOSE) for _ in range(12)))
        assert max(most) == expected
