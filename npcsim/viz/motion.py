"""Where an NPC is drawn between two ticks, so that it moves smoothly and never through a wall."""

from __future__ import annotations

import heapq
from functools import cache

import numpy as np
from numpy.typing import NDArray

from npcsim.events import MapPicture
from npcsim.viz.scene import Scene

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
REACH = 6000  # cells a search may look at before it gives up and draws a straight line
SAMPLES = 4  # points looked at on each tile of a straight line
MARKS = 97  # points at even distances that a way round something is kept as
AT_ONCE = 1500  # cells that searches may look at between two frames; the rest wait a frame
GOLDEN = 2.399963229728653  # radians: the angle at which a spiral spreads points evenly


def blocked_cells(picture: MapPicture | None) -> NDArray[np.bool_] | None:
    """The map's blocked cells as bool[height, width], or None where nothing blocks."""
    if picture is None or len(picture.blocked) != picture.width * picture.height:
        return None
    grid = np.array(picture.blocked, dtype=np.bool_).reshape(picture.height, picture.width)
    return grid if grid.any() else None


class Motion:
    """Positions at display rate, from a scene's last two ticks. Ways are kept for one tick."""

    def __init__(self, picture: MapPicture | None) -> None:
        self._grid = blocked_cells(picture)
        self._maze = None if self._grid is None else Maze(self._grid)
        self._tight = picture is not None
        self._tick = -(10**9)
        self._bent: NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)
        self._way_of: Rows = np.zeros(0, dtype=np.int64)  # by row: its place in `_ways`, or -1
        self._ways: list[Floats] = []
        self._stack: Floats = np.zeros((0, MARKS, 2))
        self._length: Floats = np.zeros(0)
        self._before: Floats = np.zeros((2, 0))
        self._after: Floats = np.zeros((2, 0))

    def places(
        self, scene: Scene, fraction: float, rows: Rows, afar: bool = False
    ) -> tuple[Floats, Floats]:
        """x and y in tiles of `rows`, `fraction` (0..1) of the way into the scene's tick.

        Seen from `afar`, lines are straight: nobody can tell, and crowds are looked at from there.
        """
        return self.lines(scene, rows, afar).at(fraction)

    def lines(self, scene: Scene, rows: Rows, afar: bool = False) -> Lines:
        """What `places` are worked out from: good until something is folded into the scene."""
        if self._tick != scene.tick or len(self._bent) != len(scene.x):
            self._new_tick(scene)
        return Lines(self, scene, rows, not afar and self._grid is not None)

    def way(self, start: tuple[float, float], goal: tuple[float, float]) -> Floats:
        """A way over open cells, float64[points, 2]; a straight line where nothing is in it."""
        if self._maze is None or self._grid is None:
            return np.array([start, goal])
        ends = np.array([start, goal])[:, :, None]
        if not crosses(self._grid, ends[0, 0], ends[0, 1], ends[1, 0], ends[1, 1])[0]:
            return np.array([start, goal])
        return self._maze.path(start, goal)[0]

    def _new_tick(self, scene: Scene) -> None:
        same_run = len(self._bent) == len(scene.x) and self._tick == scene.tick - 1
        self._before = self._after if same_run else spread(scene.px, scene.py, self._tight)
        self._after = spread(scene.x, scene.y, self._tight)
        self._tick = scene.tick
        self._ways = []
        self._way_of = np.full(len(scene.x), -1, dtype=np.int64)
        self._length = np.hypot(scene.x - scene.px, scene.y - scene.py)
        self._bent = np.zeros(len(scene.x), dtype=np.bool_)
        if self._grid is not None:
            moved = np.flatnonzero((scene.x != scene.px) | (scene.y != scene.py))
            ends = (scene.px[moved], scene.py[moved], scene.x[moved], scene.y[moved])
            self._bent[moved] = crosses(self._grid, *ends)

    def _find_ways(self, scene: Scene, rows: Rows) -> None:
        """Look for the ways of those that walk round something and have none yet.

        Not for all of a crowd at once, or the frame would be late: who waits is drawn on a
        straight line for a frame more.
        """
        looked, found = 0, len(self._ways)
        for row in rows[self._way_of[rows] < 0].tolist():
            if self._maze is None or looked > AT_ONCE:
                break
            start = (float(scene.px[row]), float(scene.py[row]))
            goal = (float(scene.x[row]), float(scene.y[row]))
            path, cells = self._maze.path(start, goal)
            looked += cells
            self._way_of[row] = len(self._ways)
            marks, self._length[row] = _even(path)
            self._ways.append(marks)
        if len(self._ways) > found:
            self._stack = np.stack(self._ways)


class Lines:
    """How NPCs move through one tick: a frame asks only where they are `at` a part of it.

    Ways round what blocks are looked for as frames go by.
    """

    def __init__(self, motion: Motion, scene: Scene, rows: Rows, bend: bool) -> None:
        self._motion, self._scene, self._rows = motion, scene, rows
        self._x, self._y = scene.px[rows], scene.py[rows]
        self._dx, self._dy = scene.x[rows] - self._x, scene.y[rows] - self._y
        self._shift = motion._before[:, rows]
        self._turn = motion._after[:, rows] - self._shift
        self._waiting = bend
        self._on_way: Rows = np.zeros(0, dtype=np.int64)
        self._taken: Rows = self._on_way
        self._length = motion._length[rows]

    def at(self, fraction: float) -> tuple[Floats, Floats]:
        """x and y in tiles, `fraction` (0..1) of the way into the tick."""
        part = min(max(fraction, 0.0), 1.0)
        x, y = self._x + self._dx * part, self._y + self._dy * part
        if self._waiting:
            self._look_for_ways()
        if len(self._on_way):
            at = part * (MARKS - 1)
            low = min(int(at), MARKS - 2)
            stack = self._motion._stack
            first, second = stack[self._taken, low], stack[self._taken, low + 1]
            point = first + (second - first) * (at - low)
            x[self._on_way], y[self._on_way] = point[:, 0], point[:, 1]
        shift = self._shift + self._turn * part
        return x + shift[0], y + shift[1]

    def walked(self) -> Floats:
        """Tiles that each walks in this tick, as far as its way was looked for."""
        return self._length

    def _look_for_ways(self) -> None:
        motion, rows = self._motion, self._rows
        bent = motion._bent[rows]
        motion._find_ways(self._scene, rows[bent])
        way = motion._way_of[rows]
        self._waiting = bool((bent & (way < 0)).any())
        self._on_way = np.flatnonzero(way >= 0)
        self._taken = way[self._on_way]
        self._length = motion._length[rows]


def spread(x: Floats, y: Floats, tight: bool) -> Floats:
    """float64[2, n]: how far to shift NPCs that stand on one point, so that all can be seen."""
    out = np.zeros((2, len(x)))
    if len(x) < 2:
        return out
    key = np.round(x * 4).astype(np.int64) * (1 << 32) + np.round(y * 4).astype(np.int64)
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    first = np.ones(len(x), dtype=np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(first)
    rank = np.arange(len(x)) - np.repeat(starts, np.diff(np.append(starts, len(x))))
    away = np.sqrt(rank) * (0.5 if tight else 0.85)
    if tight:
        away = np.minimum(away, 1.2)
    out[0, order] = away * np.cos(rank * GOLDEN)
    out[1, order] = away * np.sin(rank * GOLDEN) * 0.75
    return out


def crosses(
    grid: NDArray[np.bool_], x0: Floats, y0: Floats, x1: Floats, y1: Floats
) -> NDArray[np.bool_]:
    """Whether each straight line crosses a blocked cell other than those it ends in."""
    if not len(x0):
        return np.zeros(0, dtype=np.bool_)
    longest = float(np.max(np.hypot(x1 - x0, y1 - y0)))
    steps = np.linspace(0.0, 1.0, min(512, int(longest * SAMPLES) + 2))
    cx = np.floor(x0[:, None] + (x1 - x0)[:, None] * steps).astype(np.int64)
    cy = np.floor(y0[:, None] + (y1 - y0)[:, None] * steps).astype(np.int64)
    own = (cx == cx[:, :1]) & (cy == cy[:, :1]) | (cx == cx[:, -1:]) & (cy == cy[:, -1:])
    height, width = grid.shape
    inside = (cx >= 0) & (cy >= 0) & (cx < width) & (cy < height)
    hit = grid[np.clip(cy, 0, height - 1), np.clip(cx, 0, width - 1)]
    bad: NDArray[np.bool_] = (hit & inside & ~own).any(axis=1)
    return bad


class Maze:
    """Open and blocked cells in a form that a search reads fast: bytes, with a blocked border."""

    def __init__(self, grid: NDArray[np.bool_]) -> None:
        self.height, self.width = grid.shape
        self._wide = self.width + 2
        padded = np.ones((self.height + 2, self._wide), dtype=np.uint8)
        padded[1:-1, 1:-1] = grid
        self._cells = padded.tobytes()

    def path(self, start: tuple[float, float], goal: tuple[float, float]) -> tuple[Floats, int]:
        """A way round what blocks, float64[points, 2]: A* over open cells, corners never cut.
        Beside it, how many cells were looked at.

        The cells of both ends count as open. Where there is no way within `REACH` cells, or an
        end lies off the map, the two ends are all there is.
        """
        source, target = self._number(start), self._number(goal)
        if source is None or target is None:
            return np.array([start, goal]), 0
        came = self._search(source, target)
        if target not in came:
            return np.array([start, goal]), len(came)
        cells = [target]
        while cells[-1] != source:
            cells.append(came[cells[-1]])
        middle = [
            (cell % self._wide - 0.5, cell // self._wide - 0.5) for cell in reversed(cells[1:-1])
        ]
        return np.array([start, *middle, goal]), len(came)

    def _number(self, point: tuple[float, float]) -> int | None:
        x, y = int(np.floor(point[0])), int(np.floor(point[1]))
        inside = 0 <= x < self.width and 0 <= y < self.height
        return (y + 1) * self._wide + x + 1 if inside else None

    def _search(self, source: int, target: int) -> dict[int, int]:
        """Where each cell that was looked at was reached from."""
        cells, wide = self._cells, self._wide
        goal_y, goal_x = divmod(target, wide)
        came, cost = {source: source}, {source: 0.0}
        heap = [(0.0, source)]
        for _ in range(REACH):
            if not heap:
                break
            _, cell = heapq.heappop(heap)
            if cell == target:
                break
            here = cost[cell]
            for step, price, side in _moves(wide):
                near = cell + step
                if cells[near] and near != target:
                    continue
                if side and (cells[cell + side] or cells[cell + step - side]):
                    continue
                total = here + price
                if total < cost.get(near, 1e18):
                    cost[near], came[near] = total, cell
                    y, x = divmod(near, wide)
                    dx, dy = abs(x - goal_x), abs(y - goal_y)
                    far = dx + 0.414 * dy if dx > dy else dy + 0.414 * dx
                    heapq.heappush(heap, (total + far, near))
        return came


@cache
def _moves(wide: int) -> tuple[tuple[int, float, int], ...]:
    """Steps to neighbours in a grid `wide` cells across: offset, price, and for a diagonal one
    the sideways part of it (the cells beside it are that and the rest; both must be open)."""
    straight = tuple((step, 1.0, 0) for step in (1, -1, wide, -wide))
    corners = tuple((up + side, 1.414, side) for up in (wide, -wide) for side in (1, -1))
    return straight + corners


def _even(path: Floats) -> tuple[Floats, float]:
    """A path as `MARKS` points at even distances, and how long it is."""
    lengths = np.hypot(*np.diff(path, axis=0).T)
    marks = np.concatenate(([0.0], np.cumsum(lengths)))
    at = np.linspace(0.0, marks[-1], MARKS)
    points = np.stack([np.interp(at, marks, path[:, 0]), np.interp(at, marks, path[:, 1])], axis=1)
    return points, float(marks[-1])
