"""The front door as a program uses it: scenarios and tools made in code, whole runs, replays."""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import npcsim
from npcsim import events as ev
from npcsim.scenario.load import definition_from, read_definition
from tests.e2e.shell import ROOT, SCENARIOS
from tests.e2e.shell import npcsim as command

PIP: dict[str, Any] = {
    "scenario": "pip",
    "clock": {"tick": "1 s", "start": "09:00", "end": "09:01"},
    "size": (24, 14),
    "places": {"tree": {"x": 4, "y": 7}, "well": {"x": 19, "y": 7}},
    "npcs": {"Pip": {"at": "tree"}},
}
TOOLS = '''
"""Tools of a test, in a file of their own."""

import npcsim
from npcsim import Body, Remember, View

LOUD = 3


@npcsim.tool(option="hum a tune", did="I hummed")
def hum(me: Body, view: View) -> list[npcsim.Effect]:
    return [Remember(me, f"I hummed {LOUD} times", 0.5, "did")]


TOOLS = [hum]
'''
HUMS = {**PIP, "behaviour": {"hummer": {"humming": {"do": "hum"}}}}
HUMS["npcs"] = {"Pip": {"at": "tree", "behaviour": "hummer"}}


@pytest.fixture
def humming(tmp_path: Path) -> Iterator[npcsim.Tool]:
    """The tool of a module that is a file on disk."""
    file = tmp_path / "humming_tools.py"
    file.write_text(TOOLS)
    spec = importlib.util.spec_from_file_location("humming_tools", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["humming_tools"] = module
    spec.loader.exec_module(module)
    yield module.hum
    del sys.modules["humming_tools"]


def local_hum() -> npcsim.Tool:
    """A tool that no module holds, as one that was made in a notebook."""

    def hum(me: npcsim.Body, view: npcsim.View) -> list[npcsim.Effect]:
        return [npcsim.Remember(me, "I hummed", 0.5, "did")]

    return npcsim.tool(option="hum a tune", did="I hummed")(hum)


class TestWhatCanBeLoaded:
    """A name, a path, a mapping or a definition."""

    @pytest.mark.parametrize("given", ["01_first_npc", SCENARIOS[0], str(SCENARIOS[0])])
    async def test_a_name_or_a_path(self, given: str | Path) -> None:
        async with npcsim.load(given, models={}, ticks=2) as simulation:
            assert simulation.started.scenario == "first_npc"

    async def test_a_name_that_is_unknown(self) -> None:
        with pytest.raises(npcsim.ScenarioError, match="did you mean '01_first_npc'"):
            async with npcsim.load("01_first_npx"):
                raise AssertionError

    async def test_a_mapping_says_what_its_file_says(self) -> None:
        loaded, mistakes = read_definition(SCENARIOS[2], search=(ROOT / "worlds",))
        assert loaded is not None
        assert not mistakes
        hashes = []
        plain = dict(loaded.sources.root.plain())
        for given in (SCENARIOS[2], plain, definition_from(loaded.text)):
            async with npcsim.load(
                given, models={}, ticks=30, folder=ROOT / "worlds/oakvale"
            ) as it:
                hashes.append([tick.hash async for tick in it][-1])
        assert len(set(hashes)) == 1

    async def test_numbers_of_numpy_and_tuples_are_plain(self) -> None:
        given = {**PIP, "places": {"tree": {"x": np.float64(4), "y": np.int32(7)}}}
        async with npcsim.load(given, models={}) as simulation:
            assert simulation.npc("Pip").place == "tree"

    async def test_its_world_and_map_are_looked_for_in_folder(self, tmp_path: Path) -> None:
        world = tmp_path / "worlds" / "glade"
        world.mkdir(parents=True)
        (world / "world.yaml").write_text("places: {fen: {x: 2, y: 2}}\nsize: [5, 5]\n")
        given = {"scenario": "x", "uses": "glade", "npcs": {"Ada": {"at": "fen"}}}
        async with npcsim.load(given, folder=tmp_path) as simulation:
            assert simulation.npc("Ada").place == "fen"
        with pytest.raises(npcsim.ScenarioError, match=r"^uses: no .*'glade'"):
            async with npcsim.load(given, folder=tmp_path / "worlds" / "glade" / "nowhere"):
                raise AssertionError

    @pytest.mark.parametrize(
        ("change", "where", "said"),
        [
            ({"npcs": {"Mara": {"at": "wel"}}}, "npcs.Mara.at", "did you mean 'well'"),
            ({"npcs": {"Mara": {"att": "well"}}}, "npcs.Mara.att", "did you mean 'at'"),
            ({"clock": {"tick": "1 sec"}}, "clock.tick", "did you mean '1 s'"),
            ({"size": [24, "x"]}, "size.1", "whole number"),
            ({"events": [{"at": "09:00", "do": "Pip.go_too(well)"}]}, "events.0.do", "go_to"),
            ({"title": float("nan")}, "title", "no number to count with"),
            ({"title": 10**30}, "title", "too large"),
            ({"title": b"bytes"}, "title", "a bytes can't stand in a scenario"),
            ({"title": "a\x00b"}, "title", "control character"),
            ({3: "x"}, "the mapping", "the key 3 is no text"),
            ({"map": "##\n#?\n", "legend": {}}, "map", "?"),
        ],
    )
    async def test_mistakes_are_located_by_keys(
        self, change: dict[Any, Any], where: str, said: str
    ) -> None:
        with pytest.raises(npcsim.ScenarioError) as told:
            async with npcsim.load({**PIP, **change}):
                raise AssertionError
        one = next(one for one in told.value.mistakes if one.file == where)
        assert said in f"{one.message}; {one.hint}"
        assert str(one).startswith(f"{where}: ")

    async def test_what_holds_itself_is_refused(self) -> None:
        ring: dict[str, Any] = {**PIP}
        ring["places"] = ring
        with pytest.raises(npcsim.ScenarioError, match="places: it holds itself"):
            async with npcsim.load(ring):
                raise AssertionError

    async def test_overrides_lie_over_a_mapping(self) -> None:
        async with npcsim.load(PIP, overrides=["npcs.Pip.at=well", "seed=7"]) as simulation:
            assert simulation.npc("Pip").place == "well"
            assert simulation.started.seed == 7


class TestRunUntil:
    """Stepping to a time, a tick or a condition."""

    async def test_a_time_a_tick_a_condition_and_the_end(self) -> None:
        async with npcsim.load(PIP, models={}) as simulation:
            assert (await simulation.run_until("09:00")).tick == 0
            assert (await simulation.run_until("09:00:10")).tick == 10
            assert (await simulation.run_until(12)).tick == 12
            simulation.put({"do": "Pip.go_to(well)"})
            view = await simulation.run_until(lambda view: view.npc("Pip").place == "well")
            assert 12 < view.tick < 60
            assert simulation.npc("Pip").place == "well"
            with pytest.raises(ValueError, match="expected a time"):
                await simulation.run_until("noon")
            assert (await simulation.run_until("day 2 09:00")).tick == 60
            assert simulation.ended


class TestWholeRun:
    """`npcsim.run`, the blocking form."""

    def test_it_is_kept_where_it_is_told(self, tmp_path: Path) -> None:
        with npcsim.run(PIP, models={}, out=tmp_path, overrides=["seed=3"]) as run:
            assert run.state == "finished"
            assert run.summary is not None
            assert (run.summary["ticks"], run.summary["seed"]) == (60, 3)
        assert npcsim.Run.open(tmp_path / "pip-1").summary == run.summary

    def test_without_out_it_is_gone_when_closed_or_forgotten(self) -> None:
        run = npcsim.run(PIP, models={}, ticks=3)
        folder = Path(run.path)
        assert run.last_tick == 3
        assert folder.is_dir()
        run.close()
        assert not folder.parent.exists()
        run = npcsim.run(PIP, models={}, ticks=3)
        folder = Path(run.path)
        del run
        gc.collect()
        assert not folder.parent.exists()

    async def test_where_a_loop_runs_already(self) -> None:
        assert asyncio.get_running_loop()
        assert npcsim.run(PIP, models={}, ticks=3).last_tick == 3

    def test_the_same_as_the_command(self, tmp_path: Path) -> None:
        words = ("run", "03_village_morning", "--ticks", 20, "--models", "off", "--json")
        said = command(*words, "--out", tmp_path).last
        run = npcsim.run("03_village_morning", models={}, ticks=20)
        assert run.summary is not None
        assert run.summary["state_hash"] == said["state_hash"]

    def test_it_needs_an_end(self) -> None:
        endless = {**PIP, "clock": {"tick": "1 s"}}
        with pytest.raises(npcsim.NpcsimError, match="give `ticks`"):
            npcsim.run(endless)
        stopped = {**endless, "stop": {"when": "any(x > 0)", "for": "2 s"}}
        assert npcsim.run(stopped, models={}).last_tick < 10

    def test_a_mistake_leaves_nothing_behind(self, tmp_path: Path) -> None:
        with pytest.raises(npcsim.ScenarioError):
            npcsim.run({**PIP, "npcs": {"Pip": {"at": "nowhere"}}}, out=tmp_path)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.skipif(os.name == "nt", reason="sends a signal of the POSIX kind")
    @pytest.mark.parametrize("kept", [True, False])
    def test_ctrl_c_ends_it_in_good_order(self, tmp_path: Path, kept: bool) -> None:
        script = tmp_path / "script.py"
        script.write_text(
            textwrap.dedent(f"""
            import npcsim
            PIP = {PIP!r}
            npcsim.run(PIP, models={{}}, ticks=1)  # everything is imported
            print("up")
            try:
                npcsim.run(PIP, models={{}}, ticks=10**9, out={str(tmp_path) if kept else None!r})
            except npcsim.Interrupted as end:
                ended = end.run.table("acts", start=end.run.last_tick)
                print(end.run.state, end.run.summary["ticks"] == end.run.last_tick, len(ended))
                raise
            """)
        )
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", "exec(open('script.py').read())"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(2)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
        assert out == "interrupted True 0\n", err
        assert "ended after tick" in err
        assert process.returncode != 0
        if kept:
            assert npcsim.Run.open(tmp_path / "pip-1").state == "interrupted"


class TestToolsMadeInCode:
    """`tools=[...]`, and what becomes of them in a replay."""

    async def test_bodies_and_minds_use_them(self) -> None:
        async with npcsim.load(HUMS, tools=[local_hum()], models={}) as simulation:
            tick = await simulation.step()
            told = [event for event in tick.events if isinstance(event, ev.Remembered)]
            assert [event.text for event in told] == ["I hummed"]
        with pytest.raises(npcsim.ScenarioError, match=r"behaviour.hummer.humming.do: .*'hum'"):
            async with npcsim.load(HUMS):
                raise AssertionError

    def test_the_source_of_a_module_is_kept(self, humming: npcsim.Tool, tmp_path: Path) -> None:
        run = npcsim.run(HUMS, tools=[humming], models={}, out=tmp_path)
        assert "I hummed 3 times" in {e.text for e in run.events("Remembered")}  # type: ignore[union-attr]
        del sys.modules["humming_tools"]
        (tmp_path / "humming_tools.py").unlink()
        assert npcsim.replay(run).ticks == 60
        command("replay", tmp_path / "pip-1")
        sys.modules["humming_tools"] = sys  # for the fixture to take away

    def test_one_that_no_module_holds_is_asked_for_by_name(self, tmp_path: Path) -> None:
        run = npcsim.run(HUMS, tools=[local_hum()], models={}, out=tmp_path)
        with pytest.raises(npcsim.MissingTools, match="does not hold: hum;") as told:
            npcsim.replay(run)
        assert told.value.names == ("hum",)
        said = command("replay", tmp_path / "pip-1", code=1)
        assert "npcsim.replay(run, tools=[hum])" in said.err
        verdict = npcsim.replay(tmp_path / "pip-1", tools=[local_hum()])
        assert run.summary is not None
        assert (verdict.ticks, verdict.hash) == (60, run.summary["state_hash"])

    def test_other_tools_than_the_runs_diverge(self, tmp_path: Path) -> None:
        def hum(me: npcsim.Body, view: npcsim.View) -> list[npcsim.Effect]:
            return [npcsim.Remember(me, "I sang", 0.5, "did")]

        run = npcsim.run(HUMS, tools=[local_hum()], models={})
        with pytest.raises(npcsim.ReplayDiverged, match="tick 1"):
            npcsim.replay(run, tools=[npcsim.tool(option="hum")(hum)])

    @pytest.mark.parametrize(
        ("body", "replays"),
        [
            ("if __name__ == '__main__':\n    run()", True),
            ("run()", False),  # loading it again would run it again
            ("RUN = run()", False),
        ],
    )
    def test_a_script_is_kept_where_it_only_defines(
        self, tmp_path: Path, body: str, replays: bool
    ) -> None:
        script = (
            f"{TOOLS}\n\ndef run():\n    npcsim.run({HUMS!r}, tools=TOOLS, models={{}}, out='runs')"
            f"\n\n\n{body}\n"
        )
        (tmp_path / "script.py").write_text(script)
        subprocess.run([sys.executable, "-W", "error", "script.py"], cwd=tmp_path, check=True)
        said = command("replay", tmp_path / "runs" / "pip-1", code=0 if replays else 1)
        assert ("60 ticks replayed" in said.out) is replays
        assert [path.name for path in (tmp_path / "runs").iterdir()] == ["pip-1"]

    async def test_what_is_no_tool_or_twice_is_told(self) -> None:
        with pytest.raises(TypeError, match=r"not made by @npcsim\.tool"):
            async with npcsim.load(PIP, tools=[print]):  # type: ignore[list-item]
                raise AssertionError
        with pytest.raises(ValueError, match="two of them are called 'hum'"):
            async with npcsim.load(PIP, tools=[local_hum(), local_hum()]):
                raise AssertionError


def test_the_room_of_that_name_does_not_hide_the_function() -> None:
    import npcsim.replay.verify

    assert callable(npcsim.replay)
