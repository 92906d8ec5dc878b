"""A run whose provider fails: guarded as the scenario has it, with the SDK and without."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.build import build
from npcsim.assembly.runs.session import open_session
from npcsim.assembly.thinking.guarding import guarded
from npcsim.errors import Unavailable
from npcsim.messages import Answer, Question, Usage
from npcsim.models.guards.asking import Watch
from npcsim.models.money.prices import Price, bound, dollars
from npcsim.models.remote.anthropic import Anthropic
from npcsim.models.scripted import Scripted
from npcsim.scenario.guard_parts import GuardsPart
from tests.models.guards.faults import ANTHROPIC, STATUSES, answers, told
from tests.models.remote.provider import Provider, message
from tests.sim.test_tiers import replayed, sure
from tests.worlds_in_text import built, of

RETRY = "routing: {escalate: 0.01, worth: 1 USD, retry: 60 s}\n"
OVERLOADED = Unavailable("529: Overloaded")
PARLEY = """
size: [20, 12]
clock: {tick: 2 s, start: "06:00", end: "12:00"}
places: {gate: {area: [2, 2, 8, 8]}, hills: {area: [12, 2, 18, 8]}}
npcs:
  Wulf: {at: gate, mind: true}
  Odo: {at: gate, mind: true}
  Ida: {at: hills, mind: true}
plans:
  threaten: {option: threaten to burn the mill, worth: 0.5, stakes: 0.9, steps: [wait]}
  ask: {option: ask for three sacks and promise peace, worth: 0.5, stakes: 0.9, steps: [wait]}
  leave: {option: go to the hills, worth: 0.5, stakes: 0.9, steps: [go_to(hills)]}
  come: {option: go to the gate, worth: 0.5, stakes: 0.9, steps: [go_to(gate)]}
"""
TIMES = "think: {local: 2 s, cloud: 4 s, rest: 2 s, dominates: 50}\n"
TICK_S = 2
GUARD_S = 120.0


def busy(folder: Path, cloud: str, extra: str = RETRY) -> Any:
    """Three who can come to no harm, with hardly a pause between thoughts."""
    tiers = f"tiers: {{local: {{model: scripted}}, {cloud}}}\n"
    return built(folder, f"{PARLEY}{TIMES}{extra}{tiers}")


class Lived:
    """A run with one guarded cloud tier, whose guards go by the run's own time.

    `now` in seconds of the run. `requests`: when each went out.
    """

    def __init__(self, folder: Path, rule: Any, routing: str = RETRY, **guards: Any) -> None:
        self.now, self.requests, self.routing = 0.0, list[float](), routing
        self.made, self.folder = busy(folder, "cloud: {context: short}", routing), folder / "runs"

        def asked(question: Question) -> Answer | Exception:
            self.requests.append(self.now)
            return rule(question)

        part = GuardsPart.model_validate({"cache": False, **guards})
        model = guarded(
            Scripted(asked, "strong"), part, deadline=GUARD_S,
            watch=Watch(lambda: self.now, self._sleep),
        )  # fmt: skip
        self.models = {"local": Scripted(), "cloud": model}
        self.events: list[Any] = []

    async def _sleep(self, seconds: float) -> None:
        """Retries pause in no time; the alarm of the deadline never rings."""
        await asyncio.sleep(3_600 if seconds >= GUARD_S else 0)

    async def run(self, ticks: int) -> Any:
        session = await open_session(
            build(self.made.recipe), models=self.models, out=self.folder, ticks=ticks
        )

        def heard(tick: int, told: list[Any]) -> None:
            self.now = tick * TICK_S
            self.events.extend(told)

        session.simulation.subscribe(heard)
        async for _ in session.simulation:
            pass
        session.finish()
        await session.close()
        return session


async def test_an_hour_without_the_cloud(tmp_path: Path) -> None:
    """Every tick runs, cheaper tiers decide and say so, probes alone go out, and it comes back."""
    begins, ends, ticks = 200 * TICK_S, 200 * TICK_S + 3_600, 3_800

    def rule(question: Question) -> Answer | Exception:
        return OVERLOADED if begins <= life.now < ends else sure(question)

    life = Lived(tmp_path, rule)
    session = await life.run(ticks)
    assert [one.tick for one in of(life.events, ev.TickEnded)] == list(range(ticks + 1))
    down = [at for at in life.requests if begins <= at < ends]
    # The first question and its retries, then a probe after 1, 2, 4, 8, 16 and 32 minutes.
    assert 2 <= len(down) <= 3 * 7
    changes = of(life.events, ev.TierChanged)
    assert [one.healthy for one in changes] == [False, True]
    away, back = (one.tick * TICK_S for one in changes)
    assert begins <= away < begins + 120
    assert ends <= back < ends + 3_600
    decided = [
        one for one in of(life.events, ev.Decided) if away < one.tick * TICK_S < min(back, ends)
    ]
    assert len(decided) > 100
    assert {one.tier for one in decided} <= {"local", "reflex"}
    wanted = [one for one in decided if "cloud" in one.reason and "not asked" not in one.reason]
    assert len(wanted) > 50
    assert all(one.fallback for one in wanted)
    after = [one for one in of(life.events, ev.Decided) if one.tick * TICK_S > back]
    assert any(one.tier == "cloud" for one in after)
    await replayed(session)


@pytest.mark.parametrize("seed", range(3))
async def test_half_of_all_answers_overloaded_for_ten_minutes(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    quick = "routing: {escalate: 0.01, worth: 1 USD, retry: 2 s}\n"

    def rule(question: Question) -> Answer | Exception:
        return OVERLOADED if chance.random() < 0.5 else sure(question)

    life = Lived(tmp_path, rule, quick, pause="1 s")
    session = await life.run(600 // TICK_S)
    calls = len(of(life.events, ev.Asked, tier="cloud"))
    assert calls >= 15
    assert len(life.requests) <= 1.2 * calls
    assert of(life.events, ev.Decided, tier="cloud")
    await replayed(session)


async def test_a_bad_key_is_tried_once(tmp_path: Path) -> None:
    life = Lived(tmp_path, lambda question: Unavailable("refused (401)", lasting=True))
    session = await life.run(120)
    # Many ask before the first refusal has landed; one request is sent, and probes after a minute.
    assert len(of(life.events, ev.Asked, tier="cloud")) > len(life.requests)
    assert [at for at in life.requests if at < life.requests[0] + 60] == [life.requests[0]]
    await replayed(session)


async def test_a_kept_answer_costs_nothing_and_says_so(tmp_path: Path) -> None:
    life = Lived(tmp_path, sure, cache=True)
    price = Price(1.0, 0.1, 5.0, 1.25)
    priced = "price: {input: 1, cached: 0.1, output: 5}, budget: 1 USD"
    life.made = busy(tmp_path, f"cloud: {{context: short, {priced}}}")
    session = await life.run(400)
    landed = of(life.events, ev.Landed, tier="cloud")
    kept = [one for one in landed if one.answer and one.answer["usage"].get("kept")]
    assert kept
    assert {one.cost_usd for one in kept} == {0.0}
    assert len(landed) == len(kept) + len(life.requests)
    paid = sum(one.cost_usd for one in landed)
    assert paid == pytest.approx(len(life.requests) * (900 * price.input + 20 * price.output) / 1e6)
    await replayed(session)


@pytest.mark.parametrize("seed", range(3))
async def test_retries_never_cost_more_than_was_reserved(tmp_path: Path, seed: int) -> None:
    """What every request was charged, told or not, stays within the budget."""
    budget, price = 0.02, Price(1.0, 0.1, 5.0, 1.25)
    chance = random.Random(seed)
    charged: list[float] = []

    def rule(question: Question) -> Answer | Exception:
        if chance.random() < 0.5:
            return OVERLOADED
        if chance.random() < 0.3:
            charged.append(dollars(bound(question, price)))
            return Unavailable("reset by peer", billed=True)
        used = Usage(chance.randrange(1, 900), chance.randrange(1, 900))
        charged.append(dollars(price.of(used)))
        return sure(question, used)

    life = Lived(tmp_path, rule, "routing: {escalate: 0.01, worth: 1 USD, retry: 2 s}\n", extra=1.0)
    priced = f"price: {{input: 1, cached: 0.1, output: 5}}, budget: {budget} USD"
    life.made = busy(tmp_path, f"cloud: {{context: short, {priced}}}", life.routing)
    session = await life.run(400)
    assert budget / 2 < sum(charged) <= budget
    assert sum(charged) == pytest.approx(sum(one.cost_usd for one in of(life.events, ev.Landed)))
    assert len(life.requests) > len(of(life.events, ev.Asked, tier="cloud"))
    await replayed(session)


@pytest.mark.parametrize("seed", range(2))
async def test_with_every_fault_at_random_a_replay_is_the_same(tmp_path: Path, seed: int) -> None:
    """The real SDK behind all guards; the run lives through each fault, and so does its replay."""
    anthropic, httpx2 = pytest.importorskip("anthropic"), pytest.importorskip("httpx2")
    chance = random.Random(seed)
    statuses, bodies = [int(status) for status in STATUSES], list(answers(ANTHROPIC).values())

    def rule(path: str, body: Any) -> Any:
        if chance.random() < 0.5:
            if "format" not in body.get("output_config", {}):
                return 200, message("A fine day.")
            return 200, message(json.dumps({"option": "1"}))
        if chance.random() < 0.5:
            return 200, chance.choice(bodies)
        status = chance.choice(statuses)
        return (
            status,
            told(status, ANTHROPIC),
            {"retry-after": chance.choice(["", "0"] * 20 + ["3600"])},
        )

    app = Provider(rule)
    client = anthropic.DefaultAsyncHttpxClient(transport=httpx2.ASGITransport(app))
    life = Lived(tmp_path, None, "routing: {escalate: 0.01, worth: 1 USD, retry: 4 s}\n")
    part = GuardsPart.model_validate({"pause": "2 s", "cache": False})
    watch = Watch(lambda: life.now, life._sleep)
    model = Anthropic("claude-haiku-5-5", key="k", http_client=client)
    life.models["cloud"] = guarded(model, part, deadline=GUARD_S, watch=watch)
    session = await life.run(400)
    landed = of(life.events, ev.Landed, tier="cloud")
    kinds = {one.error.partition(":")[0] for one in landed}
    assert {"", "Unavailable", "BadReply"} <= kinds <= {"", *STATUSES.values()}
    assert len(of(life.events, ev.TickEnded)) == 401
    await replayed(session)
