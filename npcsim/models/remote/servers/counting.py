"""How many tokens a question has, counted by the server; `bound` is of its text alone.

llama-server counts at POST /tokenize: `{"content": ...}` -> `{"tokens": [...]}` (llama.cpp,
tools/server/README.md). vLLM counts a chat with its template at POST /tokenize: `{"model": ...,
"messages": [...]}` -> `{"count": ..., "max_model_len": ...}` (vllm/entrypoints/serve/tokenize/
protocol.py). Ollama and LM Studio have no such thing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from npcsim.errors import ModelError
from npcsim.inference.sizing import TEMPLATE, bound
from npcsim.models.remote.servers.found import LLAMA_SERVER, VLLM

Look = Callable[[str, Any], Awaitable[tuple[int, Any]]]
"""Asks a server: path and body (None: GET) -> status and JSON. Raises `ModelError`."""

__all__ = ["Look", "bound", "counted"]


async def counted(look: Look, kind: str, request: Mapping[str, Any]) -> int | None:
    """Tokens of a chat request as its server counts them; None where it doesn't."""
    if kind == LLAMA_SERVER:
        text = "\n".join(message["content"] for message in request["messages"])
        body: dict[str, Any] = {"content": text, "add_special": True}
    elif kind == VLLM:
        body = {name: request[name] for name in ("model", "messages")}
    else:
        return None
    try:
        status, told = await look("/tokenize", body)
    except ModelError:
        return None  # the bound stands; if the server is gone, the question will tell
    if status != 200 or not isinstance(told, dict):
        return None
    if kind == VLLM:
        return told["count"] if isinstance(told.get("count"), int) else None
    return len(told["tokens"]) + TEMPLATE if isinstance(told.get("tokens"), list) else None
