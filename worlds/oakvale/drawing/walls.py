"""Walls seen from above with their southern faces, doorways, windows and fences.

A mask has a bit for each straight neighbour that continues the wall: N 1, E 2, S 4, W 8.
"""

from __future__ import annotations

from collections.abc import Iterator

from drawing import canvas as c

CAP = 6  # pixels of a wall's top that show above its face


def _cap(picture: c.Picture, mask: int, height: int, tones: tuple[str, str, str]) -> None:
    """The top of a wall: lit along its open northern and western edges, dark along the others."""
    fill, dark, light = tones
    c.box(picture, 0, 0, 16, height, fill)
    for x in (4, 12):
        c.dots(picture, f"{x},{height // 2 - 1} {x + 1},{height // 2 - 1}", light)
    c.dots(picture, f"9,{height - 2} 0,{height - 2}", dark)
    if not mask & 1:
        c.box(picture, 0, 0, 16, 1, light)
    if not mask & 8:
        c.box(picture, 0, 0, 1, height, light)
    if not mask & 2:
        c.box(picture, 15, 0, 1, height, dark)


def _timber_face(picture: c.Picture, mask: int) -> None:
    c.box(picture, 0, CAP, 16, 10, c.PLASTER)
    c.box(picture, 0, CAP, 16, 1, c.OAK_DARK)
    c.box(picture, 0, CAP + 1, 16, 1, c.PLASTER_DARK)
    c.box(picture, 0, 14, 16, 2, c.OAK)
    if not mask & 8:
        c.box(picture, 0, CAP, 2, 10, c.OAK)
    if not mask & 2:
        c.box(picture, 14, CAP, 2, 10, c.OAK)
    if mask & 10 == 10:
        c.box(picture, 7, CAP + 1, 2, 8, c.WOOD)


def _stone_face(picture: c.Picture, mask: int) -> None:
    c.box(picture, 0, CAP, 16, 10, c.STONE)
    c.box(picture, 0, CAP, 16, 1, c.SLATE_DARK)
    for y, xs in ((CAP + 4, (3, 11)), (CAP + 7, (7, 15))):
        c.box(picture, 0, y, 16, 1, c.STONE_DARK)
        for x in xs:
            c.box(picture, x, y - 3, 1, 3, c.STONE_DARK)
    c.box(picture, 0, 15, 16, 1, c.STONE_DARK)
    if not mask & 8:
        c.box(picture, 0, CAP + 1, 1, 8, c.STONE_LIGHT)
    if not mask & 2:
        c.box(picture, 15, CAP + 1, 1, 9, c.STONE_DARK)


_TOPS = {
    "timber": (c.OAK, c.OAK_DARK, c.OAK_LIGHT),
    "stone": (c.SLATE, c.SLATE_DARK, c.SLATE_LIGHT),
}
_FACES = {"timber": _timber_face, "stone": _stone_face}


def wall(kind: str, mask: int) -> c.Picture:
    """One tile of wall; its face shows where nothing continues it to the south."""
    picture = c.blank()
    face = not mask & 4
    _cap(picture, mask, CAP if face else 16, _TOPS[kind])
    if face:
        _FACES[kind](picture, mask)
    return picture


def _window(kind: str) -> c.Picture:
    picture = wall(kind, 10)
    if kind == "timber":
        c.box(picture, 3, CAP + 1, 10, 8, c.PLASTER)
    c.frame(picture, 4, CAP + 2, 8, 6, c.BLUE_DARK, c.OAK_DARK)
    c.box(picture, 5, CAP + 3, 6, 2, c.WATER_LIGHT)
    c.box(picture, 7, CAP + 2, 1, 6, c.OAK_DARK)
    return picture


def _doorway(kind: str) -> c.Picture:
    """A gap in a wall that runs east and west: a lintel above, the open leaf at one side."""
    picture = c.blank()
    _cap(picture, 10, CAP - 1, _TOPS[kind])
    c.box(picture, 0, CAP - 1, 16, 1, c.OAK_DARK)
    c.box(picture, 0, CAP, 16, 10, c.WOOD_DARK)
    c.box(picture, 0, CAP, 2, 10, c.OAK)
    c.box(picture, 14, CAP, 2, 10, c.OAK)
    c.box(picture, 2, CAP, 12, 2, c.OAK_DARK)
    c.box(picture, 3, 11, 10, 4, c.RED_DARK)
    c.box(picture, 4, 12, 8, 2, c.RED)
    return picture


def walls() -> Iterator[tuple[str, c.Picture]]:
    """Both kinds of wall in all shapes, with windows and doorways."""
    for kind in _TOPS:
        for mask in range(16):
            yield f"{kind}_{mask}", wall(kind, mask)
        yield f"{kind}_window", _window(kind)
        yield f"door_{kind}", _doorway(kind)


def fences() -> Iterator[tuple[str, c.Picture]]:
    """A wooden fence in all shapes."""
    for mask in range(16):
        picture = c.blank()
        for bit, y in ((1, 0), (4, 8)):
            if mask & bit:
                c.box(picture, 6, y, 4, 8, c.WOOD_DARK)
                c.box(picture, 7, y, 2, 8, c.WOOD_LIGHT)
        for y in (5, 10):
            for bit, x in ((8, 0), (2, 8)):
                if mask & bit:
                    c.box(picture, x, y, 8, 3, c.WOOD_DARK)
                    c.box(picture, x, y, 8, 2, c.WOOD_LIGHT)
        if mask != 5:
            c.box(picture, 6, 2, 5, 13, c.OAK)
            c.box(picture, 6, 2, 4, 12, c.WOOD)
            c.box(picture, 6, 2, 4, 1, c.WOOD_LIGHT)
        yield f"fence_{mask}", picture
