"""How long the window's frames take, beside a bare blit of the same map and the same sprites."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pygame

from npcsim.errors import BrokenInvariant
from npcsim.viz.app import FRAMES, App
from npcsim.viz.draw.ground import ZOOMS, Camera
from npcsim.viz.draw.stage import Stage
from npcsim.viz.feed import Feed
from npcsim.viz.scene import DOWN

WARM = 20
"""Frames drawn before any is timed: pieces of the map and figures are made when first seen."""
START_SECONDS = 180.0
TURN = 10
"""Frames of the one before it is the other's turn: on a screen that another drew over, a window
would do more than it does."""


@dataclass(slots=True)
class Times:
    """Milliseconds of each frame and of the floor's, by the clock and of this thread's processor.

    `visible` is how many NPCs were in view when the last frame was drawn, `detail` how much was
    drawn of each.
    """

    driver: str
    visible: int = 0
    detail: str = ""
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    floor_wall: list[float] = field(default_factory=list)
    floor_cpu: list[float] = field(default_factory=list)


def timed(
    feed: Feed,
    frames: int,
    *,
    size: tuple[int, int],
    zoom: float,
    middle: tuple[float, float],
    speed: float,
    paced: bool = False,
) -> Times:
    """Draw so many frames of a window and as many of the floor, in turns of `TURN`.

    A display must be open. `paced`: at the display's rate, with the time that really passed, as a
    live run needs; else one after the other, each a sixtieth of a second on. Each time takes in
    what a frame is from the feed to the screen: reading, folding, drawing, `flip`.
    """
    app = App(feed, "npcsim bench frames", speed, size)
    stage = _begun(app)
    stage.camera.level = min(range(len(ZOOMS)), key=lambda at: abs(ZOOMS[at] - zoom))
    stage.camera.x, stage.camera.y = middle
    told = Times(pygame.display.get_driver())
    floor = Floor(stage, app)
    before = time.perf_counter()
    for number in range(-WARM, frames):
        if number % TURN == 0:
            app.frame.kept.forget()
            app.draw()
        now = time.perf_counter()
        seconds = min(now - before, 0.25) if paced else 1 / FRAMES
        before = now
        ours = _spent(partial(_frame, app, seconds))
        if number >= 0:
            told.wall.append(ours[0])
            told.cpu.append(ours[1])
        if paced:
            time.sleep(max(0.0, 1 / FRAMES - (time.perf_counter() - now)))
        if number % TURN == TURN - 1 or number == frames - 1:
            _time_floor(floor, told)
    told.visible, told.detail = len(stage.seen()[0]), stage.detail.name.lower()
    return told


def _begun(app: App) -> Stage:
    """The stage, as soon as the run has begun. Raises BrokenInvariant if it doesn't."""
    until = time.perf_counter() + START_SECONDS
    while app.frame.stage is None and time.perf_counter() < until:
        app.advance(1 / FRAMES)
        app.draw()
        time.sleep(0.001)
    if app.frame.stage is None:
        raise BrokenInvariant("the run did not begin")
    return app.frame.stage


def _time_floor(floor: Floor, told: Times) -> None:
    """The floor's turn: as many frames as the window has had so far, the first untimed."""
    floor.prepare()
    floor.draw()
    while len(told.floor_cpu) < len(told.cpu):
        bare = _spent(floor.draw)
        told.floor_wall.append(bare[0])
        told.floor_cpu.append(bare[1])


def _frame(app: App, seconds: float) -> None:
    for event in pygame.event.get():
        app.handle(event)
    app.advance(seconds)
    app.draw()
    pygame.display.flip()


def _spent(work: Callable[[], None]) -> tuple[float, float]:
    cpu, wall = time.thread_time(), time.perf_counter()
    work()
    return (time.perf_counter() - wall) * 1e3, (time.thread_time() - cpu) * 1e3


class Floor:
    """The whole map in one surface and a sprite for each NPC in view: what no window can beat.

    Who stands where is found before the time is taken.
    """

    def __init__(self, stage: Stage, app: App) -> None:
        self._stage, self._surface = stage, app.surface
        camera, (wide, tall) = stage.camera, app.surface.get_size()
        self._size = max(1, round(camera.scale / 16))
        self._map = pygame.Surface((wide, tall)).convert()
        whole = Camera(camera.x, camera.y, camera.level, camera.tile)
        stage.hurry(False)
        stage.ground.draw(self._map, self._map.get_rect(), whole)
        self._map.blits(stage.ground.above(self._map.get_rect(), whole), False)
        stage.hurry(True)
        self._art = [
            stage.figures.figure(person.id, stage.orders[person.archetype], DOWN, 0, self._size)
            for person in app.player.scene.people
        ]
        self._sprites: list[tuple[pygame.Surface, tuple[int, int]]] = []

    def prepare(self) -> None:
        rows, xs, ys = self._stage.seen()
        size = self._size
        self._sprites = [
            (self._art[row], (x - 6 * size, y - 15 * size))
            for row, x, y in zip(rows.tolist(), xs.tolist(), ys.tolist(), strict=True)
        ]

    def draw(self) -> None:
        self._surface.blit(self._map, (0, 0))
        self._surface.blits(self._sprites, False)
        pygame.display.flip()
