"""Lay Oakvale out and write map.tmx: `python worlds/oakvale/build_map.py`.

Once written the map can be opened and changed in Tiled; building it again starts over.
"""

from __future__ import annotations

from pathlib import Path

from draw_tiles import COLUMNS, tiles
from drawing import layout
from drawing.canvas import noise
from drawing.layout import HEIGHT, WIDTH
from drawing.sketches import BUILDINGS, THINGS
from drawing.tmx import MapObject, tileset_text, tmx_text
from drawing.village import Village, build, cells, fence, lay, raise_walls, ring

HERE = Path(__file__).parent


def river() -> set[tuple[int, int]]:
    bends = ((5, 48), (10, 47), (40, 46), (44, 47), (HEIGHT, 48))
    first = [next(x for end, x in bends if y < end) for y in range(HEIGHT)]
    return cells(*((first[y], y, 4, 1) for y in range(HEIGHT)))


def furnish_open(village: Village) -> None:
    """What stands outdoors, before plants fill the gaps."""
    village.put("furniture", 29, 22, "well", "over")
    village.put("furniture", 32, 19, "board")
    for name, x, y in layout.STALLS:
        village.put("furniture", x, y, f"stall_{name}", "over")
    for x, y in ((24, 18), (36, 18), (24, 29), (36, 29), (44, 22), (51, 25), (28, 17), (31, 17)):
        village.put("furniture", x, y, "lantern")
    for x, y in ((27, 21), (33, 27), (28, 28), (24, 25)):
        village.put("furniture", x, y, "crate" if y % 2 else "barrel")
    for x, y in ((5, 20), (5, 26)):
        village.put("furniture", x, y, "banner", "over")
    village.put("furniture", 46, 34, "wheel")
    for number, (x, y) in enumerate(
        (x, y) for y in (5, 7, 9) for x in (38, 40, 42) if (x, y) != (38, 9)
    ):
        village.put("furniture", x, y, "grave_cross" if number % 3 == 1 else "grave_round")
    fence(village, ring((36, 4, 8, 7), {(36, 8)}))
    north = {(x, 26) for x in range(51, 64)} - {(57, 26)}
    south = {(x, 38) for x in range(51, 64)}
    fence(village, north | south | {(51, y) for y in range(26, 39)})
    for (x, y, w, h), crop in zip(layout.PLOTS, layout.CROPS, strict=True):
        for cx, cy in cells((x, y, w, h)):
            village.put("plants", cx, cy, crop)
    village.put("plants", 57, 36, "scarecrow", "over")
    village.put("furniture", 62, 20, "cart", "over")
    for x, y in cells(layout.HERB_BED):
        village.put("plants", x, y, "herbs")
    for x, y, name in (
        (56, 4, "logs"),
        (58, 4, "logs"),
        (54, 5, "berries"),
        (60, 6, "mushrooms"),
        (59, 9, "stump"),
        (45, 30, "reeds"),
        (45, 26, "reeds"),
        (42, 27, "stump"),
        (20, 20, "sacks"),
        (21, 27, "crate"),
        (10, 31, "barrel"),
        (10, 32, "logs"),
        (37, 38, "sacks"),
        (39, 39, "barrel"),
    ):
        village.put("furniture", x, y, name)


def plant(village: Village) -> None:
    """Trees outside the wall, in the orchard and the woods; then bushes and flowers."""
    keep = cells(*((x - 1, y - 1, w + 2, h + 2) for x, y, w, h in layout.ROADS))
    for x, y in ((5, 28), (8, 28), (5, 31), (8, 31), (5, 33), (8, 33)):
        tree(village, x, y, "birch")
    for y in range(-1, HEIGHT - 1):
        for x in range(-1, WIDTH):
            if woodland(x, y) and (x + 1, y + 1) not in keep and (x, y + 1) not in keep:
                kind = ("oak", "pine", "pine", "birch", "oak", "oak")[noise(x, y, 21) % 6]
                tree(village, x, y, kind)
    for x, y in (
        (22, 4),
        (23, 7),
        (12, 5),
        (37, 12),
        (11, 44),
        (33, 43),
        (22, 43),
        (45, 12),
        (24, 1),
    ):
        tree(village, x, y, "oak" if x % 2 else "birch")
    small = (
        "bush",
        "flowers_white",
        "flowers_gold",
        "flowers_red",
        "bush",
        "flowers_white",
        "stones",
    )
    near = set(spot_cells(village))
    for y in range(HEIGHT):
        for x in range(WIDTH):
            if village.free(x, y) and (x, y) not in near and noise(x, y, 77) % 100 < 9:
                name = small[noise(x, y, 78) % len(small)]
                blocks = name not in layout.WALK_ON
                if not (blocks and (x, y) in keep):
                    village.put("plants", x, y, name)
    for x, y in ((48, 12), (47, 30), (49, 2), (49, 41)):
        village.put("plants", x, y, "lilies")


def spot_cells(village: Village) -> list[tuple[int, int]]:
    return [(int(one.x), int(one.y)) for one in village.spots + village.spawns]


def woodland(x: int, y: int) -> bool:
    """Does a tree with its upper left here belong to the woods?"""
    cx, cy, reach = layout.CLEARING
    if (x + 1 - cx) ** 2 + (y + 1 - cy) ** 2 < reach**2:
        return False
    woods = (x >= 52 and y <= 10) or (x >= 51 and y >= 39)
    beyond_wall = x <= 1 and not 18 <= y <= 27
    southern = y >= 45 and (x <= 24 or 35 <= x <= 36)
    northern = y <= 0 and x <= 46
    share = 80 if woods else 45 if beyond_wall else 34 if southern or northern else 0
    return noise(x, y, 19) % 100 < share


def tree(village: Village, x: int, y: int, kind: str) -> None:
    """A tree, if the ground under it and the air above are free; crowns may overlap trunks."""
    wide = 1 if kind == "pine" else 2
    foot = [(x + dx, y + 1) for dx in range(wide)]
    if not all(village.free(fx, fy) for fx, fy in foot):
        return
    crown_clear = all(
        village.layers["over"][max(y, 0), fx] == 0
        and village.layers["walls"][max(y, 0), fx] == 0
        and village.layers["paths"][max(y, 0), fx] == 0
        and village.layers["water"][max(y, 0), fx] == 0
        for fx, _ in foot
    )
    if not crown_clear:
        return
    for column, (fx, fy) in enumerate(foot):
        village.layers["plants"][fy, fx] = village.number[f"{kind}.{column}.1"]
        village.taken[fy, fx] = True
        if y >= 0:
            village.layers["over"][y, fx] = village.number[f"{kind}.{column}.0"]


def lay_ground(village: Village) -> None:
    for y in range(HEIGHT):
        for x in range(WIDTH):
            roll = noise(x, y, 7) % 20
            village.layers["ground"][y, x] = village.number[f"grass_{roll if roll < 5 else 0}"]
    square, water = cells(layout.SQUARE), river()
    lay(village, "paths", "dirt", cells(*layout.ROADS) - cells(layout.BRIDGE))
    lay(village, "paths", "soil", cells(*layout.PLOTS) | cells(layout.HERB_BED))
    lay(village, "water", "water", water)
    lay(village, "floors", "cobbles", square)
    x0, y0, width, _ = layout.BRIDGE
    for x in range(x0, x0 + width):
        village.put("floors", x, y0, "bridge_north")
        village.put("floors", x, y0 + 1, "bridge_south")
    village.put("floors", *layout.PIER, "bridge_south")


def meanings(village: Village) -> dict[int, dict[str, bool]]:
    """What tiles say about themselves: doors and the bridge open, furniture and trunks block."""
    said: dict[int, dict[str, bool]] = {}
    solid = set(THINGS.values()) - layout.WALK_ON
    solid |= {"well", "board", "lantern", "wheel", "cart", "bush", "berries", "stones", "stump"}
    solid |= {"logs", "scarecrow", "grave_round", "grave_cross", "banner"}
    solid |= {f"fence_{mask}" for mask in range(16)}
    solid |= {f"stall_{name}" for name, _, _ in layout.STALLS}
    through = {"oven", "millstone", "wheel", "cart", "well"}  # their upper tiles block too
    for name, gid in village.number.items():
        whole, _, part = name.partition(".")
        foot = not part or part == f"{part[0]}.{rows_of(village, whole) - 1}"
        if whole in ("oak", "birch", "pine") and foot:
            said[gid - 1] = {"blocks": True, "opaque": True}
        elif whole.startswith("door_"):
            said[gid - 1] = {"blocks": False, "opaque": False}
        elif whole.startswith("bridge_"):
            said[gid - 1] = {"blocks": False}
        elif whole in solid and (foot or whole in through):
            said[gid - 1] = {"blocks": True}
    return said


def rows_of(village: Village, whole: str) -> int:
    rows = [int(key.split(".")[2]) for key in village.number if key.startswith(whole + ".")]
    return max(rows, default=0) + 1


def village_text() -> str:
    """The whole map as TMX."""
    village = Village(tiles())
    lay_ground(village)
    walls: dict[tuple[int, int], str] = {}
    for building in BUILDINGS:
        walls |= build(village, building)
    for spot in cells(*layout.GATE_TOWERS) | cells((3, 0, 1, 20), (3, 28, 1, 20)):
        walls[spot] = "stone"
    raise_walls(village, walls)
    for name, (x, y, width, height) in layout.OPEN_PLACES.items():
        village.places.append(MapObject(name, "place", x, y, width, height))
    for name, kind, x, y in layout.OPEN_SPOTS:
        village.spot(name, kind, x + 0.5, y + 0.5)
    for name, (x, y) in layout.OPEN_SPAWNS.items():
        village.spawns.append(MapObject(name, "spawn", x + 0.5, y + 0.5))
    furnish_open(village)
    plant(village)
    said = meanings(village)
    tileset = tileset_text(len(village.number), COLUMNS, said, "tiles.png")
    objects = {"places": village.places, "spots": village.spots, "spawns": village.spawns}
    return tmx_text(village.layers, objects, tileset)


if __name__ == "__main__":
    (HERE / "map.tmx").write_text(village_text(), encoding="utf-8", newline="\n")
