"""How facts went from mouth to mouth, and how the net of acquaintance grew: drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from xml.etree.ElementTree import Element

from npcsim.report.facts.knowledge import Fact, Learnt
from npcsim.report.facts.story import Span, Story
from npcsim.report.web import plots
from npcsim.report.web.element import Child, add, el, table
from npcsim.report.words.spread import HEADS, fact_rows, left_out, spread_lines

DRAWN = 4
LANE = 18.0
LEFT, WIDTH = 110.0, plots.WIDE - 130.0
KNEW, TALKED = "knew each other, or have talked", "have exchanged words"


def spread(story: Story) -> list[Child]:
    """The section: curves of who knew, the way of each fact, the density of acquaintance."""
    parts: list[Child] = []
    facts = story.facts[:DRAWN]
    rows: list[list[Child]] = [[*row] for row in fact_rows(story)]
    if rows:
        parts += [
            table(list(HEADS), rows, frozenset({1, 2, 5})),
            el("h3", "The share of NPCs who knew, over time"),
            plots.legend([fact.text for fact in facts]),
            _curves(story, [(fact.text, _known(story, fact)) for fact in facts], "Who knew"),
        ]
    for number, fact in enumerate(facts):
        parts += [el("h3", fact.text), _way(story, fact, plots.colour(number))]
    if facts:
        note = "A line leads from who told it to who learnt it then; dashed: overheard."
        parts.append(el("p", note, class_="small"))
    if story.acquaintance.exchanged:
        parts += [
            el("h3", "The share of pairs who know each other, over time"),
            plots.legend([KNEW, TALKED]),
            _curves(story, _density(story), "Density of acquaintance"),
        ]
    lines = [line for line in (left_out(story), *spread_lines(story)) if line]
    return [*parts, *(el("p", line, class_="small") for line in lines)]


def _known(story: Story, fact: Fact) -> list[tuple[int, float]]:
    """(tick, share of all who knew from then on), at each tick at which it grew."""
    ticks = dict.fromkeys(one.tick for one in fact.learnt)
    return [(tick, fact.knew(tick) / story.npcs) for tick in ticks]


def _density(story: Story) -> list[tuple[str, list[tuple[int, float]]]]:
    met, first = story.acquaintance, story.span.first
    ticks = [first, *dict.fromkeys(tick for tick, _ in met.exchanged)]
    return [
        (KNEW, [(tick, met.density(tick)) for tick in ticks]),
        (TALKED, [(tick, met.talked(tick)) for tick in ticks]),
    ]


def _curves(
    story: Story, curves: Sequence[tuple[str, Sequence[tuple[int, float]]]], label: str
) -> Element:
    """Shares of one as steps over the run, 0 to 1."""
    span, low = story.span, 150.0
    svg = plots.drawing(label, plots.WIDE, low + 26)
    plots.time_axis(svg, span, LEFT, WIDTH, 6, low)
    plots.count_axis(svg, 1.0, LEFT, 6, low, WIDTH)
    for number, (name, steps) in enumerate(curves):
        points: list[str] = []
        y = low
        for tick, share in steps:
            x = plots.x_of(span, tick, LEFT, WIDTH)
            points.append(f"{x:.1f},{y:.1f}")
            y = low - share * (low - 6)
            points.append(f"{x:.1f},{y:.1f}")
        points.append(f"{LEFT + WIDTH:.1f},{y:.1f}")
        line = el(
            "polyline", el("title", name), points=" ".join(points),
            class_="line l" + plots.colour(number)[1:],
        )  # fmt: skip
        add(svg, line)
    return svg


def _way(story: Story, fact: Fact, colour: str) -> Element:
    """One lane for everybody who knew, in order of time, and a line to each from who told it."""
    height, span = len(fact.learnt) * LANE, _stretch(story.span, fact)
    svg = plots.drawing(f"Who told whom: {fact.text}", plots.WIDE, height + 22)
    plots.time_axis(svg, span, LEFT, WIDTH, 0, height)
    row = {one.npc: number for number, one in enumerate(fact.learnt)}
    for one in fact.learnt:
        y = row[one.npc] * LANE + LANE / 2
        x = plots.x_of(span, max(one.tick, span.first), LEFT, WIDTH)
        add(svg, plots.words(LEFT - 8, y + 4, story.name(one.npc), "end", "lane"))
        add(svg, el("line", x1=x, x2=LEFT + WIDTH, y1=y, y2=y, class_="grid"))
        if one.source in row:
            teller = row[one.source] * LANE + LANE / 2
            line = el(
                "line", x1=x, x2=x, y1=teller, y2=y, class_="line l" + colour[1:],
                stroke_dasharray="2 3" if one.overheard else None,
            )  # fmt: skip
            add(svg, line)
        dot = el("circle", el("title", _told(story, one)), cx=x, cy=y, r=4.0, class_=colour)
        add(svg, dot)
    return svg


def _stretch(span: Span, fact: Fact) -> Span:
    """The part of the run in which a fact was new to somebody, with a margin of a tenth."""
    told = [one.tick for one in fact.learnt if one.hop]
    first, last = min(told, default=span.first), max(told, default=span.last)
    margin = max(1, (last - first) // 10)
    return replace(span, first=max(span.first, first - margin), last=min(span.last, last + margin))


def _told(story: Story, one: Learnt) -> str:
    """`day 1 12:03 Lise, overheard from Ilse (hop 2, 64% sure)`."""
    who = f"{story.span.at(one.tick)} {story.name(one.npc)}"
    if not one.hop:
        return who
    how = "overheard from" if one.overheard else "from"
    return f"{who}, {how} {story.name(one.source)} (hop {one.hop}, {one.sure:.0%} sure)"
