"""Works of tools that reach outside: run off the tick, what comes of them is an input.

Like thoughts (`sim.inflight`): asked when an act has begun, there when it is due.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any, Protocol

from npcsim import events as ev
from npcsim.errors import TimedOut, ToolRefused, Unavailable
from npcsim.sim.outside import as_json
from npcsim.sim.program import Program
from npcsim.world.rows import Act
from npcsim.world.state import World

AT_ONCE = 32
"""How many works run at once; more of them wait in line."""
MOST_LEFT = 32
"""How many works may hang past the guard before no further ones are begun."""
LONGEST_ERROR = 200
CLOSING_S = 1.0
SOURCE = "work"
"""The source of inputs that a work gave."""

Came = dict[str, Any]
"""`result`, `refused` or `error`, with what it is."""
_GAVE_UP: Came = {"error": f"{Unavailable.__name__}: its work gave up"}


class Works(Protocol):
    """Where what comes from outside for acts is worked out."""

    def follow(self, world: World, program: Program, events: Iterable[ev.Event]) -> None:
        """After a tick is kept: begin what its acts ask for, give up on what is asked no more."""

    async def land(self, tick: int) -> list[dict[str, Any]]:
        """The inputs that came for this tick, in the order of acts."""

    @property
    def waiting(self) -> int:
        """How many works are under way."""

    async def close(self) -> None:
        """Give up on everything under way."""


class NoWorks:
    """Works nothing out: a replay has it all in its log."""

    waiting = 0

    def follow(self, world: World, program: Program, events: Iterable[ev.Event]) -> None:
        return

    async def land(self, tick: int) -> list[dict[str, Any]]:
        return []

    async def close(self) -> None:
        return


@dataclass(frozen=True, slots=True)
class _Work:
    act: Act
    task: asyncio.Task[Came]


class LiveWorks:
    """Runs works. Unpaced, it waits for what is due; paced, what is not there comes later.

    guard_s: wall seconds after which a work is given up. called: False calls none, and every act
    that reaches outside fails.
    """

    def __init__(self, guard_s: float, paced: bool, called: bool = True) -> None:
        self._guard_s, self._paced, self._called = guard_s, paced, called
        self._under_way: dict[int, _Work] = {}
        self._left: set[asyncio.Future[Came] | Thread] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._program: Program | None = None
        self._reaching: frozenset[str] = frozenset()

    @property
    def waiting(self) -> int:
        return len(self._under_way)

    def follow(self, world: World, program: Program, events: Iterable[ev.Event]) -> None:
        for id, work in list(self._under_way.items()):
            if not _asks(world.acts.get(work.act.actor), id):
                self._give_up(work.task)
                del self._under_way[id]
        fresh: Iterable[Act | None]
        if program is not self._program:
            # The first tick, a world that was restored, or other tools: look at everybody.
            self._program = program
            reaching = (name for name, tool in program.tools.items() if tool.on_outside is not None)
            self._reaching = frozenset(reaching)
            fresh = [act for _, act in world.acts.items()] if self._reaching else ()
        elif self._reaching:
            fresh = [world.acts.get(e.npc) for e in events if isinstance(e, ev.ActStarted)]
        else:
            return
        found = {act.id: act for act in fresh if act is not None and act.tool in self._reaching}
        for id, act in sorted(found.items()):
            work_of = program.tools[act.tool].on_outside
            if id not in self._under_way and not act.result_text and work_of is not None:
                task = asyncio.create_task(self.worked(work_of, act), name=f"{act.tool} {id}")
                self._under_way[id] = _Work(act, task)

    async def land(self, tick: int) -> list[dict[str, Any]]:
        due = [(id, work) for id, work in self._under_way.items() if work.act.due <= tick]
        if due and not self._paced:
            await asyncio.wait([work.task for _, work in due])
        came = []
        for id, work in sorted(due, key=lambda pair: pair[0]):
            if work.task.done():
                del self._under_way[id]
                outcome = _GAVE_UP if work.task.cancelled() else work.task.result()
                late = {"late": True} if tick > work.act.due else {}
                entry = {"outside": id, "npc": work.act.actor, "source": SOURCE}
                came.append({**entry, **late, **outcome})
        return came

    async def worked(self, function: Callable[..., Any], act: Act) -> Came:
        """Run one work when there is room. Ends by the guard whatever the work does.

        -> what came of it as part of an input: `result`, or `refused` or `error` with why.
        """
        if not self._called:
            return {"error": f"{Unavailable.__name__}: nothing outside is called here"}
        # Words are a kind of text; a work gets plain ones.
        args = {name: str(v) if isinstance(v, str) else v for name, v in act.args}
        args["me"] = act.actor
        async with self._slots:
            if self._hanging() >= MOST_LEFT:
                why = f"{MOST_LEFT} works hang already"
                return {"error": f"{Unavailable.__name__}: {why}"}
            try:
                inner: asyncio.Future[Came]
                if inspect.iscoroutinefunction(function):
                    inner = asyncio.create_task(_awaited(function, args))
                else:
                    inner = self._in_thread(function, args)
            except RuntimeError as error:  # no thread can be started
                return _error(error)
            try:
                done, _ = await asyncio.wait({inner}, timeout=self._guard_s)
            finally:
                if not inner.done():
                    self._give_up(inner)
            if not done:
                return {"error": f"{TimedOut.__name__}: no result within {self._guard_s:g} s"}
            return _GAVE_UP if inner.cancelled() else inner.result()

    def _in_thread(self, function: Callable[..., Any], args: Came) -> asyncio.Future[Came]:
        """Run a plain function in a thread of its own, which keeps no process from ending."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Came] = loop.create_future()

        def settle(outcome: Came) -> None:
            self._left.discard(thread)
            if not future.done():
                future.set_result(outcome)

        def run() -> None:
            outcome = _called(function, args)
            try:
                loop.call_soon_threadsafe(settle, outcome)
            except RuntimeError:
                # The loop is closed: nobody waits for this any more.
                return

        thread = Thread(target=run, name=f"npcsim work of {args['me']}", daemon=True)
        future.add_done_callback(lambda one: self._left.add(thread) if one.cancelled() else None)
        thread.start()
        return future

    def _give_up(self, inner: asyncio.Future[Came]) -> None:
        """Cancel it. What goes on all the same is counted until it is over."""
        inner.cancel()
        self._left.add(inner)
        inner.add_done_callback(self._over)

    def _over(self, inner: asyncio.Future[Came]) -> None:
        self._left.discard(inner)
        if not inner.cancelled():
            inner.exception()  # asked for, so that asyncio doesn't complain: nobody waits for it

    def _hanging(self) -> int:
        self._left = {
            one for one in self._left
            if (one.is_alive() if isinstance(one, Thread) else not one.done())
        }  # fmt: skip
        return len(self._left)

    async def close(self) -> None:
        tasks = [work.task for work in self._under_way.values()]
        self._under_way.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSING_S)
        left = [one for one in self._left if isinstance(one, asyncio.Task)]
        if not left:
            return
        _, stubborn = await asyncio.wait(left, timeout=CLOSING_S)
        for one in stubborn:
            # It takes no cancelling: ended by force, or the event loop itself could never end.
            with suppress(RuntimeError):
                one.get_coro().close()
            one.cancel()
        if stubborn:
            await asyncio.wait(stubborn, timeout=CLOSING_S)


def _asks(act: Act | None, id: int) -> bool:
    return act is not None and act.id == id and not act.result_text


async def _awaited(function: Callable[..., Any], args: Came) -> Came:
    try:
        return _fitting(await function(args))
    except asyncio.CancelledError:
        raise
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001
        # The author's code: whatever it raises, SystemExit too, costs its act and no more.
        return _error(error)


def _called(function: Callable[..., Any], args: Came) -> Came:
    try:
        value = function(args)
        if inspect.iscoroutine(value):
            value.close()
            raise TypeError("it returned a coroutine: define it with `async def`")
        return _fitting(value)
    except BaseException as error:  # noqa: BLE001
        # Nobody else would hear of it: this is the end of its thread.
        return _error(error)


def _fitting(value: Any) -> Came:
    return {"result": json.loads(as_json(value))}


def _error(error: BaseException) -> Came:
    try:
        text = str(error).encode("utf-8", "replace").decode()[:LONGEST_ERROR]
    except Exception:  # noqa: BLE001
        # An exception of the author's own may fail to say what it is.
        text = "it does not say why"
    if isinstance(error, ToolRefused):
        return {"refused": text}
    return {"error": f"{type(error).__name__}: {text}"}
