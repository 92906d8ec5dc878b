"""How much some trust, fear or know others: averages over a table of ties."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from npcsim.world.state import World

Rows = NDArray[np.uint32]


def toward(world: World, tie: str, rows: Rows, kind: str) -> NDArray[np.float64]:
    """For each of `rows`, the mean of a tie to those of a kind, itself apart; 0 for unknown."""
    others = world.setting.rows_of(kind).tolist()
    return np.array([_mean(world, tie, [row], others) for row in rows.tolist()], np.float64)


def between(world: World, tie: str, kind: str, other: str) -> float:
    """The mean of a tie from those of one kind to those of another; 0 for unknown."""
    ones, others = world.setting.rows_of(kind).tolist(), world.setting.rows_of(other).tolist()
    return _mean(world, tie, ones, others)


def _mean(world: World, tie: str, ones: list[int], others: list[int]) -> float:
    profiles = world.setting.profiles
    total, pairs = 0.0, 0
    for one in ones:
        for other in others:
            if one != other:
                key = f"{profiles[one].id}\n{profiles[other].id}\n{tie}"
                total += world.ties.get(key) or 0.0
                pairs += 1
    return total / pairs if pairs else 0.0
