"""Reflections that wait for a batch: the mind goes on, they land when they are back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.errors import RateLimited, ScenarioError
from npcsim.messages import Answer, Question, Usage, Written
from npcsim.models.money.prices import Price, bound, dollars
from npcsim.models.scripted import Scripted
from tests.sim.test_tiers import EAGER, lived, replayed, village
from tests.worlds_in_text import of

PRICE = Price(1.0, 0.1, 5.0, 1.25)
PRICED = "price: {input: 1.0, cached: 0.1, output: 5.0}"
USED = Usage(1_000, 20)
LINE = "Bread is better than quarrels."


class Later(Scripted):
    """A model whose batches are back when the test says so: after `turns` of the loop, or never."""

    def __init__(self, turns: int | None, answer: Any = None) -> None:
        super().__init__(name="batch")
        self.turns, self.answer = turns, answer or Written(LINE, USED)
        self.later: list[Question] = []

    async def ask_later(self, question: Question) -> Answer:
        self.later.append(question)
        if self.turns is None:
            await asyncio.Event().wait()
        for _ in range(self.turns or 0):
            await asyncio.sleep(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer  # type: ignore[no-any-return]


def patient(folder: Path, batch: str, more: str = "") -> Any:
    cloud = f"cloud: {{only: hunger > 9, {PRICED}, batch: {batch}{more}}}"
    # By words: a tick that waits for vectors would last for many turns of the loop.
    more = "routing: {escalate: 0.99}\nmemory: {recall: words}\n"
    return village(folder, cloud.replace("only: hunger > 9, ", ""), more)


async def run(made: Any, model: Later, folder: Path, ticks: int = 400) -> Any:
    return await lived(made, {"local": Scripted(), "cloud": model}, folder / "runs", ticks)


async def test_the_mind_goes_on_and_the_words_are_remembered_when_they_are_back(
    tmp_path: Path,
) -> None:
    model = Later(400)
    session, events = await run(patient(tmp_path, "[reflect]"), model, tmp_path)
    asked = {one.thought: one for one in of(events, ev.Asked, tier="cloud")}
    assert len(asked) == len(model.later) > 2
    assert {one.purpose for one in asked.values()} == {"reflect"}
    assert {one.reason for one in asked.values()} == {
        "it can wait: asked in a batch, at half the price"
    }
    landed = of(events, ev.Landed, tier="cloud")
    back = [one for one in landed if one.answer is not None]
    assert back
    for one in back:
        before = asked[one.thought]
        assert one.tick - before.tick > 3
        assert not one.late
        # Nobody waited: other thoughts of that NPC were asked meanwhile.
        assert one.cost_usd == pytest.approx(dollars(PRICE.of(USED)) / 2)
    between = [
        other for one in back for other in of(events, ev.Asked, npc=one.npc)
        if asked[one.thought].tick < other.tick < one.tick
    ]  # fmt: skip
    assert between
    decided = {one.thought: one for one in of(events, ev.Decided, tier="cloud")}
    assert all(decided[one.thought].text == LINE for one in back)
    assert not any(decided[one.thought].fallback for one in back)
    view = session.simulation.view
    kept = [line for one in back for line in view.npc(one.npc).memories if line.text == LINE]
    assert kept
    await replayed(session)


async def test_what_is_not_back_in_time_is_given_up_and_the_tier_is_not_down(
    tmp_path: Path,
) -> None:
    model = Later(None)
    made = patient(tmp_path, "{within: 100 s, wait: 20 ms}")
    session, events = await run(made, model, tmp_path)
    asked = {one.thought: one for one in of(events, ev.Asked, tier="cloud")}
    landed = of(events, ev.Landed, tier="cloud")
    assert len(landed) == len(asked) > 2  # those of the last minutes at the run's end
    for one in landed:
        assert one.error == "TimedOut: not answered by its deadline"
        due = asked[one.thought].tick + 50
        assert one.tick == min(due, 400)
        # Nobody knows what of it was done: it counts as the most, at half the price.
        question = next(q for q in model.later)
        assert 0 < one.cost_usd <= dollars(bound(question, PRICE.batched)) * 2
    assert not of(events, ev.TierChanged, tier="cloud")
    assert all(one.fallback for one in of(events, ev.Decided, tier="cloud"))
    assert any("not answered by its deadline" in one.reason for one in of(events, ev.Decided))
    await replayed(session)


async def test_a_batch_that_fails_costs_one_line_of_memory_each(tmp_path: Path) -> None:
    model = Later(0, RateLimited("slow down"))
    session, events = await run(patient(tmp_path, "[reflect]"), model, tmp_path)
    landed = of(events, ev.Landed, tier="cloud")
    assert landed
    assert {one.cost_usd for one in landed} == {0.0}
    assert of(events, ev.TierChanged, tier="cloud")
    told = of(events, ev.Decided, tier="cloud")
    assert all(one.fallback and "slow down" in one.reason for one in told)
    # The tier being down, the free one reflects.
    assert of(events, ev.Decided, tier="local", purpose="reflect")
    await replayed(session)


async def test_a_budget_holds_for_batches_too(tmp_path: Path) -> None:
    first = Later(0)
    await run(patient(tmp_path / "a", "[reflect]"), first, tmp_path / "a", ticks=200)
    most = max(dollars(bound(question, PRICE.batched)) for question in first.later)
    model = Later(None)
    made = patient(tmp_path / "b", "{wait: 1 ms}", f", budget: {most * 1.01:.6f} USD")
    _, events = await run(made, model, tmp_path / "b")
    assert len(model.later) == 1
    assert of(events, ev.Decided, tier="local", purpose="reflect")


async def test_a_model_without_batches_is_unavailable_and_nothing_is_charged(
    tmp_path: Path,
) -> None:
    made = patient(tmp_path, "[reflect]")
    models = {"local": Scripted(), "cloud": Scripted(name="plain")}
    _, events = await lived(made, models, tmp_path / "runs", 200)
    landed = of(events, ev.Landed, tier="cloud")
    assert [one.error for one in landed[:1]] == ["Unavailable: plain takes no batches"]
    assert sum(one.cost_usd for one in landed) == 0


def test_only_anthropic_has_batches(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="batches are Anthropic's"):
        village(tmp_path, "cloud: {model: 'openai:gpt', batch: [reflect]}", EAGER)
    with pytest.raises(ScenarioError):
        village(tmp_path, "cloud: {batch: [react]}", EAGER)
