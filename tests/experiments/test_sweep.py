"""Sweeps: every run once, whatever happens in between; equal to runs lived alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import filelock
import pytest

import npcsim
from npcsim.errors import NpcsimError, StoreError
from npcsim.experiments.book import Book
from npcsim.experiments.design import read_design
from npcsim.experiments.plan import plan
from npcsim.experiments.sweep import Progress, most_of_any, open_sweep, sweep
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


def test_a_killed_sweep_goes_on_and_nothing_is_lost_or_doubled(done: Path, tmp_path: Path) -> None:
    """kill -9 of the sweep, then of one of its processes, at moments spread over its life."""
    file, out = design(tmp_path), tmp_path / "out"
    command = [sys.executable, "-m", "npcsim", "sweep", str(file), "--out", str(out), "--quiet"]
    for number in range(4):
        started = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(1.5 + 0.7 * number)
        if number % 2:
            children = Path(f"/proc/{started.pid}/task/{started.pid}/children")
            pids = [int(pid) for pid in children.read_text().split()] if children.exists() else []
            if pids:
                os.kill(pids[-1], signal.SIGKILL)
            started.wait(timeout=300)
        else:
            started.kill()
            started.wait()
            time.sleep(0.3)  # its processes notice
    found = sweep(file, out=out, processes=2)
    whole = open_sweep(done)
    assert [row.id for row in found.rows] == [row.id for row in whole.rows]
    assert [row.hash for row in found.rows] == [row.hash for row in whole.rows]
    assert [row.measures for row in found.rows] == [row.measures for row in whole.rows]
    assert sorted(path.name for path in Book(out).runs.iterdir()) == sorted(
        row.id for row in whole.rows
    )
    for planned in Book(out).runs.iterdir():
        assert len(list(planned.iterdir())) == 1


@pytest.mark.skipif(find_spec("llama_cpp") is None, reason="llama-cpp-python is not installed")
def test_runs_that_share_an_engine_are_as_if_lived_alone(tmp_path: Path) -> None:
    """The bundled model, two runs side by side; its worker is killed under them once."""
    file = design(
        tmp_path, scenario="03_village_morning", factors={}, models=True, ticks=20, seeds=2
    )  # fmt: skip
    killed = threading.Event()

    def kill() -> None:
        for _ in range(600):
            workers = [
                pid for pid in children_of(os.getpid()) if "npcsim.inference" in line_of(pid)
            ]
            if workers and any(out.rglob("run.db")):
                time.sleep(1.0)  # it is answering
                os.kill(workers[0], signal.SIGKILL)
                killed.set()
                return
            time.sleep(0.1)

    out = tmp_path / "out"
    killer = threading.Thread(target=kill)
    killer.start()
    found = sweep(file, out=out, together=2)
    killer.join()
    assert killed.is_set()
    for row in found.rows:
        with npcsim.run("03_village_morning", ticks=20, overrides=[f"seed={row.seed}"]) as alone:
            assert alone.summary is not None
            assert alone.summary["by_tier"].get("local", 0) > 0
            assert row.hash == alone.summary["state_hash"], row.seed


def children_of(pid: int) -> list[int]:
    """Its processes, and theirs."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *children_of(int(child))]
    return found


def line_of(pid: int) -> str:
    """A process's command line."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
