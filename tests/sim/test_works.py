"""Works of tools that reach outside run off the tick, whatever they do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim.assembly.build import build
from npcsim.sim import works
from npcsim.sim.clock import Paced
from npcsim.store.run_store import Run
from npcsim.world.snapshot import freeze, thaw
from tests.sim.post_office import HANGS, SLEEP, TOOLS, calls, kept, replayed, town
from tests.worlds_in_text import go_on, lines, living, of


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


async def test_paced_it_lands_at_the_first_boundary_after(tmp_path: Path) -> None:
    made = town(tmp_path, "await asyncio.sleep(0.1)")
    session = await kept(made, tmp_path, 30, {"do": "mara.fetch(news)"}, clock=Paced(100))
    assert session.folder is not None
    with Run.open(session.folder) as run:
        (ended,) = run.events("ActEnded")
        (given,) = of(run.events(), ev.Given, source="work")
    assert isinstance(ended, ev.ActEnded)
    assert 6 < ended.tick < 30
    assert given.entry["late"]
    assert ended.how == "done"
    await replayed(session.folder)


async def test_paced_and_in_time_it_ends_as_the_headless_run(tmp_path: Path) -> None:
    order = {"do": "mara.fetch(news)"}
    hashes = []
    for clock in (None, Paced(20)):
        session = await kept(town(tmp_path), tmp_path, 10, order, clock=clock)
        assert session.folder is not None
        with Run.open(session.folder) as run:
            hashes.append(list(run.hashes()))
            assert "late" not in of(run.events(), ev.Given, source="work")[0].entry
    assert hashes[0] == hashes[1]


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


async def test_a_world_that_is_restored_asks_once_more(tmp_path: Path) -> None:
    """The task is gone with its process; what it was asked for is world state."""
    made = town(tmp_path)
    async with living(made) as simulation:
        simulation.put({"do": "mara.fetch(news)"})
        await go_on(simulation, 5)
        frozen = freeze(made.world)
        first = (await go_on(simulation, 1))[-1]
    again = build(made.recipe)
    thaw(again.world, *frozen)
    async with living(again) as simulation:
        assert (await go_on(simulation, 1))[-1] == first
    assert again.world.held("mara") == {"letter": 1}


async def test_more_than_fit_wait_in_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(works, "AT_ONCE", 2)
    made = town(tmp_path, "await asyncio.sleep(0.05)")
    loop = asyncio.get_running_loop()
    async with living(made) as simulation:
        for npc in ("mara", "bo", "ida"):
            simulation.put({"do": f"{npc}.fetch(news)"})
        begun = loop.time()
        events = await go_on(simulation, 6)
        assert loop.time() - begun >= 0.12
    assert len(of(events, ev.ActEnded, how="done", tick=6)) == 3


async def test_works_that_hang_for_good_are_not_added_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(works, "MOST_LEFT", 1)
    tools = TOOLS.replace("async def work", "def work").replace(SLEEP, "time.sleep(1)")
    async with living(town(tmp_path, tools=tools)) as simulation:
        simulation.put({"do": "mara.fetch(news)"})
        simulation.put({"do": "bo.fetch(news)"})
        await go_on(simulation, 6)
        simulation.put({"do": "ida.fetch(news)"})
        events = await go_on(simulation, 6)
    (given,) = of(events, ev.Given, source="work")
    assert given.entry["error"] == "Unavailable: 1 works hang already"


async def test_a_work_that_takes_no_cancelling_is_ended_by_force(tmp_path: Path) -> None:
    """Else `asyncio.run` would wait for it for ever."""
    stubborn = (
        "while True:\n        try: await asyncio.sleep(60)\n"
        "        except asyncio.CancelledError: calls.append('no')\n"
    )
    made = town(tmp_path, tools=TOOLS.replace(SLEEP, stubborn))
    before = asyncio.all_tasks()
    async with living(made) as simulation:
        simulation.put({"do": "mara.fetch(news)"})
        events = await go_on(simulation, 8)
        assert len(asyncio.all_tasks() - before) == 1
    assert of(events, ev.ActEnded, npc="mara", how="failed")
    assert calls(made)[1:] == ["no"]
    assert asyncio.all_tasks() == before
