"""Who spoke to whom, and who knows whom, over all runs of a level together: gathered and drawn."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from npcsim.experiments.sweep import Sweep
from npcsim.report.web.element import add, el
from npcsim.report.web.plots import WIDE, colour, drawing, trimmed, words

Pair = tuple[str, str]
NETWORKS = {
    "talk": ("Who spoke to each other", "times a run"),
    "ties": ("Who had a tie with each other at the end", "of all runs have it"),
}
"""Kinds of network: what is drawn, and in which unit."""
MOST_PEOPLE, MOST_EDGES = 40, 400
ACROSS = 2
RADIUS, MARGIN, HEAD = 135.0, 92.0, 26.0
THINNEST, THICKEST = 0.6, 5.0
FACE = 3.5


@dataclass(slots=True)
class Net:
    """The pairs of a level's runs: `talk` is how often a run two spoke to each other, `ties` the
    share of runs at whose end they had a tie."""

    runs: int = 0
    talk: Counter[Pair] = field(default_factory=Counter)
    ties: Counter[Pair] = field(default_factory=Counter)


@dataclass(slots=True)
class Nets:
    """The nets by level. people: id -> what they are called; the archetype decides who stands
    beside whom."""

    by_level: Mapping[str, Net]
    people: dict[str, tuple[str, str]] = field(default_factory=dict)

    def edges(self, kind: str) -> dict[str, dict[Pair, float]]:
        """Level -> pair -> how often a run. kind: `talk` or `ties`. Empty where nobody has any."""
        found = {
            level: {pair: many / max(1, net.runs) for pair, many in getattr(net, kind).items()}
            for level, net in self.by_level.items()
        }
        return found if any(found.values()) else {}


def nets(sweep: Sweep, factor: str, levels: Sequence[str]) -> Nets:
    """Gather them from the logs. Raises StoreError."""
    found = Nets({level: Net() for level in levels})
    for row, run in sweep.runs():
        net = found.by_level.get(row.cell.get(factor, ""))
        if net is None:
            continue
        net.runs += 1
        for one in run.started.cast:
            found.people.setdefault(one.id, (one.archetype, one.name))
        for line in run.table("speech").rows():
            if line["npc"] in found.people and line["to"] in found.people:
                net.talk[_pair(line["npc"], line["to"])] += 1
        net.ties.update({_pair(one, other) for one, other in run.at(run.last_tick).ties.edges()})
    return found


def _pair(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)


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
