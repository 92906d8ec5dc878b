"""Look-ups in the forms of OpenAI's chat completions: what is offered, wanted and told."""

from __future__ import annotations

import json
from typing import Any

from npcsim.messages import Lookups
from npcsim.models.remote.looking import Call, Told, call_of


def offering(request: dict[str, Any], lookups: Lookups, may: bool) -> dict[str, Any]:
    """The request with look-ups as strict functions, one call a reply."""
    tools = [
        {
            "type": "function",
            "function": {
                "name": one.name, "description": one.doc, "strict": True,
                "parameters": json.loads(one.schema),
            },
        }
        for one in lookups.tools
    ]  # fmt: skip
    offered = {**request, "tools": tools, "tool_choice": "auto" if may else "none"}
    return {**offered, "parallel_tool_calls": False} if may else offered


def calls(reply: Any) -> list[Call]:
    """What a completion wants to look up."""
    choices = getattr(reply, "choices", None)
    if not isinstance(choices, list) or not choices:
        return []
    if getattr(choices[0], "finish_reason", None) in ("length", "content_filter"):
        return []
    found = getattr(choices[0].message, "tool_calls", None) or []
    return [
        # Some servers leave the id out, and want it back all the same.
        call_of(str(one.id or f"call_{at}"), one.function.name, one.function.arguments)
        for at, one in enumerate(found, 1)
    ]


def going_on(request: dict[str, Any], reply: Any, told: list[Told]) -> dict[str, Any]:
    """The request with the completion and what it is told of its calls."""
    content = getattr(reply.choices[0].message, "content", None)
    wanted = [
        {
            "id": one.call.id, "type": "function",
            "function": {
                "name": one.call.name,
                "arguments": json.dumps(one.call.args or {}, ensure_ascii=False),
            },
        }
        for one in told
    ]  # fmt: skip
    said = {"role": "assistant", "content": content or "", "tool_calls": wanted}
    results = [{"role": "tool", "tool_call_id": one.call.id, "content": one.said} for one in told]
    return {**request, "messages": [*request["messages"], said, *results]}
