"""Tiers in a run: who is asked, who decides, what it costs, and the same again in a replay."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.build import build
from npcsim.assembly.runs.session import open_session, recorded_session
from npcsim.errors import BadReply, RateLimited, TimedOut, TooLong, Unavailable
from npcsim.messages import Answer, Choose, Chosen, Question, Usage, Written
from npcsim.models.money.ledger import HOUR_MS
from npcsim.models.money.prices import Price, bound, dollars
from npcsim.models.remote.served import Absent
from npcsim.models.remote.servers.fitting import needed
from npcsim.models.scripted import Scripted, by_hash
from npcsim.replay.verify import verify
from npcsim.store.run_store import Run
from tests.worlds_in_text import VILLAGE, built, of

TICKS = 120
EAGER = "routing: {escalate: 0.01, worth: 1 USD}\n"
TIMES = "think: {local: 10 s, cloud: 30 s, rest: 10 s, dominates: 50}\n"


def village(folder: Path, tiers: str, extra: str = EAGER, world: str = VILLAGE) -> Any:
    return built(folder, f"{world}{TIMES}{extra}tiers: {{local: {{model: scripted}}, {tiers}}}\n")


def sure(question: Question, usage: Usage = Usage(900, 20)) -> Answer:
    """A strong model's answer: the last option, and no likelihoods."""
    if isinstance(question, Choose):
        return Chosen(len(question.options) - 1, None, usage)
    return Written("Good day to you.", usage)


async def lived(made: Any, models: Any, out: Path | None = None, ticks: int = TICKS) -> Any:
    """-> (the session, closed; its events)."""
    session = await open_session(build(made.recipe), models=models, out=out, ticks=ticks)
    events: list[Any] = []
    session.simulation.subscribe(lambda tick, told: events.extend(told))
    async for _ in session.simulation:
        pass
    session.finish()
    await session.close()
    return session, events


async def replayed(session: Any) -> None:
    """Live the log again; raises ReplayDiverged at the first difference of any fact."""
    run = Run.open(session.folder)
    again = recorded_session(run)
    await verify(again.simulation, run)
    await again.close()
    run.close()


def both(cloud: Any = sure) -> dict[str, Any]:
    return {"local": Scripted(), "cloud": Scripted(cloud, "strong")}


# -- escalation ----------------------------------------------------------------------------------


async def test_a_dearer_tier_is_asked_when_the_cheaper_has_answered(tmp_path: Path) -> None:
    made = village(tmp_path, "cloud: {}")
    _, events = await lived(made, both())
    asked = {one.thought: one for one in of(events, ev.Asked)}
    landed = {one.thought: one for one in of(events, ev.Landed)}
    escalated = [one for one in asked.values() if one.tier == "cloud"]
    assert len(escalated) > 5
    for one in escalated:
        [before] = [
            other for other in landed.values()
            if (other.npc, other.tick, other.tier) == (one.npc, one.tick, "local")
        ]  # fmt: skip
        first = asked[before.thought]
        assert (first.purpose, first.options) == (one.purpose, one.options)
        assert first.lands == first.tick + 5  # 10 s in ticks of 2 s
        assert one.lands == one.tick + 15  # and the dearer one's 30 s on top
        assert one.reason.startswith("local has answered; stakes ")
        assert "; worth $" in one.reason
        assert ", cloud costs $0.0" in one.reason
    decided = {one.thought: one for one in of(events, ev.Decided)}
    for one in escalated:
        if one.lands <= TICKS:
            assert (decided[one.thought].tier, decided[one.thought].fallback) == ("cloud", False)
    # What went up was not decided below.
    below = {one.thought for one in landed.values() if one.tier == "local"} - set(decided)
    assert len(below) == len(escalated)


async def test_what_is_not_worth_it_is_decided_below_and_the_reason_told(tmp_path: Path) -> None:
    made = village(tmp_path, "cloud: {}", "routing: {escalate: 0.9}\n")
    _, events = await lived(made, both())
    assert not of(events, ev.Asked, tier="cloud")
    picked = [one for one in of(events, ev.Decided, tier="local") if one.pick >= 0]
    assert picked
    assert all("under 0.90: cloud not asked" in one.reason for one in picked)
    assert not any(one.fallback for one in picked)


async def test_the_price_counts(tmp_path: Path) -> None:
    dear = "cloud: {price: {input: 90000, output: 90000}}"
    _, events = await lived(village(tmp_path, dear), both())
    assert not of(events, ev.Asked, tier="cloud")
    assert any("; cloud costs $" in one.reason for one in of(events, ev.Decided))


async def test_only_those_the_guard_means_may_ask(tmp_path: Path) -> None:
    made = village(tmp_path, "cloud: {only: at(mill)}")
    _, events = await lived(made, both())
    others = [one for one in of(events, ev.Decided) if "cloud is only for at(mill)" in one.reason]
    assert others
    assert not any(one.fallback for one in others)
    assert {one.npc for one in of(events, ev.Asked, tier="cloud")} <= {"mara", "bo", "ida"}
    never = village(tmp_path, "cloud: {only: hunger > 9}")
    _, events = await lived(never, both())
    assert not of(events, ev.Asked, tier="cloud")


async def test_what_was_too_long_is_not_asked_again_and_shorter_ones_are(tmp_path: Path) -> None:
    """The log says why; a replay, which has no model, closes the same tier at the same ticks."""

    refused: list[int] = []

    def short_of_room(question: Question) -> Answer | Exception:
        if needed(question) > 1_240:
            refused.append(needed(question))
            return TooLong("the question does not fit")
        return sure(question)

    made = village(tmp_path, "cloud: {}")
    session, events = await lived(made, both(short_of_room), tmp_path / "runs")
    asked = {one.thought: one for one in of(events, ev.Asked, tier="cloud")}
    failed = [one for one in of(events, ev.Landed, tier="cloud") if one.error]
    answered = [one for one in of(events, ev.Landed, tier="cloud") if one.answer]
    assert {one.error for one in failed} == {"TooLong: the question does not fit"}
    closed = [
        one for one in of(events, ev.Decided)
        if any("has no room for it" in other.why_not for other in one.considered)
    ]  # fmt: skip
    # What was under way may be as long as one that failed; what is asked later is shorter.
    assert refused == sorted(refused, reverse=True)
    first = min(one.tick for one in failed)
    assert closed
    assert not any(one.fallback for one in closed)
    assert any(one.tick > first for one in answered)
    assert not of(events, ev.TierChanged, tier="cloud")
    assert not any("health" in one.reason for one in asked.values())
    await replayed(session)


async def test_a_tier_is_asked_only_for_what_it_is_for(tmp_path: Path) -> None:
    made = built(tmp_path, f"{VILLAGE}{TIMES}tiers: {{local: {{model: scripted, for: [speak]}}}}\n")
    _, events = await lived(made, {"local": Scripted(by_hash)})
    asked = of(events, ev.Asked)
    assert {one.purpose for one in asked if one.tier == "local"} <= {"speak"}
    assert "local is only for: speak" in {one.reason for one in asked if one.purpose == "plan"}


async def test_three_tiers_each_asked_after_the_one_below(tmp_path: Path) -> None:
    made = village(tmp_path, "top: {model: 'anthropic:claude-opus-5-5'}, cloud: {}")
    models = {**both(), "top": Scripted(sure, "strongest")}
    _, events = await lived(made, models)
    decided = [one for one in of(events, ev.Decided) if one.tier == "top"]
    assert decided
    [reason] = {one.reason.split(";")[0] for one in of(events, ev.Asked, tier="top")}
    assert reason == "cloud has answered"


async def test_a_pick_without_likelihoods_counts_as_far_as_its_tier_is_trusted(
    tmp_path: Path,
) -> None:
    for trust in (1, 0.5):
        made = village(tmp_path, f"cloud: {{trust: {trust}}}", f"temper: 0\n{EAGER}")
        _, events = await lived(made, both())
        decided = [one for one in of(events, ev.Decided, tier="cloud") if one.pick >= 0]
        assert decided
        for one in decided:
            assert one.probabilities == ()
            last, total = len(one.options) - 1, sum(one.utilities)
            top = max(one.utilities) or 1.0
            flat = (1 - trust) / len(one.options)
            weights = [
                utility / (total or 1.0) * (flat + trust * (index == last) * (utility / top) ** 2)
                for index, utility in enumerate(one.utilities)
            ]
            whole = sum(weights)
            if total and whole:
                assert one.blended == pytest.approx([weight / whole for weight in weights])
        if trust == 1:
            meant = [one for one in decided if one.utilities[-1] > 0]
            assert meant
            assert all(one.pick == len(one.options) - 1 for one in meant)


# -- when it can't be had ------------------------------------------------------------------------


async def test_without_a_key_lower_tiers_decide_and_it_is_said_once(tmp_path: Path) -> None:
    made = village(tmp_path, "cloud: {budget: 1 USD}")
    models = {"local": Scripted(), "cloud": Absent("anthropic:m", "ANTHROPIC_API_KEY is not set")}
    session, events = await lived(made, models, tmp_path / "runs")
    assert of(events, ev.TierChanged) == [
        ev.TierChanged(1, "cloud", False, "ANTHROPIC_API_KEY is not set")
    ]
    assert not of(events, ev.Asked, tier="cloud")
    flagged = [one for one in of(events, ev.Decided) if one.fallback]
    assert flagged
    for one in flagged:
        assert one.tier == "local"
        assert one.probabilities
        assert "cloud can't be asked: ANTHROPIC_API_KEY is not set" in one.reason
    await replayed(session)


@pytest.mark.parametrize("failure", [Unavailable("gone"), TimedOut("slow"), BadReply("what?")])
async def test_a_dear_tier_that_fails_leaves_the_decision_to_the_answer_below(
    tmp_path: Path, failure: Exception
) -> None:
    made = village(tmp_path, "cloud: {}")
    _, events = await lived(made, both(lambda question: failure))
    failed = {one.thought for one in of(events, ev.Landed, tier="cloud")}
    decided = [one for one in of(events, ev.Decided) if one.thought in failed]
    assert decided
    for one in decided:
        assert (one.tier, one.fallback) == ("local", True)
        assert one.probabilities
        assert one.reason.startswith(f"local decides: {type(failure).__name__}: ")


async def test_a_cheap_tier_that_fails_is_no_reason_to_pay_for_trifles(tmp_path: Path) -> None:
    def gone(question: Question) -> Exception:
        return Unavailable("gone")

    made = village(tmp_path, "cloud: {}", "")
    models = {"local": Scripted(gone), "cloud": Scripted(sure)}
    _, events = await lived(made, models)
    assert all(
        float(one.reason.split("= ")[1].split(";")[0]) >= 0.25
        for one in of(events, ev.Asked, tier="cloud")
    )
    assert any("under 0.25: cloud not asked" in one.reason for one in of(events, ev.Decided))


async def test_while_it_is_down_only_probes_go_out_ever_more_rarely(tmp_path: Path) -> None:
    made = village(tmp_path, "cloud: {think: 2 s}", EAGER.replace("}", ", retry: 20 s}"))
    asked: list[int] = []
    model = Scripted(lambda question: RateLimited("slow down"), "strong")
    _, events = await lived(made, {"local": Scripted(), "cloud": model}, ticks=400)
    first, *rest = of(events, ev.TierChanged)
    assert (first.tier, first.healthy, rest) == ("cloud", False, [])
    asked = [one.tick for one in of(events, ev.Asked, tier="cloud") if one.tick > first.tick]
    gaps = [after - before for before, after in zip([first.tick, *asked], asked, strict=False)]
    # 20 s are 10 ticks; then 40 s, 80 s, 160 s, each from when the probe before had landed.
    assert len(asked) >= 3
    for gap, least in zip(gaps, (10, 20, 40, 80, 160), strict=False):
        assert gap >= least
    assert len(asked) <= 5
    missed = [
        one for one in of(events, ev.Decided) if "the cloud model can't be reached" in one.reason
    ]
    assert missed
    assert all(one.fallback for one in missed)


async def test_it_comes_back_by_itself(tmp_path: Path) -> None:
    made = village(tmp_path, "cloud: {think: 2 s}", EAGER.replace("}", ", retry: 20 s}"))
    count = [0]

    def rule(question: Question) -> Answer | Exception:
        count[0] += 1
        return Unavailable("gone") if count[0] <= 3 else sure(question)

    session, events = await lived(made, both(rule), tmp_path / "runs", 300)
    assert [one.healthy for one in of(events, ev.TierChanged)] == [False, True]
    back = of(events, ev.TierChanged)[1].tick
    assert [one for one in of(events, ev.Decided, tier="cloud") if one.tick > back]
    await replayed(session)


async def test_with_nobody_below_words_are_found_and_trifles_decided_without_a_model(
    tmp_path: Path,
) -> None:
    made = built(tmp_path, f"{VILLAGE}{TIMES}tiers: {{local: {{model: none}}, cloud: {{}}}}\n")
    _, events = await lived(made, {"cloud": Scripted(sure)})
    assert {one.tier for one in of(events, ev.Asked)} <= {"reflex", "cloud"}
    trifles = of(events, ev.Asked, tier="reflex")
    assert any("under 0.25: cloud not asked" in one.reason for one in trifles)


# -- money ---------------------------------------------------------------------------------------


PRICE = Price(1.0, 0.1, 5.0, 1.25)
PRICED = "price: {input: 1.0, cached: 0.1, output: 5.0}"


async def test_a_call_costs_its_tokens_and_the_report_sums_them(tmp_path: Path) -> None:
    made = village(tmp_path, f"cloud: {{{PRICED}}}")
    usage = Usage(1_000, 20, 400)
    session, events = await lived(made, both(lambda q: sure(q, usage)), tmp_path / "runs")
    landed = of(events, ev.Landed)
    assert {one.cost_usd for one in landed if one.tier == "local"} == {0.0}
    each = (600 * 1.0 + 400 * 0.1 + 20 * 5.0) / 1e6
    costs = [one.cost_usd for one in landed if one.tier == "cloud"]
    assert costs
    assert costs == pytest.approx([each] * len(costs))
    assert session.summary()["cost_usd"] == pytest.approx(each * len(costs), abs=1e-6)
    run = Run.open(session.folder)
    kept = [entry.call.cost_usd for entry in run.calls() if entry.call.tier == "cloud"]
    run.close()
    assert sorted(kept) == sorted(costs)


async def test_what_may_have_been_charged_counts_as_the_most_it_can(tmp_path: Path) -> None:
    made = village(tmp_path, f"cloud: {{{PRICED}}}")
    cases = {
        TimedOut("slow", billed=True): None, Unavailable("refused"): 0.0,
        BadReply("what?", tokens=(500, 10, 0)): (500 * 1.0 + 10 * 5.0) / 1e6,
    }  # fmt: skip
    for failure, cost in cases.items():
        model = Scripted(lambda question, failure=failure: failure)
        _, events = await lived(made, {"local": Scripted(), "cloud": model}, ticks=60)
        costs = [one.cost_usd for one in of(events, ev.Landed, tier="cloud")]
        most = {dollars(bound(question, PRICE)) for question in model.asked}
        assert costs
        assert set(costs) <= most if cost is None else costs == pytest.approx([cost] * len(costs))


@pytest.mark.parametrize("seed", range(4))
async def test_a_budget_that_runs_out_holds_and_replays_the_same(tmp_path: Path, seed: int) -> None:
    """Costs at random up to the bound, failures too; not a picodollar is overspent."""
    budget = 0.016
    made = village(tmp_path, f"cloud: {{think: 20 s, budget: {budget} USD, {PRICED}}}")
    chance = random.Random(seed)

    def rule(question: Question) -> Answer | Exception:
        if chance.random() < 0.2:
            return TimedOut("slow", billed=True)
        return sure(question, Usage(chance.randrange(1, 1_500), chance.randrange(1, 1_000)))

    session, events = await lived(made, both(rule), tmp_path / "runs", 900)
    spent = sum(one.cost_usd for one in of(events, ev.Landed))
    assert budget / 2 < spent <= budget
    out = [one for one in of(events, ev.Decided) if "the run's budget of $0.016" in one.reason]
    assert len(out) > 5
    assert all((one.tier, one.fallback) == ("local", True) for one in out)
    await replayed(session)


async def test_budgets_of_an_npc_and_of_an_hour_hold(tmp_path: Path) -> None:
    made = village(tmp_path, f"cloud: {{budget: {{npc: 0.01 USD, hour: 0.015 USD}}, {PRICED}}}")
    session, events = await lived(made, both(), tmp_path / "runs", 400)
    by_npc: dict[str, float] = {}
    by_hour: dict[int, float] = {}
    asked = {one.thought: one for one in of(events, ev.Asked)}
    for one in of(events, ev.Landed, tier="cloud"):
        by_npc[one.npc] = by_npc.get(one.npc, 0.0) + one.cost_usd
        hour = (6 * HOUR_MS + asked[one.thought].tick * 2_000) // HOUR_MS
        by_hour[hour] = by_hour.get(hour, 0.0) + one.cost_usd
    assert all(0 < spent <= 0.01 for spent in by_npc.values())
    assert all(0 < spent <= 0.015 for spent in by_hour.values())
    assert any("budget of $0.01" in one.reason for one in of(events, ev.Decided))
    await replayed(session)


async def test_with_faults_at_random_a_replay_is_the_same(tmp_path: Path) -> None:
    made = village(
        tmp_path, f"cloud: {{budget: {{run: 0.05 USD, hour: 0.03 USD}}, {PRICED}}}",
        EAGER.replace("}", ", retry: 10 s}"),
    )  # fmt: skip
    faults = [
        Unavailable("gone"), RateLimited("wait"), TimedOut("slow", billed=True),
        BadReply("what?", tokens=(9, 9, 0)), ZeroDivisionError("bug"),
    ]  # fmt: skip
    for seed in range(3):
        chance = random.Random(seed)

        def rule(question: Question, chance: Any = chance) -> Answer | Exception:
            return chance.choice(faults) if chance.random() < 0.4 else sure(question)

        def below(question: Question, chance: Any = chance) -> Answer | Exception:
            return Unavailable("gone") if chance.random() < 0.1 else by_hash(question)

        models = {"local": Scripted(below), "cloud": Scripted(rule, "strong")}
        session, events = await lived(made, models, tmp_path / str(seed), 200)
        assert of(events, ev.TierChanged)
        assert of(events, ev.Decided, tier="cloud")
        await replayed(session)
