"""The studies that ship: their designs hold, and a tiny version of each is lived and compared."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from npcsim.errors import NpcsimError
from npcsim.experiments.plan import find_design, find_designs, name_of
from tests.e2e.shell import ROOT, npcsim
from tests.experiments.designs import HEADS

STUDIES = sorted((ROOT / "scenarios" / "studies").glob("*/design*.yaml"))
TICKS = {"05_harvest_party": 181, "06_ambush": 241, "04_the_bandit_parley": 31}
"""Where the last tick alone is measured, or one measurement of each is enough."""


@pytest.mark.parametrize("design", STUDIES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_tiny_version_is_lived_and_compared(design: Path, tmp_path: Path) -> None:
    whole = yaml.safe_load(design.read_text("utf-8"))
    tiny = {**whole, "seeds": 2, "ticks": TICKS[whole["scenario"]], "models": False}
    file = tmp_path / "tiny.yaml"
    file.write_text(yaml.safe_dump(tiny), "utf-8")
    out = tmp_path / "out"
    said = npcsim("study", file, "--out", out, "--quiet", "--processes", 1).out
    (factor,) = whole["factors"]
    measure, figures = whole["outcomes"][0], out / "figures" / factor
    assert f"{measure}" in said
    assert f" with {factor} " in said
    assert (out / f"{factor}.html").read_text("utf-8").count("<svg") >= 2
    drawn = {path.name for path in figures.iterdir()}
    assert {"effects.svg", f"seeds-{measure}.svg"} <= drawn
    picture = (figures / "effects.svg").read_text("utf-8")
    assert picture.startswith("<svg")
    assert 'xmlns="http://www.w3.org/2000/svg"' in picture


def test_a_study_is_found_by_its_name() -> None:
    names = {design.parent.name for design in STUDIES}
    assert names == {"does_talk_spread_news", "what_does_each_tier_buy"}
    for name in names:
        found = find_designs(name)
        assert [file.resolve() for file in found] == [
            file for file in STUDIES if file.parent.name == name
        ]
        assert f"npcsim study {name}" in (found[0].parent / "README.md").read_text("utf-8")
    assert name_of(find_design("does_talk_spread_news")) == "does_talk_spread_news"


def test_a_command_for_one_design_asks_which_of_several() -> None:
    name = "what_does_each_tier_buy"
    with pytest.raises(NpcsimError, match=rf"{name}/design_ambush.yaml, or live all of them"):
        find_design(name)
    assert find_design(f"{name}/design_parley.yaml").is_file()


def test_a_study_of_several_designs_is_lived_by_one_command(tmp_path: Path) -> None:
    study, out = tmp_path / "two", tmp_path / "out"
    study.mkdir()
    whole = {"scenario": "tavern_brawl", "models": False, "ticks": 20, "seeds": 2}
    whole |= {"factors": {"temper": HEADS}, "outcomes": ["brawlers"]}

    def write(part: str, **changes: object) -> None:
        (study / f"design_{part}.yaml").write_text(yaml.safe_dump({**whole, **changes}), "utf-8")

    write("brawl")
    write("wounds", outcomes=["brawlrs"])
    command = ("study", study, "--out", out, "--quiet", "--processes", 1)
    assert "design_wounds.yaml" in npcsim(*command, code=2).err
    assert not out.exists()  # a mistake in the last is told before the first is lived

    write("wounds", outcomes=["hp.patron"])
    said = npcsim(*command).out
    first, second = said.split("design_wounds.yaml:\n")
    assert first.startswith("design_brawl.yaml:\nbrawlers with temper ")
    assert second.startswith("hp.patron with temper ")
    for part, measure in (("brawl", "brawlers"), ("wounds", "hp.patron")):
        assert str(out / part / "temper.html") in said
        assert (out / part / "figures" / "temper" / f"seeds-{measure}.svg").is_file()
