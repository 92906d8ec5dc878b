"""Questions to answers, many at a time: `step()` schedules, runs one pass, and reads it.

What an answer is made of is in the programs of `choosing` and `writing`, which know only their own
sequence. Which sequences go together, in which slices, and what of them was kept from an earlier
thought is decided here and in `scheduler` and `slots`; none of it changes a bit of an answer
where each sequence has a stream of its own. Needs only the `Runs` protocol, so that it is tested
without a model too.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from npcsim.errors import BadReply, ModelError, TooLong
from npcsim.inference.chat import Family, lay_out
from npcsim.inference.choosing import rows_of, score, shares, spoken
from npcsim.inference.grammar import grammar_of, parse
from npcsim.inference.passes import Job, Passes, Runs, Stats
from npcsim.inference.reading import read
from npcsim.inference.readout import Readout
from npcsim.inference.scheduler import Urgency, urgency
from npcsim.inference.writing import Wording, write
from npcsim.messages import Answer, Choose, Chosen, Question, Usage, Write, Written

#: Raised whenever the same question would be scored or written otherwise.
SCORING = "s3"

#: How much of an option's neutral log probability is taken off. At 1 long and rare options win,
#: as what is common in them counts against them twice; at 0 short and common ones do.
NEUTRAL_WEIGHT = 0.8

#: Divides the scores (nats) before the softmax. Both figures are those of least negative log
#: likelihood, with the bundled SmolLM2-135M-Instruct in Q8_0, on 144 village situations of four
#: options that are kept for choosing figures and frames by (bench/data/choice_dev.jsonl and the
#: English ones of language.jsonl): 0.77 nats a situation, 1.39 by chance. Another model or frame
#: wants its own: of eight frames all had their least at 2.25 to 3.5.
TEMPERATURE = 2.5

#: Neutral scores kept, oldest out first.
NEUTRALS = 20_000

#: A finished question: its number, and the answer or why there is none.
Outcome = tuple[int, Answer | ModelError]

_Neutral = tuple[str, str, str]  # shared prefix, neutral text, option


@dataclass(slots=True)
class _Choice:
    """A choice on its way: scored after its situation, and after the neutral text.

    `cached`: tokens of it that were not computed, kept or alike in several options; `beside`:
    computed of the neutral text, for it.
    """

    question: Choose
    input: int
    cached: int = 0
    beside: int = 0
    told: list[float] | None = None
    neutral: dict[str, float] = field(default_factory=dict)

    def lacks(self) -> bool:
        return self.told is None or any(o not in self.neutral for o in self.question.options)


class Engine:
    """Answers questions with a runner, many at a time. Not for several threads at once.

    `submit` takes a question in, `step` computes one pass and returns what is finished, `cancel`
    forgets a question and frees its sequence. `kept_bytes` bounds what is kept between thoughts.
    `readout`, in nats, is added to the score of each option of a choice.
    """

    def __init__(
        self,
        runner: Runs,
        family: Family,
        temperature: float = TEMPERATURE,
        kept_bytes: int = 1 << 30,
        readout: Readout | None = None,
    ) -> None:
        self._runner = runner
        self._readout = readout
        self._family = family
        self._temperature = temperature
        self._passes = Passes(runner, kept_bytes)
        self._neutrals: OrderedDict[_Neutral, float] = OrderedDict()
        self._wanting: dict[_Neutral, tuple[Job, list[int]]] = {}
        self._choices: dict[int, _Choice] = {}
        self._finished: list[Outcome] = []
        self._serial = 0

    @property
    def busy(self) -> bool:
        """Whether a `step` would do anything."""
        return bool(self._finished) or self._passes.busy

    @property
    def stats(self) -> Stats:
        """Counts since the start: rows, passes, what was kept and dropped."""
        return self._passes.stats

    def answer(self, question: Question) -> Answer:
        """One question by itself.

        Raises `BadReply` if it does not fit or nothing came of it.
        """
        self.submit(-1, question)
        while True:
            for number, answer in self.step():
                if number == -1 and isinstance(answer, ModelError):
                    raise answer
                if number == -1:
                    assert not isinstance(answer, ModelError)
                    return answer

    def submit(
        self,
        number: int,
        question: Question,
        *,
        priority: int = 0,
        lands: int = 0,
        hear: Callable[[str], None] | None = None,
        whose: str = "",
    ) -> None:
        """Take a question in. `number` names it; what `hear` is given, see `writing.Wording`.

        `whose`: who asks, where the question does not say; what it begins with is kept for that
        one's next, which often begins alike.
        """
        self._serial += 1
        urgent = urgency(priority, lands, self._serial)
        try:
            if isinstance(question, Choose):
                self._submit_choice(number, question, urgent, whose)
            else:
                self._submit_writing(number, question, urgent, hear, whose)
        except ModelError as error:
            self._finished.append((number, error))

    def count(self, question: Question) -> int:
        """Tokens of a question, as `Usage.input` of its answer will have them; nothing is computed.

        Raises `BadReply` for a choice of nothing.
        """
        if isinstance(question, Write):
            return len(self._laid_out(question)[0])
        prompt, _ = self._prompt([question.prefix.shared, question.prefix.own], question.situation)
        tokens = self._runner.tokens
        return len(prompt) + sum(len(tokens(spoken(option))) for option in question.options)

    def cancel(self, number: int) -> None:
        """Forget a question: it gets no answer, and its sequence is free at once."""
        self._choices.pop(number, None)
        self._passes.cancel(number)

    def step(self) -> list[Outcome]:
        """Compute the next pass, if there is anything to compute; -> what is finished."""
        if self._passes.busy:
            self._passes.step()
        done, self._finished = self._finished, []
        return done

    def _submit_choice(self, number: int, question: Choose, urgent: Urgency, whose: str) -> None:
        if not question.options:
            raise BadReply("a choice without options has no answer")
        endings = [self._runner.tokens(spoken(option)) for option in question.options]
        prefix = question.prefix
        parts = [prefix.shared, prefix.own]
        prompt, ends = self._prompt(parts, question.situation)
        options = sum(map(len, endings))
        alike = options - rows_of(endings, self._readout is not None)
        choice = _Choice(question, len(prompt) + options)
        name, ends = _kept_as("choose", question, whose, ends, len(prompt))
        self._must_fit(len(prompt), max(map(len, endings)))
        self._choices[number] = choice
        missing: dict[str, list[int]] = {}
        for option, ending in zip(question.options, endings, strict=True):
            key = (prefix.shared, question.neutral, option)
            if key in self._neutrals:
                choice.neutral[option] = self._neutrals[key]
            elif key in self._wanting:
                job, numbers = self._wanting[key]
                job.hurry(urgent)
                numbers.append(number)
            else:
                missing[option] = ending
        if missing:
            self._submit_neutral(number, question, missing, urgent)
        job = Job(
            number,
            urgent,
            score(prompt, endings, self._readout),
            tuple(prompt),
            ends,
            name,
            lambda result: self._told(number, result, job.spared + alike),
        )
        self._passes.take_in(job)

    def _submit_neutral(
        self, number: int, question: Choose, missing: dict[str, list[int]], urgent: Urgency
    ) -> None:
        """Score options after the neutral text.

        Each is scored by itself after the same prompt, so what the table already holds can't
        change a bit of what is computed. Not cancelled with the question: others may wait too.
        """
        shared = question.prefix.shared
        try:
            prompt, ends = self._prompt([shared, ""], question.neutral)
            self._must_fit(len(prompt), max(map(len, missing.values())))
        except ModelError:
            del self._choices[number]
            raise
        keys = [(shared, question.neutral, option) for option in missing]
        read = len(prompt) + rows_of([*missing.values()], False)
        job = Job(
            None,
            urgent,
            score(prompt, list(missing.values())),
            tuple(prompt),
            ends,
            None,
            lambda result: self._note_neutral(number, read - job.spared, keys, result),
        )
        for key in keys:
            self._wanting[key] = (job, [number])
        self._passes.take_in(job)

    def _note_neutral(
        self, asker: int, read: int, keys: Sequence[_Neutral], result: list[float] | ModelError
    ) -> None:
        if asker in self._choices:
            self._choices[asker].beside = read
        for at, key in enumerate(keys):
            for number in self._wanting.pop(key)[1]:
                if isinstance(result, ModelError):
                    self._told(number, result)
                    self._passes.cancel(number)
                elif (choice := self._choices.get(number)) is not None:
                    choice.neutral[key[2]] = result[at]
                    self._settle(number, choice)
            if not isinstance(result, ModelError):
                self._neutrals[key] = result[at]
        while len(self._neutrals) > NEUTRALS:
            self._neutrals.popitem(last=False)

    def _told(self, number: int, result: list[float] | ModelError, spared: int = 0) -> None:
        choice = self._choices.get(number)
        if choice is None:
            return
        if isinstance(result, ModelError):
            del self._choices[number]
            self._finished.append((number, result))
        else:
            choice.told, choice.cached = result, spared
            self._settle(number, choice)

    def _settle(self, number: int, choice: _Choice) -> None:
        """Finish a choice whose scores are all there."""
        if choice.told is None or choice.lacks():
            return
        del self._choices[number]
        options = choice.question.options
        scores = [
            told - NEUTRAL_WEIGHT * choice.neutral[option]
            for told, option in zip(choice.told, options, strict=True)
        ]
        if not all(map(math.isfinite, scores)):
            self._finished.append((number, BadReply("the model's scores are not numbers")))
            return
        chosen = Chosen(
            pick=max(range(len(scores)), key=scores.__getitem__),
            probabilities=shares(scores, self._temperature),
            usage=Usage(choice.input, cached=choice.cached, neutral=choice.beside),
        )
        self._finished.append((number, chosen))

    def _prompt(self, parts: Sequence[str], text: str) -> tuple[list[int], list[int]]:
        """Tokens of a plain prompt, and where each part of its prefix ends in them.

        Each part is made into tokens by itself, so that one never changes those of another.
        """
        tokens = list(self._runner.opening())
        ends: list[int] = []
        for part in parts:
            tokens += self._runner.tokens(part) if part else []
            ends.append(len(tokens))
        tokens += self._runner.tokens(text.rstrip())
        if not tokens:
            raise BadReply("a choice needs a situation and a neutral text")
        # Never a slice of one, see `scheduler`.
        return (tokens if len(tokens) > 1 else [*self._runner.tokens("\n"), *tokens]), ends

    def _must_fit(self, prompt: int, more: int) -> None:
        if prompt + more > self._runner.context:
            # Of the question, not of the model: the tier is no less well for it.
            raise TooLong(
                f"the question does not fit: {prompt} tokens to read and {more} to go on, "
                f"where the model's context has {self._runner.context}"
            )

    def _submit_writing(
        self,
        number: int,
        question: Write,
        urgent: Urgency,
        hear: Callable[[str], None] | None,
        whose: str,
    ) -> None:
        prompt, ends = self._laid_out(question)
        self._must_fit(len(prompt), question.max_tokens)
        schema = parse(question.schema) if question.schema else None
        name, ends = _kept_as("write", question, whose, ends, len(prompt))
        wording = Wording(
            question.max_tokens,
            question.stop if schema is None else (),
            self._runner.piece,
            self._runner.ends,
            None if schema is None else partial(self._runner.grammar, grammar_of(schema)),
            hear,
        )
        job = Job(
            number,
            urgent,
            write(prompt, wording),
            tuple(prompt),
            ends,
            name,
            lambda result: self._written(number, schema, result, len(prompt), job.spared),
            writes=True,
        )
        self._passes.take_in(job)

    def _laid_out(self, question: Write) -> tuple[list[int], list[int]]:
        """Tokens of a conversation, and where each part of its prefix ends in them."""
        prefix = question.prefix
        before = (prefix.shared, prefix.own) if prefix.shared or prefix.own else ()
        prompt = list(self._runner.opening())
        ends: list[int] = []
        for text, special in lay_out(self._family, question.system, question.user, before):
            prompt += self._runner.tokens(text, special=special)
            if not special and len(ends) < len(before):
                ends.append(len(prompt))
        return prompt, ends

    def _written(
        self,
        number: int,
        schema: dict[str, Any] | None,
        result: tuple[str, int] | ModelError,
        input: int,
        cached: int,
    ) -> None:
        try:
            if isinstance(result, ModelError):
                raise result
            text, tokens = result
            if not text:
                raise BadReply("the model wrote nothing")
            if schema is not None:
                read(text, schema)
        except ModelError as error:
            self._finished.append((number, error))
        else:
            self._finished.append((number, Written(text, Usage(input, tokens, cached))))


def _kept_as(
    kind: str, question: Question, whose: str, ends: list[int], length: int
) -> tuple[tuple[str, str] | None, list[int]]:
    """Under which name a prompt is kept, None for not at all, and where its kept parts end.

    Its own part, if it has one, lasts; without one, all of it is what the next may begin with.
    """
    if question.prefix.own:
        return (kind, question.prefix.whose), ends
    if not whose:
        return None, ends
    return (kind, whose), [*(ends[:1] or [0]), length]
