"""Put things on the map: edged grounds, walls, buildings from their sketches, fences."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from drawing.ground import AROUND, trimmed
from drawing.layout import HEIGHT, WIDTH, Area
from drawing.sketches import THINGS, Building
from drawing.tmx import MapObject


class Village:
    """The layers being filled in, and the objects over them."""

    def __init__(self, tiles: Iterable[str]) -> None:
        """`tiles`: the tileset's names in its order."""
        self.number = {name: gid for gid, name in enumerate(tiles, start=1)}
        names = ("ground", "paths", "water", "floors", "walls", "furniture", "plants", "over")
        self.layers = {name: np.zeros((HEIGHT, WIDTH), dtype=np.int32) for name in names}
        self.taken = np.zeros((HEIGHT, WIDTH), dtype=np.bool_)
        self.places: list[MapObject] = []
        self.spots: list[MapObject] = []
        self.spawns: list[MapObject] = []

    def put(self, layer: str, x: int, y: int, name: str, top: str | None = None) -> None:
        """One thing with its upper left at (x, y); its upper rows go to the layer `top`."""
        if name in self.number:
            self.layers[layer][y, x] = self.number[name]
            self.taken[y, x] = True
            return
        parts = [key.split(".") for key in self.number if key.startswith(name + ".")]
        last = max(int(row) for _, _, row in parts)
        for _, column, row in parts:
            at_x, at_y = x + int(column), y + int(row)
            where = top if top and int(row) < last else layer
            self.layers[where][at_y, at_x] = self.number[f"{name}.{column}.{row}"]
            self.taken[at_y, at_x] = True

    def spot(self, name: str, kind: str, x: float, y: float) -> None:
        self.spots.append(MapObject(name, "spot", x, y, properties={"kind": kind}))

    def free(self, x: int, y: int) -> bool:
        return 0 <= x < WIDTH and 0 <= y < HEIGHT and not self.taken[y, x]


def cells(*areas: Area) -> set[tuple[int, int]]:
    return {(x, y) for x0, y0, w, h in areas for x in range(x0, x0 + w) for y in range(y0, y0 + h)}


def lay(village: Village, layer: str, ground: str, where: set[tuple[int, int]]) -> None:
    """Fill an edged ground; beyond the map's edge it goes on."""
    for x, y in where:
        mask = 0
        for bit, (dx, dy) in enumerate(AROUND):
            inside = 0 <= x + dx < WIDTH and 0 <= y + dy < HEIGHT
            near = (min(max(x + dx, 0), WIDTH - 1), min(max(y + dy, 0), HEIGHT - 1))
            if ((x + dx, y + dy) if inside else near) in where:
                mask |= 1 << bit
        village.put(layer, x, y, f"{ground}_{trimmed(mask)}")


def raise_walls(village: Village, kind: dict[tuple[int, int], str]) -> None:
    """Walls of '<kind>', '<kind>_window' and 'door_<kind>', each joined to its neighbours."""
    for (x, y), name in kind.items():
        mask = 0
        for bit, (dx, dy) in enumerate(((0, -1), (1, 0), (0, 1), (-1, 0))):
            beyond = kind.get((x + dx, y + dy), "")
            if beyond and not (dy and beyond.startswith("door")):
                mask |= 1 << bit
        village.put("walls", x, y, name if "_" in name else f"{name}_{mask}")


def build(village: Village, building: Building) -> dict[tuple[int, int], str]:
    """Floor and furniture of a building, its place, spots and spawn. -> its walls."""
    walls: dict[tuple[int, int], str] = {}
    rows, x0, y0 = building.sketch, building.x, building.y
    counts: dict[str, int] = {}

    def numbered(kind: str) -> str:
        counts[kind] = counts.get(kind, 0) + 1
        return f"{building.name}_{kind}_{counts[kind]}"

    for row, line in enumerate(rows):
        for column, mark in enumerate(line):
            x, y = x0 + column, y0 + row
            village.put("floors", x, y, building.floor)
            if mark in "#w+":
                names = {"#": building.walls, "w": f"{building.walls}_window"}
                walls[x, y] = names.get(mark, f"door_{building.walls}")
            elif mark in THINGS:
                village.put("furniture", x, y, THINGS[mark])
            if mark == "+":
                village.spot(numbered("door"), "door", x + 0.5, y + 0.5)
            elif mark == "B":
                village.put("furniture", x, y, building.bed)
                village.spot(numbered("bed"), "bed", x + 0.5, y + 1)
            elif mark in "sp":
                village.spot(numbered("seat"), "seat", x + 0.5, y + 0.5)
    for name, kind, column, row in building.spots:
        village.spot(name, kind, x0 + column + 0.5, y0 + row + 0.5)
    size = (len(rows[0]), len(rows))
    village.places.append(MapObject(building.name, "place", x0, y0, *size))
    inside = next(
        (c, r) for r, line in enumerate(rows) if r > 1 for c, m in enumerate(line) if m == "."
    )
    at = (x0 + inside[0] + 0.5, y0 + inside[1] + 0.5)
    village.spawns.append(MapObject(building.name, "spawn", *at))
    return walls


def fence(village: Village, posts: set[tuple[int, int]]) -> None:
    for x, y in posts:
        mask = sum(
            1 << bit
            for bit, (dx, dy) in enumerate(((0, -1), (1, 0), (0, 1), (-1, 0)))
            if (x + dx, y + dy) in posts
        )
        village.put("furniture", x, y, f"fence_{mask}")


def ring(area: Area, gaps: set[tuple[int, int]]) -> set[tuple[int, int]]:
    x, y, w, h = area
    return cells(area) - cells((x + 1, y + 1, w - 2, h - 2)) - gaps
