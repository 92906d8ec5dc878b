"""Tools that reach outside: their work runs off the tick, and what comes of it is an input."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.build import Built
from npcsim.assembly.running import Session, open_session, recorded_session
from npcsim.replay.verify import verify
from npcsim.sim.clock import Paced
from npcsim.store.run_store import Run
from npcsim.world.snapshot import freeze, thaw
from tests.worlds_in_text import built, go_on, lines, living, of

TOWN = """
size: [20, 20]
clock: {tick: 1 s, start: "06:00", end: "06:02"}
items: {letter: {}}
places: {post: {area: [1, 1, 8, 8]}, mill: {area: [10, 10, 16, 16]}}
think: {guard: 0.2 s}
npcs:
  mara: {at: post, mind: true}
  bo: {at: post}
  ida: {at: post}
"""
TOOLS = """
import asyncio, math, sys, threading, time
calls = []

@tool(did="I asked for {what}", takes="5 s")
def fetch(me: Body, view: View, what: str) -> list[Effect]:
    return []

@fetch.outside
async def work(args):
    calls.append(args)
    await asyncio.sleep(0.01)
    BODY
    return {"what": args["what"], "who": args["me"], "n": 1.5}

@fetch.finish
def fetched(me: Body, view: View, act: Act) -> list[Effect]:
    return [Create(me, "letter"), Remember(me, f"I got {act.result}")]

@fetch.interrupted
def missed(me: Body, view: View, act: Act) -> list[Effect]:
    return [Remember(me, "I missed it")]

@tool(takes="outside", did="I waved")
def wave(me: Body, view: View) -> list[Effect]:
    return [Head(me, "mill")]

@wave.finish
def waved(me: Body, view: View, act: Act) -> list[Effect]:
    return [Remember(me, f"they saw {act.result['eyes']} eyes")]

TOOLS = [fetch, wave]
"""

SLEEP = "await asyncio.sleep(0.01)"
HANGS = "try: await asyncio.sleep(60)\n    finally: calls.append('cancelled')"


def town(folder: Path, body: str = "pass", tools: str = TOOLS, text: str = TOWN) -> Built:
    return built(folder, text, tools.replace("BODY", body))


def calls(made: Built) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = made.program.tools["fetch"].start.__globals__["calls"]
    return found


async def replayed(folder: Path) -> None:
    """The run is lived again, fact by fact and hash by hash, and nothing outside is called."""
    with Run.open(folder) as run:
        again = recorded_session(run)
        await verify(again.simulation, run)
        assert calls(again.built) == []


async def kept(made: Built, folder: Path, ticks: int, *puts: Any, **how: Any) -> Session:
    """A run of so many ticks with a log, sealed and closed."""
    session = await open_session(made, models={}, out=folder / "runs", ticks=ticks, **how)
    for entry in puts:
        session.simulation.put(entry)
    async for _ in session.simulation:
        pass
    session.finish()
    await session.close()
    return session


async def test_the_result_is_an_input_at_the_tick_it_is_due_and_finish_gets_it(
    tmp_path: Path,
) -> None:
    made = town(tmp_path)
    async with living(made) as simulation:
        simulation.put({"do": "mara.fetch(news)"})
        events = await go_on(simulation, 5)
        assert not of(events, ev.ActEnded)
        assert made.world.acts["mara"].result is None
        events = await go_on(simulation, 1)
    (given,) = of(events, ev.Given)
    result = {"what": "news", "who": "mara", "n": 1.5}
    assert given.entry == {"outside": 1, "npc": "mara", "source": "work", "result": result}
    assert given.source == "work"
    assert of(events, ev.ActEnded, npc="mara", how="done")
    assert made.world.held("mara") == {"letter": 1}
    assert f"I got {result}" in lines(made.world, "mara")
    assert calls(made) == [{"what": "news", "me": "mara"}]


async def test_it_is_not_called_to_look_for_options_nor_when_the_start_is_refused(
    tmp_path: Path,
) -> None:
    tools = TOOLS.replace("    return []", '    raise ToolRefused("no")', 1)
    made = town(tmp_path, tools=tools)
    async with living(made) as simulation:
        simulation.put({"do": "bo.fetch(news)"})
        await go_on(simulation, 3)
    assert calls(made) == []


async def test_a_replay_calls_nothing_and_has_equal_hashes(tmp_path: Path) -> None:
    orders = [{"do": f"{npc}.fetch(news)"} for npc in ("mara", "bo", "ida")]
    first = await kept(town(tmp_path), tmp_path, 20, *orders)
    second = await kept(town(tmp_path), tmp_path, 20, *orders)
    assert first.folder is not None
    with Run.open(first.folder) as one, Run.open(second.folder) as other:
        assert list(one.hashes()) == list(other.hashes())
    await replayed(first.folder)


async def test_works_of_several_overlap(tmp_path: Path) -> None:
    made = town(tmp_path, "await asyncio.sleep(0.1)")
    loop = asyncio.get_running_loop()
    async with living(made) as simulation:
        for npc in ("mara", "bo", "ida"):
            simulation.put({"do": f"{npc}.fetch(news)"})
        begun = loop.time()
        await go_on(simulation, 6)
        assert loop.time() - begun < 0.25
    assert [made.world.held(npc) for npc in ("mara", "bo", "ida")] == [{"letter": 1}] * 3


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("raise ConnectionError('no route')", "ConnectionError: no route"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise BaseException('odd')", "BaseException: odd"),
        ("return {1, 2}", "ValueError: it is no plain data"),
        ("return math.nan", "ValueError: Out of range float values"),
        ("return {'deep': [math.inf]}", "ValueError: Out of range float values"),
        ("return 'x' * 70_000", "ValueError: it is more than 64 kB of JSON"),
        ("return 10 ** 5000", "ValueError: Exceeds the limit"),
        ("x = []; x.append(x); return x", "ValueError: Circular reference"),
        ("x = 1\n    for _ in range(40): x = [x]\n    return x", "ValueError: it is more than 32"),
        ("await asyncio.sleep(60)", "TimedOut: no result within 0.2 s"),
        ("asyncio.current_task().cancel(); await asyncio.sleep(1)", "Unavailable: its work gave"),
        ("raise asyncio.CancelledError", "Unavailable: its work gave up"),
        (
            "while True:\n        try: await asyncio.sleep(0.3); break\n"
            "        except asyncio.CancelledError: pass",
            "TimedOut: no result within 0.2 s",
        ),
    ],
)
async def test_whatever_a_work_does_costs_its_act_and_no_tick(
    tmp_path: Path, body: str, told: str
) -> None:
    session = await kept(town(tmp_path, body), tmp_path, 12, {"do": "mara.fetch(news)"})
    assert session.folder is not None
    with Run.open(session.folder) as run:
        events = list(run.events())
    (given,) = of(events, ev.Given, source="work")
    assert given.entry["error"].startswith(told)
    assert of(events, ev.Rejected, actor="mara")[0].reason == given.entry["error"]
    (ended,) = of(events, ev.ActEnded)
    assert (ended.how, ended.reason, ended.tick) == ("failed", "it came to nothing", 6)
    world = session.built.world
    assert world.tick == 12
    assert "I missed it" in lines(world, "mara")
    assert "It did not work: it came to nothing" in lines(world, "mara")
    await replayed(session.folder)
    await asyncio.sleep(0.35 if "while" in body else 0)


async def test_a_refusal_outside_is_for_the_npc(tmp_path: Path) -> None:
    made = town(tmp_path, "raise ToolRefused('the post is shut')")
    async with living(made) as simulation:
        simulation.put({"do": "mara.fetch(news)"})
        events = await go_on(simulation, 8)
    assert of(events, ev.ActEnded)[0].reason == "the post is shut"
    assert not of(events, ev.Rejected)
    assert "It did not work: the post is shut" in lines(made.world, "mara")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return {'in': threading.current_thread() is not threading.main_thread()}", ""),
        ("raise KeyboardInterrupt", "KeyboardInterrupt: "),
        ("sys.exit('bye')", "SystemExit: bye"),
        ("time.sleep(0.5)", "TimedOut: no result within 0.2 s"),
        ("return asyncio.sleep(0)", "TypeError: it returned a coroutine"),
    ],
)
async def test_a_plain_function_runs_in_a_thread(tmp_path: Path, body: str, told: str) -> None:
    tools = TOOLS.replace("async def work", "def work").replace("await asyncio.sleep(0.01)", "")
    made = town(tmp_path, body, tools)
    async with living(made) as simulation:
        simulation.put({"do": "mara.fetch(news)"})
        events = await go_on(simulation, 8)
    entry = of(events, ev.Given, source="work")[0].entry
    if told:
        assert entry["error"].startswith(told)
    else:
        assert entry["result"] == {"in": True}


async def test_interrupted_meanwhile_its_task_is_cancelled(tmp_path: Path) -> None:
    made = town(tmp_path, tools=TOOLS.replace(SLEEP, HANGS))
    async with living(made) as simulation:
        simulation.put({"do": "mara.fetch(news)"})
        await go_on(simulation, 2)
        simulation.put({"do": "mara.wait()"})
        events = await go_on(simulation, 8)
        assert of(events, ev.ActEnded, tool="fetch", how="interrupted")
        assert not of(events, ev.Given, source="work")
        assert calls(made)[1:] == ["cancelled"]


async def test_what_comes_too_late_is_dropped_and_told(tmp_path: Path) -> None:
    made = town(tmp_path)
    async with living(made) as simulation:
        simulation.put({"do": "mara.fetch(news)"})
        await go_on(simulation, 2)
        simulation.put({"do": "mara.wait()"})
        simulation.put({"outside": 1, "npc": "mara", "result": 1})
        events = await go_on(simulation, 8)
        (told,) = of(events, ev.Rejected)
        assert told.reason == "act 1 is over: what came for it from outside is dropped"
        with pytest.raises(ValueError, match="mara is at no act 1 that waits"):
            simulation.put({"outside": 1, "npc": "mara", "result": 1})
    assert made.world.held("mara") == {}


async def test_an_early_result_is_world_state_until_the_act_is_due(tmp_path: Path) -> None:
    made, twin = town(tmp_path, "await asyncio.sleep(60)"), town(tmp_path / "twin")
    async with living(made) as simulation:
        simulation.put({"do": "mara.fetch(news)"})
        await go_on(simulation, 1)
        before = made.world.tables()["acts"].digest
        simulation.put({"outside": 1, "npc": "mara", "result": {"a": [1, None, "편지"]}})
        await go_on(simulation, 1)
        assert made.world.acts["mara"].result == {"a": [1, None, "편지"]}
        assert made.world.tables()["acts"].digest != before
        thaw(twin.world, *freeze(made.world))
        assert twin.world.state_hash() == made.world.state_hash()
        assert twin.world.acts["mara"].result == {"a": [1, None, "편지"]}
        events = await asyncio.wait_for(go_on(simulation, 4), 5)
    (ended,) = of(events, ev.ActEnded)
    assert (ended.tick, ended.how) == (6, "done")


async def test_an_act_ends_when_it_is_told_from_outside(tmp_path: Path) -> None:
    made = town(tmp_path)
    session = await open_session(made, models={}, out=tmp_path / "runs", ticks=60)
    simulation = session.simulation
    simulation.put({"do": "mara.wave()"})
    simulation.put({"do": "bo.wave()"})
    simulation.put({"do": "ida.wave()"})
    await go_on(simulation, 40)
    # They have arrived where they headed; the act goes on until somebody says it has ended.
    assert simulation.npc("mara").place == "mill"
    acts = {npc: made.world.acts[npc].id for npc in ("mara", "bo", "ida")}
    simulation.put({"outside": acts["mara"], "npc": "mara", "result": {"eyes": 4}})
    simulation.put({"outside": acts["bo"], "npc": "bo", "refused": "a cart is in the way"})
    simulation.put({"outside": acts["ida"], "npc": "ida", "error": "EngineError: fell through"})
    events = await go_on(simulation, 1)
    ended = {e.npc: (e.how, e.reason) for e in of(events, ev.ActEnded)}
    assert ended == {
        "mara": ("done", ""),
        "bo": ("failed", "a cart is in the way"),
        "ida": ("failed", "it came to nothing"),
    }
    assert [e.reason for e in of(events, ev.Rejected)] == ["EngineError: fell through"]
    assert "they saw 4 eyes" in lines(made.world, "mara")
    async for _ in simulation:
        pass
    session.finish()
    await session.close()
    assert session.folder is not None
    await replayed(session.folder)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"outside": 1, "npc": "mara"}, "expected {'outside': act"),
        ({"outside": 1, "npc": "mara", "result": 1, "error": "x"}, "expected {'outside': act"),
        ({"outside": "1", "npc": "mara", "result": 1}, "expected {'outside': act"),
        ({"outside": True, "npc": "mara", "result": 1}, "expected {'outside': act"),
        ({"outside": 1, "result": 1}, "expected {'outside': act"),
        ({"outside": 1, "npc": "mara", "error": 7}, "`error` is a text, not 7"),
        ({"outside": 1, "npc": "nobody", "result": 1}, "nobody is called 'nobody'"),
        ({"outside": 2, "npc": "mara", "result": 1}, "mara is at no act 2"),
        ({"outside": 1, "npc": "bo", "result": 1}, "bo is at no act 1"),
        ({"outside": 2, "npc": "bo", "result": 1}, "go_to waits for nothing from outside"),
        ({"outside": 1, "npc": "mara", "result": "x" * 64_000}, "the result: it is more than 64"),
    ],
)
async def test_inputs_that_fit_no_act_are_refused(
    tmp_path: Path, entry: dict[str, Any], why: str
) -> None:
    async with living(town(tmp_path)) as simulation:
        simulation.put({"do": "mara.wave()"})
        simulation.put({"do": "bo.go_to(mill)"})
        await go_on(simulation, 1)
        with pytest.raises(ValueError, match=why):
            simulation.put(entry)


async def test_paced_it_lands_at_the_first_boundary_after(tmp_path: Path) -> None:
    made = town(tmp_path, "await asyncio.sleep(0.1)")
    session = await kept(made, tmp_path, 30, {"do": "mara.fetch(news)"}, clock=Paced(100))
    assert session.folder is not None
    with Run.open(session.folder) as run:
        (ended,) = run.events("ActEnded")
    assert isinstance(ended, ev.ActEnded)
    assert 6 < ended.tick < 30
    assert ended.how == "done"
    await replayed(session.folder)


async def test_closing_cancels_what_runs(tmp_path: Path) -> None:
    made = town(tmp_path, tools=TOOLS.replace(SLEEP, HANGS))
    async with living(made) as simulation:
        simulation.put({"do": "mara.fetch(news)"})
        await go_on(simulation, 3)
    assert calls(made)[1:] == ["cancelled"]


async def test_what_reaches_outside_may_be_kept_from_it(tmp_path: Path) -> None:
    made = town(tmp_path)
    session = await kept(made, tmp_path, 10, {"do": "mara.fetch(news)"}, outside=False)
    assert calls(made) == []
    assert session.built.world.held("mara") == {}


async def test_other_tools_begin_what_their_acts_ask_for(tmp_path: Path) -> None:
    """An act whose tool learns to reach outside while it goes on."""
    tools = TOOLS.replace("@fetch.outside", "")
    made = town(tmp_path, tools=tools)
    async with living(made) as simulation:
        simulation.put({"do": "mara.fetch(news)"})
        await go_on(simulation, 2)
        text = "from npcsim import *\n" + TOOLS.replace("BODY", "pass")
        simulation.put({"tools": text, "file": "tools.py"})
        events = await go_on(simulation, 6)
    assert of(events, ev.Given, source="work")
    assert made.world.held("mara") == {"letter": 1}
