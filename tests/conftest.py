"""What every test gets: no display, no sound, and no socket it did not ask for."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings

from tests.loopback import loopback as loopback  # a fixture, for all rooms
from tests.postgres import own_postgres as own_postgres
from tests.postgres import own_server as own_server
from tests.postgres import postgres as postgres

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

# A developer's own keys and store: no test may spend money, or depend on whether there are any.
for _key in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "OPENAI_API_KEY", "NPCSIM_STORE"):
    os.environ.pop(_key, None)

# Shared machines are slow now and then, and a test that failed once must fail again.
settings.register_profile("npcsim", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("npcsim")

FIGURES = "figures"


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Takes one line with what a long test has counted, which is printed at the end."""
    return lambda line: record_property(FIGURES, line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the `figures` of the tests that passed."""
    told = [
        f"{report.nodeid.partition('::')[2]}: {value}"
        for report in terminalreporter.stats.get("passed", ())
        for name, value in report.user_properties
        if name == FIGURES
    ]
    if told:
        terminalreporter.section(FIGURES)
    for line in told:
        terminalreporter.write_line(line)


_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class SocketForbidden(AssertionError):
    """A test reached for a socket without `@pytest.mark.loopback`, or beyond this machine."""


class SocketGuard:
    """Refuses sockets and remembers each attempt, so that swallowing the error doesn't help.

    Sockets between processes of this machine (AF_UNIX) pass. The model worker is a process of
    its own and is not watched.
    """

    def __init__(self) -> None:
        self.loopback_asked = False
        self.attempts: list[str] = []
        self._own = threading.local()

    def check(self, action: str, family: int, address: object) -> None:
        """Raise `SocketForbidden` unless `address` may be used for `action`."""
        if family not in (socket.AF_INET, socket.AF_INET6) or getattr(self._own, "pair", False):
            return
        host = address[0] if isinstance(address, tuple) else address
        if self.loopback_asked and host in _LOOPBACK:
            return
        attempt = f"{action} {address!r}"
        self.attempts.append(attempt)
        raise SocketForbidden(attempt)

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Put the check in front of everything that reaches out or listens."""
        for name in ("connect", "connect_ex", "bind"):
            self._cover(patch, name)
        real_sendto, real_lookup = socket.socket.sendto, socket.getaddrinfo
        real_pair = socket.socketpair

        def sendto(sock: socket.socket, data: Any, *rest: Any) -> int:
            self.check("sendto", sock.family, rest[-1])
            return real_sendto(sock, data, *rest)

        def getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
            self.check("look up", socket.AF_INET, (host,))
            return real_lookup(host, *rest, **named)

        def socketpair(*args: Any, **named: Any) -> Any:
            # Windows makes asyncio's wake-up pair of two loopback sockets.
            self._own.pair = True
            try:
                return real_pair(*args, **named)
            finally:
                self._own.pair = False

        patch.setattr(socket.socket, "sendto", sendto)
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        patch.setattr(socket, "socketpair", socketpair)

    def _cover(self, patch: pytest.MonkeyPatch, name: str) -> None:
        real = getattr(socket.socket, name)

        def checked(sock: socket.socket, address: Any) -> Any:
            self.check(name, sock.family, address)
            return real(sock, address)

        patch.setattr(socket.socket, name, checked)


@pytest.fixture(scope="session", autouse=True)
def _guarded_session() -> Iterator[SocketGuard]:
    guard = SocketGuard()
    with pytest.MonkeyPatch.context() as patch:
        guard.install(patch)
        yield guard


@pytest.fixture(autouse=True)
def socket_guard(
    _guarded_session: SocketGuard, request: pytest.FixtureRequest
) -> Iterator[SocketGuard]:
    """Fails the test if it opened a socket that it did not ask for."""
    guard = _guarded_session
    guard.attempts.clear()
    guard.loopback_asked = request.node.get_closest_marker("loopback") is not None
    yield guard
    guard.loopback_asked = False
    if guard.attempts:
        pytest.fail(f"sockets nobody asked for: {'; '.join(guard.attempts)}")
