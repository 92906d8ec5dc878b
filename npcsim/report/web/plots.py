"""Plots as inline SVG: plain functions from data to an element. Colours are classes `c0`…`c9`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

from npcsim.report.facts.story import Deed, Population, Series, Span
from npcsim.report.web.element import add, el

WIDE = 960
COLOURS = 10
LETTER = 6.6
"""How wide a letter of a lane's name is drawn, about."""
STEPS_S = (
    1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 10800, 21600, 43200,
    86_400, 172_800, 604_800, 1_209_600, 2_419_200,
)  # fmt: skip


def legend(names: Sequence[str]) -> Element:
    """Names with their colours, in order."""
    marks = (
        el("span", el("i", "", class_=colour(i)), name, class_="key")
        for i, name in enumerate(names)
    )
    return el("p", *marks, class_="legend")


def colour(number: int) -> str:
    """The class of the nth colour; past the last all share the grey one."""
    return f"c{number}" if number < COLOURS - 1 else f"c{COLOURS - 1}"


def drawing(label: str, width: float, height: float) -> Element:
    """An empty picture, with what it shows for those who can't see it."""
    return el("svg", viewBox=f"0 0 {width:g} {height:g}", role="img", aria_label=label)


def words(
    x: float, y: float, text: str, anchor: str = "start", class_: str | None = None
) -> Element:
    """Words in a picture."""
    return el("text", text, x=x, y=y, text_anchor=anchor, class_=class_)


def trimmed(text: str, room: float) -> str:
    """Words cut to so much room, with a mark where they go on: nothing leaves the frame."""
    most = max(2, int(room / LETTER))
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def x_of(span: Span, tick: float, left: float, width: float) -> float:
    """Where a tick is on the time axis."""
    return left + (tick - span.first) / max(span.last - span.first, 1) * width


def time_axis(
    svg: Element, span: Span, left: float, width: float, top: float, bottom: float
) -> None:
    """Grid lines at round simulated times, with their labels under `bottom`."""
    most = max(2, int(width / 90))
    step = next((s for s in STEPS_S if span.seconds / s <= most), STEPS_S[-1]) * 1000
    begin, end = span.ms(span.first), span.ms(span.last)
    at = -(-begin // step) * step
    while at <= end:
        tick = (at - span.start_ms) / span.tick_ms
        x = x_of(span, tick, left, width)
        add(svg, el("line", x1=x, x2=x, y1=top, y2=bottom, class_="grid"))
        anchor = "end" if x > left + width - 12 else "start" if x < left + 12 else "middle"
        add(svg, words(x, bottom + 14, span.at(round(tick)), anchor, "axis"))
        at += step


def swimlanes(
    span: Span, lanes: Sequence[tuple[str, Sequence[Deed]]], tools: Sequence[str]
) -> Element:
    """One lane an NPC, one bar an act, coloured by its tool's place in `tools`."""
    left, lane, width = 110.0, 22.0, WIDE - 120.0
    height = len(lanes) * lane
    svg = drawing("Acts of each NPC over time", WIDE, height + 22)
    number = {tool: i for i, tool in enumerate(tools)}
    time_axis(svg, span, left, width, 0, height)
    for row, (name, deeds) in enumerate(lanes):
        y = row * lane
        add(svg, words(left - 8, y + 15, name, "end", "lane"))
        add(svg, el("line", x1=left, x2=left + width, y1=y + lane, y2=y + lane, class_="grid"))
        for deed in deeds:
            end = deed.end if deed.end >= 0 else span.last
            x = x_of(span, deed.start, left, width)
            wide = max(x_of(span, end, left, width) - x - 0.6, 1.6)
            note = f"{span.at(deed.start)}–{span.at(end)} {deed.text or deed.tool}"
            note += "" if deed.how in ("done", "") else f" ({deed.how}: {deed.reason})"
            bad = " bad" if deed.how in ("refused", "failed") else ""
            bar = el(
                "rect", el("title", f"{name} · {note}"), x=x, y=y + 4, width=wide, height=lane - 8,
                rx=1.5, class_=colour(number.get(deed.tool, COLOURS)) + bad,
            )  # fmt: skip
            add(svg, bar)
    return svg


def stacked_bars(
    span: Span, points: Mapping[str, Sequence[int]], label: str, height: float = 150, bins: int = 48
) -> Element:
    """How many things (ticks in `points`, name by name) fell into each stretch of the run."""
    left, width = 40.0, WIDE - 50.0
    svg = drawing(label, WIDE, height + 26)
    length = max(span.last - span.first, 1)
    bins = max(1, min(bins, length))
    counts = {name: [0] * bins for name in points}
    for name, ticks in points.items():
        for tick in ticks:
            counts[name][min((tick - span.first) * bins // length, bins - 1)] += 1
    top = max(max(map(sum, zip(*counts.values(), strict=True)), default=0), 1)
    time_axis(svg, span, left, width, 6, height)
    count_axis(svg, top, left, 6, height, width)
    for bin_ in range(bins):
        base = 0
        for i, (name, line) in enumerate(counts.items()):
            if line[bin_]:
                tall = line[bin_] / top * (height - 6)
                bar = el(
                    "rect", el("title", f"{name}: {line[bin_]}"), x=left + bin_ * width / bins + 1,
                    y=height - base / top * (height - 6) - tall, width=width / bins - 2,
                    height=tall, class_=colour(i),
                )  # fmt: skip
                add(svg, bar)
                base += line[bin_]
    return svg


def count_axis(
    svg: Element, top: float, left: float, high: float, low: float, width: float
) -> None:
    """Grid lines at 0, the middle and the top of what is counted, with their labels."""
    for share in (0.0, 0.5, 1.0) if top > 1 else (0.0, 1.0):
        y = low - share * (low - high)
        add(svg, el("line", x1=left, x2=left + width, y1=y, y2=y, class_="grid"))
        add(svg, words(left - 6, y + 4, f"{share * top:,.3g}" if top < 1000 else
                        f"{share * top:,.0f}", "end", "axis"))  # fmt: skip


def lines(span: Span, series: Series, title: str, colours: Mapping[str, int]) -> Element:
    """Every curve of one NPC or archetype, 0 to 1 of its range."""
    width, height, left = 300.0, 96.0, 6.0
    svg = drawing(f"Gauges of {title} over time", width, height + 34)
    add(svg, words(left, 12, title, class_="lane"))
    for share in (0.0, 0.5, 1.0):
        y = 20 + (1 - share) * height
        add(svg, el("line", x1=left, x2=width - 6, y1=y, y2=y, class_="grid"))
    inner = width - left - 6
    for curve in series.curves:
        points = " ".join(
            f"{x_of(span, tick, left, inner):.1f},{20 + (1 - value) * height:.1f}"
            for tick, value in zip(series.ticks, curve.values, strict=True)
        )
        line = el(
            "polyline", el("title", f"{title}: {curve.name}"), points=points,
            class_="line l" + colour(colours[curve.name])[1:],
        )  # fmt: skip
        add(svg, line)
    add(svg, words(left, height + 33, span.at(span.first), class_="axis"))
    add(svg, words(width - 6, height + 33, span.at(span.last), "end", "axis"))
    return svg


def areas(span: Span, population: Population) -> Element:
    """How many NPCs were in each state, stacked."""
    left, width, height = 50.0, WIDE - 60.0, 190.0
    svg = drawing(f"States of {population.machine} over time", WIDE, height + 26)
    ticks = population.ticks
    whole = max(max(map(sum, zip(*population.counts, strict=True)), default=0), 1)
    base = [0] * len(ticks)
    shapes: list[Element] = []
    for i, (state, counts) in enumerate(zip(population.states, population.counts, strict=True)):
        upper = [low + count for low, count in zip(base, counts, strict=True)]
        points = [*zip(ticks, upper, strict=True), *reversed(list(zip(ticks, base, strict=True)))]
        path = " ".join(
            f"{x_of(span, tick, left, width):.1f},{height - n / whole * (height - 6):.1f}"
            for tick, n in points
        )
        shapes.append(el("polygon", el("title", state), points=path, class_=colour(i)))
        base = upper
    add(svg, *shapes)
    time_axis(svg, span, left, width, 6, height)
    count_axis(svg, whole, left, 6, height, width)
    return svg


def matrix(
    rows: Sequence[str], columns: Sequence[str], counts: Mapping[tuple[str, str], int]
) -> Element:
    """How often each row did something to each column: the darker the more. Names are the keys."""
    cell, left, top = 30.0, 120.0, 92.0
    wide, tall = left + cell * len(columns) + 60, top + cell * len(rows) + 4
    svg = drawing("Who talked to whom", wide, tall)
    svg.set("style", f"max-width:{wide:g}px")
    for i, name in enumerate(rows):
        add(svg, words(left - 8, top + i * cell + 19, name, "end", "lane"))
    for i, name in enumerate(columns):
        x = left + i * cell + cell / 2
        tilted = words(x, top - 8, name, class_="lane")
        tilted.set("transform", f"rotate(-42 {x:g} {top - 8:g})")
        add(svg, tilted)
    most = max(counts.values(), default=1)
    for row, source in enumerate(rows):
        for column, to in enumerate(columns):
            x, y = left + column * cell, top + row * cell
            add(svg, *_cell(x, y, cell, f"{source} to {to}", counts.get((source, to), 0), most))
    return svg


def _cell(x: float, y: float, side: float, note: str, count: int, most: int) -> list[Element]:
    """One box of a matrix; its number stands on it unless it is none."""
    share = 0.15 + 0.85 * count / most
    box = el(
        "rect", el("title", f"{note}: {count}"), x=x + 1, y=y + 1, width=side - 2,
        height=side - 2, rx=3, class_="c0" if count else "empty",
        fill_opacity=share if count else None,
    )  # fmt: skip
    if not count:
        return [box]
    tone = "on" if share > 0.55 else "axis"
    return [box, words(x + side / 2, y + 19, f"{count:,}", "middle", tone)]
