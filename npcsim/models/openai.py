"""Servers that speak OpenAI's chat API: llama-server, Ollama, LM Studio, vLLM, OpenAI itself.

The only importer of `openai`.
"""

from __future__ import annotations

import json
import re
import string
from math import exp
from typing import Any

from npcsim.errors import BadReply
from npcsim.messages import Answer, Choose, Chosen, Question, Usage, Write, Written
from npcsim.models.chunks import Chunks
from npcsim.models.prices import most_output
from npcsim.models.sdk import Served
from npcsim.models.served import (
    PROMPT,
    ROLE,
    as_json,
    listed,
    place_of,
    until,
)
from npcsim.models.streaming import Telling

ASK = "Which option does this character take? Answer with its letter alone."
LETTERS = string.ascii_uppercase
SEEN = 0.5
"""The share of probability that letters must have among the likeliest first tokens."""
_THOUGHTS = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)


class OpenAI(Served):
    """A `Model` on the chat completions of an OpenAI-compatible server; see `Served`.

    url: the server's `/v1` address; empty for OpenAI's own. ollama: whether it is Ollama, which
    has a switch of its own for thinking.

    Options are lettered. Where the server gives log-probabilities of the first answer token, the
    letters' shares are the distribution; else there is none.
    """

    def __init__(self, model: str, *, ollama: bool = False, **settings: Any) -> None:
        super().__init__(model, **settings)
        self._ollama = ollama

    @property
    def name(self) -> str:
        return f"{'ollama' if self._ollama else 'openai'}:{self._model}"

    @property
    def fingerprint(self) -> str:
        at = f"@{self._url}" if self._url else ""
        return f"openai/{self._model}{at}/{self._effort or 'default'}/{PROMPT}"

    def _import(self) -> Any:
        import openai

        return openai

    def _connect(self, http_client: Any) -> Any:
        return self._sdk.AsyncOpenAI(
            # The SDK wants some key; a server that needs none gets a word that is none. An
            # address of None would be looked for in the environment.
            api_key=self._key or "none", base_url=self._url or "https://api.openai.com/v1",
            organization="", max_retries=0, timeout=self._deadline, http_client=http_client,
        )  # fmt: skip

    @property
    def _error(self) -> type[Exception]:
        error: type[Exception] = self._sdk.OpenAIError
        return error

    async def _send(self, request: dict[str, Any]) -> Any:
        return await self._client.chat.completions.create(**request)

    async def _stream(self, request: dict[str, Any], telling: Telling) -> Any:
        # Many servers tell the tokens at the end alone; vLLM does with every piece if asked to.
        usage = {"include_usage": True} | ({"continuous_usage_stats": True} if self._url else {})
        chunks = await self._client.chat.completions.create(
            **request, stream=True, stream_options=usage
        )
        reply = Chunks()
        async with chunks:
            async for chunk in chunks:
                reply.add(chunk)
                # What is not told at its end, nobody could count: then the end is waited for.
                if telling.tell(_said_in(reply.text)) and reply.usage is not None:
                    reply.finish_reason = reply.finish_reason or "stop"
                    break
        return reply.completion()

    def _read(self, question: Question, reply: Any) -> Answer:
        return _answer(question, reply)

    def _request(self, question: Question) -> dict[str, Any]:
        if isinstance(question, Choose) and len(question.options) > len(LETTERS):
            raise BadReply(f"{len(question.options)} options: more than there are letters")
        limit = "max_tokens" if self._url else "max_completion_tokens"
        request: dict[str, Any] = {"model": self._model, limit: most_output(question)}
        if isinstance(question, Write):
            request["messages"] = _said(_system(question, question.system), question.user)
            if question.schema:
                form = {"name": "answer", "schema": json.loads(question.schema), "strict": True}
                request["response_format"] = {"type": "json_schema", "json_schema": form}
        else:
            labels = list(LETTERS[: len(question.options)])
            request["messages"] = _said(
                _system(question, ROLE), f"{listed(question, labels)}\n\n{ASK}"
            )
            request |= {"logprobs": True, "top_logprobs": 20}
        if self._url:
            # OpenAI's own models refuse a temperature; elsewhere 0 makes answers steady.
            request["temperature"] = 0
        if self._effort or self._ollama:
            request["reasoning_effort"] = self._effort or "none"
        elif self._url:
            request["extra_body"] = {"chat_template_kwargs": {"enable_thinking": False}}
        return request


def _said_in(text: str) -> str:
    """The words of an answer that is still coming, without thoughts, and without half a tag."""
    text = _THOUGHTS.sub("", text).strip()
    return "" if "<think>".startswith(text) else text


def _system(question: Question, role: str) -> str:
    """What stands first: the world's rules, the same for all, then one NPC's own."""
    parts = (question.prefix.shared, question.prefix.own, role)
    return "\n\n".join(part for part in parts if part)


def _said(system: str, user: str) -> list[dict[str, str]]:
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def _answer(question: Question, reply: Any) -> Answer:
    """What a completion says. Raises BadReply, with what it cost, for one that answers nothing."""
    usage = _usage(reply)
    tokens = (usage.input, usage.output, usage.cached)
    choices = getattr(reply, "choices", None)
    if not isinstance(choices, list) or not choices:
        raise BadReply("a completion without choices", billed=True)
    choice = choices[0]
    content = getattr(choice.message, "content", None)
    text = _THOUGHTS.sub("", content if isinstance(content, str) else "").strip()
    stopped = getattr(choice, "finish_reason", None)
    if stopped == "content_filter" or getattr(choice.message, "refusal", None):
        raise BadReply("the model declined to answer", tokens=tokens)
    if isinstance(question, Write):
        if not text:
            raise BadReply(f"no words came back (stopped by {stopped})", tokens=tokens)
        if question.schema:
            return Written(as_json(text, tokens), usage)
        return Written(until(text, question.stop), usage)
    labels = list(LETTERS[: len(question.options)])
    shares = _shares(choice, labels)
    if shares is not None:
        return Chosen(max(range(len(shares)), key=shares.__getitem__), shares, usage)
    try:
        first = text.split()[0] if text else ""
        return Chosen(place_of(first, labels), None, usage)
    except BadReply as error:
        raise BadReply(str(error), tokens=tokens) from None


def _shares(choice: Any, labels: list[str]) -> tuple[float, ...] | None:
    """How likely the first answer token was to be each letter, or None where nothing tells."""
    logprobs = getattr(choice, "logprobs", None)
    content = getattr(logprobs, "content", None)
    if not isinstance(content, list) or not content:
        return None
    found = dict.fromkeys(labels, 0.0)
    for entry in getattr(content[0], "top_logprobs", None) or []:
        label = str(entry.token).strip()
        if label in found and isinstance(entry.logprob, int | float) and entry.logprob <= 0:
            found[label] += exp(entry.logprob)
    whole = sum(found.values())
    if whole < SEEN:
        return None  # it thinks first, or begins with other words
    return tuple(share / whole for share in found.values())


def _usage(reply: Any) -> Usage:
    """Tokens of a completion; a server may tell none."""
    usage = getattr(reply, "usage", None)
    details = getattr(usage, "prompt_tokens_details", None)
    return Usage(
        int(getattr(usage, "prompt_tokens", 0) or 0),
        int(getattr(usage, "completion_tokens", 0) or 0),
        int(getattr(details, "cached_tokens", 0) or 0),
    )
