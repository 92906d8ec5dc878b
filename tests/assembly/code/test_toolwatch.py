"""A watched run takes up files of tools that change, and keeps the old ones while one is broken."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim.assembly.runs.feeds import LiveFeed
from npcsim.assembly.runs.session import recorded_session
from npcsim.assembly.runs.watching import of_scenario
from npcsim.replay.verify import verify
from npcsim.store.run_store import Run
from tests.assembly.code.test_retooling import HEAD, SCENE, TEXT
from tests.worlds_in_text import of


class Watching:
    """A live run of the scenario in a folder, as the window has it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.told, self.events = folder, list[str](), list[ev.Event]()
        (folder / "tools.py").write_text(TEXT)
        (folder / "small.yaml").write_text("scenario: small\n" + SCENE)
        scene, runs = folder / "small.yaml", folder / "runs"
        source = of_scenario(scene, ["clock.end=08:00"], runs, False, 60.0, self.told.append)
        self.feed: LiveFeed = source.feed()

    def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < end, (self.told, self.feed.notice, self.feed.error)
            self.events += self.feed.poll()
            time.sleep(0.02)

    def write(self, text: str) -> None:
        (self.folder / "tools.py").write_text(text)

    def changes(self) -> list[ev.ToolsChanged]:
        return of(self.events, ev.ToolsChanged)


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Watching]:
    made = Watching(tmp_path)
    try:
        made.until(lambda: len(made.events) > 5)
        yield made
    finally:
        made.feed.close()


def test_a_changed_file_is_taken_up(watching: Watching) -> None:
    watching.write(TEXT.replace("dance a jig", "dance a reel"))
    watching.until(lambda: bool(watching.changes()))
    (change,) = watching.changes()
    assert (change.file, change.changed, change.added) == ("tools.py", ("jig",), ())
    (given,) = of(watching.events, ev.Given)
    assert (given.source, given.entry["file"]) == ("watch", "tools.py")
    assert (watching.told, watching.feed.notice) == ([], "")


def test_a_file_only_touched_is_not(watching: Watching) -> None:
    os.utime(watching.folder / "tools.py")
    watching.write(TEXT)
    time.sleep(1.0)
    count = len(watching.events)
    watching.until(lambda: len(watching.events) > count)
    assert not of(watching.events, ev.Given)


def test_a_broken_file_is_told_and_the_old_tools_stay(watching: Watching) -> None:
    watching.write(TEXT.replace("DEPTH = 2", "DEPTH = "))
    watching.until(lambda: bool(watching.feed.notice))
    here = f"{watching.folder / 'tools.py'}:3:1: is not Python"
    assert watching.feed.notice.startswith(here)
    assert watching.told == [watching.feed.notice]
    watching.write(TEXT.replace("0.0, 1.0, 0.5", "0.0, 2.0, 0.5"))
    watching.until(lambda: "columns" in watching.feed.notice)
    assert watching.feed.notice.startswith(str(watching.folder / "tools.py"))
    watching.write(HEAD.replace("npcsim", "nowhere"))
    watching.until(lambda: "nowhere" in watching.feed.notice)
    (watching.folder / "tools.py").unlink()
    watching.until(lambda: "the file is gone" in watching.feed.notice)
    assert not of(watching.events, ev.Given)
    watching.write(TEXT.replace("DEPTH = 2", "DEPTH = 3"))
    watching.until(lambda: bool(watching.changes()))
    assert watching.feed.notice == ""
    assert len(watching.told) == 4


async def test_its_replay_ends_the_same(tmp_path: Path) -> None:
    watching = Watching(tmp_path)
    watching.until(lambda: len(watching.events) > 5)
    watching.write(TEXT.replace("TOOLS = [dig, jig]", "TOOLS = [dig]"))
    watching.until(lambda: bool(watching.changes()))
    watching.feed.close()
    assert "1 inputs came in" in watching.feed.ending
    run = Run.open(next((tmp_path / "runs").iterdir()))
    session = recorded_session(run)
    assert (await verify(session.simulation, run)).ticks >= watching.changes()[0].tick
    await session.close()
    run.close()
