"""What one has learnt: how a plan goes, by lessons that have not faded; and of facts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from npcsim.world.lessons import seen
from npcsim.world.state import World

Rows = NDArray[np.uint32]


def learnt(world: World, what: str, deed: str, rows: Rows) -> NDArray[np.float64]:
    """For each of `rows`: how often a plan `failed` or `worked` by one's own lesson, else 0."""
    found = (seen(world, world.setting.profiles[row].id, deed) for row in rows.tolist())
    return np.array(
        [0 if one is None else one.failed if what == "failed" else one.done for one in found],
        np.float64,
    )


def aware(world: World, fact: str, rows: Rows) -> NDArray[np.bool_]:
    """For each of `rows`: whether it remembers a named fact, its own or from whomever."""
    told = world.setting.facts[fact]
    minds = (world.memories.of(world.setting.profiles[row].id) for row in rows.tolist())
    return np.array([any(told in (m.fact, m.text) for m in lines) for lines in minds], np.bool_)
