"""The window's end of a live run in a process of its own: a feed and a link like the others."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from npcsim import errors
from npcsim.assembly.runs.feeds import KEPT_HEARD, Arriving
from npcsim.assembly.runs.linking import OVER
from npcsim.assembly.runs.process.child import CLOSE, Message, Source, live
from npcsim.errors import NpcsimError

DIED = "the process of the run ended by itself (exit code {code}): what is in its log was kept"
KINDS: dict[str, type[Exception]] = {"npcsim": NpcsimError, "value": ValueError}


class ProcessFeed(Arriving):
    """Runs a scenario in another process, and hands over what comes of it.

    So a tick takes no interpreter from a frame. `notice`, `heard`, `error` and `ending` as those of
    `LiveFeed`; files of tools that change meanwhile are taken up there too.
    """

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._told: str | None = None
        self._tell = source.tell
        self.link: ProcessLink | None = None
        self.notice = ""
        self.heard: Mapping[str, str] = {}
        self.error: NpcsimError | None = None
        self.ending = ""
        self._ended = False
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=live, args=(source.telling(print), theirs), name="npcsim-live",
            daemon=True,  # its pipe tells it to end; this is for a program that never closes
        )
        self._process.start()
        theirs.close()
        self._sending = threading.Lock()
        self._reading = threading.Thread(target=self._read, name="npcsim-told", daemon=True)
        self._reading.start()

    @property
    def pid(self) -> int | None:
        """The number of its process."""
        return self._process.pid

    @property
    def _path(self) -> str | None:
        return self._told

    @property
    def _going(self) -> bool:
        return self._reading.is_alive()

    def close(self) -> None:
        """End the simulation after the tick under way, and wait for it."""
        with suppress(OSError):  # it is gone already
            self._send((CLOSE,))
        self._process.join()
        self._reading.join()
        self._pipe.close()
        super().close()

    def _send(self, message: Message) -> None:
        with self._sending:
            self._pipe.send(message)

    def _read(self) -> None:
        """In a thread of its own, until the other side is done."""
        with suppress(EOFError, OSError):
            while not self._ended:
                self._heed(self._pipe.recv())
        if not self._ended:
            self._process.join()
            self.error = NpcsimError(DIED.format(code=self._process.exitcode))
            self.notice = str(self.error)
        if self.link is not None:
            self.link.close()
        with suppress(OSError):
            self._send((CLOSE,))

    def _heed(self, message: Message) -> None:
        match message:
            case ("events", events):
                self._events.extend(events)
            case ("heard", thought, text):
                # A new mapping each time: the window may be looking at the last.
                self.heard = dict([*self.heard.items()][-KEPT_HEARD:]) | {thought: text}
            case ("begun", path):
                self._told, self.link = path, ProcessLink(self._send)
            case ("notice", text):
                self.notice = text
            case ("tell", text):
                self._tell(text)
            case ("done", number, value) if self.link is not None:
                self.link.settle(number, value)
            case ("failed", number, kind, text) if self.link is not None:
                self.link.fail(number, KINDS.get(kind, RuntimeError)(text))
            case ("end", error, ending):
                self._ended, self.ending = True, ending
                self.error = _error(*error) if error is not None else None


class ProcessLink:
    """What a window may ask of a run in another process. See `viz.feed.Link`."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self._lock = threading.Lock()
        self._open = True
        self._number = 0
        self._under_way: dict[int, Future[Any]] = {}

    @property
    def over(self) -> bool:
        """Whether the run is over, and nothing can be done in it any more."""
        return not self._open

    def put(self, entry: Mapping[str, Any]) -> Future[None]:
        """Put in an input; its source is the player, where it names none."""
        return self._ask("put", dict(entry))

    def say(self, npc: str, to: str, words: str) -> Future[None]:
        """Say something as somebody: a question asks, and whatever else has some words tells."""
        return self._ask("say", npc, to, words)

    def tools(self, npc: str) -> Future[list[dict[str, Any]]]:
        """The tools somebody can use, each with a schema of its arguments."""
        return self._ask("tools", npc)

    def options(self, npc: str) -> Future[list[str]]:
        """What somebody could decide now."""
        return self._ask("options", npc)

    def hold(self, on: bool) -> None:
        """Let the run stand still after the tick under way, or go on."""
        with suppress(OSError):
            self._send((0, "hold", on))

    def settle(self, number: int, value: Any) -> None:
        """What was asked is done."""
        future = self._taken(number)
        if future is not None:
            future.set_result(value)

    def fail(self, number: int, error: Exception) -> None:
        """What was asked can't be done."""
        future = self._taken(number)
        if future is not None:
            future.set_exception(error)

    def close(self) -> None:
        """The run is over: what is still under way, and all that comes, fails."""
        with self._lock:
            self._open = False
            left, self._under_way = self._under_way, {}
        for future in left.values():
            future.set_exception(NpcsimError(OVER))

    def _taken(self, number: int) -> Future[Any] | None:
        with self._lock:
            return self._under_way.pop(number, None)

    def _ask(self, method: str, *args: Any) -> Future[Any]:
        future: Future[Any] = Future()
        with self._lock:
            self._number += 1
            number = self._number
            if self._open:
                self._under_way[number] = future
        try:
            if self._open:
                self._send((number, method, *args))
                return future
        except OSError:  # the process has just ended
            self._taken(number)
        except Exception as error:  # no plain data: nothing else can be put into a run
            self._taken(number)
            future.set_exception(ValueError(f"an input is plain data: {error}"))
            return future
        if not future.done():
            future.set_exception(NpcsimError(OVER))
        return future


def _error(kind: str, made_of: Any) -> NpcsimError:
    """An error of the other process: of its kind where that is made of words or mistakes alone."""
    try:
        made = getattr(errors, kind, NpcsimError)(made_of)
    except TypeError:
        made = None
    return made if isinstance(made, NpcsimError) else NpcsimError(str(made_of))
