"""Events for the window: from a log, finished or still being written, or from a live run."""

from __future__ import annotations

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from types import MappingProxyType

from npcsim.assembly.code.toolwatch import ToolWatch
from npcsim.assembly.runs.linking import Link
from npcsim.assembly.runs.posting import Mailbox
from npcsim.assembly.runs.session import Session
from npcsim.errors import NpcsimError, StoreError
from npcsim.events import Event, Given, RunEnded
from npcsim.sim.works import SOURCE
from npcsim.store.rows import first_seq
from npcsim.store.run_store import Run

PIECE = 2000
"""Events of a live run that are given out at once."""
READ = 128
"""Events read from a log at once: a frame waits for them, some 3 ms on a quiet machine."""
LOOKS = 0.05
"""Seconds between looks for more behind the end of a log."""
KEPT_HEARD = 256
"""Thoughts whose words so far are kept for a window that lags behind."""


class LogFeed:
    """Reads a run's log on, for as long as it grows."""

    notice = ""
    heard: Mapping[str, str] = MappingProxyType({})
    link: Link | None = None
    """Nothing can be put into a run from its log."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seq = -1
        self._ended = run.state != "running"
        self._drained = False
        self._look = 0.0  # when, by the monotonic clock, it is worth while to look for more

    @property
    def record(self) -> Run:
        """The run, opened once more."""
        return Run.open(self._run.path)

    def after(self, tick: int) -> None:
        """Read on behind a tick."""
        self._seq, self._drained, self._look = first_seq(tick + 1) - 1, False, 0.0

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return self._drained

    def poll(self) -> list[Event]:
        """What is new, at most `READ` events; never waits. A run that can't be read any more is
        at its end, and `notice` says why."""
        if time.monotonic() < self._look:
            return []
        try:
            page = self._run.tail(self._seq, READ)
            if not page:
                self._look = time.monotonic() + LOOKS
                self._drained = self._ended
                self._ended = self._ended or self._run.state != "running"
        except StoreError as error:
            self.notice, self._drained = str(error), True
            return []
        if page:
            self._seq = page[-1][0]
        return [event for _, event in page]

    def close(self) -> None:
        self._run.close()


class Arriving(ABC):
    """Events of a live run as they come: what its feeds have in common, wherever it is lived."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._log: LogFeed | None = None

    @property
    @abstractmethod
    def _path(self) -> str | None:
        """What opens the run's log; None before it has begun, or where it has none."""

    @property
    @abstractmethod
    def _going(self) -> bool:
        """Whether more may come."""

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        if self._log is not None:
            return not self._going and self._log.done
        return not self._going and not self._events

    @property
    def record(self) -> Run | None:
        """The run's log as it is being written; None before it has begun."""
        path = self._path
        return Run.open(path) if path else None

    def after(self, tick: int) -> None:
        """From now on events come out of the log, from behind a tick."""
        if self._log is None:
            run = self.record
            if run is None:
                return
            self._log = LogFeed(run)
        self._log.after(tick)

    def poll(self) -> list[Event]:
        """What is new; never waits."""
        if self._log is not None:
            self._events.clear()
            return self._log.poll()
        found: list[Event] = []
        while self._events and len(found) < PIECE:
            found.append(self._events.popleft())
        return found

    def close(self) -> None:
        """Let go of the log."""
        if self._log is not None:
            self._log.close()


class LiveFeed(Arriving):
    """Runs a simulation in a thread of its own and hands its events over as they come.

    Files of tools that change meanwhile are taken up; `notice` says what is wrong with one, and
    `tell` is told it.
    """

    def __init__(
        self,
        start: Callable[[], Coroutine[None, None, Session]],
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        super().__init__()
        self._start = start
        self._session: Session | None = None
        self._stop = threading.Event()
        self._given = 0
        self.link: Link | None = None
        """The way into the run, once it has begun."""
        self._tell = tell
        self.notice = ""
        """What whoever watches should know now: mistakes in files of tools; nothing, mostly."""
        self.heard: Mapping[str, str] = {}
        """What models say while their answers come, by thought."""
        self._thread = threading.Thread(target=self._run, name="npcsim-live", daemon=True)
        self.error: NpcsimError | None = None
        self.ending = ""
        """After the end: how the run went, in a line."""
        self._thread.start()

    @property
    def _path(self) -> str | None:
        return self._session.path if self._session is not None else None

    @property
    def _going(self) -> bool:
        return self._thread.is_alive()

    def close(self) -> None:
        """End the simulation after the tick under way, and wait for it."""
        self._stop.set()
        if self.link is not None:
            self.link.hold(False)
        self._thread.join()
        super().close()

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except NpcsimError as error:
            self.error = error

    def _take(self, tick: int, events: list[Event]) -> None:
        self._count(events)
        self._events.extend(events)

    def _count(self, events: list[Event]) -> None:
        """Count what came in from outside."""
        self._given += sum(isinstance(event, Given) and not _in_time(event) for event in events)

    def _hear(self, npc: str, thought: str, text: str) -> None:
        # A new mapping each time: a window in another thread may be looking at the last.
        self.heard = dict([*self.heard.items()][-KEPT_HEARD:]) | {thought: text}

    async def _live(self) -> None:
        session = self._session = await self._start()
        simulation = session.simulation
        watch = ToolWatch(simulation, session.built.tool_files, self._notice)
        looking = asyncio.create_task(watch.run())
        taking = asyncio.create_task(Mailbox(session.path, simulation).run())
        link = self.link = Link(simulation, asyncio.get_running_loop())
        try:
            simulation.subscribe(self._take)
            simulation.hear(self._hear)
            async for tick in simulation:
                if isinstance(tick.events[-1], RunEnded):
                    continue  # nothing is left to be held: the run is sealed at once
                await link.held()
                if self._stop.is_set():
                    simulation.stop("closed")
            session.finish()
            self.ending = _ending(session, self._given)
        finally:
            link.close()
            looking.cancel()
            taking.cancel()
            await session.close()

    def _notice(self, text: str) -> None:
        self.notice = text
        if text:
            self._tell(text)


def _in_time(given: Given) -> bool:
    """Whether it is what a tool reached out for, and there when a headless run would have it."""
    return given.source == SOURCE and "late" not in given.entry


def _ending(session: Session, given: int) -> str:
    late = session.tally.thoughts["late"]
    line = f"{session.tally.tick} ticks, kept in {session.summary()['run']}; "
    if late == 0 and given == 0:
        return line + f"nothing landed late: run headless, it ends in the same {session.tally.hash}"
    return line + f"{late} thoughts landed late and {given} inputs came in: they are in its log"
