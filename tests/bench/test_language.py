"""The bench of languages: its situations, and what it calls fit."""

from __future__ import annotations

import pytest

from npcsim.bench.language import FIT, OPTIONS, measure, questions, situations
from npcsim.errors import NpcsimError
from npcsim.messages import Answer, Choose, Chosen, Question
from npcsim.models.scripted import Scripted

LANGUAGES = ("en", "ko")


def test_situations_are_the_same_number_with_four_different_options_each() -> None:
    for language in LANGUAGES:
        assert len(situations(language)) == 40
        for question, sensible in questions(language):
            assert len({*question.options}) == OPTIONS
            assert 0 <= sensible < OPTIONS
    english, korean = (situations(language) for language in LANGUAGES)
    assert [row["day"] for row in english] == [row["day"] for row in korean]


def test_the_frame_is_that_of_minds_and_no_place_is_always_right() -> None:
    question, sensible = questions("ko")[1]
    assert (
        question.situation == "지금은 저녁이다. 핀은 우물가에 있다. 핀은 목이 마르다. 그래서 핀은"
    )
    assert question.options[sensible] == "물을 마신다"
    assert [sensible for _, sensible in questions("en")[:5]] == [0, 3, 2, 1, 0]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_who_knows_all_is_fit_and_who_takes_the_first_is_not(language: str) -> None:
    known = {q.situation: sensible for q, sensible in questions(language)}

    def knowing(question: Question) -> Answer:
        assert isinstance(question, Choose)
        return Chosen(known[question.situation])

    best = await measure(Scripted(knowing), language)
    assert (best.right, best.of, best.fit) == (40, 40, True)
    first = await measure(Scripted(lambda question: Chosen(0, (0.4, 0.2, 0.2, 0.2))), language)
    assert (first.right, first.fit, first.share) == (10, False, 0.25)
    assert first.right < FIT


def test_a_language_without_situations_is_told() -> None:
    with pytest.raises(NpcsimError, match="no situations in 'fr'; there are in en, ko"):
        situations("fr")
