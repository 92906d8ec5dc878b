"""Maps drawn in letters, and scenarios on ground of their own that use a world's people."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from npcsim.assembly.build import read
from npcsim.errors import ScenarioError

MAPS = Path(__file__).parents[2] / "data" / "maps"
TEXT = """
scenario: cellar
clock: {tick: 1 s, start: "06:00", end: "06:10"}
map: |
  #######
  #B.t#.#
  #..t+.#
  #######
legend: {B: bar, t: table, "+": door}
npcs:
  Ada: {at: bar}
  Bo: {count: 2, at: table}
"""


def scenario(folder: Path, text: str) -> Path:
    path = folder / "cellar.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_walls_block_floor_does_not_and_letters_are_spots(tmp_path: Path) -> None:
    world = read(scenario(tmp_path, TEXT)).world
    assert world.grid is not None
    rows = ["".join(".#"[not cell] for cell in row) for row in world.grid.walkable]
    assert rows == ["#######", "#...#.#", "#.....#", "#######"]
    assert {id: (s.kind, s.x, s.y) for id, s in world.spots.items()} == {
        "bar_1": ("bar", 1.5, 1.5), "table_1": ("table", 3.5, 1.5),
        "table_2": ("table", 3.5, 2.5), "door_1": ("door", 4.5, 2.5),
    }  # fmt: skip
    assert list(world.setting.places) == ["cellar"]
    assert (world.npc("Ada").x, world.npc("Ada").y) == (1.5, 1.5)


@pytest.mark.parametrize("style", [">", ">-"])
def test_a_drawing_whose_lines_were_folded_is_told(tmp_path: Path, style: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(scenario(tmp_path, TEXT.replace("map: |", f"map: {style}")))
    told = "cellar.yaml:4:6: the lines of the drawing were folded into one, as `>` does"
    assert str(caught.value).endswith(f"{told}; write `map: |`")
    assert len(caught.value.mistakes) == 1


def test_stock_may_name_the_one_thing_of_a_kind(tmp_path: Path) -> None:
    more = "items: {ale: {}}\nstock: {bar: {ale: 3}}\n"
    assert dict(read(scenario(tmp_path, TEXT + more)).world.held("bar_1")) == {"ale": 3}
    with pytest.raises(ScenarioError, match="2 things of the kind 'table'; say which: table_1, t"):
        read(scenario(tmp_path, TEXT + more.replace("bar:", "table:")))


def test_the_window_gets_a_picture_of_it(tmp_path: Path) -> None:
    picture = read(scenario(tmp_path, TEXT)).picture
    assert picture is not None
    assert (picture.width, picture.height) == (7, 4)
    assert len(set(picture.layers[0].gids)) == 4  # wall, floor, door, thing
    assert picture.tilesets[0].png


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("#..t+", "#..x+"), "line 3 of the map has 'x', which `legend:` does not explain"),
        (("at: bar", "at: bra"), "did you mean 'bar'?"),
    ],
)
def test_what_is_not_explained_is_a_mistake(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    with pytest.raises(ScenarioError) as raised:
        read(scenario(tmp_path, TEXT.replace(*change)))
    assert said in str(raised.value)


def test_a_worlds_people_come_along_and_its_places_do_not(tmp_path: Path) -> None:
    text = TEXT.replace("map: |", "uses: oakvale\nmap: |").replace(
        "Ada: {at: bar}", "Ada: {is: baker, at: bar, home: cellar}"
    )
    built = read(scenario(tmp_path, text))
    assert set(built.world.setting.places) == {"cellar"}
    assert "bread" in built.world.setting.items
    plans = {plan.name for plan in built.program.lore.plans}
    assert "eat_own" in plans
    assert "buy_food" not in plans  # it goes to a market that is not here
    assert "buy" in built.program.tools


def test_what_the_scenario_says_itself_is_never_left_out(tmp_path: Path) -> None:
    text = TEXT.replace("map: |", "uses: oakvale\nmap: |")
    text += "plans: {shop: {option: shop, steps: [go_to(market)]}}\n"
    with pytest.raises(ScenarioError, match="no place or spot 'market'"):
        read(scenario(tmp_path, text))


AT_BAR = TEXT.replace("at: table", "at: bar")


def warned(path: Path) -> list[tuple[int, str]]:
    return [(one.line, one.message) for one in read(path).warnings]


def test_a_thing_that_nobody_can_get_to_is_warned_of_at_its_line(tmp_path: Path) -> None:
    text = AT_BAR.replace("  #######\n  #B", "  #######\n  #t#.#.#\n  ##.####\n  #B", 1)
    assert warned(scenario(tmp_path, text)) == [(6, "nobody can get to the table 'table_1'")]
    assert not warned(scenario(tmp_path, text.replace("#t#.#.#", "#t....#")))
    told = text.replace("npcs:", "spots: {chest: {kind: chest, x: 5.5, y: 0.5}}\nnpcs:")
    assert (11, "nobody can get to the chest 'chest'") not in warned(scenario(tmp_path, told))
    told = text.replace("npcs:", "spots:\n  chest: {kind: chest, x: 0.5, y: 0.5}\nnpcs:")
    assert (13, "nobody can get to the chest 'chest'") in warned(scenario(tmp_path, told))


def test_what_lies_behind_a_locked_door_or_where_somebody_begins_is_in_reach(
    tmp_path: Path,
) -> None:
    locked = AT_BAR + "spots: {door_1: {kind: door, x: 4.5, y: 2.5, locked: true}}\n"
    assert not warned(scenario(tmp_path, locked.replace("#B.t#.#", "#B.t#t#")))
    cell = AT_BAR.replace("#..t+.#", "#..t#t#").replace('"+": door', "d: door")
    assert [said for _, said in warned(scenario(tmp_path, cell))] == [
        "nobody can get to the table 'table_3'"
    ]
    inside = cell + "  Cy: {x: 5.5, y: 1.5}\n"
    assert not warned(scenario(tmp_path, inside))


def test_a_thing_of_a_tiled_map_is_warned_of_too(tmp_path: Path) -> None:
    folder = tmp_path / "maps"
    shutil.copytree(MAPS, folder)
    text = (folder / "bridge.tmx").read_text(encoding="utf-8")
    moves = (
        ('type="spot" x="16" y="16"', 'type="spot" x="16" y="48"'),
        ('type="block" x="80" y="0"', 'type="block" x="16" y="32"'),
    )
    for here, there in moves:
        assert here in text
        text = text.replace(here, there)
    (folder / "bridge.tmx").write_text(text, encoding="utf-8")
    path = folder / "walk.yaml"
    path.write_text(
        'scenario: walk\nclock: {tick: 1 s, start: "06:00", end: "06:10"}\n'
        "map: bridge.tmx\nnpcs: {Ada: {at: west bank}}\n",
        encoding="utf-8",
    )
    (warning,) = read(path).warnings
    assert (Path(warning.file).name, warning.line) == ("walk.yaml", 3)
    assert warning.message == "nobody can get to the seat 'stone'"
