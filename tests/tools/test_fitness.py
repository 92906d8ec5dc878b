"""Who may use a tool: its skill, its roles, and that nobody holds one."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim import Body, Consume, Effect, Kind, Spot, ToolRefused, View, tool
from npcsim import events as ev
from npcsim.assembly.build import Built
from npcsim.errors import ScenarioError
from npcsim.testing import sketch
from npcsim.tools.binding import unfit
from npcsim.tools.options import options
from tests.worlds_in_text import built, go_on, living, of

TOWN = """
size: [20, 20]
clock: {tick: 1 s, start: "06:00"}
places: {square: {area: [0, 0, 20, 20]}}
archetypes:
  watchman: {}
  night_watch: {is: watchman}
behaviour: {folk: {mill: {do: drift}}}
npcs:
  rolf: {is: night_watch, x: 4, y: 4, name: Rolf}
  tom: {x: 5, y: 4, name: Tom, behaviour: folk}
  una: {x: 4, y: 5, traits: {stealth_craft: 0.5}, name: Una}
"""
TOOLS = """
@tool(takes="3 s", occupies="who", roles=("watchman", "elder"))
def seize(me: Body, view: View, who: Body) -> list[Effect]:
    "Take hold of somebody."
    return []

@tool(takes="10 s")
def dig(me: Body, view: View) -> list[Effect]:
    "Dig."
    return []

@tool(skill="stealth_craft", option="hide")
def hide(me: Body, view: View) -> list[Effect]:
    "Hide."
    return []

@hide.utility
def worth(me: Body, view: View) -> float:
    return 0.8

@tool(skill="stealth_craft", roles="watchman")
def lurk(me: Body, view: View) -> list[Effect]:
    "Lurk."
    return []

@tool(skill="stealth_craft")
def drift(me: Body, view: View) -> list[Effect]:
    "Drift."
    return []

@drift.crowd
def drifting(crowd, who):
    return [AddMany("hp", who, -1.0 + 0 * crowd["hp"][who])]

TOOLS = [seize, dig, hide, lurk, drift]
"""


@pytest.fixture
def made(tmp_path: Path) -> Built:
    return built(tmp_path, TOWN, TOOLS)


# -- skills --------------------------------------------------------------------------------------


def test_a_skill_is_an_attribute_without_being_declared(made: Built) -> None:
    view = View(made.world)
    assert (view.npc("una").stealth_craft, view.npc("tom").stealth_craft) == (0.5, 0.0)
    gauge = made.world.setting.gauges["stealth_craft"]
    assert (gauge.low, gauge.high, gauge.start) == (0, 1, 0)


def test_it_is_offered_to_who_has_it_and_weighed_by_it(made: Built) -> None:
    view = View(made.world)
    hide = made.program.tools["hide"]
    (option,) = options(view.npc("una"), view, [hide])
    assert option.utility == pytest.approx(0.8 * 0.5)
    assert options(view.npc("tom"), view, [hide]) == []
    assert unfit(hide, view.npc("tom")) == "I have no stealth craft"


async def test_who_has_none_of_it_is_refused(made: Built) -> None:
    async with living(made) as simulation:
        simulation.put({"do": "tom.hide"})
        simulation.put({"do": "una.hide"})
        events = await go_on(simulation, 1)
    (rejected,) = of(events, ev.Rejected)
    assert (rejected.actor, rejected.reason) == ("tom", "I have no stealth craft")
    assert of(events, ev.ActStarted, tool="hide")[0].npc == "una"


def test_a_declared_skill_counts_as_a_share_of_its_range(tmp_path: Path) -> None:
    town = TOWN.replace("0.5}", "50}") + "attributes: {stealth_craft: {range: 0..200, start: 20}}\n"
    made = built(tmp_path, town, TOOLS)
    view = View(made.world)
    hide = [made.program.tools["hide"]]
    assert options(view.npc("una"), view, hide)[0].utility == pytest.approx(0.8 / 4)
    assert options(view.npc("tom"), view, hide)[0].utility == pytest.approx(0.8 / 10)


def test_a_trait_out_of_range_or_misspelt_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="stealth_craft is 0 to 1, found 5"):
        built(tmp_path, TOWN.replace("0.5}", "5}"), TOOLS)
    with pytest.raises(ScenarioError, match="stealth_craft"):
        built(tmp_path, TOWN.replace("stealth_craft:", "stealth_kraft:"), TOOLS)


def test_a_skill_can_not_have_a_name_that_is_taken(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="a skill can't be called 'speed'"):
        built(
            tmp_path,
            TOWN.replace("stealth_craft", "speed"),
            TOOLS.replace("stealth_craft", "speed"),
        )


@tool(candidates={"potion": ["salve"]}, takes="20 min", occupies="cauldron", skill="alchemy")
def brew(me: Body, view: View, potion: Kind, cauldron: Spot) -> list[Effect]:
    """Brew a potion."""
    return [Consume(me, "herb", 2)]


def test_in_a_sketch_as_in_a_scenario() -> None:
    line = "Dara (alchemy 0.8) carries 2 herb; a cauldron beside her; Bo beside the cauldron"
    for world in (None, "oakvale"):
        hut = sketch(line, tools=[brew], world=world, definition={"items": {"salve": {}}})
        assert len(hut.options(tool="brew")) == 1
        assert hut.worth("brew(salve, cauldron)") == pytest.approx(0.08)
        assert hut.options("Bo", tool="brew") == []
        with pytest.raises(ToolRefused, match="I have no alchemy"):
            hut.do("brew(salve, cauldron)", npc="Bo")


# -- roles ---------------------------------------------------------------------------------------


async def test_only_those_of_a_role_may(made: Built) -> None:
    view = View(made.world)
    seize = made.program.tools["seize"]
    assert len(options(view.npc("rolf"), view, [seize])) == 2
    assert options(view.npc("tom"), view, [seize]) == []
    async with living(made) as simulation:
        simulation.put({"do": "tom.seize(una)"})
        simulation.put({"do": "rolf.lurk"})
        reasons = [event.reason for event in of(await go_on(simulation, 1), ev.Rejected)]
    assert reasons == ["only a watchman or an elder may do that", "I have no stealth craft"]


async def test_a_crowd_does_only_what_each_of_it_may(made: Built) -> None:
    async with living(made) as simulation:
        await go_on(simulation, 1)
    assert View(made.world).npc("tom").hp == 100
    columns = made.world.columns
    columns.edit("stealth_craft")[1] = 0.5
    async with living(made) as simulation:
        await go_on(simulation, 1)
    assert View(made.world).npc("tom").hp == 99


# -- holding somebody ----------------------------------------------------------------------------


async def test_who_is_held_stops_and_begins_nothing(made: Built) -> None:
    async with living(made) as simulation:
        simulation.put({"do": "una.dig"})
        await go_on(simulation, 1)
        simulation.put({"do": "rolf.seize(una)"})
        events = await go_on(simulation, 1)
        (ended,) = of(events, ev.ActEnded, npc="una")
        assert (ended.how, ended.reason) == ("interrupted", "held by Rolf")
        view = View(made.world)
        assert unfit(made.program.tools["dig"], view.npc("una")) == "I am held by Rolf"
        assert options(view.npc("una"), view, [made.program.tools["dig"]]) == []
        simulation.put({"do": "una.dig"})
        events = await go_on(simulation, 1)
        assert of(events, ev.Rejected, actor="una")[0].reason == "I am held by Rolf"
        assert not of(events, ev.ActStarted, npc="una")
        await go_on(simulation, 2)
        assert "una" not in made.world.occupied
        simulation.put({"do": "una.dig"})
        assert of(await go_on(simulation, 1), ev.ActStarted, npc="una")


async def test_in_the_same_tick_the_dice_say_who_is_first(made: Built) -> None:
    """Taken hold of before or after, it does not dig in the end."""
    async with living(made) as simulation:
        simulation.put({"do": "una.dig"})
        simulation.put({"do": "rolf.seize(una)"})
        await go_on(simulation, 1)
        assert made.world.occupied["una"] == "rolf"
        assert "una" not in made.world.acts


async def test_held_crowds_do_nothing(made: Built) -> None:
    made.world.columns.edit("stealth_craft")[1] = 0.5
    async with living(made) as simulation:
        simulation.put({"do": "rolf.seize(tom)"})
        await go_on(simulation, 3)
    assert View(made.world).npc("tom").hp == 99


async def test_only_one_holds_and_nobody_holds_themselves(made: Built) -> None:
    async with living(made) as simulation:
        simulation.put({"do": "rolf.seize(una)"})
        await go_on(simulation, 1)
        simulation.put({"do": "rolf.seize(me)"})
        events = await go_on(simulation, 1)
    assert "nobody takes hold of themselves" in [e.reason for e in of(events, ev.Rejected)]
