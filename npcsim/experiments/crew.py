"""Who lives the runs of a sweep: this process, with one engine for all, or several."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from typing import Protocol

import filelock

from npcsim.experiments.book import FAILED, Book, Row, row_of
from npcsim.experiments.living import lived, reached
from npcsim.experiments.plan import Planned
from npcsim.experiments.shelf import Shelf, shelf_of
from npcsim.models.guards.lent import Engines

TRIES = 3
"""How often in a row a run's process may die with it getting no further: then it has failed."""


@dataclass(frozen=True, slots=True, repr=False)
class Work:
    """What all runs of a sweep have in common: it can be sent to another process."""

    folder: str
    scenario: str
    ticks: int | None
    models: bool
    own: str | None
    survey: str | None = None
    store: str | None = None

    @property
    def shelf(self) -> Shelf:
        return shelf_of(self.book, self.store)

    @property
    def book(self) -> Book:
        return Book(Path(self.folder))


class Crew(Protocol):
    """Lives runs, at most `size` at a time."""

    size: int

    async def live(self, planned: Planned) -> Row:
        """A run to its row, which is in the book by then."""

    async def close(self) -> None:
        """Let go of processes and models."""


@dataclass(slots=True)
class Together:
    """All runs in this process, side by side, their questions in shared batches of one engine."""

    work: Work
    size: int
    engines: Engines = field(default_factory=Engines)

    async def live(self, planned: Planned) -> Row:
        work = self.work
        return await lived(
            planned, work.book, work.shelf, Path(work.scenario), ticks=work.ticks,
            models=work.models,
            own=Path(work.own) if work.own else None,
            survey=Path(work.survey) if work.survey else None,
            engine=self.engines.lender(planned.id),
        )  # fmt: skip

    async def close(self) -> None:
        await self.engines.close()


@dataclass(slots=True)
class Apart:
    """Each run in one of `size` processes, which live one run after another."""

    work: Work
    size: int
    pool: ProcessPoolExecutor | None = None

    async def live(self, planned: Planned) -> Row:
        loop = asyncio.get_running_loop()

        async def attempt() -> Row:
            pool = self._pool()
            try:
                return await loop.run_in_executor(pool, _one, self.work, planned)
            except BrokenProcessPool:
                if self.pool is pool:
                    self.pool = None  # with it went the runs of all its processes
                    pool.shutdown(wait=False)
                raise

        return await undaunted(self.work, planned, attempt, BrokenProcessPool)

    def _pool(self) -> ProcessPoolExecutor:
        if self.pool is None:
            spawn = multiprocessing.get_context("spawn")
            self.pool = ProcessPoolExecutor(
                self.size, mp_context=spawn, initializer=_die_with_parent
            )
        return self.pool

    async def close(self) -> None:
        if self.pool is not None:
            await asyncio.to_thread(self.pool.shutdown, wait=True, cancel_futures=True)


async def undaunted(
    work: Work, planned: Planned, attempt: Callable[[], Awaitable[Row]], lost: type[Exception]
) -> Row:
    """Attempt a run again when it is lost, as long as it gets further; else a row that says so.

    How often a long run is killed says nothing of it; dying at the same tick each time does.
    """
    tries, far = 0, -1
    while True:
        try:
            return await attempt()
        except lost as error:
            now = await asyncio.to_thread(reached, work.shelf, planned.id)
            tries, far = (tries + 1, far) if now <= far else (1, now)
            if tries >= TRIES:
                said = str(error).strip().splitlines()[-1:]
                reason = f"its process died {TRIES} times at tick {max(far, 0)}: {''.join(said)}"
                row = row_of(planned, FAILED, reason=reason)
                work.book.put(row)
                return row


async def once(crew: Together, planned: Planned) -> Row:
    """Live a run unless it is over; one at a time, however many are told to. Raises StoreError.

    Of those who are told to, one may be a process that a killed sweep has left for a moment, or one
    on a node that was believed to be lost.
    """
    book = crew.work.book
    place = book.folder / "locks" / f"{planned.id}.lock"
    place.parent.mkdir(parents=True, exist_ok=True)
    async with filelock.AsyncFileLock(place, run_in_executor=True, poll_interval=0.2):
        row = book.row(planned.id)
        return row if row is not None else await crew.live(planned)


def _one(work: Work, planned: Planned) -> Row:
    return asyncio.run(once(Together(work, 1), planned))


def _die_with_parent() -> None:
    """A killed sweep must leave nobody behind who still writes its runs."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        with suppress(OSError):
            wait([parent.sentinel] if parent is not None else [])
        os._exit(1)

    if parent is not None:
        threading.Thread(target=watch, daemon=True, name="npcsim-parent").start()
