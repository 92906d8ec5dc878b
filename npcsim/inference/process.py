"""The parent's end of a worker: starts it, carries messages, says when and why it died.

Three threads carry the pipes, so nothing here belongs to an event loop: answers come through the
callback given, from a thread.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

from npcsim.inference.wire import receive, send

_LAST_WORDS = 6  # lines of stderr kept for the error message

# -P keeps the working directory off sys.path; npcsim itself is found where the parent found it.
_START = (
    "import sys; sys.path.append(sys.argv[1]); from npcsim.inference.worker import main; main()"
)


class Worker:
    """One worker process. `on_message` gets each message; `on_end` is called once, with why."""

    def __init__(
        self,
        config: dict[str, Any],
        on_message: Callable[[dict[str, Any]], None],
        on_end: Callable[[str], None],
    ) -> None:
        self._on_message = on_message
        self._on_end = on_end
        self._last_words: deque[str] = deque(maxlen=_LAST_WORDS)
        self._outbox: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        root = str(Path(__file__).resolve().parents[2])
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, root],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # A long spin makes two threads crawl when the machine is busy, none at all costs
            # the quiet machine half its speed: a short one does well in both.
            env={"GOMP_SPINCOUNT": "1000", **os.environ},
        )
        self.post({**config, "parent": os.getpid()})
        self._threads = [
            threading.Thread(target=run, name=f"npcsim worker {run.__name__}", daemon=True)
            for run in (self._write, self._read, self._listen)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def post(self, message: dict[str, Any]) -> None:
        """Send a message; never blocks. To a dead worker it goes nowhere."""
        self._outbox.put(message)

    def kill(self) -> None:
        """End the process now; `on_end` follows from the reading thread."""
        self._process.kill()

    def close(self, patience: float = 1.0) -> None:
        """Let the worker end, or end it after `patience` seconds; frees pipes and threads."""
        self._outbox.put(None)
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._process.wait()
        self._outbox.put(None)
        for thread in self._threads:
            thread.join()

    def _write(self) -> None:
        pipe = cast(BinaryIO, self._process.stdin)
        try:
            while (message := self._outbox.get()) is not None:
                send(pipe, message)
            pipe.close()
        except OSError:
            self._drop(pipe)

    def _drop(self, pipe: BinaryIO) -> None:
        """Close a pipe to a dead process: what was buffered for it can't be delivered."""
        try:
            pipe.close()
        except OSError as error:
            self._last_words.append(f"pipe: {error.strerror}")

    def _read(self) -> None:
        pipe = cast(BinaryIO, self._process.stdout)
        why = ""
        try:
            while (message := receive(pipe)) is not None:
                self._on_message(message)
        except ValueError as error:
            why = f"the worker sent {error}"
            self._process.kill()
        code = self._process.wait()
        pipe.close()
        self._threads[2].join()
        self._outbox.put(None)
        self._on_end(why or self._epitaph(code))

    def _epitaph(self, code: int) -> str:
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        words = " / ".join(self._last_words)
        return f"the worker {how}" + (f": {words}" if words else "")

    def _listen(self) -> None:
        pipe = cast(BinaryIO, self._process.stderr)
        for line in pipe:
            text = line.decode("utf-8", "replace").strip()
            if text:
                self._last_words.append(text[:300])
        pipe.close()
