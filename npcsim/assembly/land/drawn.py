"""A map drawn in the scenario itself, with letters: `#` wall, `.` floor, the rest by `legend:`.

map: |
  ######+##
  #B..t...#
  #########
legend: {B: bar, t: table, "+": door}
"""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from npcsim.assembly.land.ground import MapData, Rects, packed
from npcsim.errors import Mistake
from npcsim.events import LayerPicture, MapPicture, TilesetPicture
from npcsim.scenario.machines import meant
from npcsim.scenario.reading.combine import TYPED
from npcsim.scenario.reading.folders import is_drawing
from npcsim.scenario.schema import Definition
from npcsim.scenario.source import Mark, Sources

WALL, FLOOR, OUTSIDE = "#", ".", " "
TILE = 16
LARGEST = 512
# The floor, the wall, the outside, a door, a thing: colours of the little tileset that is made.
COLOURS = ((150, 123, 98), (74, 66, 74), (41, 46, 55), (176, 98, 54), (122, 90, 62))


def is_drawn(definition: Definition) -> bool:
    """Whether `map:` is a drawing rather than the name of a file."""
    return definition.map is not None and is_drawing(definition.map)


def drawn_map(definition: Definition, sources: Sources | None, mistakes: list[Mistake]) -> MapData:
    """The drawing as a map. Lettered cells are spots named `table_1`, `table_2`, ... in order.

    Everything inside is one place, named like the scenario, unless `places:` give areas.
    """
    lines = (definition.map or "").rstrip("\n").split("\n")
    if len(lines) == 1 and len(lines[0].split()) > 1:
        lines = lines[0].split()
        text = "the lines of the drawing were folded into one, as `>` does"
        _wrong(sources, mistakes, text, hint="write `map: |`")
    height, width = len(lines), max(len(line) for line in lines)
    known = {WALL, FLOOR, OUTSIDE, *definition.legend}
    if sources is not None:
        known |= set(sources.keys(("legend",)))
    if max(height, width) > LARGEST:
        _wrong(sources, mistakes, f"a drawn map has at most {LARGEST} lines and columns")
        lines, height, width = ["."], 1, 1
    cells = np.array([list(line.ljust(width)) for line in lines])
    for mark in sorted(set(cells.ravel().tolist()) - known):
        row = next(number for number, line in enumerate(lines) if mark in line)
        text = f"line {row + 1} of the map has {mark!r}, which `legend:` does not explain"
        _wrong(sources, mistakes, text, row + 1)
    blocked = (cells == WALL) | (cells == OUTSIDE)
    spots = _spots(cells, definition)
    areas: dict[str, Rects] = {}
    if not any(part.area for part in definition.places.values()):
        areas[definition.scenario or "here"] = ((0, 0, width, height),)
    return MapData(
        width, height, packed(blocked), packed(cells == WALL), areas, spots, {},
        _picture(cells, definition, blocked),
    )  # fmt: skip


def _wrong(
    sources: Sources | None, mistakes: list[Mistake], text: str, row: int = 0, hint: str = ""
) -> None:
    """`row` is the line of the drawing, which begins in the line after its `map: |`; 0: all."""
    if sources is None:
        return
    if row and "legend" not in sources.keys(()) and meant("legend", sources, ()):
        return  # misspelt, and told already
    mistakes.append(Mistake(*line_of(sources, row), text, hint))


def line_of(sources: Sources, row: int) -> Mark:
    """Where a line of the drawing stands, the first being 1; 0: where `map:` does."""
    mark = sources.mark(("map",))
    if row and mark.file != TYPED:
        mark = mark._replace(line=mark.line + row, column=1)
    return mark


def _spots(
    cells: NDArray[np.str_], definition: Definition
) -> tuple[tuple[str, str, float, float, bool], ...]:
    count: dict[str, int] = {}
    found = []
    for (row, column), mark in np.ndenumerate(cells):
        kind = definition.legend.get(str(mark))
        if kind is not None:
            count[kind] = count.get(kind, 0) + 1
            found.append((f"{kind}_{count[kind]}", kind, column + 0.5, row + 0.5, False))
    return tuple(found)


def _picture(
    cells: NDArray[np.str_], definition: Definition, blocked: NDArray[np.bool_]
) -> MapPicture:
    """Plain tiles in a few colours, so that the window shows walls, doors and things."""
    gids = np.full(cells.shape, 5)
    for mark, gid in ((FLOOR, 1), (WALL, 2), (OUTSIDE, 3)):
        gids[cells == mark] = gid
    for mark, kind in definition.legend.items():
        if kind == "door":
            gids[cells == mark] = 4
    height, width = cells.shape
    tileset = TilesetPicture(
        1, len(COLOURS), len(COLOURS), TILE, TILE, 0, 0, base64.b64encode(_png()).decode()
    )
    layer = LayerPicture("drawing", tuple(gids.ravel().tolist()))
    solid = tuple(blocked.ravel().astype(int).tolist())
    return MapPicture(width, height, TILE, (layer,), (tileset,), solid)


def _png() -> bytes:
    """The tileset: one tile a colour, its edge a little darker (PNG, ISO/IEC 15948)."""
    pixels = np.zeros((TILE, TILE * len(COLOURS), 3), np.uint8)
    for number, colour in enumerate(COLOURS):
        tile = pixels[:, number * TILE : (number + 1) * TILE]
        tile[:] = [channel * 9 // 10 for channel in colour]
        tile[1:, 1:] = colour
        if number == len(COLOURS) - 1:
            tile[:] = COLOURS[0]
            tile[3:-3, 3:-3] = colour
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", TILE * len(COLOURS), TILE, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    chunks = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + chunks
