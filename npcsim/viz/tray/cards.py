"""Drawing the tray: cards in a corner of the map, the most urgent on top."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from npcsim.viz.draw.column import SMALL, Column, small_bar
from npcsim.viz.draw.ink import EDGE, FAINT, NIGHT, SKY, SOFT, TEXT, VERMILION, YELLOW, Ink
from npcsim.viz.draw.widgets.buttons import button
from npcsim.viz.draw.widgets.link import Do, Goto
from npcsim.viz.draw.widgets.page import Page
from npcsim.viz.people import Waiting
from npcsim.viz.tray.tray import Tray
from npcsim.viz.tray.waiting import left, ordered, why

WIDE = 330
PAD = 12
FIELD = 28
LEAST = 90  # pixels of height
OTHERS = 8
"""Alternatives that are listed."""


class Cards:
    """The cards of a tray over the map, the most urgent on top."""

    def __init__(self, tray: Tray, others: Sequence[Page] = ()) -> None:
        """others: cards that stand at the left, those on top first; it keeps clear of them."""
        self._tray = tray
        self._others = others
        self.page = tray.page

    def draw(self, surface: pygame.Surface, view: pygame.Rect, ink: Ink, beat: bool) -> None:
        """Draw them; nothing where nothing waits."""
        boxes = [page.box for page in self._others if page.box.height]
        _draw(surface, view, ink, self._tray, beat, boxes)


def _draw(
    surface: pygame.Surface,
    view: pygame.Rect,
    ink: Ink,
    tray: Tray,
    beat: bool,
    others: Sequence[pygame.Rect],
) -> None:
    waits = ordered(tray.scene.waits)
    tray.field.box = pygame.Rect(0, 0, 0, 0)
    if not waits and not tray.asked_for:
        tray.page.begin(pygame.Rect(0, 0, 0, 0))
        return
    wide = min(WIDE, view.width - 2 * PAD)
    place = _clear(
        pygame.Rect(view.right - wide - PAD, view.top + PAD, wide, view.height - 2 * PAD), others
    )
    tall = _cards(pygame.Surface((1, 1)), place, ink, tray, beat, Page())
    place.height = min(tall, place.height)
    board = pygame.Surface(place.size, pygame.SRCALPHA)
    pygame.draw.rect(board, (*NIGHT, 232), board.get_rect(), border_radius=8)
    pygame.draw.rect(board, YELLOW if waits else EDGE, board.get_rect(), 1, border_radius=8)
    surface.blit(board, place)
    clip = surface.get_clip()
    surface.set_clip(place)
    _cards(surface, place, ink, tray, beat, tray.page)
    tray.page.bar(surface, EDGE)
    surface.set_clip(clip)


def _clear(place: pygame.Rect, others: Sequence[pygame.Rect]) -> pygame.Rect:
    """As much of the place as keeps clear of other cards, as far as it is high enough to use."""
    for box in others:
        if not place.colliderect(box):
            continue
        below = place.bottom - box.bottom - PAD
        free = pygame.Rect(place.left, box.bottom + PAD, place.width, below)
        if box.centery > place.centery:
            free = pygame.Rect(place.left, place.top, place.width, box.top - PAD - place.top)
        place = free if free.height >= LEAST else place
    return place


def _cards(
    surface: pygame.Surface, place: pygame.Rect, ink: Ink, tray: Tray, beat: bool, page: Page
) -> int:
    """-> pixels that it takes"""
    top = page.begin(place)
    column = Column(surface, ink, place.left + PAD, top + 8, place.width - 2 * PAD, page)
    waits = ordered(tray.scene.waits)
    with column.leads(Do("approvals")):
        said = f"{len(waits)} wait{'s' if len(waits) == 1 else ''} for leave  ( Q )"
        column.line(said if waits else "Nothing waits for leave", YELLOW if waits else SOFT)
    for one in waits if not tray.folded else ():
        column.gap(4)
        pygame.draw.line(
            surface, EDGE, (column.left, column.y), (column.left + column.width - 1, column.y)
        )
        column.gap(6)
        _card(column, one, tray, beat)
    column.gap(8)
    page.end(column.y)
    return column.y - top


def _card(column: Column, one: Waiting, tray: Tray, beat: bool) -> None:
    scene, page = tray.scene, column.page
    person = scene.by_id.get(one.npc)
    row = person.row if person is not None else -1
    with column.leads(Goto(row=row, tab="Why", thought=one.thought)):
        column.line(f"{scene.name_of(one.npc)} wants to", SOFT, SMALL)
        column.words(one.text, TEXT, 18, lines=2)
        column.words(why(one), FAINT, 14, lines=3)
    share, rest = left(one, scene, tray.fraction)
    label = column.ink.text(rest, 14, YELLOW)
    column.surface.blit(label, (column.left + column.width - label.get_width(), column.y + 1))
    box = pygame.Rect(column.left, column.y + 7, column.width - label.get_width() - 10, 6)
    small_bar(column.surface, box, share, YELLOW if share > 0.25 else VERMILION)
    column.gap(22)
    if one.npc in tray.said:
        column.words(tray.said[one.npc], VERMILION, 14, lines=5)
    if one.npc in tray.sent:
        column.line(f"answered: {tray.sent[one.npc][0]}", SKY, SMALL)
        return
    if page is None:
        return
    x = column.left
    for name, label_text in (("approve", "Approve"), ("refuse", "Refuse"), ("change", "Change")):
        on = name == "change" and tray.changing == one.npc
        at = (x, column.y + 2)
        made = button(column.surface, page, column.ink, at, label_text, Do(name, one.npc), on)
        x = made.right + 6
    column.gap(made.height + 6)
    if tray.changing == one.npc:
        _others(column, one, tray, beat)


def _others(column: Column, one: Waiting, tray: Tray, beat: bool) -> None:
    """What could be done instead: options that there were, and a call that is typed."""
    for text in tray.others(one)[:OTHERS]:
        with column.leads(Do("instead", f"{one.npc}\n{text}")):
            column.words(f"→ {text}", SKY, SMALL, 6, lines=2)
    column.gap(2)
    box = pygame.Rect(column.left, column.y, column.width, FIELD)
    tray.field.draw(column.surface, box, column.ink, beat)
    column.gap(FIELD + 4)
