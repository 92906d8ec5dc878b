"""What questions to models took, added up from what was asked and what landed.

A plain fold over events, for whoever reads a log: tables, the report, a forecast.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from npcsim.events.minds import Asked, Decided, Landed
from npcsim.events.packing import Event
from npcsim.events.start import RunStarted, TierMark

HOUR_MS = 3_600_000
BARRED = "can't be asked: "
USED_UP = {
    "the run's budget of $": "run",
    "this hour's budget of $": "hour",
    "'s budget of $": "npc",
}
"""How the log says that a tier was worth asking, and that a budget was why it was not."""


@dataclass(frozen=True, slots=True)
class Purse:
    """Whose spending: in which hour, who was asked, by whom and what for.

    `hour`: of the simulation, counted from day 1, 00:00; that in which it was asked.
    """

    hour: int
    tier: str
    model: str
    npc: str
    purpose: str


@dataclass(slots=True)
class Spent:
    """What some questions took, in questions, tokens and USD.

    `kept`: answers that were there from before: nothing was asked, nothing charged. `failed`: no
    answer came; `lost_usd` is what those cost, or may have. `cancelled`: given up on the way, and
    `cancelled_usd` the most they can have cost. `usd` is all of it; `input` counts cached tokens,
    `neutral` what was computed beside the questions (see `messages.Usage`).
    """

    calls: int = 0
    kept: int = 0
    failed: int = 0
    cancelled: int = 0
    input: int = 0
    cached: int = 0
    written: int = 0
    output: int = 0
    neutral: int = 0
    usd: float = 0.0
    lost_usd: float = 0.0
    cancelled_usd: float = 0.0

    @property
    def computed(self) -> int:
        """Tokens that went through a model; those of questions given up on the way nobody tells."""
        return self.input - self.cached + self.output + self.neutral

    def add(self, other: Spent) -> None:
        """Count another's too."""
        for part in fields(self):
            setattr(self, part.name, getattr(self, part.name) + getattr(other, part.name))

    def take(self, landed: Landed) -> None:
        """Count what landed."""
        self.calls += 1
        self.usd += landed.cost_usd
        if landed.cancelled:
            self.cancelled += 1
            self.cancelled_usd += landed.cost_usd
        elif landed.answer is None:
            self.failed += 1
            self.lost_usd += landed.cost_usd
        else:
            usage = landed.answer.get("usage", {})
            self.kept += bool(usage.get("kept"))
            for kind in ("input", "cached", "written", "output", "neutral"):
                setattr(self, kind, getattr(self, kind) + int(usage.get(kind, 0)))


@dataclass(frozen=True, slots=True)
class BudgetUse:
    """How far a budget was used. `kind`: run, npc or hour; `whose`: the NPC or the hour.

    Of NPCs and hours it is the one that spent most. Money in USD.
    """

    tier: str
    kind: str
    whose: str
    limit: float
    spent: float

    @property
    def left(self) -> float:
        """What may still be spent."""
        return self.limit - self.spent


class Spending:
    """Adds up by purse. `take` each event in the log's order; others than thoughts are passed."""

    def __init__(self, started: RunStarted) -> None:
        self._start_ms, self._tick_ms = started.start_ms, started.tick_ms
        self.tiers = started.tiers
        self._asked: dict[str, Asked] = {}
        self.purses: dict[Purse, Spent] = {}
        self.barred: dict[str, dict[str, list[int]]] = {}
        """By tier and budget (run, npc, hour) the ticks of decisions worth asking, and not asked
        for it."""

    def take(self, event: Event) -> None:
        """Read one event."""
        if isinstance(event, Decided):
            self._decided(event)
        elif isinstance(event, Asked):
            self._asked[event.thought] = event
        elif isinstance(event, Landed):
            asked = self._asked.pop(event.thought, None)
            tick, purpose = (asked.tick, asked.purpose) if asked else (event.tick, "")
            hour = (self._start_ms + tick * self._tick_ms) // HOUR_MS
            purse = Purse(hour, event.tier, event.model, event.npc, purpose)
            self.purses.setdefault(purse, Spent()).take(event)

    def _decided(self, event: Decided) -> None:
        for tier in self.tiers:
            _, found, why = event.reason.partition(f"{tier.name} {BARRED}")
            why = why.partition(";")[0]
            kind = next((USED_UP[words] for words in USED_UP if words in why), "")
            if found and kind:
                self.barred.setdefault(tier.name, {}).setdefault(kind, []).append(event.tick)

    def read(self, events: Iterable[Event]) -> None:
        """Read all of them."""
        for event in events:
            self.take(event)

    def under_way(self, tiers: Iterable[str]) -> int:
        """Questions put to these tiers that have not landed: what they cost is not counted."""
        names = set(tiers)
        return sum(asked.tier in names for asked in self._asked.values())

    def by(self, part: str) -> dict[str | int, Spent]:
        """All of it by one part of a purse, in the order of the log."""
        return added(self.purses, part)

    @property
    def total(self) -> Spent:
        """All of it."""
        whole = Spent()
        for spent in self.purses.values():
            whole.add(spent)
        return whole

    def budgets(self) -> list[BudgetUse]:
        """How far each budget that is set was used."""
        return [use for tier in self.tiers for use in _uses(tier, self.purses)]


def added(purses: Mapping[Purse, Spent], part: str) -> dict[str | int, Spent]:
    """Spending by one part of a purse: `hour`, `tier`, `model`, `npc` or `purpose`."""
    found: dict[str | int, Spent] = {}
    for purse, spent in purses.items():
        found.setdefault(getattr(purse, part), Spent()).add(spent)
    return found


def _uses(tier: TierMark, purses: Mapping[Purse, Spent]) -> Iterable[BudgetUse]:
    own = {purse: spent for purse, spent in purses.items() if purse.tier == tier.name}
    for kind in ("run", "npc", "hour"):
        limit = tier.budget.get(kind)
        if limit is None:
            continue
        if kind == "run":
            yield BudgetUse(tier.name, kind, "", limit, sum(spent.usd for spent in own.values()))
            continue
        most = sorted(added(own, kind).items(), key=lambda pair: (-pair[1].usd, str(pair[0])))
        whose, spent = most[0] if most else ("", Spent())
        yield BudgetUse(tier.name, kind, str(whose), limit, spent.usd)
