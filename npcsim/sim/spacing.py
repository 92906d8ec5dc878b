"""When a snapshot of the world is due.

By cost, unless the scenario says how often. Opening a tick costs the reading of the snapshot before
it and of the log since then. So the next one is due once so many rows were logged as the snapshot
itself has entries: the log costs about as much to read as the snapshot then, and snapshots stay a
fraction of the log. Few rows cost nothing worth speaking of, so it is `LEAST` of them at any rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from npcsim.events import Changed, Event, Moved, SignalledMany, StateChanged
from npcsim.world.state import World

LEAST = 1024
ROW_BYTES = 4096
"""So many bytes of arrays cost as much to read as a row."""
_ARRAYS: Mapping[type[Any], tuple[str, ...]] = {
    Moved: ("who", "x", "y"),
    StateChanged: ("who", "new", "transition"),
    Changed: ("who", "value", "by"),
    SignalledMany: ("who",),
}


class Spacing:
    """Counts what was logged since the last snapshot. every: ticks between two; 0 by cost."""

    def __init__(self, every: int) -> None:
        self._every, self._rows = every, 0

    def due(self, world: World, events: Sequence[Event]) -> bool:
        """Whether the tick that logged these events is to have a snapshot."""
        self._rows += len(events) + sum(map(_bytes, events)) // ROW_BYTES
        if self._every:
            return world.tick % self._every == 0
        return self._rows >= LEAST and self._rows >= entries(world)

    def made(self) -> None:
        """There is one now."""
        self._rows = 0


def entries(world: World) -> int:
    """What a snapshot holds, counted in rows: entries of tables, and columns by their bytes."""
    columns = sum(world.columns[name].nbytes for name in world.columns)
    return sum(map(len, world.tables().values())) + columns // ROW_BYTES


def _bytes(event: Event) -> int:
    return sum(getattr(event, name).nbytes for name in _ARRAYS.get(type(event), ()))
