"""Names of places on the map, and of NPCs under their feet, so that none covers another."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from npcsim.events import PlaceMark
from npcsim.viz.draw.ground import Camera
from npcsim.viz.draw.icons import quick
from npcsim.viz.draw.ink import DARK, PAPER, TEXT, YELLOW, Ink
from npcsim.viz.people import Person

NAMES_AT_ONCE = 80
NAME = 15
WIDEST = 150
FAR = 200  # screen pixels beyond the view where no board reaches in


class Signs:
    """Draws names of one frame. Those drawn first keep their place; others are left out."""

    def __init__(self, places: Sequence[PlaceMark], ink: Ink) -> None:
        self._ink = ink
        self._places = [
            (
                place,
                min((area[1] for area in place.areas), default=place.y - 1.6),
                max((area[3] for area in place.areas), default=place.y + 1.6),
            )
            for place in places
        ]
        self._scale = 0.0
        self._hung: list[tuple[pygame.Surface, int, int, int]] = []
        self._at: object = None  # the view and the camera that the boards were hung for last
        self._seen: list[tuple[pygame.Surface, pygame.Rect]] = []
        self._boards: dict[tuple[str, int], pygame.Surface] = {}
        self._made: dict[tuple[int, bool], pygame.Surface] = {}
        self._taken: list[pygame.Rect] = []
        self.boxes: list[pygame.Rect] = []
        """What names of NPCs cover, once they are drawn."""

    def draw_places(self, surface: pygame.Surface, view: pygame.Rect, camera: Camera) -> None:
        """Names of places, at the upper edge of each."""
        left, top = camera.corner(view)
        if self._scale != camera.scale:
            self._scale = camera.scale
            self._hung = [
                (
                    self._board(place.name, 17 if camera.scale >= 24 else 15),
                    round(place.x * camera.scale),
                    round(high * camera.scale) - 2,
                    round((low - high) * camera.scale),
                )
                for place, high, low in self._places
            ]
        at = (tuple(view), left, top, camera.scale)
        if at != self._at:
            self._at, self._seen = at, self._in_view(view, left, top)
        surface.blits(self._seen, False)
        self.boxes, self._taken = [], [box for _, box in self._seen]

    def _in_view(
        self, view: pygame.Rect, left: int, top: int
    ) -> list[tuple[pygame.Surface, pygame.Rect]]:
        """The boards that are to be seen, none over another, with the corner of the map there."""
        out: list[tuple[pygame.Surface, pygame.Rect]] = []
        for board, across, down, tall in self._hung:
            x, y = left + across, top + down
            if not (view.left - FAR < x < view.right + FAR and y + tall > view.top):
                continue
            box = board.get_rect(midbottom=(x, y))
            if view.left < x < view.right and box.top < view.top < y + tall - 28:
                box.top = view.top + 4  # the place's upper edge is out of sight, the place is not
            if box.colliderect(view) and box.collidelist([other for _, other in out]) < 0:
                out.append((board, box))
        return out

    def draw_name(
        self, surface: pygame.Surface, person: Person, at: tuple[int, int], chosen: bool
    ) -> None:
        """An NPC's name under its feet. The chosen one's is always drawn."""
        made = self._name(person, chosen)
        box = made.get_rect(midtop=at)
        free = box.collidelist(self._taken) < 0 and len(self.boxes) < NAMES_AT_ONCE
        if chosen or free:
            surface.blit(made, box)
            self._taken.append(box)
            self.boxes.append(box)

    def _name(self, person: Person, chosen: bool) -> pygame.Surface:
        key = (person.row, chosen)
        if key not in self._made:
            words = self._ink.fit(person.name, NAME, WIDEST)
            self._made[key] = self._ink.text(words, NAME, YELLOW if chosen else TEXT, DARK)
        return self._made[key]

    def _board(self, name: str, size: int) -> pygame.Surface:
        key = (name, size)
        if key not in self._boards:
            words = self._ink.text(name[:1].upper() + name[1:], size, PAPER)
            board = pygame.Surface(words.get_rect().inflate(12, 4).size, pygame.SRCALPHA)
            pygame.draw.rect(board, (24, 22, 30, 170), board.get_rect(), border_radius=5)
            board.blit(words, words.get_rect(center=board.get_rect().center))
            self._boards[key] = quick(board)
        return self._boards[key]
