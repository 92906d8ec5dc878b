"""Approvals: what a mind may do only with leave waits for it, and the clock goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.build import Built, read
from npcsim.assembly.runs.session import open_session, recorded_session
from npcsim.errors import ScenarioError
from npcsim.store.run_store import Run
from tests.worlds_in_text import built, go_on, lines, living, of

TOWN = """
size: [20, 20]
clock: {tick: 1 s, start: "06:00", end: "06:02"}
items: {loaf: {}, stone: {}}
places: {shop: {area: [1, 1, 8, 8]}}
stock: {shop: {loaf: 9, stone: 9}}
npcs:
  mara: {at: shop, mind: true, tools: [take, wait, say]}
  bo: {at: shop}
plans:
  steal: {option: take a loaf, who: [mara], worth: 1, steps: [take(loaf)]}
think: {rest: 1 s}
"""


@pytest.fixture
def asks(tmp_path: Path) -> Built:
    return built(tmp_path, TOWN + "approve: {take: {within: 5 s}}\n")


async def test_an_act_waits_and_nobody_answering_it_is_refused(asks: Built) -> None:
    async with living(asks) as simulation:
        events = await go_on(simulation, 3)
        (asked,) = of(events, ev.ApprovalAsked)
        assert (asked.npc, asked.tool, asked.text) == ("mara", "take", "take a loaf")
        assert (asked.due - asked.tick, asked.otherwise) == (5, "refuse")
        assert not of(events, ev.ActStarted, tool="take")
        assert list(simulation.approvals) == ["mara"]
        later = await go_on(simulation, 6)
        (ended,) = of(later, ev.ApprovalEnded)
        assert (ended.verdict, ended.by, ended.tick) == ("refused", "rule", asked.due)
        assert "It did not work: it was not approved" in lines(simulation.world, "mara")
        assert simulation.world.held("mara") == {}


async def test_with_leave_it_is_done_and_the_plan_goes_on(asks: Built) -> None:
    async with living(asks) as simulation:
        await go_on(simulation, 3)
        simulation.put({"approve": "mara", "answer": "yes", "source": "player"})
        events = await go_on(simulation, 3)
        (ended,) = of(events, ev.ApprovalEnded)
        assert (ended.verdict, ended.by) == ("allowed", "player")
        assert simulation.world.held("mara") == {"loaf": 1}
        assert of(events, ev.GoalEnded)[0].how == "done"


async def test_refused_or_told_to_do_something_else(asks: Built) -> None:
    async with living(asks) as simulation:
        await go_on(simulation, 3)
        simulation.put({"approve": "mara", "answer": "take(stone)"})
        events = await go_on(simulation, 3)
        assert of(events, ev.ApprovalEnded)[0].verdict == "changed"
        assert simulation.world.held("mara") == {"stone": 1}


async def test_another_option_in_its_words_is_taken_instead(asks: Built) -> None:
    async with living(asks) as simulation:
        await go_on(simulation, 3)
        other = "wait a while"
        with pytest.raises(ValueError, match="no tool 'fly away'") as told:
            simulation.put({"approve": "mara", "answer": "fly away"})
        assert other in str(told.value)
        simulation.put({"approve": "mara", "answer": other, "source": "player"})
        events = await go_on(simulation, 2)
        (ended,) = of(events, ev.ApprovalEnded)
        assert (ended.verdict, ended.text, ended.by) == ("changed", other, "player")
        decided = of(events, ev.Decided)[0]
        assert decided.options[decided.pick] == other
        assert not of(events, ev.ActStarted, tool="take")


async def test_an_answer_to_what_waits_no_more_is_no_answer_to_another(asks: Built) -> None:
    async with living(asks) as simulation:
        await go_on(simulation, 3)
        with pytest.raises(ValueError, match="mara waits for leave to take a loaf now, not to run"):
            simulation.put({"approve": "mara", "answer": "yes", "asked": "run"})
        simulation.put({"approve": "mara", "answer": "yes", "asked": "take a loaf"})
        events = await go_on(simulation, 1)
        assert [e.verdict for e in of(events, ev.ApprovalEnded)] == ["allowed"]


async def test_of_two_answers_the_last_counts_even_if_the_first_was_an_option(
    asks: Built,
) -> None:
    async with living(asks) as simulation:
        await go_on(simulation, 3)
        simulation.put({"approve": "mara", "answer": "wait a while"})
        simulation.put({"approve": "mara", "answer": "yes"})
        events = await go_on(simulation, 1)
        assert [e.verdict for e in of(events, ev.ApprovalEnded)] == ["allowed"]
        assert not of(events, ev.Decided)


async def test_the_rule_may_allow(tmp_path: Path) -> None:
    rule = "approve: {take(loaf): {within: 2 s, otherwise: allow}}\n"
    async with living(built(tmp_path, TOWN + rule)) as simulation:
        events = await go_on(simulation, 8)
        assert of(events, ev.ApprovalEnded)[0].verdict == "allowed"
        assert simulation.world.held("mara")["loaf"] >= 1


async def test_only_the_arguments_named_need_leave(tmp_path: Path) -> None:
    async with living(built(tmp_path, TOWN + "approve: {take(stone): {}}\n")) as simulation:
        events = await go_on(simulation, 5)
        assert not of(events, ev.ApprovalAsked)
        assert simulation.world.held("mara")["loaf"] >= 1


async def test_what_bodies_and_orders_do_needs_no_leave(asks: Built) -> None:
    async with living(asks) as simulation:
        simulation.put({"do": "bo.take(loaf)"})
        events = await go_on(simulation, 2)
        assert of(events, ev.ActStarted, npc="bo", tool="take")
        assert not of(events, ev.ApprovalAsked, npc="bo")


async def test_who_falls_asks_no_more(asks: Built) -> None:
    async with living(asks) as simulation:
        await go_on(simulation, 3)
        simulation.put({"set": "mara", "attribute": "hp", "value": 0})
        await go_on(simulation, 2)
        assert simulation.approvals == {}


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"approve": "nobody", "answer": "yes"}, "nobody is called 'nobody'"),
        ({"approve": "bo", "answer": "yes"}, "bo asks for no leave now"),
        ({"approve": "mara", "answer": "perhaps"}, "the answer is yes, no, or a call"),
        ({"approve": "mara"}, "expected a tool call"),
    ],
)
async def test_answers_that_mean_nothing_are_refused(
    asks: Built, entry: dict[str, Any], why: str
) -> None:
    async with living(asks) as simulation:
        await go_on(simulation, 3)
        with pytest.raises(ValueError, match=why):
            simulation.put(entry)


async def test_an_answer_that_comes_too_late_is_told(asks: Built) -> None:
    async with living(asks) as simulation:
        await go_on(simulation, 3)
        simulation.put({"approve": "mara", "answer": "yes"})
        simulation.put({"approve": "mara", "answer": "no"})
        events = await go_on(simulation, 1)
        # Of two answers in one tick the last counts.
        assert [e.verdict for e in of(events, ev.ApprovalEnded)] == ["refused"]


async def test_a_replay_and_a_snapshot_hold_what_waits(tmp_path: Path, asks: Built) -> None:
    session = await open_session(asks, models={}, out=tmp_path / "runs", ticks=12)
    hashes = []
    async for tick in session.simulation:
        hashes.append(tick.hash)
        if tick.number == 4:
            session.simulation.put({"approve": "mara", "answer": "yes"})
    session.finish()
    await session.close()
    assert session.folder is not None
    run = Run.open(session.folder)
    again = recorded_session(run)
    assert [tick.hash async for tick in again.simulation] == hashes
    run.close()


def test_unknown_tools_and_arguments_are_refused_before_the_run(tmp_path: Path) -> None:
    for text, why in (
        ("approve: {tke: {}}", "did you mean 'take'"),
        ("approve: {take(laof): {}}", "did you mean 'loaf'"),
        ("approve: {take: {within: soon}}", "expected a duration"),
        ("approve: {take: {otherwise: maybe}}", "allow"),
    ):
        path = tmp_path / "bad.yaml"
        path.write_text("scenario: bad\n" + TOWN + text + "\n")
        with pytest.raises(ScenarioError, match=why):
            read(path)
