"""Reflection: lessons come from outcomes, rest on evidence, and change what is chosen later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from npcsim import events as ev
from npcsim.assembly.build import Built
from npcsim.effects import Remember
from npcsim.errors import ScenarioError
from npcsim.messages import Answer, Choose, Chosen, Question, Write, Written
from npcsim.models.scripted import Scripted
from npcsim.npc import reflecting
from npcsim.npc.choosing import worth
from npcsim.reflex.guards import holds
from npcsim.sim.forgetting import forget
from npcsim.world import lessons
from npcsim.world.commit import Wanted, commit
from npcsim.world.rows import Mind
from tests.worlds_in_text import body, built, bundle, commit_next, go_on, live, living, of

BRIDGE = """
size: [30, 20]
clock: {tick: 1 min, start: "06:00"}
places: {bridge: {area: [0, 0, 8, 8]}, square: {area: [15, 5, 28, 18]}}
attributes: {swift: {range: 0..1, start: 1}}
archetypes: {guard: {mind: true, tools: [chase, wait]}}
npcs: {ida: {is: guard, name: Ida, x: 3, y: 3}}
think: {rest: 10 min, dominates: 100}
temper: 0.5
reflection: {lasts: 5 days}
plans:
  chase: {option: chase the bandits, worth: 0.6, steps: [chase]}
  wait: {option: lie in wait, worth: 0.4, steps: [wait]}
  trap: {option: set a trap, when: failed(chase) >= 2, worth: 0.4, steps: [wait]}
"""
CHASE = """
@tool(option="chase them", did="I caught them", takes="1 min")
def chase(me: Body, view: View) -> list[Effect]:
    \"\"\"Run after them.\"\"\"
    return []


@chase.finish
def caught(me: Body, view: View, act: Act) -> list[Effect]:
    \"\"\"Caught, where they are not too swift.\"\"\"
    if me.swift > 0.5:
        raise ToolRefused("they got away over the bridge")
    return []


TOOLS = [chase]
"""
FAILED = "I failed to chase the bandits: they got away over the bridge"
LESSON = "I tried to chase the bandits, and it failed 2 of 2 times at the bridge"


def town(folder: Path, *overrides: str) -> Built:
    return built(folder, BRIDGE, CHASE, overrides)


def outcome(how: str, deed: str = "chase") -> Remember:
    counts = {how: 1}
    return Remember("ida", FAILED, sort="did", about="goal", deed=deed, **counts)


def made_wise(folder: Path, *hows: str, **over: Any) -> Built:
    """Ida, with these outcomes and the lesson that follows from them."""
    made = town(folder, *over.get("overrides", ()))
    commit_next(made.world, bundle("ida", *map(outcome, hows)))
    lines = reflecting.lesson(body(made.world, "ida"), "chase", made.program.lore)
    commit_next(made.world, bundle("ida", *lines))
    return made


async def plans_of(folder: Path, seed: int, ticks: int, *overrides: str) -> list[str]:
    made = town(folder, f"seed={seed}", *overrides)
    events = await live(made, ticks)
    return [one.text for one in of(events, ev.Decided, npc="ida", purpose="plan")]


# -- from outcomes to a lesson ---------------------------------------------------------------------


async def test_two_failures_make_a_lesson_with_its_evidence(tmp_path: Path) -> None:
    made = town(tmp_path, "temper=0", "plans.chase.worth=9")
    events = await live(made, 60)
    first = next(one for one in of(events, ev.Remembered) if one.about == "lesson")
    assert (first.sort, first.text, first.place) == ("concluded", LESSON, "bridge")
    assert (first.deed, first.done, first.failed) == ("chase", 0, 2)
    told = {one.id: one for one in of(events, ev.Remembered)}
    assert [told[id].text for id in first.evidence] == [FAILED, FAILED]
    asked = of(events, ev.Asked, purpose="conclude")[0]
    assert asked.why == "a goal failed"
    assert asked.options == (
        "learn that it is no good to chase the bandits at the bridge", "think nothing of it",
    )  # fmt: skip
    assert asked.utilities == (0.75, 0.5)


async def test_a_newer_lesson_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    made = town(tmp_path, "temper=0", "plans.chase.worth=9")
    await live(made, 200)
    (held,) = made.world.memories.lessons("ida")
    assert held.failed > 2
    assert len([line for line in made.world.memories.of("ida") if line.is_lesson]) == 1
    assert len(held.evidence) == min(held.failed, 16)


def test_piled_up_importance_is_a_reason_too(tmp_path: Path) -> None:
    made = town(tmp_path, "reflection.after=2")
    commit_next(made.world, bundle("ida", outcome("done"), outcome("done")))
    me, lore = body(made.world, "ida"), made.program.lore
    assert reflecting.reason_to_conclude(me, Mind(), lore) == ""
    much = Remember("ida", "the mill burnt", 0.7, sort="seen")
    commit_next(made.world, bundle("ida", much, much))
    me = body(made.world, "ida")
    assert reflecting.reason_to_conclude(me, Mind(), lore) == "much has happened (2.2)"
    mind = replace(Mind(), reflected=me.memories[-1].id)
    assert reflecting.reason_to_conclude(me, mind, lore) == ""


async def test_a_model_chooses_what_is_concluded(tmp_path: Path) -> None:
    """It may hold that nothing follows; the world is changed by the rule's lesson or not at all."""
    asked: list[Question] = []

    def rule(question: Question) -> Answer:
        asked.append(question)
        if isinstance(question, Write):
            return Written("Next time I will wait for them.")
        want = "nothing" if question.purpose == "conclude" else "chase"
        found = [want in option for option in question.options]
        return Chosen(found.index(True), tuple(map(float, found)))

    made = town(tmp_path, "temper=0", "tiers.local.trust=1", "plans.wait.worth=0.6")
    events = await live(made, 60, {"local": Scripted(rule)})
    concluded = [one for one in of(events, ev.Decided, purpose="conclude") if one.tier == "local"]
    assert concluded
    assert {one.text for one in concluded} == {"think nothing of it"}
    assert not made.world.memories.lessons("ida")


async def test_switched_off_nothing_is_learnt(tmp_path: Path) -> None:
    made = town(tmp_path, "reflection=off")
    events = await live(made, 200)
    assert of(events, ev.GoalEnded, how="failed")
    assert not of(events, ev.Asked, purpose="conclude")
    assert not made.world.memories.lessons("ida")


# -- what a lesson changes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hows", "factor"),
    [(("failed",) * 2, 0.5), (("done",) * 2, 1.5), (("failed",) * 9, 0.25), (("done",) * 9, 1.75)],
)
def test_a_lesson_shifts_worth_within_bounds(
    tmp_path: Path, hows: tuple[str, ...], factor: float
) -> None:
    world = made_wise(tmp_path, *hows).world
    assert lessons.shift(world, "ida", "chase") == pytest.approx(factor, abs=0.001)
    assert lessons.shift(world, "ida", "wait") == 1.0


def test_it_fades_and_at_last_counts_no_more(tmp_path: Path) -> None:
    made = made_wise(tmp_path, "failed", "failed")
    world, lore = made.world, made.program.lore
    drawn = world.tick
    chase = lore.plan("chase")

    def after(days: float) -> float:
        world.tick = drawn + int(days * 1440)
        me = body(world, "ida")
        return worth(chase, me, me.view)

    world.tick = drawn + 61
    assert after(2.5) == pytest.approx(0.6 * 2 / 3)
    assert after(5) == pytest.approx(0.6)
    me = body(world, "ida")
    assert "trap" not in {plan.name for plan in lore.plans_of(me) if _open(plan, me)}
    assert reflecting.shown(me, lore) == []


def _open(plan: Any, me: Any) -> bool:
    row = np.array([me.row], np.uint32)
    return plan.when is None or bool(holds(plan.when, me.view.senses, row)[0])


def test_it_opens_a_plan_and_stands_in_the_situation(tmp_path: Path) -> None:
    made = made_wise(tmp_path, "failed", "failed")
    me, lore = body(made.world, "ida"), made.program.lore
    assert {plan.name for plan in lore.plans_of(me) if _open(plan, me)} == {"chase", "wait", "trap"}
    assert reflecting.shown(me, lore) == [
        "Ida has learnt: to chase the bandits always failed at the bridge."
    ]


async def test_the_lesson_is_in_the_question_of_the_next_choice(tmp_path: Path) -> None:
    asked: list[Choose] = []

    def rule(question: Question) -> Answer:
        if isinstance(question, Write):
            return Written("")
        asked.append(question)
        return Chosen(0, tuple(float(i == 0) for i in range(len(question.options))))

    made = town(tmp_path, "temper=0", "tiers.local.trust=0.1", "plans.chase.worth=9")
    async with living(made, {"local": Scripted(rule)}) as simulation:
        await go_on(simulation, 120)
    learnt = "to chase the bandits always failed at the bridge"
    later = [one for one in asked if one.purpose == "plan" and learnt in one.situation]
    assert "set a trap" in later[0].options


async def test_who_failed_at_the_chase_lies_in_wait_more_often(tmp_path: Path) -> None:
    """Paired seeds: the same guard whose bandits are swift, are slow, or who never reflects.

    Counted are the choices from the second hour on, so that what failed within the last hour,
    which everybody shies from, is not all there is to it.
    """
    shares: dict[str, list[float]] = {"failed": [], "caught": [], "off": []}
    for seed in range(1, 9):
        for name, over in (
            ("failed", ()),
            ("caught", ("attributes.swift.start=0",)),
            ("off", ("reflection=off",)),
        ):
            chosen = (await plans_of(tmp_path, seed, 300, *over))[6:]
            ambush = [text for text in chosen if text in ("lie in wait", "set a trap")]
            shares[name].append(len(ambush) / len(chosen))
    failed, caught, off = shares["failed"], shares["caught"], shares["off"]
    assert sum(f > c for f, c in zip(failed, caught, strict=True)) == len(failed)
    assert sum(failed) > sum(off)


# -- kept, and refused -----------------------------------------------------------------------------


def test_an_undone_lesson_leaves_the_one_before(tmp_path: Path) -> None:
    made = made_wise(tmp_path, "failed", "failed")
    world = made.world
    before = world.memories.lesson("ida", "chase")
    commit_next(world, bundle("ida", outcome("failed")))
    new = reflecting.lesson(body(world, "ida"), "chase", made.program.lore)
    commit_next(world, bundle("ida", *new, Remember("ida", "x", sort="did", evidence=(10**6,))))
    assert world.memories.lesson("ida", "chase") == before
    assert world.memories.lessons("ida") == (before,)


def test_lessons_are_not_forgotten(tmp_path: Path) -> None:
    made = made_wise(tmp_path, "failed", "failed", overrides=("memory.lines=16",))
    world = made.world
    for number in range(60):
        commit_next(world, bundle("ida", Remember("ida", f"thing {number}", 0.9)))
        wanted = Wanted()
        forget(world, wanted)
        world.tick += 1
        commit(world, wanted)
    (held,) = world.memories.lessons("ida")
    assert held.failed == 2
    assert len(world.memories.of("ida")) <= 16


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("plans.trap.when=failed(chas) >= 2", "no plan 'chas'"),
        ("reflection.lasts=soon", "expected a duration"),
        ("reflection.afte=3", "after"),
        ("stop={when: failed(chase) > 1}", "belongs to one NPC"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, key: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said.replace("(", r"\(")):
        town(tmp_path, key)
