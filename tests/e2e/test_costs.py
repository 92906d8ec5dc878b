"""Where tokens and money went: `npcsim report --costs`, the page, and the table for Python."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import npcsim as front
from npcsim import events as ev
from npcsim.assembly.build import build
from npcsim.assembly.runs.session import open_session
from npcsim.assembly.thinking.guarding import guarded
from npcsim.errors import BadReply
from npcsim.messages import Answer, Question, Usage
from npcsim.models.scripted import Scripted
from npcsim.scenario.guard_parts import GuardsPart
from npcsim.store.run_store import Run
from tests.e2e.shell import npcsim
from tests.sim.test_tiers import sure
from tests.worlds_in_text import built, of

TEXT = """
size: [20, 12]
clock: {tick: 2 s, start: "06:55", end: "12:00"}
npcs: {Wulf: {mind: true}, Odo: {mind: true}, Ida: {mind: true}}
plans:
  threaten: {option: threaten to burn the mill, worth: 0.5, stakes: 0.9, steps: [wait]}
  ask: {option: ask for three sacks and promise peace, worth: 0.5, stakes: 0.9, steps: [wait]}
think: {local: 2 s, cloud: 4 s, rest: 2 s, dominates: 50}
routing: {escalate: 0.01, worth: 1 USD, retry: 4 s}
tiers:
  local: {model: scripted}
  cloud:
    context: short
    price: {input: 1, cached: 0.1, output: 5}
    budget: {run: 0.02 USD, npc: 0.015 USD, hour: 0.014 USD}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Three who ask a dear tier until its budgets are used up; every third question fails."""
    folder = tmp_path_factory.mktemp("costs")
    count = [0]

    def rule(question: Question) -> Answer | Exception:
        count[0] += 1
        if count[0] % 3 == 0:
            return BadReply("no answer", billed=True)
        return sure(question, Usage(400, 20, 100))

    async def lived() -> Any:
        cloud = guarded(Scripted(rule, "strong"), GuardsPart(), deadline=60.0)
        models = {"local": Scripted(), "cloud": cloud}
        made = built(folder, TEXT)
        session = await open_session(build(made.recipe), models=models, out=folder, ticks=500)
        async for _ in session.simulation:
            pass
        session.finish()
        await session.close()
        return session.folder

    return Run.open(asyncio.run(lived()))


def test_the_table_adds_up_to_what_landed(run: Run) -> None:
    costs, landed = run.table("costs"), of(run.events(), ev.Landed)
    assert set(costs["tier"]) == {"local", "cloud"}
    assert set(costs["hour"]) == {"day 1 06:00", "day 1 07:00"}
    assert set(costs["npc"]) == {"Wulf", "Odo", "Ida"}
    assert "plan" in costs["purpose"]
    assert sum(costs["calls"]) == len(landed)
    assert sum(costs["cost"]) == pytest.approx(sum(one.cost_usd for one in landed))
    usages = [one.answer["usage"] for one in landed if one.answer is not None]
    for column in ("input", "output", "cached"):
        assert sum(costs[column]) == sum(usage[column] for usage in usages)
    assert sum(costs["kept"]) == sum(bool(usage.get("kept")) for usage in usages) > 0
    assert sum(costs["failed"]) == sum(bool(one.error) and not one.cancelled for one in landed) > 0
    assert 0 < sum(costs["lost"]) < sum(costs["cost"])
    alone = run.table("costs", npc="Odo")
    assert set(alone["npc"]) == {"Odo"}
    assert len(alone) < len(costs)
    assert sum(run.table("landings")["kept"]) == sum(run.table("calls")["kept"])
    assert run.summary is not None
    assert run.summary["thoughts"]["kept"] == sum(costs["kept"])


def test_the_first_event_tells_prices_and_budgets(run: Run) -> None:
    local, cloud = run.started.tiers
    assert (local.name, local.price, local.budget) == ("local", {}, {})
    assert {kind: cloud.price[kind] for kind in ("input", "cached", "output")} == {
        "input": 1.0, "cached": 0.1, "output": 5.0,
    }  # fmt: skip
    assert cloud.budget == {"run": 0.02, "npc": 0.015, "hour": 0.014}


def test_the_report_says_where_it_went(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "150")
    told = npcsim("report", run.path, "--costs").out
    for part in ("By tier", "By purpose", "By NPC", "By simulated hour", "In all"):
        assert part in told
    costs = run.table("costs")
    spent = sum(costs["cost"])
    assert f"${spent:.4f}\n" in told
    assert f"Budget of cloud: ${spent:.4f} of $0.0200 spent, ${0.02 - spent:.4f} left." in told
    hour = sum(
        cost for cost, when in zip(costs["cost"], costs["hour"], strict=True)
        if when == "day 1 07:00"
    )  # fmt: skip
    first = spent - hour
    when, most = ("07", hour) if hour > first else ("06", first)
    line = f"Budget of cloud by hour: at most ${most:.4f} of $0.0140, by day 1 {when}:00."
    assert line in told
    assert "Budget of cloud by npc: at most $0.0" in told
    assert f"{sum(costs['kept']):,} of {sum(costs['calls']):,} answers were kept ones" in told
    assert f"{sum(costs['failed']):,} failed; ${sum(costs['lost']):.4f} of it was charged" in told
    assert "worth asking cloud were not asked for its budget by" in told
    whole = npcsim("report", run.path).out
    assert "What it cost" in whole
    assert "Budget of cloud: $" in whole


def test_the_page_says_it_too(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    npcsim("report", run.path, "--html", page)
    text = page.read_text(encoding="utf-8")
    for part in (
        "By tier",
        "By NPC",
        "By simulated hour",
        "Budget of cloud: $",
        "answers were kept",
    ):
        assert part in text


def test_the_summary_counts_kept_answers(run: Run) -> None:
    assert run.summary is not None
    kept = run.summary["thoughts"]["kept"]
    assert kept > 0
    from npcsim.report import summary_lines

    [line] = [one for one in summary_lines(run.summary) if one.startswith("thoughts")]
    assert f"{kept} kept" in line


def test_a_price_that_nobody_knows_is_named(tmp_path: Path) -> None:
    text = TEXT[: TEXT.index("  cloud:\n")] + "  cloud: {model: 'anthropic:unheard-of'}\n"
    made = built(tmp_path, text)
    models = {"local": Scripted(), "cloud": Scripted(sure, "strong")}
    run = front.run(tmp_path / "small.yaml", models=models, ticks=100, out=tmp_path / "runs")
    assert made.program.tiers[-1].unpriced
    assert run.started.tiers[-1].unpriced
    told = npcsim("report", run.path, "--costs").out.replace("\n", " ")
    assert "Nobody knows what cloud (anthropic:unheard-of) costs: " in told


def test_a_run_without_models_says_so(tmp_path: Path) -> None:
    run = front.run("tavern_brawl", models={}, ticks=20, out=tmp_path)
    assert len(run.table("costs")) == 0
    told = npcsim("report", run.path, "--costs").out
    assert "0 calls" in told
