"""The memories of one NPC as a stream: the latest, and those that fit who, where, when and kind."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from npcsim.world.rows import Memory

_TICK = attrgetter("tick")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which memories count; what is empty or None leaves all.

    who: it has to do with, or comes from, one of these. where: one of these places. kinds: one of
    these sorts. since, until: ticks, both included.
    """

    who: frozenset[str] = frozenset()
    where: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    since: int | None = None
    until: int | None = None

    def fits(self, line: Memory) -> bool:
        """Whether a memory counts."""
        return (
            (not self.who or not self.who.isdisjoint((*line.people, line.source, line.origin)))
            and (not self.where or line.place in self.where)
            and (not self.kinds or line.sort in self.kinds)
            and (self.since is None or line.tick >= self.since)
            and (self.until is None or line.tick <= self.until)
        )


ALL = Filter()


def fitting(lines: Sequence[Memory], which: Filter) -> NDArray[np.int64]:
    """The places in `lines` of those that count."""
    if which == ALL:
        return np.arange(len(lines))
    return np.array([at for at, line in enumerate(lines) if which.fits(line)], np.int64)


def since(lines: Sequence[Memory], tick: int) -> Sequence[Memory]:
    """The memories from a tick on; `lines` are in order of time."""
    return lines[bisect_left(lines, tick, key=_TICK) :]
