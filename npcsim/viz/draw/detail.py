"""How much of a crowd is drawn: the more of it is in view, the less of each.

So what a frame costs grows with a crowd slower and slower, and the picture stays smooth.
"""

from __future__ import annotations

from enum import IntEnum

SMALLEST_FIGURE = 10  # screen pixels a tile under which nobody could tell a figure
FIGURES_ALONE = 1000  # in view from which nothing is drawn over heads but words and thoughts
TOKENS = 2000  # in view from which NPCs are shapes in the colour of their archetype
AGAIN = 0.9  # of these, under which more is drawn again: or it would flicker where many come and go


class Detail(IntEnum):
    """What is drawn of NPCs. `WHOLE`: figures with all that belongs to them. `FIGURE`: without
    marks over heads, and names of the chosen alone. `TOKEN`: shapes, with words and the names of
    the chosen. `AFAR`: shapes alone, from where figures would be too small."""

    WHOLE = 0
    FIGURE = 1
    TOKEN = 2
    AFAR = 3


def detail_for(count: int, scale: float, before: Detail) -> Detail:
    """For so many in view at so many screen pixels a tile, when it was `before` last."""
    if scale < SMALLEST_FIGURE:
        return Detail.AFAR
    for detail, many in ((Detail.TOKEN, TOKENS), (Detail.FIGURE, FIGURES_ALONE)):
        if count > (many * AGAIN if before is not Detail.AFAR and before >= detail else many):
            return detail
    return Detail.WHOLE


def token_size(scale: float) -> int:
    """Screen pixels that a shape has: as large as a tile from afar, smaller from nearby."""
    return max(3, int(scale if scale < SMALLEST_FIGURE else scale * 0.6))
