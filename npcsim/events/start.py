"""What a run is at its start: all that a watcher must know of its world."""

from __future__ import annotations

from dataclasses import dataclass, field

from npcsim.events.arrays import Array


@dataclass(frozen=True, slots=True)
class Cast:
    """One NPC as it stands at the start. `serial` is what blocks call it by, `sight` in tiles."""

    serial: int
    id: str
    name: str
    archetype: str
    behaviour: str
    x: float
    y: float
    state: str
    look: str = ""
    mind: bool = False
    goal: str = ""
    items: dict[str, int] = field(default_factory=dict)
    sight: float = 0.0


@dataclass(frozen=True, slots=True)
class PlaceMark:
    """A place: its centre in tiles, and its rectangles (x0, y0, x1, y1), if it has any."""

    id: str
    name: str
    x: float
    y: float
    areas: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SpotMark:
    """A thing that stands somewhere: a bed, a stall, a door. Position in tiles."""

    id: str
    kind: str
    x: float
    y: float
    place: str = ""


@dataclass(frozen=True, slots=True)
class TilesetPicture:
    """A tileset image as base64 PNG, with how its tiles are cut from it (pixels)."""

    first_gid: int
    columns: int
    count: int
    tile_width: int
    tile_height: int
    margin: int
    spacing: int
    png: str


@dataclass(frozen=True, slots=True)
class LayerPicture:
    """One tile layer: gids row by row, `width * height` of them; 0 is empty."""

    name: str
    gids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MapPicture:
    """All a window needs to draw the map. Sizes in tiles; `blocked` is 0/1 row by row."""

    width: int
    height: int
    tile_size: int
    layers: tuple[LayerPicture, ...]
    tilesets: tuple[TilesetPicture, ...]
    blocked: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Gauge:
    """A numeric attribute that every NPC has: its range and its drift per simulated second."""

    name: str
    low: float
    high: float
    rate: float
    need: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """A behaviour's states and transitions (the texts a transition number stands for)."""

    name: str
    states: tuple[str, ...]
    transitions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TierMark:
    """A tier of the run: its model, what it costs and what it may spend.

    `price`: USD a million tokens, by kind (`input`, `cached`, `output` …); empty where nothing is
    charged, or nobody knows what is (`unpriced`). `budget`: USD by `run`, `npc` and `hour`, those
    that are set.
    """

    name: str
    model: str
    price: dict[str, float] = field(default_factory=dict)
    budget: dict[str, float] = field(default_factory=dict)
    unpriced: bool = False


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The world at the start. `initial` is gauge by gauge, then NPC by NPC (float64)."""

    tick: int
    run: str
    scenario: str
    title: str
    seed: int
    mind_seed: int
    tick_ms: int
    start_ms: int
    end_tick: int
    cast: tuple[Cast, ...]
    places: tuple[PlaceMark, ...]
    ways: tuple[tuple[str, str], ...]
    spots: tuple[SpotMark, ...]
    gauges: tuple[Gauge, ...]
    machines: tuple[Machine, ...]
    picture: MapPicture | None
    models: dict[str, str]
    versions: dict[str, str]
    initial: Array
    tiers: tuple[TierMark, ...] = ()
