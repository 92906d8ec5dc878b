"""High goals are broken into goals of one's own, which succeed and fail by what is so."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim.assembly.build import Built
from npcsim.errors import ScenarioError
from tests.npc.test_mind import choosing
from tests.worlds_in_text import built, go_on, lines, live, living, of

KEEP = """
size: [40, 20]
clock: {tick: 1 s, start: "06:00"}
attributes:
  dread: {range: 0..1}
  hunger: {range: 0..1, start: 0.2, need: true}
items: {loaf: {use: {hunger: -0.5}}, nail: {at: anvil, takes: 3 s}}
places: {gate: {area: [0, 0, 8, 8]}, square: {area: [15, 5, 28, 18]}}
spots: {anvil: {kind: anvil, at: gate}}
archetypes:
  watch: {mind: true, tools: [go_to, use, look, wait, craft], speed: 3}
npcs:
  bran: {is: watch, name: Bran, x: 3, y: 3, carries: {loaf: 4}}
  ida: {is: watch, name: Ida, x: 4, y: 3, carries: {loaf: 4}}
think: {local: 3 s, rest: 20 s}
temper: 0
plans:
  eat: {option: eat something, worth: hunger, steps: [use(loaf)]}
  rounds: {option: walk the rounds, worth: 0.4, steps: [go_to(square), look, go_to(gate), look]}
  hurry: {option: hurry to the square, worth: 0.4, steps: [go_to(square), wait]}
  forge: {option: forge nails, who: [ida], worth: 0.4, steps: [go_to(anvil), craft(nail)]}
goals:
  safe:
    goal: keep the village safe
    who: [bran]
    into:
      patrol: {option: watch over the village, worth: 0.4, plans: [rounds]}
      protect:
        option: protect the people
        when: dread > 0.5
        done: dread < 0.2
        failed: hp < 30
        worth: 2
        plans: [hurry]
        stakes: 0.7
"""
SCARE, CALM = ({"set": "bran", "attribute": "dread", "value": v} for v in (0.9, 0.0))


def goals(events: list[ev.Event], npc: str = "bran") -> list[tuple[str, ...]]:
    found = []
    for event in events:
        if isinstance(event, ev.GoalStarted) and event.npc == npc:
            how = "resumed" if event.resumed else "started"
            found.append((how, event.goal, event.parent, event.sub_goal))
        elif isinstance(event, ev.GoalEnded) and event.npc == npc:
            found.append((event.how, event.goal, event.parent, event.sub_goal))
    return found


@pytest.fixture
def made(tmp_path: Path) -> Built:
    return built(tmp_path, KEEP)


SAFE, WATCH, GUARD = "keep the village safe", "watch over the village", "protect the people"


async def test_without_a_model_a_sub_goal_is_held_and_its_plan_carried_out(made: Built) -> None:
    events = await live(made, 60)
    told = goals(events)
    assert told[:4] == [
        ("started", WATCH, SAFE, WATCH),
        ("started", "walk the rounds", SAFE, WATCH),
        ("done", "walk the rounds", SAFE, WATCH),
        ("done", WATCH, SAFE, WATCH),
    ]
    assert told[4] == ("started", WATCH, SAFE, WATCH), "it applies again, so it is held again"
    assert f"I managed to {WATCH}" in lines(made.world, "bran")


async def test_who_has_no_such_goal_may_still_take_up_its_plans(made: Built) -> None:
    events = await live(made, 5)
    assert set(of(events, ev.Asked, npc="ida")[0].options) == {
        "eat something", "walk the rounds", "hurry to the square", "forge nails",
    }  # fmt: skip
    plan = of(events, ev.Asked, npc="bran", purpose="plan")[0]
    assert plan.options == ("eat something", "walk the rounds")
    assert plan.utilities == pytest.approx((0.2, 0.8))


async def test_what_presses_more_sets_the_plan_aside_and_it_is_resumed(made: Built) -> None:
    async with living(made) as simulation:
        await go_on(simulation, 3)
        simulation.put(SCARE)
        events = await go_on(simulation, 4)
        asked = of(events, ev.Asked, npc="bran", purpose="goal")[0]
        assert asked.options == (f"carry on: {WATCH}", GUARD)
        told = goals(events)
        assert told[0][:2] == ("dropped", WATCH)
        assert ("interrupted", "walk the rounds", SAFE, WATCH) in told
        assert ("started", "hurry to the square", SAFE, GUARD) in told
        assert made.world.minds["bran"].aside[0][0] == "rounds"
        simulation.put(CALM)
        events = await go_on(simulation, 6)
    told = goals(events)
    assert ("done", GUARD, SAFE, GUARD) in told
    assert ("dropped", "hurry to the square", SAFE, GUARD) in told
    resumed = of(events, ev.GoalStarted, npc="bran", resumed=True)[0]
    assert resumed.goal == "walk the rounds"
    assert made.world.minds["bran"].aside == ()


async def test_a_sub_goal_fails_by_its_guard_and_counts_for_less(made: Built) -> None:
    async with living(made) as simulation:
        simulation.put(SCARE)
        await go_on(simulation, 5)
        assert made.world.minds["bran"].aim == "safe.protect"
        simulation.put({"set": "bran", "attribute": "hp", "value": 20})
        events = await go_on(simulation, 4)
        assert ("failed", GUARD, SAFE, GUARD) in goals(events)
        assert made.world.minds["bran"].aim == "safe.patrol", "it does not apply while that is so"
        simulation.put({"set": "bran", "attribute": "hp", "value": 90})
        events = await go_on(simulation, 4)
    asked = of(events, ev.Asked, npc="bran", purpose="goal")[0]
    assert asked.utilities == pytest.approx((0.4, 2 / 3))


async def test_a_model_chooses_between_sub_goals(made: Built) -> None:
    model = choosing("carry on", "rounds")
    async with living(made, {"local": model}) as simulation:
        await go_on(simulation, 6)
        simulation.put(SCARE)
        events = await go_on(simulation, 5)
    decided = of(events, ev.Decided, npc="bran", purpose="goal")[0]
    assert decided.tier in ("local", "reflex")
    assert GUARD in decided.options


ORDER = """
goals:
  nails:
    goal: have nails for the barn
    who: [ida]
    into:
      rest: {option: gather strength, worth: 0.9, once: true, plans: [eat]}
      make: {option: make nails, after: [rest], done: has(nail) > 0, once: true, plans: [forge]}
"""


async def test_sub_goals_in_order_end_the_high_goal(tmp_path: Path) -> None:
    made = built(tmp_path, KEEP[: KEEP.index("goals:")] + ORDER)
    events = await live(made, 120)
    told = [entry[:2] for entry in goals(events, "ida")]
    assert [goal for how, goal in told if how == "done"][:5] == [
        "eat something", "gather strength", "forge nails", "make nails", "have nails for the barn",
    ]  # fmt: skip
    assert made.world.minds["ida"].over == ("nails",)
    assert "I managed to have nails for the barn" in lines(made.world, "ida")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("plans: [hurry]", "plans: [hury]", "no plan 'hury'; did you mean 'hurry'?"),
        ("who: [bran]\n", "who: [bram]\n", "no archetype or NPC 'bram'"),
        ("stakes: 0.7", "after: [patrl]", "no sub-goal 'patrl'"),
        ("done: dread < 0.2", "done: dred < 0.2", "no attribute 'dred'"),
    ],
)
def test_what_a_goal_names_must_be_there(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(ScenarioError) as error:
        built(tmp_path, KEEP.replace(old, new))
    assert any(said in str(mistake) for mistake in error.value.mistakes)
