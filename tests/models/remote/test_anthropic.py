"""The real Anthropic SDK against an app of ours behind its transport."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from typing import Any

import pytest

from npcsim.errors import BadReply, ModelError, RateLimited, TimedOut, TooLong, Unavailable
from npcsim.messages import Choose, Chosen, Prefix, Usage, Write, Written
from npcsim.models.money.prices import Price, bound, most_output
from npcsim.models.remote.anthropic import CHOICE, DECIDE, ROLE, Anthropic
from npcsim.models.remote.features import UNKNOWN, Features, features_of
from tests.models.remote.provider import Provider, message

anthropic = pytest.importorskip("anthropic")
httpx2 = pytest.importorskip("httpx2")

KEY = "sk-ant-not-a-real-key-0123456789"
CHOOSE = Choose("It is noon. Odo decides to", "Someone decides to", ("accept", "haggle", "leave"))
WRITE = Write("You are Odo.", "Good day!", 28, ("\n",))


def model_on(app: Any, **settings: Any) -> Anthropic:
    settings = {"deadline": 5.0, **settings}
    client = anthropic.DefaultAsyncHttpxClient(transport=httpx2.ASGITransport(app))
    return Anthropic("claude-haiku-5-5", key=KEY, http_client=client, **settings)


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


# -- what is sent and what comes back ------------------------------------------------------------


async def test_a_choice_is_asked_as_json_and_gives_no_probabilities() -> None:
    app = says(message('{"option": "2"}'))
    answer = await asked(app)
    assert answer == Chosen(1, None, Usage(120, 9, 0))
    [(path, body)] = app.asked
    assert path == "/v1/messages"
    assert app.headers["authorization"] == f"Bearer {KEY}"
    assert body["output_config"]["format"]["schema"] == CHOICE
    assert "tools" not in body
    [said] = body["messages"]
    assert said["role"] == "user"
    assert "2. haggle" in said["content"]
    assert CHOOSE.situation in said["content"]
    assert body["max_tokens"] == most_output(CHOOSE)
    assert body["thinking"] == {"type": "disabled"}
    assert "effort" not in body["output_config"]
    assert "temperature" not in body  # refused by the models of today


async def test_words_are_asked_for_and_cut_at_the_stop() -> None:
    app = says(message(" Good day to you.\nNever said."))
    assert await asked(app, WRITE) == Written("Good day to you.", Usage(120, 9, 0))
    [(_, body)] = app.asked
    assert [part["text"] for part in body["system"]] == ["You are Odo."]
    assert body["messages"] == [{"role": "user", "content": "Good day!"}]
    assert "stop_sequences" not in body  # blank ones are refused there
    assert "output_config" not in body


async def test_world_rules_stand_first() -> None:
    app = says(message("Yes."))
    prefix = Prefix("The rules of the world.", "You are Odo.", "Odo")
    await asked(app, Write("Be short.", "Well?", prefix=prefix))
    [(_, body)] = app.asked
    texts = [part["text"] for part in body["system"]]
    assert texts == [f"{ROLE}\n\nThe rules of the world.\n", "You are Odo.", "Be short."]
    assert body["system"][0]["cache_control"] == {"type": "ephemeral", "ttl": "5m"}


async def test_a_schema_is_passed_on_and_its_answer_must_be_json() -> None:
    """In the form that the API takes: closed, and its bounds in words."""
    form = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 60}}}
    question = Write("s", "u", 50, schema=json.dumps(form))
    app = says(message('{"a": 1}'))
    assert (await asked(app, question)).value == {"a": 1}
    said = {"type": "string", "description": "{maxLength: 60}"}
    sent = app.asked[0][1]["output_config"]["format"]["schema"]
    assert sent == {"type": "object", "properties": {"a": said}, "additionalProperties": False}
    assert isinstance(await failed(says(message("no JSON")), question), BadReply)


async def test_a_model_that_keeps_to_no_schema_gets_a_tool_to_call() -> None:
    call = {"type": "tool_use", "id": "t", "name": DECIDE, "input": {"option": "2"}}
    app = says({**message("", stop="tool_use"), "content": [call]})
    assert (await asked(app, features=UNKNOWN)).pick == 1
    [(_, body)] = app.asked
    [tool] = body["tools"]
    assert tool["strict"] is True
    assert tool["input_schema"]["properties"]["option"]["enum"] == ["1", "2", "3"]
    assert body["tool_choice"] == {"type": "any"}
    assert "output_config" not in body
    await asked(app, features=Features(forced_tools=False))
    assert app.asked[1][1]["tool_choice"] == {"type": "auto"}
    for bad in ({**call, "name": "fly"}, {**call, "input": {}}, {**call, "input": {"option": "9"}}):
        wrong = says({**message("", stop="tool_use"), "content": [bad]})
        assert type(await failed(wrong, features=UNKNOWN)) is BadReply


async def test_a_prompt_that_does_not_fit_is_not_sent() -> None:
    """It is counted only where it might be too long, and the provider does the counting."""

    def rule(path: str, body: Any) -> Any:
        counted = path.endswith("/count_tokens")
        return 200, {"input_tokens": 3_000} if counted else message('{"option": "1"}')

    question = Choose("x" * 9_000, "n", ("a", "b"))
    for context, paths in (
        (20_000, ["/v1/messages"]),
        (9_000, ["/v1/messages/count_tokens", "/v1/messages"]),
    ):
        app = Provider(rule)
        await asked(app, question, features=Features(context))
        assert [path for path, _ in app.asked] == paths
    app = Provider(rule)
    error = await failed(app, question, features=Features(4_000))
    assert type(error) is TooLong
    assert "not sent: 3,000 tokens and room for an answer are more than 4,000" in str(error)
    assert not error.billed
    assert [path for path, _ in app.asked] == ["/v1/messages/count_tokens"]


async def test_what_the_provider_says_of_its_model_is_taken_up() -> None:
    can = {"structured_outputs": {"supported": False}, "effort": {"supported": False}}
    told = {
        "id": "claude-haiku-5-5", "type": "model", "display_name": "Haiku", "line": None,
        "created_at": "2026-10-07T00:00:00Z", "lifecycle": "active", "max_input_tokens": 123_456,
        "capabilities": can,
    }  # fmt: skip
    app = says(told)
    model = model_on(app)
    found = await model.look_up()
    assert app.asked == [("/v1/models/claude-haiku-5-5", None)]
    assert (found.context, found.structured, found.effort) == (123_456, False, ())
    assert model.features == found
    with pytest.raises(ModelError):
        await model_on(says(refusal("no such model"), 404)).look_up()


@pytest.mark.parametrize(("effort", "quiet"), [(None, True), ("high", True), ("max", False)])
async def test_thinking_is_off_where_the_effort_allows_it(effort: Any, quiet: bool) -> None:
    app = says(message('{"option": "1"}'))
    await asked(app, effort=effort)
    assert ("thinking" in app.asked[0][1]) == quiet


async def test_effort_is_passed_on_and_marks_the_fingerprint() -> None:
    app = says(message('{"option": "1"}'))
    await asked(app, effort="low")
    assert app.asked[0][1]["output_config"]["effort"] == "low"
    assert model_on(app, effort="low").fingerprint != model_on(app).fingerprint


async def test_cached_tokens_count_as_input_and_as_cached() -> None:
    usage = {"cache_read_input_tokens": 300, "cache_creation_input_tokens": 40}
    answer = await asked(says(message('{"option": "1"}', **usage)))
    assert answer.usage == Usage(460, 9, 300, 40)


async def test_thinking_blocks_are_passed_over() -> None:
    reply = message('{"option": "3"}')
    reply["content"].insert(0, {"type": "thinking", "thinking": "Hm: 1?", "signature": "x"})
    assert (await asked(says(reply))).pick == 2


async def test_what_is_sent_costs_no_more_than_its_bound() -> None:
    """A token is a byte at least: all that is sent and allowed fits into what is reserved."""
    price = Price(1, 1, 1)
    prefix = Prefix("rules\n" * 90, "own\n" * 90, "Odo")
    many = Choose("s", "n", ("o",) * 400, prefix=prefix)
    cases = [
        (question, can)
        for question in (CHOOSE, WRITE, many, Choose("옷" * 400, "n", ("옷",) * 9))
        for can in (UNKNOWN, features_of("claude-haiku-5-5"))
    ]
    for question, can in cases:
        app = says(message('{"option": "1"}'))
        await asked(app, question, features=can)
        [(_, body)] = app.asked
        said = [part["text"] for part in body["system"]]
        form = body.get("output_config", body.get("tools"))
        sent = json.dumps([said, body["messages"], form], ensure_ascii=False)
        most = len(sent.encode()) + body["max_tokens"]
        assert most <= bound(question, price) / 1_000_000


# -- errors --------------------------------------------------------------------------------------


def refusal(text: str, kind: str = "some_error") -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": text}}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadReply), (401, Unavailable), (402, Unavailable), (403, Unavailable),
        (404, Unavailable), (408, TimedOut), (409, BadReply), (413, BadReply), (422, BadReply),
        (429, RateLimited), (500, Unavailable), (503, Unavailable), (504, TimedOut),
        (529, Unavailable),
    ],
)  # fmt: skip
async def test_every_status_is_one_typed_error_after_one_request(status: int, kind: Any) -> None:
    app = says(refusal("no such luck"), status)
    error = await failed(app)
    assert type(error) is kind
    assert "no such luck" in str(error)
    assert len(app.asked) == 1
    # Only a request that ran out of time may have been charged all the same.
    assert error.billed == (kind is TimedOut)


async def test_when_to_come_back_is_told_and_not_waited_for() -> None:
    begun = time.monotonic()
    error = await failed(says(refusal("slow down"), 429, {"retry-after": "3600"}))
    assert "retry after 3600 s" in str(error)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    "reply",
    [
        message('{"option": "9"}'), message("2"), message("{}"), message('["2"]'),
        message("Let me think about that."), message('{"option": "2"', stop="max_tokens"),
        message('{"option": "2"}', stop="refusal"), message(""), {**message(""), "content": []},
    ],
    ids=["none", "bare", "empty", "list", "text", "cut", "refusal", "blank", "nothing"],
)  # fmt: skip
async def test_an_answer_that_is_none_is_a_bad_reply_with_what_it_cost(reply: Any) -> None:
    error = await failed(says(reply))
    assert type(error) is BadReply
    assert error.tokens == (120, 9, 0, 0)
    assert error.billed


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b"null", b'"text"', b'{"content": 3}'])
async def test_a_body_that_is_no_message_is_a_bad_reply(body: bytes) -> None:
    for question in (CHOOSE, WRITE):
        error = await failed(says(body), question)
        assert type(error) is BadReply
        assert error.billed


async def test_no_words_are_a_bad_reply() -> None:
    assert type(await failed(says(message("  ")), WRITE)) is BadReply


async def test_a_connection_that_fails_is_one_typed_error() -> None:
    class Broken(httpx2.AsyncBaseTransport):
        def __init__(self, error: Exception) -> None:
            self.error = error

        async def handle_async_request(self, request: Any) -> Any:
            raise self.error

    for raised, kind, billed in (
        (httpx2.ConnectError("refused"), Unavailable, False),
        (httpx2.ConnectError("name or service not known"), Unavailable, False),
        (httpx2.ConnectError("certificate verify failed"), Unavailable, False),
        (httpx2.ConnectTimeout("no route"), TimedOut, False),
        (httpx2.ReadTimeout("too slow"), TimedOut, True),
        (httpx2.ReadError("reset by peer"), Unavailable, True),
        (httpx2.RemoteProtocolError("cut short"), Unavailable, True),
    ):
        client = anthropic.DefaultAsyncHttpxClient(transport=Broken(raised))
        model = Anthropic("m", key=KEY, http_client=client)
        with pytest.raises(ModelError) as caught:
            await model.ask(CHOOSE)
        assert (type(caught.value), caught.value.billed) == (kind, billed)
        await model.close()


async def test_a_key_that_comes_back_in_an_error_is_struck_out() -> None:
    other = "sk-proj-ABCDEFGHIJKLMNOP"
    error = await failed(says(refusal(f"the key {KEY} or {other} is no good"), 401))
    assert "***" in str(error)
    assert other not in str(error)
    assert error.__cause__ is None


async def test_many_at_once_and_closed_twice() -> None:
    app = says(message('{"option": "2"}'))
    model = model_on(app)
    answers = await asyncio.gather(*(model.ask(CHOOSE) for _ in range(20)))
    assert {answer.pick for answer in answers if isinstance(answer, Chosen)} == {1}
    await model.close()
    await model.close()


def test_the_sdk_is_not_imported_before_it_is_used() -> None:
    program = (
        "import sys; from npcsim.models.remote.anthropic import Anthropic; "
        "from npcsim.models.remote.openai import OpenAI; "
        "Anthropic('m', key='k'); OpenAI('m'); "
        "print('anthropic' in sys.modules, 'openai' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]
