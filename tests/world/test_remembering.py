"""Memories as world state: made, weighed, recalled, merged, undone, kept in snapshots."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from npcsim.effects import Consume, Forget, Recall, Remember, Signal
from npcsim.events import Forgot, Recalled, Rejected, Remembered
from npcsim.store.snapshots import decode, encode
from npcsim.world.memories import Keeping, Weighing
from npcsim.world.remembering import line_of, told
from npcsim.world.rows import Memory
from npcsim.world.snapshot import freeze, thaw
from npcsim.world.state import World
from tests.worlds_in_text import built, bundle, commit_next, of

TEXT = """
size: [20, 20]
places: {mill: {x: 3.5, y: 3.5}, square: {area: [10, 10, 15, 15]}}
items: {loaf: {}}
npcs:
  mara: {at: square, secret: [The well is dry]}
  bo: {at: square}
memory:
  lines: 16
  importance: [{about: flood, importance: 1}, {kind: felt, mine: true, importance: 0.8}]
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return built(tmp_path, TEXT).world


def after(world: World, *effects: Any) -> tuple[Memory, ...]:
    events = commit_next(world, bundle("mara", *effects))
    assert not of(events, Rejected)
    return world.memories.of("mara")


def test_a_plain_line_is_as_before_and_knows_where_it_was_made(world: World) -> None:
    line = after(world, Remember("mara", "I baked", 0.5, "did"))[-1]
    assert (line.tick, line.text, line.sort, line.importance) == (1, "I baked", "did", 0.5)
    assert (line.id, line.place, line.recalled, line.covers) == (2, "square", -1, 1)


def test_all_fields_and_the_event_that_tells_them(world: World) -> None:
    one = Remember("mara", "Bo told me", sort="heard", about="told", people=["bo"], place="mill",
                   source="bo", hop=2, sure=0.64, fact="It burns", origin="bo")  # fmt: skip
    events = commit_next(world, bundle("mara", one))
    line = world.memories.of("mara")[-1]
    assert (line.people, line.place, line.source, line.hop) == (("bo",), "mill", "bo", 2)
    assert (line.sure, line.fact, line.origin, line.importance) == (0.64, "It burns", "bo", 0.6)
    (event,) = of(events, Remembered)
    assert event == told("mara", line)
    assert line_of(event) == line


@pytest.mark.parametrize(
    ("sort", "about", "people", "importance"),
    [
        ("seen", "attack", (), 0.7),
        ("seen", "attack", ("mara",), 0.9),
        ("seen", "bell", (), 0.4),
        ("heard", "rumour", (), 0.5),
        ("did", "", (), 0.2),
        ("seen", "flood", (), 1.0),  # the scenario's own
        ("felt", "", ("mara",), 0.8),
        ("felt", "", (), 0.4),
        ("dreamt", "", (), 0.3),
    ],
)
def test_importance_by_rules(
    world: World, sort: str, about: str, people: tuple[str, ...], importance: float
) -> None:
    line = after(world, Remember("mara", "x", sort=sort, about=about, people=people))[-1]
    assert line.importance == importance


def test_importance_by_stakes() -> None:
    keeping = Keeping(stakes={"duel": 0.9, "bake": 0.1})
    line = Memory(1, "I fought", "did", 0, about="duel")
    assert keeping.importance("mara", line) == 0.6
    assert keeping.importance("mara", Memory(1, "I baked", "did", 0, about="bake")) == 0.2
    own = Keeping(weighing=(Weighing(0.3, stakes=0.5),), stakes={"duel": 0.9})
    assert own.importance("mara", line) == 0.3


def test_a_conclusion_rests_on_memories(world: World) -> None:
    lines = after(
        world,
        Remember("mara", "The oven was cold"),
        Remember("mara", "Somebody let it go out", sort="concluded", evidence=(-1, 1)),
    )
    assert lines[-1].evidence == (lines[-2].id, 1)


@pytest.mark.parametrize(
    ("effect", "reason"),
    [
        (Remember("mara", "x", evidence=(99,)), "Mara has no memory 99"),
        (Remember("mara", "x", evidence=(-9,)), "Mara has no memory -9"),
        (Remember("mara", "x", evidence=("a",)), "evidence is ids"),  # type: ignore[arg-type]
        (Remember("mara", "x", hop=-1), "a memory's hop must be a whole number, not -1"),
        (Remember("mara", "x", sure=float("nan")), "how sure a memory is must be a finite number"),
        (Remember("mara", "x", fact=3), "the fact of a memory must be words"),  # type: ignore[arg-type]
        (Recall("zed", (1,)), "nobody called 'zed'"),
        (Forget("zed", (1,)), "nobody called 'zed'"),
        (Signal("mara", "speech", 8, "x", None, "x", -3), "a hop must be a whole number, not -3"),
        (Signal("mara", "speech", 8, "x", None, "x", 0, float("inf")), "how sure one is must be"),
    ],
)
def test_what_makes_no_sense_is_refused(world: World, effect: Any, reason: str) -> None:
    (rejected,) = of(commit_next(world, bundle("mara", effect)), Rejected)
    assert reason.lower() in rejected.reason.lower()


def test_recalling_keeps_a_memory_fresh(world: World) -> None:
    after(world, Remember("mara", "I baked"))
    events = commit_next(world, bundle("mara", Recall("mara", (2, 2, 77))))
    assert of(events, Recalled) == [Recalled(2, "mara", (2,))]
    line = world.memories.of("mara")[-1]
    assert (line.recalled, line.times) == (2, 1)


def test_forgetting_puts_a_summary_in_their_place(world: World) -> None:
    seen = [Remember("mara", f"loaf {n}", people=("bo",)) for n in range(3)]
    after(world, *seen, Remember("mara", "I like bread", 0.9, "concluded", evidence=(2, -1)))
    forget = Forget("mara", (2, 3), "loaves", (("loaf 0", 1), ("loaf 1", 1)))
    events = commit_next(world, bundle("mara", forget))
    forgot = Forgot(2, "mara", (2, 3), 6, "loaves", (("loaf 0", 1), ("loaf 1", 1)))
    assert of(events, Forgot) == [forgot]
    by_id = {line.id: line for line in world.memories.of("mara")}
    assert set(by_id) == {1, 4, 5, 6}
    summary = by_id[6]
    assert (summary.text, summary.covers, summary.since, summary.tick) == ("loaves", 2, 1, 1)
    assert (summary.people, summary.place, summary.sort) == (("bo",), "square", "did")
    assert by_id[5].evidence == (6, 4)
    commit_next(world, bundle("mara", Forget("mara", (6,))))
    assert world.memories.of("mara")[-1].evidence == (4,)


def test_ids_are_never_given_out_twice(world: World) -> None:
    after(world, Remember("mara", "a"))
    commit_next(world, bundle("mara", Forget("mara", (2,))))
    assert after(world, Remember("mara", "b"))[-1].id == 3


def test_a_bundle_that_fails_leaves_memory_as_it_was(world: World) -> None:
    after(world, Remember("mara", "a"), Remember("mara", "b", evidence=(2,)))
    before = world.memories.of("mara"), world.memories.digest, world.remembered.digest
    effects = (Remember("mara", "c"), Recall("mara", (2,)), Forget("mara", (2, 3), "both"))
    events = commit_next(world, bundle("mara", *effects, Consume("mara", "loaf")))
    assert len(events) == 1
    assert before == (world.memories.of("mara"), world.memories.digest, world.remembered.digest)


def test_who_has_too_much_is_known_at_once(world: World) -> None:
    for number in range(16):
        after(world, Remember("mara", f"line {number}"))
    assert not world.memories.crowded  # what was known from the start is not counted
    after(world, Remember("mara", "one more"))
    assert world.memories.crowded == {"mara"}
    commit_next(world, bundle("mara", Forget("mara", (2,))))
    assert not world.memories.crowded


def test_the_beginning_of_a_very_long_text_is_kept(world: World) -> None:
    assert len(after(world, Remember("mara", "so " * 5000))[-1].text) == 2000


def test_a_snapshot_holds_every_field(world: World, tmp_path: Path) -> None:
    after(world, Remember("mara", "a", people=("bo",)), Remember("mara", "b", evidence=(-1,)))
    commit_next(world, bundle("mara", Recall("mara", (2,)), Forget("mara", (3,), "b", (("b", 1),))))
    data, arrays = decode(encode(*freeze(world)))
    other = built(tmp_path / "other", TEXT).world
    thaw(other, data, arrays)
    assert other.memories.of("mara") == world.memories.of("mara")
    assert other.state_hash() == world.state_hash()


def test_a_snapshot_from_before_memories_had_ids(world: World) -> None:
    data, arrays = freeze(world)
    data["tables"]["memories"] = {"mara": [[0, "dry", "secret", 0.7], [3, "x", "seen", 0.4]]}
    del data["tables"]["remembered"]
    thaw(world, data, arrays)
    assert [(line.id, line.text) for line in world.memories.of("mara")] == [(1, "dry"), (2, "x")]
