"""Keyed dice: chance that depends on what it is for, never on the order of asking.

Every throw is a function of (seed, tick, entity, purpose). Throws for one entity hash the key
with BLAKE2b; throws for a population mix serials with the SplitMix64 finaliser (Steele, Lea &
Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def bits(*key: str | int) -> int:
    """64 bits that belong to a key. Parts are kept apart by lengths, so ("ab",) != ("a", "b")."""
    digest = blake2b(digest_size=8)
    for part in key:
        text = str(part).encode()
        digest.update(len(text).to_bytes(4, "little"))
        digest.update(text)
    return int.from_bytes(digest.digest(), "little")


def roll(*key: str | int) -> float:
    """A number in [0, 1) that belongs to a key, as a multiple of 2**-53."""
    return (bits(*key) >> 11) / 2**53


def rolls(seed: int, tick: int, purpose: str, who: NDArray[np.uint32]) -> NDArray[np.float64]:
    """One number in [0, 1) for each serial in `who`."""
    with np.errstate(over="ignore"):
        mixed = np.uint64(bits(seed, tick, purpose)) + (who.astype(np.uint64) + 1) * _STEP
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX_1
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX_2
        mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)) / np.float64(2**53)


def draw(weights: Sequence[float], throw: float) -> int:
    """The index that `throw` in [0, 1) falls on. Weights are >= 0; all zero counts as equal."""
    total = 0.0
    for weight in weights:
        total += weight
    if total <= 0:
        return min(int(throw * len(weights)), len(weights) - 1)
    mark, passed = throw * total, 0.0
    for index, weight in enumerate(weights):
        passed += weight
        if mark < passed:
            return index
    return max(index for index, weight in enumerate(weights) if weight > 0)
