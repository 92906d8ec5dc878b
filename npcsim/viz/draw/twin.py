"""The second of two runs side by side: its map at the right of the first one's, seen alike."""

from __future__ import annotations

import pygame

from npcsim.viz.draw.figures import Figures
from npcsim.viz.draw.ink import EDGE, NIGHT, ORANGE, SKY, Colour, Ink
from npcsim.viz.draw.stage import Stage
from npcsim.viz.scene import Scene

SIZE = 15


class Twin:
    """`looked_at`: whether the inspector tells of this run rather than of the first."""

    def __init__(self, ink: Ink, figures: Figures, names: tuple[str, str]) -> None:
        self._ink, self._figures = ink, figures
        self.names = names
        self.scene = Scene()
        self.fraction = 0.0
        self.looked_at = False
        self.stage: Stage | None = None
        self.view = pygame.Rect(0, 0, 1, 1)

    def there(self, first: Scene, row: int | None) -> int | None:
        """Where in this run somebody of the first is, by id or else by name; None: nowhere."""
        return _same_one(first, row, self.scene)

    def back(self, first: Scene, row: int | None) -> int | None:
        """Where in the first run somebody of this one is; None: nowhere."""
        return _same_one(self.scene, row, first)

    def share(self, view: pygame.Rect) -> pygame.Rect:
        """Take the right half of a view. -> what is left of it"""
        left = pygame.Rect(view.left, view.top, max(1, view.width // 2), view.height)
        self.view = pygame.Rect(left.right, view.top, max(1, view.width - left.width), view.height)
        return left

    def draw(
        self, surface: pygame.Surface, first: Stage | None, left: pygame.Rect, selected: int | None
    ) -> None:
        """Its map through the first one's camera, and which run is which; `selected` of its own."""
        started = self.scene.started
        if self.stage is None and started is not None:
            orders = first.orders if first is not None else {}
            self.stage = Stage(started, self._ink, self._figures, orders)
        if self.stage is None:
            surface.fill(NIGHT, self.view)
        else:
            if first is not None:
                self.stage.camera = first.camera
                self.stage.hurry(first.ground.hurried)
            self.stage.draw(surface, self.view, self.scene, self.fraction, selected)
        pygame.draw.line(surface, EDGE, self.view.topleft, self.view.bottomleft, 3)
        for name, view, colour, here in (
            (self.names[0], left, SKY, not self.looked_at),
            (self.names[1], self.view, ORANGE, self.looked_at),
        ):
            self._title(surface, name, view, colour, here)

    def _title(
        self, surface: pygame.Surface, name: str, view: pygame.Rect, colour: Colour, here: bool
    ) -> None:
        made = self._ink.text(self._ink.fit(name, SIZE, max(20, view.width - 40)), SIZE, colour)
        box = made.get_rect(topleft=(view.left + 14, view.top + 10)).inflate(14, 8)
        pygame.draw.rect(surface, NIGHT, box, border_radius=5)
        pygame.draw.rect(surface, colour, box, 2 if here else 1, border_radius=5)
        surface.blit(made, made.get_rect(center=box.center))


def _same_one(run: Scene, row: int | None, other: Scene) -> int | None:
    """Casts needn't be the same, nor in one order: somebody may have been added or left out."""
    if row is None or row >= len(run.people):
        return None
    person = run.people[row]
    found = other.by_id.get(person.id)
    if found is None:
        found = next((one for one in other.people if one.name == person.name), None)
    return None if found is None else found.row
