"""The world: all that is true at a tick. Only `world.commit` changes it.

Numbers are columns (one row an NPC, `serial` == row), everything else is a `Table` of frozen
values. What never changes in a run (names, kinds, places) is in `Setting`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from npcsim.world.attention import Attention
from npcsim.world.columns import Columns
from npcsim.world.grid import Grid
from npcsim.world.meanings import Meanings
from npcsim.world.memories import Keeping, Memories, Reflecting
from npcsim.world.rows import (
    Act,
    Approval,
    Bid,
    Ending,
    Faction,
    GaugeKind,
    Heard,
    ItemKind,
    Mind,
    PlaceKind,
    Pledge,
    Profile,
    SpotState,
    Stage,
)
from npcsim.world.table import Table
from npcsim.world.walking import Fields

if TYPE_CHECKING:
    import networkx as nx

MS_DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Talking:
    """How NPCs talk, as the scenario's `talk:` says. `fresh_ms`: how long news is passed on."""

    fresh_ms: int = 7_200_000


@dataclass(frozen=True, slots=True)
class Setting:
    """What stays as it is for a whole run."""

    scenario: str
    title: str
    seed: int
    mind_seed: int
    tick_ms: int
    start_ms: int
    end_tick: int
    temper: float
    combat: str
    profiles: tuple[Profile, ...]
    places: Mapping[str, PlaceKind]
    graph: nx.Graph
    items: Mapping[str, ItemKind]
    gauges: Mapping[str, GaugeKind]
    size: tuple[float, float]
    place_map: NDArray[np.int16] | None
    walks: bool
    serial_of: Mapping[str, int] = field(default_factory=dict)
    kind_rows: Mapping[str, NDArray[np.uint32]] = field(default_factory=dict)
    cells_of: Mapping[str, NDArray[np.int32]] = field(default_factory=dict)
    factions: Mapping[str, Faction] = field(default_factory=dict)
    foe_keys: tuple[str, ...] = ("",)
    state_numbers: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    breakable: Mapping[str, int] = field(default_factory=dict)
    language: str = "en"
    prices: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    memory: Keeping = field(default_factory=Keeping)
    reflecting: Reflecting | None = None
    ties_told: bool = False
    scenes: Mapping[str, Any] = field(default_factory=dict)
    """The rules that each scene goes by, by its name: code of the scenario's, not data."""
    talking: Talking | None = field(default_factory=Talking)
    """How NPCs talk; None where they don't."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Facts that guards know by name."""

    def rows_of(self, kind: str) -> NDArray[np.uint32]:
        """Serials of a kind: an archetype, a name, `anyone`, or several joined by `|`."""
        if "|" in kind:
            parts = [self.rows_of(part) for part in kind.split("|")]
            return np.unique(np.concatenate(parts)).astype(np.uint32)
        return self.kind_rows.get(kind, np.zeros(0, np.uint32))

    @property
    def seconds(self) -> float:
        """Length of a tick in simulated seconds."""
        return self.tick_ms / 1000


class World:
    """All that is true at `tick`."""

    def __init__(self, setting: Setting, grid: Grid | None) -> None:
        self.setting = setting
        self.grid = grid
        self.fields = Fields(grid) if grid is not None else None
        self.tick = 0
        self.next_act = 1
        self.columns = Columns(len(setting.profiles))
        self.spots: Table[SpotState] = Table()
        self.holdings: Table[int] = Table()
        self.occupied: Table[str] = Table()
        self.acts: Table[Act] = Table()
        self.heading: Table[str] = Table()
        self.offers: Table[Bid] = Table()
        self.ties: Table[float] = Table()
        self.minds: Table[Mind] = Table()
        self.memories = Memories(setting.memory)
        # Recorded answers, not state: in no hash and no snapshot.
        self.meanings = Meanings()
        # How many memories each NPC ever had: the id of its last one.
        self.remembered: Table[int] = Table()
        self.setbacks: Table[tuple[int, str]] = Table()
        self.endings: Table[Ending] = Table()
        self.fired: Table[int] = Table()
        self.approvals: Table[Approval] = Table()
        self.scenes: Table[Stage] = Table()
        self.attention: Table[Attention] = Table()
        self.promises: Table[Pledge] = Table()
        self.signals: tuple[Heard, ...] = ()
        self.crowd_signals: tuple[tuple[str, float, NDArray[np.uint32]], ...] = ()
        self._inventory: dict[str, dict[str, int]] = {}
        # How many looked for their foes at once, by tick: a hint what to work out for all. It
        # decides how fast something is known, never what, so it is in no hash and no snapshot.
        self.sought: dict[int, int] = {}

    @property
    def now_ms(self) -> int:
        """Simulated time, in milliseconds since day 1 00:00."""
        return self.setting.start_ms + self.tick * self.setting.tick_ms

    def tables(self) -> dict[str, Table[Any]]:
        """Every table, by name: what snapshots and the state hash go over."""
        return {
            "spots": self.spots,
            "holdings": self.holdings,
            "occupied": self.occupied,
            "acts": self.acts,
            "heading": self.heading,
            "offers": self.offers,
            "ties": self.ties,
            "minds": self.minds,
            "memories": self.memories,
            "remembered": self.remembered,
            "setbacks": self.setbacks,
            "endings": self.endings,
            "fired": self.fired,
            "approvals": self.approvals,
            "scenes": self.scenes,
            "attention": self.attention,
            "promises": self.promises,
        }

    def held(self, holder: str) -> Mapping[str, int]:
        """What a holder has: item kind -> count, no zeros."""
        return self._inventory.get(holder, {})

    def set_held(self, holder: str, item: str, count: int) -> None:
        """Only for `world.commit` and set-up. Keeps the table and the inventories together."""
        inventory = self._inventory.setdefault(holder, {})
        if count:
            inventory[item] = count
            self.holdings.put(f"{holder}\n{item}", count)
        else:
            inventory.pop(item, None)
            self.holdings.drop(f"{holder}\n{item}")

    def npc(self, name: str) -> NpcCell:
        """One NPC's row, for reading: `world.npc("mara").hp`. Raises KeyError."""
        return NpcCell(self, self.setting.serial_of[name])

    def digests(self) -> dict[str, str]:
        """The state hash by subsystem, as hex: what a replay compares to name a difference."""
        parts = {f"column {name}": self.columns.digest(name).hex() for name in self.columns}
        parts |= {name: f"{table.digest:032x}" for name, table in self.tables().items()}
        parts["signals"] = signals_digest(self.signals, self.crowd_signals)
        parts["counters"] = f"{self.tick} {self.next_act}"
        return parts

    def state_hash(self) -> str:
        """32 hex digits over all that is true now."""
        return hash_of(self.digests())


def hash_of(digests: Mapping[str, str]) -> str:
    """The state hash of these subsystems."""
    digest = blake2b(digest_size=16)
    for name, part in sorted(digests.items()):
        digest.update(f"{name}={part}\n".encode())
    return digest.hexdigest()


def signals_digest(
    signals: Iterable[Heard], crowd: Iterable[tuple[str, float, NDArray[np.uint32]]]
) -> str:
    """The digest of what can be perceived in the next tick."""
    digest = blake2b(digest_size=16)
    for heard in signals:
        digest.update(repr(heard).encode())
    for about, loudness, who in crowd:
        digest.update(f"{about} {loudness} ".encode())
        digest.update(who.astype("<u4").tobytes())
    return digest.hexdigest()


class NpcCell:
    """A window on one row of the world."""

    __slots__ = ("_row", "_world")

    def __init__(self, world: World, row: int) -> None:
        self._world, self._row = world, row

    def __getattr__(self, name: str) -> float:
        columns = self._world.columns
        if name not in columns:
            raise AttributeError(f"NPCs have no attribute {name!r}")
        value: float = columns[name][self._row].item()
        return value
