"""What would not fit is not sent, what fits is; and models that think first are seen through."""

from __future__ import annotations

from dataclasses import replace
from math import log
from typing import Any

import pytest

from npcsim.errors import BadReply, TooLong
from npcsim.messages import Choose, Chosen, Look, Lookups, Usage, Write, Written
from npcsim.models.guards.breaking import Breaking
from npcsim.models.money.prices import ANSWER, most_output
from npcsim.models.remote.servers import counting
from npcsim.models.remote.servers.fitting import Loaded, loaded, needed, too_long
from npcsim.models.remote.servers.found import VLLM, Found
from tests.models.remote.provider import completion
from tests.models.remote.servers import fakes
from tests.models.remote.servers.fakes import CHAT, chat
from tests.models.remote.servers.test_probing import CHOOSE, model_on

LONG = Choose("the mill " * 1000, "Someone decides to", ("accept", "leave"))
WORDS = Write("You are Ida: answer in a sentence.", "Good day! " * 40, 60)


async def sent(app: Any, question: Any, **settings: Any) -> tuple[Any, list[Any]]:
    """-> (the answer or the error, the chats that were sent for it)"""
    model = model_on(app, **settings)
    await model.find()
    app.asked.clear()
    try:
        answer: Any = await model.ask(question)
    except (TooLong, BadReply) as error:
        answer = error
    finally:
        await model.close()
    return answer, [body for path, body in app.asked if path == CHAT]


async def test_a_question_that_does_not_fit_is_not_sent() -> None:
    error, chats = await sent(fakes.ollama(context=4096), LONG, kind="ollama")
    assert type(error) is TooLong
    bounded = counting.bound([LONG.situation])
    assert bounded < int(str(error).split()[3]) < bounded + 600
    assert "with 32 for the answer that is more than the context of 4096 that ollama:m" in str(
        error
    )
    assert (chats, error.billed, error.lasting) == ([], False, False)


@pytest.mark.parametrize("make", [fakes.llama_server, fakes.vllm])
async def test_a_server_that_counts_is_asked_where_the_bound_is_not_enough(make: Any) -> None:
    answer, chats = await sent(make(context=2400), LONG)
    assert isinstance(answer, Chosen)
    assert len(chats) == 1
    error, chats = await sent(make(context=1900), LONG)
    assert "as the server counts them" in str(error)
    assert chats == []
    app = make(context=32768)
    await sent(app, CHOOSE)
    assert "/tokenize" not in [path for path, _ in app.asked]


async def test_the_answer_is_kept_to_the_room_there_is() -> None:
    """vLLM refuses what could go beyond; others would forget the beginning."""
    _, [body] = await sent(fakes.vllm(context=1024), CHOOSE)
    text = [message["content"] for message in body["messages"]]
    assert body["max_tokens"] == 1024 - counting.bound(text)
    assert ANSWER <= body["max_tokens"] < most_output(CHOOSE)


async def test_a_model_that_thinks_gets_room_for_it() -> None:
    app = fakes.vllm(context=1024, said=chat(thinks=True))
    error, chats = await sent(app, CHOOSE)
    assert f"with {most_output(CHOOSE)} for the answer" in str(error)
    assert chats == []


async def test_what_was_not_sent_tells_nothing_of_the_server() -> None:
    model = model_on(fakes.ollama(context=2048), "ollama")
    await model.find()
    guard = Breaking(model, failures=1)
    guard._open = True
    with pytest.raises(TooLong):
        await guard.ask(LONG)
    assert guard.open
    await guard.close()


# -- for the router ----------------------------------------------------------------------------


@pytest.mark.parametrize("question", [CHOOSE, LONG, WORDS])
async def test_the_router_knows_before_what_a_server_that_does_not_count_refuses(
    question: Any,
) -> None:
    """To the token: the context that is just enough is not refused, one less is."""
    needs = needed(question)
    for context, fits in ((needs, True), (needs - 1, False)):
        assert (too_long(question, Loaded(context), None) == "") == fits
        answer, chats = await sent(fakes.ollama(context=context), question, kind="ollama")
        assert isinstance(answer, TooLong) == (not chats) == (not fits)


def test_where_the_server_counts_the_router_goes_by_what_was_refused() -> None:
    room = loaded(Found(VLLM, context=100))
    assert room == Loaded(100, counts=True)
    assert too_long(LONG, room, None) == ""
    refused = needed(LONG)
    assert f"one of {refused} was too long" in too_long(LONG, room, refused)
    assert too_long(CHOOSE, room, refused) == ""
    assert loaded(Found(VLLM)) is None
    assert too_long(LONG, None, None) == ""


def test_thinking_needs_room_and_rounds_are_counted_as_they_are_asked() -> None:
    context = needed(CHOOSE)
    assert too_long(CHOOSE, Loaded(context), None) == ""
    assert f"and {context} are loaded" in too_long(CHOOSE, Loaded(context, thinks=True), None)
    assert too_long(replace(CHOOSE, effort="low"), Loaded(context), None)
    many = replace(CHOOSE, options=tuple(f"walk to the mill of {n} sails" for n in range(200)))
    few = replace(many, options=many.options[-20:])
    assert needed(few) <= needed(many) < 2 * needed(few)


def test_the_bound_is_never_less_than_a_token_a_character_of_another_script() -> None:
    assert counting.bound(["밀가루"]) == counting.TEMPLATE + len("밀가루".encode())
    assert counting.bound(["ab ode"]) == counting.TEMPLATE + 3
    assert counting.bound(["xq"]) == counting.TEMPLATE + 2
    assert counting.bound(["1 2 3"]) == counting.TEMPLATE + 5
    assert counting.bound(["12:30"]) == counting.TEMPLATE + 5
    assert counting.bound(["\ud800"]) == counting.TEMPLATE + 1


# -- thoughts ----------------------------------------------------------------------------------


def reasoned(thoughts: str, text: str, name: str, stop: str = "stop") -> Any:
    reply = completion(text, stop=stop)
    reply["choices"][0]["message"][name] = thoughts
    return reply


def tokens(*said: tuple[str, dict[str, float]]) -> Any:
    """A completion of these tokens, each with its likeliest."""
    reply = completion("".join(token for token, _ in said))
    content = [
        {"token": token, "logprob": 0.0, "bytes": None, "top_logprobs": [
            {"token": other, "logprob": p, "bytes": None} for other, p in top.items()
        ]} for token, top in said
    ]  # fmt: skip
    reply["choices"][0]["logprobs"] = {"content": content, "refusal": None}
    return reply


@pytest.mark.parametrize(
    "reply",
    [
        completion("<think>A?</think>B"), completion("Okay, A or B?</think>\n\nB"),
        reasoned("A?", "B", "reasoning_content"), reasoned("A?", "B", "reasoning"),
    ],
    ids=["tags", "an end alone", "apart", "apart, by another name"],
)  # fmt: skip
async def test_thoughts_are_left_out_and_counted(reply: Any) -> None:
    app = fakes.vllm(said=lambda body: (200, reply))
    answer, _ = await sent(app, CHOOSE)
    assert answer == Chosen(1, None, Usage(80, 1, 64))
    words, _ = await sent(app, Write("You are Odo.", "Hello?"))
    assert words == Written("B", Usage(80, 1, 64))


async def test_the_answers_token_is_found_behind_the_thoughts() -> None:
    reply = tokens(
        ("<think>", {"<think>": 0.0}), ("A", {"A": 0.0}), ("</think>", {"</think>": 0.0}),
        ("\n\n", {"\n\n": 0.0}), ("B", {"B": log(0.75), "A": log(0.25)}),
    )  # fmt: skip
    answer, _ = await sent(fakes.vllm(said=lambda body: (200, reply)), CHOOSE)
    assert answer.probabilities == pytest.approx((0.25, 0.75, 0.0))


@pytest.mark.parametrize(
    "reply",
    [
        completion("<think>Well, if Odo", stop="length"),
        reasoned("Well, if Odo", "", "reasoning_content", "length"),
        reasoned("Well, if Odo", None, "reasoning", "length"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
async def test_who_thinks_until_the_end_is_told_what_to_do(reply: Any) -> None:
    for question in (CHOOSE, Write("You are Odo.", "Hello?")):
        error, _ = await sent(fakes.vllm(said=lambda body: (200, reply)), question)
        assert type(error) is BadReply
        assert "thought for all of the 1 tokens it may use" in str(error)
        assert "does not think" in str(error)
        assert error.tokens == (80, 1, 64)


async def test_thinking_is_switched_off_as_was_found_to_work() -> None:
    _, [body] = await sent(fakes.vllm(), CHOOSE)
    assert body["chat_template_kwargs"] == {"enable_thinking": False, "thinking": False}
    app = fakes.ollama(can=("completion", "thinking"))
    _, [body] = await sent(app, CHOOSE, kind="ollama")
    assert body["reasoning_effort"] == "none"
    _, [body] = await sent(app, CHOOSE, kind="ollama", effort="high")
    assert body["reasoning_effort"] == "high"


async def test_without_json_schema_the_form_is_put_in_words() -> None:
    question = Write("Be short.", "Well?", schema='{"type": "object"}')

    def said(body: dict[str, Any]) -> tuple[int, Any]:
        if "Well?" in body["messages"][-1]["content"]:
            return 200, completion('{"a": 1}')
        return chat(schema=False)(body)

    answer, [body] = await sent(fakes.vllm(said=said), question)
    assert answer.value == {"a": 1}
    assert "response_format" not in body
    assert '{"type": "object"}' in body["messages"][0]["content"]


async def test_an_answer_is_kept_to_the_labels_where_a_server_knows_how() -> None:
    _, [body] = await sent(fakes.llama_server(), CHOOSE)
    assert body["grammar"] == 'root ::= "A" | "B" | "C"'
    assert body["top_logprobs"] == 256
    _, [body] = await sent(fakes.vllm(), CHOOSE)
    assert body["structured_outputs"] == {"choice": ["A", "B", "C"]}
    assert body["top_logprobs"] == 20
    for app in (fakes.vllm(said=chat(thinks=True)), fakes.ollama()):
        _, [body] = await sent(app, CHOOSE)
        assert not {"grammar", "structured_outputs"} & set(body)


async def test_a_letter_that_was_said_is_a_choice_between_letters() -> None:
    """However likely other words would have been, had it been allowed to say them."""
    reply = completion("B", {"B": log(0.06), "The": log(0.8), "A": log(0.02)})
    answer, _ = await sent(fakes.llama_server(said=lambda body: (200, reply)), CHOOSE)
    assert answer.probabilities == pytest.approx((0.25, 0.75, 0.0))


async def test_who_may_look_something_up_is_not_held_to_a_letter() -> None:
    """llama-server refuses a grammar beside tools."""
    looks = Lookups((Look("price", "What it costs.", '{"type": "object"}'),), (), 2)
    _, [body] = await sent(fakes.llama_server(), replace(CHOOSE, lookups=looks))
    assert "grammar" not in body
