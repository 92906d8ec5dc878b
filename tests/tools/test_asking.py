"""Ask tools: what they answer, what of it a mind is told, and what they may not do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from npcsim import Body, View, Words, ask
from npcsim import events as ev
from npcsim.assembly.build import Built
from npcsim.errors import ScenarioError, ToolRefused
from npcsim.messages import Choose
from npcsim.models.scripted import Scripted
from npcsim.npc import prompts
from npcsim.tools.asking import LINE_LENGTH, answer, sentence, sentences
from npcsim.tools.binding import Bound, ToolBroke, begin
from npcsim.tools.options import options
from npcsim.tools.view import Spot
from tests.worlds_in_text import built, go_on, living, of

ROOM = """
size: [20, 20]
clock: {tick: 1 s, start: "06:00"}
items: {loaf: {name: loaf of bread}, nail: {}}
places: {hall: {area: [0, 0, 9, 9]}}
spots: {chest: {kind: chest, at: hall, x: 4, y: 5, holds: {loaf: 2, nail: 1}}}
think: {local: 1 s, rest: 1 h, dominates: 100}
tiers: {local: {trust: 1}}
npcs:
  ida: {x: 4, y: 4, mind: true, name: Ida, TOOLS}
  bo: {x: 5, y: 4, name: Bo, mind: true, tools: [wait, look]}
plans: {idle: {option: idle, steps: [wait]}, look: {option: look, steps: [look]}}
"""
TOOLS = '''
@ask(says="{things} lie in the {spot}")
def inside(me: Body, view: View, spot: Spot):
    """What lies in a thing."""
    return {"things": [view.item(item) for item in spot.holds], "spot": spot, "count": 3}

@ask
def weather(me: Body, view: View):
    """How the weather is."""
    return "It rains  and\\nrains"

@ask(says="{gone} is gone")
def missing(me: Body, view: View):
    return {"gone": []}

@ask
def silent(me: Body, view: View):
    return {"a": 1, "b": [True, None, 0.5]}

@ask
def none(me: Body, view: View):
    return None

@ask
def long(me: Body, view: View):
    return "word " * 100

@ask
def changes(me: Body, view: View):
    return [Set(me, "hp", 0)]

@ask(says="{key} is there")
def lacks(me: Body, view: View):
    return {"other": 1}

@ask
def crash(me: Body, view: View):
    return me.nonsense

@ask
def refuses(me: Body, view: View):
    raise ToolRefused("it is dark")

@ask
def endless(me: Body, view: View):
    return {"x": "y" * 9000}

@ask
def nan(me: Body, view: View):
    return {"x": float("nan")}

TOOLS = [inside, weather, missing, silent, none, long, changes, lacks, crash, refuses, endless, nan]
'''


def made_with(folder: Path, tools: str) -> Built:
    return built(folder, ROOM.replace("TOOLS", f"tools: [{tools}]"), TOOLS)


@pytest.fixture
def made(tmp_path: Path) -> Built:
    return made_with(tmp_path, "wait, look, missing, inside, weather")


def bound(made: Built, tool: str, **args: Any) -> tuple[Bound, Body, View]:
    view = View(made.world)
    return Bound(made.program.tools[tool], args), view.npc("ida"), view


def test_a_mapping_is_data_and_a_sentence(made: Built) -> None:
    view = View(made.world)
    call = bound(made, "inside", spot=Spot(view, "chest"))
    assert answer(*call) == {"things": ["loaf", "nail"], "spot": "chest", "count": 3}
    assert sentence(*call) == "loaf of bread and nail lie in the chest."


@pytest.mark.parametrize(
    ("tool", "data", "line"),
    [
        ("weather", "It rains  and\nrains", "It rains and rains."),
        ("missing", {"gone": []}, ""),
        ("silent", {"a": 1, "b": [True, None, 0.5]}, ""),
        ("none", None, ""),
    ],
)
def test_what_is_said_of_an_answer(made: Built, tool: str, data: Any, line: str) -> None:
    assert (answer(*bound(made, tool)), sentence(*bound(made, tool))) == (data, line)


def test_a_long_line_is_cut_at_a_word(made: Built) -> None:
    line = sentence(*bound(made, "long"))
    assert len(line) <= LINE_LENGTH
    assert line.endswith("word…")


@pytest.mark.parametrize(
    ("tool", "said"),
    [
        ("changes", "not a text, a mapping of data or None"),
        ("crash", "raised AttributeError"),
        ("endless", "4000 is the most"),
        ("nan", "not a text, a mapping of data or None"),
    ],
)
def test_what_breaks_it(made: Built, tool: str, said: str) -> None:
    with pytest.raises(ToolBroke, match=said):
        answer(*bound(made, tool))


def test_a_sentence_that_can_not_be_filled_in_breaks_it(made: Built) -> None:
    assert answer(*bound(made, "lacks")) == {"other": 1}
    with pytest.raises(ToolBroke, match="lacks raised KeyError"):
        sentence(*bound(made, "lacks"))


def test_two_lines_at_most_in_the_order_of_the_file(made: Built) -> None:
    _, me, view = bound(made, "none")
    tools = made.program.tools
    broken: list[ToolBroke] = []
    names = ("missing", "crash", "inside", "refuses", "weather", "long")
    lines = sentences(me, view, [tools[name] for name in names], broken)
    assert lines == ("loaf of bread and nail lie in the chest.", "It rains and rains.")
    assert [broke.tool for broke in broken] == ["crash"]


def test_they_stand_between_company_and_reason(made: Built) -> None:
    _, me, view = bound(made, "none")
    plain = prompts.situation(me, view, "A bell rings.")
    told = prompts.situation(me, view, "A bell rings.", ("It rains.",))
    assert told == plain.replace("A bell", "It rains. A bell")
    assert "Bo is near. It rains. A bell rings." in told


async def test_the_sentences_reach_the_prompt_of_who_has_the_tool(made: Built) -> None:
    model = Scripted()
    async with living(made, {"local": model}) as simulation:
        await go_on(simulation, 6)
    asked = [q.situation for q in model.asked if isinstance(q, Choose)]
    his = [text for text in asked if "Bo needs" in text]
    hers = [text for text in asked if "Ida needs" in text]
    assert hers
    assert his
    line = "loaf of bread and nail lie in the chest. It rains and rains."
    assert all(line in text for text in hers)
    assert not any("rains" in text for text in his)


async def test_a_broken_one_is_told_and_left_out(tmp_path: Path) -> None:
    made = made_with(tmp_path, "wait, look, crash, changes, weather")
    model = Scripted()
    async with living(made, {"local": model}) as simulation:
        events = await go_on(simulation, 4)
    rejected = of(events, ev.Rejected, actor="ida")
    assert {event.tool for event in rejected} == {"crash", "changes"}
    assert any("It rains and rains." in q.situation for q in model.asked)


def test_it_is_never_an_option_and_can_not_be_begun(made: Built) -> None:
    call, me, view = bound(made, "weather")
    lore = made.program.lore
    assert [tool.name for tool in lore.asks_of(me)] == ["inside", "weather", "missing"]
    assert "weather" not in {tool.name for tool in lore.tools_of(me)}
    names = {option.tool.name for option in options(me, view, lore.tools_of(me))}
    assert not names & {"weather", "inside", "missing"}
    with pytest.raises(ToolRefused, match="only looks"):
        begin(call, me, view, 1, "mind")


async def test_nobody_can_be_told_to_do_it(made: Built) -> None:
    async with living(made) as simulation:
        with pytest.raises(ValueError, match="weather only looks"):
            simulation.put({"do": "ida.weather"})


@pytest.mark.parametrize(
    "part",
    [
        "plans: {see: {option: see, steps: [weather]}}",
        "behaviour: {bo: {stand: {do: weather}}}",
        'events: [{at: "06:01", do: ida.weather}]',
    ],
)
def test_a_scenario_that_does_it_is_refused(tmp_path: Path, part: str) -> None:
    room = ROOM.replace("TOOLS", "tools: [wait]")
    kept = [row for row in room.splitlines() if not row.startswith("plans:")]
    with pytest.raises(ScenarioError, match=r"weather only looks \(@ask\)"):
        built(tmp_path, "\n".join([*kept, part]), TOOLS)


def test_the_schema_says_that_it_only_reads(made: Built) -> None:
    tools = made.program.tools
    assert tools["inside"].schema["read_only"] is True
    assert tools["inside"].schema["input_schema"]["required"] == ["spot"]
    assert tools["wait"].schema["read_only"] is False


def look(me: Body, view: View) -> str:
    return ""


def says(me: Body, view: View, to: Body, topic: str, words: Words) -> str:
    return ""


@pytest.mark.parametrize("text", ["{a.b}", "{0}", "{}", "{a"])
def test_mistakes_are_told_when_it_is_made(text: str) -> None:
    with pytest.raises(TypeError, match="ask tool look: says"):
        ask(says=text)(look)


def test_it_says_nothing_to_anybody() -> None:
    with pytest.raises(TypeError, match="takes no Words"):
        ask(says)
