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
    news: Key
    box: pygame.Rect
    art: pygame.Surface
    shown: bool = True
    waits: int = 0  # frames that it has had something new to show for


class Kept:
    """Pictures of panes of one surface, by name.

    A pane that is on the surface as it was costs nothing; one that something was drawn over
    (`cover`) is put back from its picture. Of those that only have news, one is drawn in a frame
    that is `hurried`, the one that has waited longest first: a tick is news to all of them.
    """

    def __init__(self, hurried: bool = False) -> None:
        self.hurried = hurried
        self._panes: dict[str, _Pane] = {}
        self._surface: tuple[pygame.Surface | None, tuple[int, int]] = (None, (0, 0))
        self._next: str | None = None  # whose turn it is; nobody's: whoever comes first
        self._drawn = False

    def begin(self, surface: pygame.Surface) -> None:
        """A new frame. Another surface has none of what was drawn on the last one."""
        now = (surface, surface.get_size())
        if self._surface[0] is not surface or self._surface[1] != now[1]:
            self._surface = now
            self.forget()
        longest = max((pane.waits for pane in self._panes.values()), default=0)
        waiting = (name for name, pane in self._panes.items() if longest and pane.waits == longest)
        self._next, self._drawn = next(waiting, None), False
        if self._next is not None:
            self._panes[self._next].waits = 0  # or one that is hidden now would wait for ever

    def forget(self) -> None:
        """Draw all panes anew."""
        self._panes.clear()

    def cover(self, box: pygame.Rect) -> None:
        """Something that is no pane was drawn in `box`."""
        for pane in self._panes.values():
            pane.shown = pane.shown and not pane.box.colliderect(box)

    def draw(
        self,
        name: str,
        box: pygame.Rect,
        key: Key,
        of: Key,
        draw: Callable[[], None],
        news: Key = (),
    ) -> bool:
        """Have the pane `name` in `box`; `draw` draws it, there and nowhere else.

        Its picture is good while `key` is equal and `of` are the very same things; other `news` may
        be some frames late. -> whether it was put there now, so that what belongs on top of it has
        to be drawn too
        """
        surface = self._surface[0]
        assert surface is not None
        pane = self._panes.get(name)
        if pane is None or pane.key != key or pane.box != box or not _same(pane.of, of):
            self._keep(surface, name, box, (key, of, news), draw)
            return True
        if pane.news != news:
            if not self.hurried or (not self._drawn and self._next in (None, name)):
                self._keep(surface, name, box, (key, of, news), draw)
                return True
            pane.waits += 1
        put = not pane.shown
        if put:
            surface.blit(pane.art, box)
            pane.shown = True
        return put

    def _keep(
        self,
        surface: pygame.Surface,
        name: str,
        box: pygame.Rect,
        what: tuple[Key, Key, Key],
        draw: Callable[[], None],
    ) -> None:
        """Draw a pane, and keep its picture where the last one was: new memory is dear."""
        draw()
        self._drawn = True
        seen = box.clip(surface.get_rect())
        pane = self._panes.get(name)
        if pane is not None and pane.art.get_size() == seen.size:
            art = pane.art
            art.blit(surface, (0, 0), seen)
        else:
            art = surface.subsurface(seen).copy()
        self._panes[name] = _Pane(*what, box.copy(), art)


def _same(some: Key, others: Key) -> bool:
    """Whether they are the very same things."""
    return len(some) == len(others) and all(a is b for a, b in zip(some, others, strict=True))
