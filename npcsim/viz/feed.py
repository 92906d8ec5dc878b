"""Where a window gets its events from: a live run, a kept one, or a list in a test."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from types import MappingProxyType
from typing import Any, Protocol

from npcsim.events import Event
from npcsim.viz.time.record import Record, Told


class Link(Protocol):
    """The way from a window into a live run. Nothing of it blocks: what comes of a call is in its
    future, with a ValueError or an NpcsimError for what can't be done, in words for people."""

    @property
    def over(self) -> bool:
        """Whether the run is over: all that is asked of it fails, and says so."""

    def put(self, entry: Mapping[str, Any]) -> Future[None]:
        """Put in an input, as `Simulation.put` takes it; done as soon as it is accepted."""

    def say(self, npc: str, to: str, words: str) -> Future[None]:
        """Let somebody say something to another."""

    def tools(self, npc: str) -> Future[list[dict[str, Any]]]:
        """What somebody can use: each tool's `name`, `about`, `schema` and, where it can't be used
        now, `why_not`."""

    def options(self, npc: str) -> Future[list[str]]:
        """What somebody could decide now, in words."""

    def hold(self, on: bool) -> None:
        """Let the run stand still after the tick under way, or go on."""


class Feed(Protocol):
    """A source of events in their order. A window can't tell a live run from a finished one.

    `notice` is what whoever watches should know now, such as a mistake in a file of tools; empty
    when there is nothing.
    """

    notice: str

    @property
    def heard(self) -> Mapping[str, str]:
        """What models say while their answers come, by thought: for show, never in a log."""

    @property
    def done(self) -> bool:
        """No more events will come after those that `poll` has yet to give."""

    @property
    def link(self) -> Link | None:
        """The way into the run; None where it isn't live, or has not begun."""

    @property
    def record(self) -> Record | None:
        """A new reader of the run's log, for looking anywhere in it; None while there is no log."""

    def poll(self) -> list[Event]:
        """The events that are new since the last call; empty when there are none. Never blocks."""

    def after(self, tick: int) -> None:
        """Go on with the events after a tick, whatever was given out before."""

    def close(self) -> None:
        """Let go of what feeds it. May be called twice."""


class ListFeed:
    """A finished run: every event at hand, given out in pieces of at most `piece` events."""

    notice = ""
    heard: Mapping[str, str] = MappingProxyType({})
    link: Link | None = None

    def __init__(self, events: Iterable[Event], piece: int = 2000) -> None:
        self._rest = list(events)
        self._next = 0
        self._piece = piece

    @property
    def record(self) -> Record:
        return Told(self._rest)

    def after(self, tick: int) -> None:
        self._next = bisect_right(self._rest, tick, key=lambda event: event.tick)

    @property
    def done(self) -> bool:
        return self._next >= len(self._rest)

    def poll(self) -> list[Event]:
        given = self._rest[self._next : self._next + self._piece]
        self._next += len(given)
        return given

    def close(self) -> None:
        self._rest, self._next = [], 0
