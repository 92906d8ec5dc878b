"""The form of a written day: what there is, by tool, and no more than fits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from npcsim.assembly.build import read
from npcsim.inference.grammar import grammar_of
from npcsim.inference.reading import read as read_back
from npcsim.npc.dayform import MOST_HOURS, day_form
from npcsim.tools.view import Body, View
from tests.e2e.shell import ROOT
from tests.npc.test_days import DAY
from tests.worlds_in_text import built

TOOLS = """
@tool(candidates={"coins": ["5", "10"]})
def pay(me: Body, view: View, to: Body, coins: str) -> list[Effect]:
    "Pay."
    return []

@tool
def hum(me: Body, view: View, tune: str) -> list[Effect]:
    "Hum."
    return []

TOOLS = [pay, hum]
"""


def form_of(made: Any, npc: str) -> dict[str, Any]:
    view = View(made.world)
    me = Body(view, npc)
    form: dict[str, Any] = json.loads(day_form(made.program.lore.tools_of(me), me, view))
    return form


def hour_of(form: dict[str, Any]) -> dict[str, Any]:
    return form["properties"]["hours"]["items"]["properties"]  # type: ignore[no-any-return]


def step_of(form: dict[str, Any], tool: str) -> dict[str, Any]:
    steps = (one["properties"] for one in hour_of(form)["steps"]["items"]["anyOf"])
    return next(one for one in steps if one["tool"]["enum"] == [tool])


def taken(form: dict[str, Any], tool: str) -> list[str]:
    """All that a tool can be written with, by name."""
    found: list[str] = []
    for one in step_of(form, tool)["with"]["items"]["anyOf"]:
        name = one.get("$ref", "").removeprefix("#/$defs/")
        found += form["$defs"][name]["enum"] if name else one["enum"]
    return found


def test_each_tool_takes_what_there_is_of_its_kind(tmp_path: Path) -> None:
    made = built(tmp_path, DAY.replace("craft, take]", "craft, take, say, pay, hum]"), TOOLS)
    form = form_of(made, "tom")
    assert taken(form, "go_to") == ["home", "hut", "inn", "smithy", "anvil", "..."]
    assert taken(form, "craft") == ["coin", "loaf", "nail", "..."]
    assert taken(form, "pay") == ["ida", "5", "10", "..."]
    assert taken(form, "say") == taken(form, "hum") == ["..."]  # any text: left open till then
    assert list(step_of(form, "wait")) == ["tool"]
    assert "if_has" in step_of(form, "use")
    assert "if_has" not in step_of(form, "go_to")
    assert "home" not in taken(form_of(made, "ida"), "go_to")


@pytest.mark.parametrize(
    ("start", "first", "most"), [("05:10", "05:00", MOST_HOURS), ("22:40", "22:30", 3)]
)
def test_the_hours_are_those_that_are_left(
    tmp_path: Path, start: str, first: str, most: int
) -> None:
    form = form_of(built(tmp_path, DAY.replace("05:00", start)), "tom")
    times = hour_of(form)["at"]["enum"]
    assert (times[0], times[-1]) == (first, "23:30")
    assert form["properties"]["hours"]["maxItems"] == most


@pytest.mark.parametrize("scenario", ["03_village_morning", "05_harvest_party"])
def test_a_village_fits_into_a_grammar(scenario: str) -> None:
    made = read(ROOT / "scenarios" / f"{scenario}.yaml")
    form = form_of(made, "Mara")
    assert "root ::= " in grammar_of(form)
    step = {"tool": "go_to", "with": ["market"]}
    day = {"hours": [{"at": "08:00", "goal": "sell bread", "steps": [step]}]}
    assert read_back(json.dumps(day), form) == day


def test_of_a_crowd_only_those_in_sight_are_named(tmp_path: Path) -> None:
    crowd = "npcs:\n  far: {is: folk, count: 60, at: smithy}\n"
    text = DAY.replace("npcs:\n", crowd).replace("craft, take]", "craft, take, attack]")
    assert taken(form_of(built(tmp_path, text), "ida"), "attack") == ["tom", "..."]
