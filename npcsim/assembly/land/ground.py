"""From a definition and a map to the ground the world stands on: grid, places, spots."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from npcsim.errors import Mistake
from npcsim.events import LayerPicture, MapPicture, TilesetPicture
from npcsim.scenario.ground_parts import PlacePart
from npcsim.scenario.schema import Definition
from npcsim.scenario.tiled import TiledMap, load_map
from npcsim.world.grid import Grid
from npcsim.world.places import (
    Way,
    common_ground,
    cut_off,
    map_places,
    place_cells,
    place_index,
    told_places,
)
from npcsim.world.rows import PlaceKind, SpotState

Rects = tuple[tuple[int, int, int, int], ...]
STEP = 64.0  # tiles between places where there is no map: out of sight of each other


@dataclass(frozen=True, slots=True)
class MapData:
    """A map as a run keeps it: plain data, nothing to look up in files any more."""

    width: int
    height: int
    blocked: str
    opaque: str
    areas: dict[str, Rects]
    spots: tuple[tuple[str, str, float, float, bool], ...]
    spawns: dict[str, tuple[float, float]]
    picture: MapPicture


@dataclass(frozen=True, slots=True)
class Ground:
    """Where everything is."""

    grid: Grid | None
    size: tuple[float, float]
    walks: bool
    places: dict[str, PlaceKind]
    graph: nx.Graph
    place_map: NDArray[np.int16] | None
    cells_of: dict[str, NDArray[np.int32]]
    spots: tuple[SpotState, ...]
    spawns: Mapping[str, tuple[float, float]]
    cut_off: tuple[str, ...]


def read_map(path: Path, root: Path) -> tuple[MapData, tuple[Mistake, ...]]:
    """Load a Tiled map. -> (data, warnings). Raises ScenarioError."""
    tiled = load_map(path, root)
    data = MapData(
        width=tiled.width,
        height=tiled.height,
        blocked=packed(tiled.blocked),
        opaque=packed(tiled.opaque),
        areas={
            name: tuple((r.x0, r.y0, r.x1, r.y1) for r in rects)
            for name, rects in tiled.areas.items()
        },
        spots=tuple(
            (s.name, s.kind, s.x, s.y, bool(s.properties.get("locked", False))) for s in tiled.spots
        ),
        spawns=dict(tiled.spawns),
        picture=_picture(tiled),
    )
    return data, tiled.warnings


def packed(cells: NDArray[np.bool_]) -> str:
    """Cells as text, eight to a byte."""
    return base64.b64encode(np.packbits(cells).tobytes()).decode()


def _unpacked(text: str, width: int, height: int) -> NDArray[np.bool_]:
    bits = np.frombuffer(base64.b64decode(text), np.uint8)
    return np.unpackbits(bits, count=width * height).reshape(height, width).astype(np.bool_)


def _picture(tiled: TiledMap) -> MapPicture:
    return MapPicture(
        tiled.width,
        tiled.height,
        tiled.tile_width,
        tuple(
            LayerPicture(layer.name, tuple(layer.gids.ravel().tolist()))
            for layer in tiled.layers
            if layer.visible
        ),
        tuple(
            TilesetPicture(
                t.first_gid,
                t.columns,
                t.count,
                t.tile_width,
                t.tile_height,
                t.margin,
                t.spacing,
                base64.b64encode(t.image).decode(),
            )
            for t in tiled.tilesets
        ),
        tuple(tiled.blocked.ravel().astype(int).tolist()),
    )


def lay(definition: Definition, data: MapData | None) -> Ground:
    """Put the definition's places and spots on the map, the open field or the graph of ways."""
    if data is None:
        return _open(definition)
    blocked = _unpacked(data.blocked, data.width, data.height)
    grid = Grid(~blocked, _unpacked(data.opaque, data.width, data.height))
    areas: dict[str, Rects] = dict(data.areas)
    for name, part in definition.places.items():
        if part.area is not None:
            areas[name] = (part.area,)
    graph = map_places(grid, areas)
    index = place_index(grid, areas)
    places = {}
    for name, rects in areas.items():
        centre = graph.nodes[name]["centre"]
        x0, y0, x1, y1 = rects[0]
        x, y = centre if centre is not None else ((x0 + x1) / 2, (y0 + y1) / 2)
        words = _words(name, definition.places.get(name))
        places[name] = PlaceKind(name, words, x, y, rects)
    spots = [
        SpotState(name, kind, x, y, _place_at(index, list(areas), x, y), locked)
        for name, kind, x, y, locked in data.spots
    ]
    common = common_ground(grid)
    cells = {}
    for number, name in enumerate(areas):
        own = place_cells(grid, index, number)
        # A hole in the woods that no way leads to is nowhere to go, unless it is all there is.
        cells[name] = own[common[own]] if common[own].any() else own
    return Ground(
        grid, (float(data.width), float(data.height)), True, places, graph, index, cells,
        _told_spots(definition, places, spots), data.spawns, cut_off(graph),
    )  # fmt: skip


def _open(definition: Definition) -> Ground:
    """No map: an open field of `size`, or places and ways only."""
    places: dict[str, PlaceKind] = {}
    for number, (name, part) in enumerate(definition.places.items()):
        x, y = STEP / 2 + STEP * (number % 4), STEP / 2 + STEP * (number // 4)
        if part.area is not None:
            x, y = (part.area[0] + part.area[2]) / 2, (part.area[1] + part.area[3]) / 2
        x = part.x if part.x is not None else x
        y = part.y if part.y is not None else y
        area = (part.area,) if part.area is not None else ()
        places[name] = PlaceKind(name, _words(name, part), x, y, area)
    far_x = max((place.x for place in places.values()), default=0.0)
    far_y = max((place.y for place in places.values()), default=0.0)
    walks = definition.size is not None
    size = definition.size or (far_x + STEP / 2, far_y + STEP / 2)
    ways = [Way(way.from_, way.to, way.takes / 1000) for way in definition.ways]
    known = [way for way in ways if way.start in places and way.end in places]
    graph = told_places(places, known)
    if walks:
        # On open ground every place can be walked to; the ways are for those who plan.
        graph.add_edges_from(
            (a, b, {"tiles": abs(places[a].x - places[b].x) + abs(places[a].y - places[b].y)})
            for a in places
            for b in places
            if a < b
        )
    lost = () if walks else cut_off(graph)
    return Ground(
        None, (float(size[0]), float(size[1])), walks, places, graph,
        _field_index(places, size) if walks else None, {}, _told_spots(definition, places, []),
        {}, lost,
    )  # fmt: skip


def _field_index(
    places: Mapping[str, PlaceKind], size: tuple[float, float]
) -> NDArray[np.int16] | None:
    """Which place each tile of an open field is in; a place without an area is its own tile."""
    if not places:
        return None
    index = np.full((int(np.ceil(size[1])), int(np.ceil(size[0]))), -1, np.int16)
    for number, place in enumerate(places.values()):
        areas = place.areas or ((int(place.x), int(place.y), int(place.x) + 1, int(place.y) + 1),)
        for x0, y0, x1, y1 in areas:
            index[y0:y1, x0:x1] = number
    return index


def _words(name: str, part: PlacePart | None) -> str:
    return (part.name if part is not None else "") or name.replace("_", " ")


def _place_at(index: NDArray[np.int16], names: list[str], x: float, y: float) -> str:
    row = min(max(int(y), 0), index.shape[0] - 1)
    column = min(max(int(x), 0), index.shape[1] - 1)
    number = int(index[row, column])
    return names[number] if number >= 0 else ""


def _told_spots(
    definition: Definition, places: Mapping[str, PlaceKind], found: list[SpotState]
) -> tuple[SpotState, ...]:
    """The map's spots and the definition's; an entry of the same name changes the map's."""
    spots: dict[str, Any] = {spot.id: spot for spot in found}
    for name, part in definition.spots.items():
        place = places.get(part.at or "")
        old = spots.get(name)
        x = part.x if part.x is not None else old.x if old else place.x if place else 0.0
        y = part.y if part.y is not None else old.y if old else place.y if place else 0.0
        where = part.at or (old.place if old and part.x is None else _around(places, x, y))
        spots[name] = SpotState(name, part.kind, x, y, where, part.locked)
    return tuple(spots.values())


def _around(places: Mapping[str, PlaceKind], x: float, y: float) -> str:
    """The first place whose area a point lies in; an empty text where there is none."""
    for place in places.values():
        if any(left <= x < right and top <= y < bottom for left, top, right, bottom in place.areas):
            return place.id
    return ""
