"""What is read off a model's state after an option, and that it counts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from npcsim.inference.chat import PLAIN
from npcsim.inference.choosing import log_shares, shares, spoken
from npcsim.inference.engine import NEUTRAL_WEIGHT, TEMPERATURE, Engine
from npcsim.inference.readout import Readout, readout_from
from npcsim.messages import Choose, Chosen
from npcsim.models.local.readout import readout_of
from tests.inference.byte_runner import ByteRunner

QUESTION = Choose("Mara is hungry. So Mara wants to", "Someone wants to", ("eat", "sleep", "x"))
READ = Readout([101, 32, 46], [0.5, -2.0, 1.0])


def choose(engine: Engine, question: Choose = QUESTION) -> Chosen:
    answer = engine.answer(question)
    assert isinstance(answer, Chosen)
    return answer


def log_p(prompt: str, option: str) -> float:
    held, total = list(prompt.encode()), 0.0
    for token in spoken(option).encode():
        total += log_shares(ByteRunner().after(held), [token])[0]
        held.append(token)
    return total


def read(option: str) -> float:
    after = ByteRunner().after(list((QUESTION.situation + spoken(option)).encode()))
    first, second, third = log_shares(after, [101, 32, 46])
    return 0.5 * first - 2.0 * second + third


def test_what_is_read_after_the_last_token_is_added_to_the_score() -> None:
    answer = choose(Engine(ByteRunner(), PLAIN, readout=READ))
    scores = [
        log_p(QUESTION.situation, o) + read(o) - NEUTRAL_WEIGHT * log_p(QUESTION.neutral, o)
        for o in QUESTION.options
    ]
    assert answer.probabilities == pytest.approx(shares(scores, TEMPERATURE))
    assert answer.probabilities != choose(Engine(ByteRunner(), PLAIN)).probabilities


def test_company_order_and_table_change_no_bit() -> None:
    alone = choose(Engine(ByteRunner(), PLAIN, readout=READ)).probabilities
    runner = ByteRunner()
    engine = Engine(runner, PLAIN, readout=READ)
    turned = Choose(QUESTION.situation, QUESTION.neutral, QUESTION.options[::-1])
    for number, question in enumerate((turned, QUESTION, Choose("So Tom", "So", ("y", "zz")))):
        engine.submit(number, question)
    found = {}
    while engine.busy:
        found.update(dict(engine.step()))
    assert isinstance(found[0], Chosen)
    assert isinstance(found[1], Chosen)
    assert found[1].probabilities == alone
    assert found[0].probabilities is not None
    assert found[0].probabilities[::-1] == alone
    assert runner.singles() == []


def test_it_takes_a_row_more_an_option() -> None:
    engine, more = Engine(ByteRunner(), PLAIN), Engine(ByteRunner(), PLAIN, readout=READ)
    counts = []
    for one in (engine, more):
        choose(one)
        before = one.stats.rows
        choose(one)
        counts.append(one.stats.rows - before - one.stats.filler)
    assert counts[1] >= counts[0]


def test_a_readout_leaves_the_logits_and_is_a_weighted_sum() -> None:
    logits = np.array([0.0, 1.0, 3.0], np.float32)
    kept = logits.copy()
    total = math.log(sum(map(math.exp, (0.0, 1.0, 3.0))))
    assert Readout([2, 0], [2.0, -1.0])(logits) == pytest.approx(2 * (3 - total) + total, abs=1e-6)
    assert (logits == kept).all()
    with pytest.raises(ValueError, match="1 weights for 2 tokens"):
        Readout([1, 2], [1.0])


def test_weights_ship_for_the_bundled_model_alone() -> None:
    data = readout_of("b179c9523d0e6a0f")
    assert data is not None
    assert readout_from(data) is not None
    assert readout_of("b179") is None
    assert readout_of("0" * 64) is None
    assert readout_from(None) is None
