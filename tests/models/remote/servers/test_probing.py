"""What a server has loaded and can do is found out, in time, and without believing what it says."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from npcsim.errors import Unavailable
from npcsim.messages import Choose
from npcsim.models.remote import openai as keeper
from npcsim.models.remote.openai import OpenAI
from npcsim.models.remote.servers.found import Found, from_text, switched, to_text
from tests.models.remote.provider import Provider, completion
from tests.models.remote.servers import fakes
from tests.models.remote.servers.fakes import CHAT, chat

openai = pytest.importorskip("openai")
httpx2 = pytest.importorskip("httpx2")

CHOOSE = Choose("It is noon. Odo decides to", "Someone decides to", ("accept", "haggle", "leave"))


def model_on(app: Any, kind: str = "openai", model: str = "m", **settings: Any) -> OpenAI:
    client = openai.DefaultAsyncHttpxClient(transport=httpx2.ASGITransport(app))
    url = settings.pop("url", "http://127.0.0.1:8080/v1")
    return OpenAI(model, kind=kind, http_client=client, url=url, **{"deadline": 5.0, **settings})


async def found_on(app: Any, kind: str = "openai", model: str = "m", **settings: Any) -> Found:
    asking = model_on(app, kind, model, **settings)
    try:
        return await asking.find()
    finally:
        await asking.close()


@pytest.mark.parametrize(
    ("app", "expected"),
    [
        (fakes.llama_server(context=2048, slots=4, template="{{ m }}"), Found(
            "llama-server", 2048, False, 8192, True, True, False, "", 4)),
        (fakes.llama_server(props=False), Found(
            "llama-server", 2048, False, 8192, True, True, False, "template", 4)),
        (fakes.vllm(context=32768), Found(
            "vLLM", 32768, False, None, True, True, False, "template")),
        (fakes.ollama(context=4096), Found("Ollama", 4096, False, 40960, True, True, False)),
        (fakes.ollama(can=("completion", "thinking")), Found(
            "Ollama", 4096, False, 40960, True, True, False, "effort")),
        (fakes.lm_studio(context=8192), Found(
            "LM Studio", 8192, False, 131072, False, True, False, "effort")),
        (fakes.server({"/v1/models": fakes.listing({"id": "m"})}), Found(
            "", None, False, None, True, True, False, "template")),
    ],
    ids=["llama-server", "without props", "vLLM", "Ollama", "a thinker", "LM Studio", "unknown"],
)  # fmt: skip
async def test_each_server_tells_what_it_has_loaded(app: Provider, expected: Found) -> None:
    assert await found_on(app) == expected
    assert from_text(to_text(expected)) == expected


async def test_what_was_found_is_one_line() -> None:
    found = await found_on(fakes.ollama("qwen3:8b"), "ollama", "qwen3:8b")
    assert str(found) == (
        "Ollama, context 4096 of 40960 tokens, log-probabilities, JSON schema, answers without "
        "thinking first, slots not told"
    )
    found = await found_on(fakes.lm_studio(said=chat(likely=False, schema=False)))
    assert "no log-probabilities, no JSON schema" in str(found)


async def test_a_server_is_asked_once() -> None:
    app = fakes.vllm()
    model = model_on(app)
    await asyncio.gather(model.find(), model.find())
    assert [path for path, _ in app.asked].count("/v1/models") == 1
    await model.close()


@pytest.mark.parametrize(
    ("app", "context", "assumed"),
    [
        (fakes.ollama(parameters="temperature 0.7\nnum_ctx           8192"), 8192, False),
        (fakes.ollama(), 4096, True),
    ],
)  # fmt: skip
async def test_ollamas_context_before_anything_is_loaded(
    app: Provider, context: int, assumed: bool
) -> None:
    """Where answers are charged nothing is asked, so nothing is loaded either."""
    found = await found_on(app, "ollama", charged=True)
    assert (found.context, found.assumed) == (context, assumed)
    assert CHAT not in [path for path, _ in app.asked]
    assert ("assumed context" in str(found)) == assumed


async def test_an_ollama_that_does_not_tell_is_an_old_one() -> None:
    found = await found_on(fakes.ollama(context=None), "ollama")
    assert (found.context, found.assumed) == (2048, True)


async def test_openai_itself_is_not_asked() -> None:
    app = fakes.vllm()
    assert (await found_on(app, url="")).kind == "OpenAI"
    assert app.asked == []


async def test_a_model_that_is_not_there_says_how_to_get_it() -> None:
    app = fakes.ollama("qwen3:8b")
    model = model_on(app, "ollama", "qwen3:80b")
    found = await model.find()
    assert found.down == "it has no 'qwen3:80b': `ollama pull qwen3:80b`"
    with pytest.raises(Unavailable, match="ollama pull qwen3:80b"):
        await model.ask(CHOOSE)
    await model.close()
    assert (await found_on(fakes.vllm("big"), "vllm", "small")).down == (
        "it serves big, and no 'small'"
    )
    refused = Provider(lambda path, body: (401, {"error": {"message": "who are you?"}}))
    assert "say which with `key:`" in (await found_on(refused)).down


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        ("ollama", "`ollama serve`, and fetch the model once with `ollama pull m`"),
        ("lmstudio", "`lms server start`"), ("llama-server", "`llama-server -m MODEL.gguf`"),
        ("vllm", "`vllm serve m`"), ("openai", "can't be reached"),
    ],
)  # fmt: skip
async def test_a_server_that_is_down_says_how_to_start_it(kind: str, hint: str) -> None:
    model = OpenAI("m", kind=kind, url="http://127.0.0.1:9/v1")
    assert hint in (await model.find()).down
    await model.close()


async def test_one_that_comes_up_later_is_found_with_the_next_question() -> None:
    up: list[bool] = []
    there = fakes.vllm(said=lambda body: (200, completion("B", {"B": -0.1, "A": -3.0})))
    app = Provider(lambda path, body: there.rule(path, body) if up else (401, {}))
    model = model_on(app)
    heard: list[int] = []
    model.slots = heard.append
    assert (await model.find()).down
    with pytest.raises(Unavailable):
        await model.ask(CHOOSE)
    up.append(True)
    answer = await model.ask(CHOOSE)
    assert getattr(answer, "pick", None) == 1
    assert (await model.find()).kind == "vLLM"
    assert heard == [64]
    await model.close()


async def test_one_that_is_slow_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "PROBE_S", 0.2)
    app = fakes.llama_server()

    class Slow(Provider):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if scope["path"] == CHAT:
                await asyncio.sleep(30)
            await super().__call__(scope, receive, send)

    found = await asyncio.wait_for(found_on(Slow(app.rule)), 3)
    assert (found.kind, found.context, found.slots, found.late) == ("llama-server", 2048, 4, True)
    assert not found.down
    assert "did not tell all in time" in str(found)


async def test_one_that_still_loads_is_late_and_not_down() -> None:
    loading = {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}
    found = await found_on(Provider(lambda path, body: (503, loading)))
    assert (found.late, found.down) == (True, "")


async def test_who_refuses_what_it_does_not_know_is_asked_without() -> None:
    def strict(body: dict[str, Any]) -> tuple[int, Any]:
        unknown = {"chat_template_kwargs", "reasoning_effort", "logprobs"} & set(body)
        if unknown:
            return 400, {"error": {"message": f"unknown: {sorted(unknown)}"}}
        return chat()(body)

    app = fakes.server({"/v1/models": fakes.listing({"id": "m"})}, strict)
    model = model_on(app)
    found = await model.find()
    assert (found.logprobs, found.switch, found.thinks) == (False, "", False)
    answer = await model.ask(CHOOSE)
    assert getattr(answer, "probabilities", 0) is None
    await model.close()


async def test_a_switch_that_works_is_looked_for() -> None:
    def heeds_effort(body: dict[str, Any]) -> tuple[int, Any]:
        return chat(thinks=body.get("reasoning_effort") != "none")(body)

    app = fakes.vllm(said=heeds_effort)
    assert (await found_on(app)).switch == "effort"
    stubborn = await found_on(fakes.vllm(said=chat(thinks=True)))
    assert (stubborn.thinks, stubborn.schema) == (True, None)
    assert "can't be told not to: thoughts are counted and left out" in str(stubborn)
    levels = {"values": ["low", "medium", "high"], "default": "medium"}
    app = fakes.ollama(thinking=levels, can=("completion", "thinking"))
    assert (await found_on(app, "ollama")).switch == "low"
    assert switched("low") == {"reasoning_effort": "low"}


JUNK = [
    None, [], {}, "text", 7, b"<html>", {"data": 3}, {"models": "x"},
    {"data": [1, None, {"id": 4}]},
    {"data": [{"id": "m", "owned_by": "llamacpp", "meta": 5, "max_model_len": "many"}]},
    {"data": [{"id": "m", "owned_by": "vllm", "max_model_len": -1}]},
    {"choices": [{"message": {"content": 5}, "logprobs": {"content": [{}]}}]},
    {"choices": [7], "capabilities": 3, "thinking": {"values": [None]}, "model_info": 8},
]  # fmt: skip


@pytest.mark.parametrize("kind", ["openai", "ollama", "lmstudio", "vllm", "llama-server"])
@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: json.dumps(junk, default=repr)[:30])
async def test_what_is_told_is_never_believed_blindly(kind: str, junk: Any) -> None:
    found = await found_on(Provider(lambda path, body: (200, junk)), kind)
    assert str(found)
    assert from_text(to_text(found)) == found
