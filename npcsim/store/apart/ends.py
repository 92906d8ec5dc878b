"""How two runs stand at the last tick that both have, and what of that differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from npcsim import events as ev
from npcsim.store.apart.difference import Ending
from npcsim.store.apart.facts import short
from npcsim.store.standing import Standing


class Life:
    """What is followed of one run: bodies, goals, goods, ties and measures."""

    def __init__(self, started: ev.RunStarted) -> None:
        self.started = started
        self.standing = Standing(started, None)
        self.goals: dict[str, str] = {}
        self.ended: Counter[tuple[str, str]] = Counter()
        self.items: Counter[tuple[str, str]] = Counter()
        self.ties: dict[tuple[str, str, str], float] = {}
        self.measured: dict[tuple[str, str], list[tuple[int, float]]] = {}
        self.down: dict[str, str] = {}
        self.lines: Counter[tuple[str, str]] = Counter()
        for one in started.cast:
            self.items.update({(one.id, item): count for item, count in one.items.items()})

    def take(self, event: ev.Event) -> None:
        """Follow one event."""
        self.standing.take([event])
        match event:
            case ev.GoalStarted():
                self.goals[event.npc] = event.goal
            case ev.GoalEnded():
                self.ended[event.npc, event.how] += 1
                if self.goals.get(event.npc) == event.goal:
                    del self.goals[event.npc]
            case ev.Applied():
                for effect in event.effects:
                    self._effect(effect)
            case ev.Broke() if event.paid:
                self.items[event.by, "coin"] -= event.paid
            case ev.Tied():
                self.ties |= {(who, to, tie): value for who, to, tie, value in event.ties}
            case ev.Measured():
                key = (event.name, event.group)
                self.measured.setdefault(key, []).append((event.tick, event.value))
            case ev.Fell():
                self.down[event.npc] = event.how or "down"
            case ev.Remembered():
                self.lines[event.npc, event.text] += 1
            case ev.Rose():
                self.down.pop(event.npc, None)

    def _effect(self, effect: Mapping[str, Any]) -> None:
        item, count = str(effect.get("item", "")), int(effect.get("count") or 0)
        match effect.get("kind"):
            case "create":
                self.items[str(effect["holder"]), item] += count
            case "consume":
                self.items[str(effect["holder"]), item] -= count
            case "transfer":
                self.items[str(effect["giver"]), item] -= count
                self.items[str(effect["taker"]), item] += count


def endings(a: Life, b: Life) -> tuple[Ending, ...]:
    """What differs at the end: lives, goals, goods, ties, attributes, places, measures, memories.

    Of memories it is how often each was made, whether or not it was forgotten since.
    """
    return tuple(
        Ending(what, npc, name, short(left, 60), short(right, 60))
        for found in (_lives, _goals, _items, _ties, _gauges, _places, _measures, _memories)
        for what, npc, name, left, right in found(a, b)
        if left != right
    )


Told = Iterator[tuple[str, str, str, Any, Any]]


def _both(a: Mapping[Any, Any], b: Mapping[Any, Any], none: Any) -> Iterator[tuple[Any, Any, Any]]:
    for key in sorted({*a, *b}):
        yield key, a.get(key, none), b.get(key, none)


def _lives(a: Life, b: Life) -> Told:
    for npc, left, right in _both(a.down, b.down, "up"):
        yield "life", npc, "", left, right


def _goals(a: Life, b: Life) -> Told:
    for npc, left, right in _both(a.goals, b.goals, "none"):
        yield "goal", npc, "now", left, right
    for (npc, how), left, right in _both(a.ended, b.ended, 0):
        yield "goal", npc, how, left, right


def _items(a: Life, b: Life) -> Told:
    known = {one.id for one in a.started.cast}
    for (holder, item), left, right in _both(a.items, b.items, 0):
        if holder in known:
            yield "item", holder, item, left, right


def _ties(a: Life, b: Life) -> Told:
    # A tie that one run never changed is as it was at the start there, which is in no event.
    for (who, to, tie), left, right in _both(a.ties, b.ties, "as at the start"):
        yield "tie", who, f"{tie} to {to}", left, right


def _gauges(a: Life, b: Life) -> Told:
    rows = b.standing.row_of
    for name, values in a.standing.gauges.items():
        if name not in b.standing.gauges:
            continue
        for one in a.started.cast:
            if one.id in rows:
                left, right = values[one.serial], b.standing.gauges[name][rows[one.id]]
                yield "attribute", one.id, name, round(float(left), 4), round(float(right), 4)


def _places(a: Life, b: Life) -> Told:
    for one in a.started.cast:
        if one.id in b.standing.row_of:
            yield "place", one.id, "", _where(a, one.id), _where(b, one.id)


def _memories(a: Life, b: Life) -> Told:
    for (npc, text), left, right in _both(a.lines, b.lines, 0):
        yield "memory", npc, text, left, right


def _where(life: Life, npc: str) -> str:
    at = life.standing.row_of[npc]
    x, y = float(life.standing.x[at]), float(life.standing.y[at])
    marks = life.started.places
    if not marks:
        return f"({x:.1f}, {y:.1f})"
    off = [(mark.x - x) * (mark.x - x) + (mark.y - y) * (mark.y - y) for mark in marks]
    return marks[int(np.argmin(off))].name or marks[int(np.argmin(off))].id


def _measures(a: Life, b: Life) -> Told:
    left = {key: values[-1][1] for key, values in a.measured.items()}
    right = {key: values[-1][1] for key, values in b.measured.items()}
    for (name, group), one, other in _both(left, right, "none"):
        yield "measure", "", name if group == "all" else f"{name} of {group}", one, other
