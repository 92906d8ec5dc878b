"""The guard in conftest.py refuses what it should, and lets asyncio work."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any

import pytest

FAR = "192.0.2.1"  # set aside for documentation (RFC 5737): nobody is there


@pytest.mark.parametrize("host", [FAR, "127.0.0.1"])
def test_an_unasked_connection_is_refused_and_remembered(socket_guard: Any, host: str) -> None:
    with socket.socket() as sock, pytest.raises(AssertionError, match="connect"):
        sock.connect((host, 9))
    assert len(socket_guard.attempts) == 1
    socket_guard.attempts.clear()


def test_datagrams_listening_and_names_are_refused_too(socket_guard: Any) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        with pytest.raises(AssertionError, match="sendto"):
            sock.sendto(b"hello", (FAR, 9))
        with pytest.raises(AssertionError, match="bind"):
            sock.bind(("127.0.0.1", 0))
    with pytest.raises(AssertionError, match="look up"):
        socket.create_connection(("example.invalid", 80))
    assert len(socket_guard.attempts) == 3
    socket_guard.attempts.clear()


@pytest.mark.loopback
async def test_loopback_works_when_asked_for_and_nothing_further(socket_guard: Any) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello\n")
        assert await reader.readline() == b"hello\n"
        writer.close()
        await writer.wait_closed()
    with socket.socket() as sock, pytest.raises(AssertionError, match="connect"):
        sock.connect((FAR, 9))
    socket_guard.attempts.clear()


async def test_subprocesses_and_event_loops_need_no_socket_of_the_network() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    assert await process.wait() == 0
