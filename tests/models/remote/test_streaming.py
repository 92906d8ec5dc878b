"""Words that are heard while they come: the real SDKs' streams, and the same answers."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from typing import Any

import pytest

from npcsim.assembly.thinking.guarding import guarded
from npcsim.errors import BadReply, ModelError
from npcsim.messages import HEARING, Choose, Usage, Write, Written
from npcsim.models.money.prices import most_output
from npcsim.models.remote.anthropic import Anthropic
from npcsim.models.remote.openai import OpenAI
from npcsim.models.remote.streaming import tokens_of
from tests.models.remote.provider import EVENTS, Provider, completion, message, streamed

sdks = {name: pytest.importorskip(name) for name in ("anthropic", "openai")}
httpx2 = pytest.importorskip("httpx2")
SDKS = list(sdks)
CHOOSE = Choose("It is noon. Odo decides to", "Someone decides to", ("accept", "haggle", "leave"))
WRITE = Write("You are Odo.", "Good day!", 28, ("\n",))


def says(sdk: str, text: str, **more: Any) -> dict[str, Any]:
    return message(text, **more) if sdk == "anthropic" else completion(text, **more)


def model_on(sdk: str, app: Any) -> Any:
    client = sdks[sdk].DefaultAsyncHttpxClient(transport=httpx2.ASGITransport(app))
    made = Anthropic if sdk == "anthropic" else OpenAI
    return made("m", key="k", url="http://provider", http_client=client)


async def heard(sdk: str, app: Any, question: Any = WRITE) -> tuple[Any, list[str]]:
    """-> (the answer or the error, what was heard on the way)"""
    texts: list[str] = []

    async def ask() -> Any:
        HEARING.set(texts.append)
        model = model_on(sdk, app)
        try:
            return await model.ask(question)
        except ModelError as error:
            return error
        finally:
            await model.close()

    return await asyncio.create_task(ask()), texts


async def unheard(sdk: str, reply: Any, question: Any = WRITE) -> Any:
    model = model_on(sdk, Provider(lambda path, body: (200, reply)))
    try:
        return await model.ask(question)
    finally:
        await model.close()


@pytest.mark.parametrize("sdk", SDKS)
@pytest.mark.parametrize(
    "text",
    [
        "Good day to you, traveller.",
        " Good day.\nNever said.",
        "좋은 날이에요. 어서 와요.",
        "Yes, I am.\n",
    ],
)
async def test_what_is_heard_grows_into_the_answer_that_is_the_same_unstreamed(
    sdk: str, text: str
) -> None:
    app = Provider(lambda path, body: (200, says(sdk, text)))
    answer, texts = await heard(sdk, app)
    assert answer.text == (await unheard(sdk, says(sdk, text))).text == texts[-1]
    assert len(texts) > 1
    assert all(late.startswith(soon) and late != soon for soon, late in pairwise(texts))
    assert app.asked[0][1]["stream"] is True


@pytest.mark.parametrize("sdk", SDKS)
async def test_a_whole_stream_counts_as_unstreamed(sdk: str) -> None:
    reply = says(sdk, "Good day to you.")
    answer, _ = await heard(sdk, Provider(lambda path, body: (200, reply)))
    assert answer == await unheard(sdk, reply)


@pytest.mark.parametrize("sdk", SDKS)
async def test_choices_and_json_are_not_streamed(sdk: str) -> None:
    schema = Write("s", "u", 50, schema='{"type": "object"}')
    text = '{"option": "2"}' if sdk == "anthropic" else "B"
    for question, reply in ((CHOOSE, text), (schema, "{}")):
        app = Provider(lambda path, body, reply=reply: (200, says(sdk, reply)))
        answer, texts = await heard(sdk, app, question)
        assert not isinstance(answer, ModelError)
        assert texts == []
        assert "stream" not in app.asked[0][1]


async def test_a_claude_stream_is_left_at_its_stop_and_counted_at_its_most() -> None:
    cut = streamed(message("Good day.\nAnd so on"))
    cut = cut[: cut.index(b"d so")]  # what would come after that is not read
    answer, texts = await heard(
        "anthropic", Provider(lambda path, body: (200, cut, {"content-type": EVENTS}))
    )
    assert (answer.text, texts[-1]) == ("Good day.", "Good day.")
    # Input as told at the beginning; a token a byte of what came, and no more than is allowed.
    assert answer.usage.input == 120
    assert tokens_of("Good day.\nAn") <= answer.usage.output <= most_output(WRITE)


async def test_where_somebody_has_thought_first_the_end_is_waited_for() -> None:
    reply = message("Good day.\nAnd so on.")
    reply["content"].insert(0, {"type": "thinking", "thinking": "Hm, well.", "signature": "x"})
    answer, _ = await heard("anthropic", Provider(lambda path, body: (200, reply)))
    assert answer == Written("Good day.", Usage(120, 9, 0))


async def test_a_server_that_counts_as_it_goes_is_left_at_the_stop() -> None:
    def chunk(text: str, output: int) -> dict[str, Any]:
        reply = completion(text)
        return {
            "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}],
            "usage": {**reply["usage"], "completion_tokens": output},
        }  # fmt: skip

    lines = [chunk("Good", 1), chunk(" day.\nAnd", 5), chunk(" never this", 9)]
    body = b"".join(b"data: " + json.dumps(line).encode() + b"\n\n" for line in lines)
    app = Provider(lambda path, sent: (200, body, {"content-type": EVENTS}))
    answer, _ = await heard("openai", app)
    assert answer == Written("Good day.", Usage(80, 5, 64))
    assert app.asked[0][1]["stream_options"]["continuous_usage_stats"] is True


async def test_thoughts_are_not_heard() -> None:
    text = "<think>\nWhat to say?\n</think>\n\nGood day."
    answer, texts = await heard("openai", Provider(lambda p, b: (200, says("openai", text))))
    assert answer.text == "Good day."
    assert not any("think" in said or "What" in said for said in texts)
    assert "Good day.".startswith(texts[0])


@pytest.mark.parametrize("sdk", SDKS)
async def test_a_refusal_in_a_stream_is_one(sdk: str) -> None:
    stop = {"anthropic": "refusal", "openai": "content_filter"}[sdk]
    answer, _ = await heard(sdk, Provider(lambda p, b: (200, says(sdk, "I can", stop=stop))))
    assert isinstance(answer, BadReply)
    assert answer.tokens is not None


@pytest.mark.parametrize("sdk", SDKS)
async def test_a_question_that_is_asked_again_is_told_anew_through_all_guards(sdk: str) -> None:
    whole = streamed(says(sdk, "Good day to you."))
    half = whole[: whole.index(b" to ")]
    bodies = [half, whole]
    app = Provider(lambda path, body: (200, bodies.pop(0), {"content-type": EVENTS}))
    texts: list[str] = []

    async def ask() -> Any:
        HEARING.set(texts.append)
        model = guarded(model_on(sdk, app), deadline=5.0, charged=False)
        try:
            return await model.ask(WRITE)
        finally:
            await model.close()

    answer = await asyncio.create_task(ask())
    assert answer.text == "Good day to you."
    again = texts.index(texts[0], 1)
    assert len(texts[again]) < len(texts[again - 1])
    assert texts[-1] == answer.text
