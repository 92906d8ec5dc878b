"""What changing a factor did: effect sizes with intervals, and what may be concluded."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from scipy import stats

from npcsim.errors import NpcsimError
from npcsim.experiments import settling
from npcsim.experiments.book import Row
from npcsim.scenario.spelling import nearest

RESAMPLES = 9_999
PER_TEST = 100
"""Resamples at least for each comparison: with fewer, no p could be small enough for so many."""
LEVEL = 0.05
POWER = 0.8
MOST_SEEDS = 1_000_000
_SEED = 20_100
"""The dice of resampling: the same rows give the same intervals."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One measure at one level of a factor, against the factor's first level.

    difference: of means, `level` - `base`, in the measure's unit. low, high: its bootstrap interval
    of 95 % (BCa, Efron 1987); both the difference where it never varies. size: Cohen's d, of the
    differences where paired, else of the pooled spread; 0 where nothing varies. p: by permutation;
    corrected: the same by Holm (1979) over all effects compared. n: pairs, or runs of both levels.
    anytime: low, high and p hold although the sweep stopped by what it found (see `settling`).
    needed: pairs (or runs a level) at which an effect of this size would be found 4 times in 5,
    with as many comparisons as here to correct for; None where there is none to find.
    """

    measure: str
    factor: str
    base: str
    level: str
    paired: bool
    n: int
    base_mean: float
    level_mean: float
    difference: float
    low: float
    high: float
    size: float
    p: float
    corrected: float
    needed: int | None
    anytime: bool = False

    @property
    def shown(self) -> bool:
        """Whether the data show a difference, the number of comparisons taken into account."""
        return self.corrected < LEVEL

    @property
    def none(self) -> bool:
        """Whether there was no difference in any pair, or in any run."""
        return self.low == self.high == 0


def compared(
    rows: Iterable[Row],
    factor: str,
    measures: Sequence[str] = (),
    base: str | None = None,
    anytime: bool = False,
) -> list[Effect]:
    """Every level of a factor against `base` (the first), by measure.

    Runs are paired by their seeds; what else was varied is averaged within a seed first, so that
    a seed counts once. Where levels don't share seeds, their runs are compared unpaired. anytime:
    the sweep stopped by what it found, so intervals and p are those that hold at any time of
    stopping; only pairs have them. Raises
    NpcsimError for a factor, level or measure there is not, and where there is too little.
    """
    done = [row for row in rows if row.state == "done"]
    if not done:
        raise NpcsimError("no run of this sweep has come to its end")
    levels = list(dict.fromkeys(row.cell.get(factor, "") for row in done))
    if "" in levels:
        known = list(dict.fromkeys(name for row in done for name in row.cell))
        hint = nearest(factor, known) or f"it varies {', '.join(known) or 'nothing but seeds'}"
        raise NpcsimError(f"the sweep has no factor {factor!r}; {hint}")
    if base is not None and base not in levels:
        raise NpcsimError(f"{factor} has no level {base!r}; it has {', '.join(levels)}")
    if len(levels) < 2:
        raise NpcsimError(f"all runs that came to their end have {factor} {levels[0]!r}")
    first = base if base is not None else levels[0]
    known = list(dict.fromkeys(name for row in done for name in row.measures))
    for name in measures:
        if name not in known:
            raise NpcsimError(f"no run has a measure {name!r}; {nearest(name, known) or ''}")
    names = measures or known
    resamples = max(RESAMPLES, PER_TEST * len(names) * (len(levels) - 1))
    found = [
        effect
        for name in names
        for level in levels
        if level != first
        for effect in _effect(done, factor, name, first, level, anytime, resamples)
    ]
    if not found:
        raise NpcsimError("two seeds or more a level are needed to compare anything")
    return _corrected(found)


def by_seed(
    rows: Iterable[Row], factor: str, level: str, measure: str
) -> dict[tuple[int, int], float]:
    """A measure at a level by pair of seeds, averaged over whatever else was varied."""
    values: dict[tuple[int, int], list[float]] = {}
    for row in rows:
        if row.cell.get(factor) == level and measure in row.measures:
            values.setdefault(row.pair, []).append(row.measures[measure])
    return {pair: statistics.fmean(each) for pair, each in values.items()}


def _effect(
    rows: Sequence[Row],
    factor: str,
    measure: str,
    first: str,
    level: str,
    anytime: bool,
    resamples: int,
) -> Iterator[Effect]:
    one = by_seed(rows, factor, first, measure)
    two = by_seed(rows, factor, level, measure)
    shared = [pair for pair in one if pair in two]
    paired = len(shared) >= 2 and 2 * len(shared) >= max(len(one), len(two))
    before = np.array([one[pair] for pair in shared] if paired else list(one.values()))
    after = np.array([two[pair] for pair in shared] if paired else list(two.values()))
    if min(len(before), len(after)) < 2 or (anytime and not paired):
        return
    difference = float(after.mean() - before.mean())
    if anytime:
        found = settling.anytime((after - before).tolist())
        low, high, p = found.low, found.high, found.p
    elif paired:
        low, high, p = _by_pairs(after - before, resamples)
    else:
        low, high, p = _by_groups(before, after, resamples)
    size = _size(before, after, paired)
    n = len(shared) if paired else min(len(before), len(after))
    yield Effect(
        measure, factor, first, level, paired, n, float(before.mean()), float(after.mean()),
        difference, low, high, size, p, p, None, anytime,
    )  # fmt: skip


def _by_pairs(differences: np.ndarray, resamples: int) -> tuple[float, float, float]:
    """-> (low, high, p) of the mean of differences. p: signs flipped at random, or all of them."""
    mean = float(differences.mean())
    if not np.ptp(differences):
        # Every pair differs by the same: only the chance of the signs is left.
        return mean, mean, 1.0 if mean == 0 else 2.0 ** (1 - len(differences))
    bounds = stats.bootstrap(
        (differences,), np.mean, n_resamples=RESAMPLES, rng=_SEED, method="BCa"
    ).confidence_interval
    tested = stats.permutation_test(
        (differences,), _mean, permutation_type="samples", n_resamples=resamples, rng=_SEED,
    )  # fmt: skip
    return float(bounds.low), float(bounds.high), float(tested.pvalue)


def _by_groups(before: np.ndarray, after: np.ndarray, resamples: int) -> tuple[float, float, float]:
    """-> (low, high, p) of the difference of means of two independent groups."""
    mean = float(after.mean() - before.mean())
    if not np.ptp(before) and not np.ptp(after):
        same = 1.0 if mean == 0 else 2 / math.comb(len(before) + len(after), len(after))
        return mean, mean, min(1.0, same)
    bounds = stats.bootstrap(
        (after, before), _apart, n_resamples=RESAMPLES, rng=_SEED, method="BCa", vectorized=True
    ).confidence_interval
    tested = stats.permutation_test(
        (after, before), _apart, permutation_type="independent", n_resamples=resamples, rng=_SEED,
        vectorized=True,
    )  # fmt: skip
    return float(bounds.low), float(bounds.high), float(tested.pvalue)


def _mean(values: np.ndarray, axis: int = -1) -> np.ndarray:
    return np.asarray(np.mean(values, axis=axis))


def _apart(after: np.ndarray, before: np.ndarray, axis: int = -1) -> np.ndarray:
    return np.asarray(np.mean(after, axis=axis) - np.mean(before, axis=axis))


def _size(before: np.ndarray, after: np.ndarray, paired: bool) -> float:
    """Cohen's d (1988): of the differences, or over the pooled standard deviation."""
    mean = float(after.mean() - before.mean())
    if paired:
        spread = float((after - before).std(ddof=1))
    else:
        left, right = len(before) - 1, len(after) - 1
        pooled = (left * before.var(ddof=1) + right * after.var(ddof=1)) / (left + right)
        spread = math.sqrt(float(pooled))
    return mean / spread if spread else 0.0


def seeds_for(size: float, paired: bool, count: int = 1, anytime: bool = False) -> int | None:
    """Pairs, or runs a level, that find an effect of this size with power 0.8 at the level 0.05,
    shared by `count` comparisons.

    size: Cohen's d, endless where nothing varies but the difference. The normal approximation with
    Guenther's correction (1981); no fewer than those with which a test by signs, or by whose is
    whose, can be that sure. anytime: so many that the confidence sequence (see `settling`) leaves 0
    out, by the same approximation. None for no effect, or where that takes over a million.
    """
    if size == 0:
        return None
    level = LEVEL / count
    if anytime:
        return _seeds_anytime(abs(size), level)
    least = next(n for n in range(2, 200) if _surest(n, paired) < level)
    z = stats.norm.ppf(1 - level / 2) + stats.norm.ppf(POWER)
    sides = 1 if paired else 2
    correction = stats.norm.ppf(1 - level / 2) ** 2 / (2 * sides)
    found = float(sides * (z / size) ** 2 + correction) if math.isfinite(size) else 0.0
    return max(least, math.ceil(found)) if found < MOST_SEEDS else None


def _surest(n: int, paired: bool) -> float:
    """The smallest p that n pairs, or n runs a level, can have."""
    return 2.0 ** (1 - n) if paired else 2 / math.comb(2 * n, n)


def _seeds_anytime(size: float, level: float) -> int | None:
    z = float(stats.norm.ppf(POWER))
    n = 2
    while settling.reach(n, 1.0, level) + z / math.sqrt(n) > size:
        n = math.ceil(n * 1.02)
        if n > MOST_SEEDS:
            return None
    return n


def _corrected(effects: Sequence[Effect]) -> list[Effect]:
    """The same with p values by Holm's step-down procedure over all of them."""
    order = sorted(range(len(effects)), key=lambda at: effects[at].p)
    worst, corrected = 0.0, {}
    for rank, at in enumerate(order):
        worst = max(worst, min(1.0, effects[at].p * (len(effects) - rank)))
        corrected[at] = worst
    return [
        replace(effect, corrected=corrected[at], needed=_needed(effect, len(effects)))
        for at, effect in enumerate(effects)
    ]


def _needed(effect: Effect, count: int) -> int | None:
    steady = effect.size == 0 and effect.difference != 0
    size = math.inf if steady else effect.size
    return seeds_for(size, effect.paired, count, effect.anytime)


def ordered(effects: Iterable[Effect]) -> list[Effect]:
    """The same, those that the data show most clearly first, and those of no difference last."""
    return sorted(effects, key=lambda one: (one.corrected, one.none, one.p, -abs(one.size)))


def concluded(effects: Sequence[Effect]) -> Iterator[str]:
    """What may be concluded of all, most clearly shown first: a sentence each, but one for all
    measures that never differed at a level."""
    alike: dict[tuple[str, bool, int], list[Effect]] = {}
    for one in ordered(effects):
        if one.none:
            alike.setdefault((one.level, one.paired, one.n), []).append(one)
        else:
            yield sentence(one, len(effects))
    for each in alike.values():
        named = replace(each[0], measure=", ".join(one.measure for one in each))
        yield sentence(named, len(effects))


def sentence(effect: Effect, count: int) -> str:
    """What may be concluded of an effect, one of `count` compared, in a sentence or two."""
    what = f"{effect.measure} with {effect.factor} {effect.level}, against {effect.base}"
    of = f"{effect.n} {'pairs of runs' if effect.paired else 'runs a level'}"
    if effect.none:
        return f"{what}: no difference at all in {of}."
    spread = f"{effect.difference:+.3g}, 95 % interval {effect.low:+.3g} to {effect.high:+.3g}"
    how = f"p = {effect.corrected:.2g}" + (f" after Holm for {count}" if count > 1 else "")
    if effect.anytime:
        how += ", both holding at any time of stopping"
    if effect.shown:
        end = "a difference that chance alone would seldom make, in this scenario and these models."
        return f"{what}: {spread} ({of}, {how}): {end}"
    need = "an effect that matters may still be too small for so few"
    if effect.needed is not None and effect.needed > effect.n:
        many = f"{effect.needed:,} {'pairs' if effect.paired else 'runs a level'}"
        need = f"were the true effect as large as the one seen, {many} would show it 4 times in 5"
    return f"{what}: {spread} ({of}, {how}): nothing may be concluded; {need}."


def as_json(effect: Effect, count: int) -> Mapping[str, object]:
    """An effect as plain data, with its sentence."""
    return {**asdict(effect), "shown": effect.shown, "says": sentence(effect, count)}
