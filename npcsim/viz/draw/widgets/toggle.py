"""A switch that is on or off."""

from __future__ import annotations

import pygame

from npcsim.viz.draw.ink import BOARD, EDGE, NIGHT, SKY, SOFT, TEXT, Ink

SIZE = 16
WIDE = 36


class Toggle:
    """`on`, and whether it has the keyboard: Space turns it, so does a click."""

    def __init__(self, on: bool = False) -> None:
        self.on = on
        self.active = False
        self.box = pygame.Rect(0, 0, 0, 0)

    @property
    def text(self) -> str:
        return "true" if self.on else "false"

    def set(self, text: str) -> None:
        """`true` is on."""
        self.on = text == "true"

    def focus(self, on: bool = True) -> None:
        """Take the keyboard, or let go of it."""
        self.active = on

    def handle(self, event: pygame.event.Event) -> bool:
        """Whether it took the event."""
        keys = (pygame.K_SPACE, pygame.K_LEFT, pygame.K_RIGHT)
        if not self.active or event.type != pygame.KEYDOWN or event.key not in keys:
            return False
        self.on = not self.on if event.key == pygame.K_SPACE else event.key == pygame.K_RIGHT
        return True

    def click(self, at: tuple[int, int]) -> bool:
        """Whether it was clicked."""
        if not self.box.collidepoint(at):
            return False
        self.on = not self.on
        return True

    def draw(self, surface: pygame.Surface, box: pygame.Rect, ink: Ink) -> None:
        """A knob at the right and the word for on; at the left for off."""
        self.box = pygame.Rect(box.left, box.top, min(box.width, WIDE + 60), box.height)
        rail = pygame.Rect(box.left, 0, WIDE, 20)
        rail.centery = box.centery
        pygame.draw.rect(surface, SKY if self.on else BOARD, rail, border_radius=10)
        pygame.draw.rect(surface, TEXT if self.active else EDGE, rail, 1, border_radius=10)
        x = rail.right - 10 if self.on else rail.left + 10
        pygame.draw.circle(surface, NIGHT if self.on else SOFT, (x, rail.centery), 7)
        word = ink.text("yes" if self.on else "no", SIZE, TEXT if self.on else SOFT)
        surface.blit(word, word.get_rect(midleft=(rail.right + 8, rail.centery)))
