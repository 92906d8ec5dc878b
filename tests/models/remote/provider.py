"""A model provider of our own: a small ASGI app that the real SDKs talk to, without a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

Reply = tuple[int, Any] | tuple[int, Any, dict[str, str]]


class Provider:
    """Answers each request by `rule(path, body)`: (status, body) or with headers as a third.

    A body that is bytes goes out as it is, any other as JSON; a whole answer to a request that
    wants a stream goes out as one, in pieces of a few characters. An exception is raised inside the
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
        if status == 200 and isinstance(data, dict) and (body or {}).get("stream"):
            kind, data = EVENTS, streamed(data)
        if not isinstance(data, bytes):
            data = json.dumps(answer).encode()
        headers = {"content-type": kind, **(rest[0] if rest else {})}
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": data})


EVENTS = "text/event-stream"


def events(*told: tuple[str, dict[str, Any]]) -> bytes:
    """Server-sent events; a name goes into the data too, as Anthropic has it."""
    lines = [
        f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n" if name
        else f"data: {json.dumps(data)}\n\n"
        for name, data in told
    ]  # fmt: skip
    return "".join(lines).encode()


def streamed(answer: dict[str, Any]) -> bytes:
    """A whole answer as the stream that its provider would have made of it."""
    return _message_events(answer) if "content" in answer else _completion_chunks(answer)


def _pieces(text: str) -> list[str]:
    return [text[at : at + 4] for at in range(0, len(text), 4)]


def _message_events(answer: dict[str, Any]) -> bytes:
    usage = answer["usage"]
    start = {**answer, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    told = [("message_start", {"message": start})]
    for index, block in enumerate(answer["content"]):
        field = {"text": "text", "tool_use": "input", "thinking": "thinking"}[block["type"]]
        whole = json.dumps(block[field]) if field == "input" else block[field]
        kind = {"text": "text_delta", "input": "input_json_delta", "thinking": "thinking_delta"}
        name = {"input": "partial_json"}.get(field, field)
        told.append((
            "content_block_start",
            {"index": index, "content_block": {**block, field: {} if field == "input" else ""}},
        ))  # fmt: skip
        told += [
            ("content_block_delta", {"index": index, "delta": {"type": kind[field], name: piece}})
            for piece in _pieces(whole)
        ]
        told.append(("content_block_stop", {"index": index}))
    delta = {"stop_reason": answer["stop_reason"], "stop_sequence": None}
    told.append(
        ("message_delta", {"delta": delta, "usage": {"output_tokens": usage["output_tokens"]}})
    )
    return events(*told, ("message_stop", {}))


def _completion_chunks(answer: dict[str, Any]) -> bytes:
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    told = []
    for choice in answer.get("choices", []):
        said = choice["message"]
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        deltas += [{"content": piece} for piece in _pieces(said.get("content") or "")]
        for index, call in enumerate(said.get("tool_calls") or []):
            inner = call["function"]
            begun = {"name": inner["name"], "arguments": ""}
            deltas.append({"tool_calls": [{**call, "index": index, "function": begun}]})
            deltas += [
                {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
                for piece in _pieces(inner["arguments"])
            ]
        told += [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
        told.append({"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]})
    chunks = [{**head, "choices": [choice]} for choice in told]
    if answer.get("usage"):
        chunks.append({**head, "choices": [], "usage": answer["usage"]})
    return events(*(("", chunk) for chunk in chunks)) + b"data: [DONE]\n\n"


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
