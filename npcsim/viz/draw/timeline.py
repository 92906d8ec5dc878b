"""The strip below the map: how much of the run has passed, and marks of what happened when."""

from __future__ import annotations

import pygame

from npcsim.viz.draw.ink import BOARD, EDGE, NIGHT, ORANGE, RAISED, TEXT, Ink
from npcsim.viz.draw.widgets.page import Page
from npcsim.viz.scene import Scene

PAD = 10


def span(scene: Scene, newest: int = 0) -> tuple[int, int]:
    """The ticks that the strip reaches from and to."""
    started = scene.started
    if started is None:
        return 0, 1
    last = max(started.end_tick, newest, scene.tick, started.tick + 1)
    return started.tick, last


def tick_at(box: pygame.Rect, x: int, first: int, last: int) -> int:
    """The tick at a point of the strip."""
    share = (x - box.left - PAD) / max(1, box.width - 2 * PAD)
    return first + round(min(max(share, 0.0), 1.0) * (last - first))


def draw_timeline(
    surface: pygame.Surface, box: pygame.Rect, ink: Ink, page: Page, scene: Scene, fraction: float
) -> None:
    """The strip, with the head where the picture is."""
    surface.fill(BOARD, box)
    page.begin(box)
    pygame.draw.line(surface, EDGE, box.topleft, (box.right, box.top))
    first, last = span(scene)
    groove = pygame.Rect(box.left + PAD, box.centery - 2, max(1, box.width - 2 * PAD), 5)
    pygame.draw.rect(surface, NIGHT, groove, border_radius=2)
    pygame.draw.rect(surface, RAISED, groove, 1, border_radius=2)
    share = min(max((scene.tick - 1 + fraction - first) / (last - first), 0.0), 1.0)
    passed = groove.copy()
    passed.width = round(groove.width * share)
    pygame.draw.rect(surface, ORANGE, passed, border_radius=2)
    pygame.draw.circle(surface, TEXT, (passed.right, groove.centery), 5)
