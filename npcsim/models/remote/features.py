"""What a served model can do and how much it takes: from a dated list, and from its provider.

`features.json` says for each model where its entry is from and when. What the provider itself
says (`refreshed`) counts more. None of it changes a question, only how and whether it is sent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

EFFORTS = ("low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class Features:
    """Of one model. 0 tokens: nobody knows.

    `context`, `output`: tokens it takes in all, and writes at most. `quiet`: the kind of
    `thinking` that keeps it from thinking first; empty where there is none. `forced_tools`:
    whether a call of a tool can be demanded. `structured`: whether its answers can be held to a
    JSON Schema. `effort`: the levels it knows. `batch`: whether it answers batches.
    `least_cached`: tokens under which a beginning of a prompt is not cached. `priced_to`: tokens of
    a prompt up to which its price is the one in our list; 0: always.
    """

    context: int = 0
    output: int = 0
    quiet: str = ""
    forced_tools: bool = True
    structured: bool = False
    effort: tuple[str, ...] = ()
    batch: bool = False
    least_cached: int = 0
    priced_to: int = 0

    @property
    def longest(self) -> int:
        """Tokens that a prompt and its answer may have; 0: nobody knows."""
        limits = [limit for limit in (self.context, self.priced_to) if limit]
        return min(limits, default=0)

    def told(self) -> str:
        """For people, in a line."""
        parts = []
        if self.context:
            parts.append(f"{self.context:,} tokens of context")
        if self.output:
            parts.append(f"{self.output:,} of output")
        parts.append("JSON answers" if self.structured else "no JSON answers")
        parts.append("tools can be demanded" if self.forced_tools else "tools can't be demanded")
        parts.append("thinking can be off" if self.quiet else "thinking can't be turned off")
        if self.effort:
            parts.append(f"effort {' to '.join((self.effort[0], self.effort[-1]))}")
        if self.batch:
            parts.append("batches")
        if self.least_cached:
            parts.append(f"prompts cached from {self.least_cached:,} tokens")
        return ", ".join(parts)


UNKNOWN = Features()
"""A model of which nothing is known, such as one on a server of one's own: it gets a tool to call,
which every server of the Messages API understands."""


@cache
def _listed() -> dict[str, dict[str, Any]]:
    text = Path(__file__).with_name("features.json").read_text(encoding="utf-8")
    listed: dict[str, dict[str, Any]] = json.loads(text)["models"]
    return listed


def features_of(model: str) -> Features:
    """The features of a model as our dated list has them; `UNKNOWN` where it is not in the list."""
    entry = _listed().get(model)
    if entry is None:
        return UNKNOWN
    names = Features.__dataclass_fields__
    known = {name: value for name, value in entry.items() if name in names}
    return Features(**{**known, "effort": tuple(known["effort"])})


def refreshed(known: Features, told: dict[str, Any]) -> Features:
    """What is known, with what Anthropic's endpoint for models says, wherever it says anything."""
    can = told.get("capabilities") or {}
    thinking = (can.get("thinking") or {}).get("types") or {}
    effort = can.get("effort") or {}
    found: dict[str, Any] = {
        "context": told.get("max_input_tokens"), "output": told.get("max_tokens"),
        "structured": _supported(can.get("structured_outputs")),
        "batch": _supported(can.get("batch")),
    }  # fmt: skip
    if effort:
        found["effort"] = tuple(level for level in EFFORTS if _supported(effort.get(level)))
    if thinking:
        ways = ("disabled", "between_tools")
        found["quiet"] = next((way for way in ways if _supported(thinking.get(way))), "")
    return replace(known, **{name: value for name, value in found.items() if value is not None})


def _supported(part: Any) -> bool | None:
    said = part.get("supported") if isinstance(part, dict) else None
    return said if isinstance(said, bool) else None
