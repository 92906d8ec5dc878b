"""A run that had stopped goes on as one that never did: killed, interrupted, or longer than meant.

Kills are real: a process is forked for each, and killed at a random moment of its run.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import npcsim as door
from npcsim.errors import NpcsimError, StoreError
from npcsim.events import Landed, Resumed
from npcsim.models.scripted import Scripted
from npcsim.store.run_store import Run
from npcsim.store.writer import RunWriter
from tests.e2e.shell import SCENARIOS, live, npcsim

SCRIPTED = ("--set", "tiers.local.model=scripted", "--set", "think.local=40 s")
KILLS = 20
TICKS = 60
PAID = [
    "think={local: 40 s, dominates: 10}",
    "tiers.local={model: scripted, price: {input: 3, output: 15}, budget: 0.08 USD, trust: 0.9}",
    "routing={worth: 1.00 USD, escalate: 0.01}",
    "log={snapshot: 60 s}",
]
"""Answers that take eight ticks and are paid from a budget that does not last."""
NURSERY = """
import asyncio, os, random, signal, sys, time
from pathlib import Path
from npcsim.assembly.build import read
from npcsim.assembly.runs.headless import to_the_end
from npcsim.assembly.runs.session import open_session

async def lived(built, out, ticks):
    await to_the_end(await open_session(built, out=out, ticks=ticks))

file, out, kills, ticks, *sets = sys.argv[1:]
chance, whole = random.Random(7), 0.0
built = read(Path(file), sets)
for number in range(int(kills) + 1):
    child = os.fork()
    if child == 0:
        asyncio.run(lived(built, Path(out, str(number)), int(ticks)))
        os._exit(0)
    begun = time.monotonic()
    folder = Path(out, str(number), "village_morning-1")
    while not folder.exists() and time.monotonic() - begun < 60:
        time.sleep(0.002)
    begun = time.monotonic()  # from here on there is a run
    if number:
        time.sleep(chance.random() * whole)
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    whole = whole or time.monotonic() - begun
"""
"""Lives a scenario whole, then as often again, each killed at a random part of that time."""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_killed_at_random_moments_it_ends_as_if_it_never_was(tmp_path: Path) -> None:
    what = [SCENARIOS[2], tmp_path, str(KILLS), str(TICKS), *PAID]
    subprocess.run([sys.executable, "-c", NURSERY, *what], check=True, timeout=300)
    whole = Run.open(tmp_path / "0" / "village_morning-1")
    expected, hashes = whole.summary, dict(whole.hashes())
    assert expected is not None
    assert expected["thoughts"]["asked"] >= 10
    assert expected["cost_usd"] > 0
    stopped, again = [], 0
    for number in range(1, KILLS + 1):
        folder = tmp_path / str(number) / "village_morning-1"
        try:
            before = Run.open(folder)
        except StoreError:
            continue  # killed before there was a run
        last = before.last_tick
        if last < 0:
            with pytest.raises(StoreError, match="cut off before it began"):
                door.resume(folder)
            continue
        if before.state == "finished":
            continue
        stopped.append(last)
        run = door.resume(folder)
        assert run.summary is not None
        for name in ("state_hash", "thoughts", "by_tier", "cost_usd", "costs", "effects"):
            assert run.summary[name] == expected[name], (last, name)
        assert dict(run.hashes()) == hashes, last
        (resumed,) = (one for one in run.events("Resumed") if isinstance(one, Resumed))
        assert (resumed.tick, resumed.why) == (last + 1, "cut off")
        asked = {one.thought for one in run.events("Asked", stop=last + 1)}  # type: ignore[union-attr]
        landed = {one.thought for one in run.events("Landed", stop=last + 1)}  # type: ignore[union-attr]
        assert set(resumed.again) <= asked - landed
        again += len(resumed.again)
        if number % 4 == 0:
            assert door.replay(run).hash == expected["state_hash"]
    assert len(stopped) >= KILLS // 3, stopped
    assert again > 0


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
        assert "is damaged" in npcsim("resume", folder, "--ticks", 5, code=1).err
        assert Run.open(folder).last_tick == 30
