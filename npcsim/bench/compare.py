"""Times several sides that do the same work, in turns: A B C A B C …

A machine's speed drifts (heat, neighbours), so sides that run in turns share each drift, and a
ratio is taken within a turn before its median over the turns.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

#: As in npcsim's own worker, for llama.cpp in this process: without it two threads that wait for
#: one another spin, and on a shared machine they are several times slower now and then.
SPIN = ("GOMP_SPINCOUNT", "1000")


class Stepper(Protocol):
    """One side: a population of `n` that `step()` takes through one tick.

    A side that holds files or processes may also have `close()`; it is called after the timing.
    One that has something to finish after its last tick has `steps(ticks)`, which is then the
    whole span.
    """

    @property
    def n(self) -> int:
        """NPCs in the population, the dead included."""

    def step(self) -> None:
        """Run one tick."""


@dataclass(frozen=True, slots=True)
class Side:
    """Times of one side: nanoseconds an NPC-tick, one number a repeat, in the order run.

    `ns` is what the clock said, `cpu_ns` what all threads of the process used of the processor.
    """

    n: int
    ticks: int
    warmup: int
    ns: tuple[float, ...]
    cpu_ns: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.ns)

    def as_json(self) -> dict[str, Any]:
        """Plain data: what was run, every repeat, median, min and max."""
        return {
            "n": self.n,
            "ticks": self.ticks,
            "warmup": self.warmup,
            "ns_per_npc_tick": list(self.ns),
            "median": self.median,
            "min": min(self.ns),
            "max": max(self.ns),
            "cpu_median": statistics.median(self.cpu_ns),
        }


@dataclass(frozen=True, slots=True)
class Measured:
    """What `alternate` measured, by side."""

    sides: Mapping[str, Side]

    def ratios(self, slow: str, fast: str) -> tuple[float, ...]:
        """Times of `slow` over those of `fast`, repeat by repeat. KeyError: no such side."""
        pairs = zip(self.sides[slow].ns, self.sides[fast].ns, strict=True)
        return tuple(one / other for one, other in pairs)

    def ratio(self, slow: str, fast: str) -> float:
        """How many times as long `slow` takes as `fast`: the median of `ratios`."""
        return statistics.median(self.ratios(slow, fast))

    def as_json(self) -> dict[str, Any]:
        """Plain data: the sides, and the ratio of each to every other (`"a/b"`)."""
        names = list(self.sides)
        return {
            "sides": {name: side.as_json() for name, side in self.sides.items()},
            "ratios": {f"{a}/{b}": self.ratio(a, b) for a in names for b in names if a != b},
        }


def alternate(
    sides: Mapping[str, Callable[[], Stepper]],
    *,
    repeats: int = 5,
    ticks: Mapping[str, int] | int,
    warmup: Mapping[str, int] | int = 0,
    clock: Callable[[], float] = time.perf_counter,
) -> Measured:
    """Time every side `repeats` times, in turns, each time on a fresh instance.

    Making the instance and its first `warmup` ticks are not timed; the next `ticks` ticks are, as
    one span. Before each span all garbage is collected, and the collector rests during it,
    whoever's span it is. `ticks` and `warmup` are one number for all or one a side. Where the
    work changes from tick to tick, sides with other spans are not the same work: their ratio then
    says less.

    Raises ValueError for no sides, no repeats or no ticks, KeyError for a side left out of
    `ticks` or `warmup`.
    """
    spans = {name: (_of(warmup, name), _of(ticks, name)) for name in sides}
    if not sides or repeats < 1 or any(w < 0 or t < 1 for w, t in spans.values()):
        raise ValueError("needs at least one side, one repeat and one tick, and no warmup below 0")
    times: dict[str, list[float]] = {name: [] for name in sides}
    cpu: dict[str, list[float]] = {name: [] for name in sides}
    sizes: dict[str, int] = {}
    for _ in range(repeats):
        for name, make in sides.items():
            sizes[name], seconds, used = _one_span(make, *spans[name], clock)
            each = 1e9 / (sizes[name] * spans[name][1])
            times[name].append(seconds * each)
            cpu[name].append(used * each)
    return Measured(
        {
            name: Side(sizes[name], ticks, warmup, tuple(times[name]), tuple(cpu[name]))
            for name, (warmup, ticks) in spans.items()
        }
    )


def _of(numbers: Mapping[str, int] | int, name: str) -> int:
    return numbers if isinstance(numbers, int) else numbers[name]


def _one_span(
    make: Callable[[], Stepper], warmup: int, ticks: int, clock: Callable[[], float]
) -> tuple[int, float, float]:
    """(population, seconds and processor seconds of `ticks` ticks) of a fresh instance."""
    side = make()
    try:
        for _ in range(warmup):
            side.step()
        collecting = gc.isenabled()
        gc.collect()
        gc.disable()
        try:
            begin, begin_cpu = clock(), time.process_time()
            _steps(side, ticks)
            return side.n, clock() - begin, time.process_time() - begin_cpu
        finally:
            if collecting:
                gc.enable()
    finally:
        close = getattr(side, "close", None)
        if close is not None:
            close()


def _steps(side: Stepper, ticks: int) -> None:
    whole = getattr(side, "steps", None)
    if whole is not None:
        whole(ticks)
        return
    for _ in range(ticks):
        side.step()
