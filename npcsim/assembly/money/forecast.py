"""What a run will ask of its tiers and what that will cost: it is lived on supposed answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from npcsim.assembly.build import Built
from npcsim.assembly.money.lives import Life, live
from npcsim.events.spending import HOUR_MS, BudgetUse, Spent
from npcsim.models.money.prices import dollars
from npcsim.models.remote.sizes import SPREAD
from npcsim.models.tiers import Tier
from npcsim.scenario.units import clock_text

LIVES = 9
"""Three of each leaning (`supposed.PULLS`). With three in all, chance alone put a forecast of the
parley's four dear questions at 1.51 times what was spent; with eight it was 1.44."""


@dataclass(frozen=True, slots=True)
class TierForecast:
    """What one tier will be asked: means over the lives, with the money as a range.

    `kept`: of `calls`, answers that will be there already. Tokens and USD are of the whole run;
    `cached` and `written` are part of `input`. `usd` is None where nobody knows the price.
    `thinks`: whether it may think before answers, of which `usd` counts a quarter of what there is
    room for, `least` nothing and `most` all. `local`: its model is a file; `speed`: that model's
    tokens of prompts a second, None where nobody measured them on this machine.
    """

    name: str
    model: str
    paid: bool
    calls: float
    kept: float
    input: float
    cached: float
    written: float
    output: float
    usd: float | None
    least: float | None
    most: float | None
    thinks: bool = False
    local: bool = False
    speed: float | None = None


@dataclass(frozen=True, slots=True)
class HourForecast:
    """One simulated hour of the part that was lived. `hour` as `day 1 06:00`."""

    hour: str
    calls: dict[str, float]
    usd: float


@dataclass(frozen=True, slots=True)
class BudgetForecast:
    """How far a budget will be used. `binds`: in how many lives it held something back.

    `first`: when it did so first; an empty text where it never did. `times`: how often, a life.
    """

    tier: str
    kind: str
    whose: str
    limit: float
    spent: float
    binds: int
    times: float
    first: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run is going to take. Nothing was asked of a model that costs money, nothing kept.

    `lived` of `ticks` ticks were lived, `lives` times; all but `hours` is of all `ticks`.
    `seconds`: real time of the run by the real seconds that an answer over HTTP takes; `alone`:
    without any answer's.
    """

    scenario: str
    seed: int
    ticks: int
    lived: int
    lives: int
    tiers: tuple[TierForecast, ...]
    hours: tuple[HourForecast, ...]
    budgets: tuple[BudgetForecast, ...]
    seconds: dict[float, float]
    notes: tuple[str, ...]
    alone: float = 0.0

    @property
    def usd(self) -> float:
        """What it will cost, as far as prices are known."""
        return sum(tier.usd or 0.0 for tier in self.tiers)

    @property
    def least(self) -> float:
        """The low end of that."""
        return sum(tier.least or 0.0 for tier in self.tiers)

    @property
    def most(self) -> float:
        """The high end of that; budgets hold whatever comes."""
        return sum(tier.most or 0.0 for tier in self.tiers)

    def as_json(self) -> dict[str, Any]:
        """The same as plain data."""
        found = asdict(self)
        found["seconds"] = {f"{each:g}": round(all, 1) for each, all in self.seconds.items()}
        return {**found, "usd": self.usd, "least": self.least, "most": self.most}


async def forecast(
    built: Built,
    again: Callable[[], Built],
    *,
    ticks: int,
    part: int | None = None,
    lives: int = LIVES,
    ask_free: bool = False,
    most_s: float | None = None,
    minds: bool = True,
    show: Callable[[int, int], object] = lambda life, tick: None,
) -> Forecast:
    """Live a built world `lives` times; `again` builds it anew for each after the first.

    part: how many of its `ticks` are lived; the rest is taken to go on like them. ask_free: really
    ask tiers that cost nothing. most_s: leave each life after so many real seconds and take the
    rest to go on like it. minds: False lives on reflexes alone. show: told the life and the tick
    under way. Raises what a run would.
    """
    lived = min(part or ticks, ticks)
    found: list[Life] = []
    for number in range(lives):
        world = built if number == 0 else again()
        shown = partial(show, number)
        found.append(await live(world, number, lived, ask_free, shown, most_s, minds))
    ended = max(life.ticks for life in found)
    # A scenario may end by itself before its time.
    goes_on = ended >= lived or any(life.cut for life in found)
    scale = ticks / max(1, ended) if goes_on else 1.0
    # What only a first tick takes is not taken to come again.
    alone = _mean([life.first_s + (life.all_s - life.first_s) * scale for life in found])
    waits = {
        seconds: alone + _mean([life.waited[seconds] for life in found]) * scale
        for seconds in found[0].waited
    }
    setting = built.world.setting
    return Forecast(
        scenario=setting.scenario, seed=setting.seed, ticks=ticks if scale > 1 else ended,
        lived=ended, lives=lives,
        tiers=tuple(_tier(tier, found, scale) for tier in found[0].tiers),
        hours=_hours(found), budgets=_budgets(found, scale, setting.start_ms, setting.tick_ms),
        seconds=waits, notes=found[0].notes, alone=alone,
    )  # fmt: skip


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _tier(tier: Tier, lives: Sequence[Life], scale: float) -> TierForecast:
    spent = [life.spending.by("tier").get(tier.name, Spent()) for life in lives]

    def mean(part: str) -> float:
        return _mean([float(getattr(one, part)) for one in spent]) * scale

    beyond = [life.beyond[tier.name] for life in lives]
    thinks = any(one.thinking for one in beyond)
    usd = least = most = None
    if tier.price is not None or not tier.unpriced:
        usd = mean("usd")
        both = list(zip(spent, beyond, strict=True))
        least = min(one.usd - dollars(un.thinking) for one, un in both) * scale * (1 - SPREAD)
        most = max(one.usd + dollars(un.more + un.looks + un.anew) for one, un in both)
        most *= scale * (1 + SPREAD)
        limit = tier.budget.run if tier.budget is not None else None
        most = most if limit is None else min(most, dollars(limit))
    return TierForecast(
        tier.name, tier.model, tier.price is not None or tier.unpriced, mean("calls"),
        mean("kept"), mean("input"), mean("cached"), mean("written"), mean("output"), usd, least,
        most, thinks, tier.name in lives[0].speeds, lives[0].speeds.get(tier.name),
    )  # fmt: skip


def _hours(lives: Sequence[Life]) -> tuple[HourForecast, ...]:
    hours: dict[int, dict[str, float]] = {}
    usd: dict[int, float] = {}
    for life in lives:
        for purse, spent in life.spending.purses.items():
            calls = hours.setdefault(purse.hour, {})
            calls[purse.tier] = calls.get(purse.tier, 0.0) + spent.calls / len(lives)
            usd[purse.hour] = usd.get(purse.hour, 0.0) + spent.usd / len(lives)
    return tuple(
        HourForecast(clock_text(hour * HOUR_MS), calls, usd[hour])
        for hour, calls in sorted(hours.items())
    )


def _budgets(
    lives: Sequence[Life], scale: float, start_ms: int, tick_ms: int
) -> tuple[BudgetForecast, ...]:
    found = []
    for uses in zip(*(life.spending.budgets() for life in lives), strict=True):
        use: BudgetUse = max(uses, key=lambda one: one.spent)
        held = [
            ticks for life in lives
            if (ticks := life.spending.barred.get(use.tier, {}).get(use.kind, []))
        ]  # fmt: skip
        spent = _mean([one.spent for one in uses])
        if use.kind == "run":
            spent = min(spent * scale, use.limit)
        found.append(
            BudgetForecast(
                use.tier,
                use.kind,
                use.whose,
                use.limit,
                spent,
                len(held),
                sum(map(len, held)) / len(lives),
                clock_text(start_ms + min(map(min, held)) * tick_ms) if held else "",
            )
        )
    return tuple(found)
