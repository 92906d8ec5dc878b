"""Answers that nobody gave: as tiers might, at once, as long and as dear as theirs would be.

A forecast lives a scenario on them. Nothing is asked, so what they say is drawn: a choice by the
body's utilities, loosened or pulled about as the answers of such models are. All draws are keyed
by what is asked and by the life, so a forecast comes out the same each time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log

from npcsim import events as ev
from npcsim.assembly.money.keeping import Keeping
from npcsim.messages import Answer, Choose, Chosen, ModelCall, Question, Usage, Written, request_key
from npcsim.models.money.prices import EFFORTS, Price, bound, dollars, room
from npcsim.models.remote.sizes import Size, size
from npcsim.npc.hours import HOURS, REWRITES
from npcsim.sim.inflight import Answers, Landing, Listener, Thought
from npcsim.world.dice import roll

PULLS = (2.0, 1.0, 0.0)
"""How a strong model leans to what the body finds useful, by that power of the utility: in the
first life, in the second, in the third, and so on again. Nobody knows how one will, and the story
may take long or be short for it."""
LEAN, SWING = 0.5, 2.0
"""How a local model's shares come about: see `shares`."""
WAITS_S = (1.0, 5.0)
"""Real seconds an answer over HTTP is supposed to take: a run's time is told for both."""
LINE = "Well met. I had not thought to see you here today, and there is news to tell."
"""Something to say, for its length: it is remembered, and so stands in later questions."""


@dataclass(frozen=True, slots=True)
class Supposed:
    """How a tier would answer.

    `provider` sets its tokens. `served`: over HTTP; `shares`: it gives likelihoods. `keeps`: the
    same question is asked once a run. `least`: tokens from which on its provider keeps what prompts
    begin with; None where it is not asked to. `quiet`: the efforts at which it does not think first
    (the empty text: where none is said).
    """

    name: str
    model: str
    provider: str
    price: Price | None = None
    served: bool = True
    shares: bool = False
    keeps: bool = True
    least: int | None = None
    quiet: tuple[str, ...] = ("", *EFFORTS)

    def thinks(self, question: Question) -> int:
        """Output tokens that thinking is supposed to take: a quarter of its room, as routing does
        (`models.money.prices.forecast`)."""
        return 0 if question.effort in self.quiet else room(question.effort) // 4


@dataclass(slots=True)
class Beyond:
    """What is not known of a tier's answers and may cost less or more, in picodollars.

    `thinking` is counted as it is supposed, `more` is all that there is room for beside that,
    `looks` what all look-ups would add, and `anew` what writing every day anew would, as often as
    may be; of these two none is counted.
    """

    thinking: int = 0
    more: int = 0
    looks: int = 0
    anew: int = 0

    def add(self, question: Question, tokens: Size, thinks: int, rates: Price) -> None:
        """Count one answer's."""
        self.thinking += rates.of(Usage(output=thinks))
        self.more += rates.of(Usage(output=room(question.effort) - thinks)) if thinks else 0
        most = question.lookups.most if question.lookups.found else 0
        whole = rates.of(Usage(input=tokens.input, output=tokens.output + thinks))
        self.looks += most * whole
        self.anew += REWRITES * whole if question.purpose == HOURS else 0


@dataclass(slots=True)
class _Tier:
    """What a supposed tier has been asked so far."""

    kept: dict[str, Answer] = field(default_factory=dict)
    prompts: Keeping | None = None
    beyond: Beyond = field(default_factory=Beyond)


class Supposing:
    """Hands out supposed answers, and those of `asked`, who really answers for its `real` tiers.

    `note` is to be subscribed to the simulation: it tells what the body thinks of options.
    `waited`: by real seconds an answer takes, how long a run would have stood still for answers.
    last: the last tick, at which batches are back that have not been before.
    """

    def __init__(
        self,
        tiers: Iterable[Supposed],
        life: int = 0,
        asked: Answers | None = None,
        real: Iterable[str] = (),
        last: int = 0,
    ) -> None:
        self._tiers: Mapping[str, Supposed] = {tier.name: tier for tier in tiers}
        self._so_far = {
            name: _Tier(prompts=None if tier.least is None else Keeping(tier.least))
            for name, tier in self._tiers.items()
        }
        self._life, self._last = life, last
        self._asked, self._real = asked, frozenset(real)
        self._flying: dict[str, Thought] = {}
        self._due: list[Landing] = []
        self._utilities: dict[str, tuple[float, ...]] = {}
        self._sent: dict[str, dict[float, float]] = {}
        self.waited = dict.fromkeys(WAITS_S, 0.0)

    def hear(self, listener: Listener) -> Callable[[], None]:
        """Nothing is ever heard while it comes: answers are drawn whole."""
        return lambda: None

    def note(self, tick: int, events: Sequence[ev.Event]) -> None:
        """Note the utilities of the options of thoughts that were asked."""
        for event in events:
            if isinstance(event, ev.Asked) and event.thought in self._flying:
                self._utilities[event.thought] = event.utilities

    @property
    def waiting(self) -> int:
        return len(self._flying) + (self._asked.waiting if self._asked else 0)

    def ask(self, thought: Thought) -> None:
        if self._asked is not None and thought.tier in self._real:
            self._asked.ask(thought)
            return
        self._flying[thought.id] = thought
        if self._tiers[thought.tier].served:
            now = time.monotonic()
            self._sent[thought.id] = {s: now + so_far + s for s, so_far in self.waited.items()}

    def cancel(self, thought: str, why: str) -> None:
        if self._asked is not None:
            self._asked.cancel(thought, why)
        given_up = self._flying.pop(thought, None)
        if given_up is None:
            return
        rates, cost = self._rates(given_up), 0.0
        if rates is not None and given_up.patience is not None:
            cost = dollars(bound(given_up.question, rates))
        elif rates is not None:  # its end is waited for, as in a run without a window
            cost = dollars(rates.of(self._answer(given_up).usage))
        self._due.append(self._landing(given_up, None, f"{ev.CANCELLED}: {why}", cost))

    async def land(self, tick: int) -> list[Landing]:
        landings, self._due = self._due, []
        due = [thought for thought in self._flying.values() if self._back(thought, tick)]
        for thought in due:
            del self._flying[thought.id]
            self._wait(thought)
            answer = self._answer(thought)
            price = self._rates(thought)
            cost = dollars(price.of(answer.usage)) if price else 0.0
            landings.append(self._landing(thought, answer, "", cost))
        if self._asked is not None:
            landings += await self._asked.land(tick)
        return sorted(landings, key=lambda landing: landing.npc)

    def _back(self, thought: Thought, tick: int) -> bool:
        late = thought.patience is not None and tick == self._last
        return late or thought.lands <= tick

    def _rates(self, thought: Thought) -> Price | None:
        price = self._tiers[thought.tier].price
        return price if price is None or thought.patience is None else price.batched

    def _wait(self, thought: Thought) -> None:
        """Stand still until it would be there, for each supposed time."""
        there = self._sent.pop(thought.id, {})
        now = time.monotonic()
        for seconds, at in there.items():
            self.waited[seconds] += max(0.0, at - now - self.waited[seconds])

    def _landing(self, thought: Thought, answer: Answer | None, error: str, cost: float) -> Landing:
        tier = self._tiers[thought.tier]
        key = request_key(tier.model, thought.question)
        return Landing(
            thought.id, thought.npc, tier.name, tier.model, key, answer, error, False, cost
        )

    def _answer(self, thought: Thought) -> Answer:
        tier, so_far = self._tiers[thought.tier], self._so_far[thought.tier]
        key = request_key(tier.model, thought.question)
        utilities = self._utilities.pop(thought.id, ())
        if tier.keeps and key in so_far.kept:
            return _with(so_far.kept[key], Usage(kept=True))
        usage = self._usage(tier, so_far, thought)
        answer = _with(self._said(tier, key, thought.question, utilities), usage)
        so_far.kept[key] = answer
        return answer

    def _usage(self, tier: Supposed, so_far: _Tier, thought: Thought) -> Usage:
        question, rates = thought.question, self._rates(thought)
        tokens, thinks, cached, written = size(question, tier.provider), tier.thinks(question), 0, 0
        if so_far.prompts is not None:
            batched = thought.patience is not None
            cached, written = so_far.prompts.read(question, tokens, batched)
        if rates is not None:
            so_far.beyond.add(question, tokens, thinks, rates)
        return Usage(tokens.input, tokens.output + thinks, cached, written)

    @property
    def beyond(self) -> dict[str, Beyond]:
        """What is not known of each tier's answers."""
        return {name: so_far.beyond for name, so_far in self._so_far.items()}

    def _said(
        self, tier: Supposed, key: str, question: Question, utilities: Sequence[float]
    ) -> Answer:
        if not isinstance(question, Choose):
            return Written(LINE if not question.schema else "{}")
        count = len(question.options)
        body = list(utilities) if len(utilities) == count else [1.0] * count
        throws = [roll(self._life, tier.name, key, number) for number in range(count)]
        drawn = shares(body, throws)
        if tier.shares:
            return Chosen(max(range(count), key=drawn.__getitem__), drawn)
        pull = PULLS[self._life % len(PULLS)]
        liked = [(u**pull + 1e-9) * _wild(throw) for u, throw in zip(body, throws, strict=True)]
        return Chosen(max(range(count), key=liked.__getitem__), None)

    def calls(self) -> list[ModelCall]:
        return self._asked.calls() if self._asked is not None else []

    async def close(self) -> None:
        self._flying.clear()
        if self._asked is not None:
            await self._asked.close()


def shares(utilities: Sequence[float], throws: Sequence[float]) -> tuple[float, ...]:
    """Likelihoods such as a local model's: each option's utility to the power `LEAN`, times an
    exponential draw to the power `SWING`.

    Both were fitted to 1,217 decisions of the bundled model in runs of `03_village_morning`: the
    mean doubt they leave (`models.router.unsure`) is 0.73 there and here, the likeliest option has
    0.62 there and 0.59 here.
    """
    top = max(utilities) or 1.0
    weights = [
        ((max(u, 0.0) / top + 0.01) ** LEAN) * _wild(throw) ** SWING
        for u, throw in zip(utilities, throws, strict=True)
    ]
    whole = sum(weights)
    return tuple(weight / whole for weight in weights)


def _wild(throw: float) -> float:
    """An exponential draw from an even one."""
    return -log(max(throw, 1e-12))


def _with(answer: Answer, usage: Usage) -> Answer:
    if isinstance(answer, Chosen):
        return Chosen(answer.pick, answer.probabilities, usage)
    return Written(answer.text, usage)
