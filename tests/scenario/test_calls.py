"""Tool calls as written are checked: how many arguments, and whether their names mean anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim.assembly.build import read
from npcsim.errors import ScenarioError

TEXT = """
scenario: calls
size: [20, 20]
clock: {tick: 1 s, start: "06:00", end: "06:10"}
places: {tavern: {x: 5, y: 5, area: [3, 3, 8, 8]}}
items: {ale: {use: {hp: 1}}}
spots: {cot: {kind: bed, at: tavern}}
npcs:
  Mara: {at: tavern, home: tavern, mind: true, behaviour: folk}
behaviour:
  folk: {rest: {do: STATE}}
plans:
  drink: {option: have a drink, steps: [STEP]}
events: [{at: "06:01", do: Mara.EVENT}]
"""
GOOD = {"STATE": "wait", "STEP": "go_to(tavern)", "EVENT": "wait"}


def mistakes(tmp_path: Path, **changed: str) -> str:
    text = TEXT
    for word, call in {**GOOD, **changed}.items():
        text = text.replace(word, f"'{call}'" if "," in call else call)
    path = tmp_path / "calls.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        read(path)
    except ScenarioError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "step",
    [
        "go_to(home)", "go_to(bed)", "go_to(cot)", "go_to(nearest(bed))", "use(ale)",
        "say(anyone, the day)", "follow(nearest(anyone))", "attack(foe)", "wait", "sleep(bed)",
    ],
)  # fmt: skip
def test_what_means_something_is_taken(tmp_path: Path, step: str) -> None:
    assert mistakes(tmp_path, STEP=step) == ""


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("go_to(tavren)", "no place or spot 'tavren'; did you mean 'tavern'?"),
        ("go_to(nearest(bad))", "no place or spot 'bad'; did you mean 'bed'?"),
        ("use(aale)", "no item 'aale'; did you mean 'ale'?"),
        ("say(Maar, the day)", "no NPC 'Maar'; did you mean 'Mara'?"),
        ("give(Mara)", "expected give(to, item), with 1 given"),
        ("wait(long)", "expected wait(), with 1 given"),
    ],
)
def test_what_means_nothing_is_refused_before_the_first_tick(
    tmp_path: Path, step: str, said: str
) -> None:
    told = mistakes(tmp_path, STEP=step)
    assert said in told
    assert "calls.yaml:13:" in told


def test_states_and_events_are_checked_too(tmp_path: Path) -> None:
    assert "no place or spot 'barn'" in mistakes(tmp_path, STATE="go_to(barn)")
    assert "no item 'beer'" in mistakes(tmp_path, EVENT="use(beer)")
