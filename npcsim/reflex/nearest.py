"""Who is nearest to whom: exact answers for whole populations at once, over plain arrays.

Points are sorted into cells, every seeker is paired with every candidate in the cells around its
own, and the least of its pairs counts; the few who find nobody near enough to be sure look again
in more cells, then in larger ones.

Positions are multiples of 1/1024 tile, so squared distances are exact multiples of 2**-20. A
pair's squared distance and the candidate's number make one float64 key below 2**53: one minimum
gives both, and among equally near candidates the one with the lowest number, on any machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from npcsim.reflex.cells import (
    GRAIN,
    MOST_PAIRS,
    NOBODY,
    RINGS,
    Floats,
    Ints,
    Keys,
    cell_of,
    lattice_over,
    least,
    pairs_of,
    side_for,
    sort,
)

FEW = 1 << 15  # so many pairs in all are compared one by one
# A point is put into its cell with rounding, so a search is sure a little less far than it looks.
NEARLY = 1.0 - 1e-6


@dataclass(frozen=True, slots=True)
class Found:
    """Row by row of the seekers: the candidate's number (-1: none in sight), how far (or inf)."""

    which: Ints
    distance: Floats


def nearest(
    x: Floats,
    y: Floats,
    of_x: Floats,
    of_y: Floats,
    sight: Floats | float,
    own: Ints | None = None,
    side: float | None = None,
) -> Found:
    """The nearest candidate that each seeker has nearer than its `sight`; equals: the lowest.

    x, y (n,) and of_x, of_y (m,) in tiles, multiples of 1/1024; sight (n,) or one for all. `own`
    (n,): a candidate's number that is the seeker itself, or -1. `side` of a cell, in tiles: taken
    from sight and crowding if left out; it decides how long this takes, never what comes out.
    """
    if x.size * of_x.size <= FEW:
        return _one_by_one(x, y, of_x, of_y, sight, own)
    side = side or side_for(of_x, of_y, _farthest(sight))
    lattice = lattice_over((x, of_x), (y, of_y), side)
    keys = Keys.of(of_x.size)
    if RINGS * lattice.side > keys.farthest:
        return _one_by_one(x, y, of_x, of_y, sight, own)
    candidates = sort(of_x, of_y, lattice, keys)
    cell = cell_of(x, y, lattice)
    mine = None if own is None else own.astype(np.float64)
    x_scaled, y_scaled = x * keys.scale, y * keys.scale
    best = least(x_scaled, y_scaled, cell, candidates, lattice, 1, mine)
    rows = _unsure(best, lattice.side, sight, keys)
    if rows.size:
        me = None if mine is None else mine[rows]
        best[rows] = least(
            x_scaled[rows], y_scaled[rows], cell[rows], candidates, lattice, RINGS, me
        )
    left = _unsure(best, RINGS * lattice.side, sight, keys)
    found = _found(best, sight, keys)
    return _look_wider(found, left, x, y, of_x, of_y, sight, own, lattice.side)


def mutual(
    ax: Floats,
    ay: Floats,
    bx: Floats,
    by: Floats,
    sight_a: Floats | float,
    sight_b: Floats | float,
    side: float | None = None,
) -> tuple[Found, Found]:
    """`nearest` of two populations that look for each other: one pass of pairs serves both.

    Returns what the a found among the b, and what the b found among the a.
    """
    if ax.size * bx.size <= FEW:
        return nearest(ax, ay, bx, by, sight_a), nearest(bx, by, ax, ay, sight_b)
    if side is None:
        reach = max(_farthest(sight_a), _farthest(sight_b))
        side = min(side_for(ax, ay, reach), side_for(bx, by, reach))
    lattice = lattice_over((ax, bx), (ay, by), side)
    keys = Keys.of(max(ax.size, bx.size))
    if RINGS * lattice.side > keys.farthest:
        return nearest(ax, ay, bx, by, sight_a), nearest(bx, by, ax, ay, sight_b)
    a, b = sort(ax, ay, lattice, keys), sort(bx, by, lattice, keys)
    of_a, of_b = np.full(ax.size, NOBODY), np.full(bx.size, NOBODY)
    for some, seeker, row, key in pairs_of(a.x, a.y, a.cell, b, lattice, 1):
        best = of_a[some]
        np.minimum.at(best, seeker, b.tags.take(row) + key)
        key += a.tags[some].take(seeker)
        np.minimum.at(of_b, row, key)
    found = []
    for us, them, best, here, there, sight in (
        (a, b, of_a, (ax, ay), (bx, by), sight_a),
        (b, a, of_b, (bx, by), (ax, ay), sight_b),
    ):
        rows = _unsure(best, lattice.side, _of_rows(sight, us.order), keys)
        if rows.size:
            best[rows] = least(us.x[rows], us.y[rows], us.cell[rows], them, lattice, RINGS, None)
        by_number = np.empty_like(best)
        by_number[us.order] = best
        left = _unsure(by_number, RINGS * lattice.side, sight, keys)
        mine = _found(by_number, sight, keys)
        found.append(_look_wider(mine, left, *here, *there, sight, None, lattice.side))
    return found[0], found[1]


def in_order(
    x: Floats,
    y: Floats,
    of_x: Floats,
    of_y: Floats,
    sight: Floats,
    own: Ints | None = None,
) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Every candidate in sight of each seeker, nearest first, in blocks of whole seekers.

    A block: (seekers' rows, candidates' numbers, distances), a row a pair; a seeker's pairs stand
    together, equally near ones by number. Arguments as for `nearest`, `sight` (n,).
    """
    if not x.size or not of_x.size:
        return
    reach = float(sight.max())
    lattice = lattice_over((x, of_x), (y, of_y), max(reach, 1.0 / GRAIN))
    candidates = sort(of_x, of_y, lattice, Keys(0, 1.0))
    cell = cell_of(x, y, lattice)
    for some, seeker, row, key in pairs_of(x, y, cell, candidates, lattice, 1):
        seeker += some.start
        which, distance = candidates.order.take(row), np.sqrt(key)
        seen = distance < sight.take(seeker)
        if own is not None:
            seen &= which != own.take(seeker)
        kept = np.flatnonzero(seen)
        kept = kept[np.lexsort((which[kept], distance[kept], seeker[kept]))]
        yield seeker[kept], which[kept], distance[kept]


def _unsure(best: Floats, looked: float, sight: Floats | float, keys: Keys) -> Ints:
    """Rows for which somebody nearer, or anybody, may stand beyond `looked` and within sight."""
    within = sight <= looked
    if within is True:
        return np.zeros(0, np.int64)
    sure = looked * NEARLY * keys.scale
    unsure = best >= sure * sure
    if within is not False:
        unsure &= ~within
    return np.flatnonzero(unsure)


def _farthest(sight: Floats | float) -> float:
    return sight if isinstance(sight, float) else float(sight.max())


def _of_rows(sight: Floats | float, rows: Ints) -> Floats | float:
    return sight if isinstance(sight, float) else sight[rows]


def _found(best: Floats, sight: Floats | float, keys: Keys) -> Found:
    """What keys stand for. Overwrites `best`."""
    squared, number = keys.split(best)
    distance = np.sqrt(squared, out=squared)
    unseen = distance >= sight
    distance[unseen] = np.inf
    number[unseen] = -1.0
    return Found(number.astype(np.int64), distance)


def _look_wider(
    found: Found,
    rows: Ints,
    x: Floats,
    y: Floats,
    of_x: Floats,
    of_y: Floats,
    sight: Floats | float,
    own: Ints | None,
    side: float,
) -> Found:
    """Search again in larger cells for the rows that `found` is not sure of."""
    if rows.size:
        me = None if own is None else own[rows]
        more = nearest(x[rows], y[rows], of_x, of_y, _of_rows(sight, rows), me, 2 * RINGS * side)
        found.which[rows] = more.which
        found.distance[rows] = more.distance
    return found


def _one_by_one(
    x: Floats, y: Floats, of_x: Floats, of_y: Floats, sight: Floats | float, own: Ints | None
) -> Found:
    """All pairs: for few, and for distances that keys can't hold."""
    found = Found(np.full(x.size, -1, np.int64), np.full(x.size, np.inf))
    if not of_x.size:
        return found
    sights = np.broadcast_to(np.asarray(sight, np.float64), x.shape)
    block = max(1, MOST_PAIRS // of_x.size)
    for at in range(0, x.size, block):
        some = slice(at, at + block)
        dx, dy = x[some, None] - of_x, y[some, None] - of_y
        squared = dx * dx + dy * dy
        if own is not None:
            rows = np.flatnonzero(own[some] >= 0)
            squared[rows, own[some][rows]] = np.inf
        which = np.argmin(squared, axis=1)  # the first of equals
        distance = np.sqrt(squared[np.arange(which.size), which])
        seen = distance < sights[some]
        found.which[some] = np.where(seen, which, -1)
        found.distance[some] = np.where(seen, distance, np.inf)
    return found
