"""State machines: transitions of a population, and who holds the body."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.build import Built
from npcsim.messages import Choose, Chosen, Written
from npcsim.models.scripted import Scripted
from tests.worlds_in_text import body, built, go_on, lines, live, living, of


def machine(folder: Path, behaviour: str, extra: str = "") -> Built:
    return built(
        folder,
        f"""
size: [20, 20]
clock: {{tick: 1 s, start: "06:00"}}
attributes: {{heat: {{range: 0..10, start: 0}}}}
places: {{mill: {{area: [0, 0, 3, 3]}}, far: {{area: [15, 15, 20, 20]}}}}
npcs:
  ida: {{x: 10, y: 10, behaviour: lives, mind: true, tools: [go_to, look, say]}}
  bo: {{x: 10, y: 11, traits: {{heat: 9}}, behaviour: lives}}
{behaviour}
{extra}
""",
    )


def state(made: Built, id: str) -> str:
    return body(made.world, id, made).state


def heat(to: float, id: str = "ida") -> dict[str, Any]:
    return {"set": id, "attribute": "heat", "value": to}


async def test_the_first_state_without_from_is_the_initial_one(tmp_path: Path) -> None:
    made = machine(
        tmp_path,
        """
behaviour:
  lives:
    hot: {from: any, when: heat > 5, do: wait}
    rest: {do: wait}
    other: {do: wait, from: rest, when: heat < 0}
""",
    )
    assert [state(made, id) for id in ("ida", "bo")] == ["rest", "rest"]
    events = await live(made, 1)
    assert [state(made, id) for id in ("ida", "bo")] == ["rest", "hot"]
    (change,) = of(events, ev.StateChanged)
    (told,) = made.program.machines
    assert change.who.tolist() == [1]
    assert told.states[change.new[0]].name == "hot"
    assert told.transitions[change.transition[0]].text == "any -> hot: heat > 5"


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        # The order of writing decides, not how good a guard is.
        ("a: {from: start, when: heat >= 9, do: wait}\n    b: {from: start, do: wait}", "ab"),
        ("b: {from: start, do: wait}\n    a: {from: start, when: heat >= 9, do: wait}", "bb"),
        ("a: {from: [start, b], do: wait}\n    b: {from: [a], do: wait}", "aa"),
        ("a: {from: any, when: heat > 5, do: wait}", "a-"),
        ("a: {from: start, do: wait}\n    back: {from: a, to: start}", "aa"),
    ],
)
async def test_which_transition_is_taken(tmp_path: Path, entries: str, expected: str) -> None:
    made = machine(tmp_path, f"behaviour:\n  lives:\n    start: {{do: wait}}\n    {entries}\n")
    events = await live(made, 1)
    names = [s.name for s in made.program.machines[0].states]
    new = dict.fromkeys(range(2), "-")
    for change in of(events, ev.StateChanged):
        new |= {int(w): names[n] for w, n in zip(change.who, change.new, strict=True)}
    assert new[1] == expected[0]
    if entries.startswith("a: {from: start, when"):
        assert new[0] == expected[1]
    # At most one transition a tick.
    assert len(of(events, ev.StateChanged)) == 1


async def test_any_does_not_enter_the_state_one_is_in(tmp_path: Path) -> None:
    made = machine(
        tmp_path,
        """
behaviour:
  lives:
    rest: {do: wait}
    hot: {from: any, when: heat > 5, do: wait}
    calm: {from: hot, when: since >= 2, to: rest}
""",
    )
    async with living(made) as simulation:
        seen = []
        for _ in range(7):
            await simulation.step()
            seen.append(state(made, "bo"))
    assert seen == ["hot", "hot", "rest", "hot", "hot", "rest", "hot"]


async def test_the_dead_do_not_change_state(tmp_path: Path) -> None:
    made = machine(
        tmp_path,
        """
behaviour:
  lives:
    rest: {do: wait}
    b: {from: rest, when: hp < 50, do: wait}
""",
    )
    events = await live(made, 3, puts=[{"set": "bo", "attribute": "hp", "value": 0}])
    assert not of(events, ev.StateChanged)


HOLDS = """
behaviour:
  lives:
    calm: {do: wait}
    afraid: {from: calm, when: heat > 5, do: wait, mind: holds}
    over: {from: afraid, when: heat <= 5, to: calm}
plans:
  walk: {option: go for a walk, who: [ida], steps: [go_to(far)]}
"""


async def test_a_held_state_breaks_off_the_act_and_a_free_one_resumes_it(tmp_path: Path) -> None:
    made = machine(tmp_path, HOLDS)
    async with living(made) as simulation:
        await go_on(simulation, 3)
        assert made.world.acts["ida"].tool == "go_to"
        simulation.put(heat(9))
        events = await go_on(simulation, 2)
        (ended,) = of(events, ev.ActEnded)
        assert (ended.how, ended.reason) == ("interrupted", "now in the state afraid")
        assert "ida" not in made.world.heading
        events = await go_on(simulation, 5)
        assert not of(events, ev.ActStarted) + of(events, ev.Moved)
        assert made.world.minds["ida"].plan == "walk"

        simulation.put(heat(0))
        events = await go_on(simulation, 3)
        assert of(events, ev.ActStarted)[0].tool == "go_to"
        events = await go_on(simulation, 10)
        assert of(events, ev.GoalEnded)[0].how == "done"
        assert list(made.world.setting.places)[int(made.world.npc("ida").place)] == "far"


@pytest.mark.parametrize("ahead", [0, 1, 3])
async def test_an_act_that_lands_in_a_held_state_is_refused(tmp_path: Path, ahead: int) -> None:
    """Whether the state was entered before the landing or in its very tick."""

    def looks(question: Any) -> Any:
        if not isinstance(question, Choose):
            return Written("Good day.")
        pick = next((i for i, o in enumerate(question.options) if "look" in o), 0)
        return Chosen(pick, tuple(float(i == pick) for i in range(len(question.options))))

    made = machine(
        tmp_path,
        """
behaviour:
  lives:
    calm: {do: wait}
    afraid: {from: calm, when: heat > 5, do: wait, mind: holds}
plans: {}
think: {local: 5 s, dominates: 1000}
temper: 0
tiers: {local: {trust: 1}}
events: [{at: "06:00:02", signal: bell, place: mill}]
""",
    )
    async with living(made, {"local": Scripted(looks)}) as simulation:
        events = await go_on(simulation, 3)
        (asked,) = of(events, ev.Asked)
        assert asked.purpose == "react"
        await go_on(simulation, asked.lands - ahead - simulation.tick - 2)
        simulation.put(heat(9))
        events = await go_on(simulation, ahead + 2)
        assert simulation.tick == asked.lands
        assert of(events, ev.StateChanged)
        assert of(events, ev.StateChanged)[0].tick == asked.lands - ahead
        (decided,) = of(events, ev.Decided)
        assert decided.text == "look around"
        reason = "I can't while in the state afraid"
        assert [r.reason for r in of(events, ev.Rejected, actor="ida")] == [reason]
        assert not of(events, ev.ActStarted)
        await go_on(simulation, 1)
        assert f"It did not work: {reason}" in lines(made.world, "ida")


async def test_a_step_does_not_begin_in_the_tick_that_holds_the_body(tmp_path: Path) -> None:
    made = machine(tmp_path, HOLDS.replace("heat > 5", "since >= 1"))
    events = await live(made, 1)
    assert made.world.minds["ida"].plan == "walk"
    assert not of(events, ev.ActStarted)


async def test_a_free_states_own_tool_is_only_the_default(tmp_path: Path) -> None:
    """The body looks around while the mind has nothing to do, and gives way when it has."""
    made = machine(
        tmp_path,
        """
behaviour:
  lives:
    calm: {do: look}
plans:
  walk: {option: go for a walk, who: [ida], when: heat > 5, steps: [go_to(far), go_to(mill)]}
think: {rest: 1 s}
""",
    )
    async with living(made) as simulation:
        await go_on(simulation, 3)
        assert (made.world.acts["ida"].tool, made.world.acts["ida"].by) == ("look", "body")
        simulation.put(heat(9))
        events = await go_on(simulation, 3)
        (ended,) = of(events, ev.ActEnded, npc="ida")
        assert (ended.how, ended.reason) == ("interrupted", "go_to instead")
        assert (made.world.acts["ida"].tool, made.world.acts["ida"].by) == ("go_to", "mind")
        simulation.put(heat(0))
        events = await go_on(simulation, 40)
        assert of(events, ev.GoalEnded)[0].how == "done"
        started = [(a.tool, a.by) for a in of(events, ev.ActStarted, npc="ida")]
        assert started[0] == ("go_to", "mind")
        assert set(started[1:]) == {("look", "body")}


async def test_a_body_leaves_its_own_act_with_its_state(tmp_path: Path) -> None:
    made = machine(
        tmp_path,
        """
behaviour:
  lives:
    calm: {do: look}
    hot: {from: calm, when: heat > 5, do: wait}
""",
    )
    async with living(made) as simulation:
        await go_on(simulation, 2)
        simulation.put(heat(9))
        events = await go_on(simulation, 2)
        assert of(events, ev.ActEnded, npc="ida")[0].reason == "now in the state hot"
        assert "ida" not in made.world.acts


async def test_a_state_can_ask_for_thought(tmp_path: Path) -> None:
    made = machine(
        tmp_path,
        """
behaviour:
  lives:
    calm: {do: wait}
    hot: {from: calm, when: heat > 5, do: wait, think: true}
""",
    )
    async with living(made, {"local": Scripted()}) as simulation:
        await go_on(simulation, 2)
        simulation.put(heat(9))
        events = await go_on(simulation, 2)
        (asked,) = of(events, ev.Asked)
        assert (asked.npc, asked.purpose, asked.why) == (
            "ida",
            "react",
            "ida is now in the state hot.",
        )
        # Only on entering, and only who has a mind.
        assert not of(await go_on(simulation, 30), ev.Asked)
