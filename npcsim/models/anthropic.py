"""The cloud tier: a Claude model through Anthropic's SDK. The only importer of `anthropic`."""

from __future__ import annotations

import json
from typing import Any

from npcsim.errors import BadReply
from npcsim.messages import Answer, Choose, Chosen, Lookups, Question, Usage, Write, Written
from npcsim.models import anthropic_looks
from npcsim.models.looking import Call, Told
from npcsim.models.prices import most_output, quieting
from npcsim.models.provider_errors import told
from npcsim.models.sdk import Served
from npcsim.models.served import (
    PROMPT,
    ROLE,
    as_json,
    listed,
    numbers,
    place_of,
    until,
)
from npcsim.models.streaming import Telling, broke_off, no_stream, tokens_of

ASK = "Which option does this character take? Answer with its number."


class Anthropic(Served):
    """A `Model` on Anthropic's Messages API; see `Served`.

    effort: low, medium, high, xhigh or max.
    """

    @property
    def name(self) -> str:
        return f"anthropic:{self._model}"

    @property
    def fingerprint(self) -> str:
        at = f"@{self._url}" if self._url else ""
        return f"anthropic/{self._model}{at}/{self._effort or 'default'}/{PROMPT}"

    def _import(self) -> Any:
        import anthropic

        return anthropic

    def _connect(self, http_client: Any) -> Any:
        return self._sdk.AsyncAnthropic(
            api_key=self._key, base_url=self._url or None, max_retries=0,
            timeout=self._deadline, http_client=http_client,
        )  # fmt: skip

    @property
    def _error(self) -> type[Exception]:
        error: type[Exception] = self._sdk.AnthropicError
        return error

    async def _send(self, request: dict[str, Any]) -> Any:
        return await self._client.messages.create(**request)

    async def _stream(self, request: dict[str, Any], telling: Telling) -> Any:
        text = ""
        async with self._client.messages.stream(**request) as stream:
            async for piece in stream.text_stream:
                text += piece
                if telling.tell(text) and _only_words(stream.current_message_snapshot):
                    return _ended(stream.current_message_snapshot, text)
            try:
                message = stream.current_message_snapshot
            except AssertionError:
                raise no_stream("a message") from None
        if getattr(message, "stop_reason", None) is None:
            raise broke_off()
        return message

    def _read(self, question: Question, reply: Any) -> Answer:
        return _answer(question, reply)

    def _usage(self, reply: Any) -> Usage:
        return _usage(reply)

    def _calls(self, request: dict[str, Any], reply: Any) -> list[Call]:
        return anthropic_looks.calls(request, reply)

    def _offering(self, request: dict[str, Any], lookups: Lookups, may: bool) -> dict[str, Any]:
        return anthropic_looks.offering(request, lookups, may)

    def _going_on(self, request: dict[str, Any], reply: Any, told: list[Told]) -> dict[str, Any]:
        return anthropic_looks.going_on(request, reply, told)

    def _request(self, question: Question) -> dict[str, Any]:
        effort = question.effort or self._effort
        output: dict[str, Any] = {"effort": effort} if effort else {}
        request: dict[str, Any] = {
            "model": self._model, "max_tokens": most_output(question),
        }  # fmt: skip
        if quieting(self._model):
            request["thinking"] = {"type": quieting(self._model)}
        if isinstance(question, Write):
            request["system"] = _system(question, question.system)
            request["messages"] = _said(question.user)
            if question.schema:
                schema = json.loads(question.schema)
                output["format"] = {"type": "json_schema", "schema": schema}
        else:
            labels = numbers(question)
            request["system"] = _system(question, ROLE)
            request["messages"] = _said(f"{listed(question, labels)}\n\n{ASK}")
            output["format"] = {"type": "json_schema", "schema": _schema(labels)}
        if output:
            request["output_config"] = output
        return request


def _only_words(message: Any) -> bool:
    """Whether nobody has thought first: how many tokens that took is told at the end alone."""
    return all(block.type == "text" for block in message.content)


def _ended(message: Any, text: str) -> Any:
    """A message whose end was not waited for; its output counts as the most it can be."""
    message.stop_reason = "stop_sequence"
    message.usage.output_tokens = max(message.usage.output_tokens or 0, tokens_of(text))
    return message


def _system(question: Question, role: str) -> list[dict[str, Any]]:
    """What stands first: the world's rules, the same for all, then one NPC's own."""
    parts = (question.prefix.shared, question.prefix.own, role)
    return [{"type": "text", "text": part} for part in parts if part]


def _said(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def _schema(labels: list[str]) -> dict[str, Any]:
    """A JSON object with the number of one option."""
    return {
        "type": "object", "properties": {"option": {"type": "string", "enum": labels}},
        "required": ["option"], "additionalProperties": False,
    }  # fmt: skip


def _answer(question: Question, reply: Any) -> Answer:
    """What a message says. Raises BadReply, with what it cost, for one that answers nothing."""
    if getattr(reply, "usage", None) is None:
        raise BadReply("what came back is no message", billed=True)
    usage = _usage(reply)
    tokens = (usage.input, usage.output, usage.cached)
    stopped = getattr(reply, "stop_reason", None)
    blocks = getattr(reply, "content", None)
    texts = [
        str(block.text)
        for block in (blocks if isinstance(blocks, list) else [])
        if getattr(block, "type", "") == "text" and isinstance(block.text, str)
    ]
    text = "".join(texts)
    if stopped == "refusal":
        raise BadReply("the model declined to answer", tokens=tokens)
    if isinstance(question, Write):
        if not text.strip():
            raise BadReply(f"no words came back (stopped by {stopped})", tokens=tokens)
        if question.schema:
            return Written(as_json(text, tokens), usage)
        return Written(until(text, question.stop), usage)
    if stopped == "max_tokens":
        raise BadReply("the answer was cut off at its token limit", tokens=tokens)
    try:
        return Chosen(_pick(question, text), None, usage)
    except BadReply as error:
        raise BadReply(str(error), tokens=tokens) from None


def _pick(question: Choose, text: str) -> int:
    try:
        option = json.loads(text)["option"]
    except (ValueError, TypeError, KeyError):
        raise BadReply(f"{told(text)[:80]!r} is not the JSON that was asked for") from None
    return place_of(str(option), numbers(question))


def _usage(reply: Any) -> Usage:
    """Tokens of a message; those written to or read from the cache are input too."""
    usage = getattr(reply, "usage", None)
    counts = [
        int(getattr(usage, name, 0) or 0)
        for name in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    ]
    return Usage(sum(counts), int(getattr(usage, "output_tokens", 0) or 0), counts[2])
