"""Living a log again, and comparing every tick with what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from npcsim import events as ev
from npcsim.errors import NpcsimError, ReplayDiverged
from npcsim.sim.loop import Simulation
from npcsim.store.run_store import Run


@dataclass(frozen=True, slots=True)
class Verdict:
    """A replay that came out as the log says."""

    ticks: int
    hash: str


async def verify(
    simulation: Simulation, run: Run, progress: Callable[[int], None] = lambda tick: None
) -> Verdict:
    """Step `simulation` through the log of `run`. Raises ReplayDiverged at the first difference.

    The simulation must have been made from the run's own recipe, inputs and landings.
    """
    told = dict(run.hashes())
    if not told:
        raise ReplayDiverged(0, "the log holds no finished tick")
    if simulation.world.state_hash() != told[0]:
        raise ReplayDiverged(0, "the world before the first tick is not the one in the log")
    last = max(told)
    for number in range(1, last + 1):
        try:
            tick = await simulation.step()
        except NpcsimError as error:
            raise ReplayDiverged(number, f"the replay stopped: {error}") from error
        if tick.hash != told.get(number):
            logged = list(run.events(start=number, stop=number + 1))
            raise ReplayDiverged(number, first_difference(logged, tick.events))
        progress(number)
    return Verdict(last, told[last])


def first_difference(logged: list[ev.Event], replayed: list[ev.Event]) -> str:
    """The first fact in which two ticks differ, in words."""
    for said, came in zip(logged, replayed, strict=False):
        if type(said) is not type(came):
            return f"the log says {_named(said)}, the replay {_named(came)}"
        for f in fields(said):
            a, b = getattr(said, f.name), getattr(came, f.name)
            if not _same(a, b):
                return f"{_named(said)}: {f.name} is {_short(a)} in the log, {_short(b)} in replay"
    if len(logged) != len(replayed):
        longer, who = (logged, "log") if len(logged) > len(replayed) else (replayed, "replay")
        extra = longer[min(len(logged), len(replayed))]
        return f"only the {who} has {_named(extra)}"
    return "the events agree, but the state hash does not"


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.shape == b.shape and bool((a == b).all())
    return bool(a == b)


def _named(event: ev.Event) -> str:
    who = getattr(event, "npc", "") or getattr(event, "actor", "") or getattr(event, "source", "")
    return f"{type(event).__name__} of {who}" if who else type(event).__name__


def _short(value: Any) -> str:
    text = repr(value.tolist() if isinstance(value, np.ndarray) else value)
    return text if len(text) <= 80 else text[:77] + "..."
