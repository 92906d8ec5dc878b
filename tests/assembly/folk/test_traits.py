"""Traits that no attribute declares: numbers of one's own, if something reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim.assembly.build import read
from npcsim.errors import Mistake, ScenarioError

TEXT = """
scenario: moods
size: [20, 20]
places: {here: {x: 5, y: 5}}
attributes: {anger: {fades: 0.1 / min}}
npcs:
  Ann: {at: here, traits: {temper: 0.7}}
  Ben: {at: here, traits: {temper: "normal(2, 0.5)"}}
  Cid: {at: here}
reacts: [{to: attacked, add: {anger: 0.5 * temper}}]
"""
TOOLS = '''
from npcsim import Add, Body, Effect, View, tool

@tool
def sulk(me: Body, view: View) -> list[Effect]:
    """Sulk for a while."""
    return [Add(me, "anger", me.patience)]

TOOLS = [sulk]
'''


def scenario(folder: Path, *changes: tuple[str, str], tools: str = "") -> Path:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "moods.yaml"
    path.write_text(text, encoding="utf-8")
    if tools:
        (folder / "tools.py").write_text(tools, encoding="utf-8")
    return path


def told(path: Path) -> list[Mistake]:
    with pytest.raises(ScenarioError) as raised:
        read(path)
    return list(raised.value.mistakes)


def test_a_trait_that_something_reads_is_a_number_of_ones_own(tmp_path: Path) -> None:
    world = read(scenario(tmp_path)).world
    ann, ben, cid = world.columns["temper"].tolist()
    assert (ann, cid) == (0.7, 0.0)
    assert 0.5 < ben < 3.5
    gauge = world.setting.gauges["temper"]
    assert (gauge.low, gauge.high, gauge.rate, gauge.need) == (-1.0, 5.0, 0.0, False)


@pytest.mark.parametrize(
    "reader",
    [
        "behaviour: {Ann: {a: {do: wait}, b: {from: a, when: pride > 0.5, do: wait}}}",
        "plans: {p: {option: do, when: pride > 0.5, steps: [wait]}}",
        "plans: {p: {option: do, worth: pride, steps: [wait]}}",
        "measure: {m: {value: mean(pride)}}",
        "measure: {m: {value: count(pride > 0.5)}}",
        "stop: {when: any(pride > 2)}",
        "events: [{when: mean(pride) > 2, signal: bell, place: here}]",
    ],
)
def test_any_guard_or_expression_reads(tmp_path: Path, reader: str) -> None:
    path = scenario(tmp_path, ("Cid: {at: here}", "Cid: {at: here, traits: {pride: 1}}"))
    assert "nothing reads such a trait" in told(path)[0].message
    path.write_text(f"{path.read_text(encoding='utf-8')}{reader}\n", encoding="utf-8")
    assert "pride" in read(path).world.columns


def test_a_tools_code_reads(tmp_path: Path) -> None:
    change = ("Cid: {at: here}", "Cid: {at: here, traits: {patience: 1}}")
    assert "nothing reads" in told(scenario(tmp_path, change))[0].message
    assert "patience" in read(scenario(tmp_path, change, tools=TOOLS)).world.columns


@pytest.mark.parametrize(
    ("change", "line", "hint"),
    [
        (("Cid: {at: here}", "Cid: {at: here, traits: {angr: 1}}"), 9, "did you mean 'anger'?"),
        (("Ann: {at: here, traits: {temper", "Ann: {at: here, traits: {tmeper"), 7, "'temper'?"),
        (("Cid: {at: here}", "Cid: {at: here, traits: {zeal: 1}}"), 9, "declare it under"),
        (("Cid: {at: here}", "Cid: {at: here, traits: {speed: 1}}"), 9, "beside 'traits'"),
        (("0.5 * temper", "0.5 * tepmer"), 10, "did you mean 'temper'?"),
    ],
)
def test_what_nothing_reads_is_a_mistake(
    tmp_path: Path, change: tuple[str, str], line: int, hint: str
) -> None:
    (mistake,) = told(scenario(tmp_path, change))
    assert mistake.line == line
    assert hint in mistake.hint


def test_one_letter_from_a_declared_attribute_is_a_slip_even_if_read(tmp_path: Path) -> None:
    path = scenario(
        tmp_path,
        ("Cid: {at: here}", "Cid: {at: here, traits: {angers: 1}}"),
        ("0.5 * temper", "temper * angers"),
    )
    assert told(path)[0].hint == "did you mean 'anger'?"


def test_of_one_trait_and_one_guard_that_differ_the_trait_is_told(tmp_path: Path) -> None:
    change = ('  Ben: {at: here, traits: {temper: "normal(2, 0.5)"}}\n', "")
    path = scenario(tmp_path, change, ("traits: {temper", "traits: {temprer"))
    (mistake,) = told(path)
    assert (mistake.line, mistake.hint) == (7, "did you mean 'temper'?")
