"""Points sorted into cells, and the pairs of seekers and candidates in adjacent cells.

Cells are half as wide as they are high: what a row of cells holds are consecutive points, so
finer columns cost nothing and make fewer pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GRAIN = 1024.0
FINE = 2  # columns of cells to the height of one
RINGS = 2  # how far, in cells, a search goes before it asks for larger cells
BLOCK = 3000  # seekers paired at once: their arrays stay in the processor's cache
MOST_PAIRS = 1 << 20  # and no more pairs than this at once
SAMPLE = 256  # points that tell how crowded a population stands
SPREAD = 0.9  # side of a cell, in mean gaps between candidates: found by trying
NOBODY = 2.0**100


@dataclass(frozen=True, slots=True)
class Lattice:
    """Cells of one size, with an empty margin of `RINGS` around all points."""

    left: float
    top: float
    side: float
    wide: int
    cells: int


@dataclass(frozen=True, slots=True)
class Points:
    """A population sorted by cell; `first` is the row where each cell begins. x, y are scaled."""

    order: Ints  # the number of the point in each row
    tags: Floats  # the same, as it goes into keys
    x: Floats
    y: Floats
    cell: Ints
    first: Ints


@dataclass(frozen=True, slots=True)
class Keys:
    """How a scaled squared distance and a number share one float64."""

    bits: int
    scale: float

    @classmethod
    def of(cls, most: int) -> Keys:
        bits = max(1, (most - 1).bit_length())
        bits += bits % 2  # so that coordinates can be scaled by a power of two
        return cls(bits, GRAIN * 2.0 ** (bits // 2))

    @property
    def farthest(self) -> float:
        """Up to this distance (tiles) keys are exact."""
        return 2.0 ** (26 - self.bits // 2) / GRAIN

    def split(self, best: Floats) -> tuple[Floats, Floats]:
        """(squared distance in tiles, number) of each key. Overwrites `best`."""
        squared = np.floor(best * 2.0**-self.bits)
        best -= squared * 2.0**self.bits
        squared *= 1.0 / (GRAIN * GRAIN)
        return squared, best


def side_for(x: Floats, y: Floats, reach: float) -> float:
    """A side for cells among candidates at x, y that are looked for as far as `reach` (tiles).

    A search of one ring should find somebody for most seekers, where candidates stand, and should
    not list more than it needs.
    """
    left, top = float(x.min()), float(y.min())
    width, height = float(x.max()) - left, float(y.max()) - top
    # never less than what a line of them would need
    area = max(width * height, width * width / x.size, height * height / x.size, 1.0 / GRAIN)
    few_x, few_y = x[:: x.size // SAMPLE + 1], y[:: x.size // SAMPLE + 1]
    # Cells with room for one of the sample each. How many share one, as its members see it: one
    # other where they are spread evenly, many where they crowd.
    per_tile = sqrt(few_x.size / area)
    wide = int(width * per_tile) + 1
    cells = ((few_y - top) * per_tile).astype(np.int64) * wide
    cells += ((few_x - left) * per_tile).astype(np.int64)
    counts = np.bincount(cells)
    others = float((counts * counts).sum()) / few_x.size - 1.0
    gap = sqrt(area / x.size / (others if others > 2.0 else 1.0))
    side = min(SPREAD * gap, reach)
    if side > 0.7 * reach:
        side = reach
    elif side > 0.35 * reach:
        side = reach / RINGS  # what is in sight is then found within the rings
    return max(side, 1.0 / GRAIN)


def lattice_over(xs: tuple[Floats, ...], ys: tuple[Floats, ...], side: float) -> Lattice:
    """Cells over all of some points; larger than `side` where there would be far too many."""
    left, top = min(float(x.min()) for x in xs), min(float(y.min()) for y in ys)
    width = max(float(x.max()) for x in xs) - left
    height = max(float(y.max()) for y in ys) - top
    most = max(1 << 14, 4 * sum(x.size for x in xs))
    side = max(side, sqrt(FINE * width * height / most), FINE * width / most, height / most)
    margin = (RINGS + 0.5) * side
    wide = int((width + 2.0 * margin) * (FINE / side)) + 2
    high = int((height + 2.0 * margin) / side) + 2
    return Lattice(left - margin, top - margin, side, wide, wide * high)


def cell_of(x: Floats, y: Floats, lattice: Lattice) -> Ints:
    cell = ((y - lattice.top) * (1.0 / lattice.side)).astype(np.int64)
    cell *= lattice.wide
    cell += ((x - lattice.left) * (FINE / lattice.side)).astype(np.int64)
    return cell


def sort(x: Floats, y: Floats, lattice: Lattice, keys: Keys) -> Points:
    cell = cell_of(x, y, lattice)
    bits = x.size.bit_length()
    # cell and row sorted as one number: several times faster than an argsort
    cell <<= bits
    cell |= np.arange(x.size)
    cell.sort()
    order = cell & ((1 << bits) - 1)
    cell >>= bits
    first = np.zeros(lattice.cells + 1, dtype=np.int64)
    np.cumsum(np.bincount(cell, minlength=lattice.cells), out=first[1:])
    x, y = x.take(order), y.take(order)
    x *= keys.scale
    y *= keys.scale
    return Points(order, order.astype(np.float64), x, y, cell, first)


def pairs_of(
    x: Floats, y: Floats, cell: Ints, of: Points, lattice: Lattice, rings: int
) -> Iterator[tuple[slice, Ints, Ints, Floats]]:
    """Every seeker with every candidate in the cells up to `rings` around its own.

    Blocks of (which seekers, the seeker's row in the block, the candidate's row, their squared
    distance as `of` is scaled), a row a pair, by seeker.
    """
    size = -(-x.size // max(1, -(-x.size // BLOCK)))  # even pieces of at most BLOCK
    todo = [slice(at, min(at + size, x.size)) for at in range(0, x.size, max(1, size))][::-1]
    while todo:
        some = todo.pop()
        low, count = _runs(cell[some], of, lattice, rings)
        ends = np.cumsum(count)
        size = some.stop - some.start
        if ends[-1] > MOST_PAIRS and size > 1:
            middle = some.start + size // 2
            todo += [slice(middle, some.stop), slice(some.start, middle)]
            continue
        low -= ends
        low += count
        row = np.repeat(low, count)
        row += np.arange(row.size)
        last = ends[2 * rings :: 2 * rings + 1]
        pairs = last.copy()
        pairs[1:] -= last[:-1]
        seeker = np.repeat(np.arange(size), pairs)
        key = of.x.take(row)
        key -= x[some].take(seeker)
        key *= key
        dy = of.y.take(row)
        dy -= y[some].take(seeker)
        dy *= dy
        key += dy
        yield some, seeker, row, key


def _runs(cell: Ints, of: Points, lattice: Lattice, rings: int) -> tuple[Ints, Ints]:
    """The rows of `of` in each line of cells around each seeker: first row, and how many."""
    lines = 2 * rings + 1
    low = np.empty((cell.size, lines), dtype=np.int64)
    count = np.empty_like(low)
    for line in range(lines):
        at = cell + ((line - rings) * lattice.wide - FINE * rings)
        begin = of.first.take(at)
        at += 2 * FINE * rings + 1
        low[:, line] = begin
        np.subtract(of.first.take(at), begin, out=count[:, line])
    return low.ravel(), count.ravel()


def least(
    x: Floats,
    y: Floats,
    cell: Ints,
    of: Points,
    lattice: Lattice,
    rings: int,
    own: Floats | None,
) -> Floats:
    """Each seeker's least key, `NOBODY` for those without a pair. x, y are scaled as `of` is."""
    best = np.full(x.size, NOBODY)
    for some, seeker, row, key in pairs_of(x, y, cell, of, lattice, rings):
        tags = of.tags.take(row)
        if own is not None:
            key[tags == own[some].take(seeker)] = NOBODY
        key += tags
        np.minimum.at(best[some], seeker, key)
    return best
