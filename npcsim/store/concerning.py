"""Which events name an NPC."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from npcsim.events import Event, Packed, RunStarted
from npcsim.scenario.spelling import nearest

_NAMING = ("npc", "actor", "source", "to", "by", "who")


@dataclass(frozen=True, slots=True)
class Named:
    """One NPC, as logs name it: by id, and in blocks by serial."""

    id: str
    serial: int

    def may(self, packed: Packed) -> bool:
        """Whether an event may name it, without unpacking it."""
        text = json.dumps(self.id, ensure_ascii=False).encode("utf-8", "backslashreplace")
        return bool(packed.blob) or text in packed.payload or packed.kind == "Given"

    def is_in(self, event: Event) -> bool:
        """Whether an event names it: as who did it, whom it was done to, or one of a crowd."""
        if isinstance(event, RunStarted):
            return False
        for name in _NAMING:
            value = getattr(event, name, None)
            if isinstance(value, np.ndarray):
                if (value == self.serial).any():
                    return True
            elif value == self.id or (isinstance(value, tuple) and self.id in value):
                return True
        inside = (
            getattr(event, "effects", ()),
            getattr(event, "entry", None),
            getattr(event, "ties", ()),
        )
        return any(
            one == self.id or one.startswith(f"{self.id}.")
            for part in inside
            for one in texts_in(part)
        )


def about(started: RunStarted, npc: str) -> Named:
    """An NPC of a run, by id. Raises ValueError, with the nearest name, where there is none."""
    for cast in started.cast:
        if cast.id == npc:
            return Named(npc, cast.serial)
    ids = [cast.id for cast in started.cast]
    hint = nearest(npc, ids) or f"there are {', '.join(ids[:12])}{', ...' if len(ids) > 12 else ''}"
    raise ValueError(f"there is no NPC {npc!r} in the run; {hint}")


def texts_in(value: Any) -> Iterator[str]:
    """Every text in plain data, keys apart."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from texts_in(one)
