"""Counting what happens in a run, for its summary. A subscriber: it looks and never touches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

from npcsim import events as ev
from npcsim.messages import Usage
from npcsim.models.router import REFLEX

THOUGHTS = ("asked", "landed", "kept", "late", "failed", "cancelled", "fallback")
TOKENS = ("input", "output", "cached", "written", "computed")


@dataclass(slots=True)
class Broken:
    """How a tool broke first, where in its file, and how many times in all."""

    at: str
    how: str
    times: int = 0


@dataclass(slots=True)
class Cache:
    """What a tier's provider had kept of its prompts, and keeps from now on, in tokens."""

    answers: int = 0
    cached: int = 0
    written: int = 0


def per_npc_day(summary: Mapping[str, Any], minds: int) -> dict[str, Any]:
    """Of a summary, for each of `minds` NPCs and 24 simulated hours: tokens, and those computed.

    Nothing where nobody thinks, or no time has passed.
    """
    days, tokens = minds * summary["sim_s"] / 86_400, summary["tokens"]
    if not days:
        return {}
    whole = tokens["input"] + tokens["output"]
    each = {"tokens": whole / days, "computed": tokens["computed"] / days}
    return {"per_npc_day": {name: round(number, 1) for name, number in each.items()}}


class Tally:
    """Folds ticks into the numbers of a run's summary."""

    def __init__(self) -> None:
        self.thoughts: Counter[str] = Counter()
        self.by_tier: Counter[str] = Counter()
        self.tokens: Counter[str] = Counter()
        self.effects: Counter[str] = Counter()
        self.broken: dict[str, Broken] = {}
        self.cost_usd = 0.0
        self.costs: dict[str, dict[str, float]] = {"by_tier": {}, "by_npc": {}}
        self.cache: dict[str, Cache] = {}
        self.tick_ms: list[float] = []
        self.hash = ""
        self.tick = 0

    def plain(self) -> dict[str, Any]:
        """All counts so far, JSON-able; times of the wall are no part of it."""
        return {
            "counters": [dict(one) for one in self._counters()],
            "broken": {tool: [*astuple(one)] for tool, one in self.broken.items()},
            "cache": {tier: [*astuple(one)] for tier, one in self.cache.items()},
            "cost_usd": self.cost_usd,
            "costs": {key: dict(spent) for key, spent in self.costs.items()},
            "last": [self.tick, self.hash],
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Make it what `plain` told."""
        for counter, counts in zip(self._counters(), data["counters"], strict=True):
            counter.clear()
            counter.update(counts)
        self.broken = {tool: Broken(*values) for tool, values in data["broken"].items()}
        self.cache = {tier: Cache(*values) for tier, values in data["cache"].items()}
        self.cost_usd, (self.tick, self.hash) = data["cost_usd"], data["last"]
        self.costs = {key: dict(spent) for key, spent in data["costs"].items()}

    def _counters(self) -> tuple[Counter[str], ...]:
        return self.thoughts, self.by_tier, self.tokens, self.effects

    def take(self, tick: int, events: list[ev.Event]) -> None:
        """Count one tick's events."""
        self.tick = tick
        for event in events:
            match event:
                case ev.Asked(tier=tier) if tier != REFLEX:
                    self.thoughts["asked"] += 1
                case ev.Landed():
                    self._landed(event)
                case ev.Decided(tier=tier, fallback=fallback):
                    self.by_tier["fallback" if fallback else tier] += 1
                    self.thoughts["fallback"] += fallback
                case ev.Applied(effects=effects):
                    self.effects["applied"] += len(effects)
                case ev.Rejected():
                    self.effects["rejected"] += 1
                    if event.broke:
                        how = event.reason.removeprefix(f"{event.tool} ")
                        broken = self.broken.setdefault(event.tool, Broken(event.broke, how))
                        broken.times += 1
                case ev.Moved() | ev.Changed() | ev.StateChanged():
                    self.effects["applied"] += len(event.who)
                case ev.TickEnded(hash=hash):
                    self.hash = hash

    def _landed(self, event: ev.Landed) -> None:
        self.thoughts["late"] += event.late
        self.cost_usd += event.cost_usd
        if event.cost_usd:
            for key, who in (("by_tier", event.tier), ("by_npc", event.npc)):
                self.costs[key][who] = self.costs[key].get(who, 0.0) + event.cost_usd
        if event.cancelled:
            self.thoughts["cancelled"] += 1
            return
        if event.answer is None:
            self.thoughts["failed"] += 1
            return
        self.thoughts["landed"] += 1
        usage = event.answer["usage"]
        self.thoughts["kept"] += bool(usage.get("kept"))
        for kind, count in usage.items():
            self.tokens[kind] += count
        self.tokens["computed"] += Usage(**usage).computed
        if not usage.get("kept"):
            cache = self.cache.setdefault(event.tier, Cache())
            cache.answers += 1
            cache.cached += usage.get("cached", 0)
            cache.written += usage.get("written", 0)

    def summary(self, *, tick_ms: int) -> dict[str, Any]:
        """The numbers so far. `tick_ms` there is wall time; the argument is simulated."""
        ordered = sorted(self.tick_ms)

        def at(share: float) -> float:
            index = min(int(share * len(ordered)), len(ordered) - 1)
            return round(ordered[index], 3) if ordered else 0.0

        return {
            "ticks": self.tick,
            "state_hash": self.hash,
            "thoughts": {name: self.thoughts[name] for name in THOUGHTS},
            "by_tier": dict(self.by_tier),
            "tokens": {name: self.tokens[name] for name in TOKENS},
            "cost_usd": round(self.cost_usd, 6),
            "costs": {
                key: {name: round(usd, 6) for name, usd in sorted(spent.items())}
                for key, spent in self.costs.items()
            },
            "effects": {name: self.effects[name] for name in ("applied", "rejected")},
            "broken": {
                tool: {"times": one.times, "at": one.at, "first": one.how}
                for tool, one in self.broken.items()
            },
            "tick_ms": {"p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "max": at(1.0)},
            "sim_s": self.tick * tick_ms / 1000,
        }
