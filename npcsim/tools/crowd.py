"""What an action for a whole population is given: columns, senses, dice and ways to move."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from npcsim.effects import Motion
from npcsim.reflex.senses import NOBODY, Nearest, Rows, Senses
from npcsim.world.dice import rolls
from npcsim.world.grid import stand_cell
from npcsim.world.state import World
from npcsim.world.walking import advance, away, away_on_grid, straight

Floats = NDArray[np.float64]


class Crowd:
    """One tick, seen by an action that moves many. Rows are serials (`uint32`)."""

    def __init__(self, world: World, senses: Senses) -> None:
        self.world, self.senses = world, senses
        self.seconds = world.setting.seconds

    def __getitem__(self, column: str) -> NDArray[Any]:
        """A column over everybody, read-only: `crowd["hp"][who]`."""
        return self.world.columns[column]

    def rolls(self, purpose: str, who: Rows) -> Floats:
        """A keyed die in [0, 1) for each."""
        return rolls(self.world.setting.seed, self.world.tick, purpose, who)

    def nearest(self, kind: str, who: Rows) -> Nearest:
        """The nearest one of a kind that each of `who` sees."""
        return self.senses.nearest(kind, who)

    def budget(self, who: Rows) -> Floats:
        """How far each walks in a tick, in tiles."""
        budget: Floats = self["speed"][who] * self.seconds
        return budget

    def toward(self, who: Rows, target: Rows) -> Motion:
        """Walk towards others. Straight where nothing stands between, else round the walls."""
        seen = target != NOBODY
        who, target = who[seen], target[seen]
        x, y, tx, ty = self["x"][who], self["y"][who], self["x"][target], self["y"][target]
        budget = self.budget(who)
        nx, ny, _ = straight(x, y, tx, ty, budget)
        grid = self.world.grid
        if grid is not None and len(who):
            ends = grid.cells(nx, ny)
            clear = self.senses.clear(who, target) & grid.walkable.ravel()[ends]
            for goal in np.unique(grid.cells(tx[~clear], ty[~clear])).tolist():
                some = np.flatnonzero(~clear & (grid.cells(tx, ty) == goal))
                nx[some], ny[some] = self._walk(who[some], goal, tx[some], ty[some], budget[some])
        return Motion(who, nx, ny)

    def away(self, who: Rows, target: Rows) -> Motion:
        """Run from others, at most a cell a step on a map."""
        seen = target != NOBODY
        who, target = who[seen], target[seen]
        x, y, tx, ty = self["x"][who], self["y"][who], self["x"][target], self["y"][target]
        budget = self.budget(who)
        grid = self.world.grid
        if grid is None:
            width, height = self.world.setting.size
            nx, ny = away(x, y, tx, ty, budget, int(width), int(height))
        else:
            nx, ny, left = x, y, budget
            while len(who) and (left > 0).any():
                step = np.clip(left, 0.0, 1.0)
                nx, ny = away_on_grid(grid, nx, ny, tx, ty, step)
                left = left - step
        return Motion(who, nx, ny)

    def walk_to(self, who: Rows, x: Floats, y: Floats) -> Motion:
        """Walk to points (one for each), round whatever is in the way."""
        budget = self.budget(who)
        grid = self.world.grid
        if grid is None:
            nx, ny, _ = straight(self["x"][who], self["y"][who], x, y, budget)
            return Motion(who, nx, ny)
        goals = np.array([stand_cell(grid, cell) for cell in grid.cells(x, y).tolist()])
        nx, ny = self["x"][who].copy(), self["y"][who].copy()
        for goal in np.unique(goals).tolist():
            some = np.flatnonzero(goals == goal)
            nx[some], ny[some] = self._walk(who[some], goal, x[some], y[some], budget[some])
        return Motion(who, nx, ny)

    def _walk(
        self, who: Rows, goal: int, x: Floats, y: Floats, budget: Floats
    ) -> tuple[Floats, Floats]:
        world = self.world
        if world.grid is None or world.fields is None:
            return self["x"][who], self["y"][who]
        row = world.fields.row((goal,))
        nx, ny, _ = advance(
            world.grid, world.fields.flows, row, self["x"][who], self["y"][who], x, y, budget
        )
        return nx, ny


def _seen(who: Rows, target: Rows) -> tuple[Rows, Rows]:
    """Without those who see nobody."""
    seen = target != NOBODY
    return (who, target) if seen.all() else (who[seen], target[seen])
