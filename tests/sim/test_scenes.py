"""Scenes: several NPCs together by the rules of a Python class that the scenario names."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim.assembly.build import Built
from npcsim.assembly.runs.session import open_session, recorded_session
from npcsim.errors import ScenarioError
from npcsim.store.run_store import Run
from tests.worlds_in_text import built, go_on, lines, live, living, of

TEXT = """
clock: {tick: 10 s, start: "06:00", end: "08:00"}
places: {mill: {}, market: {}}
ways: [{from: mill, to: market, takes: 1 min}]
items: {salt: {}, timber: {}}
archetypes:
  speaker: {mind: true, tools: [nod, bid, wait, go_to]}
npcs:
  nia: {is: speaker, at: mill}
  odo: {is: speaker, at: market}
plans:
  meet: {option: go to the market, worth: 1, when: not at(market), steps: [go_to(market)]}
think: {rest: 10 s}
scenes:
  talks: {class: Talks, who: [nia, odo], when: at(market), lasts: 10 min}
"""
TOOLS = """
@tool(option="nod", seen="{me} nods", did="I nodded", takes="10 s")
def nod(me: Body, view: View) -> list[Effect]:
    return []

@tool(option="bid", seen="{me} bids", did="I bid", takes="10 s")
def bid(me: Body, view: View) -> list[Effect]:
    return []

class Talks(Scene):
    def begins(self, now, view):
        return [Remember(who, "we sit down to talk") for who in now.who]

    def moves(self, now, me, view):
        if now.turn_of != me.id:
            return ()
        return ("nod",) if now.done else ("bid",)

    def outcome(self, now, view):
        return "agreed" if len(now.done) >= 3 else ""

    def ends(self, now, view, outcome):
        return [Remember(who, f"it ended: {outcome}") for who in now.who]

TOOLS = [nod, bid]
SCENES = [Talks]
"""


@pytest.fixture
def talks(tmp_path: Path) -> Built:
    return built(tmp_path, TEXT, TOOLS)


async def test_they_take_turns_by_its_rules_and_it_has_an_outcome(talks: Built) -> None:
    events = await live(talks, 60)
    (began,) = of(events, ev.SceneBegan)
    assert began.who == ("nia", "odo")
    (ended,) = of(events, ev.SceneEnded)
    assert (ended.scene, ended.outcome) == ("talks", "agreed")
    inside = [
        (e.npc, e.tool)
        for e in of(events, ev.ActStarted)
        if began.tick <= e.tick <= ended.tick and e.tool in ("bid", "nod")
    ]
    assert inside == [("nia", "bid"), ("odo", "nod"), ("nia", "nod")]
    assert "we sit down to talk" in lines(talks.world, "odo")
    assert "it ended: agreed" in lines(talks.world, "nia")
    assert {e.purpose for e in of(events, ev.Asked) if began.tick < e.tick < ended.tick} == {"move"}


async def test_it_begins_once_unless_it_may_begin_anew(tmp_path: Path, talks: Built) -> None:
    assert len(of(await live(talks, 120), ev.SceneBegan)) == 1
    text = TEXT.replace("lasts: 10 min", "again: true")
    assert len(of(await live(built(tmp_path / "again", text, TOOLS), 120), ev.SceneBegan)) > 1


@pytest.mark.parametrize(
    ("entry", "outcome"),
    [
        ({"do": "odo.go_to(mill)"}, "left"),
        ({"set": "odo", "attribute": "hp", "value": 0}, "fell"),
    ],
)
async def test_it_ends_when_somebody_leaves_or_falls(
    talks: Built, entry: dict[str, str], outcome: str
) -> None:
    async with living(talks) as simulation:
        events: list[ev.Event] = []
        while not of(events, ev.SceneBegan):
            events = await go_on(simulation, 1)
        simulation.put(entry)
        events = await go_on(simulation, 10)
        assert of(events, ev.SceneEnded)[0].outcome == outcome
        assert not list(simulation.world.scenes)


async def test_it_lasts_no_longer_than_it_may(tmp_path: Path) -> None:
    tools = TOOLS.replace("len(now.done) >= 3", "False")
    text = TEXT.replace("lasts: 10 min", "lasts: 2 min")
    events = await live(built(tmp_path, text, tools), 60)
    (began,), (ended,) = of(events, ev.SceneBegan), of(events, ev.SceneEnded)
    assert (ended.outcome, ended.tick - began.tick) == ("time is up", 12)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('return "agreed" if len(now.done) >= 3 else ""', "return 1 / 0"),
        ('return "agreed" if len(now.done) >= 3 else ""', "return 7"),
        ('return ("nod",) if now.done else ("bid",)', "raise KeyError(1)"),
        ('return [Remember(who, "we sit down to talk") for who in now.who]', "return ['x']"),
    ],
)
async def test_a_broken_scene_is_told_and_the_tick_goes_on(
    tmp_path: Path, old: str, new: str
) -> None:
    assert old in TOOLS
    events = await live(built(tmp_path, TEXT, TOOLS.replace(old, new)), 60)
    told = [e.reason for e in of(events, ev.Rejected, tool="talks")]
    assert told
    assert told[0].startswith("the scene talks")
    assert len(of(events, ev.TickEnded)) == 60


async def test_a_replay_plays_it_again(tmp_path: Path, talks: Built) -> None:
    session = await open_session(talks, models={}, out=tmp_path / "runs", ticks=60)
    hashes = [tick.hash async for tick in session.simulation]
    session.finish()
    await session.close()
    assert session.folder is not None
    with_run = Run.open(session.folder)
    again = recorded_session(with_run)
    assert [tick.hash async for tick in again.simulation] == hashes
    with_run.close()


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("class: Talks", "class: Taks", "did you mean 'Talks'"),
        ("who: [nia, odo]", "who: [nia, oddo]", "did you mean 'odo'"),
        ("when: at(market)", "when: at(markt)", "did you mean 'market'"),
        ("nia: {is: speaker,", "nia: {is: speaker, mind: false,", "has no mind"),
    ],
)
def test_mistakes_are_told_before_the_run(tmp_path: Path, old: str, new: str, why: str) -> None:
    assert old in TEXT
    with pytest.raises(ScenarioError, match=why):
        built(tmp_path, TEXT.replace(old, new), TOOLS)


def test_what_is_no_scene_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no class built on Scene"):
        built(tmp_path, TEXT, TOOLS.replace("SCENES = [Talks]", "SCENES = [nod]"))
