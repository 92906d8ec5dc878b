"""A live run in a process of its own: the same events, the same ways in, and an end of its own."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from npcsim import cli
from npcsim import events as ev
from npcsim.assembly.runs.process.child import _told_error
from npcsim.assembly.runs.process.feed import ProcessFeed, _error
from npcsim.assembly.runs.watching import of_scenario
from npcsim.errors import Mistake, MissingExtra, NpcsimError, ScenarioError, StoreError
from npcsim.store.run_store import Run
from npcsim.viz import window
from npcsim.viz.player import Player
from tests.assembly.runs.test_linking import SCENE, TOOLS, found

WAIT = 60.0


class Overwrought(NpcsimError):
    """An error that no other process knows."""


def until(so: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT
    while not so():
        assert time.monotonic() < end
        time.sleep(0.01)


def begun(folder: Path, scene: str = SCENE, told: list[str] | None = None) -> ProcessFeed:
    (folder / "tools.py").write_text(TOOLS)
    (folder / "inn.yaml").write_text(scene)
    tell = told.append if told is not None else print
    feed = of_scenario(folder / "inn.yaml", [], folder / "runs", False, 60.0, tell).apart()
    until(lambda: feed.link is not None or feed.done)
    return feed


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessFeed]:
    made = begun(tmp_path_factory.mktemp("inn"))
    yield made
    made.close()


def test_it_is_another_process(feed: ProcessFeed) -> None:
    assert feed.pid not in (None, os.getpid())
    if hasattr(os, "getpriority"):
        beside = os.getpriority(os.PRIO_PROCESS, feed.pid or 0)
        assert beside > os.getpriority(os.PRIO_PROCESS, 0) or beside == 19


def test_what_is_put_in_comes_back_as_events(feed: ProcessFeed) -> None:
    assert feed.link is not None
    found(feed.link.put({"do": "mara.go_to(yard)"}))
    found(feed.link.say("odo", "mara", "Where do you go?"))
    seen: list[ev.Event] = []
    until(lambda: seen.extend(feed.poll()) or sum(isinstance(e, ev.Given) for e in seen) == 2)
    assert isinstance(seen[0], ev.RunStarted)
    record = feed.record
    assert record is not None
    with record:  # told before it is committed
        until(lambda: record.last_tick > seen[-1].tick)
        logged = list(record.events(stop=seen[-1].tick + 1))
    assert [type(one) for one in logged[: len(seen)]] == [type(one) for one in seen]
    assert {one["name"] for one in found(feed.link.tools("mara"))} >= {"whistle", "go_to"}
    assert "rest a while" in found(feed.link.options("odo"))


def test_what_is_wrong_is_told_in_words(feed: ProcessFeed) -> None:
    assert feed.link is not None
    with pytest.raises(ValueError, match="marra"):
        found(feed.link.tools("marra"))
    with pytest.raises(ValueError):
        found(feed.link.put({"fly": "mara"}))
    with pytest.raises(ValueError, match="plain data"):
        found(feed.link.put({"do": lambda: None}))


def test_it_is_held_and_goes_on(feed: ProcessFeed) -> None:
    assert feed.link is not None
    feed.link.hold(True)
    found(feed.link.options("odo"))  # after the hold
    time.sleep(0.1)  # the tick under way
    feed.poll()
    time.sleep(0.2)
    assert feed.poll() == []
    feed.link.hold(False)
    until(feed.poll)


def test_a_window_jumps_back_and_forth_in_it(feed: ProcessFeed) -> None:
    feed.after(-1)  # from the beginning: others have taken what came so far
    player = Player(feed, 60.0)
    until(lambda: player.advance(0.02) or player.end > 40)
    player.paused = True
    player.seek(20)
    player.settle()
    assert player.scene.tick == 20
    player.paused = False
    until(lambda: player.advance(0.05) or player.scene.tick > 60)
    player.close()


def test_closed_it_ends_like_any_other(tmp_path: Path) -> None:
    feed = begun(tmp_path)
    until(feed.poll)
    path, link = feed._path, feed.link
    feed.close()
    while feed.poll():
        continue
    assert feed.done
    assert feed.error is None
    assert link is not None and link.over
    with pytest.raises(NpcsimError, match="over"):
        found(link.options("odo"))
    with Run.open(str(path)) as run:
        assert run.state == "finished"
        last = list(run.events(start=run.last_tick))[-1]
        assert isinstance(last, ev.RunEnded) and last.reason == "closed"
    assert "ticks, kept in" in feed.ending


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_killed_it_says_so_and_keeps_its_log(tmp_path: Path) -> None:
    feed = begun(tmp_path)
    record, waiting = feed.record, feed.link
    assert record is not None and waiting is not None
    with record:
        until(lambda: record.last_tick > 3)
    os.kill(feed.pid or 0, signal.SIGKILL)
    until(lambda: not feed._going)
    with pytest.raises(NpcsimError, match="over"):
        found(waiting.options("odo"))
    until(lambda: feed.poll() == [] and feed.done)
    assert "exit code -9" in str(feed.error) and "exit code -9" in feed.notice
    feed.close()
    with Run.open(str(feed._path)) as run:
        assert run.last_tick > 0


def test_a_mistake_while_it_begins_is_told(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("no folder")
    feed = begun(tmp_path)
    until(lambda: feed.done)
    assert isinstance(feed.error, NpcsimError)
    feed.close()


def test_errors_of_the_other_process_keep_their_kind() -> None:
    mistakes = (Mistake("a.yaml", 3, 5, "no such tool", "did you mean go_to?"),)
    for error in (StoreError("full"), ScenarioError(mistakes), MissingExtra("pip install it")):
        told = _told_error(error)
        assert told is not None
        again = _error(*told)
        assert (type(again), str(again)) == (type(error), str(error))
    odd = _told_error(Overwrought("words", 3))
    assert odd is not None
    assert "words" in str(_error(*odd))


def test_npcsim_watch_lives_it_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []

    def show(feed: Any, **how: Any) -> None:
        shown.append(feed)
        feed.close()

    monkeypatch.setattr(window, "show", show)
    monkeypatch.setattr(window, "need_display", lambda: None)
    (tmp_path / "inn.yaml").write_text(SCENE)
    with pytest.raises(SystemExit) as end:
        monkeypatch.setattr(sys, "argv", ["npcsim", "watch", str(tmp_path / "inn.yaml"), "--models", "off"])
        monkeypatch.chdir(tmp_path)
        cli.main()
    assert end.value.code in (0, None)
    assert isinstance(shown[0], ProcessFeed)
