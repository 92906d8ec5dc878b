"""The hour of the day on the map: what its light leaves of colours, and fires in the dark."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pygame

from npcsim.events import SpotMark
from npcsim.viz.draw.ground import Camera
from npcsim.viz.draw.ink import Colour, mix

# What daylight leaves of each colour, by the hour; between them it is mixed.
_LIGHT: tuple[tuple[float, Colour], ...] = (
    (0.0, (112, 124, 190)),
    (4.5, (118, 128, 192)),
    (6.0, (226, 196, 190)),
    (7.5, (255, 243, 226)),
    (9.0, (255, 255, 255)),
    (17.0, (255, 255, 255)),
    (19.0, (255, 214, 172)),
    (20.5, (164, 142, 188)),
    (22.0, (118, 128, 192)),
    (24.0, (112, 124, 190)),
)
FULL: Colour = (255, 255, 255)
FIRE: Colour = (255, 214, 150)
BURNING = (
    "hearth", "oven", "furnace", "forge", "fire", "campfire", "bonfire", "lantern", "lamp", "torch",
    "candle", "brazier", "stove", "fireplace",
)  # fmt: skip
REACH = 4.5  # tiles that a fire lights
RINGS = 24  # steps from a fire to the dark


def daylight(hour: float) -> Colour:
    """The colour that the map is multiplied by at an hour of the day."""
    for (start, before), (end, after) in pairwise(_LIGHT):
        if hour <= end:
            return mix(before, after, (hour - start) / (end - start))
    return _LIGHT[0][1]


class Light:
    """Tints the map by the hour. Spots of a kind that burns light up what is round them."""

    def __init__(self, spots: Sequence[SpotMark]) -> None:
        self._fires = [(spot.x, spot.y) for spot in spots if spot.kind.lower() in BURNING]
        self._shade = pygame.Surface((1, 1))
        self._glow: tuple[object, pygame.Surface] = ((), self._shade)

    def draw(self, surface: pygame.Surface, view: pygame.Rect, camera: Camera, hour: float) -> None:
        """Lay the hour's light over what is drawn so far."""
        light = daylight(hour)
        if light == FULL:
            return
        # A blit of one colour: pygame multiplies it 25 times faster than it does a fill.
        if self._shade.get_size() != view.size:
            self._shade = pygame.Surface(view.size).convert()
        self._shade.fill(light)
        left, top = camera.corner(view)
        reach = round(REACH * camera.scale)
        for x, y in self._fires:
            box = pygame.Rect(0, 0, 2 * reach, 2 * reach)
            box.center = (left + round(x * camera.scale), top + round(y * camera.scale))
            if box.colliderect(view):
                at = (box.left - view.left, box.top - view.top)
                self._shade.blit(self._glowing(reach, light), at, None, pygame.BLEND_RGB_MAX)
        surface.blit(self._shade, view, special_flags=pygame.BLEND_RGB_MULT)

    def _glowing(self, reach: int, light: Colour) -> pygame.Surface:
        """A disc that goes from a fire's colour to the hour's."""
        if self._glow[0] != (reach, light):
            made = pygame.Surface((2 * reach, 2 * reach)).convert()
            made.fill((0, 0, 0))
            for ring in range(RINGS):
                share = ring / RINGS
                radius = max(1, round(reach * (1 - share)))
                colour = mix(light, FIRE, share * share * (3 - 2 * share))
                pygame.draw.circle(made, colour, (reach, reach), radius)
            self._glow = ((reach, light), made)
        return self._glow[1]
