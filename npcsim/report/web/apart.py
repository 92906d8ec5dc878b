"""The difference of two runs as one self-contained web page."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from npcsim.report.facts.story import Span
from npcsim.report.web.element import Child, add, el, markup, table
from npcsim.report.web.frame import head_of
from npcsim.report.web.plots import legend, time_axis
from npcsim.report.words.apart import (
    ENDS,
    VIA,
    fact_words,
    reached_words,
    span_of,
    whole_words,
)
from npcsim.store.apart.difference import Difference, Ending, Line

WIDE, LEFT = 960.0, 150.0
MOST_ROWS = 60


def apart_html(told: Difference) -> str:
    """The difference as one self-contained HTML page, light or dark as the reader's system is."""
    title = f"{told.a} and {told.b}"
    sections: list[tuple[str, str, list[Child]]] = [
        ("spread", "Whom it reached, and through whom", _spread(told)),
        ("apart", "How far apart they are", _apart(told)),
        ("ends", "What is other in the end", _ends(told)),
        ("lines", "Over time", _lines(told)),
    ]
    filled = [(id, name, parts) for id, name, parts in sections if parts]
    links = (el("a", name, href=f"#{id}") for id, name, _ in filled)
    body = el("main", el("h1", title), *_opening(told), el("nav", *links))
    for id, name, parts in filled:
        add(body, el("section", el("h2", name, id=id), *parts))
    page = el("html", head_of(title), el("body", body), lang="en")
    return "<!DOCTYPE html>\n" + markup(page) + "\n"


def _opening(told: Difference) -> list[Child]:
    span = span_of(told)
    if told.same:
        lede = f"They tell the same up to tick {told.last}, {span.at(told.last)}."
    else:
        lede = ""
        if told.first is not None:
            first = fact_words(told.first, told)
            lede = f"They part at {span.at(told.first.tick)} (tick {told.first.tick}): {first}."
        if told.hash >= 0:
            lede += f" The world is another from tick {told.hash} on."
    whole = [el("p", f"{whole_words(fact)}", class_="small") for fact in told.start]
    return [el("p", lede, class_="lede"), *whole]


def _spread(told: Difference) -> list[Child]:
    """A lane an NPC, in the order they were reached; lines show from whom it came."""
    if not told.reached:
        return []
    span, shown = span_of(told), told.reached[:MOST_ROWS]
    row = {one.npc: i for i, one in enumerate(shown)}
    high = 22.0 * len(shown) + 10
    svg = el("svg", viewBox=f"0 0 {WIDE:g} {high + 24:g}", role="img",
             aria_label="Whom the difference reached, over time")  # fmt: skip
    inner = WIDE - LEFT - 10
    time_axis(svg, span, LEFT, inner, 4, high)
    ways = list(dict.fromkeys(one.via for one in shown))
    for one in shown:
        x, y = _x(span, one.tick, inner), _y(row[one.npc])
        if one.source in row:
            add(svg, el("line", x1=x, x2=x, y1=_y(row[one.source]), y2=y,
                        class_=f"line l{ways.index(one.via) % 9}"))  # fmt: skip
        add(
            svg,
            el("text", told.names.get(one.npc, one.npc), x=LEFT - 8, y=y + 4, text_anchor="end",
               class_="lane"),
            el("line", x1=x, x2=LEFT + inner, y1=y, y2=y, class_="grid"),
            el("circle", el("title", reached_words(one, told)), cx=x, cy=y, r=5,
               class_=f"c{ways.index(one.via) % 9}"),
        )  # fmt: skip
    rows: list[list[Child]] = [
        [span.at(one.tick), told.names.get(one.npc, one.npc), VIA.get(one.via, one.via),
         told.names.get(one.source, one.source), one.text, fact_words(one.fact, told, named=False)]
        for one in told.reached
    ]  # fmt: skip
    heads = ["when", "who", "how", "from", "what", "first fact that differs"]
    parts: list[Child] = [
        el("p", "A dot is the first tick in which an NPC's own facts differ; a line leads to the "
                "NPC that it came from.", class_="small"),
        legend([VIA.get(way, way) for way in ways]), svg, table(heads, rows, frozenset()),
    ]  # fmt: skip
    if told.untouched:
        names = ", ".join(told.names.get(npc, npc) for npc in told.untouched)
        parts.append(el("p", f"Never reached: {names}.", class_="small"))
    return parts


def _x(span: Span, tick: int, inner: float) -> float:
    return LEFT + (tick - span.first) / max(span.last - span.first, 1) * inner


def _y(row: int) -> float:
    return 14 + 22.0 * row


def _apart(told: Difference) -> list[Child]:
    """NPCs reached so far, as a step line, and NPCs told differently in a tick, as bars."""
    if not told.apart:
        return []
    span, high, left = span_of(told), 150.0, 50.0
    inner, many = WIDE - left - 10, len(told.reached) + len(told.untouched)
    svg = el("svg", viewBox=f"0 0 {WIDE:g} {high + 24:g}", role="img",
             aria_label="NPCs whose lives differ, over time")  # fmt: skip
    time_axis(svg, span, left, inner, 6, high)

    def at(tick: int, count: float) -> tuple[float, float]:
        x = left + (tick - span.first) / max(span.last - span.first, 1) * inner
        return x, high - count / max(many, 1) * (high - 6)

    for one in told.apart:
        x, y = at(one.tick, one.now)
        add(svg, el("line", x1=x, x2=x, y1=high, y2=y, class_="line l1"))
    points, before = [], 0
    for one in told.apart:
        points += [at(one.tick, before), at(one.tick, one.reached)]
        before = one.reached
    points.append(at(span.last, before))
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    add(svg, el("polyline", points=path, class_="line l0"))
    for count in (0, many):
        add(svg, el("text", f"{count}", x=left - 6, y=at(0, count)[1] + 4, text_anchor="end",
                    class_="axis"))  # fmt: skip
    names = ["NPCs reached so far", "NPCs whose facts of this tick differ"]
    return [legend(names), svg]


def _ends(told: Difference) -> list[Child]:
    parts: list[Child] = []
    for what in ENDS:
        mine = [one for one in told.endings if one.what == what]
        if mine:
            rows: list[list[Child]] = [_cells(one, told) for one in mine]
            listed = table(["who", what, "A", "B"], rows, frozenset({2, 3}))
            summary = el("summary", el("b", what), f"{len(mine)} differ")
            opened = el("details", summary, listed)
            if what in ("life", "goal", "measure"):
                opened.set("open", "open")
            parts.append(opened)
    return parts


def _cells(one: Ending, told: Difference) -> list[Child]:
    return [told.names.get(one.npc, one.npc), one.name, one.a, one.b]


def _lines(told: Difference) -> list[Child]:
    if not told.lines:
        return []
    panes = (_pane(told, line) for line in told.lines)
    return [legend(["A", "B"]), el("div", *panes, class_="many")]


def _pane(told: Difference, line: Line) -> Element:
    """Both runs' values of one number, from its least to its greatest."""
    span, wide, high = span_of(told), 300.0, 96.0
    svg = el("svg", viewBox=f"0 0 {wide:g} {high + 34:g}", role="img", aria_label=line.name)
    low, top = min(*line.a, *line.b, 0.0), max(*line.a, *line.b)
    add(svg, el("text", f"{line.name}, {low:.3g} to {top:.3g}", x=6, y=12, class_="lane"))
    for number, values in enumerate((line.a, line.b)):
        points = " ".join(
            f"{6 + (tick - span.first) / max(span.last - span.first, 1) * (wide - 12):.1f},"
            f"{20 + (1 - (value - low) / ((top - low) or 1.0)) * high:.1f}"
            for tick, value in zip(line.ticks, values, strict=True)
        )
        add(svg, el("polyline", el("title", "AB"[number]), points=points,
                    class_=f"line l{number}"))  # fmt: skip
    add(svg, el("text", span.at(span.first), x=6, y=high + 33, class_="axis"),
        el("text", span.at(span.last), x=wide - 6, y=high + 33, text_anchor="end",
           class_="axis"))  # fmt: skip
    return svg
