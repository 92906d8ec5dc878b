"""The tick loop with real parts: a village with minds, a scripted model, a log."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.build import Built, build
from npcsim.assembly.runs.session import open_session, recorded_session
from npcsim.errors import (
    BadReply,
    BrokenInvariant,
    OverBudget,
    RateLimited,
    ReplayDiverged,
    TimedOut,
    Unavailable,
)
from npcsim.messages import Answer, Choose, Chosen, Question, Written
from npcsim.models.scripted import Scripted, by_hash
from npcsim.replay.verify import verify
from npcsim.store.run_store import Run
from tests.worlds_in_text import VILLAGE, built, go_on, lines, living, of

ROOT = Path(__file__).parents[2]
THINKING = VILLAGE + "think: {local: 10 s, rest: 10 s, dominates: 50}\n"


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return built(tmp_path_factory.mktemp("village"), THINKING).recipe


async def run(recipe: Any, ticks: int, model: Any = None, out: Path | None = None) -> Any:
    """-> (the built world, all events)."""
    made = build(recipe)
    async with living(made, {"local": model or Scripted()}, ticks=ticks, out=out) as simulation:
        return made, await go_on(simulation, ticks)


# -- thinking takes time -------------------------------------------------------------------------


async def test_a_thought_lands_exactly_when_its_think_time_is_over(recipe: Any) -> None:
    _, events = await run(recipe, 60)
    asked = {a.thought: a for a in of(events, ev.Asked, tier="local")}
    landed = {one.thought: one for one in of(events, ev.Landed)}
    assert len(landed) > 8
    for thought, one in landed.items():
        # 10 s in ticks of 2 s.
        assert one.tick == asked[thought].tick + 5 == asked[thought].lands
        assert not one.late
    assert {thought for thought, a in asked.items() if a.lands <= 60} == set(landed)
    decided = {d.thought: d.tick for d in of(events, ev.Decided)}
    assert all(decided[thought] == one.tick for thought, one in landed.items())


async def test_an_npc_has_one_thought_in_flight(recipe: Any) -> None:
    _, events = await run(recipe, 80)
    flying: dict[str, str] = {}
    for event in events:
        if isinstance(event, ev.Landed):
            assert flying.pop(event.npc) == event.thought
        elif isinstance(event, ev.Asked) and event.tier == "local":
            assert event.npc not in flying
            flying[event.npc] = event.thought


async def test_landings_of_a_tick_come_by_npc(recipe: Any) -> None:
    _, events = await run(recipe, 80)
    by_tick: dict[int, list[str]] = {}
    for one in of(events, ev.Landed):
        by_tick.setdefault(one.tick, []).append(one.npc)
    assert any(len(npcs) > 1 for npcs in by_tick.values())
    assert all(npcs == sorted(npcs) for npcs in by_tick.values())


async def test_the_order_in_which_answers_come_does_not_matter(recipe: Any) -> None:
    _, events = await run(recipe, 36)
    expected = of(events, ev.TickEnded)
    seen = set()
    for shuffle in range(20):
        chance = random.Random(shuffle)
        order: list[str] = []

        async def delay(question: Question, chance: Any = chance, order: Any = order) -> None:
            await asyncio.sleep(chance.choice((0, 0, 0.001, 0.003)))
            order.append(question.situation if isinstance(question, Choose) else question.system)

        _, events = await run(recipe, 36, Scripted(delay=delay))
        assert of(events, ev.TickEnded) == expected
        seen.add(tuple(order))
    assert len(seen) > 5


async def test_what_the_model_says_matters(recipe: Any) -> None:
    def last(question: Question) -> Answer:
        if not isinstance(question, Choose):
            return Written("Not today.")
        shares = [0.0] * len(question.options)
        shares[-1] = 1.0
        return Chosen(len(shares) - 1, tuple(shares))

    one, _ = await run(recipe, 60)
    other, _ = await run(recipe, 60, Scripted(last))
    assert one.world.state_hash() != other.world.state_hash()


# -- failures ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure",
    [
        Unavailable("gone"), TimedOut("slow"), BadReply("what?"), OverBudget("poor"),
        RateLimited("wait"), ZeroDivisionError("bug"),
    ],
    ids=lambda failure: type(failure).__name__,
)  # fmt: skip
async def test_a_failure_is_a_flagged_fallback_and_nothing_is_invented(
    recipe: Any, failure: Exception
) -> None:
    made, events = await run(recipe, 60, Scripted(lambda question: failure))
    landed = of(events, ev.Landed)
    assert landed
    assert all(one.answer is None and one.error for one in landed)
    flagged = {d.thought: d for d in of(events, ev.Decided) if d.tier == "local"}
    assert set(flagged) == {one.thought for one in landed}
    for decided in flagged.values():
        assert decided.fallback
        assert decided.reason.startswith("the body decides: ")
        assert decided.probabilities == ()
    # Nothing of the error's text is done, said or remembered.
    texts = [text for npc in ("mara", "bo", "ida") for text in lines(made.world, npc)]
    assert not any(str(failure) in text for text in texts)
    assert of(events, ev.GoalStarted)


async def test_a_model_that_is_gone_is_left_alone_for_a_while(recipe: Any) -> None:
    _, events = await run(recipe, 80, Scripted(lambda question: Unavailable("gone")))
    down = of(events, ev.TierChanged)[0]
    assert (down.tier, down.healthy, down.reason) == ("local", False, "Unavailable: gone")
    after = [a for a in of(events, ev.Asked) if down.tick < a.tick < down.tick + 30]
    assert {a.reason for a in after if a.tier == "reflex"} >= {"the local model can't be reached"}
    assert not [a for a in after if a.tier == "local"]
    assert [a for a in of(events, ev.Asked, tier="local") if a.tick >= down.tick + 30]


async def test_it_is_told_when_a_model_is_back(recipe: Any) -> None:
    count = [0]

    def rule(question: Question) -> Answer | Exception:
        count[0] += 1
        return Unavailable("gone") if count[0] <= 3 else by_hash(question)

    _, events = await run(recipe, 120, Scripted(rule))
    assert [(t.healthy) for t in of(events, ev.TierChanged)] == [False, True]


async def test_words_that_can_not_be_said_are_a_flagged_fallback(recipe: Any) -> None:
    def rule(question: Question) -> Answer:
        if isinstance(question, Choose):
            return by_hash(question)
        return Written("I'm sorry, as a language model I \ud800")

    made, events = await run(recipe, 80, Scripted(rule))
    words = [d for d in of(events, ev.Decided, tier="local") if d.pick == -1]
    assert words
    assert all(d.fallback and "not fit to be said" in d.reason for d in words)
    assert not any("sorry" in line for npc in ("mara", "bo") for line in lines(made.world, npc))


async def test_a_hanging_model_costs_thoughts_not_the_run(tmp_path: Path) -> None:
    made = built(tmp_path, THINKING.replace("think: {", "think: {guard: 20 ms, "))

    async def hang(question: Question) -> None:
        await asyncio.sleep(60)

    async with asyncio.timeout(20):
        async with living(made, {"local": Scripted(delay=hang)}) as simulation:
            events = await go_on(simulation, 12)
    assert {one.error for one in of(events, ev.Landed)} == {"TimedOut: no answer within 0.02 s"}
    assert all(d.fallback for d in of(events, ev.Decided, tier="local"))


class Stepped:
    """A paced clock that a test drives as fast as it likes."""

    paced = True

    async def wait_for(self, tick: int) -> None:
        await asyncio.sleep(0)


async def test_watched_a_late_answer_lands_late_and_is_said_to_be(recipe: Any) -> None:
    gate = asyncio.Event()

    async def delay(question: Question) -> None:
        await gate.wait()

    model = {"local": Scripted(delay=delay)}
    async with living(build(recipe), model, clock=Stepped()) as simulation:
        events = await go_on(simulation, 10)
        assert of(events, ev.Asked, tier="local")
        assert not of(events, ev.Landed)
        gate.set()
        await asyncio.sleep(0.02)
        events = await go_on(simulation, 1)
        assert of(events, ev.Landed)
        assert all(one.late and one.tick == 11 for one in of(events, ev.Landed))


async def test_watched_in_time_is_the_headless_run(recipe: Any) -> None:
    class Waiting(Stepped):
        async def wait_for(self, tick: int) -> None:
            await asyncio.sleep(0.002)

    _, events = await run(recipe, 40)
    async with living(build(recipe), {"local": Scripted()}, clock=Waiting()) as simulation:
        watched = await go_on(simulation, 40)
    assert not any(one.late for one in of(watched, ev.Landed))
    assert of(watched, ev.TickEnded) == of(events, ev.TickEnded)


# -- the same again ------------------------------------------------------------------------------


async def test_two_runs_of_a_process_are_the_same(recipe: Any) -> None:
    _, first = await run(recipe, 60)
    _, second = await run(recipe, 60)
    assert [ev.pack(e) for e in first] == [ev.pack(e) for e in second]


async def test_seeds_matter(tmp_path: Path) -> None:
    hashes = set()
    for overrides in ((), ("seed=5",), ("mind_seed=5",)):
        made = built(tmp_path, THINKING, overrides=overrides)
        async with living(made, {"local": Scripted()}) as simulation:
            await go_on(simulation, 60)
        hashes.add(made.world.state_hash())
    assert len(hashes) == 3


SCRIPT = """
import asyncio, sys
from pathlib import Path
from npcsim.assembly.build import read
from npcsim.assembly.runs.session import open_session
from npcsim.models.scripted import Scripted

async def main():
    session = await open_session(read(Path(sys.argv[1])), models={"local": Scripted()})
    for _ in range(40):
        tick = await session.simulation.step()
    print(tick.hash)
    await session.close()

asyncio.run(main())
"""


def test_processes_of_any_hash_seed_zone_and_locale_agree(tmp_path: Path) -> None:
    built(tmp_path, THINKING)
    worlds = [
        {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "4242", "TZ": "Asia/Kolkata", "LC_ALL": "tr_TR.UTF-8"},
    ]
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "small.yaml")]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    runs = [
        subprocess.Popen(command, env=env | world, stdout=subprocess.PIPE, text=True)
        for world in worlds
    ]
    hashes = {process.communicate(timeout=60)[0] for process in runs}
    assert len(hashes) == 1
    assert len(hashes.pop().strip()) == 32


# -- kept and lived again ------------------------------------------------------------------------


async def kept(recipe: Any, out: Path, model: Any = None) -> Path:
    """A run of 70 ticks with inputs, in a log. -> its folder."""
    session = await open_session(build(recipe), models={"local": model or Scripted()}, out=out)
    for tick in range(70):
        if tick == 20:
            session.simulation.put({"set": "bo", "attribute": "hunger", "value": 1})
            session.simulation.put({"signal": "news", "place": "mill", "content": "It rains"})
        if tick == 30:
            session.simulation.put({"do": "mara.go_to(square)"})
        if tick == 69:
            session.simulation.stop()
        await session.simulation.step()
    session.finish()
    await session.close()
    assert session.folder is not None
    return session.folder


FLAKY = {0: by_hash, 1: lambda question: TimedOut("slow"), 2: lambda question: Unavailable("gone")}


@pytest.mark.parametrize("kind", ["well", "failing"])
async def test_a_log_is_lived_again_with_equal_hashes(
    recipe: Any, tmp_path: Path, kind: str
) -> None:
    count = iter(range(10**6))

    def flaky(question: Question) -> Any:
        return FLAKY[next(count) % 3](question)

    folder = await kept(recipe, tmp_path, Scripted(flaky) if kind == "failing" else None)
    again = Run.open(folder)
    try:
        session = recorded_session(again)
        verdict = await verify(session.simulation, again)
        assert verdict.ticks == 70
        assert verdict.hash == dict(again.hashes())[70]
        assert session.simulation.world.state_hash() == verdict.hash
        await session.close()
        counts = Counter(type(event).__name__ for event in again.events())
        assert counts["Given"] == 3
        assert counts["Landed"] > 5
        assert len(list(again.calls())) == counts["Landed"]
    finally:
        again.close()


async def test_a_changed_answer_is_found_at_its_tick(recipe: Any, tmp_path: Path) -> None:
    again = Run.open(await kept(recipe, tmp_path))
    try:
        session = recorded_session(again)
        answers: Any = session.simulation.answers
        landed = of(again.inputs(), ev.Landed)
        tick = landed[3].tick
        one = answers._by_tick[tick][0]
        answers._by_tick[tick][0] = replace(one, answer=None, error="TimedOut: x")
        with pytest.raises(ReplayDiverged) as caught:
            await verify(session.simulation, again)
        assert caught.value.tick == tick
        assert one.npc in caught.value.difference
        await session.close()
    finally:
        again.close()


# -- from Python ---------------------------------------------------------------------------------


async def test_subscribers_see_every_tick_until_they_leave(recipe: Any) -> None:
    async with living(build(recipe)) as simulation:
        seen: list[int] = []
        other: list[int] = []
        leave = simulation.subscribe(lambda tick, events: seen.append(tick))
        simulation.subscribe(lambda tick, events: other.append(len(events)))
        await go_on(simulation, 3)
        leave()
        await go_on(simulation, 2)
        assert seen == [0, 1, 2, 3]
        assert len(other) == 6


async def test_a_subscriber_may_leave_while_it_is_called(recipe: Any) -> None:
    async with living(build(recipe)) as simulation:
        seen: list[int] = []

        def once(tick: int, events: list[ev.Event]) -> None:
            seen.append(tick)
            leave()

        leave = simulation.subscribe(once)
        await go_on(simulation, 3)
        assert seen == [0]


async def test_the_end_of_the_clock_ends_the_run(tmp_path: Path) -> None:
    made = built(tmp_path, VILLAGE.replace('end: "08:00"', 'end: "06:00:20"'))
    async with living(made) as simulation:
        ticks = [tick async for tick in simulation]
    assert [tick.number for tick in ticks] == list(range(1, 11))
    last = ticks[-1].events[-1]
    assert isinstance(last, ev.RunEnded)
    assert (last.reason, last.hash) == ("end", made.world.state_hash())
    with pytest.raises(BrokenInvariant):
        await simulation.step()


async def test_stop_ends_after_the_tick_under_way(recipe: Any) -> None:
    made = build(recipe)
    async with living(made) as simulation:
        async for tick in simulation:
            if tick.number == 4:
                simulation.stop("enough")
        assert simulation.tick == 5
        assert simulation.stopped == "enough"
        assert simulation.ended


async def test_a_tick_tells_what_happened_and_its_hash(recipe: Any) -> None:
    made = build(recipe)
    async with living(made) as simulation:
        tick = await simulation.step()
        assert tick.number == simulation.tick == 1
        assert tick.hash == made.world.state_hash()
        assert tick.events[-1] == ev.TickEnded(1, tick.hash)
        assert tick.wall_ms > 0
        assert simulation.view.tick == 1
        assert simulation.view.npc("mara").name == "mara"


async def test_closing_gives_up_on_thoughts_and_leaves_no_task(recipe: Any) -> None:
    async def hang(question: Question) -> None:
        await asyncio.sleep(60)

    async with living(build(recipe), {"local": Scripted(delay=hang)}) as simulation:
        await go_on(simulation, 3)
        assert simulation.answers.waiting
    assert not [t for t in asyncio.all_tasks() if t.get_name().startswith("thought")]


def test_every_event_of_a_run_survives_being_kept(recipe: Any) -> None:
    made: Built = build(recipe)
    _, events = asyncio.run(run(recipe, 50))
    for event in [made.started("x", {}), *events]:
        packed = ev.pack(event)
        assert ev.pack(ev.unpack(packed)) == packed
        json.loads(packed.payload)
