"""Any tick can be looked at: the same scene as by playing up to it, however it was come by."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from npcsim.assembly.code.finding import find_scenario
from npcsim.assembly.runs.feeds import LogFeed
from npcsim.assembly.runs.watching import of_scenario
from npcsim.store.run_store import Run
from npcsim.viz.feed import ListFeed
from npcsim.viz.player import Player
from npcsim.viz.scene import Scene
from npcsim.viz.time.history import History
from npcsim.viz.time.index import KINDS, Index
from npcsim.viz.time.opening import lay_lore
from npcsim.viz.time.record import Told
from tests.viz import runs
from tests.viz.conftest import TICKS


@pytest.fixture
def run(folder: Path) -> Iterator[Run]:
    with Run.open(folder) as opened:
        yield opened


def played(run: Run, tick: int) -> Scene:
    """By playing from the start; ties and memories of the start are in its snapshot alone."""
    scene = Scene()
    for event in run.events(stop=tick + 1):
        began = scene.started is None
        scene.apply(event)
        if began:
            data = run.nearest(event.tick)[1]
            assert data is not None
            lay_lore(scene, data)
    return scene


COLUMNS = (
    "x",
    "y",
    "px",
    "py",
    "facing",
    "state",
    "transition",
    "turned",
    "hurt",
    "down",
    "gauges",
)


def told(scene: Scene) -> dict[str, Any]:
    """All that a scene shows, to be compared."""
    out = {name: getattr(scene, name).tolist() for name in (*COLUMNS, "gauges")}
    return out | {
        "tick": scene.tick, "people": scene.people, "ties": scene.ties, "log": list(scene.log),
        "tiers": scene.tiers,
    }  # fmt: skip


def test_a_scene_at_a_tick_is_what_playing_shows(run: Run) -> None:
    history = History(run, threaded=False)
    assert history.whole
    assert history.reached == TICKS
    for tick in (0, 1, 59, 60, 61, 133, TICKS):
        found = history.scene_at(tick)
        assert told(found) == told(played(run, tick))
        assert not found.partial


def test_what_is_not_read_yet_is_opened_from_a_snapshot(run: Run) -> None:
    history = History.__new__(History)  # one that has read nothing
    history.reached, history._stops, history.record = -1, [], run
    history._free = threading.Event()
    for tick in (60, 100, 200):
        found, whole = history.scene_at(tick), played(run, tick)
        assert found.partial
        for name in ("x", "y", "state", "down"):
            assert np.array_equal(getattr(found, name), getattr(whole, name))
        assert np.allclose(found.gauges, whole.gauges, atol=1e-12)
        assert found.ties == whole.ties
        for one, other in zip(found.people, whole.people, strict=True):
            assert one.items == other.items
            assert one.acts.keys() == other.acts.keys()
            assert [m.id for m in one.memories] == [m.id for m in other.memories]
            if other.steps and not other.goal_end:
                left = [step.call for step in one.steps if not step.done]  # the last ones
                assert [step.call for step in other.steps][len(other.steps) - len(left) :] == left


def test_kept_scenes_are_thinned_when_they_are_too_many(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("npcsim.viz.time.history.SPACING", 1)
    monkeypatch.setattr("npcsim.viz.time.history.MOST", 8)
    history = History(run, threaded=False)
    assert len(history._stops) <= 16
    assert told(history.scene_at(77)) == told(played(run, 77))


def test_the_player_goes_anywhere_and_on_from_there(folder: Path) -> None:
    player = Player(LogFeed(Run.open(folder)), 4.0)
    while player.history is None:
        player.advance(0.01)
    player.paused = True
    for tick in (200, 30, 120):
        player.seek(tick)
        player.settle()
        assert (player.scene.tick, player.head, player.fraction) == (tick, tick, 1.0)
    while player.scene.partial:  # until the reader has come so far and it was fetched once more
        player.advance(0.01)
        player.settle()
    player.paused = False
    player.advance(0.25)
    assert player.scene.tick == 121
    with Run.open(folder) as run:
        assert told(player.scene) | {"tiers": 0} == told(played(run, 121)) | {"tiers": 0}
    player.close()


def test_of_many_ticks_asked_for_the_last_is_shown(folder: Path) -> None:
    player = Player(LogFeed(Run.open(folder)), 4.0)
    while player.history is None:
        player.advance(0.01)
    player.paused = True
    for tick in range(10, 230, 7):
        player.seek(tick)
    player.settle()
    assert player.scene.tick == 227
    assert not player.seeking
    player.close()


def test_a_list_of_events_can_be_gone_through_both_ways() -> None:
    player = Player(ListFeed(runs.story()), 2.0)
    player.advance(1.0)
    player.paused = True
    for tick in (6, 1, 4, 0):
        player.seek(tick)
        player.settle()
        assert player.scene.tick == tick
    player.step()
    assert player.scene.tick == 1


def test_marks_say_what_happened_when() -> None:
    index = Index.of([*runs.story()[:-1]])
    ticks = {kind: [mark.tick for mark in index.marks[kind]] for kind in KINDS}
    assert (ticks["talk"], ticks["fights"], ticks["failures"]) == ([2], [6], [])
    assert index.decided == {"local": [3]}
    assert index.waited == {"local": [(3, 2.0)]}
    assert index.alive == [(0, 3.0), (6, 2.0)]
    assert index.beside("talk", 0, 1) == index.marks["talk"][0]
    assert index.beside("talk", 2, 1) is None
    after = index.beside("", 2, 1)
    assert after is not None
    assert after.tick == 6
    assert index.near("fights", 5, 1) == index.marks["fights"][0]
    assert index.near("fights", 3, 1) is None


def test_an_answer_that_goes_up_is_an_escalation_and_a_failure_is_marked() -> None:
    dearer = replace(runs.asked(3), thought="t2", tier="cloud", reason="worth it")
    failed = replace(runs.landed(4, "TimedOut: no answer"), thought="t2", tier="cloud")
    events = [runs.started(), runs.asked(), runs.landed(), dearer, failed]
    index = Index.of([*events, runs.decided(4, thought="t2", fallback=True)])
    assert [mark.tick for mark in index.marks["escalations"]] == [3]
    assert "TimedOut" in index.marks["failures"][0].text


def test_a_record_of_a_list_reads_anywhere() -> None:
    record = Told(runs.story())
    assert [event.tick for event in record.events(start=2, stop=4)] == [2, 2, 3, 3, 3]
    assert record.last_tick == 6
    with pytest.raises(ValueError, match="not kept"):
        record.explain("mara")


def live(folder: Path) -> Player:
    """A village that is lived for the window for 60 ticks, paced."""
    found = find_scenario("03_village_morning")
    feed = of_scenario(found, ['clock.end="06:05"'], folder, False, 200.0, print).feed()
    return Player(feed, 32.0)


def test_a_live_run_can_be_gone_back_in_and_goes_on(tmp_path: Path) -> None:
    player = live(tmp_path)
    limit = time.monotonic() + 60
    while player.history is None or player.newest < 20 or player.scene.tick < 12:
        assert time.monotonic() < limit
        player.advance(0.02)
        time.sleep(0.01)
    player.seek(5)
    player.settle()
    assert player.scene.tick == 5
    while not player.finished:
        assert time.monotonic() < limit
        player.advance(0.05)
        time.sleep(0.005)
    assert (player.scene.tick, player.notice) == (60, "")
    assert player.scene.ended is not None
    player.close()
    player._feed.close()


def test_a_run_that_is_being_written_is_followed(tmp_path: Path) -> None:
    writing = live(tmp_path)
    limit = time.monotonic() + 60
    while writing.history is None:
        assert time.monotonic() < limit
        writing.advance(0.01)
        time.sleep(0.01)
    path = next(tmp_path.iterdir())
    reading = Player(LogFeed(Run.open(path)), 64.0)
    seen = set()
    while not reading.finished:
        assert time.monotonic() < limit
        reading.advance(0.1)
        seen.add(reading.end)
        time.sleep(0.01)
    assert (reading.scene.tick, reading.notice) == (60, "")
    assert len(seen) > 2  # it grew while it was looked at
    for player in (writing, reading):
        player.close()
        player._feed.close()
