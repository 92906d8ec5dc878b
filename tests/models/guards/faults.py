"""All that can go wrong between a run and a provider: apps, servers and what each is told as."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.models.remote.provider import Provider, completion, message

ANTHROPIC, OPENAI = "anthropic", "openai"
STATUSES = {
    "400": "BadReply", "401": "Unavailable", "402": "Unavailable", "403": "Unavailable",
    "404": "Unavailable", "413": "BadReply", "429": "RateLimited", "500": "Unavailable",
    "503": "Unavailable", "529": "Unavailable",
}  # fmt: skip
"""What each status is told as."""
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def told(status: int, sdk: str) -> dict[str, Any]:
    """An error's body in the provider's own form."""
    kinds = {401: "authentication_error", 429: "rate_limit_error", 529: "overloaded_error"}
    inner = {"type": kinds.get(status, "api_error"), "message": "no such luck", "code": None}
    return {"type": "error", "error": inner} if sdk == ANTHROPIC else {"error": inner}


def answers(sdk: str) -> dict[str, Any]:
    """Bodies that come with HTTP 200 and are no good answer, by name."""
    if sdk == ANTHROPIC:
        use = {"type": "tool_use", "id": "t", "name": "fly", "input": {"to": "moon"}}
        return {
            "malformed JSON": b'{"content": [{"type": "te',
            "wrong tool": {**message("", stop="tool_use"), "content": [use]},
            "extra text": message('{"option": "2"} I hope that helps!'),
            "refusal": message("I can't.", stop="refusal"),
            "max_tokens": message('{"opt', stop="max_tokens"),
        }
    call = {"id": "t", "type": "function", "function": {"name": "fly", "arguments": "{}"}}
    wrong = completion(None, stop="tool_calls")
    wrong["choices"][0]["message"]["tool_calls"] = [call]
    return {
        "malformed JSON": b'{"choices": [{"mess',
        "wrong tool": wrong,
        "extra text": completion("I hope that B helps!"),
        "refusal": completion("I can't.", stop="content_filter"),
        "max_tokens": completion("", stop="length"),
    }


def app_for(fault: str, sdk: str) -> Provider:
    """A provider that has this fault at every request."""
    if fault in answers(sdk):
        return Provider(lambda path, body: (200, answers(sdk)[fault]))
    status, _, rest = fault.partition(", retry-after ")
    headers = {"retry-after": rest} if rest else {}
    return Provider(lambda path, body: (int(status), told(int(status), sdk), headers))


# -- servers that go wrong below HTTP ------------------------------------------------------------


async def _request(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    await reader.readexactly(int(lengths[0].split(b":")[1]))


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reads the request and resets the connection."""
    await _request(reader)
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()


async def no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Plain words to who wants to speak TLS."""
    await reader.read(100)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes the request and says nothing."""
    await asyncio.sleep(60)


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A byte of the answer now and then: no read takes long, and there is no end."""
    await _request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
    writer.write(b"content-length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Half an answer."""
    await _request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
    writer.write(b'content-length: 1000\r\n\r\n{"content": [')
    await writer.drain()
    writer.close()


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[tuple[int, list[None]]]:
    """-> (port, a list with an entry for each connection)"""
    connections: list[None] = []
    tasks: set[asyncio.Task[None]] = set()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(None)

        async def served() -> None:
            try:
                await serve(reader, writer)
            except (OSError, asyncio.IncompleteReadError):
                return  # the client has gone
            finally:
                writer.transport.abort()

        tasks.add(asyncio.ensure_future(served()))

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], connections
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


BELOW: dict[str, tuple[Serve, str]] = {
    "reset": (reset, "Unavailable"), "slow drip": (drip, "TimedOut"), "hang": (hang, "TimedOut"),
    "cut": (cut, "Unavailable"), "TLS": (no_tls, "Unavailable"),
}  # fmt: skip
