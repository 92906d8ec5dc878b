"""Measures over time, of all runs of a level together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from npcsim.experiments.sweep import Sweep

MOST_FACTS, STEPS = 4, 96


@dataclass(frozen=True, slots=True)
class Band:
    """A measure at a level: at each time the mean of its runs, and where 95 % of them lie."""

    level: str
    seconds: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def bands(sweep: Sweep, factor: str, levels: Sequence[str]) -> Mapping[str, list[Band]]:
    """The scenario's own measures that were taken twice or more, and moved. Raises StoreError."""
    found: dict[str, dict[str, dict[float, list[float]]]] = {}
    for row, run in sweep.runs():
        level = row.cell.get(factor, "")
        if level not in levels:
            continue
        for line in run.table("measures").rows():
            group = line["group"]
            name = line["name"] if group in ("", "all") else f"{line['name']}, {group}"
            times = found.setdefault(name, {}).setdefault(level, {})
            times.setdefault(line["seconds"], []).append(line["value"])
    return {
        name: [_band(level, by_level[level]) for level in levels if level in by_level]
        for name, by_level in found.items()
        if max(map(len, by_level.values())) > 1 and _moves(by_level)
    }


def _moves(by_level: Mapping[str, Mapping[float, Sequence[float]]]) -> bool:
    """Whether it is ever anything else than what it was: a flat line says nothing."""
    values = {v for times in by_level.values() for each in times.values() for v in each}
    return len(values) > 1


def _band(level: str, times: Mapping[float, Sequence[float]]) -> Band:
    seconds = sorted(times)
    columns = [np.asarray(times[one]) for one in seconds]
    ends = [np.percentile(column, [2.5, 97.5]) for column in columns]
    return Band(
        level, tuple(seconds), tuple(float(column.mean()) for column in columns),
        tuple(float(one[0]) for one in ends), tuple(float(one[1]) for one in ends),
    )  # fmt: skip


def heard(sweep: Sweep, factor: str, levels: Sequence[str]) -> Mapping[str, list[Band]]:
    """How many NPCs have been told each fact, over time: of those passed on, the `MOST_FACTS` that
    reached the most. Who knew from the start or was there is not counted. Raises StoreError.

    A run that ended before the others counts with what it came to.
    """
    told: dict[str, list[dict[str, list[float]]]] = {level: [] for level in levels}
    reached: Counter[str] = Counter()
    last = 0.0
    for row, run in sweep.runs():
        level = row.cell.get(factor, "")
        if level not in told:
            continue
        times: dict[str, list[float]] = {}
        for line in run.table("knowledge").rows():
            times.setdefault(line["fact"], []).append(line["seconds"])
        told[level].append(times)
        reached.update({fact: len(each) for fact, each in times.items()})
        last = max(last, run.last_tick * run.started.tick_ms / 1000)
    moments = [last * step / STEPS for step in range(STEPS + 1)]
    found = {}
    for fact, _ in sorted(reached.items(), key=lambda one: (-one[1], one[0]))[:MOST_FACTS]:
        found[fact] = [
            _band(level, {s: [_by(s, times.get(fact, ())) for times in runs] for s in moments})
            for level, runs in told.items()
            if runs
        ]
    return found


def _by(second: float, times: Sequence[float]) -> float:
    return float(sum(one <= second for one in times))
