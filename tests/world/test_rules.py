"""Which single effects are legal, why not, and what they do."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from npcsim.effects import (
    Add,
    CloseOffer,
    Consume,
    Create,
    Head,
    Move,
    Occupy,
    Offer,
    Release,
    Remember,
    Set,
    Signal,
    Tie,
    Transfer,
)
from npcsim.events import Applied, Changed, Moved, Rejected, Signalled
from npcsim.world.rows import Bid
from npcsim.world.state import World
from tests.worlds_in_text import built, bundle, commit_next, house, of

TOWN = """
size: [20, 20]
attributes: {hunger: {range: 0..1, start: 0.5}}
items: {loaf: {name: loaf of bread}, nail: {}}
places: {mill: {x: 3.5, y: 3.5}, square: {area: [10, 10, 15, 15]}}
spots: {oven: {kind: oven, at: mill, holds: {loaf: 2}}, cot: {kind: bed, at: square}}
stock: {square: {loaf: 3}}
npcs:
  mara: {name: Mara the baker, at: mill, carries: {loaf: 1, coin: 4}}
  bo: {at: square}
  ida: {at: square}
"""


@pytest.fixture
def town(tmp_path: Path) -> World:
    return built(tmp_path, TOWN).world


def refused(world: World, *effects: Any) -> str:
    """The reason why effects are not legal; the world must be as before, notes of it apart."""
    before = {k: v for k, v in world.digests().items() if k not in ("counters", "setbacks")}
    before.pop("signals")
    events = commit_next(world, bundle("mara", *effects))
    after = {k: v for k, v in world.digests().items() if k in before}
    assert after == before
    (rejected,) = of(events, Rejected)
    assert not of(events, Applied)
    assert world.setbacks["mara"] == (world.tick, rejected.reason)
    return rejected.reason


def done(world: World, *effects: Any) -> list[Any]:
    events = commit_next(world, bundle("mara", *effects))
    assert not of(events, Rejected)
    return events


NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("effect", "reason"),
    [
        (Transfer("bo", "mara", "loaf"), "bo has no loaf of bread"),
        (Transfer("mara", "bo", "loaf", 2), "Mara the baker has only 1 loaf of bread"),
        (Transfer("mill", "mara", "loaf"), "there is no loaf of bread at mill"),
        (Transfer("oven", "mara", "loaf", 3), "there is only 2 loaf of bread at the oven"),
        (Transfer("mara", "zed", "loaf"), "nothing called 'zed' can hold items"),
        (Transfer("mara", "bo", "cake"), "there is no item 'cake'"),
        (Transfer("mara", "bo", "loaf", 0), "a count must be a whole number of at least 1, not 0"),
        (Transfer("mara", "bo", "loaf", -1), "a count must be a whole number"),
        (Transfer("mara", "bo", "loaf", 1.5), "a count must be a whole number"),
        (Transfer("mara", "bo", "loaf", NAN), "a count must be a whole number"),
        (Transfer("mara", "bo", "loaf", True), "a count must be a whole number"),
        (Transfer("mara", "bo", "loaf", "2"), "a count must be a whole number"),
        (Transfer("mara", None, "loaf"), "nothing called None can hold items"),
        (Create("mara", "loaf", 10**12), "a count must be a whole number"),
        (Create("zed", "loaf"), "nothing called 'zed' can hold items"),
        (Create("mara", ["loaf"]), "there is no item"),
        (Consume("bo", "nail"), "bo has no nail"),
        (Set("mara", "hp", NAN), "hp must be a finite number, not nan"),
        (Set("mara", "hp", -INF), "hp must be a finite number, not -inf"),
        (Set("mara", "hp", "much"), "hp must be a finite number, not 'much'"),
        (Set("mara", "hp", True), "hp must be a finite number, not True"),
        (Set("mara", "luck", 1), "NPCs have no attribute 'luck'"),
        (Set("mara", ["hp"], 1), "attribute"),
        (Set("mara", "alive", 0), "NPCs have no attribute 'alive'"),
        (Set("zed", "hp", 1), "there is nobody called 'zed'"),
        (Set("oven", "fire", NAN), "fire must be a finite number"),
        (Set("oven", 5, 1), "attribute"),
        (Add("mara", "hp", INF), "hp must be a finite number, not inf"),
        (Add("mara", "luck", 1), "NPCs have no attribute 'luck'"),
        (Add("mara", {}, 1), "attribute"),
        (Add("oven", "hp", 1), "there is nobody called 'oven'"),
        (Move("mara", x=NAN, y=1), "x must be a finite number"),
        (Move("mara"), "x must be a finite number, not None"),
        (Move("mara", x=21, y=1), "(21, 1) is outside the world"),
        (Move("mara", "moon"), "there is no place 'moon'"),
        (Head("mara", "moon"), "there is no way to 'moon'"),
        (Occupy("mara", "throne"), "there is no 'throne'"),
        (Signal("zed", "shout", 5), "a signal can't come from 'zed'"),
        (Signal("mara", "shout", NAN), "loudness must be a finite number"),
        (Signal("mara", 5, 5), "words"),
        (Signal("mara", "speech", 5, ["a"]), "words"),
        (Signal("mara", "speech", 5, "broken \ud800"), "words"),
        (Remember("zed", "a thing"), "there is nobody called 'zed'"),
        (Remember("mara", "a thing", NAN), "importance must be a finite number"),
        (Remember("mara", 5), "words"),
        (Remember("mara", "broken \ud800"), "words"),
        (Tie("mara", "oven", "trust", 0.1), "there is nobody called 'oven'"),
        (Tie("mara", "bo", "trust", NAN), "trust must be a finite number"),
        (Tie("mara", "bo", 5, 0.1), "words"),
        (Offer("mara", "bo", "coin", 0, "loaf", 1), "a count must be a whole number"),
        (Offer("mara", "bo", "gold", 1, "loaf", 1), "there is no item 'gold'"),
        (Offer("mara", "zed", "coin", 1, "loaf", 1), "there is nobody called 'zed'"),
        (CloseOffer("mara", "bo"), "the offer is no longer there"),
    ],
    ids=str,
)
def test_what_is_not_legal_has_a_reason(town: World, effect: Any, reason: str) -> None:
    assert reason in refused(town, effect)
    # Nor does it go through in company: the bundle goes as a whole.
    assert reason in refused(town, Create("mara", "nail"), Remember("mara", "I did it"), effect)


def test_items_change_hands(town: World) -> None:
    events = done(town, Transfer("oven", "mara", "loaf", 2), Transfer("mara", "square", "coin", 4))
    assert dict(town.held("mara")) == {"loaf": 3}
    assert dict(town.held("oven")) == {}
    assert dict(town.held("square")) == {"loaf": 3, "coin": 4}
    assert of(events, Applied)[0].effects[0]["kind"] == "transfer"


def test_giving_to_oneself_changes_nothing(town: World) -> None:
    done(town, Transfer("mara", "mara", "coin", 4))
    assert dict(town.held("mara")) == {"loaf": 1, "coin": 4}


@pytest.mark.parametrize(("value", "kept"), [(50, 50), (-5, 0), (1e9, 100), (-1e300, 0)])
def test_set_is_clipped_to_the_range(town: World, value: float, kept: float) -> None:
    events = done(town, Set("mara", "hp", value), Set("mara", "hunger", value))
    assert town.npc("mara").hp == kept
    assert town.npc("mara").hunger == (1 if value > 0 else 0)
    assert of(events, Changed, attribute="hp")[0].value.tolist() == [kept]


def test_add_sums_first_and_is_clipped_then(town: World) -> None:
    events = commit_next(
        town,
        bundle("mara", Add("mara", "hunger", 5), Add("mara", "hunger", 0.25)),
        bundle("bo", Add("mara", "hunger", -5)),
    )
    assert town.npc("mara").hunger == 0.75
    assert of(events, Changed, attribute="hunger")[0].value.tolist() == [0.75]
    done(town, Add("mara", "hunger", -7))
    assert town.npc("mara").hunger == 0


def test_spots_keep_what_tools_put_on_them(town: World) -> None:
    done(town, Set("oven", "fire", 2), Set("oven", "owner", "mara"), Set("oven", "lit", True))
    assert dict(town.spots["oven"].attributes) == {"fire": 2.0, "owner": "mara", "lit": True}


def test_positions_are_grains_and_know_their_place(town: World) -> None:
    events = done(town, Move("mara", x=10.12345, y=14.9))
    mara = town.npc("mara")
    assert mara.x * 1024 == math.floor(10.12345 * 1024)
    assert list(town.setting.places)[int(mara.place)] == "square"
    assert of(events, Moved)[0].x.tolist() == [mara.x * 1024]
    done(town, Move("mara", x=20, y=20))
    assert town.npc("mara").place == -1
    done(town, Move("mara", place="mill"))
    assert (town.npc("mara").x, town.npc("mara").y) == (3.5, 3.5)


def test_nobody_is_put_into_a_wall(tmp_path: Path) -> None:
    world = house(tmp_path).world
    assert "is blocked" in refused(world, Move("mara", x=6.5, y=1.5))
    done(world, Move("mara", x=6.5, y=2.5))


def test_a_spot_is_held_by_one(town: World) -> None:
    done(town, Occupy("mara", "cot"))
    events = commit_next(town, bundle("bo", Occupy("bo", "cot")))
    assert of(events, Rejected)[0].reason == "Mara the baker is already at the bed"
    done(town, Occupy("mara", "cot"))
    commit_next(town, bundle("bo", Release("bo", "cot")))
    assert town.occupied["cot"] == "mara"
    done(town, Release("mara", "cot"))
    commit_next(town, bundle("bo", Occupy("bo", "cot")))
    assert town.occupied["cot"] == "bo"


def test_ties_add_up_within_one(town: World) -> None:
    for _ in range(3):
        done(town, Tie("mara", "bo", "trust", 0.6))
    assert town.ties["mara\nbo\ntrust"] == 1
    done(town, Tie("mara", "bo", "trust", -9))
    assert town.ties["mara\nbo\ntrust"] == -1
    assert "bo\nmara\ntrust" not in town.ties


def test_offers_lie_on_the_table_until_closed(town: World) -> None:
    done(town, Offer("mara", "bo", "coin", 2, "loaf", 1))
    assert town.offers["mara\nbo"] == Bid("coin", 2, "loaf", 1, town.tick)
    done(town, CloseOffer("mara", "bo"))
    assert "mara\nbo" not in town.offers


def test_signals_come_from_where_their_source_is(town: World) -> None:
    events = done(
        town,
        Signal("mara", "shout", 9, "Fire!", "bo"),
        Signal("oven", "smoke", 5),
        Signal("square", "bell", 40),
        Signal("mara", "wave"),
    )
    told = [(s.about, s.x, s.y, s.place) for s in of(events, Signalled)]
    square = town.setting.places["square"]
    assert told == [
        ("shout", 3.5, 3.5, "mill"),
        ("smoke", 3.5, 3.5, "mill"),
        ("bell", square.x, square.y, "square"),
    ]
    # What is only seen is no event of its own, but it is there to be perceived for one tick.
    assert [h.about for h in town.signals] == ["shout", "smoke", "bell", "wave"]
    commit_next(town)
    assert town.signals == ()


def test_a_door_closes_and_opens_the_way(tmp_path: Path) -> None:
    world = house(tmp_path).world
    assert world.grid is not None
    done(world, Set("door", "locked", True))
    assert not world.grid.walkable[2, 6]
    assert "nobody called 'zed'" in refused(world, Set("door", "locked", False), Head("zed"))
    assert not world.grid.walkable[2, 6]
    done(world, Set("door", "locked", False))
    assert world.grid.walkable[2, 6]


def test_who_is_down_does_nothing_and_holds_nothing(town: World) -> None:
    done(town, Set("bo", "hp", 0))
    for effect in (
        Transfer("mara", "bo", "loaf"), Set("bo", "hp", 5), Head("bo", "mill"), Occupy("bo", "cot"),
        Move("bo", "mill"), Offer("mara", "bo", "coin", 1, "loaf", 1), Add("bo", "hunger", 0.1),
    ):  # fmt: skip
        assert refused(town, effect) == "bo is down"
