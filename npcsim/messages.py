"""What is asked of a model and what comes back, and the two protocols the loop needs.

A model answers two kinds of question: `Choose` (which of these options) and `Write` (some
words). Both go through the one method `Model.ask`, on every tier.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Prefix:
    """What stands before a question and hardly changes, so that a model can keep it in mind.

    `shared`: the world's rules and tools, the same bytes for all. `own`: one NPC's persona and
    recent past. `whose` names the NPC: a sequence is kept for it. Keeping never changes an answer.
    """

    shared: str = ""
    own: str = ""
    whose: str = ""


NO_PREFIX = Prefix()


@dataclass(frozen=True, slots=True)
class Look:
    """Something a model may look up while it answers: an ask tool, the same for a whole run.

    `schema`: JSON Schema of its arguments, as text. Names, and those of arguments, have letters,
    digits, underscores and hyphens alone.
    """

    name: str
    doc: str
    schema: str


@dataclass(frozen=True, slots=True)
class Found:
    """What one look-up gives: `args` is a JSON object as text, `said` a text or JSON."""

    name: str
    args: str
    said: str


@dataclass(frozen=True, slots=True)
class Lookups:
    """What may be looked up before a question is answered: at most `most` times, 0 is not at all.

    `found` is all that can be, as it was when the question was asked: the world goes on meanwhile.
    """

    tools: tuple[Look, ...] = ()
    found: tuple[Found, ...] = ()
    most: int = 0


NO_LOOKUPS = Lookups()


@dataclass(frozen=True, slots=True)
class Choose:
    """Which option suits the situation?

    `situation` is a short text that ends right where an option's own words go on. `neutral` is
    the same frame without name or scene: a scoring model subtracts log P(option | neutral), so
    that an option is not chosen for being common English. Options are never empty. `effort`:
    how hard to think, where the question says so and not the model's own setting.
    """

    situation: str
    neutral: str
    options: tuple[str, ...]
    purpose: str = "decide"
    prefix: Prefix = NO_PREFIX
    lookups: Lookups = NO_LOOKUPS
    effort: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """Some words: at most `max_tokens` tokens, cut before any of the `stop` strings.

    `schema`, a JSON Schema as text, asks for a JSON value that fits it instead; `stop` is not
    looked at then.
    """

    system: str
    user: str
    max_tokens: int = 40
    stop: tuple[str, ...] = ("\n",)
    purpose: str = "speak"
    prefix: Prefix = NO_PREFIX
    schema: str = ""
    lookups: Lookups = NO_LOOKUPS
    effort: str = ""


Question = Choose | Write


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. `input` counts the cached ones too.

    `cached`: not computed, as the model had kept them of earlier prompts, or as several options
    begin with them; `written`: added to what is kept.
    `kept`: the answer was there from before. Nothing was asked, and nothing is charged. `alike`:
    it was the answer to another question that means much the same, by a cosine of so much; 0 where
    it was the same question. `neutral`: computed beside the question, of a choice's neutral text.

    What was cached hangs on who asked before and on memory: it is told for people, and for prices
    that a provider charges. Nothing of the world goes by it.
    """

    input: int = 0
    output: int = 0
    cached: int = 0
    written: int = 0
    kept: bool = False
    alike: float = 0.0
    neutral: int = 0

    @property
    def computed(self) -> int:
        """Tokens that went through the model: what was read and not cached, and what was said."""
        return self.input - self.cached + self.output + self.neutral

    @classmethod
    def of(cls, tokens: Sequence[int]) -> Usage:
        """From (input, output, cached, written), or as many of these as are known."""
        read, output, cached, written = (*tokens, 0, 0, 0, 0)[:4]
        return cls(read, output, cached, written)

    def __add__(self, other: Usage) -> Usage:
        """What both took together; kept only if both were."""
        pairs = ((getattr(self, one.name), getattr(other, one.name)) for one in fields(self))
        return Usage(*(a and b if isinstance(a, bool) else a + b for a, b in pairs))


@dataclass(frozen=True, slots=True)
class Chosen:
    """Answer to `Choose`: a probability per option, in the question's order.

    `probabilities` is None where the provider gives none; then `pick` is all there is, and the
    uncertainty is unknown, never zero. `looked`: what was looked up on the way, call by call.
    """

    pick: int
    probabilities: tuple[float, ...] | None = None
    usage: Usage = Usage()
    looked: tuple[str, ...] = ()

    @property
    def entropy(self) -> float | None:
        """How open the choice is, in nats: 0 where one option has it all. None if unknown.

        For people and reports; no decision of the world may hang on a logarithm's last bit.
        """
        if self.probabilities is None:
            return None
        return math.fsum(-share * math.log(share) for share in self.probabilities if share > 0)

    @property
    def margin(self) -> float | None:
        """By how much the likeliest option leads the next, 0 to 1; None if unknown."""
        if self.probabilities is None:
            return None
        first, *rest = sorted(self.probabilities, reverse=True)
        return first - (rest[0] if rest else 0.0)


@dataclass(frozen=True, slots=True)
class Written:
    """Answer to `Write`. `looked`: what was looked up on the way, call by call."""

    text: str
    usage: Usage = Usage()
    looked: tuple[str, ...] = ()

    @property
    def value(self) -> Any:
        """The text read as JSON, for a `Write` with a schema. Raises `ValueError` for plain words.

        A model that was given a schema answers `BadReply` rather than what can't be read here.
        """
        return json.loads(self.text)


Answer = Chosen | Written


class Model(Protocol):
    """Whoever answers questions: a llama.cpp worker, a cloud model, a script in a test."""

    @property
    def name(self) -> str:
        """For people: what the log and the report call it."""

    @property
    def fingerprint(self) -> str:
        """Which weights on which arithmetic; the same text means the same answers."""

    async def ask(self, question: Question) -> Answer:
        """Answer, or raise a `ModelError`."""

    async def close(self) -> None:
        """Let go of processes and connections. May be called twice."""


@runtime_checkable
class Queueing(Protocol):
    """A model with a queue, in which it can be told who goes first. Others need not have this."""

    async def ask_in_turn(self, question: Question, *, priority: int, lands: int) -> Answer:
        """As `ask`: the higher `priority` first, then what `lands` at the lower tick."""


Hear = Callable[[str], None]
"""Takes what a `Write` has said so far, from its beginning, as its answer will have it."""

HEARING: ContextVar[Hear | None] = ContextVar("npcsim_hearing", default=None)
"""Who hears the question under way while its answer comes; None: nobody does.

A model that can tell looks here, and may call it from any thread; others need not. A context
variable, so that it reaches the model through whatever guards stand round it. A question that is
asked anew is told anew. Nothing that is heard is an answer yet: it may still fail.
"""

THOUGHT: ContextVar[str] = ContextVar("npcsim_thought", default="")
"""The id of the thought whose question is under way: `npc@tick`."""


def hearer(question: Question) -> Hear | None:
    """Who hears this question: words can be heard while they come, choices and JSON can't."""
    return HEARING.get() if isinstance(question, Write) and not question.schema else None


class Embedder(Protocol):
    """Turns texts into vectors whose products tell how near in meaning the texts are.

    Vectors are answers from outside, as a model's are: they are no part of the world's state, and
    may differ in their last bits between two machines.
    """

    @property
    def name(self) -> str:
        """For people."""

    @property
    def fingerprint(self) -> str:
        """Which weights on which arithmetic; the same text means the same vector."""

    @property
    def size(self) -> int:
        """Numbers in a vector; 0 where the first answer is still to tell."""

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A row of length 1 for each text, shape (texts, size). A text's bits are the same in any
        company. Raises a `ModelError`."""

    async def close(self) -> None:
        """Let go of what it holds open. May be called twice."""


@runtime_checkable
class Batching(Protocol):
    """A model that takes questions that can wait, many in one batch, at half the price."""

    async def ask_later(self, question: Question) -> Answer:
        """As `ask`, in minutes or hours. Whoever doesn't wait any longer just stops waiting."""


@runtime_checkable
class Counting(Protocol):
    """A model that can say how many tokens a question has, without answering it."""

    async def count(self, question: Question) -> int:
        """Input tokens of the question, as the model counts them. Raises a `ModelError`."""


class Clock(Protocol):
    """When the loop may go on: at once (headless) or by the wall (watched)."""

    paced: bool

    async def wait_for(self, tick: int) -> None:
        """Return when tick `tick` may begin."""


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One question put to one model, as it is kept: the whole request and the whole answer."""

    thought: str
    tier: str
    model: str
    fingerprint: str
    question: Question
    answer: Answer | None
    error: str = ""
    seconds: float = field(default=0.0, compare=False)
    cost_usd: float = 0.0


def question_json(question: Question) -> dict[str, Any]:
    """The question as plain data, tagged with its kind; what is left empty leaves no trace."""
    data = {"ask": type(question).__name__.lower(), **asdict(question)}
    if question.prefix == NO_PREFIX:
        del data["prefix"]
    if question.lookups == NO_LOOKUPS:
        del data["lookups"]
    for name in ("schema", "effort"):
        if not data.get(name, True):
            del data[name]
    return data


def question_from_json(data: Mapping[str, Any]) -> Question:
    """Inverse of `question_json`."""
    given: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in data.items() if k != "ask"
    }
    if "prefix" in given:
        given["prefix"] = Prefix(**given["prefix"])
    if "lookups" in given:
        looks = given["lookups"]
        given["lookups"] = Lookups(
            tuple(Look(**one) for one in looks["tools"]),
            tuple(Found(**one) for one in looks["found"]),
            looks["most"],
        )
    return Choose(**given) if data["ask"] == "choose" else Write(**given)


def answer_json(answer: Answer) -> dict[str, Any]:
    """The answer as plain data, tagged with its kind; `kept` and the like only where it is so."""
    data = {"is": type(answer).__name__.lower(), **asdict(answer)}
    if not answer.looked:
        del data["looked"]
    for name in ("kept", "alike", "written", "neutral"):
        if not data["usage"][name]:
            del data["usage"][name]
    return data


def answer_from_json(data: Mapping[str, Any]) -> Answer:
    """Inverse of `answer_json`."""
    usage = Usage(**data["usage"])
    looked = tuple(data.get("looked", ()))
    if data["is"] == "written":
        return Written(text=data["text"], usage=usage, looked=looked)
    shares = data["probabilities"]
    return Chosen(
        pick=data["pick"],
        probabilities=None if shares is None else tuple(float(share) for share in shares),
        usage=usage,
        looked=looked,
    )


def request_key(fingerprint: str, question: Question) -> str:
    """What a call is filed under: model fingerprint and request, never a position in the run."""
    body = json.dumps(question_json(question), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(f"{fingerprint}\n{body}".encode()).hexdigest()
