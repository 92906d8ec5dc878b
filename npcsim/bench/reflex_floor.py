"""Guards and bandits as a bare NumPy loop: the floor of `npcsim bench reflex`.

Only the rules of `reflex_rules`, on one thread: no needs, no hash, no events, no log. Sensing
sorts guards and bandits into square cells, lists every guard-bandit pair of adjacent cells once,
and lets each pair count for both sides; the few who find no foe nearer than a cell's side look
again, wider. A pair's distance and the foe's number make one float64 key, so that one minimum
gives both, and among equally near foes the lowest number.

What was tried, in nanoseconds of processor time an NPC-tick over ticks 1 to 30, medians of five,
NumPy 2.4 and SciPy 1.17, one thread of a busy two-core machine:

=========================================================  ======  =======
sensing by                                                 10,000  100,000
=========================================================  ======  =======
`cKDTree` of the foes, unbalanced, not compacted, leaves      640      810
of 8 (among the fastest of 4 to 32; asking in the tree's
own order saves a fifth of a query at 100,000)
cells of 3 tiles                                              280      320
cells of 4 tiles                                              245      310
cells of 5 tiles                                              240      280
cells of 5 tiles, 2,048 seekers at a time (used)              225      230
=========================================================  ======  =======

Not tried: keeping what was sensed of those who stand still from tick to tick.
The tree also answers equals in no set order, so it can't be compared bit for bit with others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from npcsim.bench import reflex_rules as rules

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CELL = 5.0  # tiles: side of a cell
WIDER = 2  # rings of cells that cover `SIGHT` from anywhere in the middle one
BLOCK = 2048  # seekers paired at once: their arrays stay in the processor's cache
ROW_BITS = 20  # a row, and an NPC's number, fit in these
# Squared distances are multiples of 1/GRAIN**2 tile; this makes them multiples of 2**ROW_BITS,
# below which the foe's number goes. All stays under 2**53, so the sum is exact.
TO_KEY = rules.GRAIN**2 * 2.0**ROW_BITS
NOBODY = 2.0**60


@dataclass(frozen=True, slots=True)
class _Team:
    """The living of one side, sorted by cell: row k of all but `first` is one NPC."""

    ids: Ints
    tags: Floats  # the ids again, as they go into keys
    x: Floats
    y: Floats
    cell: Ints
    first: Ints  # (cells + 1,): the row where each cell begins


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Who may be near whom, seeker by seeker. Row k of `seeker`, `foe`, `key` is one pair."""

    seeker: Ints  # row among the seekers
    foe: Ints  # row among the foes
    key: Floats  # squared distance * TO_KEY
    begin: Ints  # (seekers,): a seeker's first pair
    count: Ints  # (seekers,): how many it has


class Floor:
    """n NPCs on the field. `x` and `y` (tiles), `hp` and `state` are arrays of shape (n,).

    Raises ValueError for fewer than 2 NPCs or for 2**20 and more.
    """

    def __init__(self, n: int, seed: int) -> None:
        if not 2 <= n < 2**ROW_BITS:
            raise ValueError(f"the floor takes 2 to {2**ROW_BITS - 1} NPCs, not {n}")
        self.n = n
        self.x, self.y = rules.start_positions(n, seed)
        self.hp = np.full(n, rules.HP)
        self.state = np.full(n, rules.IDLE, dtype=np.int8)
        self._side = float(rules.field_side(n))
        self._guards = rules.guard_count(n)
        # with an empty margin round the field no search leaves the table of cells
        self._wide = int(self._side / CELL) + 1 + 2 * WIDER

    def step(self) -> None:
        """One tick of everybody."""
        near, foe = self._sense()
        alive = self.hp > 0.0
        self._transit(near, alive)
        attacked = foe[alive & (self.state == rules.ATTACK)]
        self._move(near, foe, alive)
        hits = np.bincount(attacked, minlength=self.n)
        self.hp = np.maximum(self.hp - hits * rules.DAMAGE, 0.0)

    def _transit(self, near: Floats, alive: NDArray[np.bool_]) -> None:
        # Outside flight the new state depends on `near` alone; flight begins when weak and ends
        # only with no foe in sight.
        seen = near < rules.SIGHT
        new = seen.astype(np.int8)  # IDLE or CHASE
        new[near < rules.REACH] = rules.ATTACK
        weak = (self.hp < rules.WEAK) & (near < rules.FEAR)
        new[((self.state == rules.FLEE) & seen) | weak] = rules.FLEE
        self.state = np.where(alive, new, self.state)

    def _move(self, near: Floats, foe: Ints, alive: NDArray[np.bool_]) -> None:
        state = self.state
        moves = (state == rules.CHASE) | ((state == rules.FLEE) & (near > 0.0))
        who = np.flatnonzero(moves & alive)
        to = foe[who]
        share = rules.STEP / near[who]
        np.negative(share, out=share, where=state[who] == rules.FLEE)
        x = self.x[who]
        y = self.y[who]
        x += (self.x[to] - x) * share
        y += (self.y[to] - y) * share
        self.x[who] = self._on_field(x)
        self.y[who] = self._on_field(y)

    def _on_field(self, values: Floats) -> Floats:
        values *= rules.GRAIN
        np.floor(values, out=values)
        values *= 1.0 / rules.GRAIN
        return values.clip(0.0, self._side, out=values)

    def _sense(self) -> tuple[Floats, Ints]:
        """Distance to everyone's nearest foe (inf: none in sight, or dead) and its number."""
        near = np.full(self.n, np.inf)
        foe = np.zeros(self.n, dtype=np.int64)
        guards = self._sort(0, self._guards)
        bandits = self._sort(self._guards, self.n)
        if not guards.ids.size or not bandits.ids.size:
            return near, foe
        of_guards = np.empty(guards.ids.size)
        of_bandits = np.full(bandits.ids.size, NOBODY)
        for start in range(0, guards.ids.size, BLOCK):
            some = slice(start, start + BLOCK)
            pairs = self._pairs(guards.x[some], guards.y[some], guards.cell[some], bandits, 1)
            of_guards[some] = _least(pairs, bandits)
            tags = guards.tags[some][pairs.seeker]
            np.minimum.at(of_bandits, pairs.foe, pairs.key + tags)
        for team, foes, best in (
            (guards, bandits, of_guards),
            (bandits, guards, of_bandits),
        ):
            # a foe farther than a cell's side may not be the nearest: one may stand behind
            unsure = np.flatnonzero(best >= CELL * CELL * TO_KEY)
            if unsure.size:
                x, y, cell = team.x[unsure], team.y[unsure], team.cell[unsure]
                best[unsure] = _least(self._pairs(x, y, cell, foes, WIDER), foes)
            squared = np.floor(best * 2.0**-ROW_BITS)
            best -= squared * 2.0**ROW_BITS
            squared *= 2.0**ROW_BITS / TO_KEY
            seen = squared < rules.SIGHT * rules.SIGHT
            ids = team.ids[seen]
            near[ids] = np.sqrt(squared[seen])
            foe[ids] = best[seen]
        return near, foe

    def _sort(self, start: int, stop: int) -> _Team:
        ids = np.flatnonzero(self.hp[start:stop] > 0.0)
        ids += start
        x = self.x[ids]
        y = self.y[ids]
        cell = (y * (1.0 / CELL)).astype(np.int64)
        cell *= self._wide
        cell += (x * (1.0 / CELL)).astype(np.int64)
        cell += WIDER * self._wide + WIDER
        # cell and row sorted as one number: several times faster than an argsort
        cell <<= ROW_BITS
        cell |= np.arange(ids.size)
        cell.sort()
        order = cell & (2**ROW_BITS - 1)
        cell >>= ROW_BITS
        first = np.zeros(self._wide * self._wide + 1, dtype=np.int64)
        np.cumsum(np.bincount(cell, minlength=first.size - 1), out=first[1:])
        ids = ids[order]
        return _Team(ids, ids.astype(np.float64), x[order], y[order], cell, first)

    def _pairs(self, x: Floats, y: Floats, cell: Ints, foes: _Team, rings: int) -> _Pairs:
        """Every seeker with every foe in the cells up to `rings` around its own.

        The cells of one line of that square hold consecutive rows of `foes`, so a seeker has
        2 * rings + 1 runs of rows.
        """
        lines = 2 * rings + 1
        low = np.empty((cell.size, lines), dtype=np.int64)
        count = np.empty_like(low)
        for line in range(lines):
            at = cell + ((line - rings) * self._wide - rings)
            low[:, line] = foes.first[at]
            at += lines
            count[:, line] = foes.first[at] - low[:, line]
        runs = count.ravel()
        ends = np.cumsum(runs)
        foe = np.repeat(low.ravel() - (ends - runs), runs)
        foe += np.arange(foe.size)
        end = ends[lines - 1 :: lines]
        total = np.diff(end, prepend=0)
        seeker = np.repeat(np.arange(cell.size), total)
        key = foes.x[foe]
        key -= x[seeker]
        key *= key
        dy = foes.y[foe]
        dy -= y[seeker]
        dy *= dy
        key += dy
        key *= TO_KEY
        return _Pairs(seeker, foe, key, end - total, total)


def _least(pairs: _Pairs, foes: _Team) -> Floats:
    """Each seeker's least key, the foe's number added; `NOBODY` for those without a pair."""
    best = np.full(pairs.count.size, NOBODY)
    some = np.flatnonzero(pairs.count)
    if some.size:
        keys = pairs.key + foes.tags[pairs.foe]
        best[some] = np.minimum.reduceat(keys, pairs.begin[some])
    return best
