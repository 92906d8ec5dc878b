"""A model provider of our own: a small ASGI app that the real SDKs talk to, without a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

Reply = tuple[int, Any] | tuple[int, Any, dict[str, str]]


class Provider:
    """Answers each request by `rule(path, body)`: (status, body) or with headers as a third.

    A body that is bytes goes out as it is, any other as JSON. An exception is raised inside the
    app, which to a client is a server that breaks off. `asked` keeps paths and bodies, `headers`
    the last request's headers.
    """

    def __init__(self, rule: Callable[[str, Any], Reply], wait: float = 0.0) -> None:
        self.rule, self.wait = rule, wait
        self.asked: list[tuple[str, Any]] = []
        self.headers: dict[str, str] = {}

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        raw, more = b"", True
        while more:
            part = await receive()
            raw += part.get("body", b"")
            more = part.get("more_body", False)
        body = json.loads(raw) if raw else None
        self.asked.append((scope["path"], body))
        self.headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        await asyncio.sleep(self.wait)
        status, answer, *rest = self.rule(scope["path"], body)
        kind, data = "application/json", answer
        if not isinstance(data, bytes):
            data = json.dumps(answer).encode()
        headers = {"content-type": kind, **(rest[0] if rest else {})}
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": data})


def message(text: str, stop: str = "end_turn", **usage: int) -> dict[str, Any]:
    """An answer as Anthropic's Messages API has it."""
    counts = {"input_tokens": 120, "output_tokens": 9, **usage}
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": stop,
        "stop_sequence": None, "content": [{"type": "text", "text": text}], "usage": counts,
    }  # fmt: skip


def completion(
    text: str | None, top: dict[str, float] | None = None, stop: str = "stop", **extra: Any
) -> dict[str, Any]:
    """An answer as OpenAI's chat completions have it; `top`: its first token's logprobs."""
    logprobs = None
    if top is not None:
        entries = [{"token": token, "logprob": p, "bytes": None} for token, p in top.items()]
        logprobs = {"content": [{**entries[0], "top_logprobs": entries}], "refusal": None}
    choice = {
        "index": 0, "finish_reason": stop, "logprobs": logprobs,
        "message": {"role": "assistant", "content": text, "refusal": None},
    }  # fmt: skip
    usage = {
        "prompt_tokens": 80, "completion_tokens": 1, "total_tokens": 81,
        "prompt_tokens_details": {"cached_tokens": 64},
    }  # fmt: skip
    return {
        "id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice],
        "usage": usage, **extra,
    }  # fmt: skip
