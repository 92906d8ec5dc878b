from __future__ import annotations

import asyncio

import pytest

from npcsim.errors import TimedOut, Unavailable
from npcsim.messages import Answer, Choose, Chosen, Model, Question, Write, Written
from npcsim.models.scripted import Scripted

QUESTION = Choose("Mara wants to", "Someone wants to", ("eat", "sleep", "sing"))
EXPECTED = (45 / 220, 93 / 220, 82 / 220)


async def test_the_default_rule_answers_alike_everywhere() -> None:
    model: Model = Scripted()
    answer = await model.ask(QUESTION)

    assert isinstance(answer, Chosen)
    assert answer == await Scripted().ask(QUESTION)
    # From a SHA-256, so the same on every machine and under every PYTHONHASHSEED.
    assert answer.probabilities == pytest.approx(EXPECTED)
    assert sum(answer.probabilities or ()) == pytest.approx(1)
    assert answer.pick == EXPECTED.index(max(EXPECTED))


async def test_the_default_rule_speaks_a_sentence() -> None:
    answer = await Scripted().ask(Write("You are Mara.", "Greet Tom."))

    assert isinstance(answer, Written)
    assert answer.text.endswith((".", "?"))


async def test_a_rule_may_answer_with_an_error() -> None:
    def rule(question: Question) -> Answer | Exception:
        return TimedOut("asleep") if isinstance(question, Write) else Chosen(pick=1)

    model = Scripted(rule, name="sleepy")

    assert await model.ask(QUESTION) == Chosen(pick=1)
    with pytest.raises(TimedOut, match="asleep"):
        await model.ask(Write("", "Speak!"))
    assert model.asked == [QUESTION, Write("", "Speak!")]
    assert (model.name, model.fingerprint) == ("sleepy", "scripted/sleepy")


async def test_a_delay_shuffles_who_is_first() -> None:
    first_done = asyncio.Event()
    order: list[str] = []

    async def delay(question: Question) -> None:
        if question.purpose == "late":
            await first_done.wait()

    async def ask(purpose: str) -> None:
        await model.ask(Write("", "Speak!", purpose=purpose))
        order.append(purpose)
        first_done.set()

    model = Scripted(delay=delay)
    await asyncio.gather(ask("late"), ask("early"))

    assert order == ["early", "late"]


async def test_closed_is_unavailable() -> None:
    model = Scripted()
    await model.close()
    await model.close()

    with pytest.raises(Unavailable, match="closed"):
        await model.ask(QUESTION)
