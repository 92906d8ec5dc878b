"""Money with many questions under way: no budget is overshot, and a replay has the same books."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.build import build
from npcsim.assembly.runs.session import open_session, recorded_session
from npcsim.assembly.thinking.guarding import guarded
from npcsim.errors import BadReply, ModelError, Unavailable
from npcsim.messages import Answer, Choose, Chosen, Question, Usage
from npcsim.models.guards.asking import Watch
from npcsim.models.money.ledger import Budget, Ledger
from npcsim.models.money.prices import PICO, Price, bound, picodollars
from npcsim.models.remote.anthropic import Anthropic
from npcsim.models.scripted import Scripted
from npcsim.replay.verify import verify
from npcsim.scenario.guard_parts import GuardsPart
from npcsim.sim.inflight import Live, Thought
from npcsim.store.run_store import Run
from tests.models.guards.faults import ANTHROPIC, STATUSES, answers, told
from tests.models.remote.provider import Provider, message
from tests.worlds_in_text import built, of

PRICE, DEAR = Price(0.4, 0.04, 2.0), Price(0.6, 0.06, 3.0)
DOLLAR = PICO
MANY = 200


class Charging:
    """A model that charges for each question something up to its bound, told or not told.

    lost: what it raises where nothing comes back.
    """

    name = fingerprint = "charging"

    def __init__(
        self, chance: random.Random, price: Price, lost: type[ModelError] = Unavailable
    ) -> None:
        self.chance, self.charged, self.price, self.lost = chance, 0, price, lost

    async def ask(self, question: Question) -> Answer:
        chance = self.chance
        # All of a bound may be charged; from here on it is, whoever still waits for the answer.
        price, most = self.price, bound(question, self.price)
        used = Usage(chance.randrange(1, 2_000), chance.randrange(1, 800))
        used = used if price.of(used) <= most else Usage(1, 1)
        fate = chance.random()
        if fate < 0.1:
            raise self.lost("refused before anything was sent")
        self.charged += chance.choice((most, price.of(used))) if fate < 0.5 else price.of(used)
        for _ in range(chance.randrange(3)):
            await asyncio.sleep(0)
        if fate < 0.5:
            raise self.lost("reset by peer", billed=True)
        if fate < 0.6:
            raise BadReply("no answer", tokens=(used.input, used.output, 0))
        return Chosen(0, None, used)

    async def close(self) -> None:
        """Nothing to let go of."""


@pytest.mark.parametrize("trial", range(100))
async def test_two_hundred_under_way_at_once_overshoot_a_dollar_by_nothing(trial: int) -> None:
    """Real questions of random sizes, asked as a run asks them; some fail, some are given up."""
    chance = random.Random(trial)
    model = Charging(chance, PRICE)
    ledger = Ledger({"cloud": Budget(run=DOLLAR)})
    live = Live({"cloud": model}, 60.0, False, {"cloud": PRICE})
    number = refused = peak = 0
    for tick in range(1, 14):
        while live.waiting < MANY + 30:
            number += 1
            question = Choose("x" * chance.randrange(1, 3000), "y", ("a", "b"))
            most = bound(question, PRICE)
            if ledger.refusal("cloud", "ida", 0, most):
                refused += 1
                break
            ledger.reserve(str(number), "cloud", "ida", 0, most)
            lands = tick + chance.randrange(1, 9)
            live.ask(Thought(str(number), f"n{number}", "cloud", question, lands, lands))
        peak = max(peak, live.waiting)
        if chance.random() < 0.3:
            live.cancel(str(chance.randrange(1, number + 1)), "interrupted")
        for landing in await live.land(tick):
            ledger.settle(landing.thought, picodollars(landing.cost_usd))
        assert model.charged <= DOLLAR
    for landing in await live.land(100):
        ledger.settle(landing.thought, picodollars(landing.cost_usd))
    [(limit, spent, reserved)] = ledger.accounts().values()
    assert peak >= MANY
    assert refused
    assert reserved == 0
    assert model.charged <= spent <= limit == DOLLAR  # overshoot: $0.00
    assert spent > 0.6 * DOLLAR
    await live.close()


TOWN = """
size: [60, 60]
clock: {tick: 2 s, start: "06:50", end: "08:00"}
archetypes: {folk: {mind: true}}
npcs: {Folk: {is: folk, count: 260}}
plans:
  rest: {option: rest a while, worth: 0.5, stakes: 0.9, steps: [wait]}
  pause: {option: stay here, worth: 0.5, stakes: 0.9, steps: [wait]}
think: {cloud: 20 s, rest: 4 s, dominates: 50}
routing: {escalate: 0.01, worth: 1 USD}
tiers:
  local: {model: none}
  cloud: {price: {input: 0.6, cached: 0.06, output: 3}, budget: 1 USD, context: short}
"""


@pytest.mark.parametrize("seed", range(3))
async def test_a_town_that_asks_all_at_once_keeps_to_its_dollar(tmp_path: Path, seed: int) -> None:
    made = built(tmp_path, TOWN)
    model = Charging(random.Random(seed), DEAR, BadReply)  # for which no tier is left alone
    session = await open_session(made, models={"cloud": model}, out=tmp_path / "runs", ticks=14)
    events: list[Any] = []
    session.simulation.subscribe(lambda tick, told: events.extend(told))
    peak = 0
    async for _ in session.simulation:
        peak = max(peak, session.simulation.answers.waiting)
    summary = session.finish()
    await session.close()
    assert peak >= MANY
    assert model.charged <= DOLLAR
    assert 0.4 < summary["cost_usd"] <= 1
    assert any("the run's budget of $1.00 is used up" in one.reason for one in of(events, ev.Asked))
    costs = Run.open(session.folder).table("costs")
    assert sum(costs["cost"]) == pytest.approx(summary["cost_usd"], abs=1e-6)


PARLEY = """
size: [20, 12]
clock: {tick: 2 s, start: "06:55", end: "12:00"}
npcs:
  Wulf: {mind: true}
  Odo: {mind: true}
  Ida: {mind: true}
plans:
  threaten: {option: threaten to burn the mill, worth: 0.5, stakes: 0.9, steps: [wait]}
  ask: {option: ask for three sacks and promise peace, worth: 0.5, stakes: 0.9, steps: [wait]}
think: {local: 2 s, cloud: 4 s, rest: 2 s, dominates: 50}
routing: {escalate: 0.01, worth: 1 USD, retry: 4 s}
tiers:
  local: {model: scripted}
  cloud: {context: short, budget: {run: 0.003 USD, npc: 0.0012 USD, hour: 0.0016 USD}}
"""


@pytest.mark.parametrize("seed", range(3))
async def test_with_faults_at_random_a_replay_has_the_same_books(tmp_path: Path, seed: int) -> None:
    """The real SDK behind all guards, and three kinds of budgets that run out."""
    anthropic, httpx2 = pytest.importorskip("anthropic"), pytest.importorskip("httpx2")
    chance, bodies = random.Random(seed), list(answers(ANTHROPIC).values())
    # Not those that close a tier for the whole run.
    statuses = [int(status) for status in STATUSES if status not in ("401", "402", "403", "404")]

    def rule(path: str, body: Any) -> Any:
        if chance.random() < 0.6:
            used = {"input_tokens": chance.randrange(50, 900), "output_tokens": 9}
            choosing = "format" in body.get("output_config", {})
            return 200, message(json.dumps({"option": "1"}) if choosing else "So be it.", **used)
        if chance.random() < 0.5:
            return 200, chance.choice(bodies)
        status = chance.choice(statuses)
        return status, told(status, ANTHROPIC), {"retry-after": "0"}

    app, now = Provider(rule), [0.0]

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(3_600 if seconds >= 120 else 0)

    client = anthropic.DefaultAsyncHttpxClient(transport=httpx2.ASGITransport(app))
    model = Anthropic("claude-haiku-5-5", key="k", http_client=client)
    part = GuardsPart.model_validate({"pause": "2 s", "cache": False})
    cloud = guarded(model, part, deadline=120.0, watch=Watch(lambda: now[0], sleep))
    made = built(tmp_path, PARLEY)
    session = await open_session(
        build(made.recipe), models={"local": Scripted(), "cloud": cloud}, out=tmp_path, ticks=300
    )
    events: list[Any] = []

    def heard(tick: int, told: list[Any]) -> None:
        now[0] = tick * 2.0
        events.extend(told)

    session.simulation.subscribe(heard)
    async for _ in session.simulation:
        pass
    session.finish()
    await session.close()
    books = session.simulation.ledger.accounts()
    assert {kind for _, kind, _ in books} == {"run", "npc", "hour"}
    assert all(spent + reserved <= limit for limit, spent, reserved in books.values())
    assert any(spent > 0 for _, spent, _ in books.values())
    barred = [one.reason for one in of(events, ev.Decided) if "is used up" in one.reason]
    assert barred
    failed = [one for one in of(events, ev.Landed, tier="cloud") if one.error]
    assert any(one.cost_usd > 0 for one in failed)

    run = Run.open(session.folder)
    again = recorded_session(run)
    await verify(again.simulation, run)
    assert again.simulation.ledger.accounts() == books
    await again.close()
    run.close()
