"""The left of the window: ground, NPCs and what is over their heads, for one moment."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pygame
from numpy.typing import NDArray

from npcsim.events import RunStarted
from npcsim.viz.draw.bubbles import AT_ONCE, Bubbles
from npcsim.viz.draw.figures import Figures, icon_of
from npcsim.viz.draw.ground import ZOOMS, Camera, make_ground
from npcsim.viz.draw.ink import (
    DARK,
    PAPER,
    TEXT,
    YELLOW,
    Colour,
    Ink,
    daylight,
)
from npcsim.viz.motion import Motion
from npcsim.viz.scene import Scene

NAMES_AT_ONCE = 80
SMALLEST_FIGURE = 10  # screen pixels per tile under which NPCs are drawn as dots


class Stage:
    """Draws the world of one run, and knows which NPC is where on the screen."""

    def __init__(self, started: RunStarted, ink: Ink, figures: Figures) -> None:
        self.orders: dict[str, int] = {}
        for one in started.cast:
            self.orders.setdefault(one.archetype, len(self.orders))
        self._order = np.array([self.orders[one.archetype] for one in started.cast], dtype=np.int64)
        self._started = started
        self._ink, self.figures = ink, figures
        self.ground = make_ground(started)
        self._bubbles = Bubbles(ink)
        self._motion = Motion(started.picture)
        self._rows: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._sx: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._sy: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._names: list[pygame.Rect] = []  # of places, then (from `_labels` on) of NPCs
        self._labels = 0
        self._shade = pygame.Surface((1, 1))
        self.heard: Mapping[str, str] = {}
        self.camera = Camera(0.0, 0.0, 3, self.ground.tile)

    def look_at_all(self, view: pygame.Rect) -> None:
        """Put the camera where all of the world, or as much as is legible, can be seen."""
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

    def seen(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Rows of those in view, and where on the screen their feet were drawn last."""
        return self._rows, self._sx, self._sy

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
        self.ground.draw(surface, view, self.camera)
        self._place_all(view, scene, fraction)
        size = max(1, round(self.camera.scale / 16))
        near = self.camera.scale >= SMALLEST_FIGURE
        if near:
            self._draw_figures(surface, scene, fraction, size, selected)
        else:
            self._draw_dots(surface, selected)
        self.ground.draw_above(surface, view, self.camera)
        moment = scene.tick - 1 + fraction
        light = daylight(scene.clock_ms(moment) % 86_400_000 / 3_600_000)
        if light != (255, 255, 255):
            self._tint(surface, view, light)
        self._names = []
        self._draw_places(surface, view)
        if near:
            self._draw_over(surface, scene, size, selected, hovered)
            self._draw_bubbles(surface, view, scene, fraction, size)
        surface.set_clip(None)

    def _tint(self, surface: pygame.Surface, view: pygame.Rect, light: Colour) -> None:
        # A blit of one colour: pygame multiplies it 25 times faster than it does a fill.
        if self._shade.get_size() != view.size:
            self._shade = pygame.Surface(view.size)
        self._shade.fill(light)
        surface.blit(self._shade, view, special_flags=pygame.BLEND_RGB_MULT)

    def _place_all(self, view: pygame.Rect, scene: Scene, fraction: float) -> None:
        """Find who is in view and where, those farther down last."""
        x0, y0 = self.camera.to_tile(view.topleft, view)
        x1, y1 = self.camera.to_tile(view.bottomright, view)
        low_x, high_x = np.minimum(scene.x, scene.px), np.maximum(scene.x, scene.px)
        low_y, high_y = np.minimum(scene.y, scene.py), np.maximum(scene.y, scene.py)
        seen = (high_x > x0 - 2) & (low_x < x1 + 2) & (high_y > y0 - 2) & (low_y < y1 + 3)
        rows = np.flatnonzero(seen)
        afar = self.camera.scale < SMALLEST_FIGURE
        x, y = self._motion.places(scene, fraction, rows, afar)
        left, top = self.camera.corner(view)
        sx = left + np.round(x * self.camera.scale).astype(np.int64)
        sy = top + np.round((y + 0.3) * self.camera.scale).astype(np.int64)
        order = np.lexsort((rows, sy))
        self._rows, self._sx, self._sy = rows[order], sx[order], sy[order]

    def _draw_figures(
        self,
        surface: pygame.Surface,
        scene: Scene,
        fraction: float,
        size: int,
        selected: int | None,
    ) -> None:
        walked = self._motion.walked(scene, self._rows)
        steps = np.where(walked > 0, fraction * np.maximum(2.0, walked * 2.5) + self._rows, 0)
        shadow = self.figures.shadow(size)
        art: list[tuple[pygame.Surface, tuple[int, int]]] = []
        for (row, x, y), step in zip(self._seen(), (steps % 4).astype(int).tolist(), strict=True):
            person, order = scene.people[row], int(self._order[row])
            if row == selected:
                self._draw_ring(surface, x, y, size)
            art.append((shadow, (x - 5 * size, y - 2 * size)))
            if person.fallen:
                art.append(
                    (self.figures.fallen(person.id, order, size), (x - 8 * size, y - 10 * size))
                )
                continue
            facing = int(scene.facing[row])
            figure = self.figures.figure(person.id, order, facing, step, size)
            art.append((figure, (x - 6 * size, y - 15 * size)))
        surface.blits(art, doreturn=False)

    def _draw_ring(self, surface: pygame.Surface, x: int, y: int, size: int) -> None:
        box = pygame.Rect(0, 0, 17 * size, 9 * size)
        box.center = (x, y - size // 2)
        pygame.draw.ellipse(surface, DARK, box.inflate(4, 4), 4)
        pygame.draw.ellipse(surface, YELLOW, box, 2)

    def _draw_dots(self, surface: pygame.Surface, selected: int | None) -> None:
        size = max(3, int(self.camera.scale))
        half = size // 2
        dots = [self.figures.dot(order, size) for order in self.orders.values()]
        which = self._order[self._rows].tolist()
        spots = zip((self._sx - half).tolist(), (self._sy - half).tolist(), strict=True)
        surface.blits([(dots[at], spot) for at, spot in zip(which, spots, strict=True)], False)
        for row, x, y in self._seen() if selected is not None else ():
            if row == selected:
                pygame.draw.circle(surface, YELLOW, (x, y), size + 4, 2)

    def _seen(self) -> list[tuple[int, int, int]]:
        return list(zip(self._rows.tolist(), self._sx.tolist(), self._sy.tolist(), strict=True))

    def _draw_places(self, surface: pygame.Surface, view: pygame.Rect) -> None:
        """Names of places, at the upper edge of each; one that would cover another is left out."""
        left, top = self.camera.corner(view)
        scale = self.camera.scale
        for place in self._started.places:
            high = min((area[1] for area in place.areas), default=place.y - 1.6)
            low = max((area[3] for area in place.areas), default=place.y + 1.6)
            made = self._ink.text(_title(place.name), 17 if scale >= 24 else 15, PAPER)
            box = made.get_rect().inflate(12, 4)
            x, y = left + round(place.x * scale), top + round(high * scale)
            box.midbottom = (x, y - 2)
            if view.left < x < view.right and box.top < view.top < y + (low - high) * scale - 30:
                box.top = view.top + 4  # the place's upper edge is out of sight, the place is not
            if not box.colliderect(view) or box.collidelist(self._names) >= 0:
                continue
            board = pygame.Surface(box.size, pygame.SRCALPHA)
            pygame.draw.rect(board, (24, 22, 30, 170), board.get_rect(), border_radius=5)
            surface.blit(board, box)
            surface.blit(made, made.get_rect(center=box.center))
            self._names.append(box)
        self._labels = len(self._names)

    def _draw_over(
        self,
        surface: pygame.Surface,
        scene: Scene,
        size: int,
        selected: int | None,
        hovered: int | None,
    ) -> None:
        """Names, health and state icons. The chosen NPC's name comes first, so it always fits."""
        seen = self._seen()
        crowd = len(seen) > 40 and size < 2
        seen.sort(key=lambda one: one[0] not in (selected, hovered))
        names = 0
        health = scene.health_row()
        for row, x, y in seen:
            person = scene.people[row]
            chosen = row in (selected, hovered)
            if chosen or (not crowd and names < NAMES_AT_ONCE):
                colour = YELLOW if chosen else TEXT
                label = self._ink.fit(person.name, 15, 150)
                made = self._ink.text(label, 15, colour, DARK)
                box = made.get_rect(midtop=(x, y + size))
                if chosen or box.collidelist(self._names) < 0:
                    surface.blit(made, box)
                    self._names.append(box)
                    names += 1
            if person.fallen:
                continue
            top = y - 16 * size
            if health is not None and self._draw_health(surface, scene, row, health, (x, top - 5)):
                top -= 6
            busy = person.thinking or (person.speech and scene.tick < person.speech.until)
            icon = "" if busy else icon_of(scene.state_name(row))
            if icon:
                mark = self.figures.icon(icon, size if size < 3 else size - 1)
                surface.blit(mark, mark.get_rect(midbottom=(x, top - 1)))

    def _draw_health(
        self, surface: pygame.Surface, scene: Scene, row: int, health: int, at: tuple[int, int]
    ) -> bool:
        """A bar over the head of whoever is hurt; whether there is one."""
        gauge = self._started.gauges[health]
        reach = gauge.high - gauge.low
        share = (float(scene.gauges[health, row]) - gauge.low) / reach if reach > 0 else 1.0
        if share >= 0.995:
            return False
        flash = bool(scene.hurt[row] == scene.tick)
        surface.blit(self.figures.health(max(0.0, share), flash), (at[0] - 12, at[1] - 1))
        return True

    def _draw_bubbles(
        self,
        surface: pygame.Surface,
        view: pygame.Rect,
        scene: Scene,
        fraction: float,
        size: int,
    ) -> None:
        seen = self._seen()
        heads = [pygame.Rect(x - 6 * size, y - 15 * size, 12 * size, 10 * size) for _, x, y in seen]
        self._bubbles.begin([*heads[:200], *self._names[self._labels :][:120]])
        talking = []
        for row, x, y in seen:
            person = scene.people[row]
            if person.thinking and not person.fallen:
                thought = next(reversed(person.thinking.values()))
                beat = int((scene.tick + fraction) * 2) + row
                at = (x + 3 * size, y - 14 * size)
                self._bubbles.think(surface, view, thought.tier, beat, at)
                words = self.heard.get(thought.thought, "")
                if words:
                    self._bubbles.muse(surface, view, row, f"{words} …", (x, y - 15 * size))
                    continue
            speech = person.speech
            if speech is not None and speech.words and scene.tick < speech.until:
                talking.append((-speech.tick, row, speech.words, (x, y - 15 * size)))
        for _, row, words, at in sorted(talking)[:AT_ONCE][::-1]:
            self._bubbles.say(surface, view, row, words, at)


def _title(name: str) -> str:
    """A place's name as a sign has it; capitals that an author wrote are kept."""
    return name[:1].upper() + name[1:]
