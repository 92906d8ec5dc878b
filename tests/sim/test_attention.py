"""Where a player looks: what faces him is asked first, and nothing else hangs on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.messages import Answer, Question
from npcsim.models.scripted import Scripted
from npcsim.world.attention import Attention
from npcsim.world.snapshot import freeze, thaw
from tests.worlds_in_text import built, go_on, living, of

CROWD = """
size: [40, 20]
clock: {tick: 1 s, start: "06:00", end: "06:10"}
places: {well: {area: [20, 10, 22, 12]}}
archetypes: {folk: {mind: true, tools: [say, wait, go_to]}}
npcs:
  mara: {is: folk, x: 3, y: 3}
  bo: {is: folk, x: 6, y: 3}
  ida: {is: folk, x: 30, y: 3}
plans:
  rest: {option: rest a little, worth: 1, steps: [wait]}
  stand: {option: stand about, worth: 1, steps: [wait]}
think: {rest: 1 s, local: 3 s, dominates: 50}
tiers: {local: {model: scripted, context: whole}}
"""


class Queue(Scripted):
    """Notes with what urgency it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.urgent: list[tuple[str, int]] = []

    async def ask_in_turn(self, question: Question, *, priority: int, lands: int) -> Answer:
        self.urgent.append((question.prefix.whose, priority))
        return await self.ask(question)


async def urgent(folder: Path, *puts: Any) -> tuple[dict[str, int], list[ev.Event], str]:
    """-> (how urgent each NPC's last thought was, what happened, the last hash)"""
    model = Queue()
    async with living(built(folder, CROWD), {"local": model}) as simulation:
        for entry in puts:
            simulation.put(entry)
        events = await go_on(simulation, 1)
        simulation.put({"signal": "shout", "place": "well", "loudness": 90})
        events += await go_on(simulation, 4)
    return dict(model.urgent), events, of(events, ev.TickEnded)[-1].hash


async def test_nobody_looks(tmp_path: Path) -> None:
    found, _, _ = await urgent(tmp_path)
    assert found == {"mara": 0, "bo": 0, "ida": 0}


async def test_who_is_looked_at_goes_before_who_is_near(tmp_path: Path) -> None:
    found, events, hash = await urgent(tmp_path, {"attention": "mara", "source": "player"})
    assert found == {"mara": 2, "bo": 1, "ida": 0}
    given = of(events, ev.Given)[0]
    assert (given.source, given.entry["attention"]) == ("player", "mara")
    at, _, other = await urgent(tmp_path, {"attention": {"x": 30, "y": 3.5}})
    assert at == {"mara": 0, "bo": 0, "ida": 1}
    assert other != hash


async def test_it_can_be_taken_back_and_several_may_look(tmp_path: Path) -> None:
    here, there = {"attention": "mara", "source": "a"}, {"attention": "ida", "source": "b"}
    found, _, _ = await urgent(tmp_path, here, there)
    assert found == {"mara": 2, "bo": 1, "ida": 2}
    found, _, _ = await urgent(tmp_path, here, {"attention": None, "source": "a"})
    assert found == {"mara": 0, "bo": 0, "ida": 0}


async def test_who_is_spoken_to_from_there_or_from_outside_is_faced(tmp_path: Path) -> None:
    async with living(built(tmp_path, CROWD), {"local": (model := Queue())}) as simulation:
        simulation.put({"attention": "mara"})
        await go_on(simulation, 6)
        simulation.put({"do": "mara.say(bo, hello)"})
        await go_on(simulation, 4)
    assert ("bo", 2) in model.urgent


async def test_what_it_was_is_in_a_snapshot(tmp_path: Path) -> None:
    one, other = built(tmp_path, CROWD), built(tmp_path, CROWD)
    async with living(one) as simulation:
        simulation.put({"attention": "mara", "source": "player"})
        await simulation.step()
    thaw(other.world, *freeze(one.world))
    assert other.world.attention["player"] == Attention("mara")
    assert other.world.state_hash() == one.world.state_hash()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("nobody", "nobody is called 'nobody'"),
        ({"x": 1}, "attention is"),
        ({"x": 1, "y": "2"}, "attention is"),
        ({"x": True, "y": 2}, "attention is"),
        (7, "not 7"),
        ([1, 2], "attention is"),
    ],
)
async def test_what_is_no_such_place_is_refused(given: Any, told: str, tmp_path: Path) -> None:
    async with living(built(tmp_path, CROWD)) as simulation:
        with pytest.raises(ValueError, match=told):
            simulation.put({"attention": given})
        await simulation.step()


async def test_to_look_as_a_player_changes_nothing_of_whom_he_plays(tmp_path: Path) -> None:
    async with living(built(tmp_path, CROWD)) as simulation:
        simulation.put({"play": "mara", "source": "me"})
        await simulation.step()
        with pytest.raises(ValueError, match="does not begin with 'play'"):
            simulation.put({"attention": None, "source": "play me"})
        simulation.put({"attention": "bo", "source": "me"})
        await simulation.step()
        assert simulation.world.attention["play me"].npc == "mara"
