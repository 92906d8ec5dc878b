"""Buttons and tabs. Both are drawn onto a page, whose links make them answer."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from npcsim.viz.draw.ink import BOARD, EDGE, FAINT, NIGHT, RAISED, SKY, SOFT, TEXT, YELLOW, Ink
from npcsim.viz.draw.widgets.link import Do, Target
from npcsim.viz.draw.widgets.page import Page

SIZE = 15
TAB = 30  # pixels that a row of tabs is high


def button(
    surface: pygame.Surface,
    page: Page,
    ink: Ink,
    at: tuple[int, int],
    label: str,
    target: Target,
    on: bool = False,
) -> pygame.Rect:
    """A button with a label at its left upper corner `at`. -> its box"""
    made = ink.text(label, SIZE, TEXT if on or page.lit(target) else SOFT)
    box = pygame.Rect(*at, made.get_width() + 16, made.get_height() + 8)
    face(surface, page, box, target, on)
    surface.blit(made, made.get_rect(center=box.center))
    return box


def face(
    surface: pygame.Surface, page: Page, box: pygame.Rect, target: Target, on: bool = False
) -> None:
    """A button without a label, which leads to `target`."""
    lit = page.lit(target)
    pygame.draw.rect(surface, RAISED if on or lit else BOARD, box, border_radius=5)
    edge = YELLOW if page.focused == target else SKY if on else EDGE
    pygame.draw.rect(surface, edge, box, 1, border_radius=5)
    page.link(box, target)


def tabs(
    surface: pygame.Surface,
    page: Page,
    ink: Ink,
    box: pygame.Rect,
    names: Sequence[str],
    chosen: str,
) -> None:
    """A row of tabs; each does `tab NUMBER`, counted from 1."""
    pygame.draw.rect(surface, NIGHT, box)
    wide = box.width / max(1, len(names))
    for number, name in enumerate(names):
        left, right = round(number * wide), round((number + 1) * wide)
        part = pygame.Rect(box.left + left, box.top, right - left, box.height)
        target = Do(f"tab {number + 1}")
        here = name == chosen
        if here:
            pygame.draw.rect(surface, BOARD, part)
            pygame.draw.line(surface, SKY, part.topleft, (part.right - 1, part.top), 2)
        elif page.lit(target):
            pygame.draw.rect(surface, RAISED, part)
        made = ink.text(ink.fit(name, SIZE, part.width - 6), SIZE, TEXT if here else FAINT)
        surface.blit(made, made.get_rect(center=(part.centerx, part.centery + 1)))
        page.link(part, target)
