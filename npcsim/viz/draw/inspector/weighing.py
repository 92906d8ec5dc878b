"""A decision as it was weighed: options with their scores, and who decided."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pygame

from npcsim.viz.draw.column import SMALL, Column, small_bar
from npcsim.viz.draw.ink import (
    FAINT,
    GREEN,
    NIGHT,
    ORANGE,
    RAISED,
    SKY,
    SOFT,
    TEXT,
    VERMILION,
    YELLOW,
    Colour,
    tier_mark,
)
from npcsim.viz.draw.widgets.link import Target

OPTIONS = 6
SCORES: tuple[tuple[str, Colour], ...] = (("utility", SKY), ("model", ORANGE), ("blended", GREEN))


def options(
    column: Column,
    texts: Sequence[str],
    scores: Sequence[Sequence[float]],
    pick: int,
    most: int = OPTIONS,
    leads: Callable[[str], Target] | None = None,
) -> None:
    """The options, most wanted first: what the body, the model and both together make of each.

    scores: utilities, the model's probabilities, both blended; one may be empty. The option taken
    is always shown. leads: where each option leads.
    """
    third = (column.width - 14) // 3
    column.gap(3)
    for number, (name, colour) in enumerate(SCORES):
        x = column.left + 14 + number * third
        pygame.draw.rect(column.surface, colour, (x, column.y + 3, 7, 7))
        column.surface.blit(column.ink.text(name, SMALL, SOFT), (x + 11, column.y))
    column.gap(column.ink.height(SMALL) + 4)
    utilities, _, blended = scores
    weights = blended or utilities
    order = sorted(range(len(texts)), key=lambda at: -_score(weights, at))
    shown = order[:most]
    if pick in order[most:]:
        shown[-1] = pick
    top = max((abs(value) for value in utilities if math.isfinite(value)), default=1.0) or 1.0
    for at in shown:
        with column.leads(leads(texts[at]) if leads is not None else None):
            _option(column, texts[at], at, scores, at == pick, max(top, 1.0))
    if len(order) > len(shown):
        column.line(f"and {len(order) - len(shown)} more", FAINT, SMALL, indent=14)


def _option(
    column: Column, text: str, at: int, scores: Sequence[Sequence[float]], picked: bool, top: float
) -> None:
    third, step = (column.width - 14) // 3, column.ink.height(SMALL)
    if picked:
        back = pygame.Rect(column.left - 5, column.y - 3, column.width + 10, step + 19)
        pygame.draw.rect(column.surface, RAISED, back, border_radius=4)
        pygame.draw.rect(column.surface, YELLOW, back, 1, border_radius=4)
        x, y = column.left, column.y + 1
        pygame.draw.polygon(column.surface, YELLOW, [(x, y), (x + 8, y + 5), (x, y + 10)])
    column.line(text, TEXT if picked else SOFT, SMALL, indent=14)
    for number, values in enumerate(scores):
        x = column.left + 14 + number * third
        if at >= len(values):
            column.surface.blit(column.ink.text("none", 13, FAINT), (x, column.y))
            continue
        share = values[at] / top if number == 0 else values[at]
        bar = pygame.Rect(x, column.y + 1, third - 38, 7)
        small_bar(column.surface, bar, share, SCORES[number][1])
        label = column.ink.text(f"{values[at]:.2f}", 13, TEXT if picked else SOFT)
        column.surface.blit(label, (x + third - 34, column.y))
    column.gap(17)


def _score(values: Sequence[float], at: int) -> float:
    return values[at] if at < len(values) else 0.0


def tier_line(
    column: Column, tier: str, text: str, fallback: bool = False, late: bool = False
) -> None:
    """A tier's mark, who answered, and flags at the right."""
    column.surface.blit(tier_mark(column.ink, tier, 16), (column.left, column.y - 2))
    flags = [(name, VERMILION) for name, on in (("fallback", fallback), ("late", late)) if on]
    right = column.left + column.width
    for name, colour in flags:
        made = column.ink.text(name.upper(), 13, NIGHT)
        box = made.get_rect(topright=(right, column.y)).inflate(8, 4)
        pygame.draw.rect(column.surface, colour, box, border_radius=3)
        column.surface.blit(made, made.get_rect(center=box.center))
        right = box.left - 8
    fitted = column.ink.fit(text, 16, right - column.left - 24)
    column.surface.blit(column.ink.text(fitted, 16, TEXT), (column.left + 22, column.y))
    column.gap(column.ink.height(16) + 4)
