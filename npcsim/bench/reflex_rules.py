"""Guards and bandits: the rules that every side of `npcsim bench reflex` plays by.

A square open field, half guards and half bandits, one NPC per `TILES_PER_NPC` tiles, one tick a
second. An NPC has a place (tiles), hp and one of four states. A tick has two phases:

**Sense.** Everyone living looks at the world as committed at the tick before. `near` is the
distance to its nearest living foe nearer than `SIGHT`, infinity if there is none; among equally
near foes the one with the lowest number counts.

**Act.** Everyone living takes the first transition that holds, at most one, and then acts as its
new state says. All act on what they sensed, so no order among NPCs can matter.

=========================  =======  ==============================
from                       to       when
=========================  =======  ==============================
idle, chase, attack        flee     hp < 30 and near < 8
idle, chase                attack   near < 1.5
idle, attack               chase    near >= 1.5 and near < 10
chase, attack, flee        idle     near >= 10
=========================  =======  ==============================

======  =============================================================================
state   what it does
======  =============================================================================
idle    nothing
chase   a step of `STEP` straight toward the nearest foe, not past it
attack  `DAMAGE` hp off the nearest foe
flee    a step of `STEP` straight away from the nearest foe; east if it stands right there
======  =============================================================================

The arithmetic is float64, in this order, so that sides can be compared bit for bit:
`near = sqrt(dx * dx + dy * dy)` with `dx = foe.x - x`; a step adds `dx * (STEP / near)` to x (flee
subtracts it), the sum is floored to 1/1024 tile and clipped to [0, side - 1/1024]; y alike. Damage
sums; hp stops at 0, where an NPC is dead: it does nothing, nobody senses it, its state stays.

Numbers 0 … n // 2 - 1 are guards, the others bandits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

IDLE, CHASE, ATTACK, FLEE = 0, 1, 2, 3

SIGHT = 10.0  # tiles
REACH = 1.5  # tiles: nearer than this, one attacks
FEAR = 8.0  # tiles: a weak NPC flees from foes nearer than this
WEAK = 30.0  # hp: below this it is weak
HP = 100.0  # at the start
DAMAGE = 4.0  # hp an attack and tick
STEP = 1.25  # tiles a tick
GRAIN = 1024.0  # places are multiples of 1/GRAIN tile
TILES_PER_NPC = 16

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)


def field_side(n: int) -> int:
    """Side of the field in tiles: the square root of n * `TILES_PER_NPC`, floored."""
    return int(np.floor(np.sqrt(float(n * TILES_PER_NPC))))


def field_end(n: int) -> float:
    """The farthest east and south that anybody stands, in tiles."""
    return field_side(n) - 1.0 / GRAIN


def guard_count(n: int) -> int:
    """How many of n are guards: the first so many numbers."""
    return n // 2


def start_positions(n: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x and y of n NPCs, in tiles, multiples of 1/1024, uniform in [0, side).

    Keyed: the draw of NPC i on axis a is number 2 i + a of the splitmix64 sequence that starts at
    the seed (Steele, Lea, Flood 2014), its upper 53 bits read as a fraction.
    """
    count = np.arange(1, 2 * n + 1, dtype=np.uint64)
    z = np.uint64(seed & 0xFFFFFFFFFFFFFFFF) + count * _GOLDEN  # uint64 arrays wrap: intended
    z = (z ^ (z >> np.uint64(30))) * _MIX_A
    z = (z ^ (z >> np.uint64(27))) * _MIX_B
    z = z ^ (z >> np.uint64(31))
    fraction = (z >> np.uint64(11)).astype(np.float64) * (1.0 / 9007199254740992.0)
    places = np.floor(fraction * field_side(n) * GRAIN) / GRAIN
    return places[0::2].copy(), places[1::2].copy()
