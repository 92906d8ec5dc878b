"""Pixels and a palette: what every picture of Oakvale is drawn with."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]  # [height, width, 4], red green blue alpha
SIZE = 16

# One small palette, warm and a little dusty, so that people stand out against it.
GRASS, GRASS_DARK, GRASS_LIGHT = "#8aa35c", "#7d9653", "#97af69"
LEAF, LEAF_DARK, LEAF_LIGHT = "#5f8548", "#476a3c", "#7a9e58"
PINE, PINE_DARK, PINE_LIGHT = "#4b7355", "#395a46", "#5f8a66"
DIRT, DIRT_DARK, DIRT_LIGHT = "#cdb083", "#b5966a", "#d9c096"
SOIL, SOIL_DARK, SOIL_LIGHT = "#8b6848", "#765639", "#9d7a57"
STONE, STONE_DARK, STONE_LIGHT = "#a9a498", "#87827a", "#c2bdb0"
SLATE, SLATE_DARK, SLATE_LIGHT = "#6f6c72", "#55525a", "#8a878c"
WATER, WATER_DARK, WATER_LIGHT = "#6a9db0", "#578a9f", "#8fbcc8"
WOOD, WOOD_DARK, WOOD_LIGHT = "#a9794d", "#7d5636", "#c2945f"
OAK, OAK_DARK, OAK_LIGHT = "#6e4b34", "#523626", "#8a6142"
FLOOR, FLOOR_DARK, FLOOR_LIGHT = "#c59d6b", "#ae8658", "#d2ad7c"
PLASTER, PLASTER_DARK = "#ead9b5", "#cdb78d"
RED, RED_DARK, BLUE, BLUE_DARK = "#b5524a", "#8f3f3c", "#5b7aa3", "#456083"
GOLD, GOLD_DARK, CREAM, WHITE = "#dcb350", "#b98d38", "#f0e4c8", "#f7f2e4"
FIRE, FIRE_LIGHT, INK, PURPLE = "#e0803c", "#f6c65a", "#3a2e2a", "#8d6a96"


def rgba(colour: str, alpha: int = 255) -> tuple[int, int, int, int]:
    """'#rrggbb' as four numbers."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16), alpha


def blank(width: int = SIZE, height: int = SIZE, colour: str | None = None) -> Picture:
    """A new picture, transparent or of one colour."""
    picture = np.zeros((height, width, 4), dtype=np.uint8)
    if colour is not None:
        picture[:] = rgba(colour)
    return picture


def box(
    picture: Picture, x: int, y: int, width: int, height: int, colour: str, alpha: int = 255
) -> None:
    """Fill a rectangle, cut to the picture."""
    picture[max(y, 0) : y + height, max(x, 0) : x + width] = rgba(colour, alpha)


def frame(picture: Picture, x: int, y: int, width: int, height: int, fill: str, rim: str) -> None:
    """A rectangle with a rim one pixel wide."""
    box(picture, x, y, width, height, rim)
    box(picture, x + 1, y + 1, width - 2, height - 2, fill)


def disc(
    picture: Picture, x: float, y: float, rx: float, ry: float, colour: str, alpha: int = 255
) -> None:
    """Fill an ellipse about (x, y), in pixels."""
    height, width = picture.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width]
    inside = ((columns + 0.5 - x) / rx) ** 2 + ((rows + 0.5 - y) / ry) ** 2 <= 1
    picture[inside] = rgba(colour, alpha)


def dots(picture: Picture, points: str, colour: str) -> None:
    """Single pixels, given as 'x,y x,y'."""
    for point in points.split():
        x, y = point.split(",")
        picture[int(y), int(x)] = rgba(colour)


def shade(picture: Picture, x: int, y: int, width: int, height: int, alpha: int = 60) -> None:
    """A soft shadow on what is still transparent there."""
    part = picture[max(y, 0) : y + height, max(x, 0) : x + width]
    part[part[..., 3] == 0] = rgba(INK, alpha)


def noise(x: int, y: int, seed: int) -> int:
    """A whole number below 2**16 that looks random and is always the same."""
    n = (x * 374761393 + y * 668265263 + seed * 362437) & 0xFFFFFFFF
    n = ((n ^ (n >> 13)) * 1274126177) & 0xFFFFFFFF
    return (n ^ (n >> 16)) & 0xFFFF


def speckle(picture: Picture, colour: str, seed: int, share: float) -> None:
    """Sprinkle single pixels over what is already painted."""
    for y in range(picture.shape[0]):
        for x in range(picture.shape[1]):
            if picture[y, x, 3] and noise(x, y, seed) < share * 65536:
                picture[y, x] = rgba(colour)


def write_png(path: Path, picture: Picture) -> None:
    """Write an 8-bit RGBA PNG."""
    height, width = picture.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in picture)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for name, data in chunks:
            file.write(struct.pack(">I", len(data)) + name + data)
            file.write(struct.pack(">I", zlib.crc32(name + data)))
