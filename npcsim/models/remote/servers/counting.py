"""How many tokens a question has: bounded from its text, or counted by the server.

llama-server counts at POST /tokenize: `{"content": ...}` -> `{"tokens": [...]}` (llama.cpp,
tools/server/README.md). vLLM counts a chat with its template at POST /tokenize: `{"model": ...,
"messages": [...]}` -> `{"count": ..., "max_model_len": ...}` (vllm/entrypoints/serve/tokenize/
protocol.py). Ollama and LM Studio have no such thing.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from npcsim.errors import ModelError
from npcsim.models.remote.servers.found import LLAMA_SERVER, VLLM

Look = Callable[[str, Any], Awaitable[tuple[int, Any]]]
"""Asks a server: path and body (None: GET) -> status and JSON. Raises `ModelError`."""
_VOWEL = re.compile(rb"[aeiouyAEIOUY]")
_WORD = re.compile(rb" ?[A-Za-z]+")
TEMPLATE = 64
"""Tokens beside the texts: what a chat template puts around two messages."""


def bound(texts: Sequence[str]) -> int:
    """Tokens that texts have at most, template included.

    A word with a vowel, and the space before it: two letters to a token, where tokenizers of today
    take four of English prose. All else, digits and every byte of other scripts too: one to a
    token, which none can exceed. Measured over what SmolLM2's tokenizer counts of prose, code,
    YAML and Korean; words nobody says, with a vowel here and there, may have more.
    """
    tokens = TEMPLATE
    for text in texts:
        data = text.encode("utf-8", "replace")
        tokens += len(data) - sum(
            len(word) // 2 for word in _WORD.findall(data) if _VOWEL.search(word)
        )
    return tokens


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
