"""Round the chosen NPC: how far it sees, and where it is on its way to."""

from __future__ import annotations

import math

import numpy as np
import pygame
from numpy.typing import NDArray

from npcsim.events import RunStarted
from npcsim.viz.draw.ground import Camera
from npcsim.viz.draw.ink import DARK, PAPER, YELLOW
from npcsim.viz.motion import Motion
from npcsim.viz.people import Person
from npcsim.viz.scene import Scene

Floats = NDArray[np.float64]
DASH = 14  # screen pixels from one dash of the circle of sight to the next
DOT = 0.55  # tiles between the dots of a way
MOST_DOTS = 300


class Guides:
    """Draws for one chosen NPC. A way is looked for once a tick."""

    def __init__(self, started: RunStarted, motion: Motion) -> None:
        self._sight = [one.sight for one in started.cast]
        self._marks = {place.id: (place.x, place.y) for place in started.places}
        self._marks |= {spot.id: (spot.x, spot.y) for spot in started.spots}
        self._motion = motion
        self._way: tuple[object, Floats] = ((), np.zeros((0, 2)))

    def draw(
        self,
        surface: pygame.Surface,
        view: pygame.Rect,
        camera: Camera,
        scene: Scene,
        person: Person,
        at: tuple[float, float],
    ) -> None:
        """Sight and way of `person`, who is drawn at `at` (tiles)."""
        left, top = camera.corner(view)
        scale = camera.scale
        sight = self._sight[person.row]
        middle = (left + at[0] * scale, top + at[1] * scale)
        if sight > 0 and not person.fallen:
            _dashed(surface, middle, sight * scale)
        goal = self.goal_of(scene, person)
        if goal is None or person.fallen:
            return
        for x, y in _dots(self._rest(scene, person.row, at, goal))[:MOST_DOTS]:
            spot = (left + round(x * scale), top + round(y * scale))
            pygame.draw.circle(surface, DARK, spot, 3)
            pygame.draw.circle(surface, YELLOW, spot, 2)
        end = (left + round(goal[0] * scale), top + round(goal[1] * scale))
        pygame.draw.circle(surface, DARK, end, 8, 4)
        pygame.draw.circle(surface, YELLOW, end, 7, 2)

    def goal_of(self, scene: Scene, person: Person) -> tuple[float, float] | None:
        """Where the act in progress leads: the first place, spot or NPC that its call names."""
        act = person.act
        if act is None or "(" not in act.call:
            return None
        for name in act.call.partition("(")[2].rstrip(")").split(", "):
            other = scene.by_id.get(name)
            if other is not None and other is not person:
                return float(scene.x[other.row]), float(scene.y[other.row])
            if name in self._marks:
                return self._marks[name]
        return None

    def _rest(
        self, scene: Scene, row: int, at: tuple[float, float], goal: tuple[float, float]
    ) -> Floats:
        """What is left of the way: from where the NPC is drawn."""
        key = (id(scene), scene.tick, row, goal)
        if self._way[0] != key:
            start = (float(scene.x[row]), float(scene.y[row]))
            self._way = (key, self._motion.way(start, goal))
        return np.concatenate([np.array([at]), self._way[1]])


def _dashed(surface: pygame.Surface, middle: tuple[float, float], radius: float) -> None:
    dashes = max(24, round(2 * math.pi * radius / DASH))
    for number in range(dashes):
        turns = (2 * math.pi * (number + part) / dashes for part in (0.0, 0.4))
        ends = [
            (
                round(middle[0] + radius * math.cos(turn)),
                round(middle[1] + radius * math.sin(turn)),
            )
            for turn in turns
        ]
        below = [(x, y + 1) for x, y in ends]
        pygame.draw.line(surface, DARK, below[0], below[1])
        pygame.draw.line(surface, PAPER, ends[0], ends[1])


def _dots(way: Floats) -> list[tuple[float, float]]:
    """Points at even distances along a way, its two ends left out."""
    lengths = np.hypot(*np.diff(way, axis=0).T)
    marks = np.concatenate(([0.0], np.cumsum(lengths)))
    at = np.arange(DOT * 1.5, marks[-1] - DOT, DOT)
    xs, ys = np.interp(at, marks, way[:, 0]), np.interp(at, marks, way[:, 1])
    return list(zip(xs.tolist(), ys.tolist(), strict=True))
