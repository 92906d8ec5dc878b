"""Where things lie in Oakvale outdoors: roads, water, plots, places, spots and spawn points."""

from __future__ import annotations

WIDTH, HEIGHT = 64, 48
Area = tuple[int, int, int, int]  # x, y, width, height in tiles

ROADS: tuple[Area, ...] = (
    (0, 23, 64, 2),  # the high road, from the gate over the bridge
    (29, 15, 2, 3),  # to the chapel
    (35, 8, 1, 9),  # to the graveyard
    (31, 16, 4, 1),
    (8, 21, 1, 2),  # guardhouse
    (18, 20, 1, 3),  # bakery
    (15, 25, 1, 2),  # smithy
    (41, 21, 1, 2),  # healer's hut
    (9, 11, 15, 1),  # northern lane, to the cottages
    (9, 10, 1, 1),
    (18, 10, 1, 1),
    (23, 11, 1, 12),
    (20, 25, 2, 17),  # western lane, past the tavern
    (7, 36, 13, 1),
    (7, 37, 1, 1),
    (16, 37, 1, 1),
    (36, 30, 2, 12),  # eastern lane, to the mill
    (38, 30, 4, 1),
    (38, 40, 4, 1),
    (22, 41, 14, 1),
    (30, 42, 1, 1),
    (28, 30, 1, 1),  # tavern
    (56, 22, 1, 1),  # farm
    (57, 25, 1, 13),  # through the fields
    (51, 9, 1, 14),  # into the woods
    (51, 8, 6, 1),
    (43, 25, 1, 4),  # to the riverside
    (44, 28, 2, 1),
)
SQUARE: Area = (24, 18, 13, 12)
PLOTS: tuple[Area, ...] = tuple((x, y, 4, 3) for y in (27, 31, 35) for x in (52, 59))
CROPS = ("wheat", "cabbages", "carrots", "wheat", "wheat", "cabbages")
HERB_BED: Area = (43, 21, 2, 1)
BRIDGE: Area = (46, 23, 4, 2)
PIER = (46, 28)
GATE_TOWERS: tuple[Area, ...] = ((2, 20, 3, 3), (2, 25, 3, 3))
CLEARING = (57, 7, 3.6)
STALLS = (("red", 25, 20), ("blue", 34, 20), ("green", 25, 26), ("gold", 34, 26))

OPEN_PLACES: dict[str, Area] = {
    "gate": (0, 20, 6, 8),
    "market": SQUARE,
    "graveyard": (36, 4, 8, 7),
    "bridge": BRIDGE,
    "riverside": (41, 26, 6, 4),
    "fields": (51, 26, 13, 13),
    "woods": (50, 0, 14, 13),
    "orchard": (5, 28, 5, 8),
    "east_road": (60, 22, 4, 4),
}
OPEN_SPOTS = (
    ("well", "well", 30, 25),
    ("notice_board", "board", 32, 20),
    *((f"stall_{name}", "stall", x + 1, y + 2) for name, x, y in STALLS),
    ("gate_post_north", "post", 5, 22),
    ("gate_post_south", "post", 5, 25),
    ("bridge_post", "post", 45, 22),
    ("square_post", "post", 27, 24),
    *((f"plot_{n}", "plot", x + 1, y + 1) for n, (x, y, _, _) in enumerate(PLOTS, start=1)),
    ("herb_garden", "plot", 43, 21),
    ("fishing_spot", "fishing", 46, 28),
    ("riverside_bench", "seat", 42, 28),
    ("grave", "grave", 39, 8),
    ("mushrooms", "forage", 59, 6),
    ("berries", "forage", 54, 6),
    ("wood_pile", "logs", 57, 5),
    ("orchard_west", "forage", 7, 30),
    ("orchard_east", "forage", 7, 33),
)
OPEN_SPAWNS = {
    "west_road": (0, 23),
    "east_road": (63, 24),
    "gate": (4, 23),
    "market": (31, 27),
    "woods": (57, 8),
    "riverside": (43, 28),
}
WALK_ON = {"stool", "pew", "rug_red", "rug_blue", "bed_red", "bed_blue", "bed_green"}
WALK_ON |= {"wheat", "cabbages", "carrots", "herbs", "mushrooms", "reeds", "lilies"}
WALK_ON |= {"flowers_white", "flowers_gold", "flowers_red"}
