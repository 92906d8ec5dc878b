"""A run says what it was made by; where a replay differs, what is other here is named."""

from __future__ import annotations

from pathlib import Path

import pytest

import npcsim as door
from npcsim.assembly.build import read
from npcsim.assembly.build import versions as versions_of
from npcsim.replay import makers
from npcsim.store.run_store import Run
from tests.e2e.shell import live, npcsim
from tests.replay.forging import forge

SCRIPTED = ("--set", "tiers.local.model=scripted", "--set", "think.local=40 s")


def test_what_is_other_here_is_named() -> None:
    now = makers.makers()
    assert makers.made_otherwise(now) == ""
    assert makers.made_otherwise({"recipe": "x"}) == ""  # an old run does not say
    other = {**now, "numpy": "1.0", "code": "0" * 12}
    told = f"; the run was made by other code of npcsim, numpy 1.0 (here {now['numpy']})"
    assert makers.made_otherwise(other) == told


def test_the_code_s_fingerprint_changes_with_a_run_s_rooms_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def print_of(**texts: str) -> str:
        for name, text in texts.items():
            path = tmp_path / "npcsim" / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_suffix(".py").write_text(text)
        return str(makers.code_print.__wrapped__())

    monkeypatch.setattr(makers, "__file__", str(tmp_path / "npcsim" / "replay" / "makers.py"))
    first = print_of(world__rules="a = 1", viz__window="b = 1")
    assert print_of(viz__window="b = 2") == first
    assert print_of(world__rules="a = 2") != first


def test_the_source_of_tools_has_a_fingerprint_of_its_own(tmp_path: Path) -> None:
    def prints(scenario: str, tools: str) -> tuple[str, str]:
        (tmp_path / "inn.yaml").write_text(scenario)
        if tools:
            (tmp_path / "tools.py").write_text(tools)
        versions = versions_of(read(tmp_path / "inn.yaml").recipe)
        return versions["recipe"], versions["tools"]

    plain, later = "npcs: {Ida: {tools: [wait]}}\n", "seed: 2\nnpcs: {Ida: {tools: [wait]}}\n"
    bare = prints(plain, "")
    first = prints(plain, "TOOLS = []\n")
    other = prints(later, "TOOLS = []\n")
    tuned = prints(later, "TOOLS = []  # none yet\n")
    assert bare[1] == ""
    assert len({bare[0], first[0], other[0], tuned[0]}) == 4
    assert first[1] == other[1] != tuned[1]


def test_a_replay_that_differs_says_who_made_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(live("01_first_npc", tmp_path, "--ticks", 5, "--models", "off")["run"])
    with Run.open(folder) as run:
        assert run.started.versions["code"] == makers.code_print()
        seq = next(seq for seq, packed in run.packed(start=3) if packed.kind == "TickEnded")
    forge(folder, "events", seq, lambda data: data.update(hash="0" * 32))
    assert "made by" not in npcsim("replay", folder, code=1).err
    later = {**makers.makers(), "numpy": "99.0"}
    monkeypatch.setattr(makers, "makers", lambda: later)
    said = npcsim("replay", folder, code=1).err
    assert "tick 3: TickEnded: hash is" in said
    assert "; the run was made by numpy" in said
    assert "(here 99.0)" in said


def test_a_fork_beyond_its_parent_s_end_replays_and_goes_on(tmp_path: Path) -> None:
    parent = live("03_village_morning", tmp_path, "--ticks", 20, *SCRIPTED)["run"]
    npcsim("fork", parent, "--at", 10, "--until", 30, "--out", tmp_path)
    fork = tmp_path / "village_morning-2"
    assert "30 ticks replayed" in npcsim("replay", fork).out
    assert door.resume(fork, ticks=5).last_tick == 35
    assert "35 ticks replayed" in npcsim("replay", fork).out
