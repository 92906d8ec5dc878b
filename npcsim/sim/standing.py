"""How tiers stand in a run: which are down, and what they have spent.

A fold over what was asked and what landed, so a replay has it the same at every tick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from npcsim import events as ev
from npcsim.models.ability import asked_for
from npcsim.models.ledger import Ledger
from npcsim.models.prices import bound, dollars, forecast, picodollars
from npcsim.models.router import Offer, Rules
from npcsim.models.tiers import WHOLE, Tier
from npcsim.npc.mind import Draft
from npcsim.reflex.guards import holds
from npcsim.sim.inflight import Landing, Thought
from npcsim.sim.program import Program
from npcsim.tools.view import Body, View

MOST_PAUSE_MS = 3_600_000
DOWN = ("Unavailable", "RateLimited", "TimedOut")


@dataclass(slots=True)
class _Down:
    """Since when a tier can't be reached, how many tries ago, and the thought that probes it."""

    since_ms: int
    tries: int = 1
    probe: str = ""


class Standing:
    """The tiers of a run as they stand now."""

    def __init__(self, program: Program) -> None:
        self.tiers: dict[str, Tier] = {tier.name: tier for tier in program.tiers}
        self._absent, self._down_at_first = program.absent, program.down
        self._rules: Rules = program.routing
        self.ledger = Ledger({t.name: t.budget for t in program.tiers if t.budget is not None})
        self._down: dict[str, _Down] = {}

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

    def offers(self, me: Body, draft: Draft, above: str = "") -> list[Offer]:
        """Every tier for one thought, from cheap to dear; only those dearer than `above`."""
        names = list(self.tiers)
        start = names.index(above) + 1 if above in names else 0
        return [self._offer(self.tiers[name], me, draft) for name in names[start:]]

    def _offer(self, tier: Tier, me: Body, draft: Draft) -> Offer:
        question = draft.shown(tier.context == WHOLE, tier.lookups)
        paid = tier.price is not None or tier.unpriced
        price = dollars(forecast(question, tier.price)) if tier.price else 0.0
        closed = barred = ""
        if tier.only is not None:
            row = np.array([me.row], np.uint32)
            if not holds(tier.only, me.view.senses, row)[0]:
                closed = f"is only for {tier.only_text}"
        if asked_for(question) in tier.unfit:
            closed = f"is not fit to {asked_for(question)} in {tier.language}"
        if tier.name in self._absent:
            barred = self._absent[tier.name]
        elif self._left_alone(tier, me.view.now_ms):
            barred = f"the {tier.name} model can't be reached"
        elif tier.price is not None:
            most = bound(question, tier.price)
            barred = self.ledger.refusal(tier.name, me.id, me.view.now_ms, most)
        return Offer(tier.name, price, paid, closed, barred)

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
        if tier.price is not None:
            most = bound(thought.question, tier.price)
            self.ledger.reserve(thought.id, tier.name, thought.npc, now_ms, most)
        if tier.served and tier.name in self._down:
            self._down[tier.name].probe = thought.id

    def landed(self, landing: Landing, view: View) -> Sequence[ev.Event]:
        """Settle what a thought cost, and note whether its tier can be reached."""
        self.ledger.settle(landing.thought, picodollars(landing.cost_usd))
        tier = self.tiers.get(landing.tier)
        if tier is None:
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
