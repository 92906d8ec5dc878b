"""Servers that speak OpenAI's chat API: llama-server, Ollama, LM Studio, vLLM, OpenAI itself.

The only importer of `openai`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from npcsim.errors import ModelError, TooLong, Unavailable
from npcsim.messages import Answer, Choose, Chosen, Lookups, Question, Usage, Write
from npcsim.models.money.prices import most_output, own_output
from npcsim.models.remote import openai_looks
from npcsim.models.remote.chunks import Chunks
from npcsim.models.remote.looking import Call, Told, looked_up
from npcsim.models.remote.provider_errors import typed
from npcsim.models.remote.sdk import Served
from npcsim.models.remote.served import PROMPT, ROLE, listed
from npcsim.models.remote.servers import counting
from npcsim.models.remote.servers.choosing import Choosing
from npcsim.models.remote.servers.found import (
    EFFORT,
    LIKELY,
    LLAMA_SERVER,
    LM_STUDIO,
    OLLAMA,
    OPENAI,
    TEMPLATE,
    VLLM,
    Found,
    kept_to,
    switched,
)
from npcsim.models.remote.servers.probing import probe
from npcsim.models.remote.servers.replies import LETTERS, labels_of, read, said_so_far, usage_of
from npcsim.models.remote.streaming import Telling

ASK = "Which option does this character take? Answer with its letter alone."
ASK_NUMBER = "Which option does this character take? Answer with its number alone."
PROBE_S, LOOK_S = 20.0, 5.0
"""Real seconds that finding out about a server may take, and one look at it but for questions."""
MOST_PROBES = 3
_LENGTHS = frozenset({"minLength", "maxLength"})
KNOWN = {"ollama": OLLAMA, "lmstudio": LM_STUDIO, "llama-server": LLAMA_SERVER, "vllm": VLLM}


class OpenAI(Served):
    """A `Model` on the chat completions of an OpenAI-compatible server; see `Served`.

    url: the server's `/v1` address; empty for OpenAI's own. kind: `ollama`, `lmstudio`,
    `llama-server`, `vllm`, or `openai` for any. votes: how often a choice is asked where the
    server gives no likelihoods; 0 takes one answer and knows no uncertainty. charged: whether
    answers cost money: then nothing is asked but what a run asks, and never in rounds.

    Options are lettered. Where the server gives log-probabilities of the answer's token, the
    letters' shares are the distribution; more options than letters go in rounds (see
    `servers.rounds`). Where it gives none, votes are; else there is none.

    After `find`, a question that does not fit into the context that is loaded is `TooLong`, and
    is not sent. `slots`, set before that, hears how many requests it is worth sending at a time.
    """

    def __init__(
        self, model: str, *, kind: str = "openai", votes: int = 0, charged: bool | None = None,
        **settings: Any,
    ) -> None:  # fmt: skip
        super().__init__(model, **settings)
        self._kind, self._votes = kind, votes
        self._charged = not self._url if charged is None else charged
        self._found: Found | None = None
        self._probes = 0
        self._probing = asyncio.Lock()
        self.slots: Callable[[int], object] | None = None

    @property
    def name(self) -> str:
        return f"{self._kind}:{self._model}"

    @property
    def fingerprint(self) -> str:
        at = f"@{self._url}" if self._url else ""
        voted = f"/votes={self._votes}" if self._votes else ""
        return f"openai/{self._model}{at}/{self._effort or 'default'}{voted}/{PROMPT}"

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

    # -- what the server can do ----------------------------------------------------------------

    async def find(self) -> Found:
        """What the server tells of this model, within `PROBE_S`. Never an error of the server's.

        Told once; what could not be found out is looked for again, a few times. Nothing is sent to
        OpenAI itself. Raises `Unavailable` without the SDK.
        """
        await self.start()
        async with self._probing:
            if not self._url:
                self._found = Found(OPENAI, schema=True)
            elif self._found is None or (not self._found.settled and self._probes < MOST_PROBES):
                seconds = min(PROBE_S, self._deadline)
                self._found = await probe(
                    self._look, self._model, KNOWN.get(self._kind, ""), asks=not self._charged,
                    seconds=seconds,
                )  # fmt: skip
                # One that is down costs nothing to look for; one that is slow is not for ever.
                self._probes = 0 if self._found.down else self._probes + 1
                if self.slots is not None and self._found.at_once is not None:
                    self.slots(self._found.at_once)
        return self._found

    async def _look(self, path: str, body: Any) -> tuple[int, Any]:
        """Ask the server itself: status, and JSON where it says such. Raises `ModelError`."""
        url = self._url.removesuffix("/v1") + path
        patience = PROBE_S if path.endswith("/completions") else LOOK_S
        options = {"timeout": min(patience, self._deadline), "max_retries": 0}
        try:
            if body is None:
                return 200, await self._client.get(url, cast_to=object, options=options)
            return 200, await self._client.post(url, cast_to=object, body=body, options=options)
        except self._sdk.APIStatusError as error:
            return error.status_code, error.body
        except self._sdk.APIResponseValidationError:
            return 200, None  # no JSON
        except self._error as error:
            raise typed(error, self._sdk, self._key) from None
        except (ValueError, TypeError, LookupError, AttributeError):
            return 200, None  # no JSON

    # -- asking --------------------------------------------------------------------------------

    async def _answered(self, question: Question) -> Answer:
        if self._found is not None and not self._found.settled:
            found = await self.find()
            if found.down:
                raise Unavailable(found.down)
        if isinstance(question, Write):
            return await super()._answered(question)
        choosing = Choosing(
            self._chosen, likely=self._found is None or self._found.logprobs is not False,
            letters=len(LETTERS), in_rounds=not self._charged, votes=self._votes,
        )  # fmt: skip
        try:
            return await choosing.choose(question)
        except ModelError as error:
            raise choosing.charge(error) from None
        except self._error as error:
            raise choosing.charge(typed(error, self._sdk, self._key)) from None

    async def _chosen(self, question: Choose, temperature: float) -> Chosen:
        """One request for a choice, and its answer."""
        request = await self._prepared(question)
        if temperature:
            request["temperature"] = temperature
        chosen = await self._through(question, request)
        assert isinstance(chosen, Chosen)
        return chosen

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
                if telling.tell(said_so_far(reply.text)) and reply.usage is not None:
                    reply.finish_reason = reply.finish_reason or "stop"
                    break
        return reply.completion()

    def _read(self, question: Question, reply: Any) -> Answer:
        return read(question, reply)

    async def _prepared(self, question: Question) -> dict[str, Any]:
        """What is sent, kept to the context that is loaded. Raises `TooLong` where it can't fit.

        The text's bound is enough where that fits; only else is the server asked to count.
        """
        request, found = self._request(question), self._found
        if found is None or found.context is None:
            return request
        thinks = bool(found.thinks or question.effort or self._effort)
        least = most_output(question) if thinks else own_output(question)
        texts = [message["content"] for message in request["messages"]]
        looks = looked_up(question.lookups)
        tokens = counting.bound([*texts, *looks])
        how = "at most"
        if tokens + least > found.context:
            exact = await counting.counted(self._look, found.kind, request)
            if exact is not None:
                tokens, how = exact, "as the server counts them"
                tokens += counting.bound(looks) if question.lookups.tools else 0
        if tokens + least > found.context:
            raise TooLong(
                f"the question has {tokens} tokens {how}, and with {least} for the answer that is "
                f"more than the context of {found.context} that {self.name} has loaded"
            )
        request["max_tokens"] = min(request["max_tokens"], found.context - tokens)
        return request

    async def count(self, question: Question) -> int:
        """Tokens of a question as its server counts them. Raises a `ModelError`.

        `Unavailable` where the server can't count: only llama-server and vLLM can.
        """
        await self.start()
        kind = self._found.kind if self._found is not None else self._kind
        tokens = await counting.counted(self._look, kind, self._request(question))
        if tokens is None:
            raise Unavailable(f"{self.name} does not count tokens", lasting=True)
        return tokens

    def _usage(self, reply: Any) -> Usage:
        return usage_of(reply)

    def _calls(self, request: dict[str, Any], reply: Any) -> list[Call]:
        return openai_looks.calls(reply)

    def _offering(self, request: dict[str, Any], lookups: Lookups, may: bool) -> dict[str, Any]:
        return openai_looks.offering(request, lookups, may)

    def _going_on(self, request: dict[str, Any], reply: Any, told: list[Told]) -> dict[str, Any]:
        return openai_looks.going_on(request, reply, told)

    def _request(self, question: Question) -> dict[str, Any]:
        found, extra = self._found, dict[str, Any]()
        limit = "max_tokens" if self._url else "max_completion_tokens"
        request: dict[str, Any] = {"model": self._model, limit: most_output(question)}
        if isinstance(question, Write):
            system = _system(question, question.system)
            if question.schema and found is not None and found.schema is False:
                system += f"\n\nAnswer with JSON alone, by this JSON Schema: {question.schema}"
            elif question.schema:
                held = json.loads(question.schema)
                held = held if self._url else _without_lengths(held)
                form = {"name": "answer", "schema": held, "strict": True}
                request["response_format"] = {"type": "json_schema", "json_schema": form}
            request["messages"] = _said(system, question.user)
        else:
            labels = labels_of(question)
            ask = ASK if labels[0] == LETTERS[0] else ASK_NUMBER
            request["messages"] = _said(
                _system(question, ROLE), f"{listed(question, labels)}\n\n{ask}"
            )
            if found is None or found.logprobs is not False:
                many = LIKELY.get(found.kind, 20) if found is not None else 20
                request |= {"logprobs": True, "top_logprobs": many}
            # Tools can't be called by who is held to a letter.
            held = not (question.lookups.tools or question.effort or self._effort)
            if found is not None and held and not found.thinks:
                extra |= kept_to(found.kind, labels)
        if self._url:
            # OpenAI's own models refuse a temperature; elsewhere 0 makes answers steady.
            request["temperature"] = 0
        effort = question.effort or self._effort
        if effort:
            request["reasoning_effort"] = effort
        else:
            extra |= switched(self._switch())
        if "reasoning_effort" in extra:  # the SDK knows of it
            request["reasoning_effort"] = extra.pop("reasoning_effort")
        return request | ({"extra_body": extra} if extra else {})

    def _switch(self) -> str:
        if self._found is not None:
            return self._found.switch
        return EFFORT if self._kind == "ollama" else TEMPLATE if self._url else ""


def _system(question: Question, role: str) -> str:
    """What stands first: the world's rules, the same for all, then one NPC's own."""
    parts = (question.prefix.shared, question.prefix.own, role)
    return "\n\n".join(part for part in parts if part)


def _without_lengths(schema: Any) -> Any:
    """A JSON Schema without bounds on texts, which OpenAI's own models refuse in strict forms."""
    if isinstance(schema, list):
        return [_without_lengths(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    bounds = _LENGTHS if schema.get("type") == "string" else frozenset()
    return {key: _without_lengths(one) for key, one in schema.items() if key not in bounds}


def _said(system: str, user: str) -> list[dict[str, str]]:
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]
