"""The strip below the map: how much of the run has passed, and marks of what happened when."""

from __future__ import annotations

import numpy as np
import pygame

from npcsim.viz.draw.ink import (
    BOARD,
    EDGE,
    FAINT,
    GREEN,
    NIGHT,
    ORANGE,
    PURPLE,
    RAISED,
    SKY,
    SOFT,
    TEXT,
    VERMILION,
    Colour,
    Ink,
)
from npcsim.viz.draw.widgets.buttons import button
from npcsim.viz.draw.widgets.link import Do
from npcsim.viz.draw.widgets.page import Page
from npcsim.viz.scene import Scene
from npcsim.viz.time.index import KINDS, Index, Mark

PAD = 10
SIDE = 108  # pixels at the left for the kind of event that N looks for
LANE = 5
SNAP = 4  # pixels within which a click goes to a mark
COLOURS: dict[str, Colour] = {
    "talk": TEXT,
    "goals": GREEN,
    "fights": VERMILION,
    "escalations": PURPLE,
    "failures": ORANGE,
    "others": SKY,
}


class Timeline:
    """Draws the strip and knows which tick is where on it."""

    def __init__(self, ink: Ink) -> None:
        self._ink = ink
        self.page = Page()
        self.box = pygame.Rect(0, 0, 0, 0)
        self.groove = pygame.Rect(0, 0, 1, 1)
        self.parting: int | None = None
        self.span = (0, 1)
        self._head_at = -1
        self._seen: dict[str, tuple[tuple[int, int, int, int], list[int]]] = {}

    def tick_at(self, x: int) -> int:
        """The tick at a point of the screen."""
        first, last = self.span
        share = (x - self.groove.left) / max(1, self.groove.width)
        return first + round(min(max(share, 0.0), 1.0) * (last - first))

    def x_of(self, tick: float) -> int:
        """Where a tick is on the screen."""
        first, last = self.span
        share = min(max((tick - first) / (last - first), 0.0), 1.0)
        return self.groove.left + round(self.groove.width * share)

    def mark_at(self, point: tuple[int, int], index: Index | None) -> Mark | None:
        """The mark that a point of the screen is on or near to, in its lane."""
        if index is None or not self.box.collidepoint(point) or point[0] < self.groove.left - SNAP:
            return None
        lane = (point[1] - self.box.top - 4) // LANE
        if not 0 <= lane < len(KINDS):
            return None
        first, last = self.span
        reach = max(1, round(SNAP * (last - first) / max(1, self.groove.width)))
        return index.near(KINDS[lane], self.tick_at(point[0]), reach)

    def draw(
        self,
        surface: pygame.Surface,
        box: pygame.Rect,
        scene: Scene,
        end: int,
        index: Index | None,
        kind: str,
    ) -> None:
        """The strip without its head; `end`: the last tick known."""
        self.box = box
        surface.fill(BOARD, box)
        self.page.begin(box)
        pygame.draw.line(surface, EDGE, box.topleft, (box.right - 1, box.top))
        started = scene.started
        first = started.tick if started is not None else 0
        self.span = (first, max(started.end_tick if started is not None else 0, end, first + 1))
        side = SIDE if box.width >= 420 else 0
        left = box.left + PAD + side
        self.groove = pygame.Rect(left, box.bottom - 11, max(1, box.right - PAD - left), 5)
        if side:
            at = (box.left + 8, box.centery - 11)
            button(surface, self.page, self._ink, at, f"N: {kind or 'any event'}", Do("event kind"))
        if index is not None:
            for lane, name in enumerate(KINDS):
                self._lane(surface, index, name, box.top + 4 + lane * LANE, name == kind)
        if self.parting is not None:
            x = self.x_of(self.parting)
            pygame.draw.line(surface, VERMILION, (x, box.top + 2), (x, box.bottom - 2), 2)

    def moves(self, head: float) -> bool:
        """Whether the head is to be drawn elsewhere than it was."""
        return self.x_of(head) != self._head_at

    def draw_head(self, surface: pygame.Surface, head: float, end: int) -> None:
        """How much is known, how much of it has passed, and the head where the picture is."""
        groove = self.groove
        pygame.draw.rect(surface, NIGHT, groove, border_radius=2)
        known = groove.copy()
        known.width = self.x_of(end) - groove.left
        pygame.draw.rect(surface, FAINT, known, border_radius=2)
        pygame.draw.rect(surface, RAISED, groove, 1, border_radius=2)
        passed = groove.copy()
        passed.width = self.x_of(head) - groove.left
        pygame.draw.rect(surface, ORANGE, passed, border_radius=2)
        x = self._head_at = passed.right
        pygame.draw.line(surface, SOFT, (x, self.box.top + 3), (x, groove.top))
        pygame.draw.circle(surface, NIGHT, (x, groove.centery), 7)
        pygame.draw.circle(surface, TEXT, (x, groove.centery), 5)

    def _lane(self, surface: pygame.Surface, index: Index, kind: str, y: int, lit: bool) -> None:
        """Marks of one kind, one line of pixels for each that has any."""
        colour = COLOURS[kind]
        for x in self._columns(index.marks[kind], kind):
            pygame.draw.rect(surface, colour, (x, y, 2, LANE - 1))
        if lit:
            right = self.groove.right
            pygame.draw.line(
                surface, colour, (self.groove.left, y + LANE - 1), (right, y + LANE - 1)
            )

    def _columns(self, marks: list[Mark], kind: str) -> list[int]:
        many = len(marks)
        # While a run is being read there is a new mark every frame: counted in steps of 2 percent.
        rough = many if many < 200 else many - many % max(1, many // 50)
        key = (rough, self.groove.left, self.groove.width, self.span[1])
        if kind not in self._seen or self._seen[kind][0] != key:
            first, last = self.span
            ticks = np.fromiter((mark.tick for mark in marks[:many]), np.float64, count=many)
            share = np.clip((ticks - first) / (last - first), 0.0, 1.0)
            found = np.unique((self.groove.left + share * self.groove.width).astype(np.int64))
            self._seen[kind] = (key, found.tolist())
        return self._seen[kind][1]
