"""Which ready-made pictures each NPC is drawn with, kept until what they show changes.

Everything here is a column: a frame takes the rows that are in view and hands them to one `blits`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pygame
from numpy.typing import NDArray

from npcsim.events import RunStarted
from npcsim.viz.draw.figures import LIES, Figures, looks_of
from npcsim.viz.draw.icons import HEALTH_STEPS, Badges, icon_of
from npcsim.viz.scene import Scene

Rows = NDArray[np.int64]
Art = list[tuple[pygame.Surface, tuple[int, int]]]
SHOWN = ("", "fight", "flee", "sleep", "eat", "work", "hurt", "chase", "talk", "watch")
"""Icons of states. Walking has none: the figure itself walks."""
MOODS = ("", "glad", "sad", "upset")
GLAD, SAD, STIRRED = 0.45, -0.3, 0.5
"""From which valence a mood shows, and from which arousal low spirits are anger or fear."""
WHOLE = 0.995  # a share of health from which no bar is shown
NOTHING = -2
STRUCK = 8
"""What is added to where somebody faces who was just struck."""
AT_ONCE = 2
"""Strides that are drawn for one frame: each takes some 0.2 ms."""


class Sprites:
    """Pictures of a whole cast at one size. `refresh` after the scene changed, then `figures`
    and `badges` for those in view."""

    def __init__(self, started: RunStarted, order: Rows, figures: Figures) -> None:
        count = len(started.cast)
        self._figures, self._badges = figures, Badges()
        self._order = order.tolist()
        self._looks = [looks_of(one.id) for one in started.cast]
        self._art: NDArray[Any] = np.empty((count, 4), dtype=object)
        self._badge: NDArray[Any] = np.empty(count, dtype=object)
        self.hurried = False
        self._key: Rows = np.full(count, NOTHING, dtype=np.int64)
        self._wanted: Rows = self._key
        self._waiting: Rows = np.zeros(0, dtype=np.int64)  # rows whose pictures are old
        self._badge_key: Rows = np.full(count, NOTHING, dtype=np.int64)
        self._badged = np.zeros(count, dtype=np.bool_)
        self._left, self._up = np.zeros((2, count), dtype=np.int64)
        """From an NPC's feet to its badge's left upper corner, in screen pixels."""
        self._icon: Rows = np.zeros((0, 0), dtype=np.int64)
        self._machine: Rows = np.zeros(count, dtype=np.int64)
        self._size = 0

    def refresh(self, scene: Scene, size: int, busy: Rows, marks: bool = True) -> None:
        """Take up what the scene shows now. Those `busy` with words have no icon beside them.

        Without `marks`, badges stay as they were: nobody asks for them.
        """
        if not self._icon.size:
            self._name_states(scene)
        if size != self._size:
            self._size = size
            self._key[:], self._badge_key[:] = NOTHING, NOTHING
        struck = scene.hurt == scene.tick
        self._wanted = np.where(scene.down, LIES, scene.facing) + STRUCK * (struck & ~scene.down)
        self._waiting = np.flatnonzero(self._wanted != self._key)
        self.dress()
        if marks:
            self._refresh_badges(scene, struck, busy)

    def figures(self, rows: Rows, sx: Rows, sy: Rows, steps: Rows) -> Art:
        """What `blits` wants, for rows whose feet are at sx, sy; `steps` 0 to 3 of a stride."""
        xs, ys = (sx - 8 * self._size).tolist(), (sy - 15 * self._size).tolist()
        return list(zip(self._art[rows, steps].tolist(), zip(xs, ys, strict=True), strict=True))

    def badges(self, rows: Rows, sx: Rows, sy: Rows) -> Art:
        """The same for what is over the heads of those that have something there."""
        at = np.flatnonzero(self._badged[rows])
        rows = rows[at]
        xs = (sx[at] - self._left[rows]).tolist()
        ys = (sy[at] - self._up[rows]).tolist()
        return list(zip(self._badge[rows].tolist(), zip(xs, ys, strict=True), strict=True))

    def heights(self, rows: Rows) -> Rows:
        """How many pixels what is over their heads takes."""
        return np.where(self._badged[rows], self._up[rows] - 16 * self._size, 0)

    def dress(self) -> None:
        """Give pictures to those whose own are old. Where a frame is hurried, few new ones are
        drawn in it: who has to wait for one turns round some frames later."""
        made, late = 0, []
        keys = self._wanted[self._waiting].tolist()
        for row, key in zip(self._waiting.tolist(), keys, strict=True):
            pose = (self._looks[row], self._order[row], key % STRUCK, self._size, key >= STRUCK)
            art = self._figures.stride(pose, make=False)
            if art is None:
                if self.hurried and made >= AT_ONCE and self._key[row] != NOTHING:
                    late.append(row)
                    continue
                art = self._figures.stride(pose)
                made += 1
            self._art[row] = art
            self._key[row] = key
        self._waiting = np.array(late, dtype=np.int64)

    def _refresh_badges(self, scene: Scene, struck: NDArray[np.bool_], busy: Rows) -> None:
        count = len(self._order)
        states = np.minimum(scene.state, self._icon.shape[1] - 1)
        icon = self._icon[self._machine, states]
        icon[busy] = 0
        health, mood = np.full(count, -1), np.zeros(count, dtype=np.int64)
        at = scene.health_row()
        if at is not None and scene.started is not None:
            gauge = scene.started.gauges[at]
            reach = (gauge.high - gauge.low) or 1.0
            share = np.clip((scene.gauges[at] - gauge.low) / reach, 0.0, 1.0)
            health = np.where(share < WHOLE, np.ceil(share * HEALTH_STEPS), -1).astype(np.int64)
        valence, arousal = scene.gauge_row("valence"), scene.gauge_row("arousal")
        if valence is not None:
            low = scene.gauges[valence] <= SAD
            stirred = (
                low & (scene.gauges[arousal] >= STIRRED) if arousal is not None else ~low & low
            )
            mood = (scene.gauges[valence] >= GLAD) * 1 + low * 2 + stirred * 1
        key = icon + 16 * mood + 64 * (health + 1) + 4096 * (struck & (health >= 0))
        key[scene.down] = 0
        for row in np.flatnonzero(key != self._badge_key).tolist():
            art = self._badges.badge(
                SHOWN[icon[row]], MOODS[mood[row]], int(health[row]), bool(struck[row]), self._size
            )
            self._badge[row] = art
            if art is not None:
                self._left[row] = art.get_width() // 2
                self._up[row] = art.get_height() + 16 * self._size + 1
        self._badge_key, self._badged = key, key > 0

    def _name_states(self, scene: Scene) -> None:
        """The icon's number by machine and state; who has no machine keeps its first state."""
        people = scene.people
        names = {name: at for at, name in enumerate(scene.machines)}
        own = {person.behaviour for person in people} - names.keys()
        states = [machine.states for machine in scene.machines.values()]
        for name in sorted(own):
            names[name] = len(states)
            states.append((scene.state_name(next(p.row for p in people if p.behaviour == name)),))
        most = max((len(one) for one in states), default=0)
        self._icon = np.zeros((max(1, len(states)), most + 1), dtype=np.int64)
        for number, one in enumerate(states):
            for at, state in enumerate(one):
                icon = icon_of(state)
                self._icon[number, at] = SHOWN.index(icon) if icon in SHOWN else 0
        self._machine = np.array([names[p.behaviour] for p in people], dtype=np.int64)
