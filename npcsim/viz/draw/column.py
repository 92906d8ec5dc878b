"""A column of text and bars that is filled from the top: what panels are made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pygame

from npcsim.viz.draw.ink import EDGE, FAINT, NIGHT, RAISED, SOFT, TEXT, YELLOW, Colour, Ink
from npcsim.viz.draw.widgets.link import Target
from npcsim.viz.draw.widgets.page import Page

BODY = 16
SMALL = 15
HEAD = 15


class Column:
    """Draws downwards from `top`; `y` is where the next thing goes.

    With a `page`, parts of it lead somewhere: what is drawn `with column.leads(target)`.
    """

    def __init__(
        self,
        surface: pygame.Surface,
        ink: Ink,
        left: int,
        top: int,
        width: int,
        page: Page | None = None,
    ) -> None:
        self.surface, self.ink = surface, ink
        self.left, self.y, self.width = left, top, width
        self.page = page

    def inner(self, left: int) -> Column:
        """A column in this one, from `left` pixels on; its `y` is to be read back."""
        wide = self.width - left
        return Column(self.surface, self.ink, self.left + left, self.y, wide, self.page)

    @contextmanager
    def leads(self, target: Target | None) -> Iterator[None]:
        """What is drawn within leads to `target`, and shows it when it is pointed at."""
        top, page = self.y, self.page
        if page is None or target is None:
            yield
            return
        tall = page.heights.get(target, 0)  # as it was drawn last: what is behind is drawn first
        if tall and page.lit(target):
            back = pygame.Rect(self.left - 6, top - 2, self.width + 12, tall + 2)
            pygame.draw.rect(self.surface, RAISED, back, border_radius=4)
            if page.focused == target:
                pygame.draw.rect(self.surface, YELLOW, back, 1, border_radius=4)
        yield
        page.link(pygame.Rect(self.left - 6, top - 2, self.width + 12, self.y - top + 2), target)

    def gap(self, pixels: int) -> None:
        self.y += pixels

    def head(self, text: str, aside: str = "") -> None:
        """A section's title over a thin line, with a note at its right."""
        self.y += 9
        made = self.ink.text(text.upper(), HEAD, FAINT)
        self.surface.blit(made, (self.left, self.y))
        if aside:
            room = self.width - made.get_width() - 10
            note = self.ink.text(self.ink.fit(aside, HEAD, room), HEAD, FAINT)
            self.surface.blit(note, (self.left + self.width - note.get_width(), self.y))
        self.y += made.get_height() + 2
        pygame.draw.line(
            self.surface, EDGE, (self.left, self.y), (self.left + self.width - 1, self.y)
        )
        self.y += 5

    def line(self, text: str, colour: Colour = TEXT, size: int = BODY, indent: int = 0) -> None:
        """One line, cut where the column ends."""
        fitted = self.ink.fit(text, size, self.width - indent)
        self.surface.blit(self.ink.text(fitted, size, colour), (self.left + indent, self.y))
        self.y += self.ink.height(size) + 1

    def words(
        self,
        text: str,
        colour: Colour = TEXT,
        size: int = BODY,
        indent: int = 0,
        lines: int = 3,
    ) -> None:
        """A paragraph of at most `lines` lines."""
        for line in self.ink.wrap(text, size, self.width - indent, lines):
            self.line(line, colour, size, indent)

    def pair(self, name: str, value: str, colour: Colour = TEXT) -> None:
        """A name at the left and a value at the right of one line."""
        made = self.ink.text(value, BODY, colour)
        self.surface.blit(made, (self.left + self.width - made.get_width(), self.y))
        self.line(self.ink.fit(name, BODY, self.width - made.get_width() - 8), SOFT)

    def bar(self, name: str, value: float, low: float, high: float, colour: Colour) -> None:
        """A named gauge: its bar and its value."""
        share = (value - low) / (high - low) if high > low else 0.0
        side = self.width * 2 // 5
        label = self.ink.text(self.ink.fit(name, SMALL, side - 6), SMALL, SOFT)
        self.surface.blit(label, (self.left, self.y))
        number = self.ink.text(f"{value:.2f}" if high <= 2 else f"{value:.0f}", SMALL, TEXT)
        end = self.left + self.width
        self.surface.blit(number, (end - number.get_width(), self.y))
        box = pygame.Rect(self.left + side, self.y + 2, self.width - side - 36, 8)
        small_bar(self.surface, box, share, colour)
        self.y += self.ink.height(SMALL) + 3


def small_bar(surface: pygame.Surface, box: pygame.Rect, share: float, colour: Colour) -> None:
    """A bar filled to `share` (0..1, clipped; what is not a number is empty)."""
    pygame.draw.rect(surface, NIGHT, box, border_radius=2)
    pygame.draw.rect(surface, RAISED, box, 1, border_radius=2)
    filled = box.copy()
    filled.width = round(box.width * min(max(share, 0.0), 1.0)) if share == share else 0
    if filled.width:
        pygame.draw.rect(surface, colour, filled, border_radius=2)
