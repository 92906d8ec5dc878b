"""The drawer with charts: small plots of what has been read of the run, the head as a line."""

from __future__ import annotations

import pygame

from npcsim.viz.draw.ink import (
    BLUE,
    BOARD,
    EDGE,
    FAINT,
    GREEN,
    NIGHT,
    ORANGE,
    PURPLE,
    SKY,
    SOFT,
    TEXT,
    VERMILION,
    YELLOW,
    Colour,
    Ink,
    tier_colour,
)
from npcsim.viz.time.series import Line, Plot

COLOURS: tuple[Colour, ...] = (SKY, ORANGE, GREEN, PURPLE, YELLOW, VERMILION, BLUE)
PAD = 10
TITLE = 18
LEAST = 44  # pixels that a plot is high at least, with its title


class Charts:
    """Draws plots side by side, and knows which tick is where in them."""

    def __init__(self, ink: Ink) -> None:
        self._ink = ink
        self._areas: list[pygame.Rect] = []
        self._lined: list[pygame.Rect] = []  # those with something in them
        self._heads: list[int] = []
        self._span = (0, 1)

    def tick_at(self, point: tuple[int, int]) -> int | None:
        """The tick at a point of a plot; None beside the plots."""
        first, last = self._span
        for area in self._areas:
            if area.collidepoint(point):
                return first + round((point[0] - area.left) / max(1, area.width) * (last - first))
        return None

    def draw(
        self,
        surface: pygame.Surface,
        box: pygame.Rect,
        plots: list[Plot],
        span: tuple[int, int],
    ) -> None:
        """Draw them in `box`, in as many rows as leave each some width."""
        surface.fill(BOARD, box)
        pygame.draw.line(surface, EDGE, box.topleft, (box.right - 1, box.top))
        self._areas, self._lined, self._span = [], [], span
        if not plots:
            return
        rows = max(1, (box.height - 4) // LEAST)
        across = min(len(plots), max(box.width // 250, -(-len(plots) // rows)))
        down = -(-len(plots) // across)
        wide, tall = (box.width - PAD) // across, (box.height - 4) // down
        for number, plot in enumerate(plots):
            x, y = number % across, number // across
            part = pygame.Rect(
                box.left + PAD + x * wide, box.top + 4 + y * tall, wide - PAD, tall - 2
            )
            self._plot(surface, part, plot)

    def moves(self, head: float) -> bool:
        """Whether the line of the head is to be drawn elsewhere than it was."""
        return [self._x(area, head) for area in self._lined] != self._heads

    def draw_head(self, surface: pygame.Surface, head: float) -> None:
        """A line through each plot where the picture is."""
        self._heads = [self._x(area, head) for area in self._lined]
        for area, x in zip(self._lined, self._heads, strict=True):
            pygame.draw.line(surface, TEXT, (x, area.top), (x, area.bottom - 1))

    def _plot(self, surface: pygame.Surface, part: pygame.Rect, plot: Plot) -> None:
        ink = self._ink
        surface.blit(ink.text(plot.title, 14, TEXT), (part.left, part.top + 2))
        left = part.left + ink.width(plot.title, 14) + 8
        note = ink.fit(plot.unit, 13, max(0, part.right - left))
        surface.blit(ink.text(note, 13, FAINT), (left, part.top + 2))
        names = [line.name for line in plot.lines if line.name]
        side = min(92, part.width * 2 // 5) if names else 0
        area = pygame.Rect(
            part.left, part.top + TITLE, part.width - side, max(8, part.height - TITLE - 4)
        )
        self._areas.append(area)
        pygame.draw.rect(surface, NIGHT, area, border_radius=3)
        values = [value for line in plot.lines for _, value in line.points]
        if not values:
            made = ink.text("nothing yet", 13, FAINT)
            surface.blit(made, made.get_rect(center=area.center))
            return
        self._lined.append(area)
        low, high = min(0.0, *values), max(values)
        high = high if high > low else low + 1.0
        for number, line in enumerate(plot.lines):
            colour = tier_colour(line.tier) if line.tier else COLOURS[number % len(COLOURS)]
            self._line(surface, area, line, colour, (low, high), plot.step)
        self._labels(surface, pygame.Rect(area.right + 6, area.top, side - 6, area.height), plot)
        surface.blit(ink.text(_short(high), 12, SOFT, NIGHT), (area.left + 3, area.top + 1))

    def _line(
        self,
        surface: pygame.Surface,
        area: pygame.Rect,
        line: Line,
        colour: Colour,
        reach: tuple[float, float],
        step: bool,
    ) -> None:
        low, high = reach
        points: list[tuple[int, int]] = []
        for tick, value in line.points:
            at = (
                self._x(area, tick),
                area.bottom - 3 - round((value - low) / (high - low) * (area.height - 7)),
            )
            if step and points:
                points.append((at[0], points[-1][1]))
            points.append(at)
        if step and points:
            points.append((area.right - 1, points[-1][1]))
        if len(points) == 1:
            pygame.draw.circle(surface, colour, points[0], 2)
        elif points:
            pygame.draw.lines(surface, colour, False, points, 2)

    def _labels(self, surface: pygame.Surface, part: pygame.Rect, plot: Plot) -> None:
        """Names at the right, with the last value of each."""
        y = part.top
        for number, line in enumerate(plot.lines):
            if not line.name or y + 12 > part.bottom:
                continue
            colour = tier_colour(line.tier) if line.tier else COLOURS[number % len(COLOURS)]
            pygame.draw.rect(surface, colour, (part.left, y + 3, 6, 6))
            last = _short(line.points[-1][1]) if line.points else "none"
            text = self._ink.fit(f"{line.name} {last}", 13, part.width - 10)
            surface.blit(self._ink.text(text, 13, SOFT), (part.left + 10, y))
            y += 13

    def _x(self, area: pygame.Rect, tick: float) -> int:
        first, last = self._span
        share = min(max((tick - first) / max(1, last - first), 0.0), 1.0)
        return area.left + round(share * (area.width - 1))


def _short(value: float) -> str:
    """A number in few letters: 1.2k, 0.35."""
    if abs(value) >= 1_000_000:
        return f"{value / 1_000_000:.1f}M"
    if abs(value) >= 10_000:
        return f"{value / 1000:.0f}k"
    if abs(value) >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.2g}" if abs(value) < 0.1 else f"{value:.2f}"
