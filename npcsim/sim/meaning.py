"""What texts mean: asked of an embedder off the world, known in it from an input of the log on.

`Live` asks; `Recorded` hands out what a log says, at the ticks and thoughts it says.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from npcsim import events as ev
from npcsim.errors import BadReply, ModelError, TimedOut, Unavailable
from npcsim.memory.vectors import Units, fine
from npcsim.messages import Embedder
from npcsim.models.remote.provider_errors import told
from npcsim.world.state import World

TOP = 32_767
PATIENCE_S = 0.1
"""Real seconds that a paced tick waits for what a thought asks for; later it is too late for it."""
START_S = 5.0
"""Real seconds that a paced run waits at most, before its first tick, for what is known then."""
MOST_SKIPPED = 64


class Meaning(Protocol):
    """Where vectors come from."""

    async def begin(self, texts: Sequence[str]) -> None:
        """Before the first tick: whoever will not wait later has these now, to land in it."""

    async def now(self, tick: int, npc: str, texts: Sequence[str]) -> ev.Embedded | None:
        """The vectors of these texts, for a thought of this tick; None where they are not to be
        had, or nobody is asked."""

    def follow(self, texts: Sequence[str]) -> None:
        """After a tick: have these for the next one."""

    async def land(self, tick: int) -> list[ev.Embedded]:
        """What came of ticks before."""

    async def close(self) -> None:
        """Give up on what is under way."""


class NoMeaning:
    """Words alone count."""

    async def begin(self, texts: Sequence[str]) -> None:
        return

    async def now(self, tick: int, npc: str, texts: Sequence[str]) -> ev.Embedded | None:
        return None

    def follow(self, texts: Sequence[str]) -> None:
        return

    async def land(self, tick: int) -> list[ev.Embedded]:
        return []

    async def close(self) -> None:
        return


class RecordedMeaning(NoMeaning):
    """A log's vectors."""

    def __init__(self, embedded: Iterable[ev.Embedded]) -> None:
        self._known: dict[tuple[int, str], list[ev.Embedded]] = {}
        for event in embedded:
            self._known.setdefault((event.tick, event.npc), []).append(event)

    async def now(self, tick: int, npc: str, texts: Sequence[str]) -> ev.Embedded | None:
        found = self._known.get((tick, npc))
        return found.pop(0) if found else None

    async def land(self, tick: int) -> list[ev.Embedded]:
        return self._known.pop((tick, ""), [])


class LiveMeaning:
    """Asks an embedder. Unpaced, it waits; paced, what takes longer than a moment comes later.

    guard_s: wall seconds after which the embedder is taken to hang. After a failure it is left
    alone for ever more calls, for good after one that lasts.
    """

    def __init__(self, embedder: Embedder, guard_s: float, paced: bool) -> None:
        self._embedder, self._guard_s, self._paced = embedder, guard_s, paced
        self._tasks: list[asyncio.Task[ev.Embedded | None]] = []
        self._failures, self._skip, self._over = 0, 0, False
        self._size = 0

    async def begin(self, texts: Sequence[str]) -> None:
        # An embedder loads with its first text, which is longer than a paced thought waits.
        if self._paced and texts:
            self.follow(texts)
            await asyncio.wait(self._tasks, timeout=START_S)

    async def now(self, tick: int, npc: str, texts: Sequence[str]) -> ev.Embedded | None:
        if not texts or self._left_alone():
            return None
        task = asyncio.create_task(self._embedded(tick, npc, texts), name=f"meaning for {npc}")
        await asyncio.wait({task}, timeout=PATIENCE_S if self._paced else None)
        if not task.done():
            self._tasks.append(task)
            return None
        return task.result()

    def follow(self, texts: Sequence[str]) -> None:
        if texts and not self._left_alone():
            task = asyncio.create_task(self._embedded(0, "", texts), name="meaning")
            self._tasks.append(task)

    async def land(self, tick: int) -> list[ev.Embedded]:
        if self._tasks and not self._paced:
            await asyncio.wait(self._tasks)
        done = [task for task in self._tasks if task.done()]
        self._tasks = [task for task in self._tasks if task not in done]
        found = [task.result() for task in done]
        return [_at(tick, event) for event in found if event is not None]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await self._embedder.close()

    def _left_alone(self) -> bool:
        if self._skip:
            self._skip -= 1
            return True
        return self._over

    async def _embedded(self, tick: int, npc: str, texts: Sequence[str]) -> ev.Embedded | None:
        """The vectors; a failure is told when it begins, and None while it goes on."""
        error = ""
        try:
            rows = await asyncio.wait_for(self._embedder.embed(texts), self._guard_s)
            vectors = self._packed(rows, len(texts))
        except TimeoutError:
            error = f"{TimedOut.__name__}: no vectors within {self._guard_s:g} s"
        except ModelError as problem:
            error = f"{problem.kind}: {problem}"
            self._over = problem.lasting
        except Exception as problem:  # noqa: BLE001
            # A bug in an adapter must cost what wanted the vectors, not the run.
            error = f"{Unavailable.__name__}: {told(f'{type(problem).__name__}: {problem}')}"
        model = self._embedder.fingerprint
        if not error:
            self._failures = 0
            return ev.Embedded(tick, npc, model, tuple(texts), vectors)
        self._failures += 1
        self._skip = min(1 << self._failures, MOST_SKIPPED)
        return ev.Embedded(tick, npc, model, (), (), error) if self._failures == 1 else None

    def _packed(self, rows: NDArray[Any], many: int) -> tuple[str, ...]:
        shape = np.shape(rows)
        if len(shape) != 2 or shape[0] != many or self._size not in (0, shape[1]):
            raise BadReply(f"{many} vectors were asked for, an array of shape {shape} came")
        self._size = shape[1]
        return packed(rows)


def known(world: World) -> list[str]:
    """What those with a mind remember, each text once."""
    minds = (profile.id for profile in world.setting.profiles if profile.mind)
    return list(dict.fromkeys(line.text for npc in minds for line in world.memories.of(npc)))


def packed(rows: NDArray[Any]) -> tuple[str, ...]:
    """Vectors [n, d] as an event has them: base64 of 16-bit numbers, each as long as can be."""
    rows = np.asarray(rows, np.float64)
    if not np.isfinite(rows).all():
        raise BadReply("a vector has numbers that are not finite")
    largest = np.abs(rows).max(axis=1, initial=0.0)
    largest[largest == 0] = 1.0
    whole = np.rint(rows * (TOP / largest)[:, None]).astype("<i2")
    return tuple(base64.b64encode(row.tobytes()).decode() for row in whole)


def units_of(event: ev.Embedded) -> Mapping[str, Units]:
    """The vectors of an event, by text, as they are compared."""
    if not event.texts:
        return {}
    rows = [np.frombuffer(base64.b64decode(text), "<i2") for text in event.vectors]
    return dict(zip(event.texts, fine(np.stack(rows)), strict=True))


def _at(tick: int, event: ev.Embedded) -> ev.Embedded:
    return ev.Embedded(tick, "", event.model, event.texts, event.vectors, event.error)
