"""Things of a map that nobody can get to: a warning, as some are only to be seen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from npcsim.assembly.land.drawn import is_drawn, line_of
from npcsim.errors import Mistake
from npcsim.scenario.schema import Definition
from npcsim.scenario.source import Sources
from npcsim.world.grid import NEIGHBOURS, UNREACHABLE, Grid
from npcsim.world.places import common_ground
from npcsim.world.state import World
from npcsim.world.walking import distance_field


def walled_in(world: World, definition: Definition, sources: Sources) -> Iterator[Mistake]:
    """A warning for each spot that neither people as they begin nor most of the ground lead to.

    Doors that are locked count as open: they are locked to be unlocked.
    """
    if world.grid is None:
        return
    grid = Grid(world.grid.walkable, world.grid.opaque)
    spots = [spot for _, spot in world.spots.items()]
    cells = grid.cells(np.array([one.x for one in spots]), np.array([one.y for one in spots]))
    for spot, cell in zip(spots, cells.tolist(), strict=True):
        if spot.locked and spot.kind == "door":
            grid.set_blocked(cell, False)
    within = _within(grid, world)
    for spot, cell in zip(spots, cells.tolist(), strict=True):
        y, x = divmod(cell, grid.width)
        near = [(x, y)]
        if not grid.walkable[y, x]:  # one stands beside it, as whoever goes there does
            near = [(x + dx, y + dy) for dx, dy in NEIGHBOURS[:4]]
            near = [(i, j) for i, j in near if 0 <= i < grid.width and 0 <= j < grid.height]
        if not any(within[j, i] for i, j in near):
            message = f"nobody can get to the {spot.kind} {spot.id!r}"
            hint = "it is walled in: open a way, or leave it out"
            if spot.id in definition.spots:
                yield sources.mistake(("spots", spot.id), message, hint, key=True)
            else:
                row = y + 1 if is_drawn(definition) else 0
                yield Mistake(*line_of(sources, row), message, hint)


def _within(grid: Grid, world: World) -> NDArray[np.bool_]:
    """bool [h, w]: most of the ground, and wherever people begin and can walk to."""
    starts = grid.cells(world.columns["x"], world.columns["y"])
    field = distance_field(grid, np.unique(starts))
    both = common_ground(grid) | (field < UNREACHABLE)
    return both.reshape(grid.walkable.shape)
