"""Lives a scenario many times over, each in a forked process, and kills it there with SIGKILL.

    python -m tests.e2e.nursery PLAN.json

The plan: `scenario`, and `children`, each with `out`, `sets`, and how it dies: `share` of the time
that the first child took (who has neither lives on), or `step` and `nth`, the place in the writer's
work where it kills itself. What was acknowledged by then stands in `out`/acknowledged.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from npcsim.assembly.build import Built, read
from npcsim.assembly.runs.headless import to_the_end
from npcsim.assembly.runs.session import open_session
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
    "log merged": (AFTER, "PRAGMA wal_checkpoint"),
    "one plain file": (AFTER, "PRAGMA journal_mode"),
}
"""The steps of keeping a run, from its beginning to its seal: where each is met."""


def arm(step: str, nth: int) -> None:
    """Let this process die at a step, when it comes there the nth time."""
    left = [nth]

    def met(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    when, what = STEPS[step]

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


async def lived(built: Built, out: Path) -> None:
    """Live to the end, and say all the while what was acknowledged."""
    file = os.open(out / "acknowledged", os.O_CREAT | os.O_WRONLY)
    session = await open_session(built, out=out)
    writer = session.writer
    assert writer is not None
    tell: Callable[[Any], object] = lambda _: os.pwrite(file, b"%8d" % writer.acknowledged, 0)  # noqa: E731
    await to_the_end(session, tell)


def main(plan: dict[str, Any]) -> None:
    """One child after the other."""
    whole = 0.0
    known: dict[str, Built] = {}
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
            asyncio.run(lived(known[key], out))
            os._exit(0)
        begun = time.monotonic()
        if "share" in one:
            while not (out / "acknowledged").exists() and time.monotonic() - begun < 60:
                time.sleep(0.001)
            begun = time.monotonic()  # from here on there is a run
            time.sleep(one["share"] * whole)
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        whole = whole or time.monotonic() - begun


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
