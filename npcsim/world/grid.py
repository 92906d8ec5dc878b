"""Where one can walk and what one can see, over arrays of tiles.

Positions are float64 columns x and y, in tiles, and always multiples of 1/1024 (`GRAIN`). A map
is at most 4,000,000 tiles, so coordinates and their differences are exact in float64 and squared
distances are too: they compare alike on any machine. A cell is the number `row * width + column`.

Steps go to the eight neighbours, straight for 10 and diagonally for 14, never cutting the corner
of a blocked cell. Distances are whole numbers, so they do not depend on who computes them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

GRAIN = 1024.0
STRAIGHT = 10
DIAGONAL = 14
UNREACHABLE = 2**30

# Fixed order, straight ones first: it settles ties, so it is part of what a run depends on.
NEIGHBOURS = ((0, -1), (1, 0), (0, 1), (-1, 0), (1, -1), (1, 1), (-1, 1), (-1, -1))


class Grid:
    """The tiles of a world: `walkable` and `opaque`, bool [h, w].

    `version` grows by one with every change, for whoever keeps something computed from the grid.
    """

    __slots__ = ("_steps", "height", "opaque", "version", "walkable", "width")

    def __init__(self, walkable: Bools, opaque: Bools | None = None) -> None:
        """Copies both arrays. Raises ValueError when the shapes differ or are not [h, w]."""
        if walkable.ndim != 2 or (opaque is not None and opaque.shape != walkable.shape):
            raise ValueError("walkable and opaque must be of one shape [h, w]")
        self.walkable = np.array(walkable, dtype=np.bool_)
        blank = np.zeros(walkable.shape, dtype=np.bool_)
        self.opaque = blank if opaque is None else np.array(opaque, dtype=np.bool_)
        self.height, self.width = walkable.shape
        self.version = 0
        self._steps: tuple[int, Bools] | None = None

    def set_blocked(self, cell: int, blocked: bool) -> None:
        """Close or open a cell (a door is locked, a bridge falls)."""
        row, column = divmod(int(cell), self.width)
        if self.walkable[row, column] == blocked:
            self.walkable[row, column] = not blocked
            self.version += 1

    def set_opaque(self, cell: int, opaque: bool) -> None:
        """Let a cell block sight, or not."""
        row, column = divmod(int(cell), self.width)
        if self.opaque[row, column] != opaque:
            self.opaque[row, column] = opaque
            self.version += 1

    def cells(self, x: Floats, y: Floats) -> Ints:
        """The cell that each position lies in; positions off the map count as on its edge."""
        column = np.clip(np.floor(x), 0, self.width - 1)
        row = np.clip(np.floor(y), 0, self.height - 1)
        cell: Ints = (row * self.width + column).astype(np.int32)
        return cell

    def centre(self, cell: int) -> tuple[float, float]:
        """The middle of a cell, in tiles."""
        row, column = divmod(int(cell), self.width)
        return column + 0.5, row + 0.5

    def steps(self) -> Bools:
        """bool [8, h, w]: may one step from a cell to its neighbour, in NEIGHBOURS order?"""
        if self._steps is None or self._steps[0] != self.version:
            self._steps = (self.version, _legal_steps(self.walkable))
        return self._steps[1]


def shifted(array: NDArray[Any], dx: int, dy: int, outside: object) -> NDArray[Any]:
    """[h, w]: at every cell, what its neighbour at (dx, dy) holds; `outside` off the map."""
    height, width = array.shape
    out = np.full_like(array, outside)
    to_y, from_y = slice(max(0, -dy), height - max(0, dy)), slice(max(0, dy), height + min(0, dy))
    to_x, from_x = slice(max(0, -dx), width - max(0, dx)), slice(max(0, dx), width + min(0, dx))
    out[to_y, to_x] = array[from_y, from_x]
    return out


def _legal_steps(walkable: Bools) -> Bools:
    legal = np.zeros((8, *walkable.shape), dtype=np.bool_)
    for number, (dx, dy) in enumerate(NEIGHBOURS):
        legal[number] = walkable & shifted(walkable, dx, dy, False)
        if dx and dy:
            legal[number] &= shifted(walkable, dx, 0, False) & shifted(walkable, 0, dy, False)
    return legal


def step_costs() -> Ints:
    """int32 [8]: what a step to each neighbour costs."""
    costs = [DIAGONAL if dx and dy else STRAIGHT for dx, dy in NEIGHBOURS]
    return np.array(costs, dtype=np.int32)


def stand_cell(grid: Grid, cell: int) -> int:
    """The walkable cell nearest to `cell`: itself, or where one stands to use what is there.

    Ties go to the lower cell number. Raises ValueError when nothing is walkable.
    """
    row, column = divmod(int(cell), grid.width)
    if grid.walkable[row, column]:
        return int(cell)
    rows, columns = np.nonzero(grid.walkable)
    if rows.size == 0:
        raise ValueError("no cell of the grid is walkable")
    down, right = rows - row, columns - column
    best = np.argmin(down * down + right * right)
    return int(rows[best] * grid.width + columns[best])


def clear_sight(grid: Grid, x0: Floats, y0: Floats, x1: Floats, y1: Floats) -> Bools:
    """bool [n]: does nothing opaque stand between the two cells of each pair?

    The line runs from cell to cell in whole numbers (Bresenham's), always from the lower cell
    number to the higher, so a sees b whenever b sees a. The two ends never block. Between two
    opaque cells that touch at a corner nothing is seen.
    """
    start, end = grid.cells(x0, y0), grid.cells(x1, y1)
    low, high = np.minimum(start, end).astype(np.int64), np.maximum(start, end).astype(np.int64)
    row, column = np.divmod(low, grid.width)
    dy, dx = high // grid.width - row, high % grid.width - column
    length = np.maximum(np.abs(dx), np.abs(dy))
    clear = np.ones(length.shape, dtype=np.bool_)
    opaque = grid.opaque.ravel()
    if not opaque.any():
        return clear
    active = np.flatnonzero(length > 0)
    column, row, dx, dy, length = (a[active] for a in (column, row, dx, dy, length))
    last_x, last_y = column, row
    step = 0
    while active.size:
        step += 1
        at_x = column + (2 * step * dx + length) // (2 * length)
        at_y = row + (2 * step * dy + length) // (2 * length)
        shut = opaque[at_y * grid.width + at_x] & (step < length)
        corner = opaque[last_y * grid.width + at_x] & opaque[at_y * grid.width + last_x]
        shut |= corner & (at_x != last_x) & (at_y != last_y)
        clear[active[shut]] = False
        going = ~shut & (step < length)
        if not going.all():
            active, column, row, dx, dy, length, at_x, at_y = (
                a[going] for a in (active, column, row, dx, dy, length, at_x, at_y)
            )
        last_x, last_y = at_x, at_y
    return clear
