"""A comparison as one self-contained page: what was found, and the pictures behind it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from npcsim.errors import StoreError
from npcsim.experiments.effects import LEVEL, Effect, by_seed, sentence
from npcsim.experiments.series import Band, bands
from npcsim.experiments.sweep import Sweep
from npcsim.report.web.element import Child, add, el, markup, table
from npcsim.report.web.frame import POLICY
from npcsim.report.web.plots import WIDE, colour, legend
from npcsim.report.web.style import STYLE

MOST_PLOTS = 12
LANE = 26.0


def write_page(file: Path, sweep: Sweep, factor: str, effects: Sequence[Effect]) -> None:
    """Write the page. Raises StoreError."""
    try:
        file.write_text(page(sweep, factor, effects), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"can't write {file}: {error.strerror}") from error


def page(sweep: Sweep, factor: str, effects: Sequence[Effect]) -> str:
    """The page as HTML, light or dark as the reader's system is."""
    title = f"{sweep.design.scenario}: what {factor} changes"
    style = el("style")
    style.text = STYLE
    head = el(
        "head", el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", f"{title} · npcsim"), style,
    )  # fmt: skip
    shown = sorted(effects, key=lambda one: one.corrected)
    levels = list(dict.fromkeys([shown[0].base, *(one.level for one in effects)]))
    body = el("main", el("h1", title), el("p", _design(sweep), class_="lede"))
    add(body, el("h2", "What may be concluded"))
    add(body, el("ul", *(el("li", sentence(one, len(effects))) for one in shown)))
    add(body, el("h2", "How large the effects are"), forest(shown), _table(shown))
    add(body, el("h2", "Every seed"), legend(levels))
    for measure in list(dict.fromkeys(one.measure for one in shown))[:MOST_PLOTS]:
        add(body, el("h3", measure), seeds(sweep, factor, levels, measure))
    over_time = bands(sweep, factor, levels)
    if over_time:
        add(
            body, el("h2", "Over time"), el("p", "The mean of all runs and where 95 % of them lie.")
        )
        for name, lines in list(over_time.items())[:MOST_PLOTS]:
            add(body, el("h3", name), series(lines, levels))
    add(body, el("footer", el("p", _method(effects), class_="small")))
    return "<!DOCTYPE html>\n" + markup(el("html", head, el("body", body), lang="en")) + "\n"


def _design(sweep: Sweep) -> str:
    cells = {tuple(row.cell.items()) for row in sweep.rows}
    missing = len(sweep.rows) - len(sweep.done)
    told = f"{len(sweep.done)} runs of {sweep.design.scenario}, {len(cells)} cells"
    if missing:
        told += f"; {missing} more failed or were held back, and are in nothing below"
    return told + "."


def _method(effects: Sequence[Effect]) -> str:
    ways = "Intervals: bootstrap, BCa, 95 %. p: permutation,"
    if any(one.anytime for one in effects):
        ways = (
            "The sweep stopped by what it found, so intervals (95 %) and p are of a confidence "
            "sequence, which holds at any time of stopping. p,"
        )
    return (
        f"Differences of means; runs are paired by their seeds where levels share them. {ways} "
        "corrected by Holm over "
        f"{len(effects)} comparison{'s' if len(effects) != 1 else ''}. Level {LEVEL:g}. What was "
        "found holds for this scenario, these models and these seeds' dice, and for nothing else "
        "by itself."
    )


def forest(effects: Sequence[Effect]) -> Element:
    """Every effect in units of its own spread, with its interval: a line an effect."""
    height = LANE * len(effects) + 34
    svg = el("svg", viewBox=f"0 0 {WIDE} {height:g}", role="img", aria_label="Effect sizes")
    left, width = 330.0, WIDE - 350.0
    scaled = [_scaled(one) for one in effects]
    reach = max([1.0, *(abs(bound) for low, _, high in scaled for bound in (low, high))])
    reach = min(reach, 5.0)  # what lies beyond is drawn at the edge

    def x(value: float) -> float:
        return left + (max(-reach, min(reach, value)) + reach) / (2 * reach) * width

    for mark in (-reach, -reach / 2, 0.0, reach / 2, reach):
        add(svg, el("line", x1=x(mark), x2=x(mark), y1=4, y2=height - 24, class_="grid"))
        add(
            svg,
            el(
                "text",
                f"{mark:+.1f}",
                x=x(mark),
                y=height - 10,
                text_anchor="middle",
                class_="axis",
            ),
        )
    for number, (one, (low, at, high)) in enumerate(zip(effects, scaled, strict=True)):
        y = 4 + LANE * (number + 0.5)
        words = f"{one.measure}: {one.level}"
        add(svg, el("text", words, x=left - 12, y=y + 4, text_anchor="end", class_="lane"))
        tone = colour(0) if one.shown else colour(9)
        add(
            svg,
            el(
                "rect",
                x=x(low),
                y=y - 1.5,
                width=max(x(high) - x(low), 2.0),
                height=3.0,
                class_=tone,
            ),
        )
        add(
            svg,
            el("circle", el("title", f"{one.difference:+.4g}"), cx=x(at), cy=y, r=5.0, class_=tone),
        )
    return svg


def _scaled(one: Effect) -> tuple[float, float, float]:
    """(low, middle, high) over the spread that Cohen's d is of; endless where it has none."""
    if not one.size:
        far = math.copysign(math.inf, one.difference) if one.difference else 0.0
        return (far, far, far)
    unit = one.difference / one.size
    return (one.low / unit, one.size, one.high / unit)


def _table(effects: Sequence[Effect]) -> Element:
    heads = [
        "measure",
        "level",
        "n",
        "mean",
        "against",
        "difference",
        "95 % interval",
        "d",
        "p",
        "seeds to settle it",
    ]
    rows: list[list[Child]] = [
        [
            one.measure, f"{one.level} / {one.base}", str(one.n), f"{one.level_mean:.4g}",
            f"{one.base_mean:.4g}", f"{one.difference:+.4g}", f"{one.low:+.4g} to {one.high:+.4g}",
            f"{one.size:+.2f}", f"{one.corrected:.3g}",
            "–" if one.needed is None else str(one.needed),
        ]
        for one in effects
    ]  # fmt: skip
    return table(heads, rows, frozenset(range(2, 10)))


def seeds(sweep: Sweep, factor: str, levels: Sequence[str], measure: str) -> Element:
    """Each run's value at each level, and the mean: a lane a level, a dot a seed."""
    values = {level: list(by_seed(sweep.done, factor, level, measure).values()) for level in levels}
    every = [value for each in values.values() for value in each]
    low, high = (min(every), max(every)) if every else (0.0, 1.0)
    span = (high - low) or 1.0
    height = LANE * len(levels) + 28
    svg = el("svg", viewBox=f"0 0 {WIDE} {height:g}", role="img", aria_label=f"{measure} by seed")
    left, width = 150.0, WIDE - 180.0
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = left + share * width
        add(svg, el("line", x1=x, x2=x, y1=2, y2=height - 22, class_="grid"))
        add(
            svg,
            el(
                "text",
                f"{low + share * span:.4g}",
                x=x,
                y=height - 8,
                text_anchor="middle",
                class_="axis",
            ),
        )
    for number, level in enumerate(levels):
        y = 2 + LANE * (number + 0.5)
        add(
            svg,
            el("text", f"{factor} {level}", x=left - 12, y=y + 4, text_anchor="end", class_="lane"),
        )
        for value in values[level]:
            dot = el(
                "circle", cx=left + (value - low) / span * width, cy=y, r=4.0, class_=colour(number)
            )
            dot.set("fill-opacity", "0.4")
            add(svg, dot)
        if values[level]:
            x = left + (statistics.fmean(values[level]) - low) / span * width
            add(svg, el("rect", x=x - 1.5, y=y - 10, width=3.0, height=20.0, class_=colour(number)))
    return svg


def series(lines: Sequence[Band], levels: Sequence[str]) -> Element:
    """A measure over time: the mean at each level, and the band that most runs lie in."""
    height, left = 190.0, 60.0
    width = WIDE - left - 20
    svg = el("svg", viewBox=f"0 0 {WIDE} {height + 26:g}", role="img", aria_label="Over time")
    first = min(band.seconds[0] for band in lines)
    last = max(band.seconds[-1] for band in lines)
    low = min(min(band.low) for band in lines)
    high = max(max(band.high) for band in lines)
    tall, long = (high - low) or 1.0, (last - first) or 1.0

    def at(second: float, value: float) -> str:
        x = left + (second - first) / long * width
        return f"{x:.1f},{6 + (1 - (value - low) / tall) * (height - 12):.1f}"

    for share in (0.0, 0.5, 1.0):
        y = 6 + (1 - share) * (height - 12)
        add(svg, el("line", x1=left, x2=left + width, y1=y, y2=y, class_="grid"))
        add(
            svg,
            el(
                "text",
                f"{low + share * tall:.4g}",
                x=left - 8,
                y=y + 4,
                text_anchor="end",
                class_="axis",
            ),
        )
        x = left + share * width
        add(
            svg,
            el(
                "text",
                f"{(first + share * long) / 60:.4g} min",
                x=x,
                y=height + 16,
                text_anchor="end" if share == 1.0 else "middle",
                class_="axis",
            ),
        )
    for band in lines:
        number = levels.index(band.level)
        there = [at(second, value) for second, value in zip(band.seconds, band.high, strict=True)]
        back = [at(second, value) for second, value in zip(band.seconds, band.low, strict=True)]
        shade = el("polygon", points=" ".join([*there, *reversed(back)]), class_=colour(number))
        shade.set("fill-opacity", "0.15")
        points = " ".join(at(*pair) for pair in zip(band.seconds, band.mean, strict=True))
        add(svg, shade, el("polyline", points=points, class_=f"line l{colour(number)[1:]}"))
    return svg
