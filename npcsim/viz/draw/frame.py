"""One whole picture: the world at the left, the panel at the right, the bar below."""

from __future__ import annotations

from collections.abc import Mapping

import pygame

from npcsim.viz.draw.column import SMALL
from npcsim.viz.draw.figures import Figures
from npcsim.viz.draw.ink import EDGE, FAINT, NIGHT, ORANGE, SOFT, TEXT, VERMILION, YELLOW, Ink
from npcsim.viz.draw.panels import SidePanel
from npcsim.viz.draw.stage import Stage
from npcsim.viz.scene import Scene

PANEL = 340
BAR = 34
MOST_NOTICE = 12  # lines
NARROW = 640  # windows narrower than this show the world alone

HELP = (
    ("Space", "pause, go on"),
    ("+  -", "faster, slower"),
    ("Right arrow", "one tick on"),
    ("Drag, wheel", "move and zoom the map"),
    ("Click", "show an NPC; on nothing: the run"),
    ("Tab, Shift+Tab", "next NPC, NPC before"),
    ("F", "follow the chosen NPC"),
    ("Home", "the whole world"),
    ("Esc", "choose nothing; again: close"),
    ("F1", "this help"),
)


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
        self.notice = ""
        self.heard: Mapping[str, str] = {}
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
            stage.heard = self.heard
            stage.draw(surface, self.view, scene, fraction, self.selected, self.hovered)
        bar = pygame.Rect(0, self.view.bottom, self.view.width, BAR)
        draw_bar(surface, bar, self.ink, self.bar_left, self.bar_right, _passed(scene))
        if self.panel.width:
            orders = stage.orders if stage is not None else {}
            self._tall = self._side.draw(
                surface, self.panel, scene, orders, self.selected, self.scroll
            )
        if self.notice:
            draw_notice(surface, self.view, self.ink, self.notice)
        if self.help:
            draw_help(surface, self.view, self.ink)


def _passed(scene: Scene) -> float:
    """How much of the run has passed, 0 to 1."""
    started = scene.started
    if started is None or started.end_tick <= started.tick:
        return 0.0
    return (scene.tick - started.tick) / (started.end_tick - started.tick)


def draw_bar(
    surface: pygame.Surface, box: pygame.Rect, ink: Ink, left: str, right: str, done: float
) -> None:
    """The bar under the world: clock and speed, what keys do, how much of the run has passed."""
    surface.fill(NIGHT, box)
    made = ink.text(left, 20, TEXT)
    surface.blit(made, made.get_rect(midleft=(box.left + 12, box.centery + 1)))
    room = box.width - made.get_width() - 36
    note = ink.text(ink.fit(right, SMALL, max(0, room)), SMALL, FAINT)
    surface.blit(note, note.get_rect(midright=(box.right - 12, box.centery + 1)))
    pygame.draw.line(surface, EDGE, box.topleft, (box.right, box.top), 2)
    end = box.left + round(box.width * min(max(done, 0.0), 1.0))
    pygame.draw.line(surface, ORANGE, box.topleft, (end, box.top), 2)


def draw_notice(surface: pygame.Surface, view: pygame.Rect, ink: Ink, notice: str) -> None:
    """What has to be known at once, over the foot of the world, for as long as it is so."""
    room = max(1, view.width - 48)
    lines = [part for line in notice.splitlines() for part in ink.wrap(line, SMALL, room)]
    lines = lines[:MOST_NOTICE]
    step = ink.height(SMALL) + 3
    box = pygame.Rect(12, 0, max(1, view.width - 24), 16 + step * len(lines))
    box.bottom = view.bottom - 12
    pygame.draw.rect(surface, NIGHT, box, border_radius=6)
    pygame.draw.rect(surface, VERMILION, box, 2, border_radius=6)
    for number, line in enumerate(lines):
        surface.blit(ink.text(line, SMALL, TEXT), (box.left + 12, box.top + 9 + step * number))


def draw_help(surface: pygame.Surface, view: pygame.Rect, ink: Ink) -> None:
    """What every key does, over the world."""
    box = pygame.Rect(0, 0, min(430, view.width), 62 + 24 * len(HELP))
    box.center = view.center
    board = pygame.Surface(box.size, pygame.SRCALPHA)
    pygame.draw.rect(board, (*NIGHT, 235), board.get_rect(), border_radius=8)
    pygame.draw.rect(board, (*EDGE, 255), board.get_rect(), 1, border_radius=8)
    surface.blit(board, box)
    surface.blit(ink.text("Keys", 24, TEXT), (box.left + 22, box.top + 16))
    for number, (key, does) in enumerate(HELP):
        y = box.top + 50 + 24 * number
        surface.blit(ink.text(key, 17, YELLOW), (box.left + 22, y))
        surface.blit(ink.text(does, 17, TEXT), (box.left + 160, y))
