"""Questions and answers as plain data: what is new leaves what was filed before as it was."""

from __future__ import annotations

import hashlib
import json
import math

import pytest

from npcsim.messages import (
    Choose,
    Chosen,
    Prefix,
    Question,
    Write,
    Written,
    question_from_json,
    question_json,
    request_key,
)

CHOICE = Choose("Mara decides to", "Someone decides to", ("eat", "wait"))
PREFIX = Prefix("Rules.", "I am Mara.", "mara")


def test_a_question_without_prefix_or_schema_is_filed_as_ever() -> None:
    assert question_json(CHOICE) == {
        "ask": "choose",
        "situation": "Mara decides to",
        "neutral": "Someone decides to",
        "options": ("eat", "wait"),
        "purpose": "decide",
    }
    assert set(question_json(Write("a", "b"))) == {
        *("ask", "system", "user", "max_tokens", "stop", "purpose")
    }
    body = json.dumps(question_json(CHOICE), sort_keys=True)
    assert request_key("f", CHOICE) == hashlib.sha256(f"f\n{body}".encode()).hexdigest()


@pytest.mark.parametrize(
    "question",
    [
        CHOICE,
        Choose("Mara decides to", "Someone decides to", ("eat",), prefix=PREFIX),
        Choose("Mara", "Someone", ("eat",), prefix=Prefix(shared="Rules.")),
        Write("a", "b", 9, ("x",), prefix=PREFIX, schema='{"type": "null"}'),
    ],
)
def test_questions_come_back_whole(question: Question) -> None:
    assert question_from_json(json.loads(json.dumps(question_json(question)))) == question


def test_prefix_and_schema_are_part_of_what_is_asked() -> None:
    keys = {
        request_key("f", question)
        for question in (
            Write("a", "b"),
            Write("a", "b", schema="{}"),
            Write("a", "b", prefix=PREFIX),
            Write("a", "b", prefix=Prefix("Rules.", "I am Tom.", "mara")),
        )
    }

    assert len(keys) == 4


def test_openness_of_a_choice() -> None:
    assert Chosen(0, (1.0, 0.0)).entropy == 0
    assert Chosen(0, (0.5, 0.5)).entropy == pytest.approx(math.log(2))
    assert Chosen(1, (0.25, 0.75)).margin == pytest.approx(0.5)
    assert Chosen(0, (1.0,)).margin == 1
    assert Chosen(0).entropy is None
    assert Chosen(0).margin is None


def test_a_typed_answer_has_a_value() -> None:
    assert Written('{"a":[1]}').value == {"a": [1]}
    with pytest.raises(ValueError, match="Expecting"):
        assert Written("Good day.").value
