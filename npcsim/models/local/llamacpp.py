"""The local tier: a llama.cpp model in a worker process of its own."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import itertools
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from npcsim.errors import BadReply, MissingExtra, ModelError, TimedOut, TooLong, Unavailable
from npcsim.inference.engine import SCORING, TEMPERATURE
from npcsim.inference.gguf import check_gguf
from npcsim.inference.process import Worker
from npcsim.messages import THOUGHT, Answer, Question, answer_from_json, hearer, question_json
from npcsim.models.digests import sha256_of
from npcsim.models.local.installing import how_to_install
from npcsim.models.local.readout import readout_of

_LONGEST_PAUSE = 30.0  # seconds
_ERRORS: dict[str, type[ModelError]] = {
    kind.__name__: kind for kind in (Unavailable, BadReply, TooLong)
}


def pause_after(failures: int) -> float:
    """Seconds before the next start after so many failures in a row: 0, 1, 2, 4 … at most 30."""
    return 0.0 if failures <= 1 else min(_LONGEST_PAUSE, 2.0 ** (min(failures, 16) - 2))


def default_cache() -> Path:
    """The user's own folder for what can be made again."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        named = os.environ.get("XDG_CACHE_HOME", "")
        # The XDG base directory specification: a path that is not absolute is to be ignored.
        base = named if Path(named).is_absolute() else str(Path.home() / ".cache")
    return Path(base) / "npcsim"


def default_memory() -> int:
    """Bytes for keys and values: a quarter of this machine's memory, 1 to 8 GiB."""
    pages = os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
    size = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
    return min(max(pages * size // 4, 1 << 30), 8 << 30)


class LlamaCpp:
    """A `Model` on llama.cpp. The worker starts with the first question, or by `start()`.

    path: a GGUF file. threads: None takes every core; the answers don't depend on it. context:
    tokens that a question and its answer may have. gpu_layers: None takes all of them where
    llama.cpp was built for a GPU. memory: bytes for keys and values, those kept between thoughts
    too; None takes `default_memory()`. recast: keep a Q8_0 copy of the weights in `cache` (the
    user's cache folder if None) and use that; on a CPU about 1.5 times faster than small mixed
    formats. readout: add to an option's score what is read off the model's state after it, where
    weights for that ship (see `models.local.readout`); a row more an option.
    patience: seconds without a sign of life, while a question waits, after which the worker is
    taken to hang and is killed; start_patience: the same while it loads.

    Raises `MissingExtra` at once if llama-cpp-python is not installed. Everything else, a broken
    file too, is a `ModelError` from `start` or `ask`. May be used from any event loop.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        name: str | None = None,
        threads: int | None = None,
        context: int = 2048,
        gpu_layers: int | None = None,
        temperature: float = TEMPERATURE,
        readout: bool = False,
        memory: int | None = None,
        recast: bool = False,
        cache: Path | None = None,
        patience: float = 60.0,
        start_patience: float = 120.0,
    ) -> None:
        if importlib.util.find_spec("llama_cpp") is None:
            raise MissingExtra(how_to_install())
        self._path = Path(path)
        self._name = name or self._path.stem
        self._settings = {
            "path": str(self._path.absolute()),
            "threads": threads or os.cpu_count() or 1,
            "context": context,
            "gpu_layers": gpu_layers,
            "temperature": temperature,
            "memory": memory or default_memory(),
        }
        self._readout = readout
        self._recast = recast
        self._cache = cache
        self._patience = patience
        self._start_patience = start_patience
        self._lock = threading.RLock()
        self._ids = itertools.count(1)
        self._pending: dict[int, Future[Answer]] = {}
        self._hearing: dict[int, Callable[[str], None]] = {}
        self._telling: dict[int, Future[dict[str, int]]] = {}
        self._starting: Future[Worker] | None = None
        self._worker: Worker | None = None
        self._heard = 0.0
        self._failures = 0
        self._not_before = 0.0
        self._last_failure = ""
        self._refusal = ""
        self._hung = False
        self._closed = False
        self._digest = ""
        self._fingerprint = ""
        self._weights: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def path(self) -> Path:
        """The model's file."""
        return self._path

    @property
    def fingerprint(self) -> str:
        """Package version, file, arithmetic, cache mode, temperature, weights.

        Known once the worker has started; read earlier, it starts it and waits (about a second).
        Raises `ModelError` if it can't start.
        """
        if not self._fingerprint:
            self._begin().result(self._start_patience + 5)
        return self._fingerprint

    @property
    def worker_pid(self) -> int | None:
        """The worker's process id, None while there is no worker."""
        worker = self._worker
        return worker.pid if worker else None

    async def start(self) -> None:
        """Load the model now. Raises `Unavailable` or `TimedOut`, naming the file and why."""
        await self._ready()

    async def ask(
        self,
        question: Question,
        *,
        priority: int = 0,
        lands: int = 0,
        within: float | None = None,
        hear: Callable[[str], None] | None = None,
    ) -> Answer:
        """Answer, or raise a `ModelError`; many may be asked at once, and are answered together.

        Higher `priority` goes first, then the lower tick at which the answer `lands`: both say
        when, never what. `within`: seconds of the wall, for who can't wait longer: `TimedOut`
        then. `hear` is called, from another thread, with what a `Write` has said so far;
        left out, that is whoever hears the question (`messages.HEARING`). Cancelling the call,
        or its end in time, frees what it had in the worker.
        """
        worker = await self._ready()
        number = next(self._ids)
        future: Future[Answer] = Future()
        hear = hear or hearer(question)
        with self._lock:
            if worker is not self._worker:
                raise Unavailable(self._last_failure or f"{self._name} is closed")
            self._pending[number] = future
            if hear is not None:
                self._hearing[number] = hear
        worker.post(
            {
                "id": number,
                "question": question_json(question),
                "priority": priority,
                "lands": lands,
                "streamed": hear is not None,
                "whose": THOUGHT.get().rpartition("@")[0].partition("/")[0],
            }
        )
        try:
            async with asyncio.timeout(within):
                return await self._wait(asyncio.wrap_future(future), worker)
        except TimeoutError as error:
            raise TimedOut(f"{self._name} had no answer within {within:g} s") from error
        finally:
            with self._lock:
                self._hearing.pop(number, None)
                if self._pending.pop(number, None) is not None:
                    worker.post({"drop": number})

    async def ask_in_turn(self, question: Question, *, priority: int, lands: int) -> Answer:
        """`ask`, as the loop puts it to any model that has a queue (`messages.Queueing`)."""
        return await self.ask(question, priority=priority, lands=lands)

    async def stats(self) -> dict[str, int]:
        """What the worker has counted since its start: see `inference.passes.Stats`.

        For people and measurements. Raises `ModelError` where there is no worker.
        """
        return await self._told("stats")

    async def count(self, question: Question) -> int:
        """Tokens of a question by the model's own tokenizer; nothing is computed.

        As `Usage.input` of its answer has them. Raises a `ModelError`.
        """
        told = await self._told("count", question=question_json(question))
        if "tokens" not in told:
            raise BadReply("a choice needs options and a situation")
        return told["tokens"]

    async def _told(self, what: str, **more: Any) -> dict[str, int]:
        """What the worker tells without computing anything."""
        worker = await self._ready()
        number = next(self._ids)
        told: Future[dict[str, int]] = Future()
        with self._lock:
            self._telling[number] = told
        worker.post({what: number, **more})
        try:
            return await asyncio.wait_for(asyncio.wrap_future(told), self._patience)
        except TimeoutError as error:
            raise TimedOut(f"{self._name} told nothing of itself") from error
        finally:
            self._telling.pop(number, None)

    async def close(self) -> None:
        """End the worker; what is still asked fails as `Unavailable`. May be called twice."""
        with self._lock:
            self._closed = True
            worker = self._worker
        if worker is not None:
            await asyncio.to_thread(worker.close)

    async def _wait(self, answer: asyncio.Future[Answer], worker: Worker) -> Answer:
        asked = time.monotonic()
        while not answer.done():
            left = max(asked, self._heard) + self._patience - time.monotonic()
            if left <= 0:
                with self._lock:
                    self._hung = self._hung or worker is self._worker
                worker.kill()
                left = self._patience
            await asyncio.wait({answer}, timeout=left)
        return answer.result()

    async def _ready(self) -> Worker:
        # Shielded: one asker that gives up must not take the start from the others.
        return await asyncio.shield(asyncio.wrap_future(self._begin()))

    def _begin(self) -> Future[Worker]:
        """The start that is under way or done; a new one if the last worker is gone."""
        with self._lock:
            if self._starting is not None:
                return self._starting
            start: Future[Worker] = Future()
            start.set_running_or_notify_cancel()  # from here on nobody can cancel it
            self._starting = start
            wait = self._not_before - time.monotonic()
            if self._closed or wait > 0:
                self._starting = None
                why = f", next try in {wait:.0f} s: {self._last_failure}" if wait > 0 else ""
                start.set_exception(Unavailable(f"{self._name} is not running{why}"))
                return start
        threading.Thread(target=self._launch, args=(start,), daemon=True).start()
        return start

    def _launch(self, start: Future[Worker]) -> None:
        """Look at the file and start the worker on it; `_on_message` says when it is ready."""
        try:
            check_gguf(self._path)
            self._digest = self._digest or sha256_of(self._path)[:16]
            self._weights = readout_of(self._digest) if self._readout else None
            config = {
                **self._settings, "recast_to": self._recast_to(), "readout": self._weights
            }  # fmt: skip
            with self._lock:
                if self._closed:
                    raise Unavailable(f"{self._name} is closed")
                self._hung, self._refusal = False, ""
                self._worker = Worker(config, self._on_message, self._on_end)
                worker = self._worker
        except OSError as error:
            self._fail(Unavailable(f"can't start a worker for {self._path}: {error}"))
        except ModelError as error:
            self._fail(error)
        else:
            self._watch_start(start, worker)

    def _watch_start(self, start: Future[Worker], worker: Worker) -> None:
        try:
            start.exception(self._start_patience)
        except TimeoutError:
            with self._lock:
                self._hung = worker is self._worker
            worker.kill()

    def _recast_to(self) -> str:
        if not self._recast:
            return ""
        folder = self._cache or default_cache()
        return str(folder / f"{self._digest}-q8_0-{_version()}.gguf")

    def _on_message(self, message: dict[str, Any]) -> None:
        """From the worker's reading thread."""
        self._heard = time.monotonic()
        if "ready" in message:
            self._note_ready(message["ready"])
        elif "failed" in message:
            with self._lock:
                self._refusal = message["failed"]
        elif "stats" in message:
            told = self._telling.get(message["id"])
            if told is not None and told.set_running_or_notify_cancel():
                told.set_result(message["stats"])
        elif "so_far" in message:
            hear = self._hearing.get(message["id"])
            if hear is not None:
                hear(message["so_far"])
        elif "busy" not in message:
            with self._lock:
                future = self._pending.pop(message["id"], None)
                self._failures = 0
            if future is not None and future.set_running_or_notify_cancel():
                _settle(future, message)

    def _note_ready(self, ready: dict[str, Any]) -> None:
        weights = "q8_0" if ready["converted"] else "as-is"
        parts = (
            f"llama.cpp/{_version()}/{self._digest}/{weights}/{ready['arithmetic']}",
            f"{ready['cache']}/{SCORING}/t{self._settings['temperature']:g}",
            *([f"readout-{self._weights['name']}"] if self._weights else []),
        )
        with self._lock:
            self._fingerprint = "/".join(parts)
            start, worker = self._starting, self._worker
        if start is not None and worker is not None:
            start.set_result(worker)

    def _on_end(self, why: str) -> None:
        """From the worker's reading thread, when the process is gone."""
        with self._lock:
            refused, hung = self._refusal, self._hung
            ready = self._starting is not None and self._starting.done()
        if hung:
            limit = self._patience if ready else self._start_patience
            text = f"{self._name} gave no sign of life for {limit:g} s and was ended"
            self._fail(TimedOut(text))
        elif self._closed:
            self._fail(Unavailable(f"{self._name} is closed"))
        else:
            self._fail(Unavailable(refused or f"{self._path}: {why}"))

    def _fail(self, error: ModelError) -> None:
        """No worker any more: fail whoever waits, and note when to try again."""
        with self._lock:
            start, self._starting, self._worker = self._starting, None, None
            pending, self._pending = self._pending, {}
            telling, self._telling = self._telling, {}
            self._failures += 1
            self._not_before = time.monotonic() + pause_after(self._failures)
            self._last_failure = str(error)
        if start is not None and not start.done():
            start.set_exception(error)
        waiting: list[Future[Any]] = [*pending.values(), *telling.values()]
        for future in waiting:
            if future.set_running_or_notify_cancel():
                future.set_exception(type(error)(str(error)))


def _settle(future: Future[Answer], message: dict[str, Any]) -> None:
    if "error" in message:
        kind = _ERRORS.get(message["error"], Unavailable)
        future.set_exception(kind(message["text"]))
    else:
        future.set_result(answer_from_json(message["answer"]))


def _version() -> str:
    return importlib.metadata.version("llama_cpp_python")
