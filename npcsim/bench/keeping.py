"""`npcsim bench seek` and `npcsim bench log`: what it costs to open a tick, and to keep a run.

Seeking: a long run of a village on reflexes alone is made, and ticks drawn at random are opened in
it, each as a reader does that has nothing open yet. Keeping: a skirmish of a thousand NPCs is lived
with its log and without, in turns.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from npcsim.assembly.build import read
from npcsim.assembly.code.finding import find_scenario
from npcsim.assembly.runs.session import open_session, recorded_session
from npcsim.bench.reflex_npcsim import Field
from npcsim.store import addresses, opening
from npcsim.store.run_store import Run
from npcsim.store.snapshots import decode
from npcsim.world.dice import roll

TICKS = 100_000
OPENED = 200
LIVED = 10
SCENARIO = "03_village_morning"
CROWD, SPAN, ROUNDS = 1_000, 200, 7
SERVER = "server"


def seek(ticks: int = TICKS, kept: Path | None = None) -> dict[str, Any]:
    """Open ticks of a run so long. kept: a run there is already, instead of one made here."""
    with tempfile.TemporaryDirectory(prefix="npcsim-bench-") as parent:
        folder = kept or asyncio.run(lived(Path(parent), ticks))
        return _opened(folder)


async def lived(parent: Path, ticks: int) -> Path:
    """A long run of a village on reflexes alone. -> its folder"""
    session = await open_session(
        read(find_scenario(SCENARIO)), models={}, out=parent, ticks=ticks
    )  # fmt: skip
    async for _ in session.simulation:
        continue
    session.finish()
    await session.close()
    assert session.folder is not None
    return session.folder


def _opened(folder: Path) -> dict[str, Any]:
    with Run.open(folder) as run:
        last, npcs = run.last_tick, len(run.started.cast)
        snapshots = [len(run.snapshot(tick)) for tick in run.snapshots()]
        biggest = decode(run.snapshot(run.snapshots()[-1]))[0]["tables"]
    at, remembered, live = [], [], []
    for number in range(OPENED):
        tick = drawn(number, last)
        begun = time.perf_counter()
        with Run.open(folder) as run:
            moment = run.at(tick)
            at.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            moment.memories(moment["npc"][number % npcs])
            remembered.append(time.perf_counter() - begun)
    for number in range(LIVED):
        begun = time.perf_counter()
        with Run.open(folder) as run:
            recorded_session(run, near=drawn(number, last))
        live.append(time.perf_counter() - begun)
    size = sum(file.stat().st_size for file in folder.iterdir())
    return {
        "ticks": last,
        "npcs": npcs,
        "opened": OPENED,
        "open_ms": shares(at),
        "memories_ms": shares(remembered),
        "take_up_ms": shares(live),
        "snapshots": len(snapshots),
        "entries_in_last": sum(map(len, biggest.values())),
        "snapshot_mb": round(sum(snapshots) / 1e6, 2),
        "run_mb": round(size / 1e6, 2),
        "bytes_per_npc_tick": round(size / npcs / max(1, last), 2),
    }


def drawn(number: int, last: int) -> int:
    """A tick at random, the same in every run of the bench."""
    return int(roll(1, number, "bench", "seek") * (last + 1))


def shares(seconds: list[float]) -> dict[str, float]:
    """Milliseconds at the middle, at 95 % and at most."""
    ordered = sorted(seconds)
    at = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    last = len(ordered) - 1
    return {
        name: round(ordered[min(int(s * len(ordered)), last)] * 1000, 1) for name, s in at.items()
    }


def log(npcs: int = CROWD, store: str | None = None) -> dict[str, Any]:
    """What keeping a run adds to a tick, by processor and by wall: medians over spans in turns.

    store: a PostgreSQL server to keep one in too, in tables that are gone afterwards. What its own
    processes take of the processor is not counted.
    """
    if store is None:
        return asyncio.run(_log(npcs, None))
    with tables_in(store) as url:
        return asyncio.run(_log(npcs, url))


async def _log(npcs: int, url: str | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="npcsim-bench-") as parent:
        places = {"without": None, "with": Path(parent), **({} if url is None else {SERVER: url})}
        spent: dict[str, list[tuple[float, float]]] = {name: [] for name in places}
        sides = {
            name: await open_session(Field(npcs, 1).built, models={}, out=place)
            for name, place in places.items()
        }
        for session in sides.values():
            await _span(session)
        for _ in range(ROUNDS):
            for name, session in sides.items():
                spent[name].append(await _span(session))
        sizes = {}
        for name, session in sides.items():
            session.finish()
            sizes[name] = 0 if places[name] is None else size_of(session.path)
            await session.close()
        ticks = sides["with"].simulation.tick
    told = {name: _cost(name, spent, sizes[name] / npcs / ticks) for name in spent}
    own = told.pop("with")
    return {
        "npcs": npcs,
        "ticks": ticks,
        **own,
        "tick_ms": {"without": told["without"]["tick_ms"], "with": own["tick_ms"]},
        **({SERVER: told[SERVER]} if SERVER in told else {}),
    }


def _cost(name: str, spent: dict[str, list[tuple[float, float]]], size: float) -> dict[str, Any]:
    """One way of keeping beside none: medians of spans by wall and by processor, bytes."""
    wall, work = (statistics.median(one[part] for one in spent[name]) for part in (0, 1))
    bare = [statistics.median(one[part] for one in spent["without"]) for part in (0, 1)]
    return {
        "tick_ms": round(wall / SPAN * 1000, 3),
        "adds_percent": round((wall / bare[0] - 1) * 100, 1),
        "adds_percent_of_processor": round((work / bare[1] - 1) * 100, 1),
        "bytes_per_npc_tick": round(size, 2),
    }


@contextmanager
def tables_in(store: str) -> Iterator[str]:
    """A server's URL with tables of the bench's own. Raises StoreError and MissingExtra."""
    where = addresses.address(store)
    url = where.url.update_query_dict({"schema": f"npcsim_bench_{os.getpid()}"})
    text = url.render_as_string(hide_password=False)
    try:
        yield text
    finally:
        opening.dropped(text)


def size_of(path: str) -> int:
    """Bytes that a run takes: its file, or all tables of the server's schema that it is in."""
    if addresses.is_address(path):
        return opening.size(path)
    return sum(file.stat().st_size for file in Path(path).iterdir())


async def _span(session: Any) -> tuple[float, float]:
    """Seconds of the wall and of the processor for a span of ticks, committed where kept."""
    wall, work = time.perf_counter(), time.process_time()
    for _ in range(SPAN):
        await session.simulation.step()
    if session.writer is not None:
        session.writer.flush()
    return time.perf_counter() - wall, time.process_time() - work


def main(
    which: str,
    as_json: bool,
    ticks: int = TICKS,
    kept: Path | None = None,
    store: str | None = None,
) -> int:
    """What the command calls: measure and print."""
    found = seek(ticks, kept) if which == "seek" else log(store=store)
    if as_json:
        print(json.dumps(found))
        return 0
    if which == "seek":
        ms = found["open_ms"]
        print(
            f"{found['opened']} ticks of {found['ticks']} opened, {found['npcs']} NPCs: "
            f"{ms['p50']} ms, 95 % within {ms['p95']} ms, the slowest {ms['max']} ms"
        )
        print(
            f"a simulation taken up there: {found['take_up_ms']['p50']} ms; "
            f"{found['snapshots']} snapshots, {found['snapshot_mb']} of {found['run_mb']} MB"
        )
    else:
        tick = found["tick_ms"]
        print(
            f"{found['npcs']} NPCs on reflexes: {tick['without']} ms a tick, {tick['with']} ms "
            f"with its log ({found['adds_percent']:+} %)"
        )
    print(f"{found['bytes_per_npc_tick']} bytes an NPC and tick")
    if SERVER in found:
        other = found[SERVER]
        print(
            f"in the server {other['tick_ms']} ms ({other['adds_percent']:+} %), "
            f"{other['bytes_per_npc_tick']} bytes with its indexes"
        )
    return 0
