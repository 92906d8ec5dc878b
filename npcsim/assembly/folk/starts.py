"""Where NPCs begin."""

from __future__ import annotations

from typing import Any

import numpy as np

from npcsim.assembly.land.ground import Ground
from npcsim.scenario.schema import NpcPart
from npcsim.world.dice import bits, roll
from npcsim.world.grid import NEIGHBOURS, Grid, stand_cell

APART = 3
"""Several who begin at one point stand within so many steps of it."""


def start(
    ground: Ground, part: NpcPart, id: str, seed: int, around: dict[int, list[int]]
) -> tuple[float, float, int]:
    """Where an NPC begins: its own point, a free cell of a place, a spot, a spawn, or anywhere.

    At a spot or a spawn of a map one stands on it; the several of a `count` stand around it, by
    dice. `around` keeps what was found about cells for the next one.
    -> x and y in tiles and the number of the place, -1 for none.
    """
    throw_x, throw_y = roll(seed, 0, id, "start x"), roll(seed, 0, id, "start y")
    where = part.at or part.home or ""
    point = False
    if part.x is not None and part.y is not None:
        x, y = part.x, part.y
    elif where in ground.spawns:
        (x, y), point = ground.spawns[where], True
    elif where in ground.cells_of and len(ground.cells_of[where]) and ground.grid is not None:
        cells = ground.cells_of[where]
        x, y = ground.grid.centre(int(cells[int(throw_x * len(cells))]))
    elif where in ground.places:
        x, y = _within(ground.places[where].areas, throw_x, throw_y, ground.places[where])
    elif where:
        (x, y), point = _at_spot(ground, where, throw_x), True
    else:
        x, y = throw_x * ground.size[0], throw_y * ground.size[1]
    if ground.grid is not None:
        cell = int(ground.grid.cells(np.array([x]), np.array([y]))[0])
        if not ground.grid.walkable.ravel()[cell]:
            cell = stand_cell(ground.grid, cell)
            x, y = ground.grid.centre(cell)
        if point and part.count > 1:
            near = around.get(cell) or _around(ground, ground.grid, cell)
            around[cell] = near
            x, y = ground.grid.centre(near[bits(seed, 0, id, "start near") % len(near)])
    x, y = np.floor(x * 1024) / 1024, np.floor(y * 1024) / 1024
    return float(x), float(y), _place_number(ground, where, x, y)


def _around(ground: Ground, grid: Grid, cell: int) -> list[int]:
    """Cells within `APART` steps on foot, in the same place if it is in one, in rising order."""
    places = ground.place_map.ravel() if ground.place_map is not None else None
    steps = grid.steps().reshape(len(NEIGHBOURS), -1)
    shift = [dy * grid.width + dx for dx, dy in NEIGHBOURS]
    found, edge = {cell}, {cell}
    for _ in range(APART):
        edge = {
            here + shift[way] for here in edge for way in range(len(shift)) if steps[way, here]
        } - found
        if places is not None and places[cell] >= 0:
            edge = {here for here in edge if places[here] == places[cell]}
        found |= edge
    return sorted(found)


def _within(areas: Any, throw_x: float, throw_y: float, place: Any) -> tuple[float, float]:
    if not areas:
        return place.x, place.y
    x0, y0, x1, y1 = areas[0]
    return x0 + throw_x * (x1 - x0), y0 + throw_y * (y1 - y0)


def _at_spot(ground: Ground, where: str, throw: float) -> tuple[float, float]:
    found = [spot for spot in ground.spots if where in (spot.id, spot.kind)]
    if not found:
        return ground.size[0] / 2, ground.size[1] / 2
    spot = found[int(throw * len(found))]
    return spot.x, spot.y


def _place_number(ground: Ground, where: str, x: float, y: float) -> int:
    if ground.place_map is None:
        return list(ground.places).index(where) if where in ground.places else -1
    height, width = ground.place_map.shape
    return int(ground.place_map[min(int(y), height - 1), min(int(x), width - 1)])
