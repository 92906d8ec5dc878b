"""Read a Tiled map (TMX or Tiled JSON) into plain data.

What a map means comes from Tiled's own things:

- a tile's properties `blocks` and `opaque` (or its class `blocks`, `opaque` or `wall`, both);
- a layer's properties `blocks` and `opaque`, for every non-empty tile of it that does not say
  otherwise; a layer named `walls` blocks and is opaque by default, one named `water` blocks;
- layers are read bottom to top, and the last word wins: a bridge tile with `blocks: false` in a
  layer above the water opens the way. Hidden layers count (a collision layer is often hidden);
- objects by class: `place` (a rectangle), `spot` (with a string property `kind`), `spawn`,
  `block` (a rectangle that blocks).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from npcsim.errors import Mistake, ScenarioError
from npcsim.scenario.tiled_objects import MapObjects, Rect, SpotObject
from npcsim.scenario.tiled_reading import parse
from npcsim.scenario.tiled_vetting import (
    MAX_IMAGE_PIXELS,
    inside,
    png_size,
    read_bytes,
    refuse,
    vet,
)

if TYPE_CHECKING:
    from pytiled_parser.layer import Layer, ObjectLayer
    from pytiled_parser.layer import TileLayer as ParsedLayer
    from pytiled_parser.tileset import Tileset as ParsedTileset

GID_MASK = 0x0FFF_FFFF  # the four bits above hold Tiled's flips
_LAYER_MEANS = {"walls": (True, True), "water": (True, None)}
_CLASS_MEANS = {"blocks": (True, None), "opaque": (None, True), "wall": (True, True)}
_Means = tuple[bool | None, bool | None]


@dataclass(frozen=True, slots=True, eq=False)
class TileLayer:
    """One layer: `gids` int32 [h, w] without flips (0 is empty); `flips` uint8 [h, w] with
    8 for mirrored left-right, 4 top-bottom, 2 across the diagonal, in Tiled's own order."""

    name: str
    gids: NDArray[np.int32]
    flips: NDArray[np.uint8]
    visible: bool
    opacity: float


@dataclass(frozen=True, slots=True)
class Tileset:
    """One tileset; sizes, margin and spacing in pixels; `image` the PNG's bytes, or b""."""

    first_gid: int
    columns: int
    count: int
    tile_width: int
    tile_height: int
    margin: int
    spacing: int
    image: bytes
    image_name: str


@dataclass(frozen=True, slots=True, eq=False)
class TiledMap:
    """A map as data. Sizes in tiles, tile sizes in pixels; `blocked`, `opaque`: bool [h, w].

    `areas`: rectangles by place name. `spawns`: centre in tiles by name. `warnings`: what could
    not be read but does not stop a run (a missing picture).
    """

    width: int
    height: int
    tile_width: int
    tile_height: int
    layers: tuple[TileLayer, ...]
    tilesets: tuple[Tileset, ...]
    blocked: NDArray[np.bool_]
    opaque: NDArray[np.bool_]
    areas: Mapping[str, tuple[Rect, ...]]
    spots: tuple[SpotObject, ...]
    spawns: Mapping[str, tuple[float, float]]
    warnings: tuple[Mistake, ...] = ()


def load_map(path: Path, root: Path | None = None) -> TiledMap:
    """Load an orthogonal Tiled map of a fixed size, TMX or JSON, with all its files.

    `root`: the folder that no file may lie outside of (the map's own folder when None).
    Raises ScenarioError with every mistake found among the map's objects, or the first one
    that keeps the file from being read.
    """
    root = path.parent if root is None else root
    text = vet(path, root)
    parsed = parse(path, text)
    width, height = int(parsed.map_size.width), int(parsed.map_size.height)
    flat = list(_tile_layers(parsed.layers, True))
    layers = tuple(_layer(path, layer, shown, (height, width)) for layer, shown in flat)
    warnings: list[Mistake] = []
    tilesets = tuple(
        _tileset(path, root, one, warnings) for _, one in sorted(parsed.tilesets.items())
    )
    blocked, opaque = _meanings(
        (height, width), layers, [layer for layer, _ in flat], parsed.tilesets
    )
    objects = MapObjects(path, text, parsed.tile_size.width, parsed.tile_size.height, width, height)
    for group in _object_layers(parsed.layers):
        for thing in group.tiled_objects:
            objects.read(thing)
    if objects.mistakes:
        raise ScenarioError(objects.mistakes)
    for rect in objects.blocks:
        blocked[rect.y0 : rect.y1, rect.x0 : rect.x1] = True
    return TiledMap(
        width=width,
        height=height,
        tile_width=int(parsed.tile_size.width),
        tile_height=int(parsed.tile_size.height),
        layers=layers,
        tilesets=tilesets,
        blocked=blocked,
        opaque=opaque,
        areas={name: tuple(rects) for name, rects in objects.areas.items()},
        spots=tuple(objects.spots.values()),
        spawns=objects.spawns,
        warnings=tuple(warnings),
    )


def _tile_layers(layers: list[Layer], shown: bool) -> Iterator[tuple[ParsedLayer, bool]]:
    from pytiled_parser.layer import LayerGroup
    from pytiled_parser.layer import TileLayer as ParsedLayer

    for layer in layers:
        if isinstance(layer, LayerGroup):
            yield from _tile_layers(layer.layers or [], shown and layer.visible)
        elif isinstance(layer, ParsedLayer):
            yield layer, shown and layer.visible


def _object_layers(layers: list[Layer]) -> Iterator[ObjectLayer]:
    from pytiled_parser.layer import LayerGroup, ObjectLayer

    for layer in layers:
        if isinstance(layer, LayerGroup):
            yield from _object_layers(layer.layers or [])
        elif isinstance(layer, ObjectLayer):
            yield layer


def _layer(path: Path, layer: ParsedLayer, shown: bool, shape: tuple[int, int]) -> TileLayer:
    rows = layer.data or []
    if len(rows) != shape[0] or any(len(row) != shape[1] for row in rows):
        raise refuse(
            path, f"layer '{layer.name}' does not hold the map's {shape[1]}x{shape[0]} tiles"
        )
    try:
        raw = np.array(rows, dtype=np.uint32)
    except (OverflowError, ValueError, TypeError):
        raise refuse(path, f"layer '{layer.name}' holds something that is no tile number") from None
    gids = (raw & np.uint32(GID_MASK)).astype(np.int32)
    flips = (raw >> np.uint32(28)).astype(np.uint8)
    return TileLayer(layer.name, gids, flips, shown, float(layer.opacity))


def _tileset(path: Path, root: Path, parsed: ParsedTileset, warnings: list[Mistake]) -> Tileset:
    image, name = b"", ""
    if parsed.image is None:
        warnings.append(Mistake(str(path), 1, 1, f"tileset '{parsed.name}' has no single picture"))
    else:
        name = parsed.image.name
        base = path.parent
        # The parser makes an external tileset's picture path absolute; vetting saw it as written.
        target = (
            parsed.image
            if parsed.image.is_absolute()
            else inside(root, base, str(parsed.image), path)
        )
        image = _image(path, target, warnings)
    return Tileset(
        first_gid=parsed.firstgid,
        columns=parsed.columns,
        count=parsed.tile_count,
        tile_width=parsed.tile_width,
        tile_height=parsed.tile_height,
        margin=parsed.margin,
        spacing=parsed.spacing,
        image=image,
        image_name=name,
    )


def _image(path: Path, target: Path, warnings: list[Mistake]) -> bytes:
    try:
        image = read_bytes(target)
    except OSError as error:
        warnings.append(Mistake(str(path), 1, 1, f"picture '{target.name}': {error.strerror}"))
        return b""
    size = png_size(image)
    if size is None:
        warnings.append(Mistake(str(path), 1, 1, f"picture '{target.name}' is not a PNG"))
        return b""
    if size[0] * size[1] > MAX_IMAGE_PIXELS:
        raise refuse(target, f"the picture is {size[0]}x{size[1]} pixels, too large to use")
    return image


def _means(properties: Mapping[str, Any] | None, default: _Means) -> _Means:
    own = properties or {}
    return _flag(own.get("blocks"), default[0]), _flag(own.get("opaque"), default[1])


def _flag(value: object, default: bool | None) -> bool | None:
    if isinstance(value, str):  # typed by hand as a string property
        value = {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else default


def _meanings(
    shape: tuple[int, int],
    layers: tuple[TileLayer, ...],
    parsed: list[ParsedLayer],
    tilesets: Mapping[int, ParsedTileset],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Blocked and opaque cells: per layer from the bottom, tiles over layers, the last wins."""
    by_gid: dict[int, _Means] = {}
    for first, tileset in tilesets.items():
        for number, tile in (tileset.tiles or {}).items():
            means = _means(
                tile.properties, _CLASS_MEANS.get((tile.class_ or "").lower(), (None, None))
            )
            if means != (None, None):
                by_gid[first + number] = means
    cells = (np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_))
    for layer, source in zip(layers, parsed, strict=True):
        default = _means(source.properties, _LAYER_MEANS.get(layer.name.lower(), (None, None)))
        for which, cell in enumerate(cells):
            whole = default[which]
            if whole is not None:
                cell[layer.gids != 0] = whole
            for gid in np.unique(layer.gids).tolist():
                said = by_gid.get(gid, (None, None))[which]
                if said is not None:
                    cell[layer.gids == gid] = said
    return cells
