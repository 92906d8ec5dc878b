"""A coroutine lived to its end from plain code: in a thread and an event loop of its own.

So it works in a script and in a notebook alike, where an event loop is running already.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

R = TypeVar("R")
WAKES_S = 0.2
"""How often the waiting thread looks up: on Windows Ctrl-C reaches no thread that waits."""


def lived(
    coroutine: Coroutine[Any, Any, R], interrupt: Callable[[], object] | None = None
) -> tuple[R, bool]:
    """Wait for a coroutine. -> (its result, whether Ctrl-C was pressed).

    The first Ctrl-C calls `interrupt` in the coroutine's loop and waits on; the second, or the
    first where there is none, cancels the coroutine and raises KeyboardInterrupt. What the
    coroutine raises is raised here.
    """
    loop = asyncio.new_event_loop()
    outcome: list[R] = []
    trouble: list[BaseException] = []
    task = loop.create_task(coroutine)
    done = threading.Event()

    def work() -> None:
        asyncio.set_event_loop(loop)
        try:
            outcome.append(loop.run_until_complete(task))
        except BaseException as error:  # noqa: BLE001 - it is raised again where it is waited for
            trouble.append(error)
        try:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            asyncio.set_event_loop(None)
            loop.close()
            done.set()

    thread = threading.Thread(target=work, name="npcsim-run")
    thread.start()
    steps = [*([interrupt] if interrupt else []), task.cancel]
    interrupted = 0
    while not done.is_set():
        try:
            # Not `thread.join`: an interrupted one takes the thread for ended.
            while not done.wait(WAKES_S):
                pass
        except KeyboardInterrupt:
            step = steps[min(interrupted, len(steps) - 1)]
            interrupted += 1
            with suppress(RuntimeError):  # it has just come to its end
                loop.call_soon_threadsafe(step)
    thread.join()
    if trouble:
        if interrupted >= len(steps):
            raise KeyboardInterrupt from trouble[0]
        raise trouble[0]
    return outcome[0], interrupted > 0
