"""Look-ups on the way to an answer: the real SDKs against an app of ours."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from npcsim.assembly.thinking.guarding import guarded
from npcsim.errors import BadReply, ModelError, TimedOut
from npcsim.messages import (
    HEARING,
    Choose,
    Found,
    Look,
    Lookups,
    Usage,
    Write,
    answer_from_json,
    answer_json,
)
from npcsim.models.money.prices import Price, bound
from npcsim.models.remote.anthropic import Anthropic
from npcsim.models.remote.openai import OpenAI
from npcsim.scenario.guard_parts import GuardsPart
from tests.models.remote.provider import Provider, completion, message

sdks = {name: pytest.importorskip(name) for name in ("anthropic", "openai")}
httpx2 = pytest.importorskip("httpx2")
ANTHROPIC, OPENAI = SDKS = ("anthropic", "openai")
PLACE = '{"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}'
NONE = '{"type": "object", "properties": {}, "required": [], "additionalProperties": false}'
LOOKS = Lookups(
    (Look("prices", "What is for sale.", NONE), Look("far", "How far it is.", PLACE)),
    (
        Found("prices", "{}", '{"빵": 3}'),
        Found("far", '{"place": "mill"}', "ten steps"),
        Found("far", '{"place": "요정의 숲"}', "멀다"),
    ),
    2,
)
CHOOSE = Choose("It is noon. Odo decides to", "n", ("accept", "haggle", "leave"), lookups=LOOKS)
WRITE = Write("You are Odo.", "Good day!", 28, ("\n",), lookups=LOOKS)


def wants(sdk: str, *calls: tuple[str, Any], text: str = "") -> dict[str, Any]:
    """A reply that looks things up."""
    if sdk == ANTHROPIC:
        reply = message(text, stop="tool_use")
        reply["content"] = [block for block in reply["content"] if block["text"]] + [
            {"type": "tool_use", "id": f"t{at}", "name": name, "input": args}
            for at, (name, args) in enumerate(calls)
        ]
        return reply
    reply = completion(text or None, stop="tool_calls")
    reply["choices"][0]["message"]["tool_calls"] = [
        {"id": f"t{at}", "type": "function", "function": {"name": name, "arguments": _text(args)}}
        for at, (name, args) in enumerate(calls)
    ]
    return reply


def _text(args: Any) -> str:
    return args if isinstance(args, str) else json.dumps(args)


def picks(sdk: str) -> dict[str, Any]:
    return message('{"option": "2"}') if sdk == ANTHROPIC else completion("B")


def in_turn(*replies: Any) -> Provider:
    rest = list(replies)
    return Provider(
        lambda path, body: (200, rest.pop(0)) if isinstance(rest[0], dict) else rest.pop(0)
    )


def model_on(sdk: str, app: Any) -> Any:
    client = sdks[sdk].DefaultAsyncHttpxClient(transport=httpx2.ASGITransport(app))
    made = Anthropic if sdk == ANTHROPIC else OpenAI
    return made("claude-haiku-5-5", key="k", url="http://provider", http_client=client)


async def asked(sdk: str, app: Any, question: Any = CHOOSE) -> Any:
    model = model_on(sdk, app)
    try:
        return await model.ask(question)
    except ModelError as error:
        return error
    finally:
        await model.close()


def told(sdk: str, body: dict[str, Any]) -> list[tuple[str, bool]]:
    """What a request tells of the calls before it: texts, and whether they are errors."""
    last = body["messages"][-1]
    if sdk == ANTHROPIC:
        return [(one["content"], one["is_error"]) for one in last["content"]]
    tail = [one["content"] for one in body["messages"] if one["role"] == "tool"]
    return [(text, False) for text in tail[-1:]] if last["role"] == "tool" else []


def one(sdk: str) -> Usage:
    return Usage(120, 9, 0) if sdk == ANTHROPIC else Usage(80, 1, 64)


@pytest.mark.parametrize("sdk", SDKS)
async def test_what_is_looked_up_is_told_at_once_and_an_answer_ends_it(sdk: str) -> None:
    app = in_turn(wants(sdk, ("far", {"place": "mill"}), text="Hm."), picks(sdk))
    answer = await asked(sdk, app)
    assert answer.pick == 1
    assert answer.looked == ("far(place=mill)",)
    assert answer.usage == one(sdk) + one(sdk)
    assert answer_from_json(json.loads(json.dumps(answer_json(answer)))) == answer
    first, second = (body for _, body in app.asked)
    assert told(sdk, second) == [("ten steps", False)]
    assert second["messages"][: len(first["messages"])] == first["messages"]
    assert 'far {"place": "mill"}' in json.dumps(first["messages"]).replace('\\"', '"')
    tools = first["tools"]
    names = [tool.get("name") or tool["function"]["name"] for tool in tools]
    assert names == ["prices", "far"]
    strict = tools[0] if sdk == ANTHROPIC else tools[0]["function"]
    assert strict["strict"] is True
    assert strict["input_schema" if sdk == ANTHROPIC else "parameters"] == json.loads(NONE)


@pytest.mark.parametrize("sdk", SDKS)
@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("prices", {}), '{"빵": 3}'), (("far", {"place": "요정의 숲"}), "멀다"),
    ],
)  # fmt: skip
async def test_tools_without_arguments_and_other_letters(sdk: str, call: Any, said: str) -> None:
    app = in_turn(wants(sdk, call), picks(sdk))
    assert (await asked(sdk, app)).pick == 1
    assert told(sdk, app.asked[1][1]) == [(said, False)]


@pytest.mark.parametrize("sdk", SDKS)
async def test_after_so_many_it_must_answer(sdk: str) -> None:
    far = ("far", {"place": "mill"})
    app = in_turn(wants(sdk, far), wants(sdk, far), picks(sdk))
    assert (await asked(sdk, app)).pick == 1
    choices = [body["tool_choice"] for _, body in app.asked]
    kinds = [one["type"] if isinstance(one, dict) else one for one in choices]
    assert kinds == ["auto", "auto", "none"]
    app = in_turn(*[wants(sdk, far)] * 3)
    error = await asked(sdk, app)
    assert isinstance(error, BadReply)
    spent = one(sdk) + one(sdk) + one(sdk)
    assert error.tokens == (spent.input, spent.output, spent.cached)


@pytest.mark.parametrize("sdk", SDKS)
@pytest.mark.parametrize(
    "bad",
    [("fly", {}), ("far", {}), ("far", {"place": "moon"}), ("far", {"place": "mill", "x": 1}),
     ("far", {"place": 1}), ("far", {"place": True})],
)  # fmt: skip
async def test_what_there_is_not_is_set_right_and_then_a_bad_reply(sdk: str, bad: Any) -> None:
    app = in_turn(wants(sdk, bad), picks(sdk))
    assert (await asked(sdk, app)).pick == 1
    [(text, _)] = told(sdk, app.asked[1][1])
    assert "there is no such look-up" in text or "not known now" in text
    patient = replace(CHOOSE, lookups=replace(LOOKS, most=8))
    app = in_turn(*[wants(sdk, bad)] * 9)
    assert isinstance(await asked(sdk, app, patient), BadReply)
    assert len(app.asked) == 3


async def test_arguments_that_are_no_json_are_set_right() -> None:
    app = in_turn(wants(OPENAI, ("far", '{"place": ')), wants(OPENAI, ("far", "")), picks(OPENAI))
    assert (await asked(OPENAI, app)).pick == 1
    assert "one JSON object" in told(OPENAI, app.asked[1][1])[0][0]


@pytest.mark.parametrize("sdk", SDKS)
async def test_many_at_once_are_told_as_far_as_they_may(sdk: str) -> None:
    calls = [("far", {"place": "mill"})] * 4
    app = in_turn(wants(sdk, *calls), picks(sdk))
    answer = await asked(sdk, app)
    assert len(answer.looked) == 2
    text = json.dumps(app.asked[1][1]["messages"])
    assert (text.count("ten steps"), text.count("answer now")) == (2, 2)
    assert isinstance(await asked(sdk, in_turn(wants(sdk, *calls * 3))), BadReply)


@pytest.mark.parametrize("sdk", SDKS)
async def test_no_look_ups_no_tools_and_a_call_is_a_bad_reply(sdk: str) -> None:
    plain = replace(CHOOSE, lookups=Lookups())
    app = in_turn(wants(sdk, ("prices", {})))
    assert isinstance(await asked(sdk, app, plain), BadReply)
    assert "tools" not in app.asked[0][1]
    # Nothing to be found: the tools stand there, for prompts to begin alike, and none may be used.
    bare = replace(CHOOSE, lookups=replace(LOOKS, found=(), most=0))
    app = in_turn(wants(sdk, ("prices", {})))
    assert isinstance(await asked(sdk, app, bare), BadReply)
    assert len(app.asked) == 1
    assert len(app.asked[0][1]["tools"]) == 2


@pytest.mark.parametrize("sdk", SDKS)
async def test_words_with_look_ups_are_heard_anew_after_each(sdk: str) -> None:
    words = message("Good day, the mill is near.") if sdk == ANTHROPIC else completion(
        "Good day, the mill is near."
    )  # fmt: skip
    app = in_turn(wants(sdk, ("far", {"place": "mill"}), text="Let me\nsee."), words)
    texts: list[str] = []

    async def ask() -> Any:
        HEARING.set(texts.append)
        return await asked(sdk, app, WRITE)

    answer = await asyncio.create_task(ask())
    assert answer.text == "Good day, the mill is near." == texts[-1]
    assert "Let " in texts[0] or texts[0] == "Let"
    # Nobody stops at the line's end while something may still be looked up.
    assert told(sdk, app.asked[1][1]) == [("ten steps", False)]


@pytest.mark.parametrize("sdk", SDKS)
async def test_a_fault_on_the_way_costs_what_came_before_it_and_is_not_asked_again(
    sdk: str,
) -> None:
    overloaded = (529, {"error": {"type": "overloaded_error", "message": "later"}})
    app = in_turn(wants(sdk, ("prices", {})), overloaded)
    model = guarded(model_on(sdk, app), deadline=5.0)
    with pytest.raises(ModelError) as caught:
        await model.ask(CHOOSE)
    await model.close()
    first = one(sdk)
    assert caught.value.tokens == (first.input, first.output, first.cached)
    assert (caught.value.kind, len(app.asked)) == ("Unavailable", 2)
    # Of a request that broke off nobody knows: it counts as the most that it can be.
    app = in_turn(wants(sdk, ("prices", {})), (200, b"{"))
    error = await asked(sdk, app)
    assert (error.tokens, error.billed) == (None, True)


async def test_all_of_it_ends_at_the_deadline() -> None:
    far = wants(ANTHROPIC, ("far", {"place": "mill"}))
    app = Provider(lambda path, body: (200, far), wait=0.1)
    model = guarded(model_on(ANTHROPIC, app), deadline=0.25)
    endless = replace(CHOOSE, lookups=replace(LOOKS, most=8))
    with pytest.raises(TimedOut):
        await model.ask(endless)
    await model.close()
    assert len(app.asked) < 5


async def test_each_request_takes_its_place_in_the_minute() -> None:
    far = ("far", {"place": "mill"})
    app = in_turn(wants(ANTHROPIC, far), wants(ANTHROPIC, far), picks(ANTHROPIC))
    model = guarded(model_on(ANTHROPIC, app), GuardsPart(requests=3), deadline=5.0)
    await model.ask(CHOOSE)
    with pytest.raises(ModelError, match="limit of requests"):
        await model.ask(replace(CHOOSE, situation="Later, Odo decides to"))
    await model.close()


@pytest.mark.parametrize("sdk", SDKS)
async def test_the_bound_covers_the_worst_that_a_model_can_do(sdk: str) -> None:
    """Every request with all that came before it, a token a byte, and all output allowed."""
    long = "한" * 900
    known = replace(LOOKS, found=(*LOOKS.found, Found("far", '{"place": "x"}', long)), most=3)
    question = replace(CHOOSE, lookups=known)
    calls = [("far", {"place": "x"})] * 8
    rambling = "m" * 200
    app = in_turn(*[wants(sdk, *calls[:1], text=rambling)] * 3, picks(sdk))
    await asked(sdk, app, question)
    crowded = in_turn(wants(sdk, *calls, text=rambling), picks(sdk))
    await asked(sdk, crowded, question)
    limit = "max_tokens"
    for seen in (app, crowded):
        sent = [
            len(
                json.dumps(
                    [body["messages"], body["tools"], body.get("system")], ensure_ascii=False
                ).encode()
            )
            + body[limit]
            for _, body in seen.asked
        ]
        assert sum(sent) <= bound(question, Price(1, 1, 1)) / 1_000_000
