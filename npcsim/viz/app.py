"""The window itself: one loop of input, playing and drawing. `window.show` opens it."""

from __future__ import annotations

import pygame

from npcsim.viz.draw.frame import Frame
from npcsim.viz.feed import Feed
from npcsim.viz.player import Player

FRAMES = 60  # a second
DRAG = 5  # screen pixels that a press may wander and still be a click
SMALLEST = (320, 200)
KEYS_LINE = "Space pause   + - speed   > step   Tab next   F follow   F1 help"


class App:
    """A window on a feed. `run` goes on until it is closed."""

    def __init__(self, feed: Feed, title: str, speed: float, size: tuple[int, int]) -> None:
        pygame.display.set_caption(title)
        self.surface = pygame.display.set_mode(size, pygame.RESIZABLE)
        pygame.key.set_repeat(300, 80)
        self.player = Player(feed, speed)
        self.frame = Frame()
        self.open = True
        self._follow = False
        self._pressed: tuple[int, int] | None = None
        self._dragging = False

    def run(self) -> None:
        """Draw and answer until closed."""
        clock = pygame.time.Clock()
        while self.open:
            seconds = min(clock.tick(FRAMES), 250) / 1000.0
            for event in pygame.event.get():
                self.handle(event)
            self.player.advance(seconds)
            self.draw()
            pygame.display.flip()

    def draw(self) -> None:
        """One frame of what the player is at."""
        surface = self.surface
        self.frame.bar_left = self._bar_text()
        self.frame.bar_right = KEYS_LINE
        self.frame.notice = self.player.notice
        self.frame.heard = self.player.heard
        player = self.player
        if self._follow and self.frame.selected is not None and self.frame.stage is not None:
            self.frame.stage.look_at(player.scene, self.frame.selected, player.fraction)
        self.frame.draw(surface, player.scene, player.fraction)

    def handle(self, event: pygame.event.Event) -> None:
        """One thing the user did."""
        if event.type == pygame.QUIT:
            self.open = False
        elif event.type == pygame.VIDEORESIZE:
            self._resized()
        elif event.type == pygame.KEYDOWN:
            self._key(event)
        elif event.type == pygame.MOUSEWHEEL:
            self._wheel(event.y)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button in (1, 2, 3):
            self._pressed, self._dragging = event.pos, False
        elif event.type == pygame.MOUSEMOTION:
            self._mouse_moved(event)
        elif event.type == pygame.MOUSEBUTTONUP and event.button in (1, 2, 3):
            if self._pressed is not None and not self._dragging and event.button == 1:
                self._click(event.pos)
            self._pressed, self._dragging = None, False

    def _resized(self) -> None:
        wide, tall = self.surface.get_size()
        if wide < SMALLEST[0] or tall < SMALLEST[1]:
            size = (max(wide, SMALLEST[0]), max(tall, SMALLEST[1]))
            self.surface = pygame.display.set_mode(size, pygame.RESIZABLE)
        else:
            self.surface = pygame.display.get_surface()

    def _key(self, event: pygame.event.Event) -> None:
        key = event.key
        if key == pygame.K_ESCAPE:
            if self.frame.help or self.frame.selected is not None:
                self.frame.help, self._follow = False, False
                self._choose(None)
            else:
                self.open = False
        elif key == pygame.K_SPACE:
            self.player.paused = not self.player.paused
        elif key in (pygame.K_PLUS, pygame.K_EQUALS, pygame.K_KP_PLUS):
            self.player.faster(1)
        elif key in (pygame.K_MINUS, pygame.K_KP_MINUS):
            self.player.faster(-1)
        elif key == pygame.K_RIGHT:
            self.player.step()
        elif key == pygame.K_TAB:
            self._next(-1 if event.mod & pygame.KMOD_SHIFT else 1)
        elif key == pygame.K_f:
            self._follow = not self._follow and self.frame.selected is not None
        elif key == pygame.K_HOME and self.frame.stage is not None:
            self._follow = False
            self.frame.stage.look_at_all(self.frame.view)
        elif key == pygame.K_F1:
            self.frame.help = not self.frame.help

    def _next(self, step: int) -> None:
        """Choose the next NPC, those with a mind first if there are any."""
        people = self.player.scene.people
        rows = [person.row for person in people if person.mind] or [p.row for p in people]
        if not rows:
            return
        at = rows.index(self.frame.selected) if self.frame.selected in rows else -min(step, 0) - 1
        self._choose(rows[(at + step) % len(rows)])
        stage, row = self.frame.stage, self.frame.selected
        if stage is not None and row is not None:
            stage.look_at(self.player.scene, row, self.player.fraction)

    def _choose(self, row: int | None) -> None:
        self.frame.selected, self.frame.scroll = row, 0

    def _wheel(self, steps: int) -> None:
        at = pygame.mouse.get_pos()
        if self.frame.panel.collidepoint(at):
            self.frame.scroll_by(-steps * 40)
        elif self.frame.stage is not None:
            self.frame.stage.camera.zoom_to(1 if steps > 0 else -1, at, self.frame.view)

    def _mouse_moved(self, event: pygame.event.Event) -> None:
        stage = self.frame.stage
        if stage is None:
            return
        if self._pressed is None:
            over = self.frame.view.collidepoint(event.pos)
            self.frame.hovered = stage.pick(event.pos) if over else None
            return
        away = abs(event.pos[0] - self._pressed[0]) + abs(event.pos[1] - self._pressed[1])
        if away > DRAG and self.frame.view.collidepoint(self._pressed):
            self._dragging, self._follow = True, False
        if self._dragging:
            stage.camera.x -= event.rel[0] / stage.camera.scale
            stage.camera.y -= event.rel[1] / stage.camera.scale
            stage.keep_inside()

    def _click(self, at: tuple[int, int]) -> None:
        if self.frame.stage is not None and self.frame.view.collidepoint(at):
            self._choose(self.frame.stage.pick(at))
            self._follow = self._follow and self.frame.selected is not None

    def _bar_text(self) -> str:
        player = self.player
        if not player.started:
            return "waiting for the run to begin"
        how = f"{player.speed:g} ticks/s"
        if player.paused:
            how = "paused"
        elif player.finished:
            how = "the end"
        return f"{player.scene.clock(player.head)}   {how}"
