"""Finding out what a server has really loaded and can do, before a run begins.

| server | told by | context as loaded | slots |
|---|---|---|---|
| llama-server | GET /props, else GET /slots | `default_generation_settings.n_ctx` | `total_slots` |
| Ollama | POST /api/show, GET /api/ps | `context_length` of the running model | not told |
| LM Studio | GET /api/v0/models | `loaded_context_length` | not told |
| vLLM | GET /v1/models | `max_model_len` | has none: it batches |

Log-probabilities, JSON schema and thinking are found by asking: two questions of a few tokens,
which also make Ollama and LM Studio load the model, so that they know its context. Nothing is
asked where answers are charged.

Sources: llama.cpp, tools/server/README.md; docs.ollama.com/api/ps (`context_length` since
github.com/ollama/ollama/pull/11331) and /api/show (`capabilities`, `thinking.values`, `parameters`
as lines); lmstudio.ai/docs, REST API v0, which the v1 has not taken away; vLLM's ModelCard,
vllm/entrypoints/openai/models/protocol.py.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from npcsim.errors import ModelError, Unavailable
from npcsim.models.remote.servers.counting import Look
from npcsim.models.remote.servers.found import (
    EFFORT,
    LLAMA_SERVER,
    LM_STUDIO,
    LOW,
    OLLAMA,
    TEMPLATE,
    VLLM,
    Found,
    switched,
)

OLLAMA_DEFAULT, OLLAMA_OLD_DEFAULT = 4096, 2048
"""Ollama's context where nothing is set: 4096 on small machines, more on large ones
(docs.ollama.com, "Context length"); 2048 before it told the context of running models."""
SWITCHES = {
    OLLAMA: (EFFORT,), LM_STUDIO: (EFFORT, TEMPLATE), LLAMA_SERVER: (TEMPLATE, EFFORT),
    VLLM: (TEMPLATE, EFFORT),
}  # fmt: skip
"""What turns thinking off. Ollama: github.com/ollama/ollama/issues/14820; llama-server: its README;
vLLM: "Reasoning Outputs"; LM Studio: no model is sure to heed either
(lmstudio-bug-tracker/issues/632 and /988), so it is looked whether it does."""
START = {
    OLLAMA: "start it with `ollama serve`, and fetch the model once with `ollama pull {model}`",
    LM_STUDIO: "start it with `lms server start`, and fetch the model once with `lms get {model}`",
    LLAMA_SERVER: "start it with `llama-server -m MODEL.gguf`",
    VLLM: "start it with `vllm serve {model}`",
}
_HELLO = "Answer with the letter A alone."
_FORM = {
    "type": "object", "properties": {"greeting": {"type": "string", "enum": ["npcsim"]}},
    "required": ["greeting"], "additionalProperties": False,
}  # fmt: skip


async def probe(look: Look, model: str, kind: str, *, asks: bool, seconds: float) -> Found:
    """What a server tells of a model within so many seconds; never an error.

    kind: which server it is, if that is known. asks: whether it may be asked questions too.
    """
    probing = Probing(look, model, kind)
    try:
        async with asyncio.timeout(seconds):
            await probing.all(asks)
    except TimeoutError:
        probing.found = replace(probing.found, late=True)
    except ModelError as error:
        if probing.reached:
            probing.found = replace(probing.found, late=True)
        else:
            hint = START.get(kind, "").format(model=model)
            why = f"{error}; {hint}" if hint else str(error)
            probing.found = replace(probing.found, down=why)
    return probing.found


class Probing:
    """One probe under way; `found` is what is known so far."""

    def __init__(self, look: Look, model: str, kind: str) -> None:
        self.look, self.model = look, model
        self.found = Found(kind)
        self.reached = False
        self._thinker: bool | None = None
        self._efforts: tuple[str, ...] | None = None

    async def all(self, asks: bool) -> None:
        """Everything there is to find out. Raises `ModelError`."""
        card: Mapping[str, Any] = {}
        if self.found.kind != OLLAMA:
            card = await self._card()
        if self.found.kind == OLLAMA and not self.found.down:
            await self._ollama()
        elif self.found.kind == LLAMA_SERVER:
            await self._llama_server(card)
        if self.found.down:
            return
        if asks:
            await self._quick()
            await self._form()
        else:
            self._note(switch=next(iter(self._switches()), ""))
        if self.found.kind == OLLAMA:
            await self._ollama_running()
        elif self.found.kind == LM_STUDIO:
            await self._lm_studio()

    def _note(self, **facts: Any) -> None:
        self.found = replace(self.found, **facts)

    async def _get(self, path: str) -> dict[str, Any]:
        """An object, or an empty one for anything else."""
        status, told = await self.look(path, None)
        self.reached = True
        return told if status == 200 and isinstance(told, dict) else {}

    # -- which server ------------------------------------------------------------------------

    async def _card(self) -> Mapping[str, Any]:
        """The model's entry among those served, and with it which server this is."""
        status, told = await self.look("/v1/models", None)
        self.reached = True
        if status in (401, 403):
            self._note(down=f"it wants a key ({status}): say which with `key:`")
            return {}
        if status >= 500:  # llama-server says 503 while it loads
            raise Unavailable(f"GET /v1/models: {status}")
        cards = [card for card in _listed(told, "data") if isinstance(card.get("id"), str)]
        owners = {card.get("owned_by") for card in cards}
        card = next((card for card in cards if card["id"] == self.model), None)
        if "llamacpp" in owners:
            self._note(kind=LLAMA_SERVER)
            return card or cards[0]
        if "vllm" in owners:
            self._note(kind=VLLM)
        elif not self.found.kind and await self._answers("/api/v0/models", "data"):
            self._note(kind=LM_STUDIO)
        elif not self.found.kind and await self._answers("/api/version", "version"):
            self._note(kind=OLLAMA)
        if self.found.kind == VLLM and card is None and cards:
            names = ", ".join(one["id"] for one in cards[:3])
            self._note(down=f"it serves {names}, and no {self.model!r}")
        card = card or {}
        if length := _count(card.get("max_model_len")):  # vLLM's, SGLang's too
            self._note(context=length)
        return card

    async def _answers(self, path: str, field: str) -> bool:
        return field in await self._get(path)

    # -- what is loaded ----------------------------------------------------------------------

    async def _llama_server(self, card: Mapping[str, Any]) -> None:
        props = await self._get("/props")
        settings = props.get("default_generation_settings")
        context = _count(settings.get("n_ctx")) if isinstance(settings, dict) else None
        slots = _count(props.get("total_slots"))
        if context is None or slots is None:
            _, told = await self.look("/slots", None)
            entries = (
                [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
            )
            slots = slots or len(entries) or None
            lengths = [length for one in entries if (length := _count(one.get("n_ctx")))]
            context = context or min(lengths, default=None)
        meta = card.get("meta")
        most = _count(meta.get("n_ctx_train")) if isinstance(meta, dict) else None
        self._note(context=context, slots=slots, most=most)
        template = props.get("chat_template")
        if isinstance(template, str):
            self._thinker = "think" in template or "reasoning" in template

    async def _ollama(self) -> None:
        status, told = await self.look("/api/show", {"model": self.model})
        self.reached = True
        if status == 404:
            self._note(down=f"it has no {self.model!r}: `ollama pull {self.model}`")
            return
        shown = told if status == 200 and isinstance(told, dict) else {}
        can = shown.get("capabilities")
        if isinstance(can, list):
            self._thinker = "thinking" in can
        thinking = shown.get("thinking")
        if isinstance(thinking, dict) and isinstance(thinking.get("values"), list):
            self._efforts = tuple(str(value).lower() for value in thinking["values"])
        about = shown.get("model_info")
        if isinstance(about, dict):
            lengths = [_count(v) for k, v in about.items() if k.endswith(".context_length")]
            self._note(most=next((length for length in lengths if length), None))
        set_ = re.search(r"^num_ctx\s+(\d+)", str(shown.get("parameters", "")), re.MULTILINE)
        self._note(context=int(set_[1]) if set_ else OLLAMA_DEFAULT, assumed=set_ is None)

    async def _ollama_running(self) -> None:
        names = {self.model, f"{self.model}:latest"}
        for one in _listed(await self._get("/api/ps"), "models"):
            if not names & {one.get("name"), one.get("model")}:
                continue
            if length := _count(one.get("context_length")):
                self._note(context=length, assumed=False)
            elif self.found.assumed:
                self._note(context=OLLAMA_OLD_DEFAULT)

    async def _lm_studio(self) -> None:
        for one in _listed(await self._get("/api/v0/models"), "data"):
            if one.get("id") == self.model:
                self._note(
                    context=_count(one.get("loaded_context_length")),
                    most=_count(one.get("max_context_length")),
                )

    # -- what it can do ----------------------------------------------------------------------

    def _switches(self) -> tuple[str, ...]:
        if self._thinker is False:
            return ()
        if self._efforts is not None and not {"false", "none"} & set(self._efforts):
            return (LOW,) if LOW in self._efforts else ()
        return SWITCHES.get(self.found.kind, (TEMPLATE, EFFORT))

    async def _quick(self) -> None:
        """Ask for a letter: are there likelihoods, and does it think first?

        A server that doesn't know a parameter may refuse it, so it is asked with fewer of them.
        """
        told: tuple[str, dict[str, Any]] | None = None
        for likely in (True, False):
            for switch in (*self._switches(), ""):
                answer = await self._asked(_quick(self.model, likely) | switched(switch))
                if answer is None:
                    continue
                if told is None or not _thinks(answer):
                    told = switch, answer
                if not _thinks(answer):
                    break
            if told is not None:
                break
        if told is None:
            return
        switch, answer = told
        self._note(switch=switch, thinks=_thinks(answer), logprobs=_likely(answer))

    async def _form(self) -> None:
        """Ask for something that only a server that keeps to a schema says."""
        form = {"name": "greeting", "schema": _FORM, "strict": True}
        answer = await self._asked({
            "model": self.model, "max_tokens": 24, "temperature": 0,
            "messages": [{"role": "user", "content": "Say hello."}],
            "response_format": {"type": "json_schema", "json_schema": form},
        } | switched(self.found.switch))  # fmt: skip
        text = str(_message(answer or {}).get("content") or "")
        try:
            self._note(schema=json.loads(text) == {"greeting": "npcsim"})
        except ValueError:
            # A thinker may have used up its few tokens: that tells nothing of schemas.
            self._note(schema=None if self.found.thinks else False)

    async def _asked(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """The answer, or None where the request is refused. Raises `ModelError`."""
        status, told = await self.look("/v1/chat/completions", body)
        self.reached = True
        return told if status == 200 and isinstance(told, dict) else None


def _quick(model: str, likely: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": model, "max_tokens": 4, "temperature": 0,
        "messages": [{"role": "user", "content": _HELLO}],
    }  # fmt: skip
    return body | ({"logprobs": True, "top_logprobs": 20} if likely else {})


def _choice(answer: Mapping[str, Any]) -> dict[str, Any]:
    return next(iter(_listed(answer, "choices")), {})


def _message(answer: Mapping[str, Any]) -> dict[str, Any]:
    message = _choice(answer).get("message")
    return message if isinstance(message, dict) else {}


def _thinks(answer: Mapping[str, Any]) -> bool:
    """Whether there are thoughts in it: apart (`reasoning_content`, `reasoning`), or in tags."""
    message = _message(answer)
    apart = any(message.get(name) for name in ("reasoning_content", "reasoning"))
    return apart or "<think>" in str(message.get("content") or "")


def _likely(answer: Mapping[str, Any]) -> bool:
    logprobs = _choice(answer).get("logprobs")
    content = _listed(logprobs, "content") if isinstance(logprobs, dict) else []
    return bool(content) and len(_listed(content[0], "top_logprobs")) > 1


def _listed(told: object, field: str) -> list[dict[str, Any]]:
    """The objects of a list that is a field of an object; whatever else there is, none."""
    entries = told.get(field) if isinstance(told, Mapping) else None
    return [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []


def _count(given: object) -> int | None:
    """A whole number above 0, or None."""
    return given if isinstance(given, int) and not isinstance(given, bool) and given > 0 else None
