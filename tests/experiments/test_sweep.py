"""Sweeps: every run once, whatever happens in between; equal to runs lived alone."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import filelock
import pytest

import npcsim
from npcsim.errors import NpcsimError, StoreError
from npcsim.experiments.design import read_design
from npcsim.experiments.plan import plan
from npcsim.experiments.sweep import Progress, most_of_any, open_sweep, sweep
from tests.experiments.deaths import (
    PATIENCE_S,
    children_of,
    command,
    kill,
    line_of,
    swept,
    undisturbed,
)
from tests.experiments.designs import HEADS, design


def test_each_run_is_as_if_lived_alone(done: Path) -> None:
    found = open_sweep(done)
    assert [(row.cell["temper"], row.seed) for row in found.rows] == [
        ("0.1", 1), ("0.9", 1), ("0.1", 2), ("0.9", 2),
    ]  # fmt: skip
    row = found.rows[3]
    changes = [f"{HEADS['set']}=0.9", "seed=2"]
    with npcsim.run("tavern_brawl", models={}, ticks=120, overrides=changes) as alone:
        assert alone.summary is not None
        assert row.hash == alone.summary["state_hash"]
    with found.run(row) as kept:
        assert kept.last_tick == row.ticks == 120


def test_measures_are_there(done: Path) -> None:
    row = open_sweep(done).rows[1]
    assert row.measures["survival"] == 1.0
    assert {"brawlers", "hp.patron", "mean.anger", "wealth.gini", "usd"} <= set(row.measures)


def test_nothing_is_lived_twice(done: Path, tmp_path: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in done.rglob("*.db")}
    told: list[Progress] = []
    sweep(design(tmp_path), out=done, progress=told.append)
    assert {file: file.stat().st_mtime_ns for file in done.rglob("*.db")} == before
    assert [(how.over, how.total) for how in told] == [(4, 4)]


def test_a_failing_run_is_a_row_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "def fights(run):\n    assert run.started.seed != 2, 'odd'\n    return 1\n", "utf-8"
    )
    file = design(tmp_path, measures="mine.py", factors={}, ticks=5)
    found = sweep(file, out=tmp_path / "out", processes=1)
    assert [row.state for row in found.rows] == ["done", "failed"]
    assert "fights broke" in found.rows[1].reason
    assert found.rows[0].measures["fights"] == 1.0
    (tmp_path / "mine.py").write_text("def fights(run):\n    return 2\n", "utf-8")
    assert [row.state for row in sweep(file, out=tmp_path / "out").rows] == ["done", "failed"]
    again = sweep(file, out=tmp_path / "out", processes=1, again=True)
    assert [row.measures["fights"] for row in again.rows] == [1.0, 2.0]


def test_stop_rules_end_it_early(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def fights(run):\n    raise ValueError('no')\n", "utf-8")
    file = design(tmp_path, measures="mine.py", factors={}, ticks=2, seeds=5, stop={"failures": 2})
    found = sweep(file, out=tmp_path / "out", processes=1)
    assert [row.state for row in found.rows] == ["failed", "failed", "held", "held", "held"]


def test_two_sweeps_do_not_share_a_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with filelock.FileLock(out / "lock"), pytest.raises(StoreError, match="another sweep"):
        sweep(design(tmp_path, factors={}, ticks=2), out=out)


def test_a_budget_needs_budgets_of_runs(tmp_path: Path) -> None:
    file = design(
        tmp_path, scenario="salt_for_timber", factors={}, models=True, budget="1 USD",
        set={"tiers.cloud.budget": None},
    )  # fmt: skip
    with pytest.raises(NpcsimError, match="holds only if each run has one"):
        sweep(file, out=tmp_path / "out")


def test_the_dearest_cell_is_what_is_set_apart(tmp_path: Path) -> None:
    levels = {
        "less": {"tiers.cloud.budget": "0.10 USD"},
        "more": {"tiers.cloud.budget": "0.50 USD"},
    }
    file = design(
        tmp_path, scenario="salt_for_timber", models=True, factors={"money": {"levels": levels}}
    )
    assert most_of_any(plan(read_design(file), tmp_path)) == pytest.approx(0.5)


def test_rows_of_an_earlier_design_are_no_part_of_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    sweep(design(tmp_path, factors={}, ticks=3), out=out, processes=1)
    sweep(design(tmp_path, factors={}, ticks=4, seeds=1), out=out, processes=1)
    assert [row.ticks for row in open_sweep(out).rows] == [4]


def test_no_sweep_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no sweep at"):
        open_sweep(tmp_path)


@pytest.mark.parametrize("kills", [3, pytest.param(24, marks=pytest.mark.soak)])
def test_killed_at_random_moments_nothing_is_lost_or_doubled(
    done: Path, tmp_path: Path, kills: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """kill -9 of the sweep and of a process that lives a run, as long as there is one to kill."""
    file, chance, died = design(tmp_path), random.Random(kills), Counter[str]()
    for number in range(kills):
        out = tmp_path / f"out{number}"
        words = command(file, out, "--processes", "2")
        for name, victim in (("sweep", itself), ("process", a_process)):
            if died.total() < kills:
                died[name] += kill(words, out, victim, chance)
        swept(words, out)
        undisturbed(out, done)
        if died.total() == kills:
            break
    told = ", ".join(f"{count} of a {name}" for name, count in died.items())
    with capsys.disabled():
        print(f"\nsweeps: {kills} kills ({told}): 0 runs lost or doubled, every table equal")
    assert died.total() == kills


def itself(sweep: int) -> list[int]:
    return [sweep]


def a_process(sweep: int) -> list[int]:
    """One of those that live the runs."""
    return [pid for pid in children_of(sweep) if "spawn_main" in line_of(pid)][-1:]


@pytest.mark.skipif(find_spec("llama_cpp") is None, reason="llama-cpp-python is not installed")
@pytest.mark.parametrize("kills", [1, pytest.param(6, marks=pytest.mark.soak)])
def test_runs_that_share_an_engine_are_as_if_lived_alone(
    tmp_path: Path, kills: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bundled model, two runs side by side; its worker is killed under them."""
    file = design(
        tmp_path, scenario="03_village_morning", factors={}, models=True, ticks=20, seeds=2
    )  # fmt: skip
    alone = {}
    for seed in (1, 2):
        with npcsim.run("03_village_morning", ticks=20, overrides=[f"seed={seed}"]) as run:
            assert run.summary is not None
            assert run.summary["by_tier"].get("local", 0) > 0
            alone[seed] = dict(run.hashes())
    for number in range(kills):
        out, killed = tmp_path / f"out{number}", threading.Event()
        killer = threading.Thread(target=kill_the_engine, args=(out, 0.2 + number / 8, killed))
        killer.start()
        found = sweep(file, out=out, together=2)
        killer.join()
        assert killed.is_set()
        assert [row.state for row in found.rows] == ["done", "done"]
        for row, run in found.runs():
            assert dict(run.hashes()) == alone[row.seed], row.seed
    with capsys.disabled():
        print(f"\nsweeps: {kills} kills of the engine that runs share: every hash as alone")


def kill_the_engine(out: Path, after_s: float, killed: threading.Event) -> None:
    """kill -9 of the worker of this process's sweep, so long after it began to answer."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        workers = [pid for pid in children_of(os.getpid()) if "npcsim.inference" in line_of(pid)]
        if workers and any(out.rglob("run.db")):
            time.sleep(after_s)
            os.kill(workers[0], signal.SIGKILL)
            killed.set()
            return
        time.sleep(0.05)
