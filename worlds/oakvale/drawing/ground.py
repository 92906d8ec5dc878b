"""Grass, and the grounds that lie on it: dirt, cobbles, water, soil, with soft edges.

An edged ground has a picture for each way its eight neighbours can be of the same ground. Two
neighbours across a corner matter only when both sides of that corner are, so 47 are enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot

from drawing import canvas as c

# Bit by bit from the north, clockwise: N NE E SE S SW W NW.
AROUND = ((0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1))
_WOBBLE = (0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 2, 2, 1, 1, 0, 0)


def trimmed(mask: int) -> int:
    """A mask of eight neighbours without the corners that can't be seen."""
    for corner in (1, 3, 5, 7):
        sides = (1 << corner - 1) | (1 << (corner + 1) % 8)
        if mask & sides != sides:
            mask &= ~(1 << corner)
    return mask


MASKS = sorted({trimmed(mask) for mask in range(256)})


def depth(mask: int, x: int, y: int, round_by: float) -> float:
    """How far, in pixels, a pixel lies within the ground, its corners rounded."""
    last = c.SIZE - 1
    side = {"n": y, "e": last - x, "s": last - y, "w": x}
    far = {
        key: float(side[key])
        for bit, key in ((0, "n"), (2, "e"), (4, "s"), (6, "w"))
        if not mask >> bit & 1
    }
    best = min(far.values(), default=99.0)
    for corner, a, b in ((1, "n", "e"), (3, "s", "e"), (5, "s", "w"), (7, "n", "w")):
        if a in far and b in far and far[a] < round_by and far[b] < round_by:
            best = min(best, round_by - hypot(round_by - far[a], round_by - far[b]))
        elif a not in far and b not in far and not mask >> corner & 1:
            best = min(best, hypot(side[a], side[b]))
    return best


def _edged(
    mask: int, paint: c.Picture, rims: tuple[tuple[float, str], ...], round_by: float
) -> c.Picture:
    """`paint` where the ground is deep enough; towards the edge the rims, outermost first."""
    picture = c.blank()
    for y in range(c.SIZE):
        for x in range(c.SIZE):
            inner = depth(mask, x, y, round_by) - _WOBBLE[(x + y) % 16]
            if inner < 0:
                continue
            picture[y, x] = paint[y, x]
            for reach, colour in rims:
                if inner < reach:
                    picture[y, x] = c.rgba(colour)
                    break
    return picture


def _dirt() -> c.Picture:
    picture = c.blank(colour=c.DIRT)
    c.speckle(picture, c.DIRT_LIGHT, 11, 0.06)
    c.speckle(picture, c.DIRT_DARK, 12, 0.035)
    return picture


def _cobbles() -> c.Picture:
    picture = c.blank(colour=c.STONE_DARK)
    for row in range(4):
        for column in range(-1, 3):
            x, y = column * 6 + (3 if row % 2 else 0), row * 4
            tone = (c.STONE, c.STONE_LIGHT, c.STONE, "#b4afa2")[c.noise(column % 3, row, 5) % 4]
            for dx in range(5):
                for dy in range(3):
                    if 0 <= x + dx < c.SIZE:
                        picture[y + dy, x + dx] = c.rgba(tone)
    # Low contrast: a square is a floor, not a pattern.
    base = c.blank(colour=c.STONE)
    return (picture // 2 + base // 2).astype(picture.dtype) | c.blank(colour="#000000")


def _water() -> c.Picture:
    picture = c.blank(colour=c.WATER)
    for x, y, length in ((2, 3, 4), (10, 6, 3), (5, 11, 4), (12, 13, 2)):
        c.box(picture, x, y, length, 1, c.WATER_LIGHT)
        c.box(picture, x + 1, y + 1, length, 1, c.WATER_DARK)
    return picture


def _soil() -> c.Picture:
    picture = c.blank(colour=c.SOIL)
    for y in (2, 7, 12):
        c.box(picture, 0, y, c.SIZE, 1, c.SOIL_LIGHT)
        c.box(picture, 0, y + 1, c.SIZE, 2, c.SOIL_DARK)
    c.speckle(picture, c.SOIL, 31, 0.12)
    return picture


def grounds() -> Iterator[tuple[str, c.Picture]]:
    """Every edged ground in every shape, as '<ground>_<mask>'."""
    kinds = {
        "dirt": (_dirt(), ((1.2, c.DIRT_DARK),), 7.0),
        "cobbles": (_cobbles(), ((1.2, c.STONE_DARK),), 5.0),
        "water": (_water(), ((1.0, c.DIRT_DARK), (2.4, c.DIRT), (3.4, c.WATER_LIGHT)), 9.0),
        "soil": (_soil(), ((1.2, c.SOIL_DARK),), 4.0),
    }
    for kind, (paint, rims, round_by) in kinds.items():
        for mask in MASKS:
            yield f"{kind}_{mask}", _edged(mask, paint, rims, round_by)


def grass(seed: int) -> c.Picture:
    """A tile of meadow with a few blades, few enough to stay quiet."""
    picture = c.blank(colour=c.GRASS)
    for blade in range(3 if seed else 1):
        x, y = 1 + c.noise(blade, 1, seed) % 13, 2 + c.noise(blade, 2, seed) % 12
        tone = c.GRASS_DARK if blade % 2 else c.GRASS_LIGHT
        c.dots(picture, f"{x},{y} {x + 1},{y - 1} {x + 2},{y}", tone)
    return picture


def plain() -> Iterator[tuple[str, c.Picture]]:
    """Grounds without edges: meadow, floors, the bridge's planks."""
    for seed in range(5):
        yield f"grass_{seed}", grass(seed)
    planks = c.blank(colour=c.FLOOR)
    for row, shift in enumerate((5, 12, 2, 9)):
        c.box(planks, 0, row * 4 + 3, c.SIZE, 1, c.FLOOR_DARK)
        c.box(planks, shift, row * 4, 1, 3, c.FLOOR_DARK)
        c.box(planks, shift + 1, row * 4, 4, 1, c.FLOOR_LIGHT)
    yield "floor_wood", planks
    slabs = c.blank(colour="#b7b1a4")
    for x, y in ((0, 0), (8, 8)):
        c.box(slabs, x, y, 8, 8, "#beb8ab")
    c.box(slabs, 0, 7, 16, 1, "#a5a094")
    c.box(slabs, 0, 15, 16, 1, "#a5a094")
    c.box(slabs, 7, 0, 1, 16, "#a5a094")
    c.box(slabs, 15, 0, 1, 16, "#a5a094")
    yield "floor_stone", slabs
    for name, rail in (("bridge_north", 0), ("bridge_south", 13)):
        deck = c.blank(colour=c.WOOD)
        for x in range(0, 16, 4):
            c.box(deck, x, 0, 1, 16, c.WOOD_DARK)
            c.box(deck, x + 1, 0, 1, 16, c.WOOD_LIGHT)
        c.box(deck, 0, rail, 16, 3, c.OAK)
        c.box(deck, 0, rail, 16, 1, c.OAK_LIGHT)
        for x in (1, 9):
            c.box(deck, x, rail, 3, 3, c.OAK_DARK)
        yield name, deck
