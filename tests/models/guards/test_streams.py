"""What goes wrong while an answer streams in: through our models, guarded as in a run."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from npcsim.errors import ModelError
from tests.models.guards.faults import ANTHROPIC, OPENAI, serving
from tests.models.guards.test_fault_matrix import WRITE, check, end_of, model_of
from tests.models.remote.provider import EVENTS, Provider, completion, events, message, streamed

SDKS = [ANTHROPIC, OPENAI]
STREAM = {"content-type": EVENTS}


def good(sdk: str, text: str = "Good day to you.") -> bytes:
    return streamed(message(text) if sdk == ANTHROPIC else completion(text))


def begun(sdk: str) -> bytes:
    """The first words of a stream, in whole events."""
    return b"\n\n".join(good(sdk).split(b"\n\n")[:4]) + b"\n\n"


def failing(sdk: str, kind: str) -> bytes:
    error = {"type": kind, "message": "no such luck", "code": None}
    return events(("error" if sdk == ANTHROPIC else "", {"error": error}))


def over_http(body: bytes) -> Provider:
    return Provider(lambda path, asked: (200, body, STREAM))


async def failed(model: Any, told: str, **settings: Any) -> ModelError:
    said, over = await asyncio.create_task(end_of(model, WRITE, streamed=True, **settings))
    check(said, over, told)
    return said  # type: ignore[no-any-return]


@pytest.mark.parametrize("sdk", SDKS)
@pytest.mark.parametrize(
    ("kind", "told", "lasting"),
    [
        ("overloaded_error", "Unavailable", False), ("rate_limit_error", "RateLimited", False),
        ("api_error", "Unavailable", False), ("billing_error", "Unavailable", True),
        ("timeout_error", "TimedOut", False),
    ],
)  # fmt: skip
async def test_an_error_inside_a_stream_is_what_it_says(
    sdk: str, kind: str, told: str, lasting: bool
) -> None:
    app = over_http(begun(sdk) + failing(sdk, kind))
    error = await failed(model_of(sdk, "http://provider", app), told)
    assert (error.lasting, error.billed) == (lasting, True)
    # It had begun to answer, and what may have been charged is not asked again.
    assert len(app.asked) == 1


@pytest.mark.parametrize("sdk", SDKS)
async def test_where_nothing_is_charged_an_overloaded_stream_is_tried_again(sdk: str) -> None:
    app = over_http(begun(sdk) + failing(sdk, "overloaded_error"))
    await failed(model_of(sdk, "http://provider", app), "Unavailable", charged=False)
    assert len(app.asked) == 2


@pytest.mark.parametrize("sdk", SDKS)
async def test_half_an_answer_is_none(sdk: str) -> None:
    """However the stream ends before the answer does, it is an error that may be charged."""
    whole = good(sdk).split(b"\n\n")
    says_it_is_whole = {ANTHROPIC: b"message_delta", OPENAI: b'"stop"'}[sdk]
    last = next(at for at, event in enumerate(whole) if says_it_is_whole in event)
    for count in range(last):
        app = over_http(b"\n\n".join(whole[:count]) + b"\n\n")
        told = "Unavailable" if count else "BadReply"
        assert (await failed(model_of(sdk, "http://provider", app), told)).billed


@pytest.mark.parametrize("sdk", SDKS)
@pytest.mark.parametrize(
    "nonsense",
    [
        b"data: {\"type\": \"mess\n\n", b"<html>", b"", b"data: 7\n\n", b"data: null\n\n",
        b"event: message_start\ndata: {}\n\n", b"event: message_stop\ndata: []\n\n",
        b"data: {\"choices\": 3}\n\n", b"\xff\xfe\n\n", b"data: [DONE]\n\n",
    ],
)  # fmt: skip
async def test_nonsense_in_a_stream_is_a_bad_reply(sdk: str, nonsense: bytes) -> None:
    error = await failed(model_of(sdk, "http://provider", over_http(nonsense)), "BadReply")
    assert error.billed


@pytest.mark.parametrize("sdk", SDKS)
async def test_nonsense_amid_an_answer_is_a_typed_error(sdk: str) -> None:
    name = b"event: content_block_delta\n" if sdk == ANTHROPIC else b""
    for middle in (b'data: {"ty\n\n', b'data: {"index": 9, "delta": {}}\n\n', b"data: []\n\n"):
        app = over_http(begun(sdk) + name + middle)
        said, over = await asyncio.create_task(
            end_of(model_of(sdk, "http://provider", app), WRITE, streamed=True)
        )
        check(said, over, said.kind)
        assert (said.kind in ("BadReply", "Unavailable"), said.billed) == (True, True)


@pytest.mark.loopback
@pytest.mark.parametrize("sdk", SDKS)
@pytest.mark.parametrize(
    ("then", "told"), [("cut", "Unavailable"), ("dry", "TimedOut"), ("drip", "TimedOut")]
)
async def test_a_stream_that_is_cut_or_dries_up_or_drips(sdk: str, then: str, told: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n")
        writer.write(b"transfer-encoding: chunked\r\n\r\n")
        part = begun(sdk)
        while True:
            writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            await writer.drain()
            if then != "drip":
                await asyncio.sleep(0.05 if then == "cut" else 60)
                return
            part = b": still here\n\n"
            await asyncio.sleep(0.02)

    async with serving(serve) as (port, _):
        error = await failed(model_of(sdk, f"http://127.0.0.1:{port}"), told)
    assert error.billed
