"""A choice read twice: how the two readings are put together, and what is left alone."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from npcsim.bench.language import questions
from npcsim.errors import BadReply, Unavailable
from npcsim.messages import Choose, Chosen, Queueing, Usage, Write, Written
from npcsim.models.embedding.minilm import MiniLM, why_missing
from npcsim.models.guards.around import bare
from npcsim.models.guards.seconded import (
    MODEL_WEIGHT,
    NEAR_WEIGHT,
    READING,
    Seconded,
    pressing,
    seconded,
)
from tests.models.embedding.meanings import Meanings
from tests.models.guards.watches import Fake

REAL = pytest.mark.skipif(bool(why_missing()), reason=why_missing())
QUESTION = Choose(
    "It is noon. Little Jule is in the yard. Little Jule is starving. Little Jule needs to",
    "Someone needs to",
    ("sing", "eat the bread", "sleep"),
)
ANSWER = Chosen(0, (0.5, 0.3, 0.2), Usage(40))
NEAR = {"eat the bread": ("I is starving.", 0.5), "sleep": ("I is starving.", 0.1)}


async def test_the_log_of_the_models_share_and_the_cosine_are_added() -> None:
    model = Seconded(Fake(lambda nth: ANSWER), Meanings(NEAR))
    said = await model.ask(QUESTION)

    scores = [
        MODEL_WEIGHT * math.log(share) + NEAR_WEIGHT * near
        for share, near in ((0.5, 0.0), (0.3, 0.5), (0.2, 0.1))
    ]
    total = sum(map(math.exp, scores))
    assert isinstance(said, Chosen)
    assert said.probabilities == pytest.approx([math.exp(score) / total for score in scores])
    assert (said.pick, said.usage) == (1, ANSWER.usage)


def test_what_presses_is_the_sentence_before_the_frame_in_the_first_person() -> None:
    assert pressing(QUESTION) == "I is starving."
    told = "Mara is at home. A fox takes Mara's hen. Mara needs to"
    assert pressing(replace(QUESTION, situation=told)) == "A fox takes I's hen."
    assert pressing(replace(QUESTION, situation="Mara needs to")) == ""
    assert pressing(replace(QUESTION, neutral="What now?")) == ""


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (QUESTION, Chosen(2, None)),
        (replace(QUESTION, situation="Mara needs to"), ANSWER),
        (Write("", "Good day!"), Written("Good day.")),
    ],
)
async def test_what_has_no_second_reading_is_left_as_it_is(question: Any, answer: Any) -> None:
    embedder = Meanings()
    assert await Seconded(Fake(lambda nth: answer), embedder).ask(question) == answer
    assert embedder.asked == []


async def test_an_option_that_the_model_rules_out_is_still_a_number() -> None:
    said = await seconded(QUESTION, Chosen(0, (1.0, 0.0, 0.0)), Meanings(NEAR))
    assert said.pick == 0
    assert said.probabilities is not None
    assert 0 < said.probabilities[2] < said.probabilities[1] < 0.01


async def test_vectors_that_are_no_numbers_are_no_answer() -> None:
    class Broken(Meanings):
        async def embed(self, texts: Any) -> Any:
            return np.full((len(texts), 4), math.nan, np.float32)

    with pytest.raises(BadReply, match="meanings are not numbers"):
        await seconded(QUESTION, ANSWER, Broken())


async def test_failures_of_either_are_told_and_both_are_closed() -> None:
    embedder = Meanings()
    embedder.down = True
    inner = Fake(lambda nth: ANSWER)
    model = Seconded(inner, embedder)
    with pytest.raises(Unavailable, match="down"):
        await model.ask(QUESTION)
    await model.close()
    assert embedder.closed == 1
    assert model.fingerprint == f"{inner.fingerprint}+meanings/1/{READING}"
    assert bare(model) is inner


async def test_a_queue_is_told_who_goes_first() -> None:
    class Queue(Fake):
        turns: list[tuple[int, int]] = []  # noqa: RUF012

        async def ask_in_turn(self, question: Any, *, priority: int, lands: int) -> Any:
            self.turns.append((priority, lands))
            return await self.ask(question)

    model = Seconded(Queue(lambda nth: ANSWER), Meanings(NEAR))
    assert isinstance(model, Queueing)
    assert await model.ask_in_turn(QUESTION, priority=2, lands=7) == await model.ask(QUESTION)
    assert Queue.turns == [(2, 7)]
    alone = Seconded(Fake(lambda nth: ANSWER), Meanings(NEAR))
    assert await alone.ask_in_turn(QUESTION, priority=0, lands=0) == await model.ask(QUESTION)


@REAL
async def test_order_and_company_change_no_bit() -> None:
    embedder = MiniLM()
    turned = replace(QUESTION, options=QUESTION.options[::-1])
    back = replace(ANSWER, probabilities=(0.2, 0.3, 0.5))
    other = Choose("It rains. Tom needs to", "Someone needs to", ("go in", "wait"))
    alone = await seconded(QUESTION, ANSWER, embedder)
    _, same, mirrored = await asyncio.gather(
        seconded(other, Chosen(0, (0.5, 0.5)), embedder),
        seconded(QUESTION, ANSWER, embedder),
        seconded(turned, back, embedder),
    )
    assert same == alone
    assert alone.probabilities is not None
    assert mirrored.probabilities == alone.probabilities[::-1]


@REAL
async def test_meaning_alone_finds_most_of_what_is_sensible() -> None:
    """With a model that has no opinion: 34 of the 40 were seen, 10 come by chance."""
    embedder, right = MiniLM(), 0
    for question, best in questions("en"):
        flat = Chosen(0, tuple(1 / len(question.options) for _ in question.options))
        right += (await seconded(question, flat, embedder)).pick == best
    assert right >= 30
