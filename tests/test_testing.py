"""Little worlds in one line: what they hold, what one can do in them, and what they refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from npcsim import Act, Add, Body, Consume, Create, Effect, Kind, Spot, ToolRefused, View, tool
from npcsim.errors import ScenarioError
from npcsim.events import ActEnded, GoalStarted
from npcsim.testing import live, sketch
from npcsim.testing.sentences import UNDERSTOOD, read_sentences

ROOT = Path(__file__).parents[1]


@tool(
    option="brew a {potion} at the {cauldron}",
    candidates={"potion": lambda me, view: [item for item in view.items if item.recipe]},
    takes="20 min",
    occupies="cauldron",
)
def brew(me: Body, view: View, potion: Kind, cauldron: Spot) -> list[Effect]:
    """Brew a potion at a cauldron."""
    if cauldron.kind != "cauldron":
        raise ToolRefused("that is no cauldron")
    return [Consume(me, item, count) for item, count in potion.recipe.items()]


@brew.finish
def bottle(me: Body, view: View, act: Act) -> list[Effect]:
    return [Create(me, dict(act.args)["potion"]), Add(me, "alchemy", 0.05)]


@brew.utility
def worth(me: Body, view: View, potion: Kind, cauldron: Spot) -> float:
    return me.alchemy


TOOLS = [brew]
SALVE = {"items": {"salve": {"name": "pot of salve", "recipe": {"herb": 2}}}}
LINE = "Dara (alchemy 0.8) carries 2 herb; a cauldron beside her"


def test_options_worth_and_doing() -> None:
    hut = sketch(LINE, tools=TOOLS, definition=SALVE)
    assert hut.options(tool="brew") == ["brew a pot of salve at the cauldron"]
    assert "brew a pot of salve at the cauldron" in hut.options("Dara")
    assert hut.worth("brew(salve, cauldron)") == 0.8
    hut.do("brew(salve, cauldron)")
    assert (hut.doing(), hut.carried(), hut.spot("cauldron").user) == ("brew", {}, "Dara")
    hut.advance("19 min")
    assert hut.carried() == {}
    hut.advance("1 min")
    assert (hut.doing(), hut.carried()) == ("", {"salve": 1})
    assert hut.npc().alchemy == pytest.approx(0.85)
    assert [event.how for event in hut.events if isinstance(event, ActEnded)] == ["done"]


def test_what_is_refused_raises_and_leaves_the_world_as_it_was() -> None:
    hut = sketch(LINE + "; a chest beside her", tools=TOOLS, definition=SALVE)
    before = hut.world.state_hash()
    with pytest.raises(ToolRefused, match="no cauldron"):
        hut.do("brew(salve, chest)")
    with pytest.raises(ToolRefused, match="takes 2 arguments"):
        hut.do("brew(salve)")
    assert (hut.world.state_hash(), hut.events) == (before, [])


def test_what_the_world_refuses_raises_too() -> None:
    hut = sketch("Dara carries 1 herb; Bo; a cauldron beside her", tools=TOOLS, definition=SALVE)
    with pytest.raises(ToolRefused, match="herb"):
        hut.do("brew(salve, cauldron)", npc="Dara")


async def test_it_works_in_a_running_event_loop_too() -> None:
    hut = sketch(LINE, tools=TOOLS, definition=SALVE)
    assert hut.do("brew(salve, cauldron)").advance("20 min").carried() == {"salve": 1}


def test_where_everything_stands() -> None:
    room = sketch(
        "Dara at kitchen carries 2 herb, a loaf and 3 coin. Bo is near Dara. Una (hp 40, sight 3). "
        "a stove next to Bo; a chest; the chest holds 2 wood; Ann in the cellar; it is 7:05"
    )
    dara, bo, una = room.npc("Dara"), room.npc("Bo"), room.npc("Una")
    assert dara.carries == {"herb": 2, "loaf": 1, "coin": 3}
    assert dara.reaches(bo)
    assert bo.reaches(room.spot("stove"))
    assert (dara.place, bo.place, una.place) == ("kitchen", "kitchen", "here")
    assert room.spot("stove").place == "kitchen"
    assert room.npc("Ann").place == "cellar"
    assert (una.hp, una.sight) == (40, 3)
    assert not una.reaches(room.spot("chest"))
    assert dict(room.spot("chest").holds) == {"wood": 2}
    assert room.view.hour == pytest.approx(7 + 5 / 60)


def test_who_is_not_told_to_stand_together_does_not_reach_the_others() -> None:
    room = sketch("Dara; Bo; Una; Ann; Ilse; a stove")
    everybody = [room.npc(name) for name in ("Dara", "Bo", "Una", "Ann", "Ilse")]
    assert not any(a.reaches(b) for a in everybody for b in everybody if a != b)
    assert {body.place for body in everybody} == {"here"}
    assert len(room.view.near(everybody[0])) == 4


def test_archetypes_and_attributes_come_from_the_definition() -> None:
    room = sketch(
        "Dara is a healer (skill 3)",
        definition={
            "attributes": {"skill": {"range": "0..10"}},
            "archetypes": {"healer": {"carries": {"coin": 4}, "tools": ["wait"]}},
            "clock": {"tick": "5 s"},
        },
    )
    assert (room.npc().kind, room.npc().skill, room.carried()) == ("healer", 3, {"coin": 4})
    assert room.options() == ["wait a while"]
    start = room.view.now_ms
    assert room.advance("1 min").view.now_ms - start == 60_000
    assert room.advance(2).view.tick == 14


def test_items_and_tools_of_a_world_that_ships() -> None:
    hut = sketch(
        "Dara (alchemy 0.8) carries 2 herbs; a cauldron (fire 1) beside her", world="oakvale"
    )
    assert hut.options(tool="brew") == ["brew a pot of salve at the cauldron"]
    assert hut.do("brew(salve, cauldron)").advance("20 min").carried() == {"salve": 1}
    with pytest.raises(ToolRefused, match="the fire is out"):
        hut.do("brew(salve, cauldron)")


def test_the_same_world_by_its_folder() -> None:
    stall = sketch("Bo is a villager; a stall beside him; the stall holds 2 bread",
                   world=ROOT / "worlds" / "oakvale")  # fmt: skip
    assert stall.do("buy(bread)").carried() == {"coin": 6, "bread": 1}
    assert dict(stall.spot("stall").holds) == {"bread": 1, "coin": 2}


@pytest.mark.parametrize(
    ("line", "about"),
    [
        ("dara flies", "'flies'"),
        ("Dara juggles 3 balls", "'juggles'"),
        ("Dara carries herb", "how many was expected"),
        ("Dara carries 1.5 herb", "whole numbers"),
        ("Dara carries 2", "ends too soon"),
        ("Dara (alchemy)", "a number"),
        ("Dara (alchemy 0.8", "ends too soon"),
        ("Dara; a cauldron beside Bo", "nobody of that name"),
        ("Dara; Bo beside the stove", "nothing of that kind"),
        ("Dara carries 2 herb & 1 loaf", "'&'"),
        ("it is 21:00 Dara", "'Dara'"),
        ("a cauldron", "nobody in the sketch"),
        ("", "nobody in the sketch"),
        ("Dara; Bo beside Dara; Dara beside Bo", "nobody stands first"),
        ("Dara beside her", "nobody else was told of before"),
    ],
)
def test_a_line_that_makes_no_sense_says_what_would(line: str, about: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]") as caught:
        sketch(line)
    assert about in str(caught.value)
    if "stands first" not in about:
        assert UNDERSTOOD in str(caught.value)


def test_nobody_is_beside_himself() -> None:
    told = read_sentences("Zed (hp 50) carries 3 ball; Una carries 5 coin beside him; Bo near her")
    assert [figure.beside for figure in told.figures.values()] == ["", "Zed", "Una"]
    told = read_sentences("Zed; Una carries 5 coin; she is beside him; a pot by them")
    assert [figure.beside for figure in told.figures.values()] == ["", "Zed", "Una"]


def test_a_value_that_is_misspelt_is_told() -> None:
    @tool(option="juggle", skill="juggling")
    def juggle(me: Body, view: View) -> list[Effect]:
        """Juggle."""
        return []

    with pytest.raises(ValueError, match="nothing reads 'jugling'; did you mean 'juggling'"):
        sketch("Zed (jugling 0.5)", tools=[juggle])
    assert sketch("Zed (juggling 0.5, luck 1)", tools=[juggle]).npc().luck == 1
    assert sketch("Dara (alchemi 0.5)", definition={"about": "alchemi"}).npc().alchemi == 0.5


def test_mistakes_in_definitions_and_calls_are_told() -> None:
    with pytest.raises(ScenarioError, match="did you mean 'takes'"):
        sketch("Dara", definition={"items": {"salve": {"take": "5 min"}}})
    with pytest.raises(ScenarioError, match="no item"):
        sketch("Dara", definition={"items": {"salve": {"recipe": {"herb": 1}}}})
    with pytest.raises(ValueError, match="no world"):
        sketch("Dara", world="nowhere")
    with pytest.raises(ValueError, match="did you mean 'brew'"):
        sketch(LINE, tools=TOOLS, definition=SALVE).do("bruw(salve, cauldron)")
    with pytest.raises(ValueError, match="only a mind finds"):
        sketch("Dara; Bo near Dara").do("say(Bo, the day)")
    with pytest.raises(KeyError):
        sketch("Dara").npc("Bo")


def test_the_documented_sentences_are_understood() -> None:
    lines = [line[2:34].strip() for line in UNDERSTOOD.splitlines()[1:]]
    told = read_sentences("; ".join(["a chest", *lines]))
    assert set(told.figures) == {"Dara", "Bo", "cauldron", "chest"}
    assert (told.figures["Dara"].kind, told.figures["Dara"].place) == ("healer", "kitchen")


def test_a_scenario_is_lived_for_a_test() -> None:
    events = live(ROOT / "scenarios" / "03_village_morning.yaml", ticks=5, overrides=["seed=3"])
    assert any(isinstance(event, GoalStarted) for event in events)
    assert events[-1].tick == 5


def test_a_sketch_gives_what_an_act_waits_for_from_outside() -> None:
    @tool(takes="5 s", did="I asked")
    def ask_news(me: Body, view: View) -> list[Effect]:
        return []

    @ask_news.outside
    def never(args: dict[str, Any]) -> None:
        raise AssertionError("a sketch calls nothing outside")

    @ask_news.finish
    def heard(me: Body, view: View, act: Act) -> list[Effect]:
        return [Create(me, "letter", act.result)]

    room = sketch("Dara; Bo", tools=[ask_news], definition={"items": {"letter": {}}})
    room.do("ask_news()").outside(3).advance(10)
    assert room.carried() == {"letter": 3}
    room.do("ask_news()", "Bo").outside(npc="Bo", refused="no road")
    assert (room.doing("Bo"), room.carried("Bo")) == ("", {})
    assert [e.reason for e in room.events if isinstance(e, ActEnded)] == ["", "no road"]
    with pytest.raises(ValueError, match="waits for something from outside"):
        room.outside(3)
