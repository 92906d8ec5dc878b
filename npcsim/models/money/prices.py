"""What tokens cost, and the most that one question can cost.

Money is counted in whole picodollars (a millionth of a millionth of a dollar), so that sums are
exact and every price list of dollars a million tokens comes out even.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from npcsim.messages import Choose, Question, Usage, Write, question_json

PICO = 1_000_000_000_000
ROOM = 1_024
"""Output tokens beyond the answer's own: some models can't be told not to think first."""
EFFORTS = ("low", "medium", "high", "xhigh", "max")
"""How hard a model may be told to think; each has twice the room of the one before."""
ANSWER = 32
"""Output tokens of a choice."""
OVERHEAD = 1_500
"""Input tokens beside the question's own text: our instructions, and what a provider adds."""
A_TURN = 4_000
"""Input tokens that a look-up adds at most beside what it found and what the model wrote: forms of
the provider, and what `looking.AT_ONCE` calls too many are told."""
BESIDE = 2
"""Tokens that are embedded of a question at most, for a byte of it: a name may be put longer."""
A_LABEL = 16
"""Bytes of an option's label, where it stands and among what may be answered."""
A_TOKEN = 3
"""Bytes to a token, as a forecast. As a bound it is one: no token is shorter than a byte."""
WRITING = {"5m": 1.25, "1h": 2.0}
"""What input costs, in times, that the provider is to keep so long: where no price is listed."""
BATCH = 0.5
"""What a question costs in a batch, in times."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars a million tokens. `cached`: input read from the provider's cache.

    `written`: input written into it; None where nothing is written: then as `input`.
    `times`: requests that one question may take, as one with votes does. `beside`: what texts of a
    question cost that are embedded to find one like it.
    """

    input: float
    cached: float
    output: float
    written: float | None = None
    times: int = 1
    beside: float = 0.0

    def of(self, usage: Usage) -> int:
        """What a call cost, in picodollars. `usage.input` counts cached and written ones too."""
        fresh = max(0, usage.input - usage.cached - usage.written)
        return (
            fresh * _pico(self.input)
            + usage.cached * _pico(self.cached)
            + usage.written * _pico(self.input if self.written is None else self.written)
            + usage.output * _pico(self.output)
        )

    @property
    def dearest(self) -> Price:
        """The same with all input at the most that any of it can cost."""
        most = max(self.input, self.cached, self.written or 0.0)
        return replace(self, input=most, cached=most, written=most)

    @property
    def batched(self) -> Price:
        """The price in a batch."""
        return replace(
            self, input=self.input * BATCH, cached=self.cached * BATCH,
            output=self.output * BATCH,
            written=None if self.written is None else self.written * BATCH,
        )  # fmt: skip


def _pico(per_million: float) -> int:
    return round(per_million * 1_000_000)


def dollars(pico: int) -> float:
    """Picodollars as US dollars."""
    return pico / PICO


def picodollars(usd: float) -> int:
    """US dollars as whole picodollars: `dollars` gives the same amount back, up to $2,000."""
    return round(usd * PICO)


def own_output(question: Question) -> int:
    """The output tokens that an answer itself may have."""
    return question.max_tokens if isinstance(question, Write) else ANSWER


def most_output(question: Question) -> int:
    """The output tokens that a served model is allowed for a question, thinking included."""
    return own_output(question) + room(question.effort)


def room(effort: str) -> int:
    """The output tokens that thinking may take at an effort; `ROOM` where none is said."""
    return ROOM << EFFORTS.index(effort) if effort in EFFORTS else ROOM


def bound(question: Question, price: Price) -> int:
    """The most a question can cost, in picodollars: a token a byte, and all output allowed.

    With look-ups that is a request more for each, every one of which has all that came before it.
    """
    first, output = size(question) + beside(question), most_output(question)
    most = question.lookups.most if question.lookups.found else 0
    longest = max((len(one.said.encode()) for one in question.lookups.found), default=0)
    before = (output + A_TURN) * most * (most + 1) // 2 + longest * most * most
    used = Usage(input=first * (most + 1) + before, output=output * (most + 1))
    return price.dearest.of(used) * price.times + BESIDE * size(question) * _pico(price.beside)


def beside(question: Question) -> int:
    """Bytes that a request has at most beside the question's own: labels of options too."""
    options = len(question.options) if isinstance(question, Choose) else 0
    return OVERHEAD + A_LABEL * options


def forecast(question: Question, price: Price) -> int:
    """What a question will cost, roughly, in picodollars.

    Where the question says an effort, thinking counts as a quarter of its room: an assumption, to
    be set right by what answers cost (`sim.standing`).
    """
    thinking = room(question.effort) // 4 if question.effort else 0
    tokens = size(question) // A_TOKEN + OVERHEAD // 10
    used = Usage(input=tokens, output=own_output(question) + thinking)
    return price.of(used) * price.times + tokens * _pico(price.beside)


def size(question: Question) -> int:
    """All text of a question; names and quotes of its fields stand for labels and line ends.

    What look-ups find is not part of it: of that a model is told only what it asks for.
    """
    known = question.lookups
    if known.found:
        unsaid = tuple(replace(one, said="") for one in known.found)
        question = replace(question, lookups=replace(known, found=unsaid))
    body = json.dumps(question_json(question), ensure_ascii=False)
    return len(body.encode("utf-8", "backslashreplace"))


@cache
def _listed() -> dict[str, dict[str, Any]]:
    text = Path(__file__).with_name("prices.json").read_text(encoding="utf-8")
    listed: dict[str, dict[str, Any]] = json.loads(text)["models"]
    return listed


def price_of(model: str, kept: str = "") -> Price | None:
    """The price of a model as our dated list has it; None where it is not in the list.

    kept: for how long the provider is to keep prompts, `5m` or `1h`; empty: not at all.
    """
    entry = _listed().get(model)
    if entry is None:
        return None
    written = entry["written"][kept] if kept else None
    return Price(entry["input"], entry["cached"], entry["output"], written)
