"""What runs in the process of a fork made beside a window: the fork, and its end of the pipe.

What is told are tuples, the kind first: `begun` path, name, last tick; `tick` number, what was
reused and asked so far; `end` error, empty for none. What is asked is `close`, once.
"""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from npcsim.assembly.runs.forking import Changes, forked_session
from npcsim.assembly.runs.headless import STOPPED, to_the_end
from npcsim.assembly.runs.process.child import stand_back
from npcsim.assembly.runs.resuming import Until
from npcsim.errors import NpcsimError
from npcsim.sim.loop import Tick
from npcsim.store.addresses import address, is_address

PATIENCE_S = 3.0
"""How long, in real seconds, a fork that is told to stop may take over its tick."""
TELLS_S = 0.1
"""Real seconds between two tellings of how far it is."""


def fork(parent: str, at: int, until: Until, changes: Changes, pipe: Connection) -> None:
    """Fork a run and live the fork to its end, or until whoever watches closes the pipe."""
    stand_back()
    error = ""
    try:
        asyncio.run(_lived(parent, at, until, changes, pipe))
    except asyncio.CancelledError:
        error = "it was stopped"
    except (NpcsimError, ValueError) as trouble:
        error = str(trouble)
    except Exception as trouble:  # there is nobody else to tell
        error = f"{type(trouble).__name__}: {trouble}"
    with suppress(OSError):
        pipe.send(("end", error))


async def _lived(
    parent: str, at: int, until: Until, changes: Changes, pipe: Connection
) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    stopped = threading.Event()

    def heed() -> None:
        with suppress(EOFError, OSError):
            pipe.recv()
        stopped.set()
        time.sleep(PATIENCE_S)  # for the tick under way; one that waits for a model is cut off
        with suppress(RuntimeError):  # it has come to its end
            loop.call_soon_threadsafe(task.cancel)

    threading.Thread(target=heed, name="npcsim-heed", daemon=True).start()
    out: Path | str = Path(parent).resolve().parent
    if is_address(parent):
        out = address(parent).path
    session = await forked_session(parent, at, out, until, changes)
    simulation, told = session.simulation, time.monotonic()
    pipe.send(("begun", session.path, simulation.started.run, simulation.end_tick))

    def show(tick: Tick) -> None:
        nonlocal told
        if stopped.is_set():
            simulation.stop(STOPPED)
        if session.reuse is not None and time.monotonic() - told > TELLS_S:
            told = time.monotonic()
            with suppress(OSError):
                pipe.send(("tick", tick.number, session.reuse.summary()))

    summary = await to_the_end(session, show)
    with suppress(OSError):
        pipe.send(("tick", simulation.tick, summary["fork"]))
