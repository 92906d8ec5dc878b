"""Reading scenario files: what comes out, and every mistake at its line and column."""

from __future__ import annotations

import os
from pathlib import Path
from time import perf_counter

import pytest
import yaml

from npcsim.errors import ScenarioError
from npcsim.scenario import load
from npcsim.scenario.load import definition_from, in_order, load_definition, read_definition
from npcsim.scenario.references import check
from npcsim.scenario.spelling import nearest

DATA = Path(__file__).parents[1] / "data"
BROKEN = sorted((DATA / "broken").glob("*.yaml"))
TOOLS = ("go_to", "wait", "use", "craft", "give")


def write(folder: Path, text: str, name: str = "scenario.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def told(path: Path, *overrides: str, checked: bool = True) -> list[str]:
    """Every mistake as `LINE:COL message; hint`."""
    loaded, mistakes = read_definition(path, overrides=overrides)
    if loaded is not None and checked:
        mistakes += check(loaded.definition, loaded.sources, known_tools=TOOLS)
    return [str(one).removeprefix(f"{one.file}:") for one in in_order(mistakes)]


def first(path: Path, *overrides: str) -> str:
    return told(path, *overrides)[0]


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
def test_broken_scenarios(path: Path, loader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of PyYAML's parsers lead to the very same mistakes at the very same places."""
    if not hasattr(yaml, loader):
        pytest.skip("this PyYAML was built without libyaml")
    monkeypatch.setattr(load, "_LOADER", getattr(yaml, loader))
    lines = path.read_text(encoding="utf-8").splitlines()
    expected = [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]
    assert expected
    assert [one.replace(": ", " ", 1) for one in told(path)] == expected


def test_a_scenario_lies_over_its_world() -> None:
    loaded = load_definition(DATA / "over_hamlet.yaml")
    definition = loaded.definition
    assert list(definition.places) == ["barn", "well", "field"]
    assert definition.places["well"].name == "the new well"  # what the scenario says of it
    assert definition.places["well"].x == 9  # and what it leaves as it was
    assert definition.npcs["Anna"].carries == {"hay": 1}
    assert [way.to for way in definition.ways] == ["well", "field"]  # lists are joined
    assert definition.title == "A day in the hamlet"
    assert definition.clock.tick == 5_000
    assert loaded.world_dir == DATA / "worlds" / "hamlet"
    assert [path.name for path in loaded.files] == ["over_hamlet.yaml", "world.yaml", "npcs.yaml"]
    (tools,) = loaded.tools
    assert (tools.name, tools.path) == ("hamlet/tools.py", DATA / "worlds/hamlet/tools.py")
    assert loaded.map_path is None
    assert check(definition, loaded.sources) == []


def test_sources_know_where_everything_stands() -> None:
    sources = load_definition(DATA / "over_hamlet.yaml").sources
    people = str(DATA / "worlds" / "hamlet" / "npcs.yaml")
    assert sources.mark(("npcs", "Anna", "at")) == (people, 4, 26)
    assert sources.mark(("npcs", "Anna"), key=True) == (people, 4, 3)
    assert sources.mark(("npcs", "Anna", "traits", "courage")) == (people, 4, 3)
    assert sources.mark(("nowhere",))[1:] == (1, 1)
    mistake = sources.mistake(("ways", 1, "to"), "no place 'x'", "did you mean 'y'?")
    end = "over_hamlet.yaml:7:37: no place 'x'; did you mean 'y'?"
    assert str(mistake).endswith(end)


def test_the_text_gives_the_definition_back() -> None:
    loaded = load_definition(DATA / "over_hamlet.yaml", overrides=["clock.end=11:00"])
    assert definition_from(loaded.text) == loaded.definition


def test_every_mistake_is_told_at_once_and_in_order(tmp_path: Path) -> None:
    write(tmp_path, "places: {mill: {nmae: x}}\nitems: {corn: {takes: 3}}\n", "worlds/w/world.yaml")
    path = write(
        tmp_path,
        "uses: w\nclock: {end: 21:00}\nnpcs:\n  Ada: {at: mil, cuont: 2}\n  Ada: {}\nseed: x\n",
    )
    mistakes = told(path)
    assert [one.split(" ")[0] for one in mistakes] == [
        "2:14:", "4:13:", "4:18:", "5:3:", "6:7:", "1:17:", "2:23:",
    ]  # fmt: skip
    with pytest.raises(ScenarioError) as caught:
        load_definition(path)
    assert len(caught.value.mistakes) == 6
    assert caught.value.mistakes[-1].file == str(tmp_path / "worlds" / "w" / "world.yaml")


def test_a_left_out_entry_is_no_second_mistake(tmp_path: Path) -> None:
    """What refers to an entry that could not be read is not wrong for that."""
    text = "spots: {big: {knid: oven}}\nitems: {bread: {at: oven}}\nstock: {big: {bread: 1}}\n"
    assert told(write(tmp_path, text)) == ["1:15: unknown key 'knid'; did you mean 'kind'?"]
    text = "itmes: {bread: {}}\nnpcs: {Ada: {carries: {bread: 1}}}\n"
    assert told(write(tmp_path, text)) == ["1:1: unknown key 'itmes'; did you mean 'items'?"]
    text = "items: []\nnpcs: {Ada: {carries: {bread: 1}}}\n"
    assert len(told(write(tmp_path, text))) == 1


def test_a_world_is_found_beside_above_or_in_the_search_path(tmp_path: Path) -> None:
    path = write(tmp_path, "uses: w\n", "scenarios/a.yaml")
    elsewhere = write(tmp_path, "title: elsewhere\n", "packaged/w/world.yaml").parent.parent
    assert load_definition(path, search=[elsewhere]).definition.title == "elsewhere"
    for place in ("scenarios/w", "worlds/w", "scenarios/worlds/w"):
        write(tmp_path, f"title: {place}\n", f"{place}/world.yaml")
        assert load_definition(path, search=[elsewhere]).definition.title == place


def test_a_world_may_use_another_but_not_itself(tmp_path: Path) -> None:
    write(tmp_path, "uses: b\nplaces: {x: {name: a}}\n", "worlds/a/world.yaml")
    write(tmp_path, "places: {x: {name: b}, y: {}}\n", "worlds/b/world.yaml")
    path = write(tmp_path, "uses: a\n")
    loaded = load_definition(path)
    assert loaded.definition.places["x"].name == "a"
    assert list(loaded.definition.places) == ["x", "y"]
    assert loaded.world_dir == tmp_path / "worlds" / "a"
    write(tmp_path, "uses: a\n", "worlds/b/world.yaml")
    assert told(path) == ["1:7: the world 'a' uses itself"]


@pytest.mark.parametrize("name", ["../w", "/etc", "w/../w", ".", "a\\\\b", "C:w"])
def test_a_world_is_a_name_and_no_path(tmp_path: Path, name: str) -> None:
    write(tmp_path, "{}\n", "worlds/w/world.yaml")
    assert "is no name of a world" in first(write(tmp_path, f'uses: "{name}"\n'))


def test_a_name_given_twice_in_one_world(tmp_path: Path) -> None:
    write(tmp_path, "seed: 1\nitems:\n  a: {}\n", "worlds/w/world.yaml")
    write(tmp_path, "seed: 1\nitems:\n  b: {}\n  a: {}\n", "worlds/w/npcs.yaml")
    mistakes = told(write(tmp_path, "uses: w\n"))
    where = tmp_path / "worlds" / "w" / "world.yaml"
    assert mistakes == [
        f"1:1: 'seed' is given twice; the first is at {where}:1",
        f"4:3: 'a' is given twice; the first is at {where}:3",
    ]


def test_maps_are_named_from_the_file_that_names_them(tmp_path: Path) -> None:
    write(tmp_path, "map: maps/town.tmx\n", "worlds/w/world.yaml")
    there = write(tmp_path, "<map/>", "worlds/w/maps/town.tmx")
    path = write(tmp_path, "uses: w\n")
    assert load_definition(path).map_path == there
    write(tmp_path, "<map/>", "own.tmx")
    own = write(tmp_path, "uses: w\nmap: own.tmx\n")
    assert load_definition(own).map_path == tmp_path / "own.tmx"
    assert load_definition(path, overrides=["map=own.tmx"]).map_path == tmp_path / "own.tmx"
    near = write(tmp_path, "map: onw.tmx\n")
    assert told(near) == ["1:6: no map 'onw.tmx'; did you mean 'own.tmx'?"]


@pytest.mark.parametrize(
    "name",
    ["../secret.tmx", "/etc/passwd", "C:/x.tmx", "\\\\\\\\host\\\\x", "link.tmx", "loop.tmx"],
)
def test_maps_outside_of_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "in"
    secret = write(tmp_path, "<map/>", "secret.tmx")
    path = write(folder, f'map: "{name}"\n')
    (folder / "link.tmx").symlink_to(secret)
    (folder / "loop.tmx").symlink_to(folder / "loop.tmx")
    (mistake,) = told(path)
    assert "lies outside" in mistake or "no map" in mistake
    assert "lies outside" in mistake or name == "loop.tmx"


def test_worlds_that_lead_outside_are_refused(tmp_path: Path) -> None:
    secret = write(tmp_path, "password: 1\n", "secret.yaml")
    world = tmp_path / "worlds" / "w"
    world.mkdir(parents=True)
    (world / "world.yaml").symlink_to(secret)
    (mistake,) = told(write(tmp_path, "uses: w\n"))
    assert "leads outside of the world's folder" in mistake


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "1:1: the file is empty"),
        (b"title: caf\xe9\n", "1:11: the byte 0xe9 is not UTF-8 text"),
        (b"a: 1\n\xff\xfe\n", "2:1: the byte 0xff is not UTF-8 text"),
        (b"\xff\xfea\x00", "1:1: the file is UTF-16"),
        (b"title: a\x00b\n", "1:9: the control character U+0000"),
        (b"title: a\nseed: 1\x1b\n", "2:8: the control character U+001B"),
        (b"title: a\rseed: 1\n", "1:9: the control character U+000D"),
        ("title: a\u2028b\n".encode(), "1:9: the control character U+2028"),
        (b"places:\n\ta: {}\n", "2:1: a tab in the indentation; use spaces"),
        (b'title: "\\0"\n', "1:8: a control character in the text"),
        (b'title: "\\ud800"\n', "1:"),
        (b"? [a, b]\n: 1\n", "1:3: a key that is no name"),
        (b"? {a: b}\n: 1\n", "1:3: a key that is no name"),
        (b"seed: 1\nplaces: {: 1}\n", "2:10: "),
        (b"title: @x\n", "1:8: a value can't begin with '@'"),
        (b"title: `x\n", "1:8: a value can't begin with '`'"),
        (b"title: %x\n", "1:8: a value can't begin with '%'"),
        (b"%YAML 9.9\n---\ntitle: x\n", "1:"),
        (b"title: !x y\n", "1:8: '!x': tags are not used here"),
        (b"places: !!set {a, b}\n", "1:9: '!!set': tags are not used here"),
        (b"title: !<tag:evil> y\n", "1:8: 'tag:evil': tags are not used here"),
        (b"*a : 1\n", "1:1: '*a': aliases are not used here"),
        (b"title: a\n...\ntitle: b\n", "3:1: a second document begins here"),
        (b"seed: " + b"9" * 5000 + b"\n", "1:7: a number of 5000 digits; too large"),
        (b"seed: 0x" + b"f" * 30 + b"\n", "1:7: the number 0xfff"),
        (b"seed: -.inf\n", "1:7: -.inf is no number to count with"),
        (b"seed: 1:30.5\n", "1:7: YAML reads 1:30.5 as the number 90.5"),
        (b"just words\n", "1:1: the file holds no keys"),
    ],
)
def test_text_that_no_author_meant(tmp_path: Path, raw: bytes, expected: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(raw)
    assert first(path).startswith(expected)


def test_harmless_ways_of_writing_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(
        b"\xef\xbb\xbf# a byte order mark\r\nscenario: a\r\nseed: 0x10\r\ntemper: 5e-1\r\n"
        b"clock: {start: 06:00, end: '21:00'}\r\nspots: {d: {kind: door, locked: yes}}\r\n"
    )
    definition = load_definition(path).definition
    assert (definition.seed, definition.temper) == (16, 0.5)
    assert definition.clock.end == 21 * 3_600_000
    assert definition.spots["d"].locked


GROUND = """\
clock:
  tick: 5 s
  start: "06:00"
places:
  inn: {x: 2, y: 2}
  mill:
    name: the old mill
    x: 8
    y: 2
  farm: {x: 4, y: 9}
npcs:
  Ada:
    at: mill
    goal: Grind
    traits:
      hp: 0.5
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("  inn", "   inn", "5:4: the indentation does not fit; expected 2 spaces"),
        ("  inn", " inn", "5:2: the indentation does not fit; expected 2 spaces"),
        ("  inn", "inn", "5:1: the indentation does not fit; expected 2 spaces"),
        ("  mill:", "mill:", "6:1: the indentation does not fit; expected 2 spaces"),
        ("  mill:", "   mill:", "6:4: the indentation does not fit; expected 2 spaces"),
        ("    name", "  name", "7:3: the indentation does not fit; expected 4 spaces"),
        ("    name", "      name", "7:7: the indentation does not fit; expected 4 spaces"),
        ("    x: 8", "  x: 8", "8:3: the indentation does not fit; expected 4 spaces"),
        ("    y: 2\n", "  y: 2\n", "9:3: expected keys and values, found the number 2; should 'y'"),
        ("  tick", "tick", "2:1: the indentation does not fit; expected 2 spaces"),
        ("    traits", "  traits", "15:3: 'traits' is no entry here; should 'traits' be"),
        ("  hp", "hp", "16:5: unknown key 'hp'; should it be indented further, under 'traits'?"),
        ("clock:", "clock", "1:6: expected ':' after the key; add the colon"),
        ("tick:", "tick", "2:7: expected ':' after the key; add the colon"),
        ("name: the", "name:the", "7:9: expected a space after the ':'; add the space"),
        ("Ada:", "Ada", "12:6: expected ':' after the key; add the colon"),
    ],
)
def test_the_line_to_blame_is_the_one_that_was_changed(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    """A parser notices most of these a line or more too late."""
    assert told(write(tmp_path, GROUND)) == []
    mistakes = told(write(tmp_path, GROUND.replace(old, new, 1)))
    assert len(mistakes) == 1
    assert mistakes[0].startswith(expected)


def test_files_that_are_none(tmp_path: Path) -> None:
    write(tmp_path, "seed: 1\n", "tavern.yaml")
    assert told(tmp_path / "tavren.yaml") == [
        "1:1: there is no such file; did you mean 'tavern.yaml'?"
    ]
    assert told(tmp_path) == ["1:1: this is a folder; expected a YAML file"]
    big = write(tmp_path, "#" * 2_000_001)
    assert told(big) == ["1:1: the file is larger than 2 MB"]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.yaml")
        assert told(tmp_path / "pipe.yaml") == ["1:1: this is no ordinary file"]


@pytest.mark.parametrize(
    "text",
    [
        "places: " + "[" * 900_000,
        "places: " + "{a: " * 400_000,
        "ways: [" + "1," * 900_000 + "]",
        "npcs:\n" + "".join(f"  n{i}: {{is: x}}\n" for i in range(110_000)),
        "".join("  " * i + "a:\n" for i in range(1_000)),
        "a: &a [x]\nb: [" + "*a," * 600_000 + "]",
        "'" + "x" * 1_900_000,
        "- " * 900_000,
    ],
    ids=["brackets", "braces", "many", "npcs", "indented", "aliases", "quote", "dashes"],
)
def test_hostile_files_are_refused_soon(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    start = perf_counter()
    assert 1 <= len(told(path)) <= 1_001
    assert perf_counter() - start < 5  # a second on a quiet machine


def test_overrides_are_typed_as_in_a_shell() -> None:
    loaded = load_definition(
        DATA / "over_hamlet.yaml",
        overrides=[
            "clock.start=21:00",  # the shell has taken the quotes away
            "clock.end=day 2 01:00",
            "seed=3",
            "npcs.Anna.traits.hp=0.5",
            "npcs.Anna.goal=Rest, at last",
            "npcs.Ben={at: well, count: 2}",
            "ways.0.takes=3 min",
            "log.every=5",
        ],
    )
    definition = loaded.definition
    assert definition.clock.start == 21 * 3_600_000
    assert definition.clock.end == 25 * 3_600_000
    assert definition.seed == 3
    assert definition.npcs["Anna"].traits == {"hp": 0.5}
    assert definition.npcs["Anna"].goal == "Rest, at last"
    assert definition.npcs["Ben"].count == 2
    assert definition.ways[0].takes == 180_000
    assert definition.log.every == 5
    assert loaded.sources.mark(("npcs", "Anna", "traits", "hp")) == ("--set", 4, 21)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("npcs.Ana.goal=x", "1:6: unknown name 'Ana'; did you mean 'Anna'?"),
        ("clock.strat=06:00", "1:7: unknown name 'strat'; did you mean 'start'?"),
        ("sede=1", "1:1: unknown name 'sede'; did you mean 'seed'?"),
        ("npcs.Bob=1", "1:6: unknown name 'Bob'; known are Anna"),
        ("ways.7.takes=1 h", "1:6: unknown name '7'; known are 0, 1"),
        ("seed.x=1", "1:6: there is nothing under 'seed'"),
        ("seed", "1:1: expected key.path=value, found 'seed'"),
        ("=1", "1:1: expected key.path=value, found '=1'"),
        ("seed=x", "1:6: expected a whole number, found 'x'"),
        ("seed=[1", "1:6: this bracket is never closed"),
        ("temper=.nan", "1:8: .nan is no number to count with"),
        ("npcs.Anna={at: wel}", "1:16: no place or spot 'wel'; did you mean 'well'?"),
        ("npcs.Anna.traits.bravery=0.9", "1:18: no attribute 'bravery'"),
        ("uses=hamelt", "1:6: no world or scenario 'hamelt'; did you mean 'hamlet'?"),
    ],
)
def test_wrong_overrides(override: str, expected: str) -> None:
    path = DATA / "over_hamlet.yaml"
    loaded, mistakes = read_definition(path, overrides=[override])
    if loaded is not None and not mistakes:
        mistakes = check(loaded.definition, loaded.sources)
    assert mistakes[0].file == "--set"
    assert str(mistakes[0]).startswith(f"--set:{expected}")


def test_to_put_on_in_quotes_is_no_advice(tmp_path: Path) -> None:
    told_of = [one for one in told(write(tmp_path, "reflection: on\n")) if "it is on" in one]
    assert told_of == [
        "1:13: expected `off`, or what it is to be like; left out, it is on, found true"
    ]


def test_overrides_leave_the_files_nodes_alone() -> None:
    """Nothing of one load reaches the next."""
    path = DATA / "over_hamlet.yaml"
    before = load_definition(path).text
    load_definition(path, overrides=["npcs.Anna.carries.hay=7", "clock.tick=9 s"])
    assert load_definition(path).text == before


def test_what_a_map_adds_is_known(tmp_path: Path) -> None:
    text = (
        "npcs: {A: {at: gate}, B: {at: stall}, C: {at: inn}, D: {at: stall_2}}\n"
        "items: {nail: {at: forge}}\nstock: {stall_2: {nail: 1}}\n"
    )
    loaded = load_definition(write(tmp_path, text))
    definition, sources = loaded.definition, loaded.sources
    assert len(check(definition, sources)) == 6
    assert (
        check(
            definition,
            sources,
            known_places=["inn"],
            known_spot_kinds=["stall", "forge"],
            known_spots=["stall_2"],
            known_spawns=["gate"],
        )
        == []
    )


def test_a_section_is_no_misspelling_of_another(tmp_path: Path) -> None:
    """`plans` is as near to `places` as a misspelling, but what it holds are no places."""
    text = "plans: {bake: {option: x, steps: [wait]}}\nnpcs: {A: {at: bake}}\n"
    assert told(write(tmp_path, text)) == ["2:16: no place or spot 'bake'"]


def test_an_npc_may_be_another_npc(tmp_path: Path) -> None:
    good = "archetypes: {guard: {}}\nnpcs:\n  guard: {is: guard, count: 2}\n  Rolf: {is: guard}\n"
    assert told(write(tmp_path, good)) == []
    circle = "npcs:\n  A: {is: B}\n  B: {is: A}\n  C: {is: C}\n  D: {is: A}\n"
    assert told(write(tmp_path, circle)) == [
        "2:11: an NPC can't build on itself: A is B is A",
        "4:11: an NPC can't build on itself: C is C",
    ]


def test_state_machines_whose_states_lead_nowhere(tmp_path: Path) -> None:
    head = "behaviour:\n  b:\n    rest: {do: wait}\n"
    ring = head + "    x: {from: y, do: wait}\n    y: {from: x, do: wait}\n"
    assert told(write(tmp_path, ring)) == [
        "4:5: the state 'x' can never be entered; no way leads there",
        "5:5: the state 'y' can never be entered; no way leads there",
    ]
    behind = head + "    x: {do: wait}\n    y: {from: x, do: wait}\n"
    assert len(told(write(tmp_path, behind))) == 1
    ways_in = head + "    x: {do: wait}\n    y: {from: any, do: wait}\n    go: {from: y, to: x}\n"
    assert told(write(tmp_path, ways_in)) == []
    named_any = head + "    any: {from: rest, do: wait}\n"
    assert told(write(tmp_path, named_any)) == [
        "4:5: a state can't be called 'any'; it stands for all states"
    ]
    both = head + "    go: {from: rest, do: wait, to: rest}\n"
    assert "is a transition" in first(write(tmp_path, both))


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("tavren", "tavern market mill", "did you mean 'tavern'?"),
        ("Tavern", "tavern", "did you mean 'tavern'?"),
        ("ph", "hp mp", "did you mean 'hp'?"),
        ("x", "y z", ""),
        ("behavior", "behaviour places", "did you mean 'behaviour'?"),
        ("villagers", "villager village", "did you mean 'villager'?"),
        ("market square", "market_square", "did you mean 'market_square'?"),
        ("zzz", "tavern", ""),
        ("marketplace", "market", "did you mean 'market'?"),
        ("tavern", "tavern", ""),
    ],
)
def test_nearest(name: str, known: str, expected: str) -> None:
    assert nearest(name, known.split()) == expected


def test_a_thousand_npcs_load_within_a_second(tmp_path: Path) -> None:
    npcs = "".join(
        f"  Person-{i}:\n    is: villager\n    at: inn\n    goal: Keep the {i}th house\n"
        f"    traits: {{hp: {i}}}\n    carries: {{coin: 2}}\n    secret: [I am number {i}]\n"
        for i in range(1_000)
    )
    path = write(tmp_path, "places: {inn: {}}\narchetypes: {villager: {}}\nnpcs:\n" + npcs)
    times = []
    for _ in range(3):
        start = perf_counter()
        loaded = load_definition(path)
        assert check(loaded.definition, loaded.sources) == []
        times.append(perf_counter() - start)
    assert len(loaded.definition.npcs) == 1_000
    assert min(times) < 1
