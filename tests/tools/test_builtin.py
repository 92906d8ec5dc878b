"""Each built-in tool does what it says: on a map, in an open field, in a world of ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.build import Built
from npcsim.effects import Effect, Signal
from npcsim.testing import sketch
from npcsim.tools.binding import bind, utility
from npcsim.tools.builtin.talking import WAITS, sociable
from npcsim.tools.options import options
from npcsim.tools.tool import tool
from npcsim.tools.view import Body, View
from npcsim.world.remembering import learn
from npcsim.world.rows import Memory, Mind
from tests.worlds_in_text import (
    body,
    built,
    bundle,
    commit_next,
    draw_map,
    go_on,
    lines,
    live,
    living,
    of,
)  # fmt: skip

PEOPLE = """
clock: {tick: 1 s, start: "06:00"}
attributes:
  hunger: {range: 0..1, start: 0.8, need: true}
  tiredness: {range: 0..1, start: 0.9, need: true}
  social: {range: 0..1, start: 0.5, need: true}
items:
  loaf: {use: {hunger: -0.5}, value: 2}
  flour: {}
  nail: {}
  bread: {recipe: {flour: 2}, at: oven, takes: 5 s, makes: 3}
archetypes:
  folk: {speed: 1}
  wolf: {foes: [folk]}
  old_wolf: {is: wolf}
"""
FIELD = """
size: [30, 20]
places: {mill: {area: [0, 0, 6, 6]}, far: {area: [20, 10, 28, 18]}}
spots:
  oven: {kind: oven, at: mill, x: 2, y: 2, holds: {loaf: 1}}
  cot: {kind: bed, at: mill, x: 3, y: 2}
stock: {mill: {nail: 1}}
npcs:
  ida: {is: folk, name: Ida, x: 3, y: 3, carries: {coin: 5, flour: 4, loaf: 2}, foes: [wolf]}
  bo: {is: folk, name: Bo, x: 4, y: 3, carries: {nail: 2}}
  grey: {is: old_wolf, x: 12, y: 3}
"""
WAYS = """
places: {mill: {}, far: {}, moon: {}, well: {}}
ways: [{from: mill, to: far, takes: 10 s}, {from: far, to: well, takes: 5 s},
       {from: moon, to: well, takes: 1 min}]
spots: {oven: {kind: oven, at: far}}
npcs:
  ida: {is: folk, name: Ida, at: mill, carries: {nail: 1}}
  bo: {is: folk, name: Bo, at: far}
"""


@pytest.fixture
def field(tmp_path: Path) -> Built:
    return built(tmp_path, PEOPLE + FIELD)


def place_of(made: Built, id: str) -> str:
    return body(made.world, id).place


async def told(made: Built, *calls: str, ticks: int = 1) -> list[ev.Event]:
    return await live(made, ticks, puts=[{"do": call} for call in calls])


async def refusal(made: Built, call: str) -> str:
    (rejected,) = of(await told(made, call), ev.Rejected)
    return str(rejected.reason)


# -- going ---------------------------------------------------------------------------------------


async def test_go_to_over_a_field(field: Built) -> None:
    events = await told(field, "ida.go_to(far)", ticks=30)
    (ended,) = of(events, ev.ActEnded)
    assert (ended.how, ended.text) == ("done", "I went to the far")
    # 21.9 tiles at a tile a second.
    assert 20 <= ended.tick <= 25
    assert place_of(field, "ida") == "far"
    assert "ida" not in field.world.heading


async def test_go_to_a_spot(field: Built) -> None:
    await told(field, "grey.go_to(oven)", ticks=15)
    assert body(field.world, "grey").reaches(body(field.world, "grey").view.spot("oven"))


async def test_go_to_round_walls(tmp_path: Path) -> None:
    draw_map(
        tmp_path,
        """
        ..........
        ####.#####
        ..........
        """,
    )
    places = "places: {here: {area: [0, 0, 2, 1]}, there: {area: [0, 2, 2, 3]}}\n"
    npcs = "spots: {oven: {kind: oven, at: here}}\nnpcs: {ida: {is: folk, x: 0.5, y: 0.5}}\n"
    made = built(tmp_path, PEOPLE + "map: map.tmj\n" + places + npcs)
    events = await told(made, "ida.go_to(there)", ticks=15)
    assert of(events, ev.ActEnded)[0].how == "done"
    assert place_of(made, "ida") == "there"
    walked = [(int(m.x[0]) // 1024, int(m.y[0]) // 1024) for m in of(events, ev.Moved)]
    assert (4, 1) in walked
    assert all(y != 1 or x == 4 for x, y in walked)


@pytest.mark.parametrize(
    ("to", "seconds", "place"), [("far", 10, "far"), ("well", 15, "well"), ("oven", 10, "far")]
)
async def test_go_to_by_ways(tmp_path: Path, to: str, seconds: int, place: str) -> None:
    made = built(tmp_path, PEOPLE + WAYS)
    events = await told(made, f"ida.go_to({to})", ticks=20)
    (ended,) = of(events, ev.ActEnded)
    assert (ended.how, ended.tick) == ("done", 1 + seconds)
    assert place_of(made, "ida") == place


async def test_there_is_nowhere_to_go_for_who_is_there(field: Built) -> None:
    assert await refusal(field, "ida.go_to(mill)") == "I am already there: mill"


async def test_follow_keeps_close(field: Built) -> None:
    await told(field, "ida.go_to(far)", "bo.follow(ida)", ticks=12)
    ida, bo = body(field.world, "ida"), body(field.world, "bo")
    assert ida.x > 7
    assert bo.distance(ida) < 1.5


async def test_follow_ends_after_a_while(field: Built) -> None:
    events = await told(field, "bo.follow(ida)", ticks=62)
    assert of(events, ev.ActEnded)[0].tick == 61
    assert "bo" not in field.world.heading


async def test_flee_runs_where_the_threat_is_not(field: Built) -> None:
    before = body(field.world, "ida").distance(body(field.world, "grey"))
    await told(field, "bo.flee(ida)", ticks=8)
    assert body(field.world, "bo").distance(body(field.world, "ida")) > 6
    assert before == 9


async def test_a_crowd_chases_strikes_and_scatters(tmp_path: Path) -> None:
    behaviour = """
behaviour:
  wolf: {hunt: {do: attack(nearest(folk))}}
  folk: {calm: {do: wait}, run: {from: calm, when: near(wolf) < 5, do: flee(nearest(wolf))}}
"""
    made = built(tmp_path, PEOPLE + FIELD + behaviour)
    async with living(made) as simulation:
        events = await go_on(simulation, 5)
        wolf = made.world.npc("grey")
        assert wolf.x < 12
        assert of(events, ev.StateChanged)
        events += await go_on(simulation, 60)
    hurt = of(events, ev.Changed, attribute="hp")
    assert hurt
    assert {c.cause for c in hurt} == {"attack"}
    assert of(events, ev.SignalledMany, about="attack")


async def test_look_and_wait(field: Built) -> None:
    events = await told(field, "ida.look", "bo.wait", ticks=62)
    assert "I saw Bo, grey at the mill" in lines(field.world, "ida")
    assert [(e.npc, e.tick) for e in of(events, ev.ActEnded)] == [("ida", 11), ("bo", 61)]


# -- talking, trading ----------------------------------------------------------------------------


async def test_say_is_heard_and_makes_acquaintance(field: Built) -> None:
    events = await told(field, "ida.say(bo, the harvest)", ticks=2)
    (said,) = of(events, ev.Signalled)
    assert (said.about, said.to, said.content) == ("speech", "bo", "About the harvest.")
    assert field.world.ties["ida\nbo\nknows"] == field.world.ties["bo\nida\nknows"] == 0.05
    assert field.world.npc("ida").social == pytest.approx(0.2)
    assert await refusal(field, "ida.say(grey, x)") == "grey is too far away to talk to"


async def test_say_in_a_world_of_ways(tmp_path: Path) -> None:
    made = built(tmp_path, PEOPLE + WAYS)
    assert await refusal(made, "ida.say(bo, x)") == "Bo is not here"


async def test_give_hands_over_one(field: Built) -> None:
    await told(field, "ida.give(bo, loaf)")
    assert field.world.held("bo")["loaf"] == 1
    assert field.world.held("ida")["loaf"] == 1
    assert field.world.ties["bo\nida\ntrust"] == 0.1


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("ida.give(bo, nail)", "I have no nail"),
        ("ida.give(grey, loaf)", "grey is out of reach"),
        ("ida.take(bread)", "there is no bread here"),
        ("ida.take(flour)", "there is no flour here"),
        ("ida.offer(grey, nail)", "grey is out of reach"),
        ("ida.offer(bo, loaf)", "Bo has no loaf"),
        ("bo.offer(ida, loaf)", "I don't have 2 coins"),
        ("bo.accept(ida)", "Ida made no offer"),
        ("ida.use(flour)", "a flour is of no use by itself"),
        ("ida.use(nail)", "I have no nail"),
        ("ida.craft(loaf)", "a loaf can't be made"),
        ("bo.craft(bread)", "I need 2 flour"),
        ("grey.craft(bread)", "there is no oven here"),
        ("ida.attack(ida)", "I can't attack Ida"),
        ("ida.attack(grey)", "grey is out of reach"),
        ("ida.heal(bo)", "Bo is not hurt"),
        ("ida.heal(grey)", "grey is out of reach"),
        ("ida.sleep(oven)", "oven is no bed"),
        ("grey.sleep(cot)", "the bed is out of reach"),
    ],
)
async def test_what_can_not_be_done_now(field: Built, call: str, reason: str) -> None:
    before = {k: v for k, v in field.world.digests().items() if k in ("holdings", "acts")}
    assert await refusal(field, call) == reason
    assert {k: v for k, v in field.world.digests().items() if k in before} == before
    actor = call.split(".")[0]
    assert field.world.setbacks[actor][1] == reason


async def test_take_from_the_place_or_what_stands_there(field: Built) -> None:
    await told(field, "ida.take(nail)", "bo.take(loaf)")
    assert field.world.held("ida")["nail"] == 1
    assert field.world.held("bo")["loaf"] == 1
    assert dict(field.world.held("mill")) == dict(field.world.held("oven")) == {}


async def test_an_offer_made_and_accepted(field: Built) -> None:
    async with living(field) as simulation:
        simulation.put({"do": "ida.offer(bo, nail)"})
        events = await go_on(simulation, 1)
        assert of(events, ev.Signalled)[0].content == "1 coins for a nail"
        assert field.world.offers["ida\nbo"].want == "nail"
        simulation.put({"do": "bo.accept(ida)"})
        await go_on(simulation, 1)
    assert dict(field.world.held("ida")) == {"coin": 4, "flour": 4, "loaf": 2, "nail": 1}
    assert dict(field.world.held("bo")) == {"nail": 1, "coin": 1}
    assert not len(field.world.offers)


async def test_an_offer_whose_coins_are_gone(field: Built) -> None:
    async with living(field) as simulation:
        simulation.put({"do": "ida.offer(bo, nail)"})
        await go_on(simulation, 1)
        for _ in range(5):
            simulation.put({"do": "ida.give(bo, coin)"})
        await go_on(simulation, 1)
        simulation.put({"do": "bo.accept(ida)"})
        (rejected,) = of(await go_on(simulation, 1), ev.Rejected)
    assert rejected.reason == "Ida has no coin"
    assert field.world.held("bo")["nail"] == 2


# -- making --------------------------------------------------------------------------------------


async def test_use_eats_now_and_eases_at_the_end(field: Built) -> None:
    async with living(field) as simulation:
        simulation.put({"do": "ida.use(loaf)"})
        await go_on(simulation, 2)
        assert field.world.held("ida")["loaf"] == 1
        assert field.world.npc("ida").hunger == 0.8
        await go_on(simulation, 60)
        assert field.world.npc("ida").hunger == pytest.approx(0.3)


async def test_craft_takes_parts_and_time(field: Built) -> None:
    async with living(field) as simulation:
        simulation.put({"do": "ida.craft(bread)"})
        await go_on(simulation, 5)
        assert field.world.held("ida").get("bread", 0) == 0
        assert field.world.held("ida")["flour"] == 2
        await go_on(simulation, 1)
        assert field.world.held("ida")["bread"] == 3
        assert field.world.held("ida")["flour"] == 2


async def test_craft_at_a_spot_that_stands_in_no_place(tmp_path: Path) -> None:
    made = built(tmp_path, PEOPLE + FIELD.replace("at: mill, x: 2, y: 2", "x: 12, y: 4"))
    assert await refusal(made, "bo.craft(bread)") == "there is no oven here"
    assert await refusal(made, "grey.craft(bread)") == "I need 2 flour"


async def test_craft_broken_off_gives_the_parts_back_once(field: Built) -> None:
    async with living(field) as simulation:
        simulation.put({"do": "ida.craft(bread)"})
        await go_on(simulation, 5)
        # At the tick it would be done: it is broken off or done, not both.
        simulation.put({"do": "ida.look"})
        simulation.put({"do": "ida.wait"})
        events = await go_on(simulation, 3)
        assert len(of(events, ev.ActEnded, tool="craft")) == 1
        assert field.world.held("ida")["flour"] == 4
        assert field.world.held("ida").get("bread", 0) == 0


async def test_sleep_takes_a_bed(field: Built) -> None:
    async with living(field) as simulation:
        simulation.put({"do": "ida.sleep(cot)"})
        await go_on(simulation, 1)
        assert field.world.occupied["cot"] == "ida"
        simulation.put({"do": "bo.sleep(cot)"})
        (rejected,) = of(await go_on(simulation, 1), ev.Rejected)
        assert rejected.reason == "Ida is already at the bed"
        await go_on(simulation, 30 * 60)
        assert field.world.npc("ida").tiredness == pytest.approx(0.7)
        assert "cot" not in field.world.occupied


# -- fighting ------------------------------------------------------------------------------------


async def test_attack_strikes_and_is_heard(field: Built) -> None:
    events = await told(field, "ida.attack(bo)")
    assert field.world.npc("bo").hp == 96
    assert of(events, ev.Signalled, about="attack")[0].source == "ida"
    assert field.world.ties["bo\nida\ntrust"] == -0.3


async def test_heal_brings_back_who_is_down(field: Built) -> None:
    async with living(field) as simulation:
        simulation.put({"set": "bo", "attribute": "hp", "value": 0})
        await go_on(simulation, 1)
        simulation.put({"do": "ida.heal(bo)"})
        events = await go_on(simulation, 31)
        assert of(events, ev.Rose)[0].npc == "bo"
        assert field.world.npc("bo").hp == 20


# -- what it is worth ----------------------------------------------------------------------------


def worth(made: Built, tool: str, *texts: str, who: str = "ida") -> float:
    view = View(made.world)
    me = view.npc(who)
    return utility(bind(made.program.tools[tool], texts, me, view), me, view)


def test_needs_make_an_option_worth_more(field: Built) -> None:
    assert worth(field, "use", "loaf") == pytest.approx(0.8 * 0.5)
    assert worth(field, "take", "loaf", who="bo") == pytest.approx(0.05 + 0.4)
    assert worth(field, "sleep", "cot") == pytest.approx(0.81)
    assert worth(field, "say", "bo", "the day") == pytest.approx(0.1 + 0.35)
    assert worth(field, "wait") < worth(field, "look") < worth(field, "use", "loaf")


def test_only_foes_are_worth_a_fight_however_they_are_called(field: Built) -> None:
    """An old wolf is a wolf."""
    assert worth(field, "attack", "bo") == 0
    assert worth(field, "attack", "grey") == pytest.approx(0.4)
    assert worth(field, "flee", "grey") == pytest.approx(0.3)
    assert worth(field, "heal", "grey") == 0


def test_options_of_all_tools_are_legal_and_have_words(field: Built) -> None:
    view = View(field.world)
    me = view.npc("ida")
    found = options(me, view, field.program.tools.values())
    words = [option.text for option in found]
    assert len(words) == len(set(words))
    assert {"go to the far", "talk to Bo about the day", "give Bo a loaf", "take a nail"} <= {
        *words
    }
    assert {"make a bread", "use a loaf", "sleep in the bed", "attack Bo", "wait a while"} <= {
        *words
    }
    assert not any("{" in text for text in words)


def test_the_named_ones_are_all_there(field: Built) -> None:
    names: Any = "go_to follow flee look say give take offer accept use craft attack heal wait"
    assert {*names.split()} <= {*field.program.tools}


def test_what_is_not_eaten_up_comes_back() -> None:
    cake = {"attributes": {"hunger": {"need": True}}, "items": {"cake": {"use": {"hunger": -0.5}}}}
    table = sketch("Dara (hunger 0.8) carries 1 cake", definition=cake)
    table.do("use(cake)").do("wait")
    assert (table.carried(), table.npc().hunger) == ({"cake": 1}, 0.8)
    table.do("use(cake)").advance("1 min")
    assert (table.carried(), table.npc().hunger) == ({}, pytest.approx(0.3))


def test_small_talk_wears_out_and_news_does_not() -> None:
    yard = sketch("Dara; Bo beside her").advance("1 h")
    now = yard.view.tick

    def worth(minutes_ago: int, topic: str = "the day") -> float:
        yard.world.minds.put("Dara", Mind(spoken=(("Bo", now - 60 * minutes_ago),)))
        return sociable(yard.npc(), yard.view, yard.npc("Bo"), topic)

    assert worth(1) < worth(6) < worth(15) < worth(30) == worth(50)
    assert worth(6, "a fire") == worth(50, "a fire")


@tool(option="greet {to}")
def greet(me: Body, view: View, to: Body) -> list[Effect]:
    """Greet somebody."""
    return [Signal(me, "speech", 8, "hello", to)]


def test_who_is_spoken_to_answers_before_turning_to_others() -> None:
    yard = sketch("Dara; Bo beside her; Cid near Dara", tools=[greet]).advance("1 h")

    def worths() -> list[float]:
        """Of news to Bo, and to Cid."""
        return [sociable(yard.npc(), yard.view, yard.npc(npc), "a fire") for npc in ("Bo", "Cid")]

    def heard(about: str = "said") -> None:
        learn(
            yard.world, "Dara", Memory(yard.view.tick, "", "heard", 0.4, about=about, source="Bo")
        )

    assert worths()[0] == worths()[1] > WAITS
    heard("overheard")
    assert worths()[0] == worths()[1] > WAITS
    heard()
    yard.advance("30 s")  # he spoke, and she was busy
    assert worths() == [0.7, WAITS]
    yard.world.minds.put("Dara", Mind(spoken=(("Bo", yard.view.tick),)))
    assert worths()[0] < WAITS < worths()[1]
    yard.advance("4 s")
    heard()  # he goes on: an answer is good, but others may be talked to as well
    assert worths()[0] == 0.3
    assert worths()[1] > WAITS
    yard.world.minds.put("Dara", Mind())
    assert worths() == [0.7, WAITS]
    yard.advance("2 min")  # it is too late for an answer
    assert worths()[0] == worths()[1] > WAITS


@pytest.mark.parametrize(("where", "waits"), [("near Dara", True), ("at kitchen", False)])
def test_who_is_out_of_earshot_waits_for_no_answer(where: str, waits: bool) -> None:
    yard = sketch(f"Dara; Cid near Dara; Bo {where}").advance("1 h")
    learn(yard.world, "Dara", Memory(yard.view.tick, "", "heard", 0.4, about="said", source="Bo"))
    worth = sociable(yard.npc(), yard.view, yard.npc("Cid"), "a fire")
    assert (worth == WAITS) is waits


def test_answering_small_talk_wears_out_too() -> None:
    yard = sketch("Dara; Bo beside her", tools=[greet])

    def answered() -> float:
        yard.do("greet(Dara)", npc="Bo")
        return sociable(yard.npc(), yard.view, yard.npc("Bo"), "the day")

    first = answered()
    line = Memory(yard.view.tick, "I told Bo about the day", "did", 0.1)
    learn(yard.world, "Dara", line)
    learn(yard.world, "Dara", line)
    assert answered() == pytest.approx(first / 3)


def test_what_reaches_somebody_is_worked_out_once_for_each_signal(tmp_path: Path) -> None:
    made = built(tmp_path, PEOPLE + FIELD)
    ida, bo = body(made.world, "ida"), body(made.world, "bo")
    view = ida.view
    assert view.perceived(bo) == []
    shout = bundle("ida", Signal("ida", "shout", 20.0, "Wolf!"))
    commit_next(made.world, shout)
    first = view.perceived(bo)
    assert [one.content for one in first] == ["Wolf!"]
    first.clear()  # whose list it is may do with it as it likes
    assert [one.content for one in view.perceived(bo)] == ["Wolf!"]
    assert view.perceived(ida) == []
    commit_next(made.world)
    assert view.perceived(bo) == []


def test_nobody_makes_small_talk_while_others_fight(tmp_path: Path) -> None:
    made = built(tmp_path, PEOPLE + FIELD)
    ida, bo = body(made.world, "ida"), body(made.world, "bo")
    day = sociable(ida, ida.view, bo, "the day")
    assert day > WAITS
    assert not ida.view.hears(ida, "attack")
    commit_next(made.world, bundle("bo", Signal("bo", "attack", 20.0, "", "ida")))
    ida = body(made.world, "ida")
    assert ida.view.hears(ida, "attack")
    assert sociable(ida, ida.view, body(made.world, "bo"), "the day") <= WAITS
    assert sociable(ida, ida.view, body(made.world, "bo"), "a fire") > WAITS
