"""How bodies move: along distance fields on a map, or straight over open ground.

One field serves every walker with the same destination. All of it is + - * / sqrt, compare, min,
max and floor, and what comes out is floored to 1/1024 tile (see `grid`). A budget is how far a
walker may go, in tiles; one below 1/1024 may go nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from npcsim.world.grid import (
    GRAIN,
    NEIGHBOURS,
    UNREACHABLE,
    Bools,
    Floats,
    Grid,
    Ints,
    shifted,
    step_costs,
)

# SciPy's sparse graphs take half a second to import: only what works out a field waits for them.
if TYPE_CHECKING:
    from scipy.sparse import csr_array


def distance_field(
    grid: Grid, targets: Ints | tuple[int, ...], graph: csr_array | None = None
) -> Ints:
    """int32 [h*w]: the walk from each cell to the nearest target, 10 a tile (14 diagonally).

    UNREACHABLE where there is no way. A target that is blocked (a well, an oven) is reached by
    standing on a walkable cell beside it, straight neighbours only.
    `graph`: the grid's `step_graph`, from who asks for many fields.
    """
    from scipy.sparse.csgraph import dijkstra

    goals = _goal_cells(grid, np.asarray(targets, dtype=np.int64))
    size = grid.width * grid.height
    if goals.size == 0:
        return np.full(size, UNREACHABLE, dtype=np.int32)
    far = dijkstra(step_graph(grid) if graph is None else graph, indices=goals, min_only=True)
    return np.where(np.isfinite(far), far, UNREACHABLE).astype(np.int32)


def _goal_cells(grid: Grid, targets: NDArray[np.int64]) -> NDArray[np.int64]:
    goals = np.zeros(grid.walkable.shape, dtype=np.bool_)
    goals.ravel()[targets] = True
    beside = np.zeros_like(goals)
    for dx, dy in NEIGHBOURS[:4]:
        beside |= shifted(goals & ~grid.walkable, dx, dy, False)
    return np.flatnonzero((goals | beside) & grid.walkable)


def step_graph(grid: Grid) -> csr_array:
    """The legal steps as a sparse matrix [h*w, h*w] of their costs."""
    from scipy.sparse import csr_array

    # Legal steps are mutual, so the graph is the same in both directions.
    legal = grid.steps().reshape(8, -1)
    shift = np.array([dy * grid.width + dx for dx, dy in NEIGHBOURS], dtype=np.int32)
    which, cell = np.nonzero(legal)
    costs = step_costs()[which].astype(np.float64)
    size = legal.shape[1]
    return csr_array((costs, (cell, cell + shift[which])), shape=(size, size))


def flow(grid: Grid, field: Ints) -> Ints:
    """int32 [h*w]: the next cell on the way down `field`; the cell itself at a target.

    -1 where there is no way. Ties go to the first in NEIGHBOURS order. In a blocked cell (a door
    shut on somebody) the way leads out, to the nearest-to-target straight neighbour.
    """
    shape = grid.walkable.shape
    height = field.reshape(shape)
    best = np.full(shape, UNREACHABLE, dtype=np.int32)
    towards = np.full(shape, -1, dtype=np.int32)
    here = np.arange(field.size, dtype=np.int32).reshape(shape)
    legal = grid.steps()
    shut = ~grid.walkable
    for number, ((dx, dy), cost) in enumerate(zip(NEIGHBOURS, step_costs(), strict=True)):
        beyond = shifted(height, dx, dy, UNREACHABLE)
        open_step = legal[number] if dx and dy else legal[number] | shut
        total = np.where(open_step & (beyond < UNREACHABLE), beyond + cost, UNREACHABLE)
        better = total < best
        best = np.where(better, total, best)
        towards = np.where(better, here + dy * grid.width + dx, towards)
    towards = np.where((height == 0) & grid.walkable, here, towards)
    return towards.ravel().astype(np.int32)


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    version: int


class Fields:
    """Distance fields and flows by destination, computed on first use and after a change.

    `flows` and `distances` are int32 [rows, h*w]; `row(cells)` gives a destination's row, which
    stays its row until `trim` drops everything. Both arrays are replaced when they grow, so ask
    for the rows first and read the arrays then.
    """

    def __init__(self, grid: Grid, limit_bytes: int = 256 * 2**20) -> None:
        self._grid = grid
        self._limit = limit_bytes
        self._rows: dict[tuple[int, ...], _Row] = {}
        self._graph: tuple[int, csr_array] | None = None
        self._size = grid.width * grid.height
        self.flows: Ints = np.empty((0, self._size), dtype=np.int32)
        self.distances: Ints = np.empty((0, self._size), dtype=np.int32)

    def row(self, cells: tuple[int, ...]) -> int:
        """The row of `flows` and `distances` that leads to the nearest of `cells`."""
        known = self._rows.get(cells)
        if known is not None and known.version == self._grid.version:
            return known.number
        number = len(self._rows) if known is None else known.number
        if number >= len(self.flows):
            self._grow()
        version = self._grid.version
        if self._graph is None or self._graph[0] != version:
            self._graph = (version, step_graph(self._grid))
        self.distances[number] = distance_field(self._grid, cells, self._graph[1])
        self.flows[number] = flow(self._grid, self.distances[number])
        self._rows[cells] = _Row(number, version)
        return number

    def trim(self) -> None:
        """Drop everything if it has grown past the limit. Rows got before are void then."""
        if self.flows.nbytes + self.distances.nbytes > self._limit:
            self._rows.clear()
            self.flows = np.empty((0, self._size), dtype=np.int32)
            self.distances = np.empty((0, self._size), dtype=np.int32)

    def _grow(self) -> None:
        more = np.empty((max(8, len(self.flows)), self._size), dtype=np.int32)
        self.flows = np.concatenate([self.flows, more])
        self.distances = np.concatenate([self.distances, more])


def advance(
    grid: Grid,
    flows: Ints,
    rows: Ints | int,
    x: Floats,
    y: Floats,
    goal_x: Floats,
    goal_y: Floats,
    budget: Floats,
) -> tuple[Floats, Floats, Bools]:
    """Walk n bodies along their flows for up to `budget` tiles each. -> (x, y, arrived).

    `flows` int32 [rows, h*w] and `rows` int32 [n] (or one row for all): see `Fields`. A walker
    heads for the middle of the next cell; in a target cell it goes to its exact goal if the goal
    lies in that cell, else to where it is. Never enters a cell that is not walkable. Who has no
    way stays where they are.
    """
    x, y, left = x.copy(), y.copy(), np.maximum(budget, 0.0)
    rows = np.broadcast_to(np.asarray(rows, dtype=np.int32), x.shape)
    goal_cell = grid.cells(goal_x, goal_y)
    arrived = np.zeros(x.shape, dtype=np.bool_)
    walking = np.arange(x.size)
    while walking.size:
        px, py = x[walking], y[walking]
        cell = grid.cells(px, py)
        onward = flows[rows[walking], cell]
        there = onward == cell
        exact = there & (goal_cell[walking] == cell)
        to_x = np.where(exact, goal_x[walking], np.where(there, px, onward % grid.width + 0.5))
        to_y = np.where(exact, goal_y[walking], np.where(there, py, onward // grid.width + 0.5))
        stuck = onward < 0
        to_x, to_y = np.where(stuck, px, to_x), np.where(stuck, py, to_y)
        nx, ny, spent = _toward(px, py, to_x, to_y, left[walking])
        x[walking], y[walking] = nx, ny
        left[walking] -= spent
        reached = (nx == to_x) & (ny == to_y)
        arrived[walking] = there & reached
        walking = walking[reached & ~there & ~stuck]
    return x, y, arrived


def _toward(
    x: Floats, y: Floats, to_x: Floats, to_y: Floats, budget: Floats
) -> tuple[Floats, Floats, Floats]:
    """Straight towards a point, at most `budget`. -> (x, y, how far it was)."""
    dx, dy = to_x - x, to_y - y
    far = np.sqrt(dx * dx + dy * dy)
    near = far <= budget
    if not near.any():
        share = budget / far
        dx *= share
        dy *= share
        return _on_grain(x + dx), _on_grain(y + dy), budget
    share = np.where(near, 1.0, budget / np.where(near, 1.0, far))
    nx = np.where(near, to_x, np.floor((x + dx * share) * GRAIN) / GRAIN)
    ny = np.where(near, to_y, np.floor((y + dy * share) * GRAIN) / GRAIN)
    return nx, ny, np.where(near, far, budget)


def _on_grain(values: Floats) -> Floats:
    """Floored to 1/1024 tile, in place."""
    values *= GRAIN
    np.floor(values, out=values)
    values *= 1.0 / GRAIN
    return values


def straight(
    x: Floats, y: Floats, to_x: Floats, to_y: Floats, budget: Floats
) -> tuple[Floats, Floats, Bools]:
    """Move n bodies straight at their targets over open ground. -> (x, y, arrived)."""
    nx, ny, _ = _toward(x, y, to_x, to_y, budget)
    return nx, ny, (nx == to_x) & (ny == to_y)


def away(
    x: Floats, y: Floats, from_x: Floats, from_y: Floats, budget: Floats, width: int, height: int
) -> tuple[Floats, Floats]:
    """Move n bodies straight away from their threats over open ground, kept within the bounds.

    Who stands exactly on the threat goes east.
    """
    dx, dy = x - from_x, y - from_y
    dx = np.where((dx == 0) & (dy == 0), 1.0, dx)
    far = np.sqrt(dx * dx + dy * dy)
    share = budget / far
    dx *= share
    dy *= share
    nx, ny, edge = _on_grain(x + dx), _on_grain(y + dy), 1.0 / GRAIN
    return nx.clip(0.0, width - edge, out=nx), ny.clip(0.0, height - edge, out=ny)


def away_on_grid(
    grid: Grid, x: Floats, y: Floats, from_x: Floats, from_y: Floats, budget: Floats
) -> tuple[Floats, Floats]:
    """Move n bodies to the neighbouring cell that takes them farthest from their threats.

    They head for that cell's middle, at most `budget` and one cell a call; who is already as far
    as any step would take them stays. Ties go to the first in NEIGHBOURS order.
    """
    cell = grid.cells(x, y)
    column, row = cell % grid.width, cell // grid.width
    legal = grid.steps().reshape(8, -1)[:, cell]
    off_x, off_y = x - from_x, y - from_y
    best = off_x * off_x + off_y * off_y
    to_x, to_y = x, y
    for number, (dx, dy) in enumerate(NEIGHBOURS):
        cx, cy = column + (dx + 0.5), row + (dy + 0.5)
        off_x, off_y = cx - from_x, cy - from_y
        far = off_x * off_x + off_y * off_y
        better = legal[number] & (far > best)
        best = np.where(better, far, best)
        to_x, to_y = np.where(better, cx, to_x), np.where(better, cy, to_y)
    nx, ny, _ = _toward(x, y, to_x, to_y, budget)
    return nx, ny
