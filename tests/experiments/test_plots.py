"""The plots of a comparison: what they show can be told apart, and nothing leaves the frame."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest

from npcsim.experiments.effects import compared
from npcsim.experiments.figures import write_figures
from npcsim.experiments.networks import Net, Nets, nets
from npcsim.experiments.plots import forest, network, round_marks, seeds, series
from npcsim.experiments.series import Band, heard
from npcsim.experiments.sweep import open_sweep
from npcsim.report.web.plots import LETTER, WIDE


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


LONG = "a factor with a name that goes on and on and on for longer than any picture is wide " * 2


def inside(svg: Element) -> bool:
    """Whether no words leave the frame, by how wide letters are about."""
    for text in svg.iter("text"):
        long, x = LETTER * len(text.text or ""), float(text.attrib["x"])
        share = {"start": 0.0, "middle": 0.5, "end": 1.0}[text.get("text-anchor", "start")]
        if text.get("transform") is None and not -5 <= x - share * long <= WIDE + 5 - long:
            return False
    return True


def test_long_names_stay_within(done: Path, tmp_path: Path) -> None:
    sweep = open_sweep(done)
    effects = compared(sweep.rows, "temper", ["brawlers"])
    assert inside(forest([replace(one, factor=LONG, level=LONG, base=LONG) for one in effects]))
    renamed = replace(
        sweep,
        rows=tuple(replace(row, cell={LONG: row.cell["temper"] + LONG}) for row in sweep.rows),
    )
    levels = [f"0.1{LONG}", f"0.9{LONG}"]
    assert inside(seeds(renamed, LONG, levels, "brawlers"))
    found = compared(renamed.rows, LONG, ["brawlers"])
    for file in write_figures(tmp_path, renamed, LONG, found):
        text = file.read_text("utf-8")
        assert inside(fromstring(text)), file.name
        # The page's rule for its pictures has a margin, by which a file of one would be moved down.
        assert re.findall(r"^svg \{[^}]*margin: ([^;]*);", text, re.M)[-1] == "0", file.name


def test_networks_have_everybody_at_the_same_place(done: Path) -> None:
    people = {name: ("guard", name.title()) for name in ("ada", "bob", "cid")}
    quiet, loud = Net(runs=2), Net(2, Counter({("ada", "bob"): 4, ("bob", "cid"): 1}))
    svg = network(Nets({"off": quiet, "on": loud}, people), "talk", "talk", "times a run")
    assert svg is not None
    assert {"talk off: 0 pairs", "talk on: 2 pairs", "the thickest line: 2 times a run"} <= set(
        labels(svg)
    )
    lines = [(line[0].text, float(line.attrib["stroke-width"])) for line in svg.iter("line")]
    assert [name for name, _ in lines] == ["Bob – Cid: 0.5", "Ada – Bob: 2"]
    assert lines[0][1] < lines[1][1] == 5.0
    dots = [(float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in svg.iter("circle")]
    assert [(x + WIDE / 2, y) for x, y in dots[:3]] == [pytest.approx(dot) for dot in dots[3:]]
    assert network(Nets({"off": quiet}, people), "talk", "talk", "times a run") is None


def test_networks_and_knowledge_are_what_the_tables_say(done: Path) -> None:
    sweep, levels = open_sweep(done), ["0.1", "0.9"]
    found = nets(sweep, "temper", levels)
    talk, told = Counter[str](), Counter[tuple[str, str]]()
    for row, run in sweep.runs():
        level = row.cell["temper"]
        talk[level] += sum(line["to"] in found.people for line in run.table("speech").rows())
        told.update((level, line["fact"]) for line in run.table("knowledge").rows())
    assert {level: net.talk.total() for level, net in found.by_level.items()} == {
        level: talk[level] for level in levels
    }
    assert all(net.runs == 2 for net in found.by_level.values())
    curves = heard(sweep, "temper", levels)
    assert bool(curves) == bool(told)
    for fact, lines in curves.items():
        assert [(band.level, 2 * band.mean[-1]) for band in lines] == [
            (level, told[level, fact]) for level in levels
        ]
        assert all(one <= two for band in lines for one, two in itertools.pairwise(band.mean))
