"""Panes that are drawn anew only when what they show has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pygame

Key = tuple[object, ...]


@dataclass(slots=True)
class _Pane:
    key: Key
    of: Key
    box: pygame.Rect
    art: pygame.Surface
    shown: bool = True


class Kept:
    """Pictures of panes of one surface, by name.

    A pane that is on the surface as it was costs nothing; one that something was drawn over
    (`cover`) is put back from its picture.
    """

    def __init__(self) -> None:
        self._panes: dict[str, _Pane] = {}
        self._surface: tuple[pygame.Surface | None, tuple[int, int]] = (None, (0, 0))

    def begin(self, surface: pygame.Surface) -> None:
        """A new frame. Another surface has none of what was drawn on the last one."""
        now = (surface, surface.get_size())
        if self._surface[0] is not surface or self._surface[1] != now[1]:
            self._surface = now
            self.forget()

    def forget(self) -> None:
        """Draw all panes anew."""
        self._panes.clear()

    def cover(self, box: pygame.Rect) -> None:
        """Something that is no pane was drawn in `box`."""
        for pane in self._panes.values():
            pane.shown = pane.shown and not pane.box.colliderect(box)

    def draw(
        self, name: str, box: pygame.Rect, key: Key, of: Key, draw: Callable[[], None]
    ) -> bool:
        """Have the pane `name` in `box`; `draw` draws it, there and nowhere else.

        Its picture is good while `key` is equal and `of` are the very same things. -> whether it
        was put there now, so that what belongs on top of it has to be drawn too
        """
        surface = self._surface[0]
        assert surface is not None
        pane = self._panes.get(name)
        same = pane is not None and pane.key == key and pane.box == box
        if pane is not None and same and all(a is b for a, b in zip(pane.of, of, strict=True)):
            put = not pane.shown
            if put:
                surface.blit(pane.art, box)
                pane.shown = True
            return put
        draw()
        seen = box.clip(surface.get_rect())
        art = surface.subsurface(seen).copy()
        self._panes[name] = _Pane(key, of, box.copy(), art)
        return True
