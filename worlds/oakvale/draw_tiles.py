"""Draw tiles.png, the tileset of Oakvale: `python worlds/oakvale/draw_tiles.py`.

The art is ours, drawn by this code, and given away under CC0. What is larger than a tile is cut
into tiles named '<thing>.<column>.<row>'.
"""

from __future__ import annotations

from pathlib import Path

from drawing import canvas, ground, indoors, nature, outdoors, walls

COLUMNS = 20
HERE = Path(__file__).parent


def pictures() -> dict[str, canvas.Picture]:
    """Every picture by name, whole, in the order they are cut into the tileset."""
    drawn: dict[str, canvas.Picture] = {}
    for source in (
        ground.plain(),
        ground.grounds(),
        walls.walls(),
        walls.fences(),
        nature.plants(),
        indoors.furniture(),
        outdoors.fittings(),
    ):
        drawn.update(source)
    return drawn


def tiles() -> dict[str, canvas.Picture]:
    """Every tile [16, 16, 4] by name; a tile's number is its place in this order."""
    size = canvas.SIZE
    cut: dict[str, canvas.Picture] = {}
    for name, picture in pictures().items():
        rows, columns = picture.shape[0] // size, picture.shape[1] // size
        for row in range(rows):
            for column in range(columns):
                whole = name if rows * columns == 1 else f"{name}.{column}.{row}"
                y, x = row * size, column * size
                cut[whole] = picture[y : y + size, x : x + size]
    return cut


def sheet() -> canvas.Picture:
    """The whole tileset as one picture, COLUMNS tiles wide."""
    size, cut = canvas.SIZE, list(tiles().values())
    rows = -(-len(cut) // COLUMNS)
    whole = canvas.blank(COLUMNS * size, rows * size)
    for number, tile in enumerate(cut):
        y, x = number // COLUMNS * size, number % COLUMNS * size
        whole[y : y + size, x : x + size] = tile
    return whole


if __name__ == "__main__":
    canvas.write_png(HERE / "tiles.png", sheet())
