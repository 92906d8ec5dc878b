"""A Messages API of our own that keeps beginnings of prompts as Anthropic's documentation says.

What counts: the model, the tools and the output format before all, then each block of `system`
and of the messages in turn. A prompt may mark four blocks; all up to a marked one is kept for its
lifetime, from its last use on, if it has enough tokens. Read is the longest that is there, at a
mark or up to twenty blocks before one.
(platform.claude.com/docs/en/build-with-claude/prompt-caching; that another output format is
another prompt: docs/en/build-with-claude/structured-outputs.)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.models.remote.provider import Provider, Reply, message

LASTS = {"5m": 300.0, "1h": 3600.0}
BACK, MARKS, A_TOKEN = 20, 4, 3
CHOICE, WORDS = '{"option": 1}', "Good day to you."


@dataclass(frozen=True)
class Asked:
    """One request: what stood before the first mark, with its tokens, and what was read of it."""

    body: Any
    before: bytes
    marked: int
    read: int
    written: int


@dataclass
class MessagesApi:
    """`app` is the ASGI app. `minimum` tokens; `time` in seconds, to be set by the test."""

    minimum: int = 512
    time: float = 0.0
    answer: Callable[[Any], str] = lambda body: WORDS if "output_config" not in body else CHOICE
    asked: list[Asked] = field(default_factory=list)
    count: Callable[[str], int] = lambda text: -(-len(text.encode()) // A_TOKEN)

    def __post_init__(self) -> None:
        self._kept: dict[str, tuple[float, float]] = {}
        self.counted: list[Any] = []
        self.app = Provider(self._rule)

    def _rule(self, path: str, body: Any) -> Reply:
        if path.endswith("/count_tokens"):
            self.counted.append(body)
            return 200, {"input_tokens": self._tokens(blocks_of(body))}
        if path != "/v1/messages":
            return 404, {"type": "error", "error": {"type": "not_found_error", "message": path}}
        blocks = blocks_of(body)
        marks = [at for at, block in enumerate(blocks) if "cache_control" in block]
        if len(marks) > MARKS:
            return 400, {"type": "error", "error": {
                "type": "invalid_request_error", "message": "too many marks"}}  # fmt: skip
        whole = self._tokens(blocks)
        read, written = self._keep(body, blocks, marks)
        first = blocks[: marks[0] + 1] if marks else []
        self.asked.append(
            Asked(body, _seed(body) + _joined(first), self._tokens(first), read, written)
        )
        usage = {
            "input_tokens": whole - read - written, "output_tokens": 9,
            "cache_read_input_tokens": read, "cache_creation_input_tokens": written,
        }  # fmt: skip
        return 200, message(self.answer(body), **usage)

    def _keep(self, body: Any, blocks: list[Any], marks: list[int]) -> tuple[int, int]:
        """-> tokens (read, written)"""
        keys, sizes, digest = [], [], hashlib.sha256(_seed(body))
        for at, block in enumerate(blocks):
            text = block["text"].encode()
            digest.update(len(text).to_bytes(8, "big") + text)
            keys.append(digest.hexdigest())
            sizes.append(self._tokens(blocks[: at + 1]))
        reach = {at - back for at in marks for back in range(BACK + 1) if at >= back}
        there = [at for at in sorted(reach) if self._kept.get(keys[at], (0.0, 0.0))[0] > self.time]
        read = sizes[there[-1]] if there else 0
        for at in there[-1:]:
            lasts = self._kept[keys[at]][1]
            self._kept[keys[at]] = (self.time + lasts, lasts)
        most = read
        for at in marks:
            if sizes[at] >= self.minimum:
                lasts = LASTS[blocks[at]["cache_control"].get("ttl", "5m")]
                self._kept[keys[at]] = (self.time + lasts, lasts)
                most = max(most, sizes[at])
        return read, most - read

    def _tokens(self, blocks: list[Any]) -> int:
        return self.count(_joined(blocks).decode())

    def share_read(self) -> float:
        """After the first request: what of the tokens before the first mark came from the cache."""
        later = self.asked[1:]
        return sum(min(one.read, one.marked) for one in later) / sum(one.marked for one in later)


def blocks_of(body: Any) -> list[Any]:
    """Every block of a request in order, as `{"text": …}`."""
    found = [body["system"]] if isinstance(body["system"], str) else [*body["system"]]
    for said in body["messages"]:
        content = said["content"]
        found += [content] if isinstance(content, str) else content
    return [{"text": block} if isinstance(block, str) else block for block in found]


def _seed(body: Any) -> bytes:
    form = (body.get("output_config") or {}).get("format")
    return json.dumps([body["model"], body.get("tools"), form]).encode()


def _joined(blocks: list[Any]) -> bytes:
    return b"".join(block["text"].encode() for block in blocks)
