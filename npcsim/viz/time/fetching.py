"""Values fetched in a thread, so that the picture never waits for a log."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from npcsim.errors import NpcsimError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Fetcher(Generic[K, V]):
    """One value at a time: of several asked for meanwhile, the last is fetched.

    `trouble` is what was wrong with the last one; an empty text where nothing was.
    """

    def __init__(self, fetch: Callable[[K], V], name: str) -> None:
        self._fetch = fetch
        self._name = name
        self._wanted: K | None = None
        self._found: tuple[K, V] | None = None
        self._idle = threading.Event()
        self._idle.set()
        self._lock = threading.Lock()
        self.trouble = ""

    @property
    def busy(self) -> bool:
        """Whether a value is on its way."""
        return not self._idle.is_set()

    def want(self, key: K) -> None:
        """Fetch the value of a key."""
        with self._lock:
            self._wanted = key
            if not self._idle.is_set():
                return
            self._idle.clear()
        threading.Thread(target=self._work, name=self._name, daemon=True).start()

    def take(self) -> tuple[K, V] | None:
        """The key and value that were fetched last, once."""
        with self._lock:
            found, self._found = self._found, None
            return found

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is on its way. -> whether that is so"""
        return self._idle.wait(seconds)

    def _work(self) -> None:
        while True:
            with self._lock:
                wanted, self._wanted = self._wanted, None
                if wanted is None:
                    self._idle.set()
                    return
            try:
                value = self._fetch(wanted)
            except (NpcsimError, ValueError, StopIteration) as error:
                self.trouble = str(error) or "the run has no beginning"
                continue
            self.trouble = ""
            with self._lock:
                self._found = (wanted, value)
