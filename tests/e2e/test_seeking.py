"""A run taken up at any of its snapshots lives on as when lived from its beginning."""

from __future__ import annotations

import asyncio
import json
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

import npcsim as door
from npcsim.assembly.runs.session import recorded_session
from npcsim.errors import ReplayDiverged
from npcsim.events import Given, Landed, ToolsChanged
from npcsim.models.scripted import Scripted
from npcsim.replay.verify import Verdict, verify
from npcsim.sim.spacing import LEAST
from npcsim.sim.tally import Tally
from npcsim.store import snapshots
from npcsim.store.run_store import Run
from tests.e2e.shell import SCENARIOS, live

PAID = (
    "--set", "think={local: 40 s, dominates: 10}",
    "--set", "tiers.local={model: scripted, price: {input: 3, output: 15}, budget: 0.06 USD, "
    "trust: 0.9}",
    "--set", "routing={worth: 1.00 USD, escalate: 0.01}",
)  # fmt: skip
"""Answers that take eight ticks and are paid from a budget that does not last."""


async def _verdict(run: Run, near: int) -> tuple[int, Verdict]:
    session = recorded_session(run, near=near)
    try:
        return session.simulation.tick, await verify(session.simulation, run)
    finally:
        await session.close()


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("paid")
    said = live("03_village_morning", out, "--ticks", 90, *PAID, "--set", "log.snapshot=35 s")
    return Path(said["run"])


def test_from_every_snapshot_with_thoughts_under_way_and_money_spent(paid: Path) -> None:
    run = Run.open(paid)
    ticks = run.snapshots()
    assert ticks == [*range(0, 91, 7), 90]
    under_way = 0
    for tick in ticks[1:]:
        beside = snapshots.decode(run.snapshot(tick))[0]["beside"]
        under_way += len(beside["pending"])
        began, verdict = asyncio.run(_verdict(run, tick))
        assert (began, verdict.ticks) == (tick, 90)
    assert under_way > 10
    assert any(one.answer is None or one.cost_usd for one in run.events("Landed", start=50)
               if isinstance(one, Landed))  # fmt: skip


def test_a_snapshot_that_says_something_else_is_found(paid: Path) -> None:
    run = Run.open(paid)
    session = recorded_session(run, near=42)
    columns = session.simulation.world.columns
    columns.edit("hunger")[0] += 0.25

    with pytest.raises(ReplayDiverged, match="in the snapshot"):
        asyncio.run(verify(session.simulation, run))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_every_scenario_from_its_middle(scenario: Path, tmp_path: Path) -> None:
    said = live(scenario, tmp_path, "--ticks", 60, "--set", "tiers={local: {model: scripted}}",
                "--set", "log.snapshot=1 s")  # fmt: skip
    run = Run.open(said["run"])
    for near in (20, 45):
        began, verdict = asyncio.run(_verdict(run, near))
        assert began > 0
        assert verdict.hash == said["state_hash"]


async def test_with_tools_that_were_changed_before(tmp_path: Path) -> None:
    models = {"local": Scripted()}
    sets = ["log.snapshot=25 s"]
    async with door.load(
        "03_village_morning", models=models, out=tmp_path, ticks=30, overrides=sets
    ) as simulation:
        await simulation.run_until(8)
        file, text = simulation.program.files[-1]
        simulation.put({"tools": text + "\nEXTRA = 1\n", "file": file})
        while not simulation.ended:
            await simulation.step()
    run = Run.open(next(tmp_path.iterdir()))
    assert [one.tick for one in run.events("ToolsChanged") if isinstance(one, ToolsChanged)] == [9]
    session = recorded_session(run, near=21)
    assert session.simulation.tick == 20
    assert "EXTRA" in dict(session.simulation.program.files)[file]
    assert (await verify(session.simulation, run)).ticks == 30
    assert not list(run.events("Given", start=20))
    assert [one for one in run.events("Given") if isinstance(one, Given)]
    await session.close()


def test_resumed_from_its_last_snapshot_it_is_as_it_would_have_been(
    paid: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(paid, tmp_path / "run"))
    long = live("03_village_morning", tmp_path, "--ticks", 120, *PAID, "--set", "log.snapshot=35 s")
    run = door.resume(folder, ticks=30)
    assert run.summary is not None
    for name in ("ticks", "state_hash", "thoughts", "by_tier", "cost_usd", "costs", "effects"):
        assert run.summary[name] == long[name], name
    assert door.replay(run).hash == long["state_hash"]


def test_spaced_by_cost_the_log_between_two_is_no_longer_than_a_snapshot(tmp_path: Path) -> None:
    said = live("03_village_morning", tmp_path, "--ticks", 700, "--models", "off")
    run = Run.open(said["run"])
    ticks = run.snapshots()
    assert len(ticks) > 3
    for before, after in pairwise(ticks):
        data, arrays = snapshots.decode(run.snapshot(after))
        entries = sum(map(len, data["tables"].values()))
        entries += sum(array.nbytes for array in arrays.values()) // 4096
        rows = sum(1 for _ in run.packed(start=before + 1, stop=after))
        assert rows <= max(LEAST, entries), (before, after)


def test_a_moment_is_the_same_whatever_snapshot_it_is_opened_from(
    paid: Path, tmp_path: Path
) -> None:
    seldom = live("03_village_morning", tmp_path, "--ticks", 90, *PAID, "--set", "log.snapshot=1 h")
    often, other = Run.open(paid), Run.open(seldom["run"])
    assert other.snapshots() == [0, 90]
    for tick in (1, 34, 35, 61, 89):
        a, b = often.at(tick), other.at(tick)
        assert json.dumps(dict(a)) == json.dumps(dict(b))
        assert a.memories("Mara") == b.memories("Mara")


def test_what_a_snapshot_is_told_does_not_change_afterwards() -> None:
    """It is written later, by a thread, when the run has gone on."""
    tally = Tally()
    tally.costs["by_tier"]["local"] = 1.0
    told = tally.plain()
    tally.costs["by_tier"]["local"] += 1.0
    assert told["costs"]["by_tier"] == {"local": 1.0}
