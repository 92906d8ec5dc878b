"""The sheet of keys over the window (F1): the table of `viz/keys.py` in as many columns as fit."""

from __future__ import annotations

import pygame

from npcsim.viz.draw.ink import EDGE, FAINT, NIGHT, TEXT, YELLOW, Ink
from npcsim.viz.draw.widgets.page import Page
from npcsim.viz.keys import help_lines

Group = tuple[str, tuple[tuple[str, str], ...]]
WIDE = 310  # pixels of a column: 106 for the key, the rest for what it does
KEY = 106
PAD = 20
HEAD = 46
LETTERS = ((19, 15), (15, 13))  # step from line to line and size, in pixels
GAP = 0.4  # of a line, between groups


class Sheet:
    """Draws it: over the map if it has room there, else over the whole window; what doesn't fit
    even so is scrolled to."""

    def __init__(self, ink: Ink) -> None:
        self._ink = ink
        self.page = Page()

    def draw(self, surface: pygame.Surface, view: pygame.Rect, room: pygame.Rect) -> None:
        """view: the map; room: all that may be covered."""
        self.page.begin(pygame.Rect(0, 0, 0, 0))
        groups = help_lines()
        found = _fitting(groups, view) or _fitting(groups, room)
        step, size = LETTERS[-1] if found is None else found[0]
        columns = _lowest(groups, _most(room)) if found is None else found[1]
        tall = round(max(map(_rows, columns)) * step) + HEAD
        over = view if _fitting(groups, view) else room
        wide = min(WIDE * len(columns) + PAD, over.width)
        box = pygame.Rect(0, 0, wide, min(tall + 10, over.height))
        box.center = over.center
        board = pygame.Surface(box.size, pygame.SRCALPHA)
        pygame.draw.rect(board, (*NIGHT, 238), board.get_rect(), border_radius=8)
        pygame.draw.rect(board, (*EDGE, 255), board.get_rect(), 1, border_radius=8)
        surface.blit(board, box)
        clip = surface.get_clip()
        surface.set_clip(box.inflate(-2, -2).clip(clip))
        top = self.page.begin(box)
        surface.blit(self._ink.text("Keys", 24, TEXT), (box.left + PAD, top + 14))
        if tall > box.height:
            more = self._ink.text("PgDn or the wheel: more", 14, FAINT)
            surface.blit(more, (box.left + PAD + KEY, top + 22))
        for number, column in enumerate(columns):
            self._column(surface, column, (box.left + PAD + number * WIDE, top + HEAD), step, size)
        self.page.end(top + tall)
        self.page.bar(surface, FAINT)
        surface.set_clip(clip)

    def _column(
        self,
        surface: pygame.Surface,
        groups: list[Group],
        at: tuple[int, int],
        step: int,
        size: int,
    ) -> None:
        ink, (x, y) = self._ink, (at[0], float(at[1]))
        for title, lines in groups:
            surface.blit(ink.text(title.upper(), 14, FAINT), (x, round(y)))
            y += step
            for key, does in lines:
                surface.blit(ink.text(key, size, YELLOW), (x, round(y)))
                fitted = ink.fit(does, size, WIDE - KEY - 6)
                surface.blit(ink.text(fitted, size, TEXT), (x + KEY, round(y)))
                y += step
            y += step * GAP


def _most(room: pygame.Rect) -> int:
    """How many columns there is room for."""
    return max(1, (room.width - PAD) // WIDE)


def _rows(groups: list[Group]) -> float:
    return sum(len(lines) + 1 + GAP for _, lines in groups)


def _fitting(
    groups: list[Group], room: pygame.Rect
) -> tuple[tuple[int, int], list[list[Group]]] | None:
    """The largest letters and the fewest columns in which all of it is seen; None: none."""
    for step, size in LETTERS:
        for many in range(1, _most(room) + 1):
            columns = _lowest(groups, many)
            if max(map(_rows, columns)) * step + HEAD + 10 <= room.height:
                return (step, size), columns
    return None


def _lowest(groups: list[Group], many: int) -> list[list[Group]]:
    """Groups in their order in at most so many columns, the tallest as low as can be."""
    if many <= 1 or len(groups) <= 1:
        return [groups]
    tries = ([groups[:n], *_lowest(groups[n:], many - 1)] for n in range(1, len(groups)))
    return min(([groups], *tries), key=lambda columns: max(map(_rows, columns)))
