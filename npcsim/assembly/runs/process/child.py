"""What runs in the process of a live run: the run itself, and both ends of the pipe to its window.

What is told are tuples, the kind first: `begun` path; `events` list; `heard` thought, text;
`notice` text; `tell` text; `done` number, value; `failed` number, kind, text; `end` error, ending.
What is asked: `close`, or number, method of the link, arguments.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Protocol

from npcsim.assembly.runs.feeds import LiveFeed
from npcsim.assembly.runs.session import Session
from npcsim.errors import NpcsimError, ScenarioError
from npcsim.events import Event

Message = tuple[Any, ...]
Tell = Callable[[Message], None]
CLOSE = "close"
METHODS = ("put", "say", "tools", "options", "hold")
BESIDE = 5
"""How much nicer than its window a run and its models are: a late frame is seen at once, a thought
that is a little later is not."""


class Source(Protocol):
    """A scenario to be lived: it can be sent to another process, once `tell` can."""

    @property
    def tell(self) -> Callable[[str], None]:
        """Told of mistakes in files of tools that change meanwhile."""

    def telling(self, tell: Callable[[str], None]) -> Source:
        """The same, with somebody else told."""

    async def live(self) -> Session:
        """The run at its beginning."""


def stand_back() -> None:
    """What a process beside a window begins with."""
    # Ctrl-C goes to every process of a terminal; whoever watches says when this one is to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(BESIDE)


def live(source: Source, pipe: Connection) -> None:
    """Live a scenario until it ends, or whoever watches closes the pipe or is gone."""
    stand_back()
    told: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
    telling = threading.Thread(target=_tell, args=(pipe, told), name="npcsim-tell", daemon=True)
    telling.start()
    feed = Told(source.telling(lambda text: told.put(("tell", text))), told.put)
    with suppress(EOFError, OSError):
        while (asked := pipe.recv()) != (CLOSE,):
            _answer(feed, asked, told.put)
    feed.close()
    told.put(None)
    telling.join()


def _tell(pipe: Connection, told: queue.SimpleQueue[Message | None]) -> None:
    """In a thread of its own: a pipe that is full holds nobody else up."""
    with suppress(OSError):
        while (message := told.get()) is not None:
            pipe.send(message)


class Told(LiveFeed):
    """A live run that tells on what comes of it."""

    def __init__(self, source: Source, tell: Tell) -> None:
        self._told, self._begun = tell, False
        super().__init__(source.live, source.tell)

    def _run(self) -> None:
        try:
            super()._run()
        finally:
            self._told(("end", _told_error(self.error), self.ending))

    def _take(self, tick: int, events: list[Event]) -> None:
        if not self._begun:
            self._begun = True
            self._told(("begun", self._path))
        self._count(events)
        self._told(("events", events))

    def _hear(self, npc: str, thought: str, text: str) -> None:
        self._told(("heard", thought, text))

    def _notice(self, text: str) -> None:
        self._told(("notice", text))
        super()._notice(text)


def _answer(feed: LiveFeed, asked: Message, tell: Tell) -> None:
    number, method, *args = asked
    if feed.link is None or method not in METHODS:
        tell(("failed", number, "", f"there is no way to {method}"))
        return
    future = getattr(feed.link, method)(*args)
    if future is not None:
        future.add_done_callback(lambda done: tell(_outcome(number, done)))


def _told_error(error: NpcsimError | None) -> tuple[str, object] | None:
    """An error as its kind and what that is made of, since not every error can be sent."""
    if error is None:
        return None
    made_of = error.mistakes if isinstance(error, ScenarioError) else str(error)
    return type(error).__name__, made_of


def _outcome(number: int, done: Future[Any]) -> Message:
    error = done.exception()
    if error is None:
        return "done", number, done.result()
    kinds = {NpcsimError: "npcsim", ValueError: "value"}
    kind = next((name for sort, name in kinds.items() if isinstance(error, sort)), "")
    return "failed", number, kind, str(error)
