"""Trying ask tools, and tools with more calls than fit among the options."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim.authoring.trial import Trial
from npcsim.authoring.trying import try_tool
from npcsim.authoring.verdict import told, why

TOOLS = '''
from npcsim import Body, Effect, Spot, Steps, ToolRefused, View, ask, tool


@ask(says="{count} things stand here")
def things(me: Body, view: View):
    """How many things stand here."""
    return {"count": len(view.spots(place=me.place))}


@ask(says="A {spot} is near")
def near(me: Body, view: View, spot: Spot):
    """What is near."""
    if spot.kind == "chest":
        raise ToolRefused("it is dark")
    return {"spot": spot}


@ask
def late(me: Body, view: View):
    """Said too late."""
    return "It is late"


@ask
def silent(me: Body, view: View):
    """Says nothing."""
    return {"a": 1}


@tool(option="count to {number}", candidates={"number": Steps(1, 30)})
def count_to(me: Body, view: View, number: int) -> list[Effect]:
    """Count."""
    return []


@count_to.utility
def worth(me: Body, view: View, number: int) -> float:
    return number / 30


TOOLS = [things, near, late, silent, count_to]
'''
SCENARIO = """
scenario: hut
clock: {tick: 1 min, start: "08:00", end: "12:00"}
size: [20, 20]
places: {hut: {area: [0, 0, 10, 10]}}
spots: {pot: {kind: pot, at: hut, x: 5, y: 5}, chest: {kind: chest, at: hut, x: 5, y: 6}}
npcs:
  Wren: {mind: true, x: 5, y: 5}
  Bo: {mind: true, x: 5, y: 4, tools: [wait]}
  Log: {x: 5, y: 5}
"""


async def tried(folder: Path, tool: str, npc: str = "Wren") -> Trial:
    (folder / "hut.yaml").write_text(SCENARIO)
    (folder / "tools.py").write_text(TOOLS)
    return await try_tool(folder / "tools.py", tool, npc, folder / "hut.yaml", models=False)


async def test_an_ask_tool_shows_its_answers_and_its_line(tmp_path: Path) -> None:
    lines = told(await tried(tmp_path, "things"))
    assert 'things: {"count": 2}' in lines
    assert "  in words: 2 things stand here." in lines
    assert "  What Wren is asked to choose by says: “2 things stand here.”" in lines
    lines = told(await tried(tmp_path, "near"))
    assert 'near(pot): {"spot": "pot"}' in lines
    assert "  near(chest): it is dark" in lines


@pytest.mark.parametrize(
    ("tool", "npc", "said"),
    [
        ("late", "Wren", "has room for 2 lines, and has “2 things stand here.” “A pot is near.”"),
        ("silent", "Wren", "It says nothing now"),
        ("things", "Bo", "Bo may not use things"),
        ("things", "Log", "Log has no mind (`mind: true`), so nobody is told."),
    ],
)
async def test_it_says_why_a_line_is_not_there(
    tmp_path: Path, tool: str, npc: str, said: str
) -> None:
    assert said in " ".join(why(await tried(tmp_path, tool, npc)))


async def test_too_many_calls_are_a_verb_and_a_second_thought(tmp_path: Path) -> None:
    trial = await tried(tmp_path, "count_to")
    assert trial.react is not None
    assert [one.text for one in trial.react.options if one.ours] == ["count to some"]
    assert trial.object is not None
    assert len(trial.object.options) == 16
    assert trial.object.options[0].text == "count to 30"
    assert "a second thought chooses what exactly" in why(trial)[0]
    assert any(line.startswith("That decided on, Wren would weigh these") for line in told(trial))
