"""What bodies perceive, for whole populations at once, worked out only where it is asked for.

Distances are in tiles. Positions are multiples of 1/1024 tile, so squared distances are exact in
float64 and the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from npcsim.reflex.cells import Floats, Ints
from npcsim.reflex.nearest import Found, in_order, mutual, nearest
from npcsim.world.grid import clear_sight
from npcsim.world.state import World

Rows = NDArray[np.uint32]
NOBODY = np.uint32(0xFFFFFFFF)
FOE = "foe"
ANYONE = "anyone"
WORTH_ALL = 8  # when so many times those who ask are all who may, all are looked up at once


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest one seen, row by row: serial (`NOBODY` if none) and distance (inf if none)."""

    who: Rows
    distance: NDArray[np.float64]


@dataclass(slots=True)
class _Sensed:
    """What is known so far of one kind: of whom, and whether of everybody who may ask."""

    found: Nearest
    known: NDArray[np.bool_]
    whole: bool = False


class Senses:
    """One tick's senses. Reads the world as committed at the tick before."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._sensed: dict[str, _Sensed] = {}
        self._living: dict[str, Rows] = {}

    def nearest(self, kind: str, rows: Rows) -> Nearest:
        """The nearest living NPC of a kind (archetype, faction, name, `foe`) each row can see."""
        found = self._found(kind, rows)
        return Nearest(found.who.take(rows), found.distance.take(rows))

    def distance(self, kind: str, rows: Rows) -> Floats:
        """How far that one is, in tiles; inf where there is none."""
        distance: Floats = self._found(kind, rows).distance.take(rows)
        return distance

    def _found(self, kind: str, rows: Rows) -> Nearest:
        """What is known of a kind, over everybody: at least what concerns `rows`."""
        if kind == FOE:
            self._count(len(rows))
        sensed = self._sensed.get(kind)
        if sensed is None:
            sensed = self._sensed[kind] = _blank(self.world.columns.length)
        if not sensed.whole:
            todo = rows[~sensed.known[rows]]
            if len(todo):
                if kind == FOE:
                    self._foes(sensed, todo)
                else:
                    self._look(sensed.found, kind, todo)
                    sensed.known[todo] = True
        return sensed.found

    def hears(self, about: str, rows: Rows) -> NDArray[np.bool_]:
        """Whether each row hears a signal of a kind, by its loudness and distance."""
        columns = self.world.columns
        x, y = columns["x"][rows], columns["y"][rows]
        heard = np.zeros(len(rows), np.bool_)
        for signal in self.world.signals:
            if signal.about == about:
                dx, dy = x - signal.x, y - signal.y
                square = dx * dx + dy * dy
                heard |= square <= signal.loudness * signal.loudness
        for crowd_about, loudness, who in self.world.crowd_signals:
            if crowd_about == about and len(who):
                heard |= self._within(columns["x"][who], columns["y"][who], x, y, loudness)
        return heard

    def at(self, place: str, rows: Rows) -> NDArray[np.bool_]:
        """Whether each row is at a place."""
        number = list(self.world.setting.places).index(place)
        return np.asarray(self.world.columns["place"][rows] == number)

    def beside(self, spot: str, rows: Rows) -> NDArray[np.bool_]:
        """Whether each row is near enough to use a spot of a name or kind.

        Within its reach; in the same place, where there is no ground to walk on.
        """
        world = self.world
        spots = [one for _, one in world.spots.items() if spot in (one.id, one.kind)]
        columns = world.columns
        if not world.setting.walks:
            ids = {one.place for one in spots}
            numbers = [i for i, place in enumerate(world.setting.places) if place in ids]
            return np.isin(columns["place"][rows], numbers)
        x, y, reach = columns["x"][rows], columns["y"][rows], columns["reach"][rows]
        beside = np.zeros(len(rows), np.bool_)
        for one in spots:
            dx, dy = x - one.x, y - one.y
            beside |= np.sqrt(dx * dx + dy * dy) <= reach
        return beside

    def stocked(self, item: str, rows: Rows) -> NDArray[np.float64]:
        """How many of an item the faction holds that each row speaks for, or else is of."""
        profiles, held = self.world.setting.profiles, self.world.held
        own = (profiles[row].speaks_for or profiles[row].faction for row in rows)
        return np.array([held(faction).get(item, 0) for faction in own], np.float64)

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

    def _count(self, asked: int) -> None:
        """Note how many were asked about in this tick and in the one before."""
        sought, tick = self.world.sought, self.world.tick
        if tick not in sought:
            self.world.sought = sought = {tick: 0, tick - 1: sought.get(tick - 1, 0)}
        sought[tick] = max(sought[tick], asked)

    def _foes(self, sensed: _Sensed, todo: Rows) -> None:
        """What `todo` know of their foes. Where many ask it is worked out for all who may."""
        groups, world = self._by_foes(), self.world
        everybody = sum(map(len, groups.values()))
        # The first to ask may be few, as those whose hp is low; the tick before tells of the rest.
        if everybody <= WORTH_ALL * max(len(todo), world.sought.get(world.tick - 1, 0)):
            sensed.whole = True
        else:
            asked = np.zeros(world.columns.length, np.bool_)
            asked[todo] = True
            groups = {key: rows[asked[rows]] for key, rows in groups.items()}
            sensed.known[todo] = True
        groups = {key: rows for key, rows in groups.items() if len(rows)}
        for key, rows in list(groups.items()):
            if key not in groups:
                continue  # found already, by those it looks for
            back = next((other for other in groups if self._opposed(key, rows, other, groups)), "")
            if back:
                self._look_both(sensed.found, rows, groups.pop(back))
            else:
                self._look(sensed.found, key, rows)

    def _opposed(self, key: str, rows: Rows, back: str, groups: dict[str, Rows]) -> bool:
        """Whether two groups look for exactly each other, with nothing that could hide them."""
        if back == key or self._walled:
            return False
        return np.array_equal(self._alive(key), groups[back]) and np.array_equal(
            self._alive(back), rows
        )

    def _look_both(self, found: Nearest, rows: Rows, others: Rows) -> None:
        columns = self.world.columns
        x, y = columns["x"], columns["y"]
        mine, theirs = mutual(
            x.take(rows), y.take(rows), x.take(others), y.take(others),
            self._sight(rows), self._sight(others),
        )  # fmt: skip
        _note(found, rows, mine, others)
        _note(found, others, theirs, rows)

    def _look(self, found: Nearest, kind: str, rows: Rows) -> None:
        """Nearest of a kind in sight, noted. Walls are asked about only where there are any."""
        who = self._alive(kind)
        if not len(rows) or not len(who):
            return
        columns = self.world.columns
        x, y = columns["x"], columns["y"]
        of_kind = np.full(columns.length, -1, np.int64)
        of_kind[who] = np.arange(len(who))
        own = of_kind[rows]
        places = (x[rows], y[rows], x[who], y[who])
        me = own if (own >= 0).any() else None
        first = nearest(*places, self._sight(rows), me)
        _note(found, rows, first, who)
        if self._walled:
            seen = np.flatnonzero(first.which >= 0)
            hidden = seen[~self.clear(rows[seen], who[first.which[seen]])]
            self._look_past_walls(found, rows[hidden], who, own[hidden])

    def _look_past_walls(self, found: Nearest, rows: Rows, who: Rows, own: Ints) -> None:
        """For those whose nearest stands behind a wall: the next nearest, and so on."""
        found.who[rows], found.distance[rows] = NOBODY, np.inf
        columns = self.world.columns
        x, y, sight = columns["x"], columns["y"], columns["sight"]
        for seeker, which, distance in in_order(x[rows], y[rows], x[who], y[who], sight[rows], own):
            first = np.flatnonzero(np.diff(seeker, prepend=-1))
            last = np.append(first[1:], len(seeker))
            at = first + 1  # the first of each was asked about before
            while (going := at < last).any():
                at, last = at[going], last[going]
                clear = self.clear(rows[seeker[at]], who[which[at]])
                here = at[clear]
                found.who[rows[seeker[here]]] = who[which[here]]
                found.distance[rows[seeker[here]]] = distance[here]
                at, last = at[~clear] + 1, last[~clear]

    @property
    def _walled(self) -> bool:
        return self.world.grid is not None and bool(self.world.grid.opaque.any())

    def _alive(self, kind: str) -> Rows:
        """Serials of the living of a kind, in order."""
        known = self._living.get(kind)
        if known is None:
            who = self.world.setting.rows_of(kind)
            alive = np.flatnonzero(self.world.columns["alive"].take(who))
            known = self._living[kind] = who.take(alive)
        return known

    def _by_foes(self) -> dict[str, Rows]:
        """The living by what they count as foes; the key is a joint kind (`a|b`)."""
        alive, foes = self.world.columns["alive"], self.world.columns["foes"]
        return {
            key: np.flatnonzero(alive & (foes == number)).astype(np.uint32)
            for number, key in enumerate(self.world.setting.foe_keys)
            if key
        }

    def _sight(self, rows: Rows) -> Floats | float:
        """How far each sees: one number where it is the same for all."""
        sight = self.world.columns["sight"]
        least = float(sight.min())
        return least if least == float(sight.max()) else sight.take(rows)

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
        dx, dy = columns["x"] - columns["x"][row], columns["y"] - columns["y"][row]
        square = dx * dx + dy * dy
        near = np.flatnonzero((square <= reach * reach) & columns["alive"]).astype(np.uint32)
        near = near[near != me]
        if len(near):
            near = near[self.clear(np.full(len(near), me), near)]
        order = np.lexsort((near, square[near]))
        return np.asarray(near[order], np.uint32)

    @staticmethod
    def _within(
        from_x: Floats,
        from_y: Floats,
        x: Floats,
        y: Floats,
        radius: float,
    ) -> NDArray[np.bool_]:
        """Whether any of the first points is within `radius` of each of the second."""
        far = nearest(x, y, from_x, from_y, radius + 1 / 1024)
        return np.asarray(far.distance <= radius)


def _blank(count: int) -> _Sensed:
    nothing = Nearest(np.full(count, NOBODY, np.uint32), np.full(count, np.inf))
    return _Sensed(nothing, np.zeros(count, np.bool_))


def _note(found: Nearest, rows: Rows, new: Found, who: Rows) -> None:
    """Enter what `rows` found among `who`."""
    found.who[rows] = np.where(new.which >= 0, who.take(new.which), NOBODY)
    found.distance[rows] = new.distance
