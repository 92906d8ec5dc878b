"""From calls as written, and from what is there, to bound calls that are legal now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.build import Built
from npcsim.effects import Occupy, Set
from npcsim.errors import ToolRefused
from npcsim.tools.binding import ToolBroke, begin, bind, rebound, utility
from npcsim.tools.options import options
from npcsim.tools.view import View
from tests.worlds_in_text import body, built, bundle, commit_next, go_on, live, living, of

TOWN = """
size: [30, 20]
clock: {tick: 5 s, start: "06:00"}
attributes: {hunger: {range: 0..1, start: 0.5}}
items: {loaf: {use: {hunger: -0.5}}, nail: {}}
places: {mill: {area: [0, 0, 6, 6]}, square: {area: [10, 0, 20, 10]}}
spots:
  bench: {kind: seat, at: mill, x: 2, y: 2}
  far_bench: {kind: seat, at: square, x: 12, y: 2}
archetypes: {folk: {mind: true}, wolf: {}}
npcs:
  ida: {is: folk, name: Ida, x: 2, y: 3, carries: {loaf: 1, nail: 3}, home: square}
  bo: {is: folk, name: Bo, x: 3, y: 3}
  grey: {is: wolf, x: 8, y: 3}
"""
TOOLS = """
@tool(option="polish the {bench} with {often} strokes", takes="12 s", occupies="bench",
      seen="{me} polishes", did="I polished the {bench}")
def polish(me: Body, view: View, bench: Spot, often: int = 3) -> list[Effect]:
    if bench.kind != "seat":
        raise ToolRefused("that is no bench")
    return [Set(bench, "shine", 0.5)]

@polish.finish
def polished(me: Body, view: View, act: Act) -> list[Effect]:
    return [Set(dict(act.args)["bench"], "shine", 1.0)]

@polish.interrupted
def half_done(me: Body, view: View, act: Act) -> list[Effect]:
    return [Set(dict(act.args)["bench"], "shine", 0.1)]

@polish.utility
def pride(me: Body, view: View, bench: Spot, often: int = 3) -> float:
    return float("nan") if me.id == "bo" else -3.0

@polish.ready
def has_time(me: Body, view: View) -> str | None:
    return "no time" if me.id == "bo" else None

def up_to_thirty(me, view):
    return range(30)

@tool(candidates={"number": up_to_thirty})
def count_to(me: Body, view: View, number: int) -> list[Effect]:
    if number == 2:
        raise ToolRefused("not two")
    return []

@tool
def wants(me: Body, view: View, what: Kind, who: Body, loudly: bool) -> list[Effect]:
    return []

@tool
def meet(me: Body, view: View, where: Place | Spot, share: float = 0.5) -> list[Effect]:
    return []

TOOLS = [polish, count_to, wants, meet]
"""


@pytest.fixture
def made(tmp_path: Path) -> Built:
    return built(tmp_path, TOWN, TOOLS)


def view_of(made: Built) -> View:
    return View(made.world, states=made.program.machines)


def texts(made: Built, tool: str, who: str = "ida") -> list[str]:
    view = view_of(made)
    found = options(view.npc(who), view, [made.program.tools[tool]])
    return [option.text for option in found]


def test_options_are_what_is_legal_here_and_now(made: Built) -> None:
    assert texts(made, "polish") == ["polish the seat with 3 strokes"]
    assert texts(made, "polish", "bo") == []
    assert texts(made, "polish", "grey") == []
    assert texts(made, "wants")[:4] == [
        "wants loaf Bo True", "wants loaf Bo False", "wants loaf grey True",
        "wants loaf grey False",
    ]  # fmt: skip
    assert texts(made, "give") == ["give Bo a loaf", "give Bo a nail"]


def test_an_option_is_gone_when_it_is_not_legal_any_more(made: Built) -> None:
    commit_next(made.world, bundle("", Set("bo", "hp", 0)))
    assert texts(made, "give") == []


def test_what_one_is_allowed_to_do(tmp_path: Path) -> None:
    text = TOWN.replace("folk: {mind: true}", "folk: {mind: true, tools: [give, '+take', '-give']}")
    made = built(tmp_path, text, TOOLS)
    view = view_of(made)
    allowed = made.program.lore.tools_of(view.npc("ida"))
    assert [one.name for one in allowed] == ["take"]


def bound_args(made: Built, call: str, *given: str, who: str = "ida") -> dict[str, Any]:
    view = view_of(made)
    return dict(bind(made.program.tools[call], given, view.npc(who), view).plain)


@pytest.mark.parametrize(
    ("call", "given", "expected"),
    [
        ("go_to", ["mill"], {"to": "mill"}),
        ("go_to", ["home"], {"to": "square"}),
        ("go_to", ["bench"], {"to": "bench"}),
        ("go_to", ["far_bench"], {"to": "far_bench"}),
        ("meet", ["mill"], {"where": "mill", "share": 0.5}),
        ("meet", ["mill", "2"], {"where": "mill", "share": 2.0}),
        ("polish", ["bench"], {"bench": "bench", "often": 3}),
        ("follow", ["bo"], {"who": "bo"}),
        ("follow", ["nearest(wolf)"], {"who": "grey"}),
        ("follow", ["wolf"], {"who": "grey"}),
        ("follow", ["nearest(folk)"], {"who": "bo"}),
        ("follow", ["me"], {"who": "ida"}),
        ("use", ["loaf"], {"item": "loaf"}),
        ("wants", ["loaf", "bo", "true"], {"what": "loaf", "who": "bo", "loudly": True}),
        ("say", ["bo", "the day"], {"to": "bo", "topic": "the day"}),
        ("count_to", ["4"], {"number": 4}),
    ],
)
def test_calls_as_written(made: Built, call: str, given: list[str], expected: Any) -> None:
    assert bound_args(made, call, *given) == expected


@pytest.mark.parametrize(
    ("call", "given", "reason"),
    [
        ("go_to", ["moon"], "there is no moon now"),
        ("go_to", [], "go_to takes 1 argument, not 0"),
        ("polish", ["bench", "3", "x"], "polish takes 1 to 2 arguments, not 3"),
        ("follow", ["dragon"], "there is no dragon near"),
        ("follow", ["nearest(dragon)"], "there is no nearest(dragon) near"),
        ("use", ["cake"], "there is no cake now"),
        ("count_to", ["many"], "there is no many now"),
        ("meet", ["mill", "nan"], "there is no nan now"),
        ("meet", ["mill", "inf"], "there is no inf now"),
        ("wants", ["loaf", "bo", "maybe"], "there is no maybe now"),
        ("follow", ["((("], "there is no ((( near"),
    ],
)
def test_calls_that_can_not_be_bound(made: Built, call: str, given: list[str], reason: str) -> None:
    with pytest.raises(ToolRefused) as caught:
        bound_args(made, call, *given)
    assert str(caught.value) == reason


def test_by_kind_the_best_spot_is_meant(made: Built) -> None:
    """One's own or a free one before one that is taken, then what is near or at home."""
    assert bound_args(made, "polish", "seat", who="grey")["bench"] == "far_bench"
    world = made.world
    text = "polish"
    view = view_of(made)
    spots = made.program.tools[text]
    assert dict(bind(spots, ["nearest(seat)"], view.npc("bo"), view).plain)["bench"] == "bench"
    commit_next(world, bundle("ida", Occupy("ida", "bench")))
    view = view_of(made)
    taken = dict(bind(spots, ["nearest(seat)"], view.npc("bo"), view).plain)["bench"]
    own = dict(bind(spots, ["nearest(seat)"], view.npc("ida"), view).plain)["bench"]
    assert (taken, own) == ("far_bench", "bench")


def test_a_bundle_of_a_call(made: Built) -> None:
    view = view_of(made)
    me = view.npc("ida")
    wanted = begin(bind(made.program.tools["polish"], ["bench"], me, view), me, view, 7, "mind")
    assert (wanted.actor, wanted.tool, wanted.phase) == ("ida", "polish", "start")
    assert [e.kind for e in wanted.effects] == ["occupy", "set"]
    assert (wanted.seen, wanted.did) == ("Ida polishes", "I polished the seat")
    act = wanted.act
    assert act is not None
    # 12 s in ticks of 5 s: never shorter than said.
    assert (act.id, act.due, act.spot, act.by) == (7, view.tick + 3, "bench", "mind")
    again = rebound(made.program.tools["polish"], act, view)
    assert again.args == {"bench": view.spot("bench"), "often": 3}


def test_a_utility_that_is_no_good_number_counts_as_nothing(made: Built) -> None:
    view = view_of(made)
    for who in ("ida", "bo"):
        me = view.npc(who)
        bound = bind(made.program.tools["polish"], ["bench"], me, view)
        assert utility(bound, me, view) == 0.0
    plain = bind(made.program.tools["count_to"], ["1"], view.npc("ida"), view)
    assert utility(plain, view.npc("ida"), view) == 0.1


# -- acts over time ------------------------------------------------------------------------------


def shine(made: Built) -> float:
    return float(dict(made.world.spots["bench"].attributes)["shine"])


async def test_an_act_takes_its_time_and_its_spot(made: Built) -> None:
    async with living(made) as simulation:
        simulation.put({"do": "ida.polish(bench)"})
        events = await go_on(simulation, 3)
        (started,) = of(events, ev.ActStarted)
        assert (started.tick, started.due, started.args["often"]) == (1, 4, 3)
        assert (shine(made), made.world.occupied["bench"]) == (0.5, "ida")
        assert body(made.world, "ida").view.spot("bench").user == "ida"
        (ended,) = of(await go_on(simulation, 1), ev.ActEnded)
        assert (ended.tick, ended.how, ended.text) == (4, "done", "I polished the seat")
        assert shine(made) == 1
        assert "bench" not in made.world.occupied


async def test_an_act_broken_off_lets_go(made: Built) -> None:
    async with living(made) as simulation:
        simulation.put({"do": "ida.polish(bench)"})
        await go_on(simulation, 2)
        simulation.put({"do": "ida.look"})
        events = await go_on(simulation, 1)
        (ended,) = of(events, ev.ActEnded)
        assert (ended.tool, ended.how, ended.reason) == ("polish", "interrupted", "look instead")
        assert shine(made) == 0.1
        assert "bench" not in made.world.occupied
        assert made.world.acts["ida"].tool == "look"
        events = await go_on(simulation, 10)
        assert [e.tool for e in of(events, ev.ActEnded)] == ["look"]


async def test_two_orders_in_one_tick_leave_one_act_and_nothing_held(made: Built) -> None:
    puts = [{"do": "ida.polish(bench)"}, {"do": "ida.look"}, {"do": "ida.polish(bench)"}]
    async with living(made) as simulation:
        for entry in puts:
            simulation.put(entry)
        events = await go_on(simulation, 1)
        assert len(of(events, ev.ActStarted)) - len(of(events, ev.ActEnded)) == 1
        events = await go_on(simulation, 10)
        assert len(of(events, ev.ActEnded)) == 1
        assert not list(made.world.occupied.items()) + list(made.world.acts.items())


async def test_who_falls_while_acting_lets_go(made: Built) -> None:
    async with living(made) as simulation:
        simulation.put({"do": "ida.polish(bench)"})
        await go_on(simulation, 2)
        simulation.put({"set": "ida", "attribute": "hp", "value": 0})
        (ended,) = of(await go_on(simulation, 1), ev.ActEnded)
        assert (ended.how, ended.reason) == ("interrupted", "fell")
        assert "bench" not in made.world.occupied


async def test_the_loser_of_a_spot_is_refused(made: Built) -> None:
    events = await live(made, 2, puts=[{"do": "ida.polish(bench)"}, {"do": "bo.polish(bench)"}])
    (ended,) = of(events, ev.ActEnded)
    assert ended.how == "refused"
    assert ended.reason.endswith("is already at the seat")


async def test_already_so_counts_as_done(tmp_path: Path) -> None:
    made = built(
        tmp_path,
        TOWN + "plans: {walk: {option: walk, who: [ida], steps: [go_to(mill), polish(bench)]}}\n",
        TOOLS,
    )
    events = await live(made, 8)
    assert not of(events, ev.Rejected)
    assert [a.tool for a in of(events, ev.ActStarted, npc="ida")] == ["polish"]
    assert of(events, ev.GoalEnded)[0].how == "done"


def test_broken_says_which_tool() -> None:
    assert (str(ToolBroke("brew", "raised x")), ToolBroke("brew", "x").tool) == (
        "brew raised x", "brew",
    )  # fmt: skip
