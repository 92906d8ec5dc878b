"""Guards and bandits as a bare NumPy loop: the floor of `npcsim bench reflex`.

Only the rules of `reflex_rules`, on one thread: no needs, no hash, no events, no log. Sensing is
`reflex.nearest.mutual`, the same kernel that npcsim uses, told the best side for its cells: every
guard-bandit pair of adjacent cells counts once for both sides.

What was tried for sensing, as processor time of the whole loop over ticks 1 to 30, medians, on
one thread of a busy two-core machine (its speed swings by half, so only ratios say something):

=======================================================================  ======  =======
sensing by                                                               10,000  100,000
=======================================================================  ======  =======
`cKDTree` of the foes, unbalanced, not compacted, leaves of 8               2.8      3.5
square cells of 5 tiles, 2,048 seekers at a time, least by `reduceat`       1.1      1.3
cells 5 high and 2.5 wide, even pieces of at most 3,000, least by            1        1
`minimum.at` (used: about 190 ns an NPC-tick when the machine is quiet)
=======================================================================  ======  =======

Cells of 3, 3.4, 4, 4.5, 5.5, 6 and 6.7 tiles were slower, as were columns of 1, 3, 4 and 5 to a
cell. Not tried: keeping what was sensed of those who stand still from tick to tick.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from npcsim.bench import reflex_rules as rules
from npcsim.reflex.nearest import mutual

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CELL = 5.0  # tiles: side of a cell; the best of 3.4, 4, 4.5, 5, 5.5, 6 and 6.7


class Floor:
    """n NPCs on the field. `x` and `y` (tiles), `hp` and `state` are arrays of shape (n,).

    Raises ValueError for fewer than 2 NPCs.
    """

    def __init__(self, n: int, seed: int) -> None:
        if n < 2:
            raise ValueError(f"the floor takes 2 NPCs or more, not {n}")
        self.n = n
        self.x, self.y = rules.start_positions(n, seed)
        self.hp = np.full(n, rules.HP)
        self.state = np.full(n, rules.IDLE, dtype=np.int8)
        self._end = rules.field_end(n)
        self._guards = rules.guard_count(n)

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
        moves = (state == rules.CHASE) | (state == rules.FLEE)
        who = np.flatnonzero(moves & alive)
        to, far = foe[who], near[who]
        x, y = self.x[who], self.y[who]
        dx, dy = self.x[to] - x, self.y[to] - y
        flees = state[who] == rules.FLEE
        there = np.flatnonzero(far == 0.0)  # only who flees can be: it goes east
        far[there], dx[there] = 1.0, -1.0
        share = rules.STEP / far
        np.negative(share, out=share, where=flees)
        dx *= share
        dy *= share
        x += dx
        y += dy
        self.x[who] = self._on_field(x)
        self.y[who] = self._on_field(y)

    def _on_field(self, values: Floats) -> Floats:
        values *= rules.GRAIN
        np.floor(values, out=values)
        values *= 1.0 / rules.GRAIN
        return values.clip(0.0, self._end, out=values)

    def _sense(self) -> tuple[Floats, Ints]:
        """Distance to everyone's nearest foe (inf: none in sight, or dead) and its number."""
        near = np.full(self.n, np.inf)
        foe = np.zeros(self.n, dtype=np.int64)
        living = np.flatnonzero(self.hp > 0.0)
        guards, bandits = np.split(living, [np.searchsorted(living, self._guards)])
        if guards.size and bandits.size:
            x, y = self.x, self.y
            places = (x[guards], y[guards], x[bandits], y[bandits])
            for us, them, found in zip(
                (guards, bandits),
                (bandits, guards),
                mutual(*places, rules.SIGHT, rules.SIGHT, CELL),
                strict=True,
            ):
                near[us] = found.distance
                foe[us] = them[found.which]
        return near, foe
