"""A pane of lines drawn from live data: it scrolls, and lines in it lead somewhere.

A pane is drawn anew each frame. While it is, `link` marks a part of it as leading to a target; the
mouse finds it by where it is, the keyboard by its number. A link keeps the focus by its target, so
that new lines above it don't move the focus to another.
"""

from __future__ import annotations

import pygame

from npcsim.viz.draw.widgets.link import Target

STEP = 48  # pixels a notch of the wheel
KEPT = 2000


class Page:
    """State of one pane: how far it is scrolled, its links, which has the focus."""

    def __init__(self) -> None:
        self.box = pygame.Rect(0, 0, 0, 0)
        self.scroll = 0
        self.tall = 0
        self.links: list[tuple[pygame.Rect, Target]] = []
        self.focused: Target | None = None
        self.hovered: Target | None = None
        self.heights: dict[Target, int] = {}

    def begin(self, box: pygame.Rect) -> int:
        """Draw it anew in `box`. -> where its first line goes"""
        self.box, self.links = box, []
        self.scroll = min(max(self.scroll, 0), max(0, self.tall - box.height))
        return box.top - self.scroll

    def end(self, bottom: int) -> None:
        """It ends at y = `bottom`."""
        self.tall = bottom - (self.box.top - self.scroll)

    def link(self, box: pygame.Rect, target: Target) -> None:
        """A part of the pane leads somewhere."""
        self.links.append((box, target))
        if len(self.heights) > KEPT:
            self.heights.clear()
        self.heights[target] = box.height - 2

    def lit(self, target: Target) -> bool:
        """Whether a link is to be shown as pointed at, by mouse or keyboard."""
        return target in (self.hovered, self.focused)

    def at(self, point: tuple[int, int]) -> Target | None:
        """Where a point of the screen leads. What lies on top was drawn last."""
        if not self.box.collidepoint(point):
            return None
        found = (target for box, target in reversed(self.links) if box.collidepoint(point))
        return next(found, None)

    def hover(self, point: tuple[int, int]) -> None:
        """The mouse is there."""
        self.hovered = self.at(point)

    def wheel(self, steps: int) -> None:
        """Scroll; positive is up, as wheels count."""
        self.scroll_by(-steps * STEP)

    def scroll_by(self, pixels: int) -> None:
        """Scroll as far as there is something to show."""
        self.scroll = min(max(self.scroll + pixels, 0), max(0, self.tall - self.box.height))

    def move_focus(self, step: int) -> None:
        """The next link (or the one before) gets the focus, in view. Without any: scroll."""
        targets = [target for _, target in self.links]
        if not targets:
            self.focused = None
            self.scroll_by(step * STEP)
            return
        if self.focused in targets:
            at = min(max(targets.index(self.focused) + step, 0), len(targets) - 1)
        else:
            at = 0 if step > 0 else len(targets) - 1
        self.focused = targets[at]
        box = self.links[at][0]
        if box.top < self.box.top:
            self.scroll_by(box.top - self.box.top - 8)
        elif box.bottom > self.box.bottom:
            self.scroll_by(box.bottom - self.box.bottom + 8)

    def bar(self, surface: pygame.Surface, colour: tuple[int, int, int]) -> None:
        """A thin bar at the right edge, where there is more than fits."""
        if self.tall <= self.box.height or not self.box.height:
            return
        long = max(18, self.box.height * self.box.height // self.tall)
        room = self.box.height - long
        top = self.box.top + room * self.scroll // max(1, self.tall - self.box.height)
        thumb = pygame.Rect(self.box.right - 5, top, 3, long)
        pygame.draw.rect(surface, colour, thumb, border_radius=2)
