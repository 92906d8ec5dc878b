"""A town whose tools reach outside, and what tests of them share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from npcsim.assembly.build import Built
from npcsim.assembly.runs.session import Session, open_session, recorded_session
from npcsim.replay.verify import verify
from npcsim.store.run_store import Run
from tests.worlds_in_text import built

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
