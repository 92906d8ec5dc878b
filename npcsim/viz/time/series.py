"""Lines for small plots, out of what has been read of a run. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from npcsim.viz.scene import Scene
from npcsim.viz.time.history import History
from npcsim.viz.time.index import Index

POINTS = 96  # of one line
LINES = 6  # of one plot
Points = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Line:
    """A named line of (tick, value); `tier` is set where it is a tier's."""

    name: str
    points: Points
    tier: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """A small plot: title, what its numbers are, its lines. `step`: values hold until the next."""

    title: str
    unit: str
    lines: tuple[Line, ...]
    step: bool = False


def plots(history: History, scene: Scene, row: int | None, first: int, last: int) -> list[Plot]:
    """Decisions, waiting, tokens and money, needs, population, ties: of the chosen NPC where that
    makes sense, else of all."""
    index = history.index
    return [
        _decisions(index, first, last),
        _latency(index, first, last),
        _spent(index),
        _needs(history, scene, row),
        Plot("Population", "up", (Line("", _thinned(index.alive)),), step=True),
        _ties(index, scene, row),
    ]


def _decisions(index: Index, first: int, last: int) -> Plot:
    lines = []
    for tier, ticks in sorted(index.decided.items()):
        points = [(float(at), float(bisect_right(ticks, at))) for at in _ruler(first, last)]
        lines.append(Line(tier, points, tier))
    return Plot("Decisions by tier", "so far", tuple(lines))


def _latency(index: Index, first: int, last: int) -> Plot:
    """Seconds of the calls where the log has calls, else ticks from question to landing: the
    median of each stretch of the run."""
    told: dict[str, list[tuple[int, float]]] = {}
    for call in list(index.calls):
        told.setdefault(call.tier, []).append((call.tick, call.seconds))
    real = bool(told)
    lines = [
        Line(tier, _medians(values, first, last), tier)
        for tier, values in sorted((told or index.waited).items())
        if any(value for _, value in islice(values, 2000))
    ]
    return Plot("Latency", "s, median" if real else "ticks, median", tuple(lines))


def _spent(index: Index) -> Plot:
    if index.calls:
        total, points = 0, []
        for call in list(index.calls):
            total += call.tokens_in + call.tokens_out
            points.append((call.tick, float(total)))
        money = index.spent[-1][1] if index.spent else 0.0
        unit = f"in all, ${money:.4f}" if money else "in all"
        return Plot("Tokens", unit, (Line("", _thinned(points)),), step=True)
    return Plot("Money", "USD so far", (Line("", _thinned(index.spent)),), step=True)


def _needs(history: History, scene: Scene, row: int | None) -> Plot:
    started = scene.started
    needs = [
        (at, gauge) for at, gauge in enumerate(started.gauges if started else ()) if gauge.need
    ][:LINES]  # fmt: skip
    lines = tuple(Line(gauge.name, _thinned(history.gauge(at, row))) for at, gauge in needs)
    who = scene.people[row].name if row is not None else "mean of all"
    return Plot("Needs", who, lines)


def _ties(index: Index, scene: Scene, row: int | None) -> Plot:
    who = scene.people[row].id if row is not None else None
    found = [
        (len(values), key, values)
        for key, values in list(index.ties.items())
        if who is None or key[0] == who
    ]
    found.sort(key=lambda one: -one[0])
    lines = tuple(
        Line(f"{'' if who else scene.name_of(key[0]) + ' '}{key[2]} {scene.name_of(key[1])}",
             _thinned(values))
        for _, key, values in found[:LINES]
    )  # fmt: skip
    return Plot("Ties", scene.people[row].name if row is not None else "most changed", lines, True)


def _ruler(first: int, last: int) -> list[int]:
    count = min(POINTS, max(1, last - first))
    return [first + (last - first) * n // count for n in range(count + 1)]


def _medians(values: Sequence[tuple[int, float]], first: int, last: int) -> Points:
    out: Points = []
    ruler = _ruler(first, last)[:: max(1, POINTS // 32)]
    for start, stop in zip(ruler, [*ruler[1:], last + 1], strict=True):
        low = bisect_left(values, start, key=lambda one: one[0])
        high = bisect_left(values, stop, key=lambda one: one[0])
        part = sorted(value for _, value in values[low:high])
        if part:
            out.append(((start + stop) / 2, part[len(part) // 2]))
    return out


def _thinned(values: Sequence[tuple[int, float]]) -> Points:
    """Every so many-th value, and the last."""
    step = max(1, len(values) // (2 * POINTS))
    out = [(float(tick), value) for tick, value in values[::step]]
    if values and step > 1:
        out.append((float(values[-1][0]), values[-1][1]))
    return out
