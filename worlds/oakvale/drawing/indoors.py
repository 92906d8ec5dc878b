"""Furniture and the tools of the village's trades."""

from __future__ import annotations

from collections.abc import Iterator

from drawing import canvas as c


def _bed(cover: str, fold: str) -> c.Picture:
    """A bed, one tile wide and two high, its head to the north."""
    picture = c.blank(16, 32)
    c.shade(picture, 2, 4, 13, 27)
    c.box(picture, 2, 2, 12, 27, c.OAK)
    c.box(picture, 2, 2, 12, 2, c.OAK_LIGHT)
    c.box(picture, 3, 5, 10, 22, c.CREAM)
    c.frame(picture, 4, 6, 8, 6, c.WHITE, "#d9cbb0")
    c.box(picture, 3, 14, 10, 13, cover)
    c.box(picture, 3, 14, 10, 2, fold)
    c.box(picture, 3, 25, 10, 2, fold)
    return picture


def _table(west: bool, east: bool) -> c.Picture:
    picture = c.blank()
    x0, x1 = (2 if west else 0), (14 if east else 16)
    c.shade(picture, x0, 4, x1 - x0, 12)
    c.box(picture, x0, 3, x1 - x0, 9, c.WOOD_LIGHT)
    c.box(picture, x0, 11, x1 - x0, 3, c.WOOD_DARK)
    c.box(picture, x0, 6, x1 - x0, 1, c.WOOD)
    c.box(picture, x0, 9, x1 - x0, 1, c.WOOD)
    return picture


def _set_table() -> c.Picture:
    picture = _table(True, True)
    c.disc(picture, 6, 7, 2.4, 1.8, c.CREAM)
    c.disc(picture, 6, 7, 1.3, 1.0, c.FIRE)
    c.box(picture, 10, 5, 3, 4, c.OAK)
    c.box(picture, 10, 5, 3, 1, c.WHITE)
    return picture


def _stool() -> c.Picture:
    picture = c.blank()
    c.shade(picture, 5, 7, 7, 6)
    c.disc(picture, 8, 8, 4, 3.4, c.WOOD_DARK)
    c.disc(picture, 8, 7.4, 3.4, 2.8, c.WOOD)
    c.disc(picture, 7.4, 7, 1.6, 1.1, c.WOOD_LIGHT)
    return picture


def _hearth() -> c.Picture:
    picture = c.blank()
    c.box(picture, 0, 0, 16, 15, c.STONE_DARK)
    c.box(picture, 0, 0, 16, 4, c.STONE_LIGHT)
    c.box(picture, 3, 5, 10, 10, c.INK)
    c.disc(picture, 8, 12, 4, 3.5, c.FIRE)
    c.disc(picture, 8, 12.5, 2.2, 2.4, c.FIRE_LIGHT)
    c.box(picture, 4, 14, 8, 1, c.OAK)
    return picture


def _oven() -> c.Picture:
    """A domed bread oven, two tiles by two."""
    picture = c.blank(32, 32)
    c.shade(picture, 2, 24, 29, 6)
    c.disc(picture, 16, 15, 14.5, 13.5, "#8d5a48")
    c.box(picture, 2, 15, 29, 13, "#8d5a48")
    c.disc(picture, 16, 13, 13, 11, "#ab7259")
    c.box(picture, 3, 15, 26, 5, "#ab7259")
    for x, y in ((6, 10), (12, 5), (21, 7), (25, 14), (8, 17), (16, 11)):
        c.box(picture, x, y, 4, 1, "#8d5a48")
    c.disc(picture, 16, 24, 7, 6, c.INK)
    c.disc(picture, 16, 25.5, 5, 3.6, c.FIRE)
    c.disc(picture, 16, 26, 2.8, 2.2, c.FIRE_LIGHT)
    c.box(picture, 7, 28, 18, 2, c.STONE_LIGHT)
    return picture


def _furnace() -> c.Picture:
    """The smith's hearth, two tiles wide and one high."""
    picture = c.blank(32, 16)
    c.box(picture, 0, 0, 32, 15, c.SLATE)
    c.box(picture, 0, 0, 32, 3, c.SLATE_LIGHT)
    c.box(picture, 4, 4, 24, 8, c.INK)
    c.disc(picture, 12, 8, 6, 3, c.FIRE)
    c.disc(picture, 20, 8.5, 6, 2.6, c.FIRE)
    c.disc(picture, 15, 8, 5, 1.8, c.FIRE_LIGHT)
    c.box(picture, 0, 13, 32, 2, c.SLATE_DARK)
    return picture


def _anvil() -> c.Picture:
    picture = c.blank()
    c.shade(picture, 3, 11, 11, 4)
    c.box(picture, 5, 9, 7, 5, c.OAK)
    c.box(picture, 2, 4, 12, 3, c.SLATE_LIGHT)
    c.box(picture, 3, 7, 9, 2, c.SLATE)
    c.box(picture, 2, 4, 12, 1, c.STONE_LIGHT)
    return picture


def _barrel() -> c.Picture:
    picture = c.blank()
    c.shade(picture, 3, 10, 11, 5)
    c.box(picture, 3, 4, 10, 10, c.WOOD)
    c.box(picture, 11, 4, 2, 10, c.WOOD_DARK)
    c.box(picture, 3, 7, 10, 1, c.SLATE)
    c.box(picture, 3, 11, 10, 1, c.SLATE)
    c.disc(picture, 8, 4, 5, 2.4, c.WOOD_DARK)
    c.disc(picture, 8, 3.8, 4, 1.7, c.WOOD_LIGHT)
    return picture


def _crate() -> c.Picture:
    picture = c.blank()
    c.shade(picture, 2, 10, 13, 5)
    c.frame(picture, 2, 2, 12, 12, c.WOOD, c.WOOD_DARK)
    c.box(picture, 3, 3, 10, 4, c.WOOD_LIGHT)
    c.box(picture, 2, 7, 12, 1, c.WOOD_DARK)
    return picture


def _sacks() -> c.Picture:
    picture = c.blank()
    c.shade(picture, 1, 10, 14, 5)
    for x, y in ((5, 9), (11, 10)):
        c.disc(picture, x, y, 4, 4.6, "#bfa878")
        c.disc(picture, x - 0.6, y - 0.6, 3, 3.4, "#d4c092")
        c.box(picture, x - 1, y - 5, 3, 2, "#a08a5c")
    return picture


def _shelf(wares: tuple[str, ...]) -> c.Picture:
    picture = c.blank()
    c.box(picture, 1, 0, 14, 15, c.OAK_DARK)
    for row, y in enumerate((1, 8)):
        c.box(picture, 2, y, 12, 6, c.OAK)
        for column in range(4):
            tone = wares[(row * 3 + column) % len(wares)]
            tall = 3 + c.noise(row, column, 4) % 3
            c.box(picture, 3 + column * 3, y + 6 - tall, 2, tall, tone)
    return picture


def _cauldron() -> c.Picture:
    picture = c.blank()
    c.disc(picture, 8, 13, 6, 2, c.FIRE)
    c.disc(picture, 8, 9, 6, 5, c.SLATE_DARK)
    c.disc(picture, 8, 6, 5.5, 2.4, c.SLATE)
    c.disc(picture, 8, 6, 4.4, 1.6, c.LEAF_LIGHT)
    return picture


def _altar() -> c.Picture:
    """Two tiles wide and one high."""
    picture = c.blank(32, 16)
    c.shade(picture, 2, 9, 29, 6)
    c.box(picture, 2, 3, 28, 11, c.STONE_DARK)
    c.box(picture, 2, 2, 28, 6, c.WHITE)
    c.box(picture, 11, 2, 10, 11, c.GOLD)
    c.box(picture, 12, 2, 8, 10, c.RED)
    c.box(picture, 15, 3, 2, 6, c.GOLD)
    c.box(picture, 13, 5, 6, 2, c.GOLD)
    for x in (5, 26):
        c.box(picture, x, 0, 2, 5, c.CREAM)
        c.dots(picture, f"{x},0 {x + 1},0", c.FIRE)
    return picture


def _pew() -> c.Picture:
    picture = c.blank()
    c.box(picture, 0, 5, 16, 5, c.WOOD)
    c.box(picture, 0, 5, 16, 1, c.WOOD_LIGHT)
    c.box(picture, 0, 10, 16, 3, c.OAK)
    c.box(picture, 0, 10, 16, 1, c.WOOD_DARK)
    return picture


def _rug(fill: str, rim: str) -> c.Picture:
    """Two tiles by two, to walk on."""
    picture = c.blank(32, 32)
    c.frame(picture, 2, 3, 28, 26, fill, rim)
    c.frame(picture, 4, 5, 24, 22, fill, c.CREAM)
    c.frame(picture, 10, 10, 12, 12, rim, c.CREAM)
    return picture


def _rack() -> c.Picture:
    picture = c.blank()
    c.box(picture, 1, 5, 14, 2, c.OAK)
    c.box(picture, 1, 11, 14, 2, c.OAK_DARK)
    for x, tone in ((3, c.STONE_LIGHT), (7, c.WOOD), (11, c.STONE_LIGHT)):
        c.box(picture, x, 1, 2, 13, tone)
        c.box(picture, x, 1, 2, 2, c.WHITE)
    return picture


def _millstone() -> c.Picture:
    """Two tiles by two."""
    picture = c.blank(32, 32)
    c.disc(picture, 16, 19, 14.5, 11.5, c.WOOD_DARK)
    c.disc(picture, 16, 17, 14, 11, c.WOOD)
    c.disc(picture, 16, 15, 11.5, 9, c.STONE_DARK)
    c.disc(picture, 16, 14, 11, 8.4, c.STONE_LIGHT)
    for x, y in ((8, 13), (12, 8), (19, 8), (23, 13), (20, 19), (11, 19)):
        c.box(picture, x, y, 3, 1, c.STONE)
    c.disc(picture, 16, 14, 2.6, 2.2, c.OAK_DARK)
    return picture


def furniture() -> Iterator[tuple[str, c.Picture]]:
    """Everything that stands in a room."""
    yield "bed_red", _bed(c.RED, c.RED_DARK)
    yield "bed_blue", _bed(c.BLUE, c.BLUE_DARK)
    yield "bed_green", _bed(c.LEAF, c.LEAF_DARK)
    yield "table", _table(True, True)
    yield "table_set", _set_table()
    yield "table_west", _table(True, False)
    yield "table_middle", _table(False, False)
    yield "table_east", _table(False, True)
    yield "stool", _stool()
    yield "hearth", _hearth()
    yield "oven", _oven()
    yield "furnace", _furnace()
    yield "anvil", _anvil()
    yield "barrel", _barrel()
    yield "crate", _crate()
    yield "sacks", _sacks()
    yield "shelf_bread", _shelf(("#d69e57", "#c28645", "#e0b372"))
    yield "shelf_books", _shelf((c.RED, c.BLUE, c.LEAF, c.GOLD))
    yield "shelf_jars", _shelf((c.PURPLE, c.LEAF_LIGHT, c.WATER, c.CREAM))
    yield "cauldron", _cauldron()
    yield "altar", _altar()
    yield "pew", _pew()
    yield "rug_red", _rug(c.RED, c.RED_DARK)
    yield "rug_blue", _rug(c.BLUE, c.BLUE_DARK)
    yield "rack", _rack()
    yield "millstone", _millstone()
