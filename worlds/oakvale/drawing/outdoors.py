"""What people have put up in the open: the well, stalls, the notice board, graves."""

from __future__ import annotations

from collections.abc import Iterator

from drawing import canvas as c


def _well() -> c.Picture:
    """Two tiles by two."""
    picture = c.blank(32, 32)
    c.disc(picture, 16, 24, 14, 6.5, c.INK, 60)
    c.disc(picture, 16, 22, 12.5, 8, c.STONE_DARK)
    c.disc(picture, 16, 20, 12.5, 8, c.STONE_LIGHT)
    c.disc(picture, 16, 20, 9, 5.2, c.SLATE_DARK)
    c.disc(picture, 16, 21, 8, 3.6, c.WATER_DARK)
    c.box(picture, 5, 6, 2, 16, c.OAK)
    c.box(picture, 25, 6, 2, 16, c.OAK)
    for row in range(7):
        c.box(picture, 6 - row // 1 + 3, 1 + row, 14 + 2 * row, 1, c.RED if row % 3 else c.RED_DARK)
    c.box(picture, 2, 8, 28, 2, c.RED_DARK)
    c.box(picture, 15, 10, 1, 8, c.CREAM)
    c.box(picture, 13, 16, 5, 4, c.WOOD_DARK)
    return picture


def _stall(stripe: str, shadow: str, wares: tuple[str, ...]) -> c.Picture:
    """A market stall, two tiles by two: the awning behind, the counter in front."""
    picture = c.blank(32, 32)
    c.shade(picture, 1, 27, 31, 4)
    c.box(picture, 2, 6, 2, 22, c.OAK)
    c.box(picture, 28, 6, 2, 22, c.OAK)
    c.box(picture, 1, 19, 30, 5, c.WOOD_LIGHT)
    c.box(picture, 1, 24, 30, 4, c.WOOD_DARK)
    for number, x in enumerate(range(3, 28, 5)):
        c.disc(picture, x + 2, 20.5, 2.2, 1.8, wares[number % len(wares)])
        c.disc(picture, x + 1.4, 20, 1, 0.8, c.CREAM)
    for number, x in enumerate(range(0, 32, 4)):
        tone, dark = (stripe, shadow) if number % 2 else (c.WHITE, "#d8ccb0")
        c.box(picture, x, 2, 4, 11, tone)
        c.box(picture, x, 11, 4, 2, dark)
        c.disc(picture, x + 2, 13, 2, 2, dark)
    c.box(picture, 0, 2, 32, 1, shadow)
    return picture


def _board() -> c.Picture:
    picture = c.blank()
    c.shade(picture, 2, 13, 13, 2)
    c.box(picture, 2, 3, 2, 12, c.OAK)
    c.box(picture, 12, 3, 2, 12, c.OAK)
    c.frame(picture, 1, 2, 14, 9, c.WOOD, c.OAK_DARK)
    c.box(picture, 3, 4, 4, 5, c.WHITE)
    c.box(picture, 9, 3, 3, 4, c.CREAM)
    c.box(picture, 0, 0, 16, 2, c.RED_DARK)
    return picture


def _grave(cross: bool) -> c.Picture:
    picture = c.blank()
    c.disc(picture, 8, 13, 5.5, 2, c.INK, 60)
    if cross:
        c.box(picture, 7, 2, 3, 12, c.STONE)
        c.box(picture, 4, 5, 9, 3, c.STONE)
        c.box(picture, 4, 5, 9, 1, c.STONE_LIGHT)
    else:
        c.disc(picture, 8, 6, 4, 4, c.STONE)
        c.box(picture, 4, 6, 8, 8, c.STONE)
        c.box(picture, 6, 6, 4, 1, c.STONE_DARK)
        c.box(picture, 6, 8, 4, 1, c.STONE_DARK)
        c.box(picture, 4, 5, 1, 8, c.STONE_LIGHT)
    return picture


def _wheel() -> c.Picture:
    """The mill's wheel in the river, one tile wide and three high."""
    picture = c.blank(16, 48)
    c.box(picture, 2, 1, 12, 46, c.OAK_DARK)
    for y in range(2, 46, 6):
        c.box(picture, 1, y, 14, 4, c.WOOD)
        c.box(picture, 1, y, 14, 1, c.WOOD_LIGHT)
        c.box(picture, 1, y + 3, 14, 1, c.WOOD_DARK)
    c.box(picture, 0, 22, 16, 4, c.SLATE)
    c.box(picture, 0, 22, 16, 1, c.SLATE_LIGHT)
    return picture


def _cart() -> c.Picture:
    """A hay cart, two tiles by two."""
    picture = c.blank(32, 32)
    c.shade(picture, 2, 24, 29, 5)
    c.box(picture, 4, 8, 24, 16, c.WOOD)
    c.box(picture, 4, 20, 24, 4, c.WOOD_DARK)
    c.disc(picture, 16, 12, 11.5, 8.5, c.GOLD_DARK)
    c.disc(picture, 16, 11, 10.5, 7, c.GOLD)
    for x, y in ((9, 9), (14, 6), (19, 11), (23, 9), (12, 13)):
        c.box(picture, x, y, 4, 1, c.GOLD_DARK)
    for x in (8, 24):
        c.disc(picture, x, 25, 4.5, 4.5, c.OAK_DARK)
        c.disc(picture, x, 25, 2.6, 2.6, c.WOOD_LIGHT)
        c.disc(picture, x, 25, 1, 1, c.OAK_DARK)
    return picture


def _lantern() -> c.Picture:
    picture = c.blank()
    c.disc(picture, 8, 14, 4, 1.6, c.INK, 60)
    c.box(picture, 7, 5, 2, 10, c.OAK_DARK)
    c.frame(picture, 5, 1, 6, 6, c.FIRE_LIGHT, c.SLATE_DARK)
    c.box(picture, 4, 0, 8, 1, c.SLATE_DARK)
    return picture


def _banner(x: int) -> c.Picture:
    """The village's banner: an oak leaf on blue."""
    picture = c.blank(16, 32)
    c.box(picture, x, 1, 2, 30, c.OAK)
    c.box(picture, x - 4, 3, 10, 16, c.BLUE)
    c.box(picture, x - 4, 3, 10, 2, c.GOLD)
    c.disc(picture, x + 1, 11, 3, 4, c.GOLD)
    c.box(picture, x - 4, 17, 10, 2, c.BLUE_DARK)
    c.box(picture, x, 17, 2, 2, c.OAK)
    return picture


def fittings() -> Iterator[tuple[str, c.Picture]]:
    """Everything that stands in the open and was made."""
    yield "well", _well()
    yield "stall_red", _stall(c.RED, c.RED_DARK, (c.RED, c.FIRE, c.LEAF))
    yield "stall_blue", _stall(c.BLUE, c.BLUE_DARK, (c.WATER, c.STONE_LIGHT))
    yield "stall_green", _stall(c.LEAF, c.LEAF_DARK, (c.LEAF_LIGHT, c.GOLD, c.FIRE))
    yield "stall_gold", _stall(c.GOLD, c.GOLD_DARK, ("#d69e57", "#c28645"))
    yield "board", _board()
    yield "grave_round", _grave(False)
    yield "grave_cross", _grave(True)
    yield "wheel", _wheel()
    yield "cart", _cart()
    yield "lantern", _lantern()
    yield "banner", _banner(7)
