"""A chat completion put together again from the chunks that it streams in as."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from npcsim.models.remote.streaming import broke_off, no_stream


class Chunks:
    """Takes chunks as the `openai` SDK gives them. `text` is what they say so far."""

    def __init__(self) -> None:
        self.text = ""
        self.usage: Any = None
        self.finish_reason: str | None = None
        self._refusal = self._thoughts = ""
        self._calls: dict[int, SimpleNamespace] = {}
        self._any = False

    def add(self, chunk: Any) -> None:
        """One more. The last may have no choices, and the tokens alone."""
        self.usage = getattr(chunk, "usage", None) or self.usage
        for choice in (getattr(chunk, "choices", None) or [])[:1]:
            self._any = True
            self.finish_reason = getattr(choice, "finish_reason", None) or self.finish_reason
            delta = getattr(choice, "delta", None)
            self.text += _text(delta, "content")
            self._refusal += _text(delta, "refusal")
            # One server calls them so, another so; see `servers.replies`.
            self._thoughts += _text(delta, "reasoning_content") or _text(delta, "reasoning")
            for piece in getattr(delta, "tool_calls", None) or []:
                self._add_call(piece)

    def _add_call(self, piece: Any) -> None:
        empty = SimpleNamespace(id="", function=SimpleNamespace(name="", arguments=""))
        call = self._calls.setdefault(int(getattr(piece, "index", 0) or 0), empty)
        call.id = _text(piece, "id") or call.id
        function = getattr(piece, "function", None)
        call.function.name += _text(function, "name")
        call.function.arguments += _text(function, "arguments")

    def completion(self) -> Any:
        """What an unstreamed completion would be. Raises ModelError where it is not whole."""
        if not self._any:
            raise no_stream("a completion")
        if self.finish_reason is None:
            raise broke_off()
        message = SimpleNamespace(
            role="assistant", content=self.text, refusal=self._refusal or None,
            reasoning_content=self._thoughts,
            tool_calls=[self._calls[index] for index in sorted(self._calls)] or None,
        )  # fmt: skip
        choice = SimpleNamespace(
            message=message, finish_reason=self.finish_reason, logprobs=None, index=0
        )
        return SimpleNamespace(choices=[choice], usage=self.usage)


def _text(piece: Any, name: str) -> str:
    found = getattr(piece, name, None)
    return found if isinstance(found, str) else ""
