"""An answer that was given in much the same situation: what may share one, and for how long."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from npcsim.assembly.thinking.guarding import guarded
from npcsim.errors import Unavailable
from npcsim.messages import Choose, Chosen, Found, Lookups, Prefix, Usage, Write, Written
from npcsim.models.guards.around import bare
from npcsim.models.guards.asking import LANDS
from npcsim.models.guards.similar import Similar
from npcsim.scenario.guard_parts import GuardsPart
from tests.models.embedding.meanings import Meanings
from tests.models.guards.watches import Fake

SAME = {"Fire is at the mill.": "The mill burns.", "Someone starves.": "Someone is starving."}
OPTIONS = ("fetch water", "run away", "ring the bell")
ANSWER = Chosen(2, (0.1, 0.2, 0.7), Usage(100, 10))


def situation(*lines: str, who: str = "Mara", **more: Any) -> Choose:
    told = " ".join(["It is noon.", *lines, f"{who} needs to"])
    return replace(Choose(told, "Someone needs to", OPTIONS), **more)


BURNS, FIRE = situation("The mill burns."), situation("Fire is at the mill.")


def similar(model: Fake, embedder: Meanings | None = None, **rule: Any) -> Similar:
    rule = {"at_least": 0.9, "within": 60, "most": 3, **rule}
    return Similar(model, embedder or Meanings(SAME), **rule)


def answering(answer: Any = ANSWER) -> Fake:
    return Fake(lambda nth: answer)


async def test_the_same_meaning_is_asked_once_and_costs_nothing() -> None:
    model = answering()
    guard = similar(model)
    assert await guard.ask(BURNS) == ANSWER
    said = await guard.ask(FIRE)
    assert said == replace(ANSWER, usage=Usage(kept=True, alike=1.0))
    assert model.asked == [BURNS]


async def test_options_may_come_in_another_order() -> None:
    guard = similar(answering())
    await guard.ask(BURNS)
    said = await guard.ask(replace(FIRE, options=("ring the bell", "fetch water", "run away")))
    assert (said.pick, said.probabilities) == (0, (0.7, 0.1, 0.2))


@pytest.mark.parametrize(
    "other",
    [
        situation("The mill does not burn."),
        situation("Fire is at the mill.", "Rolf is near."),
        situation("The barn burns."),
        replace(FIRE, options=("fetch water", "run away", "wait")),
        replace(FIRE, options=OPTIONS[:2]),
        replace(FIRE, purpose="react"),
        replace(FIRE, prefix=Prefix("Other rules.", "", "mara")),
        replace(FIRE, lookups=Lookups(found=(Found("price", "{}", "3 coins"),))),
        replace(FIRE, prefix=Prefix("", "You are a coward.", "mara")),
    ],
    ids="denied more elsewhere option fewer purpose rules lookups persona".split(),
)
async def test_what_differs_otherwise_is_asked(other: Choose) -> None:
    model = answering()
    guard = similar(model)
    await guard.ask(BURNS)
    assert await guard.ask(other) == ANSWER
    assert model.asked == [BURNS, other]


async def test_two_npcs_share_an_answer_only_where_nothing_tells_them_apart() -> None:
    model = answering()
    guard = similar(model)

    def asked(who: str, own: str = "") -> Choose:
        prefix = Prefix("Rules.", own, who) if own else Prefix()
        return situation(f"{who} is starving.", who=who, prefix=prefix)

    for one in (asked("Mara"), asked("Mara", "You are Mara. You bake."),
                asked("Odo", "You are Odo. You steal.")):  # fmt: skip
        assert not (await guard.ask(one)).usage.kept
    assert (await guard.ask(asked("Odo"))).usage.kept
    assert (await guard.ask(asked("Odo", "You are Odo. You bake."))).usage.kept
    assert len(model.asked) == 3


async def test_an_answer_grows_old_in_ticks_of_the_world() -> None:
    model = answering()
    guard = similar(model, within=60)
    for tick, question, kept in ((100, BURNS, False), (160, FIRE, True), (161, FIRE, False)):
        LANDS.set(tick)
        assert (await guard.ask(question)).usage.kept == kept
    assert model.asked == [BURNS, FIRE]


async def test_an_answer_stands_for_so_many_questions() -> None:
    same = {f"Fire {mark}x {mark}q.": "The mill burns." for mark in "abcdef"}
    model = answering()
    guard = similar(model, Meanings(same), most=2)
    await guard.ask(BURNS)
    said = [await guard.ask(situation(f"Fire {mark}x {mark}q.")) for mark in "abcdef"]
    assert [one.usage.kept for one in said] == [True, True, False, True, True, False]


async def test_who_means_the_same_waits_for_a_question_under_way() -> None:
    model = answering()
    guard = similar(model)
    said = await asyncio.gather(guard.ask(BURNS), guard.ask(FIRE))
    assert [one.usage.kept for one in said] == [False, True]
    assert model.asked == [BURNS]


async def test_a_failure_is_nobody_elses() -> None:
    model = Fake(lambda nth: Unavailable("529") if nth == 1 else ANSWER)
    guard = similar(model)
    first, second = await asyncio.gather(guard.ask(BURNS), guard.ask(FIRE), return_exceptions=True)
    assert isinstance(first, Unavailable)
    assert second == ANSWER
    assert model.asked == [BURNS, FIRE]


async def test_who_gives_up_leaves_the_question_to_those_who_wait() -> None:
    gate = asyncio.Event()

    class Slow(Fake):
        async def ask(self, question: Any) -> Any:
            self.asked.append(question)
            await gate.wait()
            return ANSWER

    model = Slow()
    guard = similar(model)
    first = asyncio.ensure_future(guard.ask(BURNS))
    second = asyncio.ensure_future(guard.ask(FIRE))
    for _ in range(10):
        await asyncio.sleep(0)
    first.cancel()
    for _ in range(10):
        await asyncio.sleep(0)
    gate.set()
    assert await second == ANSWER
    assert model.asked == [BURNS, FIRE]


async def test_without_vectors_every_question_is_asked() -> None:
    model, embedder = answering(), Meanings(SAME)
    embedder.down = True
    guard = similar(model, embedder)
    assert [await guard.ask(one) for one in (BURNS, FIRE)] == [ANSWER, ANSWER]
    embedder.down = False
    await guard.ask(BURNS)
    assert (await guard.ask(FIRE)).usage.kept


async def test_words_are_never_shared_and_closing_closes_both() -> None:
    words = Written("Fire!", Usage(10, 2))
    model, embedder = answering(words), Meanings(SAME)
    guard = similar(model, embedder)
    for line in ("The mill burns.", "Fire is at the mill."):
        assert await guard.ask(Write("You are Mara.", line)) == words
    assert embedder.asked == []
    await guard.close()
    assert embedder.closed == 1
    assert model.asked == []


async def test_equal_questions_are_the_caches_and_a_kept_answer_does_not_grow_young() -> None:
    model = answering()
    part = GuardsPart(similar=True)
    guard = guarded(model, part, deadline=30, embedder=Meanings(SAME), tick_ms=1000)
    LANDS.set(0)
    await guard.ask(BURNS)
    LANDS.set(500)
    assert (await guard.ask(BURNS)).usage == Usage(kept=True)
    LANDS.set(900)  # of BURNS, 15 min old; what the cache gave at 500 is as old
    assert await guard.ask(FIRE) == ANSWER
    assert len(model.asked) == 2
    assert bare(guard) is model


async def test_it_is_off_unless_it_is_asked_for() -> None:
    for part, embedder in ((GuardsPart(), Meanings(SAME)), (GuardsPart(similar=True), None)):
        model = answering()
        guard = guarded(model, part, deadline=30, embedder=embedder)
        await guard.ask(BURNS)
        await guard.ask(FIRE)
        assert len(model.asked) == 2
