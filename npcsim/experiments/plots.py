"""The plots of a comparison, as inline SVG: effects, every seed, measures over time, networks."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element

from npcsim.experiments.effects import Effect, by_seed
from npcsim.experiments.networks import Nets, Pair
from npcsim.experiments.series import Band
from npcsim.experiments.sweep import Sweep
from npcsim.report.web.element import add, el
from npcsim.report.web.plots import LETTER, STEPS_S, WIDE, colour, drawing, trimmed, words

LANE, SEED_LANE = 26.0, 46.0
LEAST_LEFT, MOST_LEFT = 150.0, 330.0
DASHES = ("", "7 4", "2 3", "10 3 2 3")
"""So that a line can be told from one beneath it, and without colours."""
MOST_PEOPLE, MOST_EDGES = 40, 400
ACROSS = 2
RADIUS, MARGIN, HEAD = 135.0, 92.0, 26.0
THINNEST, THICKEST = 0.6, 5.0
FACE = 3.5
FARTHEST = 5
"""In units of the spread: effects beyond it are drawn at the edge."""
DOT = 4.0


def forest(effects: Sequence[Effect]) -> Element:
    """Every effect in units of its own spread, with its interval: a line an effect."""
    bottom = LANE * len(effects) + 10
    svg = drawing("Effect sizes", WIDE, bottom + 40)
    left, width = MOST_LEFT, WIDE - MOST_LEFT - 20
    scaled = [_scaled(one) for one in effects]
    farthest = max([0.9, *(abs(bound) for low, _, high in scaled for bound in (low, high))])
    reach = FARTHEST if farthest > FARTHEST else math.ceil(farthest * 1.05)

    def x(value: float) -> float:
        return left + (max(-reach, min(reach, value)) + reach) / (2 * reach) * width

    for mark in range(-reach, reach + 1):
        add(svg, el("line", x1=x(mark), x2=x(mark), y1=4.0, y2=bottom,
                    class_="grid" if mark else "zero"))  # fmt: skip
        add(svg, words(x(mark), bottom + 14, f"{mark:+d}" if mark else "0", "middle", "axis"))
    base = _short("", effects[0].factor, effects[0].base, width - 450)
    told = f"difference from {base}, in units of its spread from seed to seed (Cohen's d)"
    add(svg, words(x(0), bottom + 32, told, "middle", "axis"))
    for number, (one, (low, at, high)) in enumerate(zip(effects, scaled, strict=True)):
        y, tone = 4 + LANE * (number + 0.5), colour(0) if one.shown else colour(9)
        label = _short(f"{one.measure}, ", one.factor, one.level, left - 16)
        add(svg, words(left - 12, y + 4, label, "end", "lane"))
        long = max(x(high) - x(low), 2.0)
        dot = el("circle", el("title", f"{one.difference:+.4g}"), cx=x(at), cy=y, r=5.0,
                 class_=tone)  # fmt: skip
        add(svg, el("rect", x=x(low), y=y - 1.5, width=long, height=3.0, class_=tone), dot)
    return svg


def _short(before: str, factor: str, level: str, room: float) -> str:
    """A level with its factor's name; without it, or cut, where there is no room."""
    whole = f"{before}{factor} {level}"
    fits = len(whole) * LETTER <= room
    return whole if fits else trimmed(f"{before}{level}", room)


def _scaled(one: Effect) -> tuple[float, float, float]:
    """(low, middle, high) over the spread that Cohen's d is of; endless where it has none."""
    if not one.size:
        far = math.copysign(math.inf, one.difference) if one.difference else 0.0
        return (far, far, far)
    unit = one.difference / one.size
    return (one.low / unit, one.size, one.high / unit)


def seeds(sweep: Sweep, factor: str, levels: Sequence[str], measure: str) -> Element:
    """Each run's value at each level, and the mean: a lane a level, a dot a seed."""
    values = {level: list(by_seed(sweep.done, factor, level, measure).values()) for level in levels}
    every = [value for each in values.values() for value in each]
    low, high = (min(every), max(every)) if every else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    bottom = SEED_LANE * len(levels) + 6
    svg = drawing(f"{measure} by seed", WIDE, bottom + 22)
    longest = max(len(f"{factor} {level}") for level in levels) * LETTER + 24
    left = min(MOST_LEFT, max(LEAST_LEFT, longest))
    width = WIDE - left - 30

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * width

    for mark in round_marks(low, high):
        add(svg, el("line", x1=x(mark), x2=x(mark), y1=2.0, y2=bottom, class_="grid"))
        add(svg, words(x(mark), bottom + 14, f"{mark:.6g}", "middle", "axis"))
    for number, level in enumerate(levels):
        y = 2 + SEED_LANE * (number + 0.5)
        label = _short("", factor, level, left - 16)
        add(svg, words(left - 12, y + 4, label, "end", "lane"))
        if values[level]:
            mean = x(statistics.fmean(values[level]))
            add(svg, el("rect", x=mean - 1.5, y=y - SEED_LANE / 2 + 3, width=3.0,
                        height=SEED_LANE - 6, class_=colour(number)))  # fmt: skip
        for at, off in _apart([x(value) for value in values[level]], SEED_LANE / 2 - DOT - 2):
            dot = el("circle", cx=at, cy=y + off, r=DOT, class_=colour(number))
            dot.set("fill-opacity", "0.6")
            add(svg, dot)
    return svg


def _apart(across: Sequence[float], room: float) -> Iterator[tuple[float, float]]:
    """Dots that would cover one another, one above the other: (x, off the middle of the lane)."""
    columns = [round(x / (2 * DOT)) for x in across]
    many, seen = Counter(columns), Counter[int]()
    for x, column in zip(across, columns, strict=True):
        step = min(2 * DOT, 2 * room / max(1, many[column] - 1))
        yield x, (seen[column] - (many[column] - 1) / 2) * step
        seen[column] += 1


def round_marks(low: float, high: float, most: int = 7) -> list[float]:
    """At most so many round numbers from `low` to `high`: steps of 1, 2 or 5 times a power of 10.

    >>> round_marks(0, 4)
    [0.0, 1.0, 2.0, 3.0, 4.0]
    """
    rough = (high - low) / (most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def series(lines: Sequence[Band], levels: Sequence[str]) -> Element:
    """A measure over time: the mean at each level, and the band that most runs lie in."""
    bottom, left = 190.0, 60.0
    width = WIDE - left - 20
    svg = drawing("Over time", WIDE, bottom + 42)
    first = min(band.seconds[0] for band in lines)
    last = max(band.seconds[-1] for band in lines)
    low = min(min(band.low) for band in lines)
    high = max(max(band.high) for band in lines)
    tall, long = (high - low) or 1.0, (last - first) or 1.0

    def x(second: float) -> float:
        return left + (second - first) / long * width

    def y(value: float) -> float:
        return 6 + (1 - (value - low) / tall) * (bottom - 12)

    def points(seconds: Sequence[float], values: Sequence[float]) -> list[str]:
        return [f"{x(s):.1f},{y(v):.1f}" for s, v in zip(seconds, values, strict=True)]

    for mark in round_marks(low, low + tall, 5):
        add(svg, el("line", x1=left, x2=left + width, y1=y(mark), y2=y(mark), class_="grid"))
        add(svg, words(left - 8, y(mark) + 4, f"{mark:.6g}", "end", "axis"))
    for second, label in _moments(first, last):
        anchor = "end" if x(second) > left + width - 20 else "middle"
        add(svg, words(x(second), bottom + 16, label, anchor, "axis"))
    for band in lines:
        number = levels.index(band.level)
        around = points(band.seconds, band.high) + points(band.seconds, band.low)[::-1]
        shade = el("polygon", points=" ".join(around), class_=colour(number))
        shade.set("fill-opacity", "0.15")
        middle = " ".join(points(band.seconds, band.mean))
        line = el("polyline", points=middle, class_=f"line l{colour(number)[1:]}",
                  stroke_dasharray=DASHES[number % len(DASHES)] or None)  # fmt: skip
        add(svg, shade, line)
    told = "simulated time since the start"
    add(svg, words(left + width / 2, bottom + 34, told, "middle", "axis"))
    return svg


def _moments(first: float, last: float) -> Iterator[tuple[float, str]]:
    """Round times since the beginning, at most nine, as (seconds, label)."""
    step = next((one for one in STEPS_S if (last - first) / one <= 8), STEPS_S[-1])
    unit, name = (3600, "h") if step >= 3600 else (60, "min") if step >= 60 else (1, "s")
    for number in range(math.ceil(first / step), math.floor(last / step) + 1):
        yield number * step, f"{number * step / unit:g} {name}"


def network(found: Nets, kind: str, factor: str, unit: str) -> Element | None:
    """One circle a level, everybody at the same place in each: the thicker a line, the more often.

    Of more than `MOST_PEOPLE` those are drawn who have the most of it. None where there is nothing
    to draw.
    """
    edges = found.edges(kind)
    if not edges:
        return None
    weight: dict[str, float] = {}
    for each in edges.values():
        for pair, often in each.items():
            for npc in pair:
                weight[npc] = weight.get(npc, 0.0) + often
    busiest = sorted(weight, key=lambda npc: (-weight[npc], npc))[:MOST_PEOPLE]
    people = sorted(busiest, key=lambda npc: (*found.people.get(npc, ("", npc)), npc))
    most = max(often for each in edges.values() for often in each.values())
    side = WIDE / ACROSS
    tall = HEAD + 2 * (RADIUS + MARGIN)
    rows = math.ceil(len(edges) / ACROSS)
    svg = drawing(f"Networks: {kind}", WIDE, rows * tall + 18)
    for number, (level, each) in enumerate(edges.items()):
        left, top = (number % ACROSS) * side, (number // ACROSS) * tall
        lines = len([pair for pair in each if set(pair) <= set(people)])
        head = f"{trimmed(f'{factor} {level}', side - 110)}: {lines} pairs"
        add(svg, words(left + side / 2, top + 16, head, "middle", "lane"))
        middle = (left + side / 2, top + HEAD + RADIUS + MARGIN)
        _circle(svg, found, people, each, most, middle, number)
    told = f"the thickest line: {most:.3g} {unit}"
    if len(weight) > len(people):
        told += f"; {len(people)} of {len(weight)} people are drawn"
    add(svg, words(WIDE / 2, rows * tall + 10, told, "middle", "axis"))
    return svg


def _circle(
    svg: Element,
    found: Nets,
    people: Sequence[str],
    edges: Mapping[Pair, float],
    most: float,
    middle: tuple[float, float],
    number: int,
) -> None:
    places = {}
    for at, npc in enumerate(people):
        turn = 2 * math.pi * at / len(people) - math.pi / 2
        away = (math.cos(turn), math.sin(turn))
        x, y = middle[0] + RADIUS * away[0], middle[1] + RADIUS * away[1]
        places[npc] = (x, y)
        _, name = found.people.get(npc, ("", npc))
        degrees = math.degrees(turn)
        leftward = away[0] < -1e-9
        label = words(
            x + 9 * away[0], y + 9 * away[1], trimmed(name, MARGIN),
            "end" if leftward else "start", "axis",
        )  # fmt: skip
        spin = degrees + 180 if leftward else degrees
        label.set("transform", f"rotate({spin:.1f} {x + 9 * away[0]:.1f} {y + 9 * away[1]:.1f})")
        label.set("dominant-baseline", "central")
        add(svg, label)
    heaviest = sorted(edges.items(), key=lambda one: (-one[1], one[0]))[:MOST_EDGES]
    for (one, other), often in reversed(heaviest):
        if one not in places or other not in places or one == other:
            continue
        (x1, y1), (x2, y2) = places[one], places[other]
        names = " – ".join(found.people.get(npc, ("", npc))[1] for npc in (one, other))
        line = el("line", el("title", f"{names}: {often:.3g}"), x1=x1, y1=y1, x2=x2, y2=y2,
                  class_=f"l{colour(number)[1:]}")  # fmt: skip
        share = often / most
        line.set("stroke-width", f"{THINNEST + (THICKEST - THINNEST) * share:.2f}")
        line.set("stroke-opacity", f"{0.25 + 0.5 * share:.2f}")
        add(svg, line)
    for x, y in places.values():
        add(svg, el("circle", cx=x, cy=y, r=FACE, class_=colour(number)))
