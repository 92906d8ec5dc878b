"""The frozen look at the world that a tool is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from npcsim.reflex.senses import NOBODY, Senses
from npcsim.tools.handles import Body, Handle, Kind, Place, Spot
from npcsim.tools.language import Texts, fill, said
from npcsim.world.places import travel_seconds
from npcsim.world.rows import Bid, Heard, Pledge
from npcsim.world.state import World
from npcsim.world.tie_graph import tie_graph

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["Body", "Handle", "Kind", "Place", "Spot", "View"]


class View:
    """What is true as committed at the tick before. Read-only."""

    def __init__(self, world: World, senses: Senses | None = None, states: Any = ()) -> None:
        self.world = world
        self.senses = senses or Senses(world)
        self.place_ids = tuple(world.setting.places)
        self._machines = states
        self._heard: tuple[tuple[Heard, ...], dict[str, list[Heard]]] = (world.signals, {})

    @property
    def tick(self) -> int:
        return self.world.tick

    @property
    def now_ms(self) -> int:
        """Simulated milliseconds since day 1 00:00."""
        return self.world.now_ms

    @property
    def hour(self) -> float:
        """Hour of the day, 0 to 24."""
        return self.world.now_ms % 86_400_000 / 3_600_000

    @property
    def has_ground(self) -> bool:
        """Whether bodies walk over ground; False in a world of places and ways only."""
        return self.world.setting.walks

    @property
    def language(self) -> str:
        """The scenario's language: `en` or `ko`."""
        return self.world.setting.language

    def said(self, texts: Texts, /, **names: Any) -> str:
        """A wording of one's own in the scenario's language, its names filled in."""
        return fill(said(texts, self.language), **names)

    def npc(self, id: str) -> Body:
        """An NPC by id. Raises KeyError."""
        if id not in self.world.setting.serial_of:
            raise KeyError(f"no NPC {id!r}")
        return Body(self, id)

    def npcs(self, kind: str = "anyone") -> list[Body]:
        """Everybody alive of a kind, in order of serials."""
        rows = self.world.setting.rows_of(kind)
        alive = rows[self.world.columns["alive"][rows]]
        return [Body(self, self.world.setting.profiles[row].id) for row in alive.tolist()]

    def near(self, me: Body, radius: float | None = None) -> list[Body]:
        """Everybody alive whom `me` sees (within `radius` tiles, or sight), nearest first."""
        if not self.has_ground:
            here = me.place
            return [b for b in self.npcs() if here and b.place == here and b.id != me.id]
        rows = self.senses.in_sight(me.row, radius)
        return [Body(self, self.world.setting.profiles[row].id) for row in rows.tolist()]

    def nearest(self, me: Body, kind: str) -> Body | None:
        """The nearest one of a kind that `me` sees, or None."""
        who = self.senses.nearest(kind, np.array([me.row], np.uint32)).who[0]
        return None if who == NOBODY else Body(self, self.world.setting.profiles[int(who)].id)

    @property
    def ties(self) -> nx.MultiDiGraph:
        """Who knows, trusts, fears or owes whom, as a networkx graph: see `world.tie_graph`."""
        people = {
            p.id: {"called": p.name, "archetype": p.archetype} for p in self.world.setting.profiles
        }
        return tie_graph(people, self.world.ties.items())

    def place(self, id: str) -> Place:
        """A place by id. Raises KeyError."""
        if id not in self.world.setting.places:
            raise KeyError(f"no place {id!r}")
        return Place(self, id)

    @property
    def places(self) -> list[Place]:
        return [Place(self, id) for id in self.world.setting.places]

    def spot(self, id: str) -> Spot:
        """A spot by id. Raises KeyError."""
        if id not in self.world.spots:
            raise KeyError(f"no spot {id!r}")
        return Spot(self, id)

    def spots(self, kind: str = "", place: str = "") -> list[Spot]:
        """Spots of a kind and in a place; empty texts ask for all."""
        return [
            Spot(self, id)
            for id, spot in self.world.spots.items()
            if (not kind or spot.kind == kind) and (not place or spot.place == place)
        ]

    def item(self, id: str) -> Kind:
        """A kind of item by id. Raises KeyError."""
        if id not in self.world.setting.items:
            raise KeyError(f"no item {id!r}")
        return Kind(self, id)

    def fact(self, name: str) -> str:
        """The words of a fact that the scenario's `knows` names. Raises KeyError."""
        facts = self.world.setting.facts
        if name not in facts:
            raise KeyError(f"no fact {name!r}")
        return facts[name]

    @property
    def items(self) -> list[Kind]:
        return [Kind(self, id) for id in self.world.setting.items]

    def price(self, item: Kind, at: Spot | Place | None = None) -> int:
        """Coins asked for an item at a spot or a place, by the scenario's `prices`.

        What is said of the spot goes before its kind, its place, and then the item's value, which
        is rounded to a coin at least.
        """
        asked = self.world.setting.prices
        if asked and at is not None:
            names = (at.id, at.kind, at.place) if isinstance(at, Spot) else (at.id,)
            for name in names:
                if item.id in asked.get(name, {}):
                    return asked[name][item.id]
        return max(1, round(item.value))

    def at(self, thing: Spot | Place) -> Spot | Place:
        """The thing as it is now: for tools that were handed it earlier."""
        return type(thing)(self, thing.id)

    def offers_to(self, me: Body) -> list[tuple[Body, Bid]]:
        """Offers on the table for `me` that still stand, by who made them."""
        found = []
        for key, bid in self.world.offers.items():
            who, to = key.split("\n")
            if to == me.id and bid.stands(self.tick):
                found.append((self.npc(who), bid))
        return sorted(found, key=lambda pair: pair[0].id)

    def promises(self, by: Body | None = None, to: Body | None = None) -> list[Pledge]:
        """Promises that stand, those of one, or to one, the first due first."""
        found = [
            pledge
            for _, pledge in self.world.promises.items()
            if (by is None or pledge.who == by.id) and (to is None or pledge.to == to.id)
        ]
        return sorted(found, key=lambda one: (one.due, one.who, one.to, one.tick))

    def perceived(self, me: Body) -> list[Heard]:
        """Signals of the tick before that `me` hears or sees, its own apart."""
        signals = self.world.signals
        if self._heard[0] is not signals:
            self._heard = (signals, {})
        found = self._heard[1].get(me.id)
        if found is None:  # once a tick: options ask for it over and over
            found = [h for h in signals if h.source != me.id and self._reaches(me, h)]
            self._heard[1][me.id] = found
        return [*found]

    def hears(self, me: Body, about: str) -> bool:
        """Whether `me` hears or sees signals of a kind from the tick before: a crowd's, too."""
        if any(heard.about == about for heard in self.perceived(me)):
            return True
        return bool(self.senses.hears(about, np.array([me.row], np.uint32))[0])

    def _reaches(self, me: Body, heard: Heard) -> bool:
        if not self.has_ground:
            return bool(me.place) and me.place == heard.place
        dx, dy = me.x - heard.x, me.y - heard.y
        square = dx * dx + dy * dy
        if square <= heard.loudness * heard.loudness:
            return True
        if heard.about == "speech":  # to see somebody talk is not to hear what is said
            return False
        if square > me.sight * me.sight:
            return False
        source = self.world.setting.serial_of.get(heard.source)
        if source is None or self.world.grid is None:
            return True
        row = np.array([me.row], np.uint32)
        return bool(self.senses.clear(row, np.array([source], np.uint32))[0])

    def travel_ms(self, me: Body, end: str) -> int | None:
        """Simulated time of the way from where `me` is to a place, or None when there is none.

        `end` may also be a spot or an NPC: the place where it is.
        """
        if end in self.world.spots:
            end = self.world.spots[end].place
        elif end in self.world.setting.serial_of:
            end = self.npc(end).place
        if not me.place or end not in self.world.setting.places:
            return None
        seconds = travel_seconds(self.world.setting.graph, me.place, end, me.speed)
        return None if seconds is None else round(seconds * 1000)

    def state_name(self, row: int) -> str:
        """The name of the state a row's machine is in."""
        columns = self.world.columns
        machine = int(columns["machine"][row])
        if not 0 <= machine < len(self._machines):
            return ""
        name: str = self._machines[machine].states[int(columns["state"][row])].name
        return name
