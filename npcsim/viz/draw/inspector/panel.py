"""The inspector as a whole: who it is, its tabs, and the tab that is open."""

from __future__ import annotations

import pygame

from npcsim.viz.desk import TABS
from npcsim.viz.draw.column import SMALL, Column
from npcsim.viz.draw.ink import BOARD, EDGE, FAINT, SOFT, TEXT, YELLOW, Ink
from npcsim.viz.draw.inspector import apart, body, memory, mind, now, overview, ties, why
from npcsim.viz.draw.inspector.shown import Shown
from npcsim.viz.draw.widgets.buttons import TAB, tabs
from npcsim.viz.draw.widgets.field import Field
from npcsim.viz.draw.widgets.page import Page
from npcsim.viz.scene import DOWN

PAD = 14
SEARCH = 30


class Inspector:
    """`page` is what scrolls under the tabs; `top` has the tabs; `search` is typed into."""

    def __init__(self, ink: Ink) -> None:
        self._ink = ink
        self.top = Page()
        self.page = Page()
        self.search = Field("Search its memories  ( / )")

    def draw(self, surface: pygame.Surface, box: pygame.Rect, shown: Shown, beat: bool) -> None:
        """Draw it in `box`."""
        surface.set_clip(box)
        surface.fill(BOARD, box)
        left, wide = box.left + PAD, box.width - 2 * PAD
        start = box.top
        self.top.begin(box)
        if shown.person is not None:
            start = self._head(Column(surface, self._ink, left, box.top + PAD, wide), shown)
            row = pygame.Rect(box.left, start, box.width, TAB)
            tabs(surface, self.top, self._ink, row, TABS, shown.desk.tab)
            start = row.bottom
            if shown.desk.tab == "Memory":
                field = pygame.Rect(left, start + 8, wide, SEARCH)
                self.search.draw(surface, field, self._ink, beat)
                start = field.bottom
        part = pygame.Rect(box.left, start, box.width, max(0, box.bottom - start))
        surface.set_clip(part)
        first = self.page.begin(part) + (PAD if shown.person is None else 4)
        column = Column(surface, self._ink, left, first, wide, self.page)
        self._tab(column, shown, part.bottom)
        self.page.end(column.y + PAD)
        self.page.bar(surface, EDGE)
        surface.set_clip(None)
        pygame.draw.line(surface, EDGE, box.topleft, box.bottomleft)

    def _head(self, column: Column, shown: Shown) -> int:
        """Who it is and what it does. -> where the tabs go"""
        person, scene = shown.chosen, shown.scene
        order = shown.orders[person.archetype]
        art = shown.figures.figure(person.id, order, DOWN, 0, 3)
        column.surface.blit(art, (column.left, column.y))
        inner = column.inner(48)
        inner.line(person.name, TEXT, 24)
        state = "fallen" if person.fallen else scene.state_name(person.row)
        kind = "" if person.archetype.casefold() == person.name.casefold() else person.archetype
        inner.line(", ".join(filter(None, (kind, state.replace("_", " ")))), SOFT)
        act = person.act
        doing = act.text or act.tool if act else "no act of its own now" if person.mind else ""
        if doing and not person.fallen:
            inner.words(doing, YELLOW if act else FAINT, SMALL, lines=2)
        return max(inner.y, column.y + 52) + 6

    def _tab(self, column: Column, shown: Shown, bottom: int) -> None:
        if shown.person is None:
            if shown.beside:
                apart.draw(column, shown, shown.difference, shown.said)
            else:
                overview.draw(column, shown, bottom)
            return
        match shown.desk.tab:
            case "Body":
                body.draw(column, shown)
            case "Mind":
                mind.draw(column, shown)
            case "Memory":
                memory.draw(column, shown, self.search.text)
            case "Ties":
                ties.draw(column, shown)
            case "Why":
                why.draw(column, shown, shown.explanation, shown.said)
            case _:
                now.draw(column, shown)
