"""Guards and bandits in Mesa: the side of `npcsim bench reflex` that npcsim compares itself with.

Written as a Mesa user would who cares for speed: an agent class with `sense` and `act`, activated
in two stages by `AgentSet.do`, each camp in a space of its own so that a search meets foes only,
neighbourhoods taken from Mesa's cache, the dead removed. Three of Mesa's spaces can carry it.
Microseconds of processor time an NPC-tick, Mesa 3.3.1, Python 3.11, one thread of a busy two-core
machine; medians of five over ticks 1 to 20 with 1,000, of three over ticks 1 to 3 with 10,000:

============================================================  ======  ======
space                                                          1,000  10,000
============================================================  ======  ======
"grid": `discrete_space.OrthogonalMooreGrid`, cells of 5         3.7     7.3
tiles as an index; an agent keeps its exact place itself
"continuous": `experimental.continuous_space`, distances to      7.8    19.9
all foes at once, the least of them
"classic": `space.ContinuousSpace.get_neighbors`                13.9    56.7
============================================================  ======  ======

The grid is the fastest at both sizes, so it is the default. Cells of 2.5, 3, 3.3, 4 and 10 tiles
were tried too: within the noise, or slower.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from math import floor, sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from npcsim.bench import reflex_rules as rules
from npcsim.errors import MissingExtra

Space = Literal["grid", "continuous", "classic"]
SPACES: tuple[Space, ...] = ("grid", "continuous", "classic")

CELL = 5.0  # tiles
WIDER = 2  # rings of cells that cover SIGHT


class _Fighter:
    """The rules for one NPC, whatever the space. `sense` fills near, foe, dx, dy."""

    model: Any
    number: int
    camp: int  # 0 guards, 1 bandits
    x: float
    y: float
    hp: float
    state: int
    near: float
    foe: _Fighter | None
    dx: float
    dy: float

    def enlist(self, number: int, camp: int, x: float, y: float) -> None:
        self.number = number
        self.camp = camp
        self.x = x
        self.y = y
        self.hp = rules.HP
        self.state = rules.IDLE

    def decide(self) -> None:
        """Take the first transition that holds. Nobody's hp changes in this stage."""
        near, state = self.near, self.state
        if state != rules.FLEE and self.hp < rules.WEAK and near < rules.FEAR:
            self.state = rules.FLEE
        elif near >= rules.SIGHT:
            self.state = rules.IDLE
        elif state != rules.FLEE:
            self.state = rules.ATTACK if near < rules.REACH else rules.CHASE

    def act(self) -> None:
        """Do as the state says. `dx` and `dy` are as sensed: the foe may have moved by now."""
        state, foe = self.state, self.foe
        if foe is None or state == rules.IDLE:
            return
        if state == rules.ATTACK:
            foe.hp -= rules.DAMAGE
            if -rules.DAMAGE < foe.hp <= 0.0:  # this hit killed it: later ones find it lower
                self.model.fallen.append(foe)
        elif state == rules.CHASE:
            self.go(rules.STEP / self.near)
        elif self.near > 0.0:
            self.go(-(rules.STEP / self.near))
        else:
            self.dx = 1.0
            self.go(rules.STEP)

    def go(self, share: float) -> None:
        side = self.model.side
        x = floor((self.x + self.dx * share) * rules.GRAIN) / rules.GRAIN
        y = floor((self.y + self.dy * share) * rules.GRAIN) / rules.GRAIN
        self.x = min(max(x, 0.0), side)
        self.y = min(max(y, 0.0), side)
        self.moved()

    def moved(self) -> None:
        """Tell the space of the new place: each space has its own way."""

    def see(self, foes: Iterable[_Fighter]) -> float:
        """Look for the nearest of `foes`; returns its squared distance, or SIGHT squared."""
        x, y = self.x, self.y
        best, found = rules.SIGHT * rules.SIGHT, None
        for foe in foes:
            dx = foe.x - x
            dy = foe.y - y
            squared = dx * dx + dy * dy
            if squared < best:
                best, found = squared, foe
            elif squared == best and found is not None and foe.number < found.number:
                found = foe
        self.face(found)
        return best

    def face(self, foe: _Fighter | None) -> None:
        self.foe = foe
        if foe is None:
            self.near = float("inf")
            return
        self.dx = dx = foe.x - self.x
        self.dy = dy = foe.y - self.y
        self.near = sqrt(dx * dx + dy * dy)


def _grid(side: float, random: Any) -> Any:
    """Makes the two camps' grids; returns the class of an agent that lives on one."""
    discrete = importlib.import_module("mesa.discrete_space")
    # functools.cache on this Mesa method keeps every grid ever made: let go of older runs' grids
    discrete.Cell.get_neighborhood.cache_clear()
    discrete.Cell._neighborhood.cache_clear()
    across = int(side / CELL) + 1
    grids = [discrete.OrthogonalMooreGrid((across, across), random=random) for _ in range(2)]
    for grid in grids:
        for cell in grid.all_cells:
            cell.get_neighborhood(1, True)
            cell.get_neighborhood(WIDER, True)

    class GridFighter(_Fighter, discrete.CellAgent):  # type: ignore[misc, name-defined]
        def __init__(self, model: Any, number: int, x: float, y: float, camp: int) -> None:
            super().__init__(model)
            self.enlist(number, camp, x, y)
            self.ground, self.foes = grids[camp], grids[1 - camp]
            self.cell = self.ground[int(x / CELL), int(y / CELL)]

        def sense(self) -> None:
            around = self.foes[self.cell.coordinate]
            squared = self.see(around.get_neighborhood(1, True).agents)
            if squared >= CELL * CELL:  # a nearer one may stand two cells away
                self.see(around.get_neighborhood(WIDER, True).agents)
            self.decide()

        def moved(self) -> None:
            to = self.ground[int(self.x / CELL), int(self.y / CELL)]
            if to is not self.cell:
                self.cell = to

    return GridFighter


def _continuous(side: float, random: Any) -> Any:
    """The same in Mesa's newer continuous space."""
    package = importlib.import_module("mesa.experimental.continuous_space")
    bounds = [[0.0, side], [0.0, side]]
    spaces = [package.ContinuousSpace(bounds, random=random) for _ in range(2)]

    class ContinuousFighter(_Fighter, package.ContinuousSpaceAgent):  # type: ignore[misc, name-defined]
        def __init__(self, model: Any, number: int, x: float, y: float, camp: int) -> None:
            super().__init__(spaces[camp], model)
            self.enlist(number, camp, x, y)
            self.foes = spaces[1 - camp]
            self.position = (x, y)

        def sense(self) -> None:
            foe = None
            if self.foes.active_agents:
                distances, foes = self.foes.calculate_distances((self.x, self.y))
                first = distances.argmin()  # agents stand in order of number: so do equals
                if distances[first] < rules.SIGHT:
                    foe = foes[first]
            self.face(foe)
            self.decide()

        def moved(self) -> None:
            self.position = (self.x, self.y)

    return ContinuousFighter


def _classic(side: float, random: Any) -> Any:
    """The same in Mesa's first continuous space."""
    mesa = importlib.import_module("mesa")
    package = importlib.import_module("mesa.space")
    # its far edge is outside, so it is made a tile larger
    spaces = [package.ContinuousSpace(side + 1.0, side + 1.0, torus=False) for _ in range(2)]

    class ClassicFighter(_Fighter, mesa.Agent):  # type: ignore[misc, name-defined]
        def __init__(self, model: Any, number: int, x: float, y: float, camp: int) -> None:
            super().__init__(model)
            self.enlist(number, camp, x, y)
            self.ground, self.foes = spaces[camp], spaces[1 - camp]
            self.ground.place_agent(self, (x, y))

        def sense(self) -> None:
            any_left = self.model.living[1 - self.camp]  # an empty space can't be searched
            self.see(self.foes.get_neighbors(self.pos, rules.SIGHT) if any_left else ())
            self.decide()

        def moved(self) -> None:
            self.ground.move_agent(self, (self.x, self.y))

        def remove(self) -> None:
            self.ground.remove_agent(self)
            super().remove()

    return ClassicFighter


_SPACES = {"grid": _grid, "continuous": _continuous, "classic": _classic}


class MesaSide:
    """n NPCs on the field, as a Mesa model.

    Raises MissingExtra if Mesa is not installed.
    """

    def __init__(self, n: int, seed: int, space: Space = "grid") -> None:
        try:
            mesa = importlib.import_module("mesa")
        except ImportError as error:
            raise MissingExtra(
                'the bench compares with Mesa: pip install "npcsim[bench]"'
            ) from error
        guards = rules.guard_count(n)

        class Field(mesa.Model):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__(seed=seed)
                self.side = rules.field_end(n)
                self.fallen: list[Any] = []
                self.living = [guards, n - guards]
                fighter = _SPACES[space](self.side, self.random)
                xs, ys = rules.start_positions(n, seed)
                places = zip(xs.tolist(), ys.tolist(), strict=True)
                self.fighters = [
                    fighter(self, number, x, y, int(number >= guards))
                    for number, (x, y) in enumerate(places)
                ]

            def step(self) -> None:
                self.agents.do("sense")
                self.agents.do("act")
                for fallen in self.fallen:
                    fallen.hp = 0.0
                    fallen.remove()
                    self.living[fallen.camp] -= 1
                self.fallen.clear()

        self.n = n
        self._field = Field()

    def step(self) -> None:
        """One tick of everybody."""
        self._field.step()

    @property
    def x(self) -> NDArray[np.float64]:
        """East-west place of each, (n,), tiles."""
        return np.array([fighter.x for fighter in self._field.fighters])

    @property
    def y(self) -> NDArray[np.float64]:
        """North-south place of each, (n,), tiles."""
        return np.array([fighter.y for fighter in self._field.fighters])

    @property
    def hp(self) -> NDArray[np.float64]:
        """hp of each, (n,)."""
        return np.array([fighter.hp for fighter in self._field.fighters])

    @property
    def state(self) -> NDArray[np.int8]:
        """State of each, (n,), by number as in `reflex_rules`."""
        return np.array([fighter.state for fighter in self._field.fighters], dtype=np.int8)
