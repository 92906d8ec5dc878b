"""Look-ups in the forms of Anthropic's Messages API: what is offered, wanted and told."""

from __future__ import annotations

import json
from typing import Any

from npcsim.messages import Lookups
from npcsim.models.remote.looking import Call, Told, call_of

NO_CALL = ("max_tokens", "refusal", "pause_turn")
"""Stops after which what stands in a message is no call to be answered."""


def offering(request: dict[str, Any], lookups: Lookups, may: bool) -> dict[str, Any]:
    """The request with look-ups as strict tools, one call a reply.

    The tools stand there whether one may be called or not: they are at the very beginning of what
    a provider keeps of prompts.
    """
    own = request.get("tools", [])
    tools = [
        {
            "name": one.name, "description": one.doc, "strict": True,
            "input_schema": json.loads(one.schema),
        }
        for one in lookups.tools
    ]  # fmt: skip
    choice: dict[str, Any] = request.get("tool_choice", {"type": "none"})
    if may:
        choice = {"type": "any" if choice["type"] == "any" else "auto"}
        choice["disable_parallel_tool_use"] = True
    return {**request, "tools": [*tools, *own], "tool_choice": choice}


def calls(request: dict[str, Any], reply: Any) -> list[Call]:
    """What a message wants to look up."""
    own = {tool["name"] for tool in request.get("tools", [])}
    blocks = getattr(reply, "content", None)
    if getattr(reply, "stop_reason", None) in NO_CALL or not isinstance(blocks, list):
        return []
    return [
        call_of(str(block.id), block.name, block.input)
        for block in blocks
        if getattr(block, "type", "") == "tool_use" and block.name not in own
    ]


def going_on(request: dict[str, Any], reply: Any, told: list[Told]) -> dict[str, Any]:
    """The request with the message and what it is told of its calls."""
    said = [_block(block) for block in reply.content]
    results = [
        {
            "type": "tool_result", "tool_use_id": one.call.id, "content": one.said,
            "is_error": not one.known,
        }
        for one in told
    ]  # fmt: skip
    further = [
        {"role": "assistant", "content": [block for block in said if block]},
        {"role": "user", "content": results},
    ]
    return {**request, "messages": [*request["messages"], *further]}


def _block(block: Any) -> dict[str, Any]:
    """A block as it is sent back; nothing for a kind that is of no use there, or says nothing."""
    kind = getattr(block, "type", "")
    if kind == "text" and block.text.strip():
        return {"type": "text", "text": block.text}
    if kind == "tool_use":
        return {"type": "tool_use", "id": block.id, "name": block.name, "input": block.input}
    if kind == "thinking":
        return {"type": kind, "thinking": block.thinking, "signature": block.signature}
    return {"type": kind, "data": block.data} if kind == "redacted_thinking" else {}
