"""The ground behind an unmoved camera, kept in one piece."""

from __future__ import annotations

import pygame

from npcsim.viz.draw.ground import Camera, Ground, Pieces


class Backdrop:
    """Draws a ground. Where the camera stands still, what is below the NPCs is a single blit.

    A picture is made only of what is seen a second time, so a moving camera costs no more than the
    ground's own drawing.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._key: object = None
        self._below: pygame.Surface | None = None
        self._above: Pieces | None = None

    def draw(self, surface: pygame.Surface, view: pygame.Rect, camera: Camera) -> None:
        """What lies under the NPCs."""
        key = (tuple(view), camera.corner(view), camera.scale)
        if self._below is not None and key == self._key:
            surface.blit(self._below, view)
            return
        self._ground.draw(surface, view, camera)
        self._below = self._above = None
        seen = view.clip(surface.get_rect())
        if key == self._key and self._ground.whole and seen.size == view.size:
            self._below = surface.subsurface(view).copy()
        self._key = key

    def draw_above(self, surface: pygame.Surface, view: pygame.Rect, camera: Camera) -> None:
        """What hangs over them."""
        pieces = self._above
        if pieces is None:
            pieces = self._ground.above(view, camera)
            if self._below is not None and self._ground.whole:
                self._above = pieces
        surface.blits(pieces, False)
