"""Nobody chosen: the run, its thoughts by tier, who is here, and what happened just now."""

from __future__ import annotations

import pygame

from npcsim.viz.draw.column import SMALL, Column
from npcsim.viz.draw.figures import archetype_colour
from npcsim.viz.draw.ink import (
    FAINT,
    GREEN,
    ORANGE,
    SKY,
    SOFT,
    TEXT,
    VERMILION,
    YELLOW,
    Colour,
    tier_mark,
)
from npcsim.viz.draw.inspector.shown import Shown
from npcsim.viz.draw.widgets.link import Goto
from npcsim.viz.people import LogLine
from npcsim.viz.scene import DOWN

HINT = "Click somebody, or press Tab: what they do, and why"
KINDS = 12
COUNTS = ("asked", "landed", "failed", "fallback")
LOG_COLOURS: dict[str, Colour] = {
    "speech": TEXT,
    "decided": SKY,
    "goal": GREEN,
    "fell": VERMILION,
    "failed": VERMILION,
    "refused": ORANGE,
    "interrupted": ORANGE,
    "tier": YELLOW,
    "tools": YELLOW,
    "approval": YELLOW,
    "scene": GREEN,
    "promise": GREEN,
    "broke": ORANGE,
    "given": YELLOW,
    "run": YELLOW,
}


def draw(column: Column, shown: Shown, bottom: int) -> None:
    """The run, down to y = `bottom`."""
    scene, started = shown.scene, shown.scene.started
    if started is None:
        column.line("Nothing has happened yet.", SOFT)
        return
    column.words(started.title or started.scenario, TEXT, 24, lines=2)
    column.line(f"{started.run}, seed {started.seed}", FAINT, SMALL)
    column.words(HINT, SKY, SMALL, lines=2)
    _thoughts(column, shown)
    column.head("Who is here", f"{len(scene.people)}")
    counts: dict[str, int] = dict.fromkeys(shown.orders, 0)
    for person in scene.people:
        counts[person.archetype] += not person.fallen
    half, last = column.width // 2, min(len(shown.orders), KINDS) - 1
    for number, (archetype, order) in enumerate(list(shown.orders.items())[:KINDS]):
        x, side = column.left + number % 2 * half, number % 2
        art = shown.figures.figure(archetype, order, DOWN, 0, 1)
        column.surface.blit(art, (x, column.y))
        pygame.draw.rect(column.surface, archetype_colour(order), (x + 15, column.y + 5, 6, 6))
        name = column.ink.fit(f"{archetype} {counts[archetype]}", SMALL, half - 28)
        column.surface.blit(column.ink.text(name, SMALL, SOFT), (x + 25, column.y + 3))
        if side or number == last:
            column.gap(20)
    column.head("Just now")
    for line in reversed(scene.log):
        if column.y > bottom - 34:
            break
        log_line(column, shown, line)


def log_line(column: Column, shown: Shown, line: LogLine) -> None:
    """One line of what happened, which leads to why."""
    target = Goto(row=line.row, tick=line.tick, tab="Why") if line.row >= 0 else None
    with column.leads(target or Goto(tick=line.tick)):
        when = column.ink.text(shown.when(line.tick), SMALL, FAINT)
        column.surface.blit(when, (column.left, column.y))
        colour = LOG_COLOURS.get(line.sort, SOFT)
        column.words(line.text, colour, SMALL, indent=42, lines=2)
    column.gap(2)


def _thoughts(column: Column, shown: Shown) -> None:
    tiers = shown.scene.tiers
    if not tiers:
        return
    column.head("Thoughts")
    column.gap(-2)
    _row_of_numbers(column, "", COUNTS, FAINT)
    for name, count in sorted(tiers.items()):
        column.surface.blit(tier_mark(column.ink, name, 15), (column.left, column.y - 1))
        numbers = (count.asked, count.landed, count.failed, count.fallback)
        label = name if count.healthy else f"{name}, out"
        colour = TEXT if count.healthy else VERMILION
        _row_of_numbers(column, label, tuple(str(number) for number in numbers), colour)
    spent = sum(count.cost for count in tiers.values())
    if spent:
        column.pair("spent", f"${spent:.4f}")


def _row_of_numbers(column: Column, name: str, cells: tuple[str, ...], colour: Colour) -> None:
    """A name, and cells that end under one another."""
    right, step = column.left + column.width, min(56, (column.width - 80) // len(cells))
    for number, cell in enumerate(reversed(cells)):
        made = column.ink.text(cell, SMALL, colour)
        column.surface.blit(made, (right - number * step - made.get_width(), column.y))
    fitted = column.ink.fit(name, SMALL, column.width - 26 - step * len(cells))
    column.line(fitted, SOFT, SMALL, indent=20)
    column.gap(3)
