"""The plots of a comparison: what they show can be told apart, and nothing leaves the frame."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

import pytest

from npcsim.experiments.effects import compared
from npcsim.experiments.plots import forest, round_marks, seeds, series
from npcsim.experiments.series import Band
from npcsim.experiments.sweep import open_sweep
from npcsim.report.web.plots import WIDE


def labels(svg: Element) -> list[str]:
    return [text.text or "" for text in svg.iter("text")]


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [
        (0, 4, [0, 1, 2, 3, 4]),
        (0.57, 0.77, [0.6, 0.65, 0.7, 0.75]),
        (-3, 17, [0, 5, 10, 15]),
        (1, 25, [5, 10, 15, 20, 25]),
    ],
)
def test_axes_have_round_numbers(low: float, high: float, marks: list[float]) -> None:
    assert round_marks(low, high) == pytest.approx(marks)


def test_equal_values_do_not_cover_one_another(done: Path) -> None:
    svg = seeds(open_sweep(done), "temper", ["0.1", "0.9"], "survival")
    dots = [(dot.get("cx"), dot.get("cy")) for dot in svg.iter("circle")]
    assert len({x for x, _ in dots}) == 1
    assert len(set(dots)) == len(dots) == 4


def test_effects_name_their_level_and_stay_within(done: Path) -> None:
    effects = compared(open_sweep(done).rows, "temper", ["mean.temper", "brawlers"])
    svg = forest(effects)
    assert {"mean.temper, temper 0.9", "brawlers, temper 0.9"} <= set(labels(svg))
    for bar in svg.iter("rect"):
        left, width = float(bar.attrib["x"]), float(bar.attrib["width"])
        assert 330 <= left <= left + width <= WIDE - 18
    assert sum(line.get("class") == "zero" for line in svg.iter("line")) == 1


def test_times_are_told_in_units_that_suit_them() -> None:
    def axis(seconds: tuple[float, ...]) -> list[str]:
        flat = tuple(float(n) for n in range(len(seconds)))
        return labels(series([Band("on", seconds, flat, flat, flat)], ["on"]))

    assert "8 h" in axis(tuple(1800.0 * n for n in range(1, 17)))
    assert "90 s" in axis((10.0, 60.0, 120.0))
    assert "15 min" in axis((60.0, 600.0, 1020.0))
