"""Runs on a Ray cluster: a task each, or, where they ask a local model, actors with an engine each.

What was lost with a process or a node is told to live somewhere else. Who is told finds the row of
a run that came to its end, or its log to go on with, in the sweep's folder, which every node must
see; and a lock on each run keeps two who were both told to live it from doing so at once.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
from dataclasses import dataclass, field
from typing import Any

from npcsim.errors import MissingExtra, StoreError
from npcsim.experiments.book import Row
from npcsim.experiments.crew import TRIES, Together, Work, once, undaunted
from npcsim.experiments.plan import Planned

SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_worker_niceness": "0",
}
"""Nothing is told to anybody, what a process sees of GPUs stays as it was, and runs are lived with
the priority that the sweep has (Ray's own, 15, starves beside any other work). Ray reads these as
it is imported."""


@dataclass(slots=True)
class OnRay:
    """Each run as a task on one core, or in an actor that has an engine for `together` of them."""

    work: Work
    together: int
    processes: int | None = None
    size: int = 1
    _ray: Any = None
    _ours: bool = False
    _task: Any = None
    _actors: list[Any] = field(default_factory=list)
    _turn: Any = None
    _told: set[Any] = field(default_factory=set)

    def begin(self) -> None:
        """Join the cluster that RAY_ADDRESS names, or start one of this machine's cores.

        Raises MissingExtra, and StoreError where the cluster can't be reached.
        """
        os.environ.update({name: os.environ.get(name, v) for name, v in SETTINGS.items()})
        try:
            import ray as library
        except ImportError as error:
            raise MissingExtra("for --on ray there must be Ray: pip install npcsim[ray]") from error
        ray: Any = library  # its types know neither actors nor clusters
        self._ray = ray
        if not ray.is_initialized():
            given: dict[str, Any] = {}
            if not os.environ.get("RAY_ADDRESS"):
                given = {"num_cpus": self.processes or os.cpu_count(), "include_dashboard": False}
            try:
                ray.init(logging_level=logging.ERROR, log_to_driver=False, **given)
            except Exception as error:  # noqa: BLE001 - Ray's own have no class in common
                raise StoreError(f"the Ray cluster can't be reached: {error}") from None
            self._ours = True
        there = ray.cluster_resources()
        cpus, gpus = int(there.get("CPU", 1)), int(there.get("GPU", 0))
        if not self.work.models:
            self._task = ray.remote(num_cpus=1, max_retries=0)(_one)
            self.size = max(1, min(cpus, self.processes or cpus))
            return
        many = gpus or max(1, len([n for n in ray.nodes() if n["Alive"]]))
        actor = ray.remote(
            num_cpus=1, num_gpus=1 if gpus else 0, max_restarts=-1, max_task_retries=TRIES,
            max_concurrency=self.together,
        )(_Engine)  # fmt: skip
        self._actors = [actor.remote(self.work, self.together) for _ in range(many)]
        self._turn = itertools.cycle(self._actors)
        self.size = many * self.together

    async def live(self, planned: Planned) -> Row:
        """Have it lived somewhere, again where that was lost. Raises what living it raises."""
        failed = self._ray.exceptions

        async def attempt() -> Row:
            if self._task is not None:
                told = self._task.remote(self.work, planned)
            else:
                told = next(self._turn).live.remote(planned)
            self._told.add(told)
            over = True
            try:
                row: Row = await told
            except asyncio.CancelledError:
                over = False  # it goes on there until `close` cancels it
                raise
            except failed.RayTaskError as error:  # not lost: it says what is wrong
                raise (error.cause if isinstance(error.cause, Exception) else error) from None
            except failed.LocalRayletDiedError as error:
                raise StoreError(
                    f"the Ray cluster was lost: {error}; sweep again to go on"
                ) from None
            finally:
                if over:
                    self._told.discard(told)
            return row

        return await undaunted(self.work, planned, attempt, failed.RayError)

    async def close(self) -> None:
        """Leave the cluster, where nothing of this goes on; one that was started here ends."""
        for told in self._told:
            self._ray.cancel(told, force=self._task is not None)
        for actor in self._actors:
            self._ray.kill(actor)
        if self._ours:
            await asyncio.to_thread(self._ray.shutdown)


def _one(work: Work, planned: Planned) -> Row:
    return asyncio.run(once(Together(work, 1), planned))


class _Engine:
    """Runs side by side in one process, their questions in shared batches of one engine."""

    def __init__(self, work: Work, size: int) -> None:
        self._crew = Together(work, size)

    async def live(self, planned: Planned) -> Row:
        return await once(self._crew, planned)

    def pid(self) -> int:
        """This process, for people and tests."""
        return os.getpid()
