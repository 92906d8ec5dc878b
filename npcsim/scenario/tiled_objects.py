"""A Tiled map's objects as places, spots, spawn points and blocks, with the mistakes in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from npcsim.errors import Mistake

if TYPE_CHECKING:
    from pytiled_parser.tiled_object import TiledObject


class Rect(NamedTuple):
    """A rectangle in tiles; x1 and y1 are exclusive."""

    x0: int
    y0: int
    x1: int
    y1: int


@dataclass(frozen=True, slots=True)
class SpotObject:
    """A thing with a place: name, kind, centre in tiles, and its other Tiled properties."""

    name: str
    kind: str
    x: float
    y: float
    properties: Mapping[str, object]


class MapObjects:
    """Collects the map's objects by class, and the mistakes in them."""

    def __init__(self, path: Path, text: str, tile_w: float, tile_h: float, w: int, h: int) -> None:
        self._path, self._text = path, text
        self._tile_w, self._tile_h, self._w, self._h = tile_w, tile_h, w, h
        self.areas: dict[str, list[Rect]] = {}
        self.spots: dict[str, SpotObject] = {}
        self.spawns: dict[str, tuple[float, float]] = {}
        self.blocks: list[Rect] = []
        self.mistakes: list[Mistake] = []

    def read(self, thing: TiledObject) -> None:
        kind = (thing.class_ or "").lower()
        if kind in ("place", "block"):
            self._read_rect(thing, kind)
        elif kind in ("spot", "spawn"):
            self._read_point(thing, kind)

    def _wrong(self, thing: TiledObject, message: str, hint: str = "") -> None:
        at = self._text.find(f'<object id="{thing.id}"')
        line = self._text.count("\n", 0, at) + 1 if at >= 0 else 1
        self.mistakes.append(Mistake(str(self._path), line, 1, message, hint))

    def _read_rect(self, thing: TiledObject, kind: str) -> None:
        called = f"{kind} '{thing.name}'" if thing.name else f"a {kind} without a name"
        if type(thing).__name__ != "Rectangle":
            self._wrong(thing, f"{called} is not a rectangle", "draw it with Insert Rectangle")
            return
        rect = self._cells(thing)
        if rect.x0 >= rect.x1 or rect.y0 >= rect.y1:
            self._wrong(thing, f"{called} covers no tile of the map")
        elif kind == "block":
            self.blocks.append(rect)
        elif not thing.name:
            self._wrong(thing, called, "name it: people go there by that name")
        else:
            self.areas.setdefault(thing.name, []).append(rect)

    def _read_point(self, thing: TiledObject, kind: str) -> None:
        x, y = self._centre(thing)
        properties = dict(thing.properties or {})
        own_kind = str(properties.pop("kind", ""))
        taken: Mapping[str, object] = self.spots if kind == "spot" else self.spawns
        if not thing.name:
            self._wrong(thing, f"a {kind} without a name", f"name the {kind}")
        elif thing.name in taken:
            self._wrong(thing, f"there are two {kind}s named '{thing.name}'", "rename one")
        elif not (0 <= x < self._w and 0 <= y < self._h):
            self._wrong(thing, f"{kind} '{thing.name}' lies outside the map")
        elif kind == "spawn":
            self.spawns[thing.name] = (x, y)
        elif not own_kind:
            self._wrong(thing, f"spot '{thing.name}' has no kind", "add a string property 'kind'")
        else:
            self.spots[thing.name] = SpotObject(thing.name, own_kind, x, y, properties)

    def _cells(self, thing: TiledObject) -> Rect:
        """The cells whose centre lies in the rectangle, cut to the map."""
        x, y = thing.coordinates.x / self._tile_w, thing.coordinates.y / self._tile_h
        w, h = thing.size.width / self._tile_w, thing.size.height / self._tile_h
        xs = [min(max(int(np.ceil(v - 0.5)), 0), self._w) for v in (x, x + w)]
        ys = [min(max(int(np.ceil(v - 0.5)), 0), self._h) for v in (y, y + h)]
        return Rect(xs[0], ys[0], xs[1], ys[1])

    def _centre(self, thing: TiledObject) -> tuple[float, float]:
        """The object's centre in tiles, floored to 1/1024 as every position is."""
        up = -1 if type(thing).__name__ == "Tile" else 1  # tile objects hang from their foot
        x = (thing.coordinates.x + thing.size.width / 2) / self._tile_w
        y = (thing.coordinates.y + up * thing.size.height / 2) / self._tile_h
        return float(np.floor(x * 1024) / 1024), float(np.floor(y * 1024) / 1024)
