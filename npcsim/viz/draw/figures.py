"""NPCs as small pixel figures, drawn from letters: own art, no files."""

from __future__ import annotations

import zlib

import pygame

from npcsim.viz.draw.icons import paint, quick
from npcsim.viz.draw.ink import CAST, Colour, mix
from npcsim.viz.scene import DOWN, LEFT, RIGHT, UP

# o outline, h hair, s skin, e eye, c clothes, d dark clothes, l legs, b boots
_FRONT = (
    "...oooooo...",
    "..ohhhhhho..",
    ".ohhhhhhhho.",
    ".ohhsssshho.",
    ".ohssssssho.",
    ".oosessesoo.",
    "..osssssso..",
    "...oossoo...",
    "..occcccco..",
    ".occcccccco.",
    ".osccccccso.",
    ".oocddddcoo.",
)
_BACK = (
    "...oooooo...",
    "..ohhhhhho..",
    ".ohhhhhhhho.",
    ".ohhhhhhhho.",
    ".ohhhhhhhho.",
    ".oohhhhhhoo.",
    "..ohhhhhho..",
    "...oossoo...",
    "..occcccco..",
    ".occcccccco.",
    ".osccccccso.",
    ".oocddddcoo.",
)
_SIDE = (
    "...oooooo...",
    "..ohhhhhho..",
    ".ohhhhhhhho.",
    ".ohhhhhssso.",
    ".ohhhhsseso.",
    ".oohhsssso..",
    "..oohsssso..",
    "...oosso....",
    "..occccco...",
    "..occcccco..",
    "..occsccco..",
    "..oocdddoo..",
)
_LEGS = (
    ("..olloollo..", "..olloollo..", "..obboobbo..", "...oo..oo..."),
    ("..olloollo..", "..obboollo..", "...oo.obbo..", ".......oo..."),
    ("..olloollo..", "..olloobbo..", "..obbo.oo...", "...oo......."),
)
_SIDE_LEGS = (
    ("...olllo....", "...olllo....", "...obbbo....", "....ooo....."),
    ("..ollollo...", ".ollooollo..", ".obbo.obbo..", "..oo...oo..."),
    ("...olllo....", "...ollbo....", "...obboo....", "....oo......"),
)
# Headgear: what an archetype wears, so that shape tells it too. Rows over the head; space keeps.
_HATS: tuple[tuple[str, ...], ...] = (
    (),
    (
        "...oooooo   ",
        "..okkkkkko  ",
        ".okkkkkkkko ",
        ".ojjjjjjjjo ",
    ),
    (
        "...okkkko...",
        "..okkkkkko..",
        ".ojjjjjjjjo.",
        "okkkkkkkkkko",
        "oooooooooooo",
    ),
    (
        "..oooooooo..",
        ".okkkkkkkko.",
        "okkkkkkkkkko",
        "okko    okko",
        "oko      oko",
        "oko      oko",
        ".oo      oo.",
    ),
    (
        "....ojjo....",
        "..oookkooo..",
        ".okkkkkkkko.",
        ".okjjjjjjko.",
        ".ok      ko.",
    ),
    (
        "            ",
        "            ",
        ".okkkkkkkko ",
        ".oo    ookko",
        "         oko",
    ),
)
_HAIR: tuple[Colour, ...] = (
    (62, 42, 34),
    (120, 74, 38),
    (196, 148, 72),
    (34, 32, 40),
    (150, 66, 40),
    (176, 172, 168),
)
_SKIN: tuple[Colour, ...] = ((248, 212, 176), (226, 176, 132), (178, 122, 84), (122, 80, 56))
_OUTLINE: Colour = (34, 27, 38)


STRIDE = (0, 1, 0, 2)
RIMMED = 8  # screen pixels of a shape from which it has a rim
LIES = 4
"""Where somebody faces who stands no more."""
Pose = tuple[tuple[int, int], int, int, int, bool]
"""Looks, the archetype's number, where it faces or `LIES`, size, whether just struck."""
Strides = tuple[pygame.Surface, pygame.Surface, pygame.Surface, pygame.Surface]
CANVAS = (16, 17)
"""What a figure is drawn on, in its own pixels; its feet are at (8, 15)."""


def archetype_colour(order: int) -> Colour:
    """The colour of the archetype that came `order`-th in the cast."""
    return CAST[order % len(CAST)]


def looks_of(who: str) -> tuple[int, int]:
    """Which hair and which skin somebody has: always the same for one id."""
    salt = zlib.crc32(who.encode())
    return salt % len(_HAIR), salt // 7 % len(_SKIN)


class Figures:
    """Ready-made pictures of figures, by look, facing, step and size."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], pygame.Surface] = {}
        self._strides: dict[Pose, Strides] = {}

    def figure(self, who: str, order: int, facing: int, step: int, size: int) -> pygame.Surface:
        """A figure 12*size wide and 16*size high. `step` is 0 (stands) to 3 of its stride."""
        looks = (*looks_of(who), order, facing, step, size)
        if looks not in self._made:
            self._made[looks] = self._draw(*looks)
        return self._made[looks]

    def stride(self, pose: Pose, make: bool = True) -> Strides | None:
        """The four pictures of a stride, on canvases of `CANVAS` (times size); the same four of
        who lies. None where it is not ready, and `make` is off."""
        if pose not in self._strides and make:
            looks, order, facing, size, struck = pose
            if facing == LIES:
                self._strides[pose] = (self._lying(looks, order, size),) * 4
            else:
                made = [self._standing(looks, order, facing, at, size, struck) for at in range(3)]
                self._strides[pose] = (made[0], made[1], made[0], made[2])
        return self._strides.get(pose)

    def _standing(
        self, looks: tuple[int, int], order: int, facing: int, leg: int, size: int, struck: bool
    ) -> pygame.Surface:
        """A figure on its shadow; glowing when `struck`."""
        made = pygame.Surface((CANVAS[0] * size, CANVAS[1] * size), pygame.SRCALPHA)
        pygame.draw.ellipse(made, (0, 0, 0, 80), (3 * size, 13 * size, 10 * size, 4 * size))
        figure = self._draw(*looks, order, facing, STRIDE.index(leg), size)
        if struck:
            figure.fill((120, 90, 80), special_flags=pygame.BLEND_RGB_ADD)
        made.blit(figure, (2 * size, 0))
        return quick(made)

    def _lying(self, looks: tuple[int, int], order: int, size: int) -> pygame.Surface:
        """A figure that lies on its side, greyed."""
        made = pygame.Surface((CANVAS[0] * size, CANVAS[1] * size), pygame.SRCALPHA)
        pygame.draw.ellipse(made, (0, 0, 0, 80), (0, 12 * size, 16 * size, 5 * size))
        flat = pygame.transform.rotate(self._draw(*looks, order, DOWN, 0, size), 90)
        made.blit(pygame.transform.grayscale(flat), (0, 5 * size))
        return quick(made)

    def dot(self, order: int, size: int) -> pygame.Surface:
        """A figure seen from afar: one of four shapes in the archetype's colour."""
        key = ("dot", order, size)
        if key not in self._made:
            self._made[key] = quick(_dot(archetype_colour(order), order % 4, size))
        return self._made[key]

    def _draw(
        self, hair: int, skin: int, order: int, facing: int, step: int, size: int
    ) -> pygame.Surface:
        stride = STRIDE[step % 4]
        sideways = facing in (LEFT, RIGHT)
        body = _SIDE if sideways else _BACK if facing == UP else _FRONT
        legs = (_SIDE_LEGS if sideways else _LEGS)[stride]
        clothes = archetype_colour(order)
        hat = mix(clothes, (255, 255, 255), 0.25)
        colours = {
            "o": _OUTLINE,
            "h": _HAIR[hair],
            "s": _SKIN[skin],
            "e": (30, 26, 36),
            "c": clothes,
            "d": mix(clothes, (0, 0, 0), 0.35),
            "l": mix(clothes, (40, 36, 52), 0.72),
            "b": (70, 50, 40),
            "k": hat,
            "j": mix(hat, (0, 0, 0), 0.4),
        }
        art = paint((*body, *legs), colours, 12)
        art.blit(paint(_HATS[order % len(_HATS)], colours, 12), (0, -1 if order % 6 > 1 else 0))
        if facing == LEFT:
            art = pygame.transform.flip(art, True, False)
        return pygame.transform.scale_by(art, size)


def _dot(colour: Colour, shape: int, size: int) -> pygame.Surface:
    """A shape; one that is large enough has a rim, or those of a crowd would run together."""
    made = pygame.Surface((size, size), pygame.SRCALPHA)
    if size < RIMMED:
        _shape(made, colour, shape, made.get_rect())
        return made
    _shape(made, _OUTLINE, shape, made.get_rect())
    # The slanted sides of a triangle and a diamond need more room for a rim of the same width.
    _shape(made, colour, shape, made.get_rect().inflate(*((-2, -2) if shape < 2 else (-4, -4))))
    return made


def _shape(made: pygame.Surface, colour: Colour, shape: int, box: pygame.Rect) -> None:
    left, top, right, low = box.left, box.top, box.right - 1, box.bottom - 1
    x, y = (left + right) // 2, (top + low) // 2
    if shape == 0:
        pygame.draw.ellipse(made, colour, box)
    elif shape == 1:
        made.fill(colour, box)
    elif shape == 2:
        pygame.draw.polygon(made, colour, [(x, top), (right, low), (left, low)])
    else:
        pygame.draw.polygon(made, colour, [(x, top), (right, y), (x, low), (left, y)])
