"""Who lives the runs of a sweep: this process, with one engine for all, or several."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from typing import Protocol

from npcsim.experiments.book import FAILED, Book, Row, row_of
from npcsim.experiments.living import lived
from npcsim.experiments.plan import Planned
from npcsim.experiments.shelf import Shelf, shelf_of
from npcsim.models.guards.lent import Engines

TRIES = 3
"""How often a run is begun whose process dies under it, before it is a failed one."""


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
        for _ in range(TRIES):
            pool = self._pool()
            try:
                return await loop.run_in_executor(pool, _one, self.work, planned)
            except BrokenProcessPool:
                if self.pool is pool:
                    self.pool = None  # with it went the runs of all its processes
                    pool.shutdown(wait=False)
        row = row_of(planned, FAILED, reason=f"its process died {TRIES} times")
        self.work.book.put(row)
        return row

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


def _one(work: Work, planned: Planned) -> Row:
    return asyncio.run(Together(work, 1).live(planned))


def _die_with_parent() -> None:
    """A killed sweep must leave nobody behind who still writes its runs."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        with suppress(OSError):
            wait([parent.sentinel] if parent is not None else [])
        os._exit(1)

    if parent is not None:
        threading.Thread(target=watch, daemon=True, name="npcsim-parent").start()
