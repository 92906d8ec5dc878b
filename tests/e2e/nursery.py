"""Lives a scenario many times over, each in a forked process, and kills it there with SIGKILL.

    python -m tests.e2e.nursery PLAN.json

The plan: `scenario`, and `children`, each with `out`, `sets`, and how it dies: so many seconds
`late` after a `tick` was lived, or was `kept`; or at `step` and `nth`, the place in the writer's
work where it kills itself; who has neither lives on. With a `pause` ticks come so slowly that they
are kept one by one. What was acknowledged by then, and lived, stands in `out`/acknowledged. The run
is kept in `out`, or in the server at `store`.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from npcsim.assembly.build import Built, read
from npcsim.assembly.runs.headless import to_the_end
from npcsim.assembly.runs.session import open_session
from npcsim.sim.loop import Tick
from npcsim.store.handover import Handover

BEFORE, AFTER, COMMIT, COMMITTED, ACKNOWLEDGED = range(5)
STEPS: dict[str, tuple[int, str]] = {
    "tables made": (AFTER, "CREATE TABLE snapshots"),
    "run begun": (AFTER, "INSERT INTO runs"),
    "nothing inserted yet": (BEFORE, "INSERT INTO events"),
    "events inserted": (AFTER, "INSERT INTO events"),
    "calls inserted": (AFTER, "INSERT INTO calls"),
    "snapshot inserted": (AFTER, "INSERT INTO snapshots"),
    "commit asked for": (COMMIT, ""),
    "committed": (COMMITTED, ""),
    "acknowledged": (ACKNOWLEDGED, ""),
    "marked as finished": (AFTER, "UPDATE runs"),
}
"""The steps of keeping a run, from its beginning to its seal: where each is met."""
FILE_STEPS: dict[str, tuple[int, str]] = {
    "log merged": (AFTER, "PRAGMA wal_checkpoint"),
    "one plain file": (AFTER, "PRAGMA journal_mode"),
}
SERVER_STEPS: dict[str, tuple[int, str]] = {
    "schema made": (AFTER, "CREATE SCHEMA"),
    "claimed": (AFTER, "SELECT pg_try_advisory_lock"),
}
"""Those that only a file has, or only a server."""


def arm(step: str, nth: int) -> None:
    """Let this process die at a step, when it comes there the nth time."""
    left = [nth]

    def met(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    when, what = {**STEPS, **FILE_STEPS, **SERVER_STEPS}[step]

    def told(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        if statement.strip().startswith(what):
            met()

    def then(kind: Any, name: str, first: bool) -> None:
        real = getattr(kind, name)

        def wrapped(self: Any, *args: Any) -> Any:
            if first:
                met()
            found = real(self, *args)
            if not first:
                met()
            return found

        setattr(kind, name, wrapped)

    match when:
        case 0 | 1:
            name = "before_cursor_execute" if when == BEFORE else "after_cursor_execute"
            sa.event.listen(sa.Engine, name, told)
        case 2:
            then(sa.Connection, "commit", True)
        case 3:
            then(sa.Connection, "commit", False)
        case 4:
            then(Handover, "committed", True)


async def lived(built: Built, out: Path, store: str | None, pause: float) -> None:
    """Live to the end, and say all the while what was acknowledged; `pause`: s after each tick."""
    file = os.open(out / "acknowledged", os.O_CREAT | os.O_WRONLY)
    where, name = (out, None) if store is None else (store, f"killed_{out.name}")
    session = await open_session(built, out=where, name=name)
    writer = session.writer
    assert writer is not None

    def tell(tick: Tick) -> None:
        os.pwrite(file, b"%8d%8d" % (writer.acknowledged, tick.number), 0)
        time.sleep(pause)

    await to_the_end(session, tell)


def main(plan: dict[str, Any]) -> None:
    """One child after the other."""
    known: dict[str, Built] = {}
    if any("store" in one for one in plan["children"]):
        importlib.import_module("psycopg")  # once, for all children
    for one in plan["children"]:
        sets, out = one["sets"], Path(one["out"])
        out.mkdir(parents=True)
        key = json.dumps(sets)
        if key not in known:
            known[key] = read(Path(plan["scenario"]), sets)
        child = os.fork()
        if child == 0:
            if "step" in one:
                arm(one["step"], one["nth"])
            asyncio.run(lived(known[key], out, one.get("store"), one.get("pause", 0.0)))
            os._exit(0)
        if "late" in one:
            until = time.monotonic() + 60
            while not come_to(out, one) and time.monotonic() < until:
                time.sleep(0.0005)
            time.sleep(one["late"])
            os.kill(child, signal.SIGKILL)  # who has ended by then is not waited for yet
        os.waitpid(child, 0)


def come_to(out: Path, death: dict[str, Any]) -> bool:
    """Whether the tick after which it dies was lived, committed or not; or was kept."""
    file = out / "acknowledged"
    said = file.read_bytes() if file.exists() else b""
    if "kept" in death:
        return int(said[:8] or -1) >= death["kept"]
    return int(said[8:] or -1) >= death["tick"]


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
