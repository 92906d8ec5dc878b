"""One whole picture: map and inspector, timeline, drawer and bar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import pygame

from npcsim.store.apart.difference import Difference
from npcsim.store.why.explanation import Explanation
from npcsim.viz.desk import Desk
from npcsim.viz.draw.bar import draw_asked, draw_bar, draw_notice, draw_tip
from npcsim.viz.draw.charts import Charts
from npcsim.viz.draw.figures import Figures
from npcsim.viz.draw.ink import NIGHT, SOFT, Ink
from npcsim.viz.draw.inspector.panel import Inspector
from npcsim.viz.draw.inspector.shown import Shown
from npcsim.viz.draw.kept import Kept, Key
from npcsim.viz.draw.logbook import Logbook
from npcsim.viz.draw.sheet import Sheet
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
FORM = 420  # pixels of map that a form is happy with


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
        self.first = Scene()  # of two runs side by side; the chosen one is a row of it
        self.selected: int | None = None
        self.hovered: int | None = None
        self.help = False
        self.paused = False
        self.bar_left = ""
        self.bar_right: tuple[str, ...] = ()  # the first that fits is shown
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
        self.sheet = Sheet(self.ink)
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
        self.touches = 0  # what the user did so far: after each, panes are drawn anew
        self.kept = Kept(hurried=not same_everywhere)

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
        on_top = reversed(self.cards)  # they are drawn in their order
        out = [self.sheet.page] if self.help else []
        out += [*(card.page for card in on_top if card.page.box.height), self.bar_page]
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
            self.stage.hurry(not self._still)
            self.stage.look_at_all(self.view)
        return self.stage

    def draw(self, surface: pygame.Surface, scene: Scene, fraction: float) -> None:
        """Draw it all."""
        self.layout(surface.get_size())
        self.first = scene
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
            twin.draw(surface, stage, self.view, twin.there(scene, self.selected))
        kept = self.kept
        self._draw_panes(surface, scene, scene.tick - 1 + fraction)
        if self.notice:
            draw_notice(surface, self.view, self.ink, self.notice)
        for card in self.cards:
            card.draw(surface, self.view, self.ink, self.beat)
            if card.page.box.height and not self.view.contains(card.page.box):
                kept.cover(card.page.box)
        if self.asking is not None:
            draw_asked(surface, self.view, self.ink, self.asking, self.asking_said, self.beat)
        if self.tip is not None:
            kept.cover(draw_tip(surface, self.ink, *self.tip))
        above = pygame.Rect(0, 0, self.bar.width, self.bar.top)  # map, drawer and timeline
        if self.form is not None:
            roomy = self.view.height >= FORM
            self.form.draw(surface, self.view if roomy else above, self.ink, self.beat)
        room = pygame.Rect(0, 0, surface.get_width(), self.bar.top)
        if self.help:
            self.sheet.draw(surface, above, room)
        if self.help or self.form is not None:
            kept.cover(room)  # they may reach beyond the map

    def _draw_panes(self, surface: pygame.Surface, scene: Scene, head: float) -> None:
        """All but the map. Panes are drawn anew after anything that was looked up or done by the
        user, and soon after anything that was folded, and twice a second whatever happens. What is
        drawn over one must be told to `kept.cover`."""
        kept, twin, desk = self.kept, self.twin, self.desk
        kept.begin(surface)
        shown = self.shown(twin.scene if twin is not None and twin.looked_at else scene)
        heard = sum(map(len, self.heard.values()))
        key: Key = (
            self.touches, self.selected, self.said, desk.tab, desk.drawer,
            *(at for page in self._scrolled() for at in (page.scroll, page.tall)),
        )  # fmt: skip
        news: Key = (self.beat, shown.scene.folded, heard)
        of: Key = (shown.scene, self.explanation, self.difference)
        if self.timeline.height:
            self._draw_strip(surface, scene, head, key, news)
        kept.draw(
            "bar", self.bar, (*key, self.bar_right, self.paused), (),
            lambda: draw_bar(
                surface, self.bar, self.ink, self.bar_page, self.bar_left, self.bar_right,
                self.paused, desk.drawer,
            ), (*news, self.bar_left),
        )  # fmt: skip
        if self.drawer.height and desk.drawer == "log":
            kept.draw("drawer", self.drawer, key, of, lambda: self.logbook.draw(
                surface, self.drawer, shown, self.beat
            ), news)  # fmt: skip
        elif self.drawer.height:
            self._draw_charts(surface, head, key, news)
        if self.panel.width:
            kept.draw("inspector", self.panel, key, of, lambda: self.inspector.draw(
                surface, self.panel, shown, self.beat
            ), news)  # fmt: skip

    def _scrolled(self) -> tuple[Page, Page]:
        """Pages whose place may change by their being drawn, which shows the next time."""
        return self.inspector.page, self.logbook.page

    def _draw_strip(
        self, surface: pygame.Surface, scene: Scene, head: float, key: Key, news: Key
    ) -> None:
        strip, index, end = self.strip, self.index, max(self.end, scene.tick)
        read = index.tick if index is not None else -1
        if strip.moves(head):
            self.kept.cover(self.timeline)
        if self.kept.draw(
            "timeline", self.timeline, (*key, strip.parting), (scene, index),
            lambda: strip.draw(surface, self.timeline, scene, end, index, self.desk.kind),
            (*news, end, read),
        ):  # fmt: skip
            strip.draw_head(surface, head, end)

    def _draw_charts(self, surface: pygame.Surface, head: float, key: Key, news: Key) -> None:
        charts, span = self.charts, self.strip.span
        if charts.moves(head):
            self.kept.cover(self.drawer)
        if self.kept.draw(
            "drawer", self.drawer, (*key, span), (self.plots,),
            lambda: charts.draw(surface, self.drawer, self.plots, span), news,
        ):  # fmt: skip
            charts.draw_head(surface, head)

    def row_in(self, scene: Scene) -> int | None:
        """The chosen NPC's row in the run that a scene is of; None: nobody, or not in that run."""
        twin = self.twin
        if twin is None or scene is not twin.scene:
            return self.selected
        return twin.there(self.first, self.selected)

    def shown(self, scene: Scene) -> Shown:
        """What panels draw from."""
        row = self.row_in(scene)
        person = scene.people[row] if row is not None and row < len(scene.people) else None
        twin = self.twin
        stage = twin.stage if twin is not None and scene is twin.scene else self.stage
        orders = stage.orders if stage is not None else {}
        return Shown(
            scene, person, self.desk, self.figures, orders, self.explanation, self.difference,
            self.twin is not None, self.said,
        )  # fmt: skip
