"""Small apps that answer as servers of one's own do, where it matters here.

Forms from their documentation; see `npcsim/models/remote/servers/probing.py` for the sources.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.models.remote.provider import Provider, completion

CHAT = "/v1/chat/completions"
Chat = Callable[[dict[str, Any]], tuple[int, Any]]
NOT_FOUND = (404, {"error": {"message": "not found"}})


def chat(*, likely: bool = True, schema: bool = True, thinks: bool = False) -> Chat:
    """A model that takes the first option, and is as sure of it as can be."""

    def said(body: dict[str, Any]) -> tuple[int, Any]:
        if thinks:
            cut = completion("", stop="length")
            cut["choices"][0]["message"]["reasoning_content"] = "Okay, the user wants"
            return 200, cut
        if "response_format" in body:
            return 200, completion('{"greeting": "npcsim"}' if schema else "Hello!")
        top = {"A": -0.1, "B": -3.0} if likely and body.get("logprobs") else None
        return 200, completion("A", top)

    return said


def options_of(body: dict[str, Any]) -> dict[str, str]:
    """The options of a choice as they were put: label -> text."""
    return dict(re.findall(r"^(\w+)\. (.*)$", body["messages"][-1]["content"], re.M))


def server(paths: dict[str, Any], said: Chat | None = None) -> Provider:
    """An app with these paths, each a body or a rule (body) -> (status, body), and a chat."""
    paths = {CHAT: said or chat(), **paths}

    def rule(path: str, body: Any) -> tuple[int, Any]:
        if path not in paths:
            return NOT_FOUND
        there = paths[path]
        return there(body) if callable(there) else (200, there)

    return Provider(rule)


def listing(*models: dict[str, Any]) -> dict[str, Any]:
    return {"object": "list", "data": list(models)}


def llama_server(
    *, context: int = 2048, slots: int = 4, template: str = "", props: bool = True,
    said: Chat | None = None, tokens: Callable[[str], int] = lambda text: len(text.split()),
) -> Provider:  # fmt: skip
    """llama.cpp's: the context is a slot's own."""
    settings = {"id": 0, "n_ctx": context, "params": {}}
    paths: dict[str, Any] = {
        "/v1/models": listing({
            "id": "models/m.gguf", "object": "model", "owned_by": "llamacpp",
            "meta": {"n_ctx_train": 8192, "n_vocab": 49152},
        }),
        "/slots": [{"id": n, "n_ctx": context, "is_processing": False} for n in range(slots)],
        "/tokenize": lambda body: (200, {"tokens": list(range(tokens(body["content"])))}),
    }  # fmt: skip
    if props:
        paths["/props"] = {
            "default_generation_settings": settings, "total_slots": slots,
            "chat_template": template, "model_path": "models/m.gguf",
        }  # fmt: skip
    return server(paths, said)


def vllm(
    model: str = "m", *, context: int = 32768, said: Chat | None = None,
    tokens: Callable[[str], int] = lambda text: len(text.split()),
) -> Provider:  # fmt: skip
    """vLLM's: it tells no slots, for it has none."""

    def tokenize(body: dict[str, Any]) -> tuple[int, Any]:
        count = sum(tokens(message["content"]) for message in body["messages"])
        return 200, {"count": count, "max_model_len": context, "tokens": list(range(count))}

    card = {"id": model, "object": "model", "owned_by": "vllm", "max_model_len": context}
    return server({"/v1/models": listing(card), "/tokenize": tokenize}, said)


def ollama(
    model: str = "m", *, context: int | None = 4096, parameters: str = "", thinking: Any = None,
    can: tuple[str, ...] = ("completion",), said: Chat | None = None,
) -> Provider:  # fmt: skip
    """Ollama's: it knows the context of what is loaded, and loads with the first question.

    context: None for one from before it told.
    """
    loaded: list[dict[str, Any]] = []
    shown: dict[str, Any] = {
        "capabilities": list(can), "parameters": parameters,
        "model_info": {"general.architecture": "qwen3", "qwen3.context_length": 40960},
        **({"thinking": thinking} if thinking is not None else {}),
    }  # fmt: skip

    def show(body: dict[str, Any]) -> tuple[int, Any]:
        if body["model"] != model:
            return 404, {"error": f"model '{body['model']}' not found"}
        return 200, shown

    def loading(body: dict[str, Any]) -> tuple[int, Any]:
        name = f"{model}:latest" if ":" not in model else model
        entry = {"name": name, "model": name, "size": 5, **(
            {"context_length": context} if context else {}
        )}  # fmt: skip
        loaded[:] = [entry]
        return (said or chat())(body)

    return server({
        "/api/show": show, "/api/ps": lambda body: (200, {"models": loaded}), CHAT: loading,
        "/api/version": {"version": "0.40.12"}, "/v1/models": listing({"id": model}),
    })  # fmt: skip


def lm_studio(model: str = "m", *, context: int = 8192, said: Chat | None = None) -> Provider:
    """LM Studio's: it tells the loaded context once it is loaded, by the first question."""
    card = {"id": model, "object": "model", "type": "llm", "state": "not-loaded",
            "max_context_length": 131072}  # fmt: skip
    cards = [dict(card)]

    def loading(body: dict[str, Any]) -> tuple[int, Any]:
        cards[0] = {**card, "state": "loaded", "loaded_context_length": context}
        return (said or chat(likely=False))(body)

    return server({
        "/api/v0/models": lambda body: (200, listing(*cards)), CHAT: loading,
        "/v1/models": listing({"id": model, "owned_by": "organization_owner"}),
    })  # fmt: skip
