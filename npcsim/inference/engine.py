"""Questions to answers: score the options of a choice, or write a few words.

One question at a time, on one stream that is emptied first, so an answer depends on its question
alone. `Engine` needs only the `Runs` protocol: it is tested without a model too.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from npcsim.errors import BadReply, Unavailable
from npcsim.inference.chat import Family, lay_out
from npcsim.inference.sequence import Row, option_rows, prompt_rows
from npcsim.messages import Answer, Choose, Chosen, Question, Usage, Write, Written

Logits = NDArray[np.float64]

#: Raised whenever the same question would be scored or written otherwise.
SCORING = "s1"

#: Divides the scores (nats) before the softmax. Fitted by least negative log likelihood on 48
#: village situations of four options each, written for this ("It is noon. Finn is at the well.
#: Finn is tired. Finn decides to", neutral "Someone decides to"), with the bundled
#: SmolLM2-135M-Instruct in Q8_0: 40 of 48 right, 0.53 nats a situation (1.39 by chance). Half of
#: them tell the answer outright; of the other half, worded as tools word their options, it gets
#: 18 of 24. Another model or frame wants its own figure: other frames gave 2.0 to 3.0.
TEMPERATURE = 2.0

#: Taken off the logit of each token among the last `PENALTY_WINDOW` written: greedy loops else.
REPEAT_PENALTY = 1.0
PENALTY_WINDOW = 32

#: Neutral scores kept, oldest out first.
NEUTRALS = 20_000


class Runs(Protocol):
    """What the engine needs of a runner: see `runner.Runner` for what each does."""

    context: int

    def tokens(self, text: str, *, special: bool = False) -> list[int]: ...
    def piece(self, token: int) -> bytes: ...
    def ends(self, token: int) -> bool: ...
    def opening(self) -> list[int]: ...
    def truncate(self, length: int) -> None: ...
    def decode(self, rows: Sequence[Row]) -> list[Logits]: ...


def log_share(logits: Logits, token: int) -> float:
    """log P(token) in nats, from logits [vocabulary]; sums in float64."""
    highest = logits.max()
    return float(logits[token] - highest - np.log(np.exp(logits - highest).sum()))


def shares(scores: Sequence[float], temperature: float) -> tuple[float, ...]:
    """Softmax of scores / temperature, summing to 1 up to rounding; the order changes no bit."""
    highest = max(scores)
    weights = [math.exp((score - highest) / temperature) for score in scores]
    total = math.fsum(weights)
    return tuple(weight / total for weight in weights)


class Engine:
    """Answers questions with a runner. Not for several threads at once."""

    def __init__(self, runner: Runs, family: Family, temperature: float = TEMPERATURE) -> None:
        self._runner = runner
        self._family = family
        self._temperature = temperature
        self._neutrals: OrderedDict[tuple[str, str], float] = OrderedDict()

    def answer(self, question: Question) -> Answer:
        """Raises `Unavailable` if the question does not fit, `BadReply` if nothing came of it."""
        if isinstance(question, Choose):
            return self._choose(question)
        return self._write(question)

    def _choose(self, question: Choose) -> Chosen:
        if not question.options:
            raise BadReply("a choice without options has no answer")
        endings = [self._runner.tokens(spoken(option)) for option in question.options]
        prompt = self._prompt(question.situation)
        told = self._score(prompt, endings)
        neutral = self._neutral(question.neutral, question.options, endings)
        scores = [told[at] - neutral[at] for at in range(len(endings))]
        if not all(np.isfinite(scores)):
            raise BadReply("the model's scores are not numbers")
        probabilities = shares(scores, self._temperature)
        return Chosen(
            pick=max(range(len(scores)), key=scores.__getitem__),
            probabilities=probabilities,
            usage=Usage(input=len(prompt) + sum(len(ending) for ending in endings)),
        )

    def _prompt(self, text: str) -> list[int]:
        tokens = [*self._runner.opening(), *self._runner.tokens(text.rstrip())]
        if not tokens:
            raise BadReply("a choice needs a situation and a neutral text")
        # Never a slice of one, see `sequence`.
        return tokens if len(tokens) > 1 else [*self._runner.tokens("\n"), *tokens]

    def _neutral(
        self, text: str, options: Sequence[str], endings: Sequence[list[int]]
    ) -> list[float]:
        """log P(option | neutral), from the table where it is known.

        Each option is scored by itself after the same prompt, so that what the table already
        holds can't change a bit of what is computed.
        """
        missing = {
            option: ending
            for option, ending in zip(options, endings, strict=True)
            if (text, option) not in self._neutrals
        }
        if missing:
            scores = self._score(self._prompt(text), list(missing.values()))
            for option, score in zip(missing, scores, strict=True):
                self._neutrals[text, option] = score
        found = [self._neutrals[text, option] for option in options]
        while len(self._neutrals) > NEUTRALS:
            self._neutrals.popitem(last=False)
        return found

    def _score(self, prompt: Sequence[int], endings: Sequence[Sequence[int]]) -> list[float]:
        """log P(ending | prompt) in nats for each ending, its tokens summed."""
        self._must_fit(len(prompt), max(len(ending) for ending in endings))
        first = self._read(prompt)
        scores: list[float] = []
        for ending in endings:
            score = log_share(first, ending[0])
            rows = option_rows(ending, len(prompt))
            if rows:
                logits = self._runner.decode(rows)
                self._runner.truncate(len(prompt))
                for token, row in zip(ending[1:], logits, strict=True):
                    score += log_share(row, token)
            scores.append(score)
        return scores

    def _must_fit(self, prompt: int, more: int) -> None:
        if prompt + more > self._runner.context:
            raise Unavailable(
                f"the question does not fit: {prompt} tokens to read and {more} to go on, "
                f"where the model's context has {self._runner.context}"
            )

    def _read(self, prompt: Sequence[int]) -> Logits:
        """Fill the emptied stream with the prompt; logits after its last token."""
        self._runner.truncate(0)
        logits: list[Logits] = []
        for rows in prompt_rows(prompt):
            logits = self._runner.decode(rows)
        return logits[-1]

    def _write(self, question: Write) -> Written:
        prompt = list(self._runner.opening())
        for text, special in lay_out(self._family, question.system, question.user):
            prompt += self._runner.tokens(text, special=special)
        self._must_fit(len(prompt), question.max_tokens)
        logits = self._read(prompt)
        written: list[int] = []
        said = b""
        while len(written) < question.max_tokens:
            token = _best(logits, written)
            if self._runner.ends(token):
                break
            written.append(token)
            said += self._runner.piece(token)
            if stopped(said, question.stop) is not None or len(written) == question.max_tokens:
                break
            logits = self._runner.decode([Row(token, len(prompt) + len(written) - 1, True)])[-1]
        cut = stopped(said, question.stop)
        text = (_text(said) if cut is None else cut).strip()
        if not text:
            raise BadReply("the model wrote nothing")
        return Written(text=text, usage=Usage(input=len(prompt), output=len(written)))


def spoken(option: str) -> str:
    """An option as it goes on after a situation: a space first, so that it begins with a word's
    own token. A full stop after it was tried, and chose a little worse."""
    return f" {option.strip().rstrip('.')}"


def stopped(said: bytes, stops: Sequence[str]) -> str | None:
    """What was said before the first stop string; None while there is none.

    Space before the first word never stops: a small model likes to begin with an empty line.
    """
    text = _text(said).lstrip()
    places = [text.index(stop) for stop in stops if stop and stop in text]
    return text[: min(places)] if places else None


def _text(said: bytes) -> str:
    # The last character may still lack bytes.
    return said.decode("utf-8", "ignore")


def _best(logits: Logits, written: Sequence[int]) -> int:
    """The likeliest token, those written a moment ago made less so."""
    for token in set(written[-PENALTY_WINDOW:]):
        logits[token] -= REPEAT_PENALTY
    return int(logits.argmax())
