"""The real OpenAI SDK against an app of ours behind its transport."""

from __future__ import annotations

import json
from math import log
from typing import Any

import pytest

from npcsim.errors import BadReply, ModelError, RateLimited, TimedOut, Unavailable
from npcsim.messages import Choose, Chosen, Prefix, Usage, Write, Written
from npcsim.models.money.prices import Price, bound, most_output
from npcsim.models.remote.openai import OpenAI
from tests.models.remote.provider import Provider, completion

openai = pytest.importorskip("openai")
httpx2 = pytest.importorskip("httpx2")

KEY = "sk-proj-not-a-real-key-0123456789"
URL = "http://127.0.0.1:8080/v1"
CHOOSE = Choose("It is noon. Odo decides to", "Someone decides to", ("accept", "haggle", "leave"))
WRITE = Write("You are Odo.", "Good day!", 28, ("\n",))
USAGE = Usage(80, 1, 64)


def model_on(app: Any, **settings: Any) -> OpenAI:
    settings = {"url": URL, "key": KEY, "deadline": 5.0, **settings}
    client = openai.DefaultAsyncHttpxClient(transport=httpx2.ASGITransport(app))
    return OpenAI("qwen3:8b", http_client=client, **settings)


def says(reply: Any, status: int = 200, headers: dict[str, str] | None = None) -> Provider:
    return Provider(lambda path, body: (status, reply, headers or {}))


async def asked(app: Any, question: Any = CHOOSE, **settings: Any) -> Any:
    model = model_on(app, **settings)
    try:
        return await model.ask(question)
    finally:
        await model.close()


async def failed(app: Any, question: Any = CHOOSE, **settings: Any) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await asked(app, question, **settings)
    assert KEY not in str(caught.value)
    return caught.value


async def test_the_letters_likelihoods_are_the_distribution() -> None:
    top = {"B": log(0.6), " A": log(0.2), "A": log(0.1), "x": log(0.1)}
    app = says(completion("B", top))
    answer = await asked(app)
    assert answer.pick == 1
    assert answer.probabilities == pytest.approx((1 / 3, 2 / 3, 0.0))
    assert answer.usage == USAGE
    [(path, body)] = app.asked
    assert path == "/v1/chat/completions"
    assert "B. haggle" in body["messages"][-1]["content"]
    assert (body["logprobs"], body["top_logprobs"]) == (True, 20)
    assert body["max_tokens"] == most_output(CHOOSE)
    assert body["temperature"] == 0
    assert body["chat_template_kwargs"] == {"enable_thinking": False, "thinking": False}


@pytest.mark.parametrize(
    "reply",
    [
        completion("B"), completion("B. haggle"), completion("(B)"),
        completion("<think>A or B?</think>\nB"),
        completion("B", {"<think>": -0.01, "B": -9.0}), completion("B", {"B": float("-inf")}),
    ],
    ids=["bare", "words", "brackets", "thoughts", "thinks first", "impossible"],
)  # fmt: skip
async def test_without_likelihoods_the_letter_is_read_and_nothing_is_claimed(reply: Any) -> None:
    assert await asked(says(reply)) == Chosen(1, None, USAGE)


async def test_words_are_cut_at_the_stop_and_thoughts_are_stripped() -> None:
    app = says(completion("<think>Hm.\nHm.</think>Good day.\nMore"))
    assert await asked(app, WRITE) == Written("Good day.", USAGE)
    assert app.asked[0][1]["messages"] == [
        {"role": "system", "content": "You are Odo."}, {"role": "user", "content": "Good day!"},
    ]  # fmt: skip


async def test_rules_persona_and_schema_are_passed_on() -> None:
    schema = '{"type": "object"}'
    question = Write("Be short.", "Well?", prefix=Prefix("Rules.", "Odo."), schema=schema)
    app = says(completion('{"a": 1}'))
    assert (await asked(app, question)).value == {"a": 1}
    [(_, body)] = app.asked
    assert body["messages"][0]["content"] == "Rules.\n\nOdo.\n\nBe short."
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert type(await failed(says(completion("none")), question)) is BadReply


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9/v1"])
async def test_openai_itself_is_not_told_how_long_a_text_may_be(url: str) -> None:
    """It refuses that; a server of one's own makes a grammar of it."""
    text = {"type": "string", "minLength": 3, "maxLength": 60}
    lists = {"type": "array", "items": text, "maxItems": 2}
    form = {"type": "object", "properties": {"maxLength": text, "b": lists}}
    app = says(completion("{}"))
    await asked(app, Write("", "Well?", schema=json.dumps(form)), url=url)
    [(_, body)] = app.asked
    sent = body["response_format"]["json_schema"]["schema"]
    plain = {"type": "string"}
    less = {"maxLength": plain, "b": {"type": "array", "items": plain, "maxItems": 2}}
    assert sent == (form if url else {"type": "object", "properties": less})


async def test_openai_itself_gets_its_own_words() -> None:
    app = says(completion("A"))
    await asked(app, url="", effort="low")
    [(_, body)] = app.asked
    assert body["max_completion_tokens"] == most_output(CHOOSE)
    assert body["reasoning_effort"] == "low"
    assert not {"temperature", "max_tokens", "chat_template_kwargs"} & set(body)
    assert app.headers["host"] == "api.openai.com"


async def test_ollama_is_told_not_to_think() -> None:
    app = says(completion("A"))
    await asked(app, kind="ollama")
    assert app.asked[0][1]["reasoning_effort"] == "none"
    assert model_on(app, kind="ollama").name == "ollama:qwen3:8b"


async def test_a_server_of_ones_own_never_sees_openais_key(monkeypatch: Any) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere.example/v1")
    app = says(completion("A"))
    await asked(app, key="")
    assert KEY not in str(app.headers)
    assert app.headers["host"] == "127.0.0.1:8080"


async def test_what_is_sent_costs_no_more_than_its_bound() -> None:
    for question in (CHOOSE, WRITE, Choose("옷" * 400, "n", ("옷",) * 9)):
        app = says(completion("A"))
        await asked(app, question)
        [(_, body)] = app.asked
        sent = json.dumps(body["messages"], ensure_ascii=False).encode()
        assert len(sent) + body["max_tokens"] <= bound(question, Price(1, 1, 1)) / 1_000_000


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadReply), (401, Unavailable), (402, Unavailable), (403, Unavailable),
        (404, Unavailable), (408, TimedOut), (413, BadReply), (422, BadReply), (429, RateLimited),
        (500, Unavailable), (503, Unavailable), (504, TimedOut),
    ],
)  # fmt: skip
async def test_every_status_is_one_typed_error_after_one_request(status: int, kind: Any) -> None:
    app = says({"error": {"message": "no such luck", "type": "x", "code": None}}, status)
    error = await failed(app)
    assert type(error) is kind
    assert "no such luck" in str(error)
    assert len(app.asked) == 1


async def test_a_spent_account_is_not_a_matter_of_waiting() -> None:
    told = {"error": {"message": "quota", "type": "insufficient_quota", "code": "x"}}
    assert type(await failed(says(told, 429))) is Unavailable


@pytest.mark.parametrize(
    "reply",
    [
        completion("Z"), completion("The second one"), completion(""), completion(None),
        completion("B", stop="content_filter"), {**completion("B"), "choices": []},
        {**completion("B"), "choices": None}, b"<html>", b"", b"[]", b"null", b'{"choices": [1]}',
    ],
    ids=["letter", "words", "empty", "none", "filter", "no choice", "null choice", "html",
         "nothing", "list", "null", "shape"],
)  # fmt: skip
async def test_an_answer_that_is_none_is_a_bad_reply(reply: Any) -> None:
    error = await failed(says(reply))
    assert type(error) is BadReply
    assert error.billed


@pytest.mark.loopback
async def test_nobody_there_is_unavailable_and_costs_nothing() -> None:
    model = OpenAI("m", url="http://127.0.0.1:9/v1")
    with pytest.raises(Unavailable, match="can't be reached") as caught:
        await model.ask(CHOOSE)
    assert not caught.value.billed
    await model.close()
