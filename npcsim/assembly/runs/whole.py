"""A whole run, or a whole replay, in one blocking call."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from npcsim.assembly.build import Built
from npcsim.assembly.code.coded import by_name
from npcsim.assembly.runs.forking import Changes, forked_session
from npcsim.assembly.runs.headless import STOPPED, to_the_end
from npcsim.assembly.runs.resuming import Until, resumed_session
from npcsim.assembly.runs.session import (
    Session,
    open_session,
    recorded_session,
    trust_by_name,
)
from npcsim.assembly.runs.thread import lived
from npcsim.errors import Interrupted, NpcsimError
from npcsim.messages import Model
from npcsim.replay.verify import Verdict, verify
from npcsim.store.run_store import Lease, Run
from npcsim.tools.tool import Tool


def whole_run(
    built: Built,
    *,
    models: Mapping[str, Model] | None,
    out: Path | str | None,
    ticks: int | None,
) -> Run:
    """Live a built world to its end. See `npcsim.run`."""
    setting = built.world.setting
    if ticks is None and not setting.end_tick and built.program.stop is None:
        raise NpcsimError("the scenario has no end; give `ticks`, or `clock: {end: ...}` in it")
    parent = out if out is not None else Path(tempfile.mkdtemp(prefix="npcsim-"))
    try:
        path, interrupted = _to_its_end(
            open_session(built, models=models, out=parent, ticks=ticks)
        )
        run = Run.open(path)
    except BaseException:
        if out is None:
            shutil.rmtree(parent, ignore_errors=True)
        raise
    if isinstance(parent, Path) and out is None:
        run = replace(run, _lease=Lease(parent))
    if interrupted:
        kept = f"kept in {run.shown}" if out is not None else "in this error's `run`"
        raise Interrupted(run, f"ended after tick {run.last_tick}; the run so far is {kept}")
    return run


def resume_run(
    path: Path | str, until: Until, models: Mapping[str, Model] | None, tools: Iterable[Tool]
) -> Run:
    """Go on with a kept run. See `npcsim.resume`."""
    _, interrupted = _to_its_end(
        resumed_session(path, until, models=models, tools=by_name(tools))
    )
    run = Run.open(path)
    if interrupted:
        raise Interrupted(run, f"ended after tick {run.last_tick}; the run so far is kept")
    return run


def fork_run(
    path: Path | str, at: str | int, out: Path | str, until: Until, changes: Changes
) -> Run:
    """Fork a kept run and live it to its end. See `npcsim.fork`."""
    made, interrupted = _to_its_end(forked_session(path, at, out, until, changes))
    run = Run.open(made)
    if interrupted:
        where = f"the fork so far is in {run.shown}"
        raise Interrupted(run, f"ended after tick {run.last_tick}; {where}")
    return run


def replay_run(run: Run, tools: Iterable[Tool], trust: str = "") -> Verdict:
    """Live a run again. See `npcsim.replay`."""
    if trust:
        trust_by_name(run, trust)
    session = recorded_session(run, by_name(tools))

    async def go() -> Verdict:
        try:
            return await verify(session.simulation, run)
        finally:
            await session.close()

    return lived(go())[0]


def _to_its_end(opening: Coroutine[Any, Any, Session]) -> tuple[str, bool]:
    """Live what is being opened to its end. -> (where it is kept, whether it was interrupted)"""
    sessions: list[Session] = []
    wanted: list[bool] = []

    async def go() -> str:
        session = await opening
        sessions.append(session)
        if wanted:
            stop()
        await to_the_end(session)
        return session.path

    def stop() -> None:
        wanted.append(True)  # models may still be loading
        for session in sessions:
            session.simulation.stop(STOPPED)

    return lived(go(), stop)
