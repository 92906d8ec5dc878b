"""The way from another thread into a live run: inputs put in, and what there is to choose from.

All of it is done in the run's own event loop, so between ticks or while a tick waits; an input
enters with the next tick and is logged like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from threading import Lock
from typing import Any, TypeVar

from npcsim.assembly.runs.offering import options_of, tools_of
from npcsim.assembly.runs.visiting import spoken
from npcsim.errors import NpcsimError
from npcsim.sim.loop import Simulation

R = TypeVar("R")
PLAYER = "player"
OVER = "the run is over: nothing can be done in it any more"


class Link:
    """What a window may ask of a live run, from any thread. See `viz.feed.Link`."""

    def __init__(self, simulation: Simulation, loop: asyncio.AbstractEventLoop) -> None:
        self._simulation, self._loop = simulation, loop
        self._lock = Lock()
        self._open = True
        self._under_way: set[Future[Any]] = set()
        self._going = asyncio.Event()
        self._going.set()

    @property
    def over(self) -> bool:
        """Whether the run is over, and nothing can be done in it any more."""
        return not self._open

    def put(self, entry: Mapping[str, Any]) -> Future[None]:
        """Put in an input; its source is the player, where it names none."""
        return self._do(lambda: self._put(entry))

    def say(self, npc: str, to: str, words: str) -> Future[None]:
        """Say something as somebody: a question asks, and whatever else has some words tells."""
        return self._do(lambda: self._put(spoken(words, to, npc)))

    def tools(self, npc: str) -> Future[list[dict[str, Any]]]:
        """The tools somebody can use, each with a schema of its arguments."""
        return self._do(lambda: tools_of(self._simulation, npc))

    def options(self, npc: str) -> Future[list[str]]:
        """What somebody could decide now."""
        return self._do(lambda: options_of(self._simulation, npc))

    def hold(self, on: bool) -> None:
        """Let the run stand still after the tick under way, or go on."""
        self._do(self._going.clear if on else self._going.set)

    async def held(self) -> None:
        """Wait as long as the run is to stand still."""
        await self._going.wait()

    def close(self) -> None:
        """The run is over: what is still under way, and all that comes, fails."""
        with self._lock:
            self._open = False
            left, self._under_way = self._under_way, set()
        for future in left:
            future.set_exception(NpcsimError(OVER))

    def _put(self, entry: Mapping[str, Any]) -> None:
        if self._simulation.ended or self._simulation.stopped:
            raise NpcsimError(OVER)
        self._simulation.put({"source": PLAYER, **entry})

    def _do(self, work: Callable[[], R]) -> Future[R]:
        future: Future[R] = Future()
        with self._lock:
            if self._open:
                self._under_way.add(future)
                self._loop.call_soon_threadsafe(self._done, future, work)
                return future
        future.set_exception(NpcsimError(OVER))
        return future

    def _done(self, future: Future[R], work: Callable[[], R]) -> None:
        with self._lock:
            if future not in self._under_way:
                return
            self._under_way.discard(future)
        try:
            future.set_result(work())
        except Exception as error:  # whoever waits for it is told, whatever it is
            future.set_exception(error)
