"""One whole picture: the world at the left, the panel at the right, the bar below."""

from __future__ import annotations

import pygame

from npcsim.viz.draw.figures import Figures
from npcsim.viz.draw.ink import NIGHT, SOFT, Ink
from npcsim.viz.draw.panels import SidePanel, draw_bar, draw_help
from npcsim.viz.draw.stage import Stage
from npcsim.viz.scene import Scene

PANEL = 340
BAR = 34
NARROW = 640  # windows narrower than this show the world alone


class Frame:
    """What is shown, besides the scene: what is chosen, what the camera sees, how far scrolled."""

    def __init__(self) -> None:
        self.ink = Ink()
        self.figures = Figures()
        self.stage: Stage | None = None
        self.selected: int | None = None
        self.hovered: int | None = None
        self.help = False
        self.scroll = 0
        self.bar_left = ""
        self.bar_right = ""
        self.view = pygame.Rect(0, 0, 1, 1)
        self.panel = pygame.Rect(0, 0, 0, 0)
        self._side = SidePanel(self.ink, self.figures)
        self._tall = 0

    def layout(self, size: tuple[int, int]) -> None:
        """Share a window's pixels among world, panel and bar."""
        wide, tall = size
        side = PANEL if wide >= NARROW else 0
        low = max(1, tall - BAR)
        self.view = pygame.Rect(0, 0, max(1, wide - side), low)
        self.panel = pygame.Rect(wide - side, 0, side, tall)

    def scroll_by(self, pixels: int) -> None:
        """Scroll the panel, as far as it has something to show."""
        self.scroll = min(max(self.scroll + pixels, 0), max(0, self._tall - self.panel.height))

    def prepare(self, scene: Scene) -> Stage | None:
        """The stage of the scene's run; made, with everything in view, when the run begins."""
        if self.stage is None and scene.started is not None:
            self.stage = Stage(scene.started, self.ink, self.figures)
            self.stage.look_at_all(self.view)
        return self.stage

    def draw(self, surface: pygame.Surface, scene: Scene, fraction: float) -> None:
        """Draw it all."""
        self.layout(surface.get_size())
        stage = self.prepare(scene)
        if stage is None:
            surface.fill(NIGHT)
            words = self.ink.text("Nothing to see yet", 22, SOFT)
            surface.blit(words, words.get_rect(center=self.view.center))
        else:
            stage.draw(surface, self.view, scene, fraction, self.selected, self.hovered)
        bar = pygame.Rect(0, self.view.bottom, self.view.width, BAR)
        draw_bar(surface, bar, self.ink, self.bar_left, self.bar_right, _passed(scene))
        if self.panel.width:
            orders = stage.orders if stage is not None else {}
            self._tall = self._side.draw(
                surface, self.panel, scene, orders, self.selected, self.scroll
            )
        if self.help:
            draw_help(surface, self.view, self.ink)


def _passed(scene: Scene) -> float:
    """How much of the run has passed, 0 to 1."""
    started = scene.started
    if started is None or started.end_tick <= started.tick:
        return 0.0
    return (scene.tick - started.tick) / (started.end_tick - started.tick)
