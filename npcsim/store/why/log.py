"""What is read of a run to explain what an NPC did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from npcsim import events as ev
from npcsim.store.moment import Moment
from npcsim.store.rows import KeptCall


class Log(Protocol):
    """What is read of a run."""

    @property
    def bundle(self) -> bytes:
        """The recipe."""

    @property
    def shown(self) -> str:
        """What people call it."""

    @property
    def started(self) -> ev.RunStarted:
        """The first event."""

    @property
    def last_tick(self) -> int:
        """The last tick."""

    def events(self, *, kinds: Any = ..., npc: Any = ..., start: Any = ..., stop: Any = ...
               ) -> Iterator[ev.Event]:  # fmt: skip
        """Events in order."""

    def calls(self, key: str | None = None) -> Iterator[KeptCall]:
        """Model calls."""

    def at(self, when: int | str) -> Moment:
        """How everybody stood."""
