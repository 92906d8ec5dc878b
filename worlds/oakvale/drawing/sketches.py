"""The buildings of Oakvale as sketches: one character a tile.

    #  wall            w  window           +  door            .  floor
    B  bed, v its foot                     s  stool           p  pew
    t  table           T  table, laid      [ = ]  long table or counter
    h  hearth          O  oven (2x2)       Ff furnace (2x1)   A  anvil
    Mm millstone (2x2) Xx altar (2x1)      U  cauldron        K  weapon rack
    b  barrel          c  crate            k  sacks
    D  shelf of bread  L  books            J  jars            Rr Qq rugs (2x2)

The small letters o f m x r q only mark what belongs to the larger thing at the capital.
"""

from __future__ import annotations

from dataclasses import dataclass

THINGS = {
    "s": "stool",
    "p": "pew",
    "t": "table",
    "T": "table_set",
    "[": "table_west",
    "=": "table_middle",
    "]": "table_east",
    "h": "hearth",
    "O": "oven",
    "F": "furnace",
    "A": "anvil",
    "M": "millstone",
    "X": "altar",
    "U": "cauldron",
    "K": "rack",
    "b": "barrel",
    "c": "crate",
    "k": "sacks",
    "D": "shelf_bread",
    "L": "shelf_books",
    "J": "shelf_jars",
    "R": "rug_red",
    "Q": "rug_blue",
}


@dataclass(frozen=True, slots=True)
class Building:
    """A named building: its north-western corner, what it is made of, and its sketch.

    `spots`: (name, kind, column, row) within the sketch, where one stands to use something.
    Beds, stools, pews and doors become spots by themselves.
    """

    name: str
    x: int
    y: int
    walls: str
    floor: str
    bed: str
    sketch: tuple[str, ...]
    spots: tuple[tuple[str, str, int, int], ...] = ()


_SOUTHERN = ("###w###", "#hL.BB#", "#...vv#", "#sT...#", "#.s.Rr#", "#k..rr#", "#w#+#w#")
_WESTERN = ("###w###", "#BB.Lh#", "#vv...#", "#...Ts#", "#Qq.s.#", "#qq..b#", "#w#+#w#")
_NORTHERN = ("#w#+#w#", "#h...L#", "#..Rr.#", "#B.rrB#", "#v...v#", "#k.sT.#", "#######")
_EASTERN = ("#w#+#w#", "#L...h#", "#.Qq..#", "#.qqBB#", "#...vv#", "#bTs..#", "#######")


def _cottage(
    name: str, x: int, y: int, bed: str, sketch: tuple[str, ...], hearth: tuple[int, int]
) -> Building:
    spots = ((f"{name}_hearth", "hearth", *hearth),)
    return Building(name, x, y, "timber", "floor_wood", bed, sketch, spots)


BUILDINGS = (
    Building(
        "tavern",
        22,
        31,
        "timber",
        "floor_wood",
        "bed_red",
        (
            "###w##+###w###",
            "#JLbb......h.#",
            "#............#",
            "#[==]..s..sTs#",
            "#.s.s.sTs....#",
            "#......s..s..#",
            "####+###.sTs.#",
            "#B....c#..s..#",
            "#v..t.c#b...b#",
            "##############",
        ),
        (
            ("tavern_counter", "counter", 2, 2),
            ("tavern_hearth", "hearth", 11, 2),
            ("tavern_barrels", "barrel", 3, 2),
        ),
    ),
    Building(
        "bakery",
        14,
        13,
        "timber",
        "floor_wood",
        "bed_blue",
        (
            "####w####",
            "#DDOo.kB#",
            "#..oo..v#",
            "#.......#",
            "#[=].c.k#",
            "#.......#",
            "##w#+#w##",
        ),
        (
            ("oven", "oven", 3, 3),
            ("bakery_counter", "counter", 2, 3),
            ("bread_shelf", "shelf", 1, 2),
            ("flour_sacks", "sacks", 6, 2),
        ),
    ),
    Building(
        "smithy",
        11,
        27,
        "stone",
        "floor_stone",
        "bed_red",
        (
            "#w##+##w#",
            "#Ff...K.#",
            "#.......#",
            "#..A..cc#",
            "#b.....B#",
            "#b.sT..v#",
            "#########",
        ),
        (
            ("furnace", "furnace", 1, 2),
            ("anvil", "anvil", 4, 3),
            ("smithy_rack", "rack", 6, 2),
        ),
    ),
    Building(
        "chapel",
        25,
        3,
        "stone",
        "floor_stone",
        "bed_blue",
        (
            "##w####w##",
            "#L..Xx..L#",
            "#........#",
            "#...Qq...#",
            "#...qq...#",
            "#pp....pp#",
            "#........#",
            "#pp....pp#",
            "#........#",
            "#pp....pp#",
            "#........#",
            "##w##+#w##",
        ),
        (("altar", "altar", 4, 2), ("chapel_books", "shelf", 1, 2)),
    ),
    Building(
        "healers_hut",
        38,
        14,
        "timber",
        "floor_wood",
        "bed_green",
        (
            "###w####",
            "#JJU..B#",
            "#.....v#",
            "#.Rr...#",
            "#.rr.tB#",
            "#J....v#",
            "##w+#w##",
        ),
        (("healers_shelf", "shelf", 1, 2), ("cauldron", "cauldron", 3, 2)),
    ),
    Building(
        "guardhouse",
        5,
        14,
        "stone",
        "floor_stone",
        "bed_blue",
        (
            "##w##w##",
            "#KKBBB.#",
            "#..vvv.#",
            "#......#",
            "#sTs.cb#",
            "#......#",
            "##w+#w##",
        ),
        (("weapon_rack", "rack", 1, 2),),
    ),
    Building(
        "mill",
        38,
        31,
        "stone",
        "floor_wood",
        "bed_green",
        (
            "#w#+##w#",
            "#k....k#",
            "#k.....#",
            "#...Mm.#",
            "#...mm.#",
            "#.c...B#",
            "#kk.tsv#",
            "########",
        ),
        (("millstone", "millstone", 3, 4), ("mill_sacks", "sacks", 2, 2)),
    ),
    Building(
        "farm",
        53,
        15,
        "timber",
        "floor_wood",
        "bed_green",
        (
            "#w####w##",
            "#h..L.BB#",
            "#.....vv#",
            "#.sTs...#",
            "#.....Rr#",
            "#bk...rr#",
            "##w+##w##",
        ),
        (("farm_hearth", "hearth", 1, 2),),
    ),
    _cottage("rose_cottage", 6, 3, "bed_red", _SOUTHERN, (1, 2)),
    _cottage("oak_cottage", 15, 3, "bed_green", _WESTERN, (5, 2)),
    _cottage("ash_cottage", 4, 38, "bed_blue", _NORTHERN, (1, 2)),
    _cottage("hazel_cottage", 13, 38, "bed_green", _EASTERN, (5, 2)),
    _cottage(
        "willow_cottage",
        27,
        43,
        "bed_blue",
        ("#w#+#w#", "#h.BB.#", "#s.vvL#", "#T...k#", "#######"),
        (1, 2),
    ),
    _cottage(
        "brook_cottage",
        38,
        41,
        "bed_red",
        ("#w#+#w#", "#h.BBL#", "#..vv.#", "#sT.Rr#", "#k..rr#", "#######"),
        (1, 2),
    ),
)
