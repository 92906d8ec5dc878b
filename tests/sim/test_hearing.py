"""Words heard while a model says them: seen by whoever listens, and by nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.runs.session import open_session, recorded_session
from npcsim.messages import Choose, Question, Write, Written
from npcsim.models.scripted import Scripted, by_hash
from npcsim.sim.inflight import Live, Thought
from npcsim.store.run_store import Run
from tests.worlds_in_text import built, of

CHOOSE = Choose("Mara wants to", "Someone wants to", ("eat", "sleep"))
WRITE = Write("You are Mara.", "Hello.")
VILLAGE = """
size: [20, 12]
clock: {tick: 2 s, start: "09:00", end: "09:04"}
think: {local: 4 s, rest: 10 s}
places: {gate: {area: [2, 2, 8, 8]}}
npcs: {Mara: {at: gate, mind: true}, Odo: {at: gate, mind: true}}
plans: {greet: {option: greet the others, worth: 1, steps: ["say(anyone, the day)"]}}
tiers: {local: {model: scripted}}
"""


def says(text: str) -> Any:
    return lambda question: Written(text) if isinstance(question, Write) else by_hash(question)


def thought(npc: str, lands: int, question: Question = WRITE) -> Thought:
    return Thought(f"{npc}@0", npc, "local", question, lands, 99)


async def test_listeners_are_told_who_says_what_so_far() -> None:
    answers = Live({"local": Scripted(says("Good day, Odo."))}, 5.0, False)
    heard: list[tuple[str, str, str]] = []
    quiet = answers.hear(lambda *told: heard.append(told))
    answers.ask(thought("mara", 1))
    answers.ask(thought("odo", 1, CHOOSE))
    await answers.land(1)
    assert heard == [
        ("mara", "mara@0", "Good"), ("mara", "mara@0", "Good day,"),
        ("mara", "mara@0", "Good day, Odo."),
    ]  # fmt: skip
    quiet()
    answers.ask(thought("odo", 2))
    await answers.land(2)
    assert len(heard) == 3


async def test_what_was_given_up_is_not_heard_any_more() -> None:
    go_on = asyncio.Event()

    async def delay(question: Question) -> None:
        try:
            await go_on.wait()
        except asyncio.CancelledError:
            return  # it doesn't listen, and answers all the same

    answers = Live({"local": Scripted(says("Too late."), delay=delay)}, 5.0, False)
    heard: list[tuple[str, str, str]] = []
    answers.hear(lambda *told: heard.append(told))
    answers.ask(thought("mara", 1))
    await asyncio.sleep(0)
    answers.cancel("mara@0", "no use")
    go_on.set()
    await answers.land(1)
    await asyncio.sleep(0.01)
    assert heard == []


async def test_a_listener_that_breaks_costs_no_thought() -> None:
    loop = asyncio.get_running_loop()
    told: list[Any] = []
    loop.set_exception_handler(lambda loop, context: told.append(context["exception"]))
    answers = Live({"local": Scripted(says("Yes."))}, 5.0, False)
    answers.hear(lambda npc, thought, text: 1 / 0)
    answers.ask(thought("mara", 1))
    (landing,) = await answers.land(1)
    assert landing.answer == Written("Yes.")
    assert isinstance(told[0], ZeroDivisionError)


@pytest.mark.parametrize("listens", [True, False])
async def test_hearing_is_for_show_alone(tmp_path: Path, listens: bool) -> None:
    hashes = []
    heard: list[tuple[str, str, str]] = []
    for _ in range(2):
        models = {"local": Scripted(says("Good day, all of you."))}
        session = await open_session(built(tmp_path, VILLAGE), models=models, out=tmp_path)
        if listens and not hashes:
            session.simulation.hear(lambda *told: heard.append(told))
        events = [event async for tick in session.simulation for event in tick.events]
        hashes.append(of(events, ev.RunEnded)[0].hash)
        session.finish()
        await session.close()
    assert hashes[0] == hashes[1]
    in_words = {one.thought for one in of(events, ev.Asked) if one.purpose in ("speak", "reflect")}
    assert in_words
    assert {one for _, one, _ in heard} <= in_words
    assert bool(heard) == listens
    assert session.folder is not None
    again = recorded_session(Run.open(session.folder))
    again.simulation.hear(lambda *told: pytest.fail("a replay says nothing"))
    last = [tick async for tick in again.simulation][-1]
    assert last.hash == hashes[0]
    await again.close()
