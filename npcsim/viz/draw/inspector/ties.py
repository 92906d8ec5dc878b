"""Tab Ties: how it stands with others, and others with it."""

from __future__ import annotations

import pygame

from npcsim.viz.draw.column import SMALL, Column
from npcsim.viz.draw.ink import EDGE, FAINT, GREEN, SOFT, TEXT, VERMILION
from npcsim.viz.draw.inspector.shown import Shown
from npcsim.viz.draw.widgets.link import Goto


def draw(column: Column, shown: Shown) -> None:
    """Its ties, the strongest first, then what others feel towards it."""
    person, scene = shown.chosen, shown.scene
    own = {(to, tie): v for (who, to, tie), v in scene.ties.items() if who == person.id}
    back = {(who, tie): v for (who, to, tie), v in scene.ties.items() if to == person.id}
    for title, ties in (("Towards others", own), ("Of others towards it", back)):
        column.head(title, f"{len(ties)}" if ties else "")
        if not ties:
            column.line("None.", FAINT)
        for (other, tie), value in sorted(ties.items(), key=lambda one: -abs(one[1])):
            who = scene.by_id.get(other)
            with column.leads(Goto(row=who.row, tab="Ties") if who else None):
                _tie(column, scene.name_of(other), tie, value)


def _tie(column: Column, name: str, tie: str, value: float) -> None:
    """A name, what the tie is, and its strength to either side of a middle."""
    side = column.width * 3 // 5
    label = column.ink.fit(f"{name}, {tie}", SMALL, side - 6)
    column.surface.blit(column.ink.text(label, SMALL, TEXT), (column.left, column.y))
    number = column.ink.text(f"{value:+.2f}", SMALL, SOFT)
    right = column.left + column.width
    column.surface.blit(number, (right - number.get_width(), column.y))
    room = pygame.Rect(column.left + side, column.y + 3, column.width - side - 48, 7)
    middle, reach = room.centerx, room.width // 2
    pygame.draw.line(column.surface, EDGE, (room.left, room.centery), (room.right, room.centery))
    pygame.draw.line(column.surface, FAINT, (middle, room.top - 1), (middle, room.bottom))
    long = round(reach * min(abs(value), 1.0))
    bar = pygame.Rect(middle if value >= 0 else middle - long, room.top, long, room.height)
    pygame.draw.rect(column.surface, GREEN if value >= 0 else VERMILION, bar, border_radius=2)
    column.gap(column.ink.height(SMALL) + 4)
