"""What is offered: every legal call, or the verb alone where these are too many."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim.assembly.build import Built
from npcsim.messages import Answer, Choose, Chosen, Question, Written
from npcsim.models.scripted import Scripted
from npcsim.tools.options import OBJECTS, TRIED, candidates, objects, options
from npcsim.tools.view import View
from tests.worlds_in_text import built, go_on, living, of

TOWN = """
size: [30, 20]
clock: {tick: 1 s, start: "06:00"}
items: {loaf: {name: loaf of bread}, nail: {}}
places: {mill: {area: [0, 0, 6, 6]}, square: {area: [10, 0, 20, 10]}}
think: {local: 1 s, rest: 1 h, dominates: 100}
temper: 0
tiers: {local: {trust: 1}}
npcs:
  ida: {x: 2, y: 3, mind: true, name: Ida, carries: {loaf: 1}, tools: [bet, wait]}
  bo: {x: 3, y: 3, name: Bo}
plans: {idle: {option: idle, worth: 0.1, steps: [wait]}}
"""
TOOLS = """
@tool(option="bet {coins} coins with {who} on a {item}",
      candidates={"coins": Steps(1, 10), "item": ["loaf", "moon"]})
def bet(me: Body, view: View, coins: int, who: Body, item: Kind) -> list[Effect]:
    "Bet."
    if coins == 2:
        raise ToolRefused("not two")
    return [Remember(me, f"bet {coins}", 0.5, "did")]

@bet.utility
def risk(me: Body, view: View, coins: int, who: Body, item: Kind) -> float:
    return 0.5 + coins / 100

@tool(candidates={"number": lambda me, view: range(300)})
def count_to(me: Body, view: View, number: int) -> list[Effect]:
    "Count."
    if number < 100:
        raise ToolRefused("too few")
    return []

@tool(option="pick {number} at the {where}", candidates={"number": [5, 6], "where": ["mill"]})
def pick(me: Body, view: View, number: int, where: Place) -> list[Effect]:
    "Pick."
    return []

@tool(option="say {word}", candidates={"word": lambda me, view: ["hm"] * 5,
      "times": lambda me, view, word: Steps(1, len(word))})
def hum(me: Body, view: View, word: str, times: int) -> list[Effect]:
    "Hum."
    return []

@tool(candidates={"number": Steps(1, 9)})
def odd(me: Body, view: View, number: int) -> list[Effect]:
    "Odd."
    return []

@odd.utility
def no_number(me: Body, view: View, number: int) -> float:
    raise OverflowError("too odd")

@tool(option="roll {dice} dice", candidates={"dice": Steps(1, 200)})
def throw(me: Body, view: View, dice: int) -> list[Effect]:
    "All equally good."
    return []

@tool(option="deal {cards} cards for a {item}",
      candidates={"cards": Steps(1, 6), "item": ["loaf", "nail"]})
def deal(me: Body, view: View, cards: int, item: Kind) -> list[Effect]:
    "Deal."
    return []

@deal.utility
def luck(me: Body, view: View, cards: int, item: Kind) -> float:
    return 0.5 if item.id == "nail" and cards > 6 - LUCKY else 0.04

TOOLS = [bet, count_to, pick, hum, odd, throw, deal]
"""


@pytest.fixture
def made(tmp_path: Path) -> Built:
    return built(tmp_path, TOWN, TOOLS.replace("LUCKY", "0"))


def texts(made: Built, tool: str) -> list[str]:
    view = View(made.world)
    found = options(view.npc("ida"), view, [made.program.tools[tool]])
    return [option.text for option in found]


def test_few_calls_are_options_themselves(made: Built) -> None:
    assert texts(made, "pick") == ["pick 5 at the mill", "pick 6 at the mill"]


def test_many_calls_are_one_verb_with_what_is_open_left_open(made: Built) -> None:
    # The same for all, so it is said: with whom, and on what. "moon" is nothing there is.
    assert texts(made, "bet") == ["bet some coins with Bo on a loaf of bread"]
    view = View(made.world)
    (option,) = options(view.npc("ida"), view, [made.program.tools["bet"]])
    assert (option.verb, len(option.calls)) == (True, 9)
    assert option.utility == pytest.approx(0.6)  # that of the best call


@pytest.mark.parametrize(
    ("lucky", "shown"),
    [
        ("1", ["deal 6 cards for a nail"]),
        ("2", ["deal 5 cards for a nail", "deal 6 cards for a nail"]),
        ("3", ["deal some cards for a nail"]),
    ],
)
def test_what_is_worth_far_more_stands_apart_from_the_rest(
    tmp_path: Path, lucky: str, shown: list[str]
) -> None:
    """One or two calls by themselves, more as a verb of their own; the rest is still there."""
    made = built(tmp_path, TOWN, TOOLS.replace("LUCKY", lucky))
    view = View(made.world)
    *apart, rest = options(view.npc("ida"), view, [made.program.tools["deal"]])
    assert [option.text for option in apart] == shown
    assert (rest.text, rest.verb) == ("deal some cards for something", True)
    assert {option.utility for option in apart} == {0.5}
    assert rest.utility == 0.04
    assert sum(len(option.calls) for option in (*apart, rest)) == 12


def test_where_nothing_is_worth_far_more_it_is_one_verb(made: Built) -> None:
    assert texts(made, "deal") == ["deal some cards for something"]


def test_where_not_all_are_tried_everything_is_open(made: Built) -> None:
    assert texts(made, "throw") == ["roll some dice"]


def test_the_search_goes_on_to_the_first_that_is_legal(made: Built) -> None:
    assert TRIED < 100
    assert texts(made, "count_to") == ["count to some"]


def test_the_articles_go_with_what_they_stood_before(made: Built) -> None:
    take = made.program.tools["take"]
    view = View(made.world)
    for number in range(9):
        made.world.set_held("mill", f"thing{number}", 1)
    made.world.setting.items.update(  # type: ignore[attr-defined]
        {f"thing{n}": made.world.setting.items["nail"] for n in range(9)}
    )
    (option,) = options(view.npc("ida"), view, [take])
    assert option.text == "take something"


def test_objects_are_the_best_of_all(made: Built) -> None:
    view = View(made.world)
    found = objects(made.program.tools["bet"], view.npc("ida"), view)
    assert [option.calls[0].args["coins"] for option in found] == [10, 9, 8, 7, 6, 5, 4, 3, 1]
    late = objects(made.program.tools["count_to"], view.npc("ida"), view)
    assert len(late) == OBJECTS
    assert all(option.calls[0].args["number"] >= 100 for option in late)


def test_none_of_equally_good_ones_is_out_of_reach(made: Built) -> None:
    """Which are left out is drawn anew each tick."""
    seen: set[int] = set()
    for tick in range(120):
        made.world.tick = tick
        view = View(made.world)
        found = objects(made.program.tools["throw"], view.npc("ida"), view)
        seen |= {option.calls[0].args["dice"] for option in found}
    assert seen == set(range(1, 201))


def test_candidates_may_depend_on_what_comes_before(made: Built) -> None:
    view = View(made.world)
    hum = made.program.tools["hum"]
    times = candidates(hum, hum.params[1], view.npc("ida"), view, {"word": "hmmm"})
    assert times == [1, 2, 3, 4]


def test_a_broken_utility_leaves_its_calls_out(made: Built) -> None:
    view = View(made.world)
    broken: list[object] = []
    assert options(view.npc("ida"), view, [made.program.tools["odd"]], broken) == []
    assert len(broken) == 9


# -- the second thought --------------------------------------------------------------------------


def first(question: Question) -> Answer:
    """Bets, and of the bets the one of seven coins; else the first."""
    if not isinstance(question, Choose):
        return Written("Well.")
    wanted = [i for i, text in enumerate(question.options) if "bet 7" in text or "some" in text]
    index = wanted[0] if wanted else 0
    return Chosen(index, tuple(float(i == index) for i in range(len(question.options))))


async def test_first_the_verb_then_the_object(made: Built) -> None:
    model = Scripted(first)
    async with living(made, {"local": model}) as simulation:
        await go_on(simulation, 3)
        simulation.put({"signal": "bell", "place": "mill", "loudness": 40})
        events = await go_on(simulation, 8)
    verb, thing = of(events, ev.Decided, npc="ida")[:2]
    assert (verb.purpose, verb.text) == ("react", "bet some coins with Bo on a loaf of bread")
    assert (thing.purpose, thing.text) == ("object", "bet 7 coins with Bo on a loaf of bread")
    assert len(thing.options) == 9
    assert thing.tier == "local"
    (started,) = of(events, ev.ActStarted, tool="bet")
    assert started.args["coins"] == 7
    (asked,) = of(events, ev.Asked, npc="ida", purpose="object")
    assert asked.why.startswith("bet some coins with Bo")
    told = next(q.situation for q in model.asked if q.purpose == "object")
    assert "Ida wants this: bet some coins with Bo on a loaf of bread." in told
    assert made.world.minds["ida"].chooses == ()


async def test_on_reflexes_too(made: Built) -> None:
    async with living(made) as simulation:
        await go_on(simulation, 3)
        simulation.put({"signal": "bell", "place": "mill", "loudness": 40})
        events = await go_on(simulation, 6)
    assert [d.purpose for d in of(events, ev.Decided, npc="ida")][-2:] == ["react", "object"]
    assert of(events, ev.ActStarted, tool="bet")[0].args["coins"] == 10


async def test_what_can_not_be_done_any_more_is_let_go(made: Built) -> None:
    async with living(made) as simulation:
        await go_on(simulation, 3)
        simulation.put({"signal": "bell", "place": "mill", "loudness": 40})
        events = await go_on(simulation, 2)
        while not made.world.minds["ida"].chooses:
            events += await go_on(simulation, 1)
            assert simulation.tick < 20
        made.world.columns.edit("alive")[1] = False  # nobody is left to bet with
        events = await go_on(simulation, 3)
    assert not of(events, ev.ActStarted, tool="bet")
    assert made.world.minds["ida"].chooses == ()
