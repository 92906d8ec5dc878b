"""Stopping when it is settled: intervals that hold however often one looks at them.

Whoever looks at p after every run and stops at the first below 0.05 claims far more than one effect
in twenty that is none. So a sweep that stops by itself, and `compare` after it, go by a confidence
sequence: with 95 % probability it covers the mean at *every* number of pairs, so one may stop at
any of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from npcsim.experiments.book import DONE, Row
from npcsim.experiments.design import SettledPart, StopPart
from npcsim.experiments.plan import Planned

PRIOR = 1.0
"""The spread of the effect sizes (of differences over their spread) that the mixture is over: it
decides at which number of pairs the sequence is tightest, and never whether it holds."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Where a comparison stands after `n` pairs: mean, its interval, and p at any time."""

    n: int
    mean: float
    low: float
    high: float
    p: float


def evidence(differences: Sequence[float]) -> float:
    """How many times better than `no difference` an effect fits, 1 for less than two pairs.

    The Bayes factor of the t statistic with a normal prior on the effect size, g = `PRIOR`:
    (1 + n g)^-1/2 [(1 + t²/v) / (1 + t²/(v (1 + n g)))]^((v + 1)/2), v = n - 1 (Rouder and others
    2009). With the right Haar prior on the spread it is a nonnegative martingale of mean 1 where
    there is no difference and differences are normal (Hendriksen, de Heide and Grünwald 2021; Wang
    and Ramdas 2023), so by Ville's inequality it ever exceeds 1/a with probability a at most.
    """
    n = len(differences)
    if n < 2:
        return 1.0
    mean, spread = _moments(differences)
    if spread == 0:
        return 1.0 if mean == 0 else math.inf
    freedom, grown = n - 1, 1 + n * PRIOR
    squared = n * mean * mean / (spread * spread) / freedom
    ratio = math.log1p(squared) - math.log1p(squared / grown)
    weight = (freedom + 1) / 2 * ratio - math.log(grown) / 2
    return math.exp(min(weight, 700.0))


def reach(n: int, spread: float, level: float) -> float:
    """Half the width of the interval after n pairs: the means whose `evidence` is below 1/level.

    Infinite for so few pairs that nothing can be excluded; 0 where nothing varies.
    """
    if n < 2:
        return math.inf
    if spread == 0:
        return 0.0
    freedom, grown = n - 1, 1 + n * PRIOR
    power = 2 / (freedom + 1) * (math.log(grown) / 2 - math.log(level))
    bound = math.exp(min(power, 700.0))
    if bound >= grown:
        return math.inf
    squared = (bound - 1) / (1 - bound / grown)
    return spread / math.sqrt(n) * math.sqrt(freedom * squared)


def anytime(differences: Sequence[float], level: float = 0.05) -> Settled:
    """The interval of the mean of paired differences, in the order of their seeds, and p.

    p is 1 over the most evidence there was at any number of pairs (Johari et al. 2022).
    """
    n = len(differences)
    mean, spread = _moments(differences)
    half = reach(n, spread, level)
    most = max((evidence(differences[:k]) for k in range(2, n + 1)), default=1.0)
    return Settled(n, mean, mean - half, mean + half, min(1.0, 1 / most))


def _moments(differences: Sequence[float]) -> tuple[float, float]:
    n = len(differences)
    mean = math.fsum(differences) / n if n else 0.0
    if n < 2:
        return mean, 0.0
    spread = math.sqrt(math.fsum((one - mean) ** 2 for one in differences) / (n - 1))
    # Equal differences have a spread from rounding their mean alone.
    return mean, spread if spread > 1e-12 * abs(mean) else 0.0


def settled_by(stop: StopPart, planned: Sequence[Planned], rows: Iterable[Row]) -> str:
    """`why_settled` by a design's stop rules; empty where they say nothing of it."""
    return "" if stop.settled is None else why_settled(stop.settled, planned, rows)


def why_settled(part: SettledPart, planned: Sequence[Planned], rows: Iterable[Row]) -> str:
    """Why nothing more needs to be lived, in words; empty while it does.

    Only pairs up to the first one that is not over count: runs that end early must not come first.
    Every level is to be settled against the first; with several, each at its share of the level.
    """
    over = {row.id: row for row in rows}
    levels = list(dict.fromkeys(one.cell[part.factor] for one in planned))
    told = []
    for level in levels[1:]:
        differences = _whole_pairs(part, planned, over, levels[0], level)
        if len(differences) < part.least:
            return ""
        found = anytime(differences, 0.05 / (len(levels) - 1))
        apart = found.low > 0 or found.high < 0
        narrow = part.within is not None and found.high - found.low <= part.within
        if not (apart or narrow):
            return ""
        how = "it excludes 0" if apart else f"it is narrower than {part.within:g}"
        told.append(
            f"{part.measure} with {part.factor} {level}: {found.low:+.3g} to {found.high:+.3g} "
            f"after {found.n} pairs, {how}"
        )
    return "settled: " + "; ".join(told)


def _whole_pairs(
    part: SettledPart, planned: Sequence[Planned], over: dict[str, Row], first: str, level: str
) -> list[float]:
    """`level` - `first` by pair of seeds, in the design's order; what else varies is averaged."""
    pairs: dict[tuple[int, int], list[Planned]] = {}
    for one in planned:
        pairs.setdefault(one.pair, []).append(one)
    found = []
    for each in pairs.values():
        if any(one.id not in over for one in each):
            break
        values: dict[str, list[float]] = {first: [], level: []}
        for one in each:
            row, at = over[one.id], one.cell[part.factor]
            if at in values and row.state == DONE and part.measure in row.measures:
                values[at].append(row.measures[part.measure])
        if values[first] and values[level]:
            low, high = (math.fsum(v) / len(v) for v in (values[first], values[level]))
            found.append(high - low)
    return found
