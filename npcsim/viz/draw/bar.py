"""The bar below everything: buttons of time, the clock, drawers, and what is drawn over the map."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from npcsim.viz.draw.column import SMALL
from npcsim.viz.draw.ink import EDGE, NIGHT, SOFT, TEXT, VERMILION, Ink
from npcsim.viz.draw.widgets.buttons import button, face
from npcsim.viz.draw.widgets.field import Field
from npcsim.viz.draw.widgets.link import Do
from npcsim.viz.draw.widgets.page import Page

MOST_NOTICE = 12  # lines
ICON = 24
TIME = (("step back", "back"), ("pause", "pause"), ("step", "on"), ("slower", "-"), ("faster", "+"))
RANKS = (("pause",), ("step", "step back"), ("slower", "faster"))  # those with room are there
WORDS = 184  # pixels for the clock and the speed: buttons stay where they are while words change


def draw_bar(
    surface: pygame.Surface,
    box: pygame.Rect,
    ink: Ink,
    page: Page,
    left: str,
    right: Sequence[str],
    paused: bool,
    drawer: str,
) -> None:
    """Clock and speed between buttons; at the right the first of `right` that fits, and the
    drawers."""
    surface.fill(NIGHT, box)
    page.begin(box)
    pygame.draw.line(surface, EDGE, box.topleft, (box.right - 1, box.top))
    x, y = box.left + 8, box.top + (box.height - ICON) // 2
    drawers = {name: ink.width(name.capitalize(), 15) + 22 for name in ("charts", "log")}
    room = box.width - 16 - max(WORDS, ink.width(left, 20) + 14) - sum(drawers.values())
    there: list[str] = []
    for pair in RANKS:
        there += pair if (len(there) + len(pair)) * (ICON + 4) <= room else ()
    for action, icon in (one for one in TIME if one[0] in there):
        part = pygame.Rect(x, y, ICON, ICON)
        face(surface, page, part, Do(action))
        _icon(surface, part, "go" if icon == "pause" and paused else icon)
        x += ICON + 4
    made = ink.text(left, 20, TEXT)
    clock = made.get_rect(midleft=(x + 6, box.centery + 1))
    surface.blit(made, clock)
    page.link(clock.inflate(8, 8), Do("go to time"))
    end = box.right - 8
    for name, wide in drawers.items() if room >= 0 else ():
        at = (end - wide + 6, y)
        button(surface, page, ink, at, name.capitalize(), Do(name), drawer == name)
        end -= wide
    most = end - clock.right - 20
    note = ink.text(next((one for one in right if ink.width(one, SMALL) <= most), ""), SMALL, SOFT)
    surface.blit(note, note.get_rect(midright=(end - 6, box.centery + 1)))


def _icon(surface: pygame.Surface, box: pygame.Rect, icon: str) -> None:
    x, y = box.center
    if icon == "pause":
        pygame.draw.rect(surface, TEXT, (x - 5, y - 6, 4, 12))
        pygame.draw.rect(surface, TEXT, (x + 2, y - 6, 4, 12))
    elif icon == "go":
        pygame.draw.polygon(surface, TEXT, [(x - 4, y - 7), (x + 7, y), (x - 4, y + 7)])
    elif icon in ("on", "back"):
        way = 1 if icon == "on" else -1
        pygame.draw.polygon(
            surface, TEXT, [(x - 4 * way, y - 6), (x + 4 * way, y), (x - 4 * way, y + 6)]
        )
        pygame.draw.rect(surface, TEXT, (x + 5 * way - 1, y - 6, 2, 13))
    else:
        pygame.draw.rect(surface, SOFT, (x - 5, y - 1, 11, 2))
        if icon == "+":
            pygame.draw.rect(surface, SOFT, (x - 1, y - 5, 2, 11))


def draw_notice(surface: pygame.Surface, view: pygame.Rect, ink: Ink, notice: str) -> None:
    """What has to be known at once, over the foot of the world, for as long as it is so."""
    room = max(1, view.width - 48)
    lines = [part for line in notice.splitlines() for part in ink.wrap(line, SMALL, room)]
    lines = lines[:MOST_NOTICE]
    step = ink.height(SMALL) + 3
    box = pygame.Rect(12, 0, max(1, view.width - 24), 16 + step * len(lines))
    box.bottom = view.bottom - 12
    pygame.draw.rect(surface, NIGHT, box, border_radius=6)
    pygame.draw.rect(surface, VERMILION, box, 2, border_radius=6)
    for number, line in enumerate(lines):
        surface.blit(ink.text(line, SMALL, TEXT), (box.left + 12, box.top + 9 + step * number))


def draw_tip(surface: pygame.Surface, ink: Ink, at: tuple[int, int], text: str) -> pygame.Rect:
    """A line over what the mouse points at. -> what it covers"""
    made = ink.text(ink.fit(text, SMALL, 420), SMALL, TEXT)
    box = made.get_rect(midbottom=(at[0], at[1] - 10)).inflate(14, 8)
    box.clamp_ip(surface.get_rect())
    pygame.draw.rect(surface, NIGHT, box, border_radius=5)
    pygame.draw.rect(surface, EDGE, box, 1, border_radius=5)
    surface.blit(made, made.get_rect(center=box.center))
    return box


def draw_asked(
    surface: pygame.Surface, view: pygame.Rect, ink: Ink, field: Field, said: str, beat: bool
) -> None:
    """A field over the foot of the map that asks for a line of text; `said`: what is wrong."""
    box = pygame.Rect(0, 0, min(320, view.width), 34)
    box.midbottom = (view.centerx, view.bottom - 12)
    field.draw(surface, box, ink, beat)
    if said:
        made = ink.text(said, SMALL, VERMILION, NIGHT)
        surface.blit(made, made.get_rect(midbottom=(box.centerx, box.top - 4)))
