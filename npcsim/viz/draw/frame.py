"""One whole picture: map and inspector, timeline, drawer and bar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import pygame

from npcsim.store.apart.difference import Difference
from npcsim.store.why.explanation import Explanation
from npcsim.viz.desk import Desk
from npcsim.viz.draw.bar import draw_asked, draw_bar, draw_help, draw_notice, draw_tip
from npcsim.viz.draw.charts import Charts
from npcsim.viz.draw.figures import Figures
from npcsim.viz.draw.ink import NIGHT, SOFT, Ink
from npcsim.viz.draw.inspector.panel import Inspector
from npcsim.viz.draw.inspector.shown import Shown
from npcsim.viz.draw.logbook import Logbook
from npcsim.viz.draw.stage import Stage
from npcsim.viz.draw.timeline import Timeline
from npcsim.viz.draw.twin import Twin
from npcsim.viz.draw.widgets.field import Field
from npcsim.viz.draw.widgets.form import Form
from npcsim.viz.draw.widgets.page import Page
from npcsim.viz.panes import INSPECTOR, share
from npcsim.viz.scene import Scene
from npcsim.viz.time.index import Index
from npcsim.viz.time.series import Plot

PANEL = INSPECTOR


class Card(Protocol):
    """Something over the map that others draw: a tray, what a player is at. Not there: its page
    has no height."""

    page: Page

    def draw(self, surface: pygame.Surface, view: pygame.Rect, ink: Ink, beat: bool) -> None:
        """Draw it over the view of the map."""


class Frame:
    """What is shown, besides the scene: what is chosen and open, what the camera sees."""

    def __init__(self, same_everywhere: bool = False) -> None:
        self._still = same_everywhere  # a shot or a film may take its time
        self.ink = Ink(same_everywhere)
        self.figures = Figures()
        self.stage: Stage | None = None
        self.desk = Desk()
        self.selected: int | None = None
        self.hovered: int | None = None
        self.help = False
        self.paused = False
        self.bar_left = ""
        self.bar_right = ""
        self.notice = ""
        self.asking: Field | None = None
        self.asking_said = ""
        self.beat = True
        self.heard: Mapping[str, str] = {}
        self.side = INSPECTOR
        self.view = pygame.Rect(0, 0, 1, 1)
        self.panel = pygame.Rect(0, 0, 0, 0)
        self.drawer = pygame.Rect(0, 0, 0, 0)
        self.timeline = pygame.Rect(0, 0, 0, 0)
        self.bar = pygame.Rect(0, 0, 0, 0)
        self.inspector = Inspector(self.ink)
        self.logbook = Logbook(self.ink)
        self.bar_page = Page()
        self.strip = Timeline(self.ink)
        self.index: Index | None = None
        self.end = 0
        self.explanation: Explanation | None = None
        self.difference: Difference | None = None
        self.said = ""
        self.plots: list[Plot] = []
        self.charts = Charts(self.ink)
        self.twin: Twin | None = None
        self.tip: tuple[tuple[int, int], str] | None = None
        self.form: Form | None = None
        self.cards: list[Card] = []

    def layout(self, size: tuple[int, int]) -> None:
        """Share a window's pixels among the panes."""
        panes = share(size, bool(self.desk.drawer), self.side)
        self.view, self.panel = pygame.Rect(panes.view), pygame.Rect(panes.inspector)
        self.drawer, self.timeline = pygame.Rect(panes.drawer), pygame.Rect(panes.timeline)
        self.bar = pygame.Rect(panes.bar)
        if self.twin is not None:
            self.view = self.twin.share(self.view)

    def pages(self) -> list[Page]:
        """The pages that are on the screen, those on top first."""
        out = [*(card.page for card in self.cards if card.page.box.height), self.bar_page]
        if self.timeline.height:
            out.append(self.strip.page)
        if self.drawer.height and self.desk.drawer == "log":
            out += [self.logbook.page, self.logbook.top]
        if self.panel.width:
            out += [self.inspector.page, self.inspector.top]
        return out

    def prepare(self, scene: Scene) -> Stage | None:
        """The stage of the scene's run; made, with everything in view, when the run begins."""
        if self.stage is None and scene.started is not None:
            self.stage = Stage(scene.started, self.ink, self.figures)
            self.stage.ground.hurried = not self._still
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
        twin = self.twin
        if twin is not None:
            twin.draw(surface, stage, self.view, self.selected)
        shown = self.shown(twin.scene if twin is not None and twin.looked_at else scene)
        if self.timeline.height:
            head = scene.tick - 1 + fraction
            self.strip.draw(
                surface, self.timeline, scene, head, max(self.end, scene.tick), self.index,
                self.desk.kind,
            )  # fmt: skip
        draw_bar(
            surface, self.bar, self.ink, self.bar_page, self.bar_left, self.bar_right,
            self.paused, self.desk.drawer,
        )  # fmt: skip
        if self.drawer.height and self.desk.drawer == "log":
            self.logbook.draw(surface, self.drawer, shown, self.beat)
        elif self.drawer.height:
            head = scene.tick - 1 + fraction
            self.charts.draw(surface, self.drawer, self.plots, self.strip.span, head)
        if self.panel.width:
            self.inspector.draw(surface, self.panel, shown, self.beat)
        if self.notice:
            draw_notice(surface, self.view, self.ink, self.notice)
        for card in self.cards:
            card.draw(surface, self.view, self.ink, self.beat)
        if self.asking is not None:
            draw_asked(surface, self.view, self.ink, self.asking, self.asking_said, self.beat)
        if self.tip is not None:
            draw_tip(surface, self.ink, *self.tip)
        if self.form is not None:
            self.form.draw(surface, self.view, self.ink, self.beat)
        if self.help:
            draw_help(surface, self.view, self.ink)

    def shown(self, scene: Scene) -> Shown:
        """What panels draw from."""
        row = self.selected
        person = scene.people[row] if row is not None and row < len(scene.people) else None
        orders = self.stage.orders if self.stage is not None else {}
        return Shown(
            scene, person, self.desk, self.figures, orders, self.explanation, self.difference,
            self.twin is not None, self.said,
        )  # fmt: skip
