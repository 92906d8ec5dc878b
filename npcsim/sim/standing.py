"""How tiers stand in a run: which are down, how well they answer, and what they have spent.

A fold over what was asked and what landed, so a replay has it the same at every tick.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from npcsim import events as ev
from npcsim.messages import Question, question_from_json, question_json
from npcsim.models.ability import CHOOSE, WRITE, asked_for
from npcsim.models.money.ledger import HOUR_MS, Ledger
from npcsim.models.money.prices import bound, dollars, forecast, picodollars
from npcsim.models.remote.servers.fitting import needed, too_long
from npcsim.models.router import Offer, Rules
from npcsim.models.tiers import WHOLE, Rung, Tier, ladder
from npcsim.npc.mind import Draft
from npcsim.reflex.guards import holds
from npcsim.sim.attention import Level
from npcsim.sim.inflight import Landing, Thought
from npcsim.sim.program import Program
from npcsim.tools.view import Body, View

MOST_PAUSE_MS = 3_600_000
DOWN = ("Unavailable", "RateLimited", "TimedOut")
TOO_LONG = "TooLong"
LATELY = 8
"""So many of a tier's last answers tell how well it answers."""


@dataclass(slots=True)
class _Down:
    """Since when a tier can't be reached, how many tries ago, and the thought that probes it."""

    since_ms: int
    tries: int = 1
    probe: str = ""


@dataclass(slots=True)
class _Cost:
    """Picodollars that answers of one rung were forecast to cost, and did cost."""

    forecast: int = 0
    cost: int = 0

    def corrected(self, pico: int) -> int:
        """A forecast, by what became of those before it. The first of all stands as it is."""
        return pico * (pico + self.cost) // (pico + self.forecast) if pico else 0


class Standing:
    """The tiers of a run as they stand now."""

    def __init__(self, program: Program) -> None:
        self.tiers: dict[str, Tier] = {tier.name: tier for tier in program.tiers}
        self._ladder = ladder(program.tiers)
        self._places = {(t.name, r.effort): at for at, (t, r) in enumerate(self._ladder)}
        self._absent, self._down_at_first = program.absent, program.down
        self._rules: Rules = program.routing
        self.ledger = Ledger({t.name: t.budget for t in program.tiers if t.budget is not None})
        self._down: dict[str, _Down] = {}
        self._answers: dict[str, deque[bool]] = {}
        self._costs: dict[tuple[str, str], _Cost] = {}
        self._forecasts: dict[str, tuple[tuple[str, str], int]] = {}
        self._batched: set[str] = set()
        self._put: dict[str, Question] = {}
        self._refused: dict[str, int] = {}

    def plain(self) -> dict[str, Any]:
        """All that it has learnt since the run began, JSON-able."""
        return {
            "down": {tier: [d.since_ms, d.tries, d.probe] for tier, d in self._down.items()},
            "answers": {tier: list(answers) for tier, answers in self._answers.items()},
            "costs": [[*rung, one.forecast, one.cost] for rung, one in self._costs.items()],
            "forecasts": {id: [*rung, pico] for id, (rung, pico) in self._forecasts.items()},
            "batched": sorted(self._batched),
            "put": {id: question_json(question) for id, question in self._put.items()},
            "refused": dict(self._refused),
            "ledger": self.ledger.plain(),
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Make it what `plain` told; of tiers that there are none of any more it forgets."""
        known = self.tiers
        self._down = {tier: _Down(*d) for tier, d in data["down"].items() if tier in known}
        self._answers = {
            tier: deque(answers, maxlen=LATELY) for tier, answers in data["answers"].items()
        }
        self._costs = {(tier, effort): _Cost(*of) for tier, effort, *of in data["costs"]}
        self._forecasts = {
            id: ((tier, effort), pico) for id, (tier, effort, pico) in data["forecasts"].items()
        }
        self._batched = set(data["batched"])
        self._put = {id: question_from_json(one) for id, one in data["put"].items()}
        self._refused = dict(data["refused"])
        self.ledger.restore(data["ledger"])

    def opening(self, view: View) -> list[ev.Event]:
        """What is told in the first tick: which tiers can't be had in this run, or not yet."""
        if view.tick != 1:
            return []
        self._down |= {tier: _Down(view.now_ms) for tier in self._down_at_first}
        gone = {**self._absent, **self._down_at_first}
        return [ev.TierChanged(1, tier, False, why) for tier, why in gone.items()]

    @property
    def shows_whole(self) -> bool:
        """Whether any tier's model is shown all that there is to a question."""
        return any(tier.context == WHOLE for tier in self.tiers.values())

    @property
    def looks_up(self) -> bool:
        """Whether any tier's model may look things up."""
        return any(tier.lookups for tier in self.tiers.values())

    def offers(
        self,
        me: Body,
        draft: Draft,
        above: str = "",
        effort: str = "",
        level: Level | None = None,
    ) -> list[Offer]:
        """Every tier at every effort for one thought, from cheap to dear.

        Only those dearer than the tier `above`, asked at `effort`. `level`: how much attention
        its NPC has; None where nobody looks.
        """
        start = self._places.get((above, effort), -1) + 1
        rungs = self._ladder[start:]
        return [self._offer(tier, rung, me, draft, level) for tier, rung in rungs]

    def picks_words(self, offers: Sequence[Offer]) -> bool:
        """Whether nobody may be asked to write, and somebody can choose among words there are."""
        reads = (CHOOSE not in tier.unfit and WRITE in tier.unfit for tier in self.tiers.values())
        return bool(offers) and all(offer.closed for offer in offers) and any(reads)

    def patient(self, me: Body, draft: Draft) -> str:
        """The tier that takes such a thought into a batch now; empty where none does."""
        for tier in self.tiers.values():
            if tier.batch is None or draft.purpose not in tier.batch.purposes:
                continue
            question = draft.shown(tier.context == WHOLE)
            closed = self._closed(tier, me, draft.purpose, question, None)
            if closed or tier.name in self._absent or tier.name in self._down:
                continue
            most = bound(question, tier.price.batched) if tier.price else 0
            if not self.ledger.refusal(tier.name, me.id, me.view.now_ms, most):
                return tier.name
        return ""

    def _offer(self, tier: Tier, rung: Rung, me: Body, draft: Draft, level: Level | None) -> Offer:
        question = draft.shown(tier.context == WHOLE, tier.lookups, rung.effort)
        now_ms = me.view.now_ms
        barred, usd = "", 0.0
        if tier.price is not None:
            cost = self._costs.get((tier.name, rung.effort), _Cost())
            usd = dollars(cost.corrected(forecast(question, tier.price)))
        if tier.name in self._absent:
            barred = self._absent[tier.name]
        elif self._left_alone(tier, now_ms):
            barred = f"the {tier.name} model can't be reached"
        elif tier.price is not None:
            most = bound(question, tier.price)
            barred = self.ledger.refusal(tier.name, me.id, now_ms, most)
        wait, late = _wait(rung, me.view, draft.until)
        closed = self._closed(tier, me, draft.purpose, question, level) or late
        if draft.plain and tier.context != WHOLE:
            closed = closed or "leaves news to plain words"
        scale, scaled = self._scale(tier, me, level)
        return Offer(
            tier.name, usd, tier.price is not None or tier.unpriced, closed, barred,
            rung.effort, tier.trust, wait, scale, scaled,
        )  # fmt: skip

    def _closed(
        self, tier: Tier, me: Body, purpose: str, question: Question, level: Level | None
    ) -> str:
        """Why the scenario has this tier not asked; an empty text where it may be."""
        if tier.purposes and purpose not in tier.purposes:
            return f"is only for: {', '.join(tier.purposes)}"
        if tier.only is not None:
            row = np.array([me.row], np.uint32)
            if not holds(tier.only, me.view.senses, row)[0]:
                return f"is only for {tier.only_text}"
        what = asked_for(question)
        if what in tier.unfit:
            return f"is not fit to {what} in {tier.language}"
        names = list(self.tiers)
        if level is not None and level.most and level.most != tier.name:
            dearest = names.index(level.most) if level.most in names else -1
            if names.index(tier.name) > dearest:
                return f"is too dear for who is {level.name} from attention"
        return too_long(question, tier.loaded, self._refused.get(tier.name))

    def _scale(self, tier: Tier, me: Body, level: Level | None) -> tuple[float, str]:
        """How far the worth of a choice counts for a tier now, and why, in words."""
        scale, told = 1.0, []
        if level is not None and level.worth != 1:
            scale *= level.worth
            told.append(f"attention x{level.worth:g}")
        answers = self._answers.get(tier.name, ())
        if answers and not all(answers):
            health = (sum(answers) + 1) / (len(answers) + 1)
            scale *= health
            told.append(f"health x{health:.2f}")
        pace = self._pace(tier, me)
        if pace < 1:
            scale *= pace
            told.append(f"budget x{pace:.2f}")
        return scale, ", ".join(told)

    def _pace(self, tier: Tier, me: Body) -> float:
        """What is left of a budget over what is left of its time, 1 at most; the least of all.

        So a budget that goes too fast is kept for what is worth more. The time is the run's, or
        the hour's; a run without an end counts as all before it.
        """
        view, pace = me.view, 1.0
        end = view.world.setting.end_tick
        for kind, left in self.ledger.left(tier.name, me.id, view.now_ms):
            if kind == "hour":
                ahead = 1 - view.now_ms % HOUR_MS / HOUR_MS
            else:
                ahead = (end - view.tick) / end if end > view.tick else 1.0
            pace = min(pace, left / ahead)
        return pace

    def _left_alone(self, tier: Tier, now_ms: int) -> bool:
        down = self._down.get(tier.name)
        return down is not None and (bool(down.probe) or now_ms - down.since_ms < self._pause(tier))

    def _pause(self, tier: Tier) -> int:
        """How long a tier is left alone: behind HTTP twice as long after each try in vain."""
        tries = self._down[tier.name].tries if tier.served else 1
        return min(self._rules.retry_ms << min(tries - 1, 12), MOST_PAUSE_MS)

    def asked(self, thought: Thought, now_ms: int) -> None:
        """Reserve what a thought may cost. Where its tier is down, it is the probe."""
        tier = self.tiers[thought.tier]
        self._put[thought.id] = thought.question
        if thought.patience is not None:
            self._batched.add(thought.id)
        if tier.price is not None:
            question = thought.question
            rates = tier.price if thought.patience is None else tier.price.batched
            most = bound(question, rates)
            self.ledger.reserve(thought.id, tier.name, thought.npc, now_ms, most)
            if thought.patience is None:
                rung = (tier.name, question.effort)
                self._forecasts[thought.id] = rung, forecast(question, tier.price)
        if tier.served and tier.name in self._down:
            self._down[tier.name].probe = thought.id

    def landed(self, landing: Landing, view: View) -> Sequence[ev.Event]:
        """Settle what a thought cost, and note whether its tier can be reached."""
        self.ledger.settle(landing.thought, picodollars(landing.cost_usd))
        self._learn(landing)
        tier = self.tiers.get(landing.tier)
        late = landing.thought in self._batched and landing.error.startswith(DOWN[2])
        self._batched.discard(landing.thought)
        if tier is None or late:  # a batch that takes long says nothing of other questions
            return ()
        kind = landing.error.partition(":")[0]
        now_down = kind in DOWN if tier.served else kind == DOWN[0]
        down = self._down.get(tier.name)
        if kind == ev.CANCELLED:  # which tells nothing of the tier
            if down is not None and down.probe == landing.thought:
                down.probe = ""
            return ()
        if down is None and now_down:
            self._down[tier.name] = _Down(view.now_ms)
        elif down is None:
            return ()
        elif now_down:
            if not tier.served:
                down.since_ms = view.now_ms
            elif down.probe == landing.thought:
                self._down[tier.name] = _Down(view.now_ms, down.tries + 1)
            return ()
        elif tier.served and landing.error and down.probe != landing.thought:
            return ()
        else:
            del self._down[tier.name]
        why = landing.error or "it answers again"
        return (ev.TierChanged(view.tick, tier.name, not now_down, why),)

    def _learn(self, landing: Landing) -> None:
        """How well a tier answers, what it has no room for, and what its answers cost against
        their forecast."""
        rung, expected = self._forecasts.pop(landing.thought, (("", ""), 0))
        question = self._put.pop(landing.thought, None)
        if landing.error.startswith(TOO_LONG):
            if question is not None:
                least = self._refused.get(landing.tier, needed(question))
                self._refused[landing.tier] = min(least, needed(question))
            return  # it was not sent, which tells nothing of how well the tier answers
        if not landing.error.startswith(ev.CANCELLED):
            answers = self._answers.setdefault(landing.tier, deque(maxlen=LATELY))
            answers.append(landing.answer is not None)
        if landing.answer is not None and not landing.answer.usage.kept and expected:
            cost = self._costs.setdefault(rung, _Cost())
            cost.forecast += expected
            cost.cost += picodollars(landing.cost_usd)


def _wait(rung: Rung, view: View, until: int) -> tuple[float, str]:
    """-> (the think time as a share of the time that is left, why that is too long or nothing)"""
    setting = view.world.setting
    ticks = -(-rung.think // setting.tick_ms)
    if view.tick <= setting.end_tick < view.tick + ticks:
        return 1.0, "would answer after the end of the run"
    if not until:
        return 0.0, ""
    left = until - view.tick
    if ticks >= left:
        took, there = ticks * setting.tick_ms // 1000, max(left, 0) * setting.tick_ms // 1000
        return 1.0, f"would answer too late: it takes {took} s, and there are {there} s"
    return ticks / left, ""
