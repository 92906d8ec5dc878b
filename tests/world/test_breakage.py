"""Things break in fights or by a tool, and somebody pays."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim.assembly.build import read
from npcsim.effects import Break, Occupy
from npcsim.errors import ScenarioError
from npcsim.world.state import World
from tests.worlds_in_text import built, bundle, commit_next, lines, live, of

INN = """
size: [20, 20]
clock: {tick: 1 s, start: "21:00", end: "21:05"}
places: {inn: {area: [1, 1, 12, 12]}}
spots:
  table: {kind: table, x: 5, y: 5}
  far_table: {kind: table, x: 18, y: 18}
rules: {broken: {table: 5 coins}}
npcs:
  rolf: {x: 5, y: 5.5, carries: {coin: 3}, behaviour: brawler, foes: [tomas], damage: 0.5}
  tomas: {x: 5.5, y: 5.5, behaviour: brawler, foes: [rolf], damage: 0.5}
behaviour:
  brawler: {fight: {do: attack(nearest(foe))}}
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return built(tmp_path, INN).world


def test_who_breaks_a_thing_pays_what_they_can_and_owes_the_rest(world: World) -> None:
    events = commit_next(world, bundle("rolf", Break("rolf", "table")))
    assert of(events, ev.Broke) == [ev.Broke(1, "table", "table", "rolf", 5, 3)]
    assert world.held("rolf") == {}
    assert world.held("inn") == {"coin": 3}
    assert dict(world.spots["table"].attributes) == {
        "broken": True, "owed": 2, "owed_by": "rolf",
    }  # fmt: skip


def test_a_broken_thing_is_of_no_use_and_breaks_no_more(world: World) -> None:
    commit_next(world, bundle("rolf", Break("rolf", "table")))
    events = commit_next(world, bundle("tomas", Occupy("tomas", "table")))
    events += commit_next(world, bundle("tomas", Break("tomas", "table")))
    events += commit_next(world, bundle("tomas", Break("tomas", "chair")))
    assert [e.reason for e in of(events, ev.Rejected)] == [
        "the table is broken", "the table is broken already", "there is no 'chair'",
    ]  # fmt: skip


def test_what_is_undone_is_paid_back(world: World) -> None:
    before = world.state_hash()
    events = commit_next(world, bundle("rolf", Break("rolf", "table"), Occupy("rolf", "chair")))
    assert of(events, ev.Rejected)
    world.tick = 0
    world.setbacks.drop("rolf")
    assert world.state_hash() == before


async def test_a_fight_breaks_what_stands_beside_it_and_nothing_else(tmp_path: Path) -> None:
    made = built(tmp_path, INN)
    events = await live(made, 120)
    (broke,) = of(events, ev.Broke)
    assert broke.spot == "table"
    assert broke.by in ("rolf", "tomas")
    assert "I broke the table in a fight" in lines(made.world, broke.by)
    again = await live(built(tmp_path, INN), 120)
    assert of(again, ev.Broke) == [broke]


async def test_without_the_rule_nothing_breaks(tmp_path: Path) -> None:
    text = INN.replace("rules: {broken: {table: 5 coins}}\n", "")
    assert not of(await live(built(tmp_path, text), 120), ev.Broke)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("{tabel: 5 coins}", "did you mean 'table'"),
        ("{table: five}", "expected a price such as '5 coins'"),
        ("{table: -1}", "expected a price"),
    ],
)
def test_mistakes_are_told_before_the_run(tmp_path: Path, rule: str, why: str) -> None:
    path = tmp_path / "inn.yaml"
    path.write_text("scenario: inn\n" + INN.replace("{table: 5 coins}", rule))
    with pytest.raises(ScenarioError, match=why):
        read(path)
