from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from npcsim.errors import BadReply, TooLong
from npcsim.inference.chat import PLAIN
from npcsim.inference.choosing import log_shares, shares, spoken
from npcsim.inference.engine import NEUTRAL_WEIGHT, TEMPERATURE, Engine
from npcsim.inference.sequence import Logits
from npcsim.inference.writing import stopped
from npcsim.messages import Choose, Chosen, Write, Written
from tests.inference.byte_runner import ByteRunner


def by_hand(prompt: str, option: str) -> float:
    runner, score = ByteRunner(), 0.0
    held = list(prompt.encode())
    for token in spoken(option).encode():
        score += log_shares(runner.after(held), [token])[0]
        held.append(token)
    return score


QUESTION = Choose("Mara is hungry. So Mara wants to", "Someone wants to", ("eat", "sleep", "sing"))


def choose(engine: Engine, question: Choose) -> Chosen:
    answer = engine.answer(question)
    assert isinstance(answer, Chosen)
    return answer


def test_a_score_is_log_p_told_less_a_part_of_log_p_neutral() -> None:
    answer = choose(Engine(ByteRunner(), PLAIN, temperature=1.5), QUESTION)

    scores = [
        by_hand(QUESTION.situation, option) - NEUTRAL_WEIGHT * by_hand(QUESTION.neutral, option)
        for option in QUESTION.options
    ]
    assert answer.probabilities == pytest.approx(shares(scores, 1.5))
    assert answer.pick == scores.index(max(scores))


def test_company_order_and_table_change_no_bit() -> None:
    alone = choose(Engine(ByteRunner(), PLAIN), QUESTION).probabilities
    engine = Engine(ByteRunner(), PLAIN)
    choose(engine, Choose("Tom is tired. Tom wants to", QUESTION.neutral, ("sleep", "dance")))
    turned = Choose(QUESTION.situation, QUESTION.neutral, QUESTION.options[::-1])

    assert alone is not None
    for _ in range(2):
        assert choose(engine, QUESTION).probabilities == alone
        back = choose(engine, turned).probabilities
        assert back is not None
        assert back[::-1] == alone


def test_neutral_scores_are_computed_once() -> None:
    runner = ByteRunner()
    engine = Engine(runner, PLAIN)
    choose(engine, QUESTION)
    first = engine.stats.rows
    choose(engine, QUESTION)
    again = engine.stats.rows - first

    assert again == 32 + len(" eat") - 1 + len("sleep") - 1 + len("ing") - 1
    assert first > again


def test_what_options_begin_with_alike_is_computed_once() -> None:
    told = tuple(f"tell {who} that {what}" for who in ("Tom", "Ida") for what in ("it rains", "no"))
    options = (*told, "go", "go home", "tell Tom", "go")
    question = Choose("Mara wants to", "Someone wants to", options)
    engine = Engine(ByteRunner(), PLAIN)
    chosen = choose(engine, question)

    scores = [
        by_hand(question.situation, option) - NEUTRAL_WEIGHT * by_hand(question.neutral, option)
        for option in options
    ]
    assert chosen.probabilities == pytest.approx(shares(scores, TEMPERATURE))
    begun = {spoken(one)[:n] for one in options for n in range(1, len(spoken(one)))}
    alone = sum(len(spoken(one)) - 1 for one in options)
    assert len(begun) < alone / 2
    assert chosen.usage.computed == engine.stats.rows
    assert engine.stats.rows == len("Mara wants toSomeone wants to") + 2 * len(begun)


def test_no_slice_of_one_token_while_scoring() -> None:
    runner = ByteRunner()
    choose(Engine(runner, PLAIN), Choose("So now they", "X", ("a", "go", "x" * 40)))

    assert runner.singles() == []


def test_a_question_that_does_not_fit_names_the_counts() -> None:
    engine = Engine(ByteRunner(context=40), PLAIN)

    with pytest.raises(TooLong, match=r"32 tokens to read and 9 to go on.*has 40"):
        engine.answer(Choose(QUESTION.situation, "Someone", ("eat some", "rest")))
    with pytest.raises(TooLong, match="and 30 to go on"):
        engine.answer(Write("", "Who are you?", max_tokens=30))


def test_a_choice_needs_options_and_a_situation() -> None:
    engine = Engine(ByteRunner(), PLAIN)

    with pytest.raises(BadReply, match="without options"):
        engine.answer(Choose("Mara wants to", "Someone wants to", ()))
    with pytest.raises(BadReply, match="needs a situation"):
        engine.answer(Choose(" ", "Someone wants to", ("eat",)))


def test_scores_that_are_no_numbers_are_no_answer() -> None:
    class Broken(ByteRunner):
        def after(self, held: Sequence[int]) -> Logits:
            return np.full(256, math.nan, np.float32)

    with pytest.raises(BadReply, match="not numbers"):
        Engine(Broken(), PLAIN).answer(QUESTION)


@pytest.mark.parametrize(
    ("script", "stop", "text", "tokens"),
    [
        ("Good day, Tom.", ("\n",), "Good day, Tom.", 14),
        ("\n\n Good day.\nTom: hey", ("\n",), "Good day.", 13),
        ("Hello there. Tom:", ("Tom:", "zzz"), "Hello there.", 17),
        ("x" * 30, (), "x" * 20, 20),
        ("Brot für Käthe", (), "Brot für Käthe", 16),
        ("aaaaaaaaaaaaaaaaaaaü", (), "a" * 19, 20),  # cut between the bytes of ü
    ],
)
def test_writing_stops_and_is_stripped(
    script: str, stop: tuple[str, ...], text: str, tokens: int
) -> None:
    engine = Engine(ByteRunner(script=script.encode()), PLAIN)
    answer = engine.answer(Write("Be brief.", "Speak!", max_tokens=20, stop=stop))

    assert isinstance(answer, Written)
    assert answer.text == text
    assert answer.usage.output == tokens


def test_nothing_written_is_a_bad_reply() -> None:
    for script in (b"\0", b"  \n  \n"):
        with pytest.raises(BadReply, match="wrote nothing"):
            Engine(ByteRunner(script=script), PLAIN).answer(Write("", "Speak!", max_tokens=8))


def test_stops_are_looked_for_after_the_first_word() -> None:
    assert stopped(b"\n\nhello", ("\n",)) is None
    assert stopped(b"\n\nhello\nyou", ("\n", "lo")) == "hel"
    assert stopped(b"hello", ("",)) is None
