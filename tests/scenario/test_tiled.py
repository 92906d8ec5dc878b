"""Tiled maps: what they mean, and what is refused before the parser sees it."""

from __future__ import annotations

import base64
import json
import re
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from npcsim.errors import ScenarioError
from npcsim.scenario.tiled import TiledMap, load_map
from npcsim.world.grid import Grid
from npcsim.world.places import cut_off, map_places
from npcsim.world.walking import UNREACHABLE, distance_field

ROOT = Path(__file__).parents[2]
MAPS = ROOT / "tests" / "data" / "maps"
OAKVALE = ROOT / "worlds" / "oakvale"


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    """A copy of the small maps, to break."""
    return Path(shutil.copytree(MAPS, tmp_path / "maps"))


@pytest.fixture(scope="module")
def oakvale() -> TiledMap:
    return load_map(OAKVALE / "map.tmx")


def changed(path: Path, old: str, new: str) -> Path:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def refusal(path: Path, root: Path | None = None) -> str:
    with pytest.raises(ScenarioError) as caught:
        load_map(path, root)
    assert all(one.file and one.line >= 1 for one in caught.value.mistakes)
    return str(caught.value)


@pytest.mark.parametrize("name", ["bridge.tmx", "bridge.tmj"])
def test_both_formats_mean_the_same(name: str) -> None:
    loaded = load_map(MAPS / name)
    assert (loaded.width, loaded.height, loaded.tile_width, loaded.tile_height) == (6, 4, 16, 16)
    blocked = ["..##.#", "......", "..##..", "#.##.#"]
    assert loaded.blocked.tolist() == [[mark == "#" for mark in row] for row in blocked]
    assert np.argwhere(loaded.opaque).tolist() == [[3, 0], [3, 5]]
    assert loaded.areas == {"west bank": ((0, 0, 2, 4),), "east bank": ((4, 0, 6, 4),)}
    (spot,) = loaded.spots
    assert (spot.name, spot.kind, spot.x, spot.y) == ("stone", "seat", 1.5, 1.5)
    assert dict(spot.properties) == {"room": 2}
    assert loaded.spawns == {"start": (0.5, 1.5)}
    assert [(one.name, one.visible) for one in loaded.layers] == [
        ("ground", True),
        ("water", True),
        ("upper", False),
    ]


def test_flips_are_kept_apart_from_tile_numbers() -> None:
    upper = load_map(MAPS / "bridge.tmx").layers[2]
    assert upper.gids.dtype == np.int32
    assert upper.gids[1].tolist() == [0, 0, 3, 3, 0, 0]
    assert upper.flips[1].tolist() == [0, 0, 8, 0, 0, 0]
    assert upper.flips[3, 5] == 2


def test_the_picture_travels_with_the_map() -> None:
    loaded = load_map(MAPS / "bridge.tmx")
    assert loaded.tilesets[0].image == (MAPS / "bits.png").read_bytes()
    assert (loaded.tilesets[0].first_gid, loaded.tilesets[0].columns) == (1, 4)
    assert loaded.warnings == ()


@pytest.mark.parametrize("name", ["bridge.tmx", "bridge.tmj"])
def test_a_missing_picture_is_only_a_warning(maps: Path, name: str) -> None:
    (maps / "bits.png").unlink()
    loaded = load_map(maps / name)
    assert loaded.tilesets[0].image == b""
    assert "bits.png" in str(loaded.warnings[0])


def test_a_picture_that_is_no_png_is_only_a_warning(maps: Path) -> None:
    (maps / "bits.png").write_bytes(b"GIF89a")
    loaded = load_map(maps / "bridge.tmx")
    assert loaded.tilesets[0].image == b""
    assert "not a PNG" in str(loaded.warnings[0])


def test_a_layer_can_say_what_its_tiles_do(maps: Path) -> None:
    said = '<properties><property name="{}" type="bool" value="{}"/></properties>'
    path = changed(
        maps / "bridge.tmx",
        'name="water" width="6" height="4">',
        'name="water" width="6" height="4">' + said.format("opaque", "true"),
    )
    loaded = load_map(path)
    assert loaded.opaque[0].tolist() == [False, False, True, True, False, False]
    assert loaded.blocked[0, 2]


def test_a_layer_named_walls_blocks_and_is_opaque(maps: Path) -> None:
    loaded = load_map(changed(maps / "bridge.tmx", 'name="water"', 'name="Walls"'))
    assert loaded.blocked[0, 2]
    assert loaded.opaque[0, 2]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('orientation="orthogonal"', 'orientation="isometric"', "isometric"),
        ('orientation="orthogonal"', 'orientation="hexagonal"', "hexagonal"),
        ('infinite="0"', 'infinite="1"', "infinite"),
        ('width="6" height="4" tilewidth', 'width="6000" height="4000" tilewidth', "24000000"),
        ('width="6" height="4" tilewidth', 'width="0" height="4" tilewidth', "width"),
        ('width="6" height="4" tilewidth', 'width="5" height="4" tilewidth', "does not hold"),
        ('version="1.0" encoding="UTF-8"?>', 'version="1.0"?><!DOCTYPE map>', "DOCTYPE"),
        ("</objectgroup>", "", "malformed XML"),
        ('source="bits.tsx"', 'source="../bits.tsx"', "outside the world's folder"),
        ('source="bits.tsx"', 'source="/etc/bits.tsx"', "outside the world's folder"),
        ('source="bits.tsx"', 'source="C:\\bits.tsx"', "outside the world's folder"),
        ('source="bits.tsx"', 'source="gone.tsx"', "no such"),
        ('<data encoding="csv">', "<data>", "CSV"),
        ('encoding="csv"', 'encoding="base64" compression="zstd"', "zstd"),
        ("1,1,1,1,1,1,\n1,1", "1,1,1,1,x,1,\n1,1", "can't be read"),
        ("1,1,1,1,1,1,\n1,1", "1,1,1,1,1,-1,\n1,1", "no tile number"),
    ],
)
def test_what_a_map_may_not_be(maps: Path, old: str, new: str, said: str) -> None:
    assert said in refusal(changed(maps / "bridge.tmx", old, new))


def test_a_doctype_in_a_tileset_is_refused_too(maps: Path) -> None:
    bomb = '<!DOCTYPE t [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><tileset'
    changed(maps / "bits.tsx", "<tileset", bomb)
    assert "DOCTYPE" in refusal(maps / "bridge.tmx")


@pytest.mark.parametrize("where", ["../bits.png", "/tmp/bits.png", "sub/../../bits.png"])
def test_a_picture_outside_the_world_is_refused(maps: Path, where: str) -> None:
    changed(maps / "bits.tsx", "bits.png", where)
    changed(maps / "bridge.tmj", "bits.png", where)
    assert "outside" in refusal(maps / "bridge.tmx")
    assert "outside" in refusal(maps / "bridge.tmj")


def test_a_link_out_of_the_world_is_refused(maps: Path, tmp_path: Path) -> None:
    (maps / "bits.png").rename(tmp_path / "bits.png")
    (maps / "bits.png").symlink_to(tmp_path / "bits.png")
    assert "outside" in refusal(maps / "bridge.tmx")
    assert load_map(maps / "bridge.tmx", root=tmp_path).tilesets[0].image


def test_a_huge_picture_is_refused(maps: Path) -> None:
    image = bytearray((maps / "bits.png").read_bytes())
    image[16:24] = struct.pack(">II", 10_000, 10_000)
    (maps / "bits.png").write_bytes(image)
    assert "too large" in refusal(maps / "bridge.tmx")


def test_a_packed_layer_may_not_unpack_to_more_than_the_map(maps: Path) -> None:
    raw = json.loads((maps / "bridge.tmj").read_text(encoding="utf-8"))
    bomb = base64.b64encode(zlib.compress(bytes(10_000_000))).decode()
    raw["layers"][1]["layers"][0]["data"] = bomb
    (maps / "bridge.tmj").write_text(json.dumps(raw), encoding="utf-8")
    assert "does not hold" in refusal(maps / "bridge.tmj")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\xff\xfe<\0m\0", "UTF-8"),
        (b"{", "malformed JSON"),
        (b"[1]", "expected a Tiled map"),
        (b"{}", "expected a Tiled map"),
        (b"<tileset/>", "expected a Tiled map"),
        (b"[" * 100_000, "nested too deep"),
        (b"<a>" * 100_000 + b"</a>" * 100_000, "nested too deep"),
        (b'{"layers": [], "width": 1, "height": 1, "tilewidth": 1, "tileheight": 1}', "can't be"),
    ],
)
def test_files_that_are_no_maps(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "map.tmx"
    path.write_bytes(content)
    assert said in refusal(path)


def test_a_missing_map_is_named(tmp_path: Path) -> None:
    assert "no such" in refusal(tmp_path / "map.tmx")
    assert "map.tmx" in refusal(tmp_path / "map.tmx")


def test_every_mistake_among_the_objects_is_reported(maps: Path) -> None:
    path = maps / "bridge.tmx"
    changed(path, 'name="kind"', 'name="sort"')
    changed(path, 'name="west bank" ', "")
    changed(path, 'name="start" type="spawn" x="8"', 'name="start" type="spawn" x="-80"')
    changed(path, 'x="80" y="0" width="16"', 'x="800" y="0" width="16"')
    with pytest.raises(ScenarioError) as caught:
        load_map(path)
    mistakes = caught.value.mistakes
    assert [one.message.split()[0] for one in mistakes] == ["a", "spot", "spawn", "a"]
    lines = path.read_text(encoding="utf-8").splitlines()
    assert all("<object " in lines[one.line - 1] for one in mistakes)


def test_two_spots_of_one_name_are_a_mistake(maps: Path) -> None:
    twice = '<object id="9" name="stone" type="spot" x="8" y="8"><point/></object>'
    path = changed(maps / "bridge.tmx", '<object id="4"', twice + '<object id="4"')
    assert "two spots named 'stone'" in refusal(path)


def test_oakvale_loads_whole(oakvale: TiledMap) -> None:
    assert (oakvale.width, oakvale.height) == (64, 48)
    assert oakvale.warnings == ()
    assert len(oakvale.areas) >= 14
    kinds = {spot.kind for spot in oakvale.spots}
    assert kinds >= {"bed", "oven", "anvil", "altar", "well", "stall", "seat", "door", "plot"}
    assert kinds >= {"board", "post", "millstone", "shelf"}


def test_all_of_oakvale_can_be_walked_to(oakvale: TiledMap) -> None:
    grid = Grid(~oakvale.blocked, oakvale.opaque)
    assert cut_off(map_places(grid, oakvale.areas)) == ()
    points = {spot.name: (spot.x, spot.y) for spot in oakvale.spots} | dict(oakvale.spawns)
    x, y = (np.array(axis) for axis in zip(*points.values(), strict=True))
    cells = grid.cells(x, y)
    field = distance_field(grid, (int(cells[0]),))
    lost = [name for name, cell in zip(points, cells, strict=True) if field[cell] >= UNREACHABLE]
    assert lost == []


def test_every_home_of_oakvale_has_a_bed_and_a_door(oakvale: TiledMap) -> None:
    named = {spot.name for spot in oakvale.spots}
    homes = [name for name in oakvale.areas if name.endswith("cottage")]
    assert len(homes) >= 4
    for home in homes:
        assert {f"{home}_bed_1", f"{home}_door_1"} <= named
        assert home in oakvale.spawns


def test_the_scripts_draw_what_is_committed() -> None:
    """Drawn again in another process, picture and map are the same to the last pixel."""
    code = (
        "import sys; sys.path.insert(0, '.'); from build_map import village_text;"
        "from draw_tiles import sheet; from zlib import crc32;"
        "print(crc32(village_text().encode()), sheet().shape[0], crc32(sheet().tobytes()))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=OAKVALE, capture_output=True, text=True, check=True)
    text = (OAKVALE / "map.tmx").read_text(encoding="utf-8")
    pixels = pixels_of((OAKVALE / "tiles.png").read_bytes())
    expected = [zlib.crc32(text.encode()), len(pixels), zlib.crc32(b"".join(pixels))]
    assert [int(number) for number in done.stdout.split()] == expected


def pixels_of(image: bytes) -> list[bytes]:
    """The rows of a PNG as our own writer leaves them: one IDAT chunk, no filter."""
    width, height = struct.unpack(">II", image[16:24])
    length = struct.unpack(">I", image[33:37])[0]
    raw = zlib.decompress(image[41 : 41 + length])
    stride = 1 + width * 4
    assert len(raw) == height * stride
    return [raw[row * stride + 1 : (row + 1) * stride] for row in range(height)]


@pytest.mark.parametrize("name", ["bridge.tmx", "bridge.tmj"])
def test_what_a_map_does_not_need_may_be_left_out(maps: Path, name: str) -> None:
    """Older versions of Tiled, other editors and scripts don't write all of it."""
    path, whole = maps / name, load_map(maps / name)
    unneeded = (
        "version", "tiledversion", "orientation", "infinite", "renderorder", "nextlayerid",
        "nextobjectid",
    )  # fmt: skip
    text = path.read_text(encoding="utf-8")
    if name.endswith(".tmj"):
        kept = {key: value for key, value in json.loads(text).items() if key not in unneeded}
        path.write_text(json.dumps(kept), encoding="utf-8")
    else:
        head, rest = text.split("<map", 1)
        start, rest = rest.split(">", 1)
        start = re.sub(rf'\s({"|".join(unneeded)})="[^"]*"', "", start)
        assert "version" not in start
        path.write_text(f"{head}<map{start}>{rest}", encoding="utf-8")
    loaded = load_map(path)
    assert (loaded.blocked == whole.blocked).all()
    assert (loaded.areas, loaded.spots, loaded.spawns, loaded.tilesets, loaded.warnings) == (
        whole.areas, whole.spots, whole.spawns, whole.tilesets, whole.warnings,
    )  # fmt: skip


def test_what_it_does_need_is_named(maps: Path) -> None:
    changed(next(maps.glob("*.tsx")), 'columns="', 'rows="')
    said = refusal(maps / "bridge.tmx")
    assert "something in it has no 'columns'" in said
