"""What bodies perceive, for whole populations at once, worked out only where it is asked for.

Distances are in tiles. Positions are multiples of 1/1024 tile, so squared distances are exact in
float64 and the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from npcsim.world.grid import clear_sight
from npcsim.world.state import World

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

Rows = NDArray[np.uint32]
NOBODY = np.uint32(0xFFFFFFFF)
FOE = "foe"
ANYONE = "anyone"


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest one seen, row by row: serial (`NOBODY` if none) and distance (inf if none)."""

    who: Rows
    distance: NDArray[np.float64]


class Senses:
    """One tick's senses. Reads the world as committed at the tick before."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._trees: dict[str, tuple[cKDTree, Rows] | None] = {}
        self._nearest: dict[str, Nearest] = {}
        self._known: dict[str, NDArray[np.bool_]] = {}

    def nearest(self, kind: str, rows: Rows) -> Nearest:
        """The nearest living NPC of a kind (archetype, faction, name, `foe`) each row can see."""
        if kind not in self._known:
            count = self.world.columns.length
            self._known[kind] = np.zeros(count, np.bool_)
            self._nearest[kind] = Nearest(
                np.full(count, NOBODY, np.uint32), np.full(count, np.inf, np.float64)
            )
        known, found = self._known[kind], self._nearest[kind]
        todo = rows[~known[rows]]
        if len(todo):
            for sought, some in self._by_foes(todo) if kind == FOE else [(kind, todo)]:
                found.who[some], found.distance[some] = self._look(sought, some)
            known[todo] = True
        return Nearest(found.who[rows], found.distance[rows])

    def hears(self, about: str, rows: Rows) -> NDArray[np.bool_]:
        """Whether each row hears a signal of a kind, by its loudness and distance."""
        columns = self.world.columns
        x, y = columns["x"][rows], columns["y"][rows]
        heard = np.zeros(len(rows), np.bool_)
        for signal in self.world.signals:
            if signal.about == about:
                square = (x - signal.x) ** 2 + (y - signal.y) ** 2
                heard |= square <= signal.loudness * signal.loudness
        for crowd_about, loudness, who in self.world.crowd_signals:
            if crowd_about == about and len(who):
                heard |= self._within(columns["x"][who], columns["y"][who], x, y, loudness)
        return heard

    def at(self, place: str, rows: Rows) -> NDArray[np.bool_]:
        """Whether each row is at a place."""
        number = list(self.world.setting.places).index(place)
        return np.asarray(self.world.columns["place"][rows] == number)

    def carried(self, item: str, rows: Rows) -> NDArray[np.float64]:
        """How many of an item each row carries."""
        profiles, held = self.world.setting.profiles, self.world.held
        return np.array([held(profiles[row].id).get(item, 0) for row in rows], np.float64)

    def count(self, word: str) -> float:
        """How many living NPCs are in a state, or of a kind."""
        columns, setting = self.world.columns, self.world.setting
        if word in setting.state_numbers:
            total = 0
            for machine, number in setting.state_numbers[word]:
                inside = (columns["machine"] == machine) & (columns["state"] == number)
                total += int(np.count_nonzero(inside & columns["alive"]))
            return float(total)
        return float(np.count_nonzero(columns["alive"][setting.rows_of(word)]))

    def _by_foes(self, rows: Rows) -> list[tuple[str, Rows]]:
        """Split rows by what they count as foes; the key is a joint kind (`a|b`)."""
        columns = self.world.columns
        groups = columns["foes"][rows]
        keys = self.world.setting.foe_keys
        return [(key, rows[groups == number]) for number, key in enumerate(keys) if key]

    def _tree(self, kind: str) -> tuple[cKDTree, Rows] | None:
        if kind not in self._trees:
            from scipy.spatial import cKDTree

            columns = self.world.columns
            who = self.world.setting.rows_of(kind)
            who = who[columns["alive"][who]]
            points = np.column_stack((columns["x"][who], columns["y"][who]))
            self._trees[kind] = (
                (cKDTree(points, balanced_tree=False, compact_nodes=False), who)
                if len(who)
                else None
            )
        return self._trees[kind]

    def _look(self, kind: str, rows: Rows) -> tuple[Rows, NDArray[np.float64]]:
        """Nearest of a kind in sight. Walls are asked about only where there are any."""
        tree_and_who = self._tree(kind) if len(rows) else None
        if tree_and_who is None:
            return np.full(len(rows), NOBODY, np.uint32), np.full(len(rows), np.inf)
        columns = self.world.columns
        sight = columns["sight"][rows]
        points = np.column_stack((columns["x"][rows], columns["y"][rows]))
        walls = self.world.grid is not None and bool(self.world.grid.opaque.any())
        of_kind = np.zeros(columns.length, np.bool_)
        of_kind[tree_and_who[1]] = True
        if not walls and not of_kind[rows].any():
            return _first(tree_and_who, points, sight)
        return self._search(tree_and_who, rows, points, sight, walls)

    def _search(
        self,
        tree_and_who: tuple[cKDTree, Rows],
        rows: Rows,
        points: NDArray[np.float64],
        sight: NDArray[np.float64],
        walls: bool,
    ) -> tuple[Rows, NDArray[np.float64]]:
        """Ask for more and more neighbours until each row has one it can see, or none is left."""
        tree, who = tree_and_who
        found = np.full(len(rows), NOBODY, np.uint32)
        distance = np.full(len(rows), np.inf)
        open_rows = np.arange(len(rows))
        neighbours = 4
        while len(open_rows):
            neighbours = min(neighbours, len(who))
            far, index = tree.query(
                points[open_rows],
                k=list(range(1, neighbours + 1)),
                distance_upper_bound=float(sight.max()),
            )
            for column in range(neighbours):
                live = np.flatnonzero(
                    (far[:, column] < sight[open_rows]) & (found[open_rows] == NOBODY)
                )
                if not len(live):
                    continue
                seen = who[index[live, column]]
                mine = open_rows[live]
                clear = seen != rows[mine]
                if walls:
                    clear &= self.clear(rows[mine], seen)
                found[mine[clear]] = seen[clear]
                distance[mine[clear]] = far[live[clear], column]
            more = (far[:, -1] < sight[open_rows]) & (found[open_rows] == NOBODY)
            if neighbours == len(who):
                break
            open_rows = open_rows[more]
            neighbours *= 4
        return found, distance

    def clear(self, rows: Rows, others: Rows) -> NDArray[np.bool_]:
        """Whether nothing opaque stands between each pair."""
        columns, grid = self.world.columns, self.world.grid
        if grid is None:
            return np.ones(len(rows), np.bool_)
        return clear_sight(
            grid, columns["x"][rows], columns["y"][rows], columns["x"][others], columns["y"][others]
        )

    def in_sight(self, row: int, radius: float | None = None) -> Rows:
        """Serials of everybody alive that one NPC sees, nearest first, itself apart."""
        columns = self.world.columns
        me = np.uint32(row)
        reach = float(columns["sight"][row]) if radius is None else radius
        square = (columns["x"] - columns["x"][row]) ** 2 + (columns["y"] - columns["y"][row]) ** 2
        near = np.flatnonzero((square <= reach * reach) & columns["alive"]).astype(np.uint32)
        near = near[near != me]
        if len(near):
            near = near[self.clear(np.full(len(near), me), near)]
        order = np.lexsort((near, square[near]))
        return np.asarray(near[order], np.uint32)

    @staticmethod
    def _within(
        from_x: NDArray[np.float64],
        from_y: NDArray[np.float64],
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        radius: float,
    ) -> NDArray[np.bool_]:
        from scipy.spatial import cKDTree

        tree = cKDTree(np.column_stack((from_x, from_y)))
        far, _ = tree.query(np.column_stack((x, y)), distance_upper_bound=radius + 1 / 1024)
        return np.asarray(far <= radius)


def _first(
    tree_and_who: tuple[cKDTree, Rows], points: NDArray[np.float64], sight: NDArray[np.float64]
) -> tuple[Rows, NDArray[np.float64]]:
    """The nearest neighbour within sight, where nothing can stand between."""
    tree, who = tree_and_who
    far, index = tree.query(points, distance_upper_bound=float(sight.max()))
    seen = far < sight
    found = np.full(len(points), NOBODY, np.uint32)
    found[seen] = who[index[seen]]
    return found, np.where(seen, far, np.inf)
