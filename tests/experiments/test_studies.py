"""The studies that ship: their designs hold, and a tiny version of each is lived and compared."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from npcsim.experiments.plan import find_design, name_of
from tests.e2e.shell import ROOT, npcsim

STUDIES = sorted((ROOT / "scenarios" / "studies").glob("*/design.yaml"))
TICKS = {"does_talk_spread_news": 181, "what_does_each_tier_buy": 241}
"""One measurement of each."""


@pytest.mark.parametrize("design", STUDIES, ids=lambda path: path.parent.name)
def test_a_tiny_version_is_lived_and_compared(design: Path, tmp_path: Path) -> None:
    whole = yaml.safe_load(design.read_text("utf-8"))
    study = design.parent.name
    tiny = {**whole, "seeds": 2, "ticks": TICKS[study], "models": False}
    file = tmp_path / "tiny.yaml"
    file.write_text(yaml.safe_dump(tiny), "utf-8")
    out = tmp_path / "out"
    said = npcsim("study", file, "--out", out, "--quiet", "--processes", 1).out
    (factor,) = whole["factors"]
    measure, figures = whole["outcomes"][0], out / "figures" / factor
    assert f"{measure} with {factor} " in said
    assert (out / f"{factor}.html").read_text("utf-8").count("<svg") >= 2
    drawn = {path.name for path in figures.iterdir()}
    assert {"effects.svg", f"seeds-{measure}.svg"} <= drawn
    picture = (figures / "effects.svg").read_text("utf-8")
    assert picture.startswith("<svg")
    assert 'xmlns="http://www.w3.org/2000/svg"' in picture


def test_a_study_is_found_by_its_name() -> None:
    for design in STUDIES:
        found = find_design(design.parent.name)
        assert found.samefile(design)
        assert name_of(found) == design.parent.name
        page = (design.parent / "README.md").read_text("utf-8")
        assert f"npcsim study {design.parent.name}" in page
    assert len(STUDIES) == 2
