"""A thought of no use any more is given up; that hangs on the world alone, in any kind of run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.build import Built
from npcsim.assembly.runs.session import open_session, recorded_session
from npcsim.messages import Choose, Question
from npcsim.models.scripted import Scripted
from npcsim.npc.mind import Draft
from npcsim.replay.verify import verify
from npcsim.sim.clock import Paced
from npcsim.sim.inflight import Landing, Thought
from npcsim.sim.standing import Standing
from npcsim.store.run_store import Run
from npcsim.tools.view import View
from tests.worlds_in_text import built, of

HAMLET = """
size: [20, 20]
clock: {tick: 1 s, start: "06:00", end: "06:01"}
items: {loaf: {}, stone: {}}
places: {shop: {area: [1, 1, 8, 8]}}
stock: {shop: {loaf: 9, stone: 9}}
archetypes: {folk: {mind: true, tools: [take, wait, say, go_to]}}
npcs:
  mara: {is: folk, at: shop}
  bo: {is: folk, at: shop}
plans:
  have_loaf: {option: take a loaf, worth: 1, steps: [take(loaf)]}
  have_stone: {option: take a stone, worth: 1, steps: [take(stone)]}
think: {rest: 1 s, local: 10 s, dominates: 50}
tiers: {local: {model: scripted}}
"""
QUESTION = Choose("Mara decides to", "Someone decides to", ("eat", "wait"))
DOWN = {"set": "mara", "attribute": "hp", "value": 0}
SHOUT = {"signal": "shout", "place": "shop", "content": "Fire"}


@pytest.fixture
def hamlet(tmp_path: Path) -> Built:
    return built(tmp_path, HAMLET)


async def slow(question: Question) -> None:
    await asyncio.sleep(0.05)


async def lived(
    made: Built, entry: Any, at: int, model: Scripted, out: Path | None = None, paced: bool = False
) -> Any:
    """Put `entry` in before tick `at`. -> (the session, closed; its events)"""
    clock = Paced(40.0) if paced else None
    session = await open_session(made, models={"local": model}, out=out, clock=clock, ticks=40)
    events: list[ev.Event] = []
    session.simulation.subscribe(lambda tick, told: events.extend(told))
    async for tick in session.simulation:
        if tick.number == at - 1:
            session.simulation.put(entry)
    session.finish()
    await session.close()
    return session, events


async def test_who_falls_thinks_no_further(hamlet: Built, tmp_path: Path) -> None:
    session, events = await lived(hamlet, DOWN, 5, Scripted(delay=slow), tmp_path / "runs")
    [asked] = [e for e in of(events, ev.Asked, npc="mara") if e.tick < 5]
    [landed] = of(events, ev.Landed, npc="mara")
    assert asked.lands > landed.tick == 6
    assert landed.cancelled
    assert (landed.error, landed.answer, landed.late) == ("Cancelled: mara is down", None, False)
    assert not of(events, ev.Decided, npc="mara")
    assert hamlet.world.minds["mara"].thought == ""
    assert of(events, ev.Decided, npc="bo")
    summary = session.summary()["thoughts"]
    assert (summary["cancelled"], summary["failed"], summary["fallback"]) == (1, 0, 0)
    run = Run.open(session.folder)
    again = recorded_session(run)
    verdict = await verify(again.simulation, run)
    assert verdict.hash == session.summary()["state_hash"]
    assert asked.thought not in again.simulation.answers.asked
    run.close()


async def test_an_alarm_interrupts_a_plan_but_no_reaction(hamlet: Built) -> None:
    _, events = await lived(hamlet, SHOUT, 4, Scripted())
    cancelled = [e for e in of(events, ev.Landed) if e.cancelled]
    assert {e.npc for e in cancelled} == {"mara", "bo"}
    assert {e.error for e in cancelled} == {"Cancelled: interrupted: Fire"}
    (tick,) = {e.tick for e in cancelled}
    assert {e.purpose for e in of(events, ev.Asked, tick=tick)} == {"react"}


async def test_a_reaction_is_carried_through(tmp_path: Path) -> None:
    made = built(tmp_path, HAMLET + 'events: [{at: "06:00:03", signal: shout, place: shop}]\n')
    _, events = await lived(made, SHOUT, 8, Scripted())
    assert {e.tick for e in of(events, ev.Landed) if e.cancelled} == {4}
    assert {e.tick for e in of(events, ev.Asked, purpose="react") if e.tick < 14} == {4}


@pytest.mark.parametrize(("entry", "at"), [(DOWN, 5), (DOWN, 11), (DOWN, 12), (SHOUT, 10)])
async def test_quick_slow_and_paced_runs_are_one(entry: Any, at: int, tmp_path: Path) -> None:
    """Also where the answer is there already, and in the tick in which it would have landed."""
    ends = []
    for number, (model, paced) in enumerate(
        [(Scripted(), False), (Scripted(delay=slow), False), (Scripted(), True)]
    ):
        made = built(tmp_path / str(number), HAMLET)
        session, events = await lived(made, entry, at, model, paced=paced)
        assert not session.summary()["thoughts"]["late"]
        landed = [(e.tick, e.thought, e.error, e.answer) for e in of(events, ev.Landed)]
        ends.append((session.summary()["state_hash"], landed))
    assert ends[0] == ends[1] == ends[2]


def test_a_probe_that_is_given_up_tells_nothing_of_its_tier(tmp_path: Path) -> None:
    tiers = "tiers: {cloud: {model: 'openai:big@http://127.0.0.1:9/v1'}}\n"
    made = built(tmp_path, HAMLET.replace("tiers: {local: {model: scripted}}\n", tiers))
    standing, view = Standing(made.program), View(made.world)
    draft = Draft("plan", "", (), QUESTION, 0.1)

    def landed(thought: str, error: str) -> Any:
        landing = Landing(thought, "mara", "cloud", "big", "", None, error, False)
        return standing.landed(landing, view)

    def barred() -> str:
        [offer] = [o for o in standing.offers(view.npc("mara"), draft) if o.tier == "cloud"]
        return offer.barred

    assert [event.healthy for event in landed("a", "Unavailable: gone")] == [False]
    made.world.tick += 120
    assert barred() == ""
    standing.asked(Thought("b", "mara", "cloud", QUESTION, 1, 9), view.now_ms)
    assert "can't be reached" in barred()
    assert not landed("b", f"{ev.CANCELLED}: mara is down")
    assert barred() == ""
    assert [event.healthy for event in landed("c", "")] == [True]
