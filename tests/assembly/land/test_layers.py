"""`uses` another scenario: how layers lie over one another, and whose ground it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim.assembly.build import read
from npcsim.errors import Mistake, ScenarioError
from npcsim.scenario.load import load_definition

BASE = """
scenario: base
uses: dale
clock: {tick: 1 s, start: "06:00", end: "07:00"}
npcs:
  Ann: {is: villager, at: inn, home: inn}
  Ben: {is: villager, at: well}
ties: [{from: Ann, to: Ben, trust: 0.5}]
events:
  - {at: "06:10", signal: bell, place: inn}
  - {at: "06:20", do: Ann.go_to(well)}
  - {at: "06:30", fact: it rains, heard_by: Ben}
"""
DALE = """
size: [40, 40]
places: {inn: {x: 5, y: 5}, well: {x: 20, y: 20}}
spots: {counter: {kind: counter, at: inn, holds: {coin: 3}}}
stock: {well: {coin: 1}}
archetypes: {villager: {speed: 1}}
plans: {drink: {option: drink, steps: [go_to(well)]}}
"""


def layers(folder: Path, top: str, **more: str) -> Path:
    """`top` over `base` over the world `dale`."""
    texts = {"top": top, "base": BASE, **more}
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    world = folder / "worlds" / "dale"
    world.mkdir(parents=True, exist_ok=True)
    (world / "world.yaml").write_text(DALE, encoding="utf-8")
    return folder / "top.yaml"


def told(path: Path) -> list[Mistake]:
    with pytest.raises(ScenarioError) as raised:
        read(path)
    return list(raised.value.mistakes)


def test_a_scenario_lies_over_another_and_its_world(tmp_path: Path) -> None:
    path = layers(
        tmp_path,
        "scenario: top\nuses: base\nnpcs: {Ben: {is: villager, at: inn}, Cid: {at: inn}}\n"
        'events: [{at: "06:40", do: Cid.go_to(well)}]\n',
    )
    built = read(path)
    assert [profile.id for profile in built.world.setting.profiles] == ["Ann", "Ben", "Cid"]
    assert built.world.setting.scenario == "top"
    assert built.definition.npcs["Ben"].at == "inn"  # the nearer entry wins
    assert [event.at for event in built.definition.events] == sorted(
        event.at or 0 for event in built.definition.events
    )  # lists are joined, those used first
    assert len(built.definition.events) == 4
    assert len(built.definition.ties) == 1
    assert set(built.definition.places) == {"inn", "well"}
    loaded = load_definition(path)
    assert [layer.folder for layer in loaded.layers] == [
        tmp_path, tmp_path, tmp_path / "worlds" / "dale",
    ]  # fmt: skip
    assert loaded.folders == (tmp_path / "worlds" / "dale", tmp_path)
    assert [path.name for path in loaded.files] == ["top.yaml", "base.yaml", "world.yaml"]


RICH = """
scenario: base
size: [40, 40]
places: {inn: {x: 5, y: 5}, well: {x: 20, y: 20}}
attributes: {hunger: {range: 0..1, start: 0.5}, temper: {range: 0..1}}
items: {loaf: {value: 3, use: {hunger: -0.5}}, ale: {}}
archetypes:
  villager: {speed: 1, mind: true, tools: [go_to, say, wait]}
  baker: {is: villager, damage: 2, tools: [+use, -say], traits: {temper: 0.5}, carries: {loaf: 2}}
npcs:
  Ann: {is: baker, x: 3, y: 4, persona: You bake.}
behaviour:
  baker: {rest: {do: wait}, work: {from: rest, when: hunger > 2, do: wait}}
factions: {town: {home: inn, stock: {loaf: 3, ale: 1}}}
"""


@pytest.mark.parametrize("folder", ["base.yaml", "worlds/base/world.yaml"])
def test_entries_of_one_name_are_put_together_key_by_key(tmp_path: Path, folder: str) -> None:
    file = tmp_path / folder
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(RICH, encoding="utf-8")
    path = tmp_path / "top.yaml"
    path.write_text(
        "uses: base\n"
        "archetypes: {baker: {tools: [+say, +give], traits: {hunger: 0.9}, carries: {ale: 1}}}\n"
        "items: {loaf: {use: {temper: 0.1}}}\nattributes: {hunger: {start: 0.2}}\n"
        "npcs: {Ann: {goal: Rest, at: inn}}\nfactions: {town: {stock: {ale: 9}}}\n"
        "behaviour: {baker: {sleep: {do: wait}}}\n",
        encoding="utf-8",
    )
    built = read(path)
    definition, (ann,) = built.definition, built.world.setting.profiles
    assert (ann.archetype, ann.mind, ann.persona, ann.goal) == ("baker", True, "You bake.", "Rest")
    assert ann.tools == {"go_to", "wait", "use", "say", "give"}
    assert built.world.npc("Ann").damage == 2
    assert built.world.npc("Ann").x == 5  # `at` takes the place of x and y
    assert definition.archetypes["baker"].traits == {"temper": 0.5, "hunger": 0.9}
    assert built.world.held("Ann") == {"loaf": 2, "ale": 1}
    assert (definition.items["loaf"].value, dict(definition.items["loaf"].use)) == (
        3, {"temper": 0.1},
    )  # fmt: skip
    assert definition.attributes["hunger"].start == 0.2
    assert definition.attributes["hunger"].range is not None
    assert (definition.factions["town"].home, definition.factions["town"].stock) == (
        "inn", {"ale": 9},
    )  # fmt: skip
    assert list(definition.behaviour["baker"]) == ["sleep"]  # a machine is one thing


def test_x_and_y_take_the_place_of_at_and_a_plain_list_that_of_tools(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(RICH.replace("x: 3, y: 4", "at: inn"), encoding="utf-8")
    path = tmp_path / "top.yaml"
    path.write_text(
        "uses: base\nnpcs: {Ann: {x: 9, y: 8}}\narchetypes: {baker: {tools: [wait, -use]}}\n",
        encoding="utf-8",
    )
    built = read(path)
    assert (built.world.npc("Ann").x, built.definition.npcs["Ann"].at) == (9, None)
    assert built.world.setting.profiles[0].tools == {"wait"}


def test_a_mistake_in_what_was_put_together_is_told_where_it_stands(tmp_path: Path) -> None:
    text = RICH.replace("damage: 2", "damage: two")
    (tmp_path / "base.yaml").write_text(text, encoding="utf-8")
    path = tmp_path / "top.yaml"
    path.write_text("uses: base\narchetypes:\n  baker: {speed: fast}\n", encoding="utf-8")
    assert [(Path(one.file).name, one.line) for one in told(path)] == [
        ("base.yaml", 9), ("top.yaml", 3),
    ]  # fmt: skip


def test_what_is_changed_above_the_ground_is_filtered_in_what_stays_below(tmp_path: Path) -> None:
    built = read(layers(tmp_path, OWN_MAP.replace("npcs: {", "npcs: {Ann: {goal: Rest}, ")))
    assert (built.definition.npcs["Ann"].at, built.definition.npcs["Ann"].home) == (None, None)
    assert built.definition.npcs["Ann"].goal == "Rest"


def test_it_is_found_beside_in_scenarios_and_among_those_that_ship(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "mine").mkdir()
    (tmp_path / "scenarios" / "02_base.yaml").write_text("npcs: {Ann: {}}\n", encoding="utf-8")
    for name, people in (("base", 1), ("02_base", 1), ("village_morning", 12)):
        path = tmp_path / "mine" / "top.yaml"
        path.write_text(f"scenario: top\nuses: {name}\n", encoding="utf-8")
        assert len(read(path).world.setting.profiles) == people
    path.write_text("scenario: top\nuses: village_mornin\n", encoding="utf-8")
    assert told(path)[0].hint == "did you mean 'village_morning'?"


def test_two_that_differ_in_their_number_only_are_named_in_full(tmp_path: Path) -> None:
    for name in ("01_base", "02_base"):
        (tmp_path / f"{name}.yaml").write_text("npcs: {Ann: {}}\n", encoding="utf-8")
    path = tmp_path / "top.yaml"
    path.write_text("uses: base\n", encoding="utf-8")
    assert "no world or scenario 'base'" in told(path)[0].message
    path.write_text("uses: 02_base\n", encoding="utf-8")
    read(path)


def test_a_world_comes_before_a_scenario_and_uses_only_worlds(tmp_path: Path) -> None:
    path = layers(tmp_path, "uses: dale\nnpcs: {Cid: {at: inn}}\n", dale="npcs: {Dan: {}}\n")
    assert [profile.id for profile in read(path).world.setting.profiles] == ["Cid"]
    world = tmp_path / "worlds" / "dale" / "world.yaml"
    world.write_text(DALE + "uses: base\n", encoding="utf-8")
    assert told(path)[0].message == "no world 'base'"


def test_circles_are_refused(tmp_path: Path) -> None:
    path = layers(tmp_path, "uses: base\n", base="uses: third\n", third="uses: top\n")
    (first, *_) = told(path)
    assert (Path(first.file).name, first.line) == ("third.yaml", 1)
    assert first.message == "the scenario 'top' uses itself"
    path.write_text("uses: top\n", encoding="utf-8")
    assert told(path)[0].message == "the scenario 'top' uses itself"


def test_chains_end(tmp_path: Path) -> None:
    more = {f"s{n}": f"uses: s{n + 1}\n" for n in range(30)}
    assert "more than 16" in told(layers(tmp_path, "uses: s0\n", **more))[0].message


OWN_MAP = """
scenario: top
uses: base
map: |
  #######
  #c...w#
  #######
legend: {c: counter, w: well}
npcs: {Cid: {is: villager, at: counter}}
"""


def test_what_lies_below_is_filtered_to_the_topmost_ground(tmp_path: Path) -> None:
    built = read(layers(tmp_path, OWN_MAP))
    definition = built.definition
    assert definition.size is None
    assert not definition.places
    assert not definition.spots  # the inn's counter is of the other ground
    assert set(definition.npcs) == {"Ann", "Ben", "Cid"}
    assert definition.npcs["Ann"].at is None
    assert definition.npcs["Ann"].home is None
    assert definition.npcs["Ben"].at == "well"  # there is one here too, of another sort
    assert [event.fact or event.do for event in definition.events] == [
        "Ann.go_to(well)", "it rains",
    ]  # fmt: skip
    assert len(definition.ties) == 1


def test_a_thing_of_other_ground_does_not_come_along_without_a_place(tmp_path: Path) -> None:
    path = layers(
        tmp_path, OWN_MAP.replace("legend:", "spots: {mine: {kind: box, x: 2, y: 1}}\nlegend:")
    )
    world = tmp_path / "worlds" / "dale" / "world.yaml"
    text = DALE.replace("spots: {", "spots: {pot: {kind: pot}, vat: {kind: vat, x: 3, y: 1}, ")
    world.write_text(text, encoding="utf-8")
    assert {spot for spot, _ in read(path).world.spots.items()} == {"counter_1", "well_1", "mine"}


def test_what_stands_above_the_ground_is_never_filtered(tmp_path: Path) -> None:
    path = layers(
        tmp_path,
        "uses: drawn\nstock: {inn: {coin: 1}}\nplans: {go: {option: go, steps: [go_to(inn)]}}\n",
        drawn=OWN_MAP.replace("scenario: top", "scenario: drawn"),
    )
    mistakes = told(path)  # nothing of `base`, which the drawn map lies over
    assert [(Path(one.file).name, one.line) for one in mistakes] == [
        ("top.yaml", 2), ("top.yaml", 3),
    ]  # fmt: skip


def test_mistakes_after_what_was_left_out_are_told_at_their_own_line(tmp_path: Path) -> None:
    path = layers(tmp_path, OWN_MAP + 'events: [{at: "06:01", do: Cid.go_to(wel)}]\n')
    (mistake,) = told(path)
    assert (Path(mistake.file).name, mistake.line) == ("top.yaml", 10)


def test_ways_add_to_ways_and_take_over_from_a_map(tmp_path: Path) -> None:
    valley = "places: {a: {}, b: {}}\nways: [{from: a, to: b, takes: 1 h}]\nnpcs: {Ann: {at: a}}\n"
    top = "uses: valley\nplaces: {c: {}}\nways: [{from: b, to: c, takes: 1 h}]\n"
    built = read(layers(tmp_path, top, valley=valley))
    assert set(built.world.setting.places) == {"a", "b", "c"}
    built = read(layers(tmp_path, top.replace("from: b", "from: inn"), valley="uses: base\n"))
    assert set(built.world.setting.places) == {"inn", "c"}
    assert built.definition.npcs["Ben"].at is None


def test_a_wider_field_keeps_the_places(tmp_path: Path) -> None:
    built = read(layers(tmp_path, "uses: base\nsize: [60, 60]\n"))
    assert set(built.world.setting.places) == {"inn", "well"}


def test_events_of_before_are_not_caught_up_with(tmp_path: Path) -> None:
    top = 'uses: base\nclock: {start: "06:15", end: "06:25"}\nevents: [{at: "06:16", do: Ann.wait}]'
    built = read(layers(tmp_path, top))
    assert [event.do for event in built.definition.events if event.do] == [
        "Ann.go_to(well)", "Ann.wait",
    ]  # fmt: skip
    assert not any(event.signal for event in built.definition.events)
