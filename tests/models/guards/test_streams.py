"""What goes wrong while an answer streams in, through the real SDKs' own streams."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from npcsim.assembly.thinking.guarding import guarded
from npcsim.errors import ModelError
from npcsim.messages import Answer, Question, Usage, Written
from npcsim.models.provider_errors import typed
from tests.models.guards.faults import ANTHROPIC, OPENAI, serving
from tests.models.guards.test_fault_matrix import DEADLINE, LATE, WRITE, heartbeat
from tests.models.provider import Provider

sdks = {name: pytest.importorskip(name) for name in (ANTHROPIC, OPENAI)}
httpx2 = pytest.importorskip("httpx2")
STREAM = {"content-type": "text/event-stream"}


class Streamed:
    """A model that reads its answer as a stream."""

    def __init__(self, sdk: str, url: str, app: Any = None) -> None:
        self.name = self.fingerprint = sdk
        self._sdk = sdks[sdk]
        client = None
        if app is not None:
            client = self._sdk.DefaultAsyncHttpxClient(transport=httpx2.ASGITransport(app))
        make = self._sdk.AsyncAnthropic if sdk == ANTHROPIC else self._sdk.AsyncOpenAI
        self._client = make(
            api_key="k", base_url=url, max_retries=0, timeout=DEADLINE, http_client=client
        )

    async def ask(self, question: Question) -> Answer:
        said = [{"role": "user", "content": "Good day!"}]
        errors = (self._sdk.APIError, httpx2.HTTPError)
        parts: list[str] = []
        try:
            if self.name == ANTHROPIC:
                async with self._client.messages.stream(
                    model="m", max_tokens=9, messages=said
                ) as stream:
                    parts = [text async for text in stream.text_stream]
            else:
                chunks = await self._client.chat.completions.create(
                    model="m", messages=said, stream=True
                )
                parts = [chunk.choices[0].delta.content or "" async for chunk in chunks]
        except errors as error:
            raise typed(error, self._sdk, "k") from None
        return Written("".join(parts), Usage(1, 1))

    async def close(self) -> None:
        await self._client.close()


def begun(sdk: str) -> bytes:
    """The first words of a stream."""
    if sdk == OPENAI:
        delta = {"index": 0, "delta": {"role": "assistant", "content": "Good"}}
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        return _events(("", {**chunk, "choices": [delta]}))
    start = {
        "id": "m", "type": "message", "role": "assistant", "model": "m", "content": [],
        "stop_reason": None, "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 1},
    }  # fmt: skip
    return _events(
        ("message_start", {"message": start}),
        ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
        ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "Good"}}),
    )


def failing(sdk: str, kind: str) -> bytes:
    error = {"type": kind, "message": "no such luck", "code": None}
    if sdk == OPENAI:
        return _events(("", {"error": error}))
    return _events(("error", {"error": error}))


def _events(*events: tuple[str, dict[str, Any]]) -> bytes:
    lines = [
        f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n" if name
        else f"data: {json.dumps(data)}\n\n"
        for name, data in events
    ]  # fmt: skip
    return "".join(lines).encode()


async def failed(model: Any, **settings: Any) -> ModelError:
    guard = guarded(model, deadline=DEADLINE, **settings)
    loop = asyncio.get_running_loop()
    async with heartbeat() as stood:
        start = loop.time()
        with pytest.raises(ModelError) as caught:
            await guard.ask(WRITE)
        assert loop.time() - start - stood[0] <= DEADLINE + LATE
    await guard.close()
    return caught.value


@pytest.mark.parametrize("sdk", [ANTHROPIC, OPENAI])
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
    app = Provider(lambda path, body: (200, begun(sdk) + failing(sdk, kind), STREAM))
    error = await failed(Streamed(sdk, "http://provider", app))
    assert (error.kind, error.lasting, error.billed) == (told, lasting, True)
    # It had begun to answer, and what may have been charged is not asked again.
    assert len(app.asked) == 1


@pytest.mark.parametrize("sdk", [ANTHROPIC, OPENAI])
async def test_where_nothing_is_charged_an_overloaded_stream_is_tried_again(sdk: str) -> None:
    body = begun(sdk) + failing(sdk, "overloaded_error")
    app = Provider(lambda path, sent: (200, body, STREAM))
    assert (await failed(Streamed(sdk, "http://provider", app), charged=False)).kind
    assert len(app.asked) == 2


@pytest.mark.loopback
@pytest.mark.parametrize("sdk", [ANTHROPIC, OPENAI])
@pytest.mark.parametrize(("ends", "told"), [(True, "Unavailable"), (False, "TimedOut")])
async def test_a_stream_that_is_cut_or_dries_up(sdk: str, ends: bool, told: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        part = begun(sdk)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n")
        writer.write(b"transfer-encoding: chunked\r\n\r\n")
        writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        await writer.drain()
        await asyncio.sleep(0.1 if ends else 60)

    async with serving(serve) as (port, _):
        error = await failed(Streamed(sdk, f"http://127.0.0.1:{port}"))
    assert (error.kind, error.billed) == (told, True)
