"""The map of the window: ground, NPCs and what is over their heads, for one moment."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pygame
from numpy.typing import NDArray

from npcsim.events import RunStarted
from npcsim.viz.draw.backdrop import Backdrop
from npcsim.viz.draw.bubbles import AT_ONCE, Bubbles
from npcsim.viz.draw.cues import draw_cues
from npcsim.viz.draw.detail import SMALLEST_FIGURE, Detail, detail_for, token_size
from npcsim.viz.draw.figures import Figures
from npcsim.viz.draw.ground import ZOOMS, Camera, make_ground
from npcsim.viz.draw.guides import Guides
from npcsim.viz.draw.ink import DARK, YELLOW, Ink
from npcsim.viz.draw.light import Light
from npcsim.viz.draw.signs import NAMES_AT_ONCE, Signs
from npcsim.viz.draw.sprites import Sprites
from npcsim.viz.motion import Lines, Motion
from npcsim.viz.scene import Scene

CUE_SHARE = 0.35  # of the time that words are shown, a cue is
CROWD = 40  # more in view at 1x than this, and only those with a mind of their own have names
HEADS = 200  # heads that bubbles keep clear of
THOUGHTS = 60  # that are shown at once
Rows = NDArray[np.int64]


class Stage:
    """Draws the world of one run, and knows which NPC is where on the screen."""

    def __init__(
        self,
        started: RunStarted,
        ink: Ink,
        figures: Figures,
        orders: Mapping[str, int] | None = None,
    ) -> None:
        """`orders`: numbers that archetypes have elsewhere, to look the same here."""
        self.orders: dict[str, int] = dict(orders or {})
        for one in started.cast:
            self.orders.setdefault(one.archetype, len(self.orders))
        self._order = np.array([self.orders[one.archetype] for one in started.cast], dtype=np.int64)
        self._minds = np.array([one.mind for one in started.cast], dtype=np.bool_)
        self._started = started
        self.figures, self._ink = figures, ink
        self.ground = make_ground(started)
        self._backdrop = Backdrop(self.ground)
        self._sprites = Sprites(started, self._order, figures)
        self._signs = Signs(started.places, ink)
        self._light = Light(started.spots)
        self._bubbles = Bubbles(ink)
        self._motion = Motion(started.picture)
        self._guides = Guides(started, self._motion)
        self._view = pygame.Rect(0, 0, 1, 1)
        self._rows: Rows = np.zeros(0, dtype=np.int64)
        self._sx: Rows = np.zeros(0, dtype=np.int64)
        self._sy: Rows = np.zeros(0, dtype=np.int64)
        self._shown: tuple[object, ...] = ()  # what the sprites were last made to show
        self._busy: Rows = np.zeros(0, dtype=np.int64)  # those who think or speak
        self._at_work = np.zeros(len(started.cast), dtype=np.bool_)  # the same, by row
        self._steps: Rows = self._rows  # of the stride of each
        self.detail = Detail.WHOLE
        self._lines: tuple[tuple[object, ...], Rows, Lines] | None = None
        self.heard: Mapping[str, str] = {}
        self.camera = Camera(0.0, 0.0, 3, self.ground.tile)

    def hurry(self, on: bool) -> None:
        """Whether a frame must not be late for what is still to be made ready; a shot isn't."""
        self.ground.hurried = self._sprites.hurried = on

    def look_at_all(self, view: pygame.Rect) -> None:
        """Put the camera where all of the world, or as much as is legible, can be seen."""
        self._view = view
        x0, y0, x1, y1 = self.ground.bounds
        self.camera.x, self.camera.y = (x0 + x1) / 2, (y0 + y1) / 2
        wide, tall = (x1 - x0) * self.ground.tile, (y1 - y0) * self.ground.tile
        # A map that is a little too large for the view is better seen cut than at half its size.
        room = 1.25 if self._started.picture is not None else 1.0
        fits = [
            level
            for level, zoom in enumerate(ZOOMS)
            if wide * zoom <= view.width * room and tall * zoom <= view.height * room
        ]
        self.camera.level = min(fits[-1] if fits else 0, ZOOMS.index(3.0))

    def look_at(self, scene: Scene, row: int, fraction: float) -> None:
        """Put an NPC in the middle."""
        x, y = self._motion.places(scene, fraction, np.array([row], dtype=np.int64))
        self.camera.x, self.camera.y = float(x[0]), float(y[0])
        # A map that is larger than the view fills it: nobody looks beyond its edges.
        x0, y0, x1, y1 = self.ground.bounds
        wide, tall = (half / self.camera.scale / 2 for half in self._view.size)
        if self._started.picture is not None and x1 - x0 >= 2 * wide:
            self.camera.x = min(max(self.camera.x, x0 + wide), x1 - wide)
        if self._started.picture is not None and y1 - y0 >= 2 * tall:
            self.camera.y = min(max(self.camera.y, y0 + tall), y1 - tall)

    def keep_inside(self) -> None:
        """Don't let the camera lose the world."""
        x0, y0, x1, y1 = self.ground.bounds
        self.camera.x = min(max(self.camera.x, x0), x1)
        self.camera.y = min(max(self.camera.y, y0), y1)

    def pick(self, at: tuple[int, int]) -> int | None:
        """The NPC at a point of the screen, if there is one near."""
        if not len(self._rows):
            return None
        reach = max(9.0, self.camera.scale * 0.8)
        middle = self._sy - self.camera.scale * 0.35
        away = np.hypot(self._sx - at[0], middle - at[1])
        nearest = int(np.argmin(away))
        return int(self._rows[nearest]) if away[nearest] <= reach else None

    def seen(self) -> tuple[Rows, Rows, Rows]:
        """Rows of those in view, and where on the screen their feet were drawn last."""
        return self._rows, self._sx, self._sy

    def bubble_at(self, point: tuple[int, int]) -> int | None:
        """The NPC whose words are at a point of the screen, in a bubble."""
        return self._bubbles.whose(point)

    def draw(
        self,
        surface: pygame.Surface,
        view: pygame.Rect,
        scene: Scene,
        fraction: float,
        selected: int | None,
        hovered: int | None = None,
    ) -> None:
        """One frame, `fraction` (0..1) of the way into the scene's tick."""
        surface.set_clip(view)
        self._view = view
        self._backdrop.draw(surface, view, self.camera)
        self._place_all(view, scene, fraction)
        size = max(1, round(self.camera.scale / 16))
        self.detail = detail_for(len(self._rows), self.camera.scale, self.detail)
        near = self.detail < Detail.AFAR
        if near:
            self._refresh(scene, size)
        if self.detail <= Detail.FIGURE:
            self._draw_figures(surface, size, selected)
        else:
            self._draw_tokens(surface, selected)
        self._backdrop.draw_above(surface, view, self.camera)
        moment = scene.tick - 1 + fraction
        hour = scene.clock_ms(moment) % 86_400_000 / 3_600_000
        self._light.draw(surface, view, self.camera, hour)
        self._signs.draw_places(surface, view, self.camera)
        if selected is not None and selected < len(scene.people):
            self._draw_guides(surface, view, scene, fraction, selected)
        if near:
            self._draw_names(surface, scene, size, selected, hovered)
            if self.detail is Detail.WHOLE:
                surface.blits(self._sprites.badges(self._rows, self._sx, self._sy), False)
                self._draw_cues(surface, scene, fraction, size)
            self._draw_bubbles(surface, view, scene, fraction, size)
        surface.set_clip(None)

    def _refresh(self, scene: Scene, size: int) -> None:
        """Once for all that was folded: who is busy, and what everybody looks like."""
        shown = (id(scene), scene.folded, scene.tick, size, self.detail)
        if shown == self._shown:
            self._sprites.dress()
            return
        self._shown = shown
        busy = [
            person.row
            for person in scene.people
            if (person.thinking or (person.speech and scene.tick < person.speech.until))
            and not person.fallen
        ]
        self._busy = np.array(busy, dtype=np.int64)
        self._at_work[:] = False
        self._at_work[self._busy] = True
        if self.detail <= Detail.FIGURE:
            self._sprites.refresh(scene, size, self._busy, self.detail is Detail.WHOLE)

    def _place_all(self, view: pygame.Rect, scene: Scene, fraction: float) -> None:
        """Find who is in view and where, those farther down last."""
        rows, lines = self._in_view(view, scene)
        x, y = lines.at(fraction)
        left, top = self.camera.corner(view)
        scale = self.camera.scale
        sx = left + np.rint(x * scale).astype(np.int64)
        sy = top + np.rint((y + 0.3) * scale).astype(np.int64)
        order = sy.argsort(kind="stable")  # rows ascend, so equal ones keep their order
        walked = lines.walked()
        steps = np.where(walked > 0, fraction * np.maximum(2.0, walked * 2.5) + rows, 0)
        self._steps = (steps.astype(np.int64) & 3)[order]
        self._rows, self._sx, self._sy = rows[order], sx[order], sy[order]

    def _in_view(self, view: pygame.Rect, scene: Scene) -> tuple[Rows, Lines]:
        """Who is in view, and how they move; the same until the camera or the scene changes."""
        x0, y0 = self.camera.to_tile(view.topleft, view)
        x1, y1 = self.camera.to_tile(view.bottomright, view)
        key = (scene, scene.tick, scene.folded, x0, y0, x1, y1)
        if self._lines is None or self._lines[0] != key:
            low_x, high_x = np.minimum(scene.x, scene.px), np.maximum(scene.x, scene.px)
            low_y, high_y = np.minimum(scene.y, scene.py), np.maximum(scene.y, scene.py)
            seen = (high_x > x0 - 2) & (low_x < x1 + 2) & (high_y > y0 - 2) & (low_y < y1 + 3)
            rows = np.flatnonzero(seen)
            afar = self.camera.scale < SMALLEST_FIGURE
            self._lines = (key, rows, self._motion.lines(scene, rows, afar))
        return self._lines[1:]

    def _draw_figures(self, surface: pygame.Surface, size: int, selected: int | None) -> None:
        for at in np.flatnonzero(self._rows == (-1 if selected is None else selected)):
            self._draw_ring(surface, int(self._sx[at]), int(self._sy[at]), size)
        art = self._sprites.figures(self._rows, self._sx, self._sy, self._steps)
        surface.blits(art, False)

    def _draw_ring(self, surface: pygame.Surface, x: int, y: int, size: int) -> None:
        box = pygame.Rect(0, 0, 17 * size, 9 * size)
        box.center = (x, y - size // 2)
        pygame.draw.ellipse(surface, DARK, box.inflate(4, 4), 4)
        pygame.draw.ellipse(surface, YELLOW, box, 2)

    def _draw_tokens(self, surface: pygame.Surface, selected: int | None) -> None:
        size = token_size(self.camera.scale)
        half = size // 2
        dots = [self.figures.dot(order, size) for order in self.orders.values()]
        which = self._order[self._rows].tolist()
        spots = zip((self._sx - half).tolist(), (self._sy - half).tolist(), strict=True)
        surface.blits([(dots[at], spot) for at, spot in zip(which, spots, strict=True)], False)
        for at in np.flatnonzero(self._rows == (-1 if selected is None else selected)):
            middle = (int(self._sx[at]), int(self._sy[at]))
            pygame.draw.circle(surface, DARK, middle, size + 5, 4)
            pygame.draw.circle(surface, YELLOW, middle, size + 4, 2)

    def _draw_names(
        self,
        surface: pygame.Surface,
        scene: Scene,
        size: int,
        selected: int | None,
        hovered: int | None,
    ) -> None:
        """Names: the chosen one's first, so it always fits, then of those with a mind."""
        rows = self._rows
        chosen = (rows == (-1 if selected is None else selected)) | (
            rows == (-1 if hovered is None else hovered)
        )
        mind = self._minds[rows]
        if self.detail > Detail.WHOLE:
            wanted = chosen
        else:
            wanted = chosen | mind if len(rows) > CROWD and size < 2 else np.ones_like(mind)
        order = np.flatnonzero(wanted)
        rank = np.where(chosen[order], 0, np.where(mind[order], 1, 2))
        order = order[np.argsort(rank, kind="stable")][: NAMES_AT_ONCE * 2]
        for at in order.tolist():
            foot = (int(self._sx[at]), int(self._sy[at]) + size)
            person = scene.people[int(rows[at])]
            self._signs.draw_name(surface, person, foot, bool(chosen[at]))

    def _draw_guides(
        self, surface: pygame.Surface, view: pygame.Rect, scene: Scene, fraction: float, row: int
    ) -> None:
        x, y = self._motion.places(scene, fraction, np.array([row], dtype=np.int64))
        at = (float(x[0]), float(y[0]))
        self._guides.draw(surface, view, self.camera, scene, scene.people[row], at)

    def _draw_cues(self, surface: pygame.Surface, scene: Scene, fraction: float, size: int) -> None:
        if not scene.cues:
            return
        rows = {cue.row for cue in scene.cues}
        tall = self._sprites.heights(self._rows)
        heads = {
            row: (x, y - 16 * size - up)
            for row, x, y, up in zip(
                self._rows.tolist(), self._sx.tolist(), self._sy.tolist(), tall.tolist(),
                strict=True,
            )
            if row in rows
        }  # fmt: skip
        life = max(1.5, scene.speech_ticks * CUE_SHARE)
        draw_cues(surface, self._ink, scene.cues, heads, scene.tick - 1 + fraction, life)

    def _draw_bubbles(
        self,
        surface: pygame.Surface,
        view: pygame.Rect,
        scene: Scene,
        fraction: float,
        size: int,
    ) -> None:
        at_work = np.flatnonzero(self._at_work[self._rows])
        if not len(at_work):
            self._bubbles.begin([])
            return
        feet = zip(self._sx[:HEADS].tolist(), self._sy[:HEADS].tolist(), strict=True)
        heads = [pygame.Rect(x - 6 * size, y - 15 * size, 12 * size, 10 * size) for x, y in feet]
        self._bubbles.begin([*heads, *self._signs.boxes])
        talking = []
        rows = np.sort(self._rows[at_work]).tolist()  # the same ones from frame to frame
        thinkers = set([row for row in rows if scene.people[row].thinking][:THOUGHTS])
        for at in at_work.tolist():
            row, x, y = int(self._rows[at]), int(self._sx[at]), int(self._sy[at])
            person = scene.people[row]
            if row in thinkers:
                thought = next(reversed(person.thinking.values()))
                beat = int((scene.tick + fraction) * 2) + row
                over = (x + 3 * size, y - 14 * size)
                self._bubbles.think(surface, view, thought.tier, beat, over, size > 1)
                words = self.heard.get(thought.thought, "")
                if words:
                    self._bubbles.muse(surface, view, row, f"{words} …", (x, y - 15 * size))
                    continue
            speech = person.speech
            if speech is not None and speech.words and scene.tick < speech.until:
                talking.append((-speech.tick, row, speech.words, (x, y - 15 * size)))
        newest = sorted(talking)[:AT_ONCE]
        for _, row, words, mouth in sorted(newest, key=lambda one: (one[3][1], one[1])):
            self._bubbles.say(view, row, words, mouth)  # from the top of the map down
        self._bubbles.end(surface)
