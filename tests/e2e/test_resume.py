"""A run that had stopped goes on as one that never did: at its end, or longer than was meant.

One that was killed has a file of its own, `test_killed.py`.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

import npcsim as door
from npcsim.errors import NpcsimError, StoreError
from npcsim.events import Landed, Resumed
from npcsim.models.scripted import Scripted
from npcsim.store.run_store import Run
from npcsim.store.writer import RunWriter
from tests.e2e.shell import live, npcsim

SCRIPTED = ("--set", "tiers.local.model=scripted", "--set", "think.local=40 s")


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of 30 ticks."""
    out = tmp_path_factory.mktemp("short")
    return Path(live("03_village_morning", out, "--ticks", 30, *SCRIPTED)["run"])


@pytest.fixture
def folder(short: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(short, tmp_path / "run"))


def test_a_finished_run_goes_on_twice_and_is_the_long_one(folder: Path, tmp_path: Path) -> None:
    long = live("03_village_morning", tmp_path, "--ticks", 60, *SCRIPTED)
    said = npcsim("resume", folder, "--ticks", 15, "--json")
    assert said.err.startswith("npcsim: resumed after tick 30")
    assert said.last["ticks"] == 45
    said = npcsim("resume", folder, "--until", 60, "--json")
    for name in ("ticks", "state_hash", "thoughts", "by_tier", "effects"):
        assert said.last[name] == long[name]
    run = Run.open(folder)
    assert run.state == "finished"
    why = [one.why for one in run.events("Resumed") if isinstance(one, Resumed)]
    assert why == ["end", "end"]
    assert long["state_hash"] in npcsim("replay", folder).out
    assert "resumed here (end)" in npcsim("report", folder).out


def test_a_run_that_lacks_its_seal_is_sealed(short: Path, folder: Path) -> None:
    """Killed between its last tick and its end."""
    with RunWriter.reopen(folder) as writer:
        writer._mark(writer._line.connection, "running", None, (b"", b""))
        writer._line.connection.commit()
    whole, said = Run.open(short), npcsim("resume", folder, "--json")
    assert said.err == "npcsim: all 30 ticks were there; the log is sealed now\n"
    run = Run.open(folder)
    assert run.state == "finished"
    assert list(run.packed()) == list(whole.packed())
    assert run.summary is not None
    assert whole.summary is not None
    own = ("run", "wall_s", "tick_ms")
    assert {k: v for k, v in run.summary.items() if k not in own} == {
        k: v for k, v in whole.summary.items() if k not in own
    }
    assert "is at tick 30, its end is 30" in npcsim("resume", folder, code=1).err


def test_thoughts_under_way_are_asked_again_with_the_same_question(
    folder: Path, tmp_path: Path
) -> None:
    models = {"local": Scripted()}
    run = door.resume(folder, ticks=20, models=models)
    (resumed,) = (one for one in run.events("Resumed") if isinstance(one, Resumed))
    landed = [one.thought for one in run.events("Landed", start=31) if isinstance(one, Landed)]
    assert resumed.again
    assert set(resumed.again) <= set(landed)
    questions = [kept.call.question for kept in run.calls() if kept.call.thought in resumed.again]
    assert models["local"].asked[: len(resumed.again)] == questions[: len(resumed.again)]


class TestRefusals:
    def test_at_its_end(self, folder: Path) -> None:
        said = npcsim("resume", folder, code=1)
        assert said.err == (
            "npcsim: the run is at tick 30, its end is 30; say how far with --ticks or --until\n"
        )
        assert "till when" in npcsim("resume", folder, "--until", "soon", code=1).err

    def test_while_it_is_being_written(self, folder: Path) -> None:
        writer = RunWriter.reopen(folder)
        try:
            with pytest.raises(StoreError, match="locked by another program"):
                RunWriter.reopen(folder)
        finally:
            writer.close()
        assert Run.open(folder).state == "finished"  # nothing was added

    def test_another_model(self, folder: Path) -> None:
        before = (folder / "run.db").read_bytes()
        with pytest.raises(
            NpcsimError, match=r"tier local was scripted/scripted, and it is script"
        ):
            door.resume(folder, ticks=5, models={"local": Scripted(name="other")})
        assert Run.open(folder).last_tick == 30
        assert len(before) == len((folder / "run.db").read_bytes())

    def test_damage(self, folder: Path) -> None:
        with sqlite3.connect(folder / "run.db") as db:
            db.execute("update events set payload = replace(payload, 'bakery', 'bukery')")
        db.close()
        before = (folder / "run.db").read_bytes()
        assert "is damaged" in npcsim("resume", folder, "--ticks", 5, code=1).err
        assert (folder / "run.db").read_bytes()[100:] == before[100:]  # behind SQLite's own head
