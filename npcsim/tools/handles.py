"""Handles: what a tool is given things by. They are light, an id and the view it is seen in.

`str(handle)` is the id, as effects and logs keep it; formatting one (`f"{place}"`) gives the words
people use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from npcsim.memory.asking import ask, meant
from npcsim.memory.explained import Recollection
from npcsim.memory.index import Index
from npcsim.tools.language import PARTICLES, with_particle
from npcsim.world.dice import roll
from npcsim.world.mood import AROUSAL, VALENCE, Mood
from npcsim.world.rows import Memory, Mind, Profile

if TYPE_CHECKING:
    from npcsim.tools.view import View


class Handle:
    """Something in the world, by id."""

    __slots__ = ("id", "view")

    def __init__(self, view: View, id: str) -> None:
        self.view, self.id = view, id

    @property
    def name(self) -> str:
        return self.id

    def __str__(self) -> str:
        return self.id

    def __format__(self, spec: str) -> str:
        return with_particle(self.name, spec) if spec in PARTICLES else format(self.name, spec)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Handle) and type(self) is type(other) and self.id == other.id

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.id))


class Place(Handle):
    """A place. `x`, `y`: its centre in tiles."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return self.view.world.setting.places[self.id].name

    @property
    def x(self) -> float:
        return self.view.world.setting.places[self.id].x

    @property
    def y(self) -> float:
        return self.view.world.setting.places[self.id].y

    @property
    def holds(self) -> Mapping[str, int]:
        """Items that lie here."""
        return self.view.world.held(self.id)


class Kind(Handle):
    """A kind of item: `recipe`, what `use` adds, `value` in coins, `made_at` a kind of spot."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return self.view.world.setting.items[self.id].name

    @property
    def recipe(self) -> Mapping[str, int]:
        return self.view.world.setting.items[self.id].recipe

    @property
    def use(self) -> Mapping[str, float]:
        return self.view.world.setting.items[self.id].use

    @property
    def made_at(self) -> str:
        return self.view.world.setting.items[self.id].made_at

    @property
    def makes(self) -> int:
        return self.view.world.setting.items[self.id].makes

    @property
    def takes_ms(self) -> int:
        return self.view.world.setting.items[self.id].takes_ms

    @property
    def value(self) -> float:
        return self.view.world.setting.items[self.id].value


class Spot(Handle):
    """A thing that stands somewhere. What tools keep on it reads as an attribute (`oven.fire`)."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return self.kind

    @property
    def kind(self) -> str:
        return self.view.world.spots[self.id].kind

    @property
    def x(self) -> float:
        return self.view.world.spots[self.id].x

    @property
    def y(self) -> float:
        return self.view.world.spots[self.id].y

    @property
    def place(self) -> str:
        return self.view.world.spots[self.id].place

    @property
    def locked(self) -> bool:
        return self.view.world.spots[self.id].locked

    @property
    def holds(self) -> Mapping[str, int]:
        """Items in it."""
        return self.view.world.held(self.id)

    @property
    def user(self) -> str:
        """Who holds it, or an empty text."""
        return self.view.world.occupied.get(self.id) or ""

    def __getattr__(self, name: str) -> Any:
        for key, value in self.view.world.spots[self.id].attributes:
            if key == name:
                return value
        return 0.0


class Body(Handle):
    """An NPC as it stands. Its attributes (`hp`, `hunger`, your own) read as Python attributes."""

    __slots__ = ()

    @property
    def row(self) -> int:
        return self.view.world.setting.serial_of[self.id]

    @property
    def profile(self) -> Profile:
        return self.view.world.setting.profiles[self.row]

    @property
    def name(self) -> str:
        return self.profile.name

    @property
    def kind(self) -> str:
        return self.profile.archetype

    @property
    def alive(self) -> bool:
        return bool(self.view.world.columns["alive"][self.row])

    @property
    def place(self) -> str:
        """The id of the place it is at, or an empty text."""
        number = int(self.view.world.columns["place"][self.row])
        return self.view.place_ids[number] if number >= 0 else ""

    @property
    def state(self) -> str:
        return self.view.state_name(self.row)

    @property
    def carries(self) -> Mapping[str, int]:
        return self.view.world.held(self.id)

    @property
    def mind(self) -> Mind:
        return self.view.world.minds.get(self.id) or Mind()

    @property
    def memories(self) -> tuple[Memory, ...]:
        """All it remembers, the oldest first."""
        return self.view.world.memories.of(self.id)

    @overload
    def recall(self, query: str = ..., *, explain: Literal[True], **how: Any) -> Recollection: ...
    @overload
    def recall(
        self, query: str = ..., *, explain: Literal[False] = ..., **how: Any
    ) -> list[Memory]: ...
    def recall(
        self, query: str = "", *, explain: bool = False, **how: Any
    ) -> list[Memory] | Recollection:
        """What comes to its mind of a question or a situation, the best first.

        how: `who`, `where`, `kind` (one or several), `since`, `until` (ticks), `limit` (10),
        `mode` (`hybrid` or `generative_agents`), `vectors` (texts -> [n, d], or None), `rerank`;
        see `npcsim.memory`. Where nothing is said of vectors those in the log count, as far as
        they are in: a tick has what the ticks before it asked for. Else words alone count, and
        `note` says so. explain: with every number that put it there.
        This only looks: a tool that is to note that it was recalled returns a `Recall`. Raises
        ValueError for what makes no sense.
        """
        world = self.view.world
        index = world.memories.scratch.setdefault(self.id, Index())
        index.update(world.memories.of(self.id))
        how.setdefault("decay", world.setting.memory.decay)
        if "vectors" not in how:
            how["vectors"] = meant(query, index.lines, world.meanings)
        found = ask(index, world.tick, world.setting.tick_ms, query, **how)
        return found if explain else found.memories

    @property
    def mood(self) -> Mood:
        """How it feels: `.valence`, `.arousal`, `.word`; no mood at all where it has none."""
        columns = self.view.world.columns
        if VALENCE not in columns:
            return Mood(0.0, 0.0)
        return Mood(columns[VALENCE][self.row].item(), columns[AROUSAL][self.row].item())

    def is_a(self, kind: str) -> bool:
        """Whether it is of an archetype, directly or through `is`."""
        return kind in self.profile.kinds

    def distance(self, other: Body | Spot | Place) -> float:
        """Tiles between the two."""
        dx, dy = self.x - other.x, self.y - other.y
        square = dx * dx + dy * dy
        return float(np.sqrt(square))

    def reaches(self, other: Body | Spot | Place) -> bool:
        """Whether it is within arm's reach; in the same place, where there is no map."""
        if not self.view.has_ground:
            place = other.id if isinstance(other, Place) else other.place
            return bool(self.place) and self.place == place
        if isinstance(other, Place):
            return self.place == other.id
        return self.distance(other) <= self.reach

    def roll(self, purpose: str) -> float:
        """A keyed die in [0, 1) for this NPC, tick and purpose."""
        world = self.view.world
        return roll(world.setting.seed, world.tick, self.id, purpose)

    @property
    def stock(self) -> Mapping[str, int]:
        """What the faction it speaks for holds in common; nothing where it speaks for none."""
        faction = self.profile.speaks_for
        return self.view.world.held(faction) if faction else {}

    def worth(self, item: Kind) -> float:
        """What an item is worth to it in coins: as its faction values it, or its plain value."""
        faction = self.view.world.setting.factions.get(self.profile.faction)
        return faction.values.get(item.id, item.value) if faction is not None else item.value

    def tie(self, other: Body, tie: str) -> float:
        """How much it trusts, fears, ... another: -1 to 1, 0 when nothing is known."""
        return self.view.world.ties.get(f"{self.id}\n{other.id}\n{tie}") or 0.0

    def __getattr__(self, name: str) -> float:
        columns = self.view.world.columns
        if name not in columns:
            raise AttributeError(f"NPCs have no attribute {name!r}")
        value: float = columns[name][self.row].item()
        return value
