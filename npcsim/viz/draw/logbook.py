"""The log of events, chat-like, with filters by sort and by NPC; each line leads to its cause."""

from __future__ import annotations

import pygame

from npcsim.viz.draw.column import SMALL, Column
from npcsim.viz.draw.figures import archetype_colour
from npcsim.viz.draw.ink import BOARD, EDGE, FAINT, SOFT, Ink
from npcsim.viz.draw.inspector.overview import LOG_COLOURS
from npcsim.viz.draw.inspector.shown import Shown
from npcsim.viz.draw.widgets.buttons import button
from npcsim.viz.draw.widgets.field import Field
from npcsim.viz.draw.widgets.link import Do, Goto
from npcsim.viz.draw.widgets.page import Page
from npcsim.viz.people import LogLine

ROW = 27  # pixels of a row of filters
LEAST = 90  # pixels of the field
FILTERS: dict[str, tuple[str, ...]] = {
    "talk": ("speech",),
    "decisions": ("decided",),
    "goals": ("goal", "promise", "scene"),
    "fights": ("fell", "rose", "broke"),
    "failures": ("failed", "refused", "interrupted", "tier"),
    "other": (),
}


def sort_of(line: LogLine) -> str:
    """Which filter a line falls under."""
    return next((name for name, sorts in FILTERS.items() if line.sort in sorts), "other")


def kept(lines: list[LogLine], shown: Shown, query: str) -> list[LogLine]:
    """The lines that filters and what was typed leave, the oldest first."""
    words = query.casefold().split()
    row = shown.person.row if shown.desk.only and shown.person is not None else None
    return [
        line
        for line in lines
        if sort_of(line) not in shown.desk.hidden
        and (row is None or line.row == row)
        and all(word in line.text.casefold() for word in words)
    ]


class Logbook:
    """The drawer with the log: the newest line is at the bottom, as in a chat."""

    def __init__(self, ink: Ink) -> None:
        self._ink = ink
        self.top = Page()
        self.page = Page()
        self.search = Field("Search  ( / )")

    def draw(self, surface: pygame.Surface, box: pygame.Rect, shown: Shown, beat: bool) -> None:
        """Draw it in `box`."""
        surface.set_clip(box)
        surface.fill(BOARD, box)
        self.top.begin(box)
        x, y = box.left + 10, box.top + 5
        for name in FILTERS:
            on = name not in shown.desk.hidden
            x, y = self._button(surface, box, (x, y), name, Do("filter", name), on)
        if shown.person is not None:
            label = f"only {shown.person.name}"
            x, y = self._button(surface, box, (x, y), label, Do("only"), shown.desk.only)
        if box.right - 15 - x < LEAST:
            x, y = box.left + 10, y + ROW
        room = min(220, box.right - 15 - x)
        field = pygame.Rect(box.right - 10 - room, y, room, 23)
        self.search.draw(surface, field, self._ink, beat)
        low = min(box.bottom, y + ROW)
        part = pygame.Rect(box.left, low, box.width, box.bottom - low)
        surface.set_clip(part)
        lines = kept(list(shown.scene.log), shown, self.search.text)
        self._lines(surface, part, shown, lines)
        surface.set_clip(None)
        pygame.draw.line(surface, EDGE, box.topleft, (box.right - 1, box.top))

    def _button(
        self,
        surface: pygame.Surface,
        box: pygame.Rect,
        at: tuple[int, int],
        label: str,
        target: Do,
        on: bool,
    ) -> tuple[int, int]:
        """A filter, in the next row where this one is full. -> where the next one goes"""
        x, y = at
        if x + self._ink.width(label, SMALL) + 16 > box.right - 10:
            x, y = box.left + 10, y + ROW
        return button(surface, self.top, self._ink, (x, y), label, target, on).right + 5, y

    def _lines(
        self, surface: pygame.Surface, part: pygame.Rect, shown: Shown, lines: list[LogLine]
    ) -> None:
        """Scrolled to its end, unless the user has scrolled up."""
        stuck = self.page.scroll >= self.page.tall - self.page.box.height - 4
        top = self.page.begin(part) + 2
        column = Column(surface, self._ink, part.left + 12, top, part.width - 24, self.page)
        if not lines:
            column.line("Nothing of what is to be shown.", FAINT, SMALL)
        for line in lines:
            self._line(column, shown, line)
        self.page.end(column.y + 4)
        if stuck:
            self.page.scroll = max(0, self.page.tall - part.height)
        self.page.bar(surface, EDGE)

    def _line(self, column: Column, shown: Shown, line: LogLine) -> None:
        tab = "Why" if line.row >= 0 else ""
        with column.leads(Goto(row=line.row, tick=line.tick, tab=tab, note=line.text)):
            height = self._ink.height(SMALL)
            if column.y + height < column.surface.get_clip().top or column.y > self.page.box.bottom:
                column.gap(height + 2)  # out of sight: only its place is kept
                return
            when = self._ink.text(shown.scene.clock(line.tick), 14, FAINT)
            column.surface.blit(when, (column.left, column.y))
            if line.row >= 0:
                order = shown.orders[shown.scene.people[line.row].archetype]
                dot = (column.left + 92, column.y + height // 2 - 1)
                pygame.draw.circle(column.surface, archetype_colour(order), dot, 4)
            column.line(line.text, LOG_COLOURS.get(line.sort, SOFT), SMALL, 104)
            column.gap(1)
