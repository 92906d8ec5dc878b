"""From another thread into a live run: inputs are logged, and the run replays."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.runs.feeds import LiveFeed
from npcsim.assembly.runs.linking import Link
from npcsim.assembly.runs.session import recorded_session
from npcsim.assembly.runs.watching import of_scenario
from npcsim.errors import NpcsimError
from npcsim.replay.verify import verify
from npcsim.store.run_store import Run

SCENE = """
scenario: inn
clock: {tick: 1 s, start: "06:00"}
size: [20, 12]
places: {inn: {area: [1, 1, 9, 9]}, yard: {area: [12, 1, 18, 9]}}
items: {bread: {}}
npcs:
  mara: {at: inn, mind: true, carries: {bread: 2}}
  odo: {at: inn, mind: true}
plans:
  rest: {option: rest a while, worth: 1, steps: ["wait"]}
  greet: {option: greet the others, worth: 1, steps: ["say(anyone, the day)"]}
"""
TOOLS = """
from npcsim import *

@tool(candidates={"tune": ["a jig", "a lament, slow"], "times": Steps(1, 3)})
def whistle(me: Body, view: View, tune: str, times: int = 1) -> list[Effect]:
    "Whistle a tune."
    return [Signal(me, "tune", 9.0, f"{tune} x{times}")]

TOOLS = [whistle]
"""


def live(folder: Path, speed: float = 60.0, scene: str = SCENE) -> LiveFeed:
    (folder / "tools.py").write_text(TOOLS)
    (folder / "inn.yaml").write_text(scene)
    feed = of_scenario(folder / "inn.yaml", [], folder / "runs", False, speed, print).feed()
    end = time.monotonic() + 60
    while feed.link is None:
        assert time.monotonic() < end, feed.error
        time.sleep(0.01)
    return feed


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[LiveFeed]:
    made = live(tmp_path)
    yield made
    made.close()


def link_of(feed: LiveFeed) -> Link:
    assert feed.link is not None
    return feed.link


def found(future: Future[Any]) -> Any:
    return future.result(30.0)


def until(feed: LiveFeed, wanted: type[Any]) -> Any:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for event in feed.poll():
            if isinstance(event, wanted):
                return event
        time.sleep(0.01)
    raise AssertionError(f"no {wanted.__name__} came")


async def test_what_is_put_in_from_a_window_is_logged_and_replays(feed: LiveFeed) -> None:
    link = link_of(feed)
    found(link.put({"do": "mara.go_to(yard)"}))
    found(link.put({"say": "Where do you go?", "npc": "odo", "to": "mara"}))
    given = until(feed, ev.Given)
    assert (given.source, given.entry["do"]) == ("player", "mara.go_to(yard)")
    until(feed, ev.ActEnded)
    path = str(feed._session.path)  # type: ignore[union-attr]
    feed.close()
    run = Run.open(path)
    session = recorded_session(run)
    lived = await verify(session.simulation, run)
    assert lived.ticks > 2
    await session.close()
    run.close()


def test_what_is_wrong_is_told_and_not_logged(feed: LiveFeed) -> None:
    link = link_of(feed)
    for entry, why in (
        ({"do": "marra.wait"}, "known NPC"),
        ({"do": "mara.fly"}, "there is no tool 'fly'"),
        ({"say": "  ", "npc": "odo", "to": "mara"}, "1 to 500 characters"),
        ({"say": {1, 2}, "npc": "odo", "to": "mara"}, "plain data"),
    ):
        with pytest.raises(ValueError, match=why):
            found(link.put(entry))
    with pytest.raises(ValueError, match="nobody is called 'marra'; did you mean 'mara'"):
        found(link.tools("marra"))
    assert not [one for one in feed.poll() if isinstance(one, ev.Given)]


def test_whatever_goes_wrong_is_told(feed: LiveFeed, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(simulation: object, npc: str) -> list[str]:
        raise RuntimeError("a tool's own mistake")

    monkeypatch.setattr("npcsim.assembly.runs.linking.options_of", broken)
    assert feed.link is not None
    assert isinstance(feed.link.options("mara").exception(timeout=30), RuntimeError)


def test_after_the_end_everything_fails_with_the_reason(feed: LiveFeed) -> None:
    link = link_of(feed)
    feed.close()
    for future in (link.put({"do": "mara.wait"}), link.tools("mara"), link.options("mara")):
        with pytest.raises(NpcsimError, match="the run is over"):
            found(future)


def test_tools_come_with_a_schema_of_what_there_is(feed: LiveFeed) -> None:
    tools = {one["name"]: one for one in found(link_of(feed).tools("mara"))}
    assert {"go_to", "say", "give", "whistle"} <= set(tools)
    assert tools["whistle"]["about"] == "Whistle a tune."
    parts = tools["whistle"]["schema"]["properties"]
    assert [one["const"] for one in parts["tune"]["oneOf"]] == ["a jig", "a lament, slow"]
    assert (parts["times"]["minimum"], parts["times"]["maximum"]) == (1, 3)
    places = tools["go_to"]["schema"]["properties"]["to"]["oneOf"]
    assert {"inn", "yard"} <= {one["const"] for one in places}
    gives = tools["give"]["schema"]["properties"]
    assert any("bread" in str(part) for part in gives.values())


def test_decisions_that_could_be_made_are_offered_and_one_can_be_made(feed: LiveFeed) -> None:
    link = link_of(feed)
    options = found(link.options("odo"))
    assert "rest a while" in options
    found(link.put({"decide": "odo", "option": "rest a while"}))
    until(feed, ev.GoalStarted)


def test_a_run_that_is_held_stands_still_and_goes_on(feed: LiveFeed) -> None:
    link = link_of(feed)
    until(feed, ev.TickEnded)
    link.hold(True)
    time.sleep(0.3)
    feed.poll()
    time.sleep(0.3)
    assert feed.poll() == []
    link.hold(False)
    until(feed, ev.TickEnded)


def test_a_run_that_is_held_as_it_ends_is_sealed_all_the_same(tmp_path: Path) -> None:
    feed = live(tmp_path, 20.0, SCENE.replace('"06:00"}', '"06:00", end: "06:00:40"}'))
    link, session = link_of(feed), feed._session
    assert session is not None

    def hold(tick: int, events: list[ev.Event]) -> None:
        if isinstance(events[-1], ev.RunEnded):
            link._going.clear()

    session.simulation.subscribe(hold)
    feed._thread.join(60.0)
    sealed = bool(feed.ending)
    feed.close()
    assert sealed
