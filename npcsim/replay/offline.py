"""While a log is lived again nobody is spoken to: a socket that is reached for is refused and told.

Models and works are not asked at all then. This is for code that reaches out where it must not: a
tool's own, which would ask the world of today for what happened then.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import FrameType
from typing import Any

REACHES = frozenset(
    {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
     "socket.gethostbyname"}
)  # fmt: skip
"""What Python audits of whoever reaches out by a socket."""
MODULE = "npcsim_tools_"
"""How the names of modules begin that were made of a run's own tools."""

_attempts: ContextVar[list[str] | None] = ContextVar("npcsim_offline", default=None)
_hooked: list[bool] = []


class Unreachable(ConnectionError):
    """A socket was reached for while a log was lived again."""


@contextmanager
def offline() -> Iterator[list[str]]:
    """Refuse sockets to what runs inside, in this task. -> who reached for which, as it happens

    Other threads and tasks are not touched: a window or a server beside it goes on.
    """
    if not _hooked:
        _hooked.append(True)
        sys.addaudithook(_audit)  # for good: Python takes no hook back
    attempts: list[str] = []
    token = _attempts.set(attempts)
    try:
        yield attempts
    finally:
        _attempts.reset(token)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event not in REACHES or (attempts := _attempts.get()) is None:
        return
    where = args[1] if event in ("socket.connect", "socket.bind") else args[-1]
    if event.startswith("socket.get"):
        where = args[0]
    told = f"{_whose(sys._getframe(1))} reached for a socket ({event[7:]} {where!r:.80})"
    attempts.append(told)
    raise Unreachable(f"{told}: nobody is spoken to in a replay")


def _whose(frame: FrameType | None) -> str:
    """The file and line of a run's own tools that are under way; else that it is other code."""
    while frame is not None:
        if str(frame.f_globals.get("__name__", "")).startswith(MODULE):
            return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
        frame = frame.f_back
    return "code"
