"""A player is an NPC: it does what it is told and nothing else, and goes on by itself later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.sim.loop import Simulation
from npcsim.world.attention import STANDS, WALKS, Attention
from npcsim.world.snapshot import freeze, thaw
from tests.worlds_in_text import built, go_on, lines, living, of

YARD = """
size: [40, 20]
clock: {tick: 1 s, start: "06:00", end: "06:10"}
places: {well: {area: [20, 10, 22, 12]}, gate: {area: [2, 2, 4, 4]}}
npcs:
  mara: {x: 3, y: 3, mind: true, behaviour: guard, speed: 1}
  bo: {x: 6, y: 3, mind: true}
behaviour:
  guard:
    idle: {do: wait}
    watch: {from: idle, when: since > 3, do: wait}
plans:
  stroll: {option: stroll to the well, worth: 1, steps: [go_to(well), wait]}
think: {rest: 1 s}
"""
PLAY = {"play": "mara", "source": "me"}


def walk(x: float, y: float) -> dict[str, Any]:
    return {"walk": "mara", "x": x, "y": y, "source": "me"}


def at(simulation: Simulation) -> tuple[float, float]:
    me = simulation.npc("mara")
    return me.x, me.y


async def played(simulation: Simulation, *puts: Any) -> list[ev.Event]:
    simulation.put(PLAY)
    events = await go_on(simulation, 1)
    for entry in puts:
        simulation.put(entry)
    return events


async def test_who_is_played_does_nothing_alone(tmp_path: Path) -> None:
    async with living(built(tmp_path, YARD)) as simulation:
        await played(simulation, {"walk": "mara", "source": "me"})
        await go_on(simulation, 1)  # what was begun goes on until she is told to stand still
        before = at(simulation)
        events = await go_on(simulation, 25)
        assert of(events, ev.Decided, npc="mara") == of(events, ev.ActStarted, npc="mara") == []
        assert of(events, ev.StateChanged) == []
        assert at(simulation) == before
        assert of(events, ev.ActEnded, npc="bo")
        simulation.put({"play": None, "source": "me"})
        events = await go_on(simulation, 30)
        assert of(events, ev.ActStarted, npc="mara", by="mind")
        assert of(events, ev.StateChanged)
        assert not len(simulation.world.attention)


async def test_it_walks_to_a_tile_and_stands_there(tmp_path: Path) -> None:
    async with living(built(tmp_path, YARD)) as simulation:
        await played(simulation, walk(7.2, 3.9))
        await go_on(simulation, 2)
        assert 3 < at(simulation)[0] < 7
        await go_on(simulation, 8)
        assert at(simulation) == (7.5, 3.5)
        assert simulation.world.attention["play me"] == Attention("mara", plays=STANDS)
        simulation.put(walk(900, -4))
        await go_on(simulation, 1)
        assert simulation.world.attention["play me"] == Attention("mara", 39.5, 0.5, WALKS)
        simulation.put({"walk": "mara", "source": "me"})
        await go_on(simulation, 1)
        here = at(simulation)
        await go_on(simulation, 3)
        assert at(simulation) == here


async def test_an_order_and_a_walk_take_each_others_place(tmp_path: Path) -> None:
    async with living(built(tmp_path, YARD)) as simulation:
        await played(simulation, {"do": "mara.go_to(well)"})
        await go_on(simulation, 3)
        simulation.put(walk(3, 3))
        events = await go_on(simulation, 10)
        (ended,) = of(events, ev.ActEnded, npc="mara")
        assert (ended.how, ended.reason) == ("interrupted", "walks off")
        assert at(simulation) == (3.5, 3.5)
        simulation.put(walk(30, 3))
        await go_on(simulation, 2)
        simulation.put({"do": "mara.wait"})
        await go_on(simulation, 1)
        here = at(simulation)
        await go_on(simulation, 3)
        assert at(simulation) == here


@pytest.mark.parametrize("walks_last", [True, False])
async def test_of_an_order_and_a_walk_in_one_tick_the_last_counts(
    tmp_path: Path, walks_last: bool
) -> None:
    async with living(built(tmp_path, YARD)) as simulation:
        await played(simulation, {"walk": "mara", "source": "me"})
        await go_on(simulation, 1)
        entries = [{"do": "mara.go_to(well)"}, walk(3, 9)]
        for entry in entries if walks_last else entries[::-1]:
            simulation.put(entry)
        await go_on(simulation, 1)
        plays = simulation.world.attention["play me"].plays
        assert (plays, "mara" in simulation.world.acts) == (
            (WALKS, False) if walks_last else (STANDS, True)
        )


async def test_it_remembers_what_it_was_told_meanwhile(tmp_path: Path) -> None:
    async with living(built(tmp_path, YARD)) as simulation:
        told = {"say": "The well is dry.", "npc": "bo", "to": "mara", "fact": "The well is dry"}
        await played(simulation, told)
        await go_on(simulation, 3)
        assert any("The well is dry" in line for line in lines(simulation.world, "mara"))


async def test_words_and_arguments_that_no_call_could_hold(tmp_path: Path) -> None:
    async with living(built(tmp_path, YARD)) as simulation:
        said = {"do": "mara.shout", "args": ["fire, fire (at the well"], "source": "me"}
        words = "Mind the step, (please)."
        talk = {"do": "mara.say", "args": ["bo", "the day"], "words": words, "source": "me"}
        await played(simulation, said)
        events = await go_on(simulation, 1)
        simulation.put(talk)
        events += await go_on(simulation, 1)
        content = [one.content for one in of(events, ev.Signalled)]
        assert "fire, fire (at the well" in content
        assert words in content


async def test_the_dead_are_not_played_and_nobody_twice(tmp_path: Path) -> None:
    async with living(built(tmp_path, YARD)) as simulation:
        await played(simulation)
        with pytest.raises(ValueError, match="mara is played by me already"):
            simulation.put({"play": "mara", "source": "you"})
        simulation.put({"set": "bo", "attribute": "hp", "value": 0})
        simulation.put(walk(5, 5) | {"walk": "bo"})
        events = await go_on(simulation, 1)
        (rejected,) = of(events, ev.Rejected)
        assert rejected.reason == "me does not play bo"
        with pytest.raises(ValueError, match="bo is down"):
            simulation.put({"play": "bo", "source": "you"})
        simulation.put({"set": "mara", "attribute": "hp", "value": 0})
        await go_on(simulation, 1)
        simulation.put(walk(5, 5))
        events = await go_on(simulation, 1)
        assert of(events, ev.Rejected)[0].reason == "mara is down"


@pytest.mark.parametrize(
    "entry",
    [
        {"play": "marra"},
        {"play": 3},
        {"play": ["mara"]},
        {"walk": "nobody", "x": 1, "y": 2},
        {"walk": "mara", "x": 1},
        {"walk": "mara", "x": 1, "y": "far"},
        {"walk": "mara", "x": True, "y": 1},
        {"do": "mara.shout(now)", "args": ["x"]},
        {"do": "mara.shout", "args": "x"},
        {"do": "mara.shout", "args": [3]},
    ],
)
async def test_what_can_not_be_meant_is_refused_at_once(tmp_path: Path, entry: Any) -> None:
    async with living(built(tmp_path, YARD)) as simulation:
        with pytest.raises(ValueError, match=r"nobody is called|one walks to a tile|`args` is"):
            simulation.put(entry)


async def test_a_snapshot_keeps_who_is_played(tmp_path: Path) -> None:
    made = built(tmp_path, YARD)
    async with living(made) as simulation:
        await played(simulation, walk(20, 10))
        await go_on(simulation, 2)
        hash = simulation.world.state_hash()
        frozen = freeze(simulation.world)
        other = built(tmp_path, YARD).world
        thaw(other, *frozen)
        assert other.state_hash() == hash
        assert other.attention["play me"].plays == WALKS


async def test_nobody_walks_where_there_is_no_ground(tmp_path: Path) -> None:
    rooms = """
    clock: {tick: 1 s, start: "06:00"}
    places: {inn: {}, yard: {}}
    ways: [{from: inn, to: yard, takes: 1 min}]
    npcs: {mara: {at: inn}}
    """
    async with living(built(tmp_path, rooms)) as simulation:
        await played(simulation)
        with pytest.raises(ValueError, match="go from place to place with go_to"):
            simulation.put(walk(1, 1))
