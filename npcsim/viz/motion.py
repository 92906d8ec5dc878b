"""Where an NPC is drawn between two ticks, so that it moves smoothly and never through a wall."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from npcsim.events import MapPicture
from npcsim.viz.scene import Scene

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Cell = tuple[int, int]
REACH = 6000  # cells a search may look at before it gives up and draws a straight line
SAMPLES = 4  # points looked at on each tile of a straight line
GOLDEN = 2.399963229728653  # radians: the angle at which a spiral spreads points evenly
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1))
_CORNERS = ((1, 1), (1, -1), (-1, 1), (-1, -1))


def blocked_cells(picture: MapPicture | None) -> NDArray[np.bool_] | None:
    """The map's blocked cells as bool[height, width], or None where nothing blocks."""
    if picture is None or len(picture.blocked) != picture.width * picture.height:
        return None
    grid = np.array(picture.blocked, dtype=np.bool_).reshape(picture.height, picture.width)
    return grid if grid.any() else None


class Motion:
    """Positions at display rate, from a scene's last two ticks. Paths are kept for one tick."""

    def __init__(self, picture: MapPicture | None) -> None:
        self._grid = blocked_cells(picture)
        self._tight = picture is not None
        self._tick = -(10**9)
        self._bent: NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)
        self._paths: dict[int, Floats] = {}
        self._before: Floats = np.zeros((2, 0))
        self._after: Floats = np.zeros((2, 0))

    def places(self, scene: Scene, fraction: float, rows: Rows) -> tuple[Floats, Floats]:
        """x and y in tiles of `rows`, `fraction` (0..1) of the way into the scene's tick."""
        if self._tick != scene.tick or len(self._bent) != len(scene.x):
            self._new_tick(scene)
        part = min(max(fraction, 0.0), 1.0)
        x = scene.px[rows] + (scene.x[rows] - scene.px[rows]) * part
        y = scene.py[rows] + (scene.y[rows] - scene.py[rows]) * part
        for at in np.flatnonzero(self._bent[rows]):
            x[at], y[at] = _along(self._path(scene, int(rows[at])), part)
        shift = self._before[:, rows] + (self._after[:, rows] - self._before[:, rows]) * part
        return x + shift[0], y + shift[1]

    def walked(self, scene: Scene, row: int) -> float:
        """Tiles that an NPC walks in this tick."""
        path = self._paths.get(row)
        if path is None:
            return float(np.hypot(scene.x[row] - scene.px[row], scene.y[row] - scene.py[row]))
        return float(np.hypot(*np.diff(path, axis=0).T).sum())

    def _new_tick(self, scene: Scene) -> None:
        same_run = len(self._bent) == len(scene.x) and self._tick == scene.tick - 1
        self._before = self._after if same_run else spread(scene.px, scene.py, self._tight)
        self._after = spread(scene.x, scene.y, self._tight)
        self._tick = scene.tick
        self._paths = {}
        self._bent = np.zeros(len(scene.x), dtype=np.bool_)
        if self._grid is not None:
            moved = np.flatnonzero((scene.x != scene.px) | (scene.y != scene.py))
            ends = (scene.px[moved], scene.py[moved], scene.x[moved], scene.y[moved])
            self._bent[moved] = crosses(self._grid, *ends)

    def _path(self, scene: Scene, row: int) -> Floats:
        path = self._paths.get(row)
        if path is None:
            start = (float(scene.px[row]), float(scene.py[row]))
            goal = (float(scene.x[row]), float(scene.y[row]))
            path = np.array([start, goal])
            if self._grid is not None:
                path = short_path(self._grid, start, goal)
            self._paths[row] = path
        return path


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


def short_path(
    grid: NDArray[np.bool_], start: tuple[float, float], goal: tuple[float, float]
) -> Floats:
    """A way round what blocks, float64[points, 2]: A* over open cells, corners never cut.

    Where there is no way within `REACH` cells the two ends are all there is.
    """
    source, target = _cell(start), _cell(goal)
    came: dict[Cell, Cell] = {source: source}
    cost: dict[Cell, float] = {source: 0.0}
    heap: list[tuple[float, Cell]] = [(0.0, source)]
    looked = 0
    while heap and looked < REACH:
        _, cell = heapq.heappop(heap)
        if cell == target:
            break
        looked += 1
        for near, price in _steps(grid, cell, target):
            total = cost[cell] + price
            if total < cost.get(near, 1e18):
                cost[near], came[near] = total, cell
                heapq.heappush(heap, (total + _far(near, target), near))
    if target not in came:
        return np.array([start, goal])
    cells = [target]
    while cells[-1] != source:
        cells.append(came[cells[-1]])
    middle = [(x + 0.5, y + 0.5) for x, y in reversed(cells[1:-1])]
    return np.array([start, *middle, goal])


def _cell(point: tuple[float, float]) -> Cell:
    return int(np.floor(point[0])), int(np.floor(point[1]))


def _far(a: Cell, b: Cell) -> float:
    dx, dy = abs(a[0] - b[0]), abs(a[1] - b[1])
    return max(dx, dy) + 0.414 * min(dx, dy)


def _steps(grid: NDArray[np.bool_], cell: Cell, target: Cell) -> list[tuple[Cell, float]]:
    """Open neighbours with their price. The target counts as open, whatever stands on it."""
    height, width = grid.shape

    def is_open(x: int, y: int) -> bool:
        return (x, y) == target or (0 <= x < width and 0 <= y < height and not grid[y, x])

    x, y = cell
    out = [((x + dx, y + dy), 1.0) for dx, dy in _SIDES if is_open(x + dx, y + dy)]
    out += [
        ((x + dx, y + dy), 1.414)
        for dx, dy in _CORNERS
        if is_open(x + dx, y + dy) and is_open(x + dx, y) and is_open(x, y + dy)
    ]
    return out


def _along(path: Floats, part: float) -> tuple[float, float]:
    """The point `part` (0..1) of the way along a path."""
    lengths = np.hypot(*np.diff(path, axis=0).T)
    marks = np.concatenate(([0.0], np.cumsum(lengths)))
    at = part * marks[-1]
    return float(np.interp(at, marks, path[:, 0])), float(np.interp(at, marks, path[:, 1]))
