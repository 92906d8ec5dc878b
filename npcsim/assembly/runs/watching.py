"""What the window is given to watch: a run's log, or a scenario lived for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from npcsim.assembly.build import Built, read
from npcsim.assembly.runs.feeds import LiveFeed, LogFeed
from npcsim.assembly.runs.process.feed import ProcessFeed
from npcsim.assembly.runs.session import Session, open_session
from npcsim.assembly.runs.visiting import ID, walked_in
from npcsim.errors import NpcsimError
from npcsim.events import Event, RunStarted
from npcsim.messages import Model
from npcsim.scenario import moments
from npcsim.scenario.units import clock_text
from npcsim.sim.clock import Paced
from npcsim.store.addresses import is_address, shown
from npcsim.store.run_store import Run

NEVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Moment:
    """All events up to a tick."""

    events: list[Event]
    tick: int


def is_run(what: str) -> bool:
    """Whether `what` is a run rather than a scenario."""
    return is_address(what) or what.endswith(".db") or (Path(what) / "run.db").is_file()


def tick_at(started: RunStarted, at: str | None, last: int) -> int:
    """The tick meant by "07:30", "day 2 09:00" or a number; None is the last."""
    if at is None:
        return last
    try:
        return moments.tick_at(at, started.start_ms, started.tick_ms)
    except ValueError as error:
        raise NpcsimError(f"--at: {error}") from error


def _within(started: RunStarted, at: str | None, last: int) -> int:
    """The tick meant by `at`, which must not be after the last. Raises NpcsimError."""
    tick = tick_at(started, at, last)
    if tick > last:
        end = clock_text(started.start_ms + last * started.tick_ms)
        raise NpcsimError(f"--at {at} is after the end, {end} (tick {last})")
    return tick


def first_tick(moment: Moment, since: str | None) -> int:
    """The tick meant by `since` in a run's events; None is its beginning. Raises NpcsimError."""
    started = next((event for event in moment.events if isinstance(event, RunStarted)), None)
    if started is None or since is None:
        return 0 if started is None else started.tick
    try:
        return moments.tick_at(since, started.start_ms, started.tick_ms)
    except ValueError as error:
        raise NpcsimError(f"--from: {error}") from error


@dataclass(frozen=True, slots=True)
class of_run:  # noqa: N801
    """A run's log."""

    path: str
    begin_as: ClassVar[str] = ""
    """Nobody is played in it."""

    @property
    def shown(self) -> str:
        """The run for people."""
        return shown(self.path) if is_address(self.path) else self.path

    def feed(self) -> LogFeed:
        return LogFeed(Run.open(self.path))

    def apart(self) -> LogFeed:
        """As `feed`: nothing is lived, so nothing needs a process of its own."""
        return self.feed()

    def events(self, at: str | None) -> Moment:
        """Everything up to a time."""
        run = Run.open(self.path)
        try:
            started = next(iter(run.events(stop=1)), None)
            if not isinstance(started, RunStarted):
                raise NpcsimError(f"{run.shown} has no beginning")
            tick = _within(started, at, run.last_tick)
            return Moment(list(run.events(stop=tick + 1)), tick)
        finally:
            run.close()


@dataclass(frozen=True, slots=True)
class of_scenario:  # noqa: N801
    """A scenario, run for the window: paced for a feed, headless for one frame."""

    path: Path
    overrides: Sequence[str]
    out: Path | str
    models: bool
    speed: float
    tell: Callable[[str], None] = print
    """Told of mistakes in files of tools that change meanwhile."""
    visitor: str = ""
    """What the player is called who walks in; empty where nobody does."""
    beside: str = ""
    """The NPC with whom the visitor begins."""

    @property
    def begin_as(self) -> str:
        """The id of the NPC that the player is from the beginning; empty for none."""
        return ID if self.visitor else ""

    def _read(self) -> Built:
        if self.visitor:
            return walked_in(self.path, self.overrides, self.visitor, self.beside)[0]
        return read(self.path, self.overrides)

    @property
    def shown(self) -> str:
        """The scenario for people."""
        return self.path.stem

    async def _open(self, paced: bool, ticks: int | None = None) -> Session:
        built = self._read()
        models: dict[str, Model] | None = None if self.models else {}
        clock = Paced(self.speed) if paced else None
        out = self.out if paced else None
        session = await open_session(built, models=models, clock=clock, out=out, ticks=ticks)
        told = [*session.servers(), *session.absent(), *session.unfit(), *session.too_short()]
        for line in told:
            self.tell(line)
        return session

    def telling(self, tell: Callable[[str], None]) -> of_scenario:
        """The same, with somebody else told of mistakes."""
        return replace(self, tell=tell)

    async def live(self) -> Session:
        """The run, paced, at its beginning."""
        return await self._open(True)

    def feed(self) -> LiveFeed:
        """Lived in a thread of this process."""
        self._read()
        return LiveFeed(self.live, self.tell)

    def apart(self) -> ProcessFeed:
        """Lived in a process of its own, so that a tick takes nothing from a frame."""
        self._read()
        return ProcessFeed(self)

    def events(self, at: str | None) -> Moment:
        """Everything up to a time."""
        return asyncio.run(self._lived(at))

    async def _lived(self, at: str | None) -> Moment:
        session = await self._open(False)
        started = session.simulation.started
        events: list[Event] = []
        session.simulation.subscribe(lambda tick, new: events.extend(new))
        try:
            if not started.end_tick and at is None:
                raise NpcsimError("the scenario has no `clock: {end: ...}`; say when with --at")
            tick = _within(started, at, started.end_tick or NEVER)
            async for now in session.simulation:
                if now.number >= tick:
                    break
            return Moment(events, tick)
        finally:
            await session.close()
