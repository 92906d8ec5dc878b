"""How a window's pixels are shared: map, inspector, timeline, drawer. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

Box = tuple[int, int, int, int]
"""Left, top, width, height."""

INSPECTOR = 340
TIMELINE = 48
BAR = 34
DRAWER = 190
LEAST = 240  # of the inspector
MAP = 352  # that the inspector leaves at least
NARROW = 640  # windows narrower than this show the map alone, over the bar
SHORT = 320  # windows lower than this have no timeline and no drawer


@dataclass(frozen=True, slots=True)
class Panes:
    """Where each pane is; one of no width or height is not shown."""

    view: Box
    inspector: Box
    drawer: Box
    timeline: Box
    bar: Box


def share(size: tuple[int, int], drawer: bool = False, side: int = INSPECTOR) -> Panes:
    """Share a window of `size` pixels. side: the inspector's width; a drag of its edge sets it,
    and 0 is none."""
    wide, tall = size
    inspector = 0 if wide < NARROW or side <= 0 else min(max(side, LEAST), wide - MAP)
    left = max(1, wide - inspector)
    strip = TIMELINE if wide >= NARROW and tall >= SHORT else 0
    low = min(DRAWER, (tall - BAR - strip) // 2) if drawer and strip else 0
    top = max(1, tall - BAR - strip - low)
    return Panes(
        view=(0, 0, left, top),
        inspector=(wide - inspector, 0, inspector, tall),
        drawer=(0, top, left, low),
        timeline=(0, top + low, left, strip),
        bar=(0, top + low + strip, left, BAR),
    )
