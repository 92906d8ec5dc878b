"""The command line: what it takes, what it prints, and how it says no."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from npcsim import open_run
from npcsim.report import after_run, summary_lines
from tests.e2e.conftest import Morning
from tests.e2e.shell import ROOT, SCENARIOS, Said, begin, live, npcsim, shell

BROKEN = ROOT / "tests" / "data" / "broken"
COMMANDS = ("run", "report", "replay", "watch", "validate", "bench")


def scenario(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"scenario: mine\n{text}", encoding="utf-8")
    return path


def on_a_terminal(*args: object) -> Said:
    """The command with its stderr on a terminal of 160 columns."""
    master, slave = os.openpty()
    with begin(*args, env={"COLUMNS": "160", "TERM": "xterm-256color"}, stderr=slave) as process:
        os.close(slave)
        pieces = []
        try:
            while piece := os.read(master, 4096):
                pieces.append(piece)
        except OSError:
            pieces.append(b"")  # Linux says the end of a terminal as an error
        finally:
            os.close(master)
        assert process.stdout is not None
        out = process.stdout.read()
    assert process.returncode == 0
    return Said(0, out, b"".join(pieces).decode())


def test_help_names_every_command() -> None:
    said = shell("--help").out
    assert all(f"\n  {name} " in said for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    assert "Usage: npcsim" in npcsim(command, "--help").out.replace("root", "npcsim")


class TestRun:
    def test_json_has_every_number_promised(self, bodies: Morning) -> None:
        summary = bodies.summary
        assert set(summary) >= set(
            "run scenario seed ticks npcs state_hash thoughts by_tier tokens cost_usd effects "
            "tick_ms wall_s sim_s".split()
        )
        assert set(summary["thoughts"]) == {
            "asked", "landed", "kept", "late", "failed", "cancelled", "fallback"
        }  # fmt: skip
        kinds = {"input", "output", "cached", "written", "computed"}
        assert set(summary["tokens"]) == kinds
        assert set(summary["per_npc_day"]) == {"tokens", "computed"}
        assert set(summary["effects"]) == {"applied", "rejected"}
        assert set(summary["tick_ms"]) == {"p50", "p95", "p99", "max"}
        assert (summary["scenario"], summary["npcs"], summary["ticks"]) == (
            "village_morning", 12, 80
        )  # fmt: skip
        assert summary["sim_s"] == 80 * 5
        assert summary["wall_s"] > 0
        assert 0 < summary["tick_ms"]["p50"] <= summary["tick_ms"]["max"]
        assert open_run(summary["run"]).summary == summary

    def test_json_is_the_only_thing_on_stdout(self, tmp_path: Path) -> None:
        said = shell("run", "01_first_npc", "--ticks", 2, "--json", "--out", tmp_path)
        assert len(said.out.splitlines()) == 1
        assert said.last["run"]
        assert said.err == ""

    def test_its_run_is_a_path_that_every_other_command_takes(
        self, bodies: Morning, tmp_path: Path
    ) -> None:
        run = bodies.summary["run"]
        npcsim("replay", run)
        npcsim("report", run)
        npcsim("watch", run, "--shot", tmp_path / "x.png")

    def test_runs_lie_beside_one_another_in_the_folder_named(self, tmp_path: Path) -> None:
        out = tmp_path / "deep" / "runs"
        first, second = (live("01_first_npc", out, "--ticks", 1)["run"] for _ in range(2))
        assert [first, second] == [str(out / "first_npc-1"), str(out / "first_npc-2")]

    def test_without_out_they_lie_in_runs(self, tmp_path: Path) -> None:
        said = shell("run", "01_first_npc", "--ticks", 1, "--json", cwd=tmp_path)
        assert said.last["run"] == str(Path("runs") / "first_npc-1")
        assert (tmp_path / said.last["run"] / "run.db").is_file()

    def test_the_summary_is_readable(self, tmp_path: Path) -> None:
        said = npcsim("run", "01_first_npc", "--ticks", 5, "--out", tmp_path).out
        kept = open_run(tmp_path / "first_npc-1").summary
        assert kept is not None
        onward = after_run(str(kept["run"]))
        assert said.splitlines() == [*summary_lines(kept), *onward]
        assert str(tmp_path / "first_npc-1") in said
        assert kept["state_hash"] in said

    @pytest.mark.skipif(os.name == "nt", reason="needs a terminal of the POSIX kind")
    def test_a_terminal_gets_a_live_bar(self, tmp_path: Path) -> None:
        said = on_a_terminal(
            "run", "03_village_morning", "--ticks", 300, "--json", "--out", tmp_path,
            "--set", "tiers.local.model=scripted",
        )  # fmt: skip
        for part in ("village_morning", "day 1 06:", "tick ", "thoughts in flight", "tokens", "$0"):
            assert part in said.err
        assert said.last["ticks"] == 300
        quiet = ("run", "01_first_npc", "--ticks", 300, "--json", "--quiet", "--out", tmp_path)
        assert on_a_terminal(*quiet).err == ""

    def test_options_override_the_file(self, tmp_path: Path) -> None:
        sets = ("--set", "clock.tick=2 s", "--set", "npcs.Pip.traits.thirst=0.9")
        changed = live("01_first_npc", tmp_path, "--ticks", 5, "--seed", 7, *sets)
        assert (changed["seed"], changed["sim_s"], changed["ticks"]) == (7, 10, 5)
        assert live("01_first_npc", tmp_path, "--set", "clock.end=09:01")["ticks"] == 60
        plain = live("01_first_npc", tmp_path, "--ticks", 5)
        assert plain["seed"] == 1
        assert plain["state_hash"] != changed["state_hash"]

    def test_a_tier_that_the_file_leaves_out_can_be_set(self, tmp_path: Path) -> None:
        sets = ("--set", "tiers.local.model=scripted")
        summary = live("03_village_morning", tmp_path, "--ticks", 10, *sets)
        assert summary["thoughts"]["landed"] > 0
        npcsim("replay", summary["run"])

    def test_a_scenario_elsewhere_uses_a_world_that_ships(self, tmp_path: Path) -> None:
        path = scenario(
            tmp_path / "else where",
            'uses: oakvale\nclock: {tick: 1 s, start: "06:00"}\n'
            "npcs: {Ada: {is: villager, at: market, home: rose_cottage}}\n",
        )
        said = shell("run", path.name, "--ticks", 5, "--json", "--models", "off", cwd=path.parent)
        assert said.last["ticks"] == 5
        shell("replay", said.last["run"], cwd=path.parent)

    def test_a_log_needs_nothing_but_itself(self, tmp_path: Path) -> None:
        """World, map and tools are in the log: what became of their files does not matter."""
        shutil.copytree(ROOT / "worlds" / "oakvale", tmp_path / "worlds" / "vale")
        people = "uses: vale\nnpcs: {Ada: {is: baker, at: bakery, home: bakery}}\n"
        path = scenario(tmp_path, people)
        summary = live(path, tmp_path / "out", "--ticks", 30, "--models", "off")
        shutil.rmtree(tmp_path / "worlds")
        path.unlink()
        moved = (tmp_path / "out" / "mine-1").rename(tmp_path / "elsewhere")
        assert summary["state_hash"] in npcsim("replay", moved).out
        npcsim("watch", moved, "--shot", tmp_path / "x.png", "--select", "Ada")

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            (["--set", "clock.tik=1 s"], "--set:1:7: unknown name 'tik'; did you mean 'tick'?"),
            (["--set", "nonsense.at.all=1"], "--set:1:1: unknown name 'nonsense'; known are "),
            (["--set", "npcs.Pop.speed=1"], "--set:1:6: unknown name 'Pop'; did you mean 'Pip'?"),
            (["--set", "seed"], "--set:1:1: expected key.path=value, found 'seed'"),
            (["--set", "npcs.Pip.speed=nan"], "--set:1:16: expected a number, found 'nan'"),
            (["--set", "npcs.Pip.speed=.nan"], ".nan is no number to count with"),
            (["--set", "clock.tick=0 s"], "--set:1:12: "),
            (["--set", "npcs.Pip.at=tre"], "--set:1:13: no place or spot 'tre'"),
            (["--ticks", "0"], "Invalid value for '--ticks'"),
            (["--models", "perhaps"], "--models is on or off"),
        ],
    )
    def test_what_it_does_not_take(self, args: list[str], message: str, tmp_path: Path) -> None:
        said = npcsim("run", "01_first_npc", "--out", tmp_path / "out", *args, code=2)
        assert message in said.err
        assert said.out == ""
        assert not (tmp_path / "out").exists()

    def test_a_scenario_that_is_not_there(self, tmp_path: Path) -> None:
        for name, message in [
            ("01_frist_npc", "did you mean '01_first_npc'?"),
            ("nowhere", "those that ship are 01_first_npc, "),
            (tmp_path / "no.yaml", "no.yaml:1:1: there is no such file"),
            (tmp_path, "this is a folder; expected a YAML file"),
        ]:
            assert message in npcsim("run", name, "--out", tmp_path / "out", code=2).err

    def test_a_run_without_an_end_wants_to_know_how_long(self, tmp_path: Path) -> None:
        path = scenario(tmp_path, "places: {hut: {x: 1, y: 1}}\nnpcs: {Ada: {at: hut}}\n")
        assert "say how long with --ticks" in npcsim("run", path, code=1).err
        assert live(path, tmp_path / "out", "--ticks", 3)["ticks"] == 3


class TestValidate:
    def test_everything_that_ships_is_fine(self) -> None:
        lines = npcsim("validate", ROOT / "scenarios").out.splitlines()
        assert len(lines) == len(SCENARIOS)
        assert all(": fine, " in line for line in lines)

    def test_each_broken_scenario_is_told_at_its_line_and_column(self) -> None:
        said = npcsim("validate", BROKEN, code=2)
        expected = [
            f"{path}:{line.removeprefix('# expect: ').replace(' ', ': ', 1)}"
            for path in sorted(BROKEN.glob("*.yaml"))
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.startswith("# expect: ")
        ]
        told = [line for line in said.out.splitlines() if ": there are no NPCs" not in line]
        assert told == expected
        count = len(list(BROKEN.glob("*.yaml")))
        assert said.err == f"{count} of {count} can't be run\n"

    def test_good_ones_beside_broken_ones_are_told_too(self, tmp_path: Path) -> None:
        scenario(tmp_path, "places: {hut: {x: 1, y: 1}}\nnpcs: {Ada: {at: hut}}\n", "a.yaml")
        scenario(tmp_path, "places: {hut: {x: 1, y: 1}}\nnpcs: {Ada: {at: hat}}\n", "b.yaml")
        said = npcsim("validate", tmp_path, code=2)
        good, bad = said.out.splitlines()
        assert good == f"{tmp_path / 'a.yaml'}: fine, 1 NPC"
        assert bad.startswith(f"{tmp_path / 'b.yaml'}:3:18: no place or spot 'hat'")
        assert said.err == "1 of 2 can't be run\n"

    @pytest.mark.parametrize(
        "guard",
        [
            "__import__('os').system('true')",
            "().__class__.__bases__",
            "open('/etc/passwd')",
            "hp.__class__ > 0",
            "lambda: 1",
            "[x for x in (1, 2)]",
            "hunger ** 9999999999 > 0",
            "(" * 5_000 + "hunger" + ")" * 5_000,
            "hunger > 0 " + "and hunger > 0 " * 20_000,
            "1e999 > hunger",
            "hungry > 0.5",
            "near(dragon) < 8",
            "",
        ],
        ids=lambda guard: guard[:24] or "empty",
    )
    def test_hostile_and_hopeless_guards_are_refused_where_they_stand(
        self, guard: str, tmp_path: Path
    ) -> None:
        path = scenario(
            tmp_path,
            "places: {hut: {x: 1, y: 1}}\n"
            "attributes: {hunger: {range: 0..1}}\n"
            "npcs: {Ada: {at: hut, behaviour: daily}}\n"
            "behaviour:\n"
            "  daily:\n"
            "    idle: {do: wait}\n"
            f"    odd: {{from: idle, do: wait, when: {json.dumps(guard)}}}\n",
        )
        said = npcsim("validate", path, code=2)
        (line,) = said.out.splitlines()
        assert line.startswith(f"{path}:8:")
        assert len(line) < len(str(path)) + 300

    def test_a_folder_without_scenarios(self, tmp_path: Path) -> None:
        assert "no .yaml files" in npcsim("validate", tmp_path, code=2).err


class TestReport:
    def test_it_tells_the_story(self, morning: Morning) -> None:
        said = npcsim("report", morning.folder).out
        assert "A morning in Oakvale" in said
        assert "Mara" in said
        assert "local" in said

    def test_it_tells_of_one(self, morning: Morning) -> None:
        said = npcsim("report", morning.folder, "--npc", "Mara").out
        assert "Mara" in said
        assert said != npcsim("report", morning.folder).out

    def test_it_knows_who_there_is(self, bodies: Morning) -> None:
        said = npcsim("report", bodies.folder, "--npc", "Nobody", code=1)
        assert said.err.startswith("npcsim: the run tells of no NPC 'Nobody'; it tells of ")
        assert "Mara" in said.err

    def test_the_page_is_whole_in_itself(self, morning: Morning, tmp_path: Path) -> None:
        page = tmp_path / "page.html"
        npcsim("report", morning.folder, "--html", page)
        text = page.read_text(encoding="utf-8")
        assert text.lower().startswith("<!doctype html>")
        assert "<svg" in text
        assert "Mara" in text
        for outside in ("http://", "https://", "<link", "src=", "@import", "url("):
            assert outside not in text.replace("http://www.w3.org/2000/svg", ""), outside

    def test_the_page_can_not_be_written(self, bodies: Morning, tmp_path: Path) -> None:
        page = tmp_path / "no" / "page.html"
        said = npcsim("report", bodies.folder, "--html", page, code=1)
        assert said.err == f"npcsim: can't write {page}: No such file or directory\n"


@pytest.mark.parametrize("command", ["report", "replay"])
def test_what_is_no_run(command: str, tmp_path: Path) -> None:
    said = npcsim(command, tmp_path, code=1)
    assert said.err.startswith(f"npcsim: no run at {tmp_path}")


def test_there_is_no_such_bench() -> None:
    assert "No such command 'sleep'" in npcsim("bench", "sleep", code=2).err
