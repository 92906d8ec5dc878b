"""The real model: what was kept, who came along and how it was cut never changes a bit."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence

import pytest

from npcsim.errors import BadReply, ModelError
from npcsim.inference.chat import CHATML
from npcsim.inference.engine import Engine
from npcsim.inference.readout import readout_from
from npcsim.inference.runner import Runner
from npcsim.inference.sequence import Slice
from npcsim.messages import Answer, Choose, Prefix, Question, Write
from npcsim.models.digests import sha256_of
from npcsim.models.local.bundled import bundled_model_path
from npcsim.models.local.readout import readout_of
from tests.inference.answers import bare

BUNDLED = bundled_model_path()
pytestmark = pytest.mark.skipif(
    BUNDLED is None or importlib.util.find_spec("llama_cpp") is None,
    reason='the local tier is not installed: pip install "npcsim[local]"',
)
RULES = "This is a village. Nobody may steal. Who works is paid at noon. The gate shuts at dusk.\n"
NAMES = ("Mara", "Tom", "Edda", "Bran", "Finn", "Gerda")
OPTIONS = ("eat the bread", "talk with the old smith", "wait", "go to the chapel")


def choice(name: str, past: int) -> Choose:
    own = f"{name} is a quiet person. " + f"{name} spoke with the miller. " * past
    prefix = Prefix(RULES, own, name)
    text = f"{name} is {'very ' * (len(name) - 2)}hungry. {name} decides to"
    return Choose(text, "Someone decides to", OPTIONS, "decide", prefix)


NEWS = (
    "tell Mara that the mill burns", "tell Mara that bread is cheap", "tell Ida bread is cheap",
    "go", "go home",
)  # fmt: skip


def news(of: str) -> Choose:
    """Without a prefix: what it begins with is all that the next may have in common with it."""
    text = f"It is noon. Tom is at the mill with a sack of grain and a lamp. {of} So Tom decides to"
    return Choose(text, "Someone decides to", NEWS)


QUESTIONS: tuple[Question, ...] = (
    *(choice(name, at % 3) for at, name in enumerate(NAMES)),
    Write("You speak one short sentence.", "Say good morning to Tom.", 9),
    Write("Short.", "Hello!", 9, prefix=Prefix(RULES, "You are Mara. ", "Mara")),
    Choose("Night.\nTom", "Someone", ("sleeps", "runs")),
    choice("Mara", 3),
    news("The mill burns."),
    news("The miller sings."),
    Write("You are Tom. You are a smith of few words. Answer in one sentence.", "Hello, Tom!", 9),
    Write("You are Tom. You are a smith of few words. Answer in one sentence.", "Good night!", 9),
)


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    one = Runner(str(BUNDLED), threads=1, context=512, places=5)
    yield one
    one.close()


def run(engine: Engine, questions: Sequence[Question]) -> list[Answer | ModelError]:
    found = {}
    for number, question in enumerate(questions):
        engine.submit(number, question, whose="Tom")
    while engine.busy:
        found |= dict(engine.step())
    return [found[number] for number in range(len(questions))]


@pytest.mark.parametrize("careful", [False, True])
def test_alone_in_company_chunked_evicted_and_rebuilt_are_equal_bits(
    runner: Runner, careful: bool
) -> None:
    weights = readout_of(sha256_of(BUNDLED)) if careful and BUNDLED else None
    assert careful == (weights is not None)
    read = readout_from(weights)
    singly = Engine(runner, CHATML, kept_bytes=0, readout=read)
    alone = [singly.answer(question) for question in QUESTIONS]
    keeping = Engine(runner, CHATML, readout=read)
    cramped = Engine(runner, CHATML, kept_bytes=150 * runner.token_bytes, readout=read)
    for _ in range(2):
        assert bare(run(keeping, QUESTIONS)) == bare(alone)
        assert bare(run(cramped, QUESTIONS[::-1])) == bare(alone[::-1])

    assert keeping.stats.spared > 10 * keeping.stats.kept
    assert keeping.stats.filler > 0
    assert cramped.stats.dropped > 3


def test_a_question_that_was_interrupted_is_answered_the_same_later(runner: Runner) -> None:
    engine = Engine(runner, CHATML)
    (alone,) = run(engine, QUESTIONS[:1])
    for number, question in enumerate(QUESTIONS):
        engine.submit(number, question)
    for step in range(6):
        engine.step()
        engine.cancel(step)

    assert bare(run(engine, QUESTIONS[:1])) == bare([alone])


def test_kept_sequences_come_back_bit_for_bit(runner: Runner) -> None:
    tokens = runner.tokens(RULES * 2)
    more = runner.tokens("Mara is hungry and")
    runner.decode([Slice(0, 0, tokens)])
    handle, size = runner.keep(0)
    expected = runner.decode([Slice(0, len(tokens), more, (len(more) - 1,))])[0].copy()
    runner.cut(0, 0)
    runner.bring(handle, 3)
    found = runner.decode([Slice(3, len(tokens), more, (len(more) - 1,))])[0]

    assert found.tobytes() == expected.tobytes()
    assert abs(size - len(tokens) * runner.token_bytes) < size / 20
    runner.cut(3, 0)


def test_one_cache_for_all_gives_answers_too() -> None:
    """What runs on a GPU, here on the CPU: the answers are sane, their bits are not promised."""
    one = Runner(str(BUNDLED), threads=1, context=256, places=3, streams=False, memory=40 << 20)
    engine = Engine(one, CHATML, kept_bytes=20 << 20)
    (alone,) = run(engine, [choice("Mara", 1)])
    answers = run(engine, QUESTIONS)
    facts = one.facts()
    one.close()

    assert facts["cache"] == "unified"
    assert not any(isinstance(answer, ModelError) for answer in answers)
    assert engine.stats.spared > 0
    assert alone.pick == answers[0].pick  # type: ignore[union-attr]


def test_words_under_a_schema_fit_it_or_are_a_bad_reply(runner: Runner) -> None:
    tool = '{"type":"object","properties":{"tool":{"enum":["eat","größer 🍞"]},"args":{"type":'
    tool += '"object","properties":{}},"n":{"type":"integer"}},"required":["tool","args"]}'
    engine = Engine(runner, CHATML)
    fits, cut, refused, loops = run(
        engine,
        [
            Write("Answer in JSON.", "What will Mara do?", 60, schema=tool),
            Write("Answer in JSON.", "What will Mara do?", 5, schema=tool),
            Write("", "Hello", 5, schema='{"type":"date"}'),
            Write("", "Hello", 5, schema='{"$ref":"#"}'),
        ],
    )

    assert fits.value["args"] == {}  # type: ignore[union-attr]
    assert fits.value["tool"] in ("eat", "größer 🍞")  # type: ignore[union-attr]
    assert isinstance(cut, BadReply)
    assert "not JSON" in str(cut)
    assert isinstance(refused, BadReply)
    assert isinstance(loops, BadReply)
    assert "left recursion" in str(loops)
