"""Trees, plants, crops and stones."""

from __future__ import annotations

from collections.abc import Iterator

from drawing import canvas as c


def _oak(tones: tuple[str, str, str], seed: int) -> c.Picture:
    """A round tree, two tiles by two; it stands on its lower two."""
    dark, fill, light = tones
    picture = c.blank(32, 32)
    c.disc(picture, 16, 28, 11, 3.5, c.INK, 60)
    c.box(picture, 14, 21, 5, 8, c.OAK)
    c.box(picture, 14, 21, 2, 8, c.OAK_LIGHT)
    puffs = ((10, 15, 8), (22, 15, 8), (16, 9, 9), (16, 18, 9))
    for x, y, r in puffs:
        c.disc(picture, x, y + 1, r, r - 0.5, dark)
    for x, y, r in puffs:
        c.disc(picture, x - 0.5, y - 0.5, r - 1.5, r - 2, fill)
    for x, y, r in ((10, 11, 4), (18, 6, 4.5), (21, 13, 3)):
        c.disc(picture, x, y, r, r - 1.2, light)
    for spot in range(14):
        x, y = 5 + c.noise(spot, 1, seed) % 22, 5 + c.noise(spot, 2, seed) % 17
        if picture[y, x, 3] == 255:
            c.dots(picture, f"{x},{y} {x + 1},{y}", dark if spot % 3 else light)
    return picture


def _pine() -> c.Picture:
    """A pine, one tile wide and two high."""
    picture = c.blank(16, 32)
    c.disc(picture, 8, 29, 6.5, 2.5, c.INK, 60)
    c.box(picture, 7, 24, 3, 6, c.OAK)
    for top, height, half in ((13, 12, 7.5), (7, 11, 6.0), (1, 10, 4.5)):
        for row in range(height):
            reach = int(half * (row + 1) / height)
            y = top + row
            c.box(picture, 8 - reach, y, 2 * reach, 1, c.PINE)
            c.box(picture, 8 + reach // 3, y, reach - reach // 3, 1, c.PINE_DARK)
            c.box(picture, 8 - reach, y, max(reach // 3, 1), 1, c.PINE_LIGHT)
        c.box(picture, 8 - int(half) + 1, top + height - 1, 2 * int(half) - 2, 1, c.PINE_DARK)
    return picture


def _bush(berries: bool) -> c.Picture:
    picture = c.blank()
    c.disc(picture, 8, 13, 6.5, 2.2, c.INK, 60)
    c.disc(picture, 8, 9, 6.5, 5, c.LEAF_DARK)
    c.disc(picture, 7.5, 8, 5.5, 4, c.LEAF)
    c.disc(picture, 6, 6.5, 2.6, 1.8, c.LEAF_LIGHT)
    if berries:
        c.dots(picture, "5,9 6,9 10,8 11,8 8,11 9,11 9,6", c.RED)
    return picture


def _flowers(petal: str, heart: str) -> c.Picture:
    picture = c.blank()
    for x, y in ((3, 5), (10, 3), (6, 11), (12, 10)):
        c.dots(picture, f"{x},{y + 2} {x},{y + 3} {x + 1},{y + 3}", c.LEAF)
        c.dots(picture, f"{x - 1},{y} {x + 1},{y} {x},{y - 1} {x},{y + 1}", petal)
        c.dots(picture, f"{x},{y}", heart)
    return picture


def _wheat() -> c.Picture:
    picture = c.blank()
    for row, y in enumerate((3, 8, 13)):
        for x in range(1 + row % 2, 16, 3):
            c.box(picture, x, y - 2, 1, 5, c.GOLD_DARK)
            c.box(picture, x, y - 3, 1, 3, c.GOLD)
            c.box(picture, x + 1, y - 2, 1, 1, c.GOLD)
    return picture


def _cabbages() -> c.Picture:
    picture = c.blank()
    for y in (4, 12):
        for x in (4, 12):
            c.disc(picture, x, y + 0.6, 3.2, 2.8, c.LEAF_DARK)
            c.disc(picture, x, y, 2.8, 2.3, c.LEAF_LIGHT)
            c.disc(picture, x, y, 1.3, 1.1, "#b9cf8f")
    return picture


def _carrots() -> c.Picture:
    picture = c.blank()
    for y in (3, 8, 13):
        for x in (2, 7, 12):
            c.dots(picture, f"{x},{y - 1} {x + 2},{y - 1} {x + 1},{y - 2} {x + 1},{y - 1}", c.LEAF)
            c.dots(picture, f"{x + 1},{y} {x + 1},{y + 1}", c.FIRE)
    return picture


def _herbs() -> c.Picture:
    picture = c.blank()
    for x, y, bloom in (
        (3, 4, c.PURPLE),
        (11, 3, c.LEAF_LIGHT),
        (5, 11, c.WHITE),
        (12, 11, c.PURPLE),
    ):
        c.disc(picture, x, y + 1, 2.6, 2.2, c.LEAF)
        c.dots(picture, f"{x},{y} {x - 1},{y + 1} {x + 1},{y - 1}", bloom)
    return picture


def _scarecrow() -> c.Picture:
    picture = c.blank(16, 32)
    c.disc(picture, 8, 29, 4, 1.6, c.INK, 60)
    c.box(picture, 7, 12, 2, 17, c.OAK)
    c.box(picture, 1, 15, 14, 2, c.OAK)
    c.box(picture, 4, 14, 8, 8, c.BLUE)
    c.box(picture, 4, 20, 8, 2, c.BLUE_DARK)
    c.disc(picture, 8, 10, 3.5, 3.5, c.CREAM)
    c.box(picture, 3, 7, 10, 1, c.GOLD_DARK)
    c.box(picture, 5, 4, 6, 3, c.GOLD)
    c.dots(picture, "6,10 9,10", c.INK)
    return picture


def _stones() -> c.Picture:
    picture = c.blank()
    c.disc(picture, 8, 12, 6.5, 2.5, c.INK, 60)
    c.disc(picture, 7, 9, 5.5, 4.5, c.STONE_DARK)
    c.disc(picture, 6.5, 8, 4.6, 3.4, c.STONE)
    c.disc(picture, 5.5, 7, 2, 1.2, c.STONE_LIGHT)
    c.disc(picture, 13, 12, 2.2, 1.8, c.STONE)
    return picture


def _stump() -> c.Picture:
    picture = c.blank()
    c.disc(picture, 8, 12, 5.5, 2.5, c.INK, 60)
    c.box(picture, 4, 7, 8, 5, c.OAK)
    c.disc(picture, 8, 12, 4, 1.6, c.OAK)
    c.disc(picture, 8, 7, 4, 2.4, c.FLOOR_LIGHT)
    c.disc(picture, 8, 7, 2, 1.1, c.FLOOR_DARK)
    return picture


def _logs() -> c.Picture:
    picture = c.blank()
    c.disc(picture, 8, 13.5, 7, 2, c.INK, 60)
    for x, y in ((1, 8), (8, 8), (4, 4)):
        c.box(picture, x + 1, y, 6, 5, c.OAK)
        c.disc(picture, x + 3.5, y + 2.5, 2.6, 2.6, c.FLOOR)
        c.disc(picture, x + 3.5, y + 2.5, 1.2, 1.2, c.FLOOR_DARK)
    return picture


def _mushrooms() -> c.Picture:
    picture = c.blank()
    for x, y in ((4, 9), (10, 6), (11, 12)):
        c.box(picture, x, y, 2, 3, c.CREAM)
        c.disc(picture, x + 1, y, 2.6, 1.8, c.RED)
        c.dots(picture, f"{x},{y - 1} {x + 2},{y}", c.WHITE)
    return picture


def _reeds() -> c.Picture:
    picture = c.blank()
    for x, y in ((3, 6), (6, 3), (9, 7), (12, 4)):
        c.box(picture, x, y, 1, 12 - y // 2, c.LEAF_DARK)
        c.box(picture, x, y - 2, 1, 3, c.OAK_LIGHT)
        c.dots(picture, f"{x + 1},{y + 3} {x - 1},{y + 5}", c.LEAF)
    return picture


def plants() -> Iterator[tuple[str, c.Picture]]:
    """Everything that grows or lies in the open."""
    yield "oak", _oak((c.LEAF_DARK, c.LEAF, c.LEAF_LIGHT), 3)
    yield "birch", _oak(("#6d8a45", "#86a356", "#a3bb6f"), 9)
    yield "pine", _pine()
    yield "bush", _bush(False)
    yield "berries", _bush(True)
    yield "flowers_white", _flowers(c.WHITE, c.GOLD)
    yield "flowers_gold", _flowers(c.GOLD, c.FIRE)
    yield "flowers_red", _flowers(c.RED, c.FIRE_LIGHT)
    yield "wheat", _wheat()
    yield "cabbages", _cabbages()
    yield "carrots", _carrots()
    yield "herbs", _herbs()
    yield "scarecrow", _scarecrow()
    yield "stones", _stones()
    yield "stump", _stump()
    yield "logs", _logs()
    yield "mushrooms", _mushrooms()
    yield "reeds", _reeds()
    lily = c.blank()
    c.disc(lily, 6, 9, 4, 2.6, c.LEAF)
    c.disc(lily, 12, 5, 2.4, 1.7, c.LEAF_LIGHT)
    c.dots(lily, "6,8 5,9 7,9 6,9", c.WHITE)
    yield "lilies", lily
