"""What is said of a fork, over the map at its left: its changes, how far it is, what it reused."""

from __future__ import annotations

import pygame

from npcsim.viz.draw.column import SMALL, Column, small_bar
from npcsim.viz.draw.ink import EDGE, FAINT, NIGHT, ORANGE, SOFT, TEXT, VERMILION, Ink
from npcsim.viz.draw.widgets.buttons import button
from npcsim.viz.draw.widgets.link import Do
from npcsim.viz.draw.widgets.page import Page
from npcsim.viz.forking.forking import Forking

WIDE = 300
PAD = 12
TITLE = 34  # pixels that the name of a run takes above the map


class ForkCard:
    """The card of a fork, while there is one, or of what was wrong with it."""

    def __init__(self, forking: Forking, above: Page | None = None) -> None:
        """above: what stands at the left already, as far as it is there; the card goes below it."""
        self._forking, self._above = forking, above
        self.page = forking.page

    def draw(self, surface: pygame.Surface, view: pygame.Rect, ink: Ink, beat: bool) -> None:
        """Draw it; nothing where there is none."""
        if self._forking.branch is None and not self._forking.said:
            self.page.begin(pygame.Rect(0, 0, 0, 0))
            return
        wide = min(WIDE, view.width - 2 * PAD)
        top = view.top + PAD + TITLE
        if self._above is not None and self._above.box.height:
            top = max(top, self._above.box.bottom + PAD)
        room = max(1, view.bottom - PAD - top)
        place = pygame.Rect(view.left + PAD, top, wide, room)
        tall = _filled(pygame.Surface((1, 1)), place, ink, self._forking, Page())
        place.height = min(tall, room)
        board = pygame.Surface(place.size, pygame.SRCALPHA)
        pygame.draw.rect(board, (*NIGHT, 232), board.get_rect(), border_radius=8)
        pygame.draw.rect(board, ORANGE, board.get_rect(), 1, border_radius=8)
        surface.blit(board, place)
        clip = surface.get_clip()
        surface.set_clip(place)
        _filled(surface, place, ink, self._forking, self.page)
        self.page.bar(surface, EDGE)
        surface.set_clip(clip)


def _filled(
    surface: pygame.Surface, place: pygame.Rect, ink: Ink, forking: Forking, page: Page
) -> int:
    """-> pixels that it takes"""
    top = page.begin(place)
    column = Column(surface, ink, place.left + PAD, top + 8, place.width - 2 * PAD, page)
    branch = forking.branch
    if branch is not None:
        column.words(f"Fork {branch.name}".strip(), TEXT, lines=2)
        for line in forking.changes or ("nothing is changed",):
            column.words(line, ORANGE, 14, lines=2)
        if not branch.done:
            far = f"tick {branch.tick} of {branch.end}" if branch.end else f"tick {branch.tick}"
            column.line(far if branch.path else "living its past again", SOFT, SMALL)
            share = (branch.tick - branch.at) / max(1, branch.end - branch.at)
            small_bar(surface, pygame.Rect(column.left, column.y, column.width, 6), share, ORANGE)
            column.gap(12)
        column.words(branch.told, SOFT, 14, lines=4)
        column.words(branch.error, VERMILION, 14, lines=4)
    column.words(forking.said, VERMILION, 14, lines=5)
    label = "Stop" if branch is not None and not branch.done else "Close"
    made = button(surface, page, ink, (column.left, column.y + 3), label, Do("fork away"))
    note = ink.text("B: the other run's panels", 14, FAINT)
    if branch is not None and branch.path:
        surface.blit(note, (made.right + 10, column.y + 8))
    column.gap(made.height + 10)
    page.end(column.y)
    return column.y - top
