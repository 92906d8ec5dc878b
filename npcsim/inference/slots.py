"""Places and the shelf: which sequence is whose, and what is kept between thoughts. All pure.

A question has a place, one of a few sequences, only while it is being answered. What its NPC's
sequence held of rules, persona and past is kept on the shelf meanwhile, within a budget of bytes;
what was needed least recently is dropped first, and rebuilt when somebody asks.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept sequence: its tokens, the runner's handle to what was computed, its bytes."""

    tokens: tuple[int, ...]
    handle: Any
    size: int


class Shelf:
    """Kept sequences by key, at most `budget` bytes and `places` of them."""

    def __init__(self, budget: int, places: int) -> None:
        self.budget = budget
        self.places = places
        self.size = 0
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def could_hold(self, size: int) -> bool:
        return size <= self.budget and self.places > 0

    def look(self, key: Hashable) -> Kept | None:
        """What is kept under a key; looking does not count as needing."""
        return self._kept.get(key)

    def need(self, key: Hashable) -> Kept | None:
        """What is kept under a key, as the most recently needed."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def make_room(self, key: Hashable, size: int) -> list[Kept]:
        """Take out what stands under `key` and as much else as `size` bytes ask for."""
        out: list[Kept] = []
        old = self._kept.pop(key, None)
        if old is not None:
            out.append(old)
        self.size -= sum(kept.size for kept in out)
        while self._kept and (self.size + size > self.budget or len(self._kept) >= self.places):
            _, kept = self._kept.popitem(last=False)
            self.size -= kept.size
            out.append(kept)
        return out

    def put(self, key: Hashable, kept: Kept) -> None:
        """Put something where `make_room` has made room."""
        self._kept[key] = kept
        self.size += kept.size


def places_for(budget: int, bytes_each: int, most: int) -> int:
    """How many places fit into half of the budget; one at least, or nothing could be asked."""
    return max(1, min(most, budget // 2 // max(1, bytes_each)))
