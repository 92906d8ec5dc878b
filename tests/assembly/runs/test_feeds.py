"""The window's feed: what it says of how a live run went."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim.assembly.runs.feeds import LiveFeed
from npcsim.assembly.runs.watching import of_scenario
from tests.sim.test_hearing import VILLAGE
from tests.worlds_in_text import of

SCENE = """
scenario: post
clock: {tick: 1 s, start: "06:00", end: "06:00:08"}
places: {post: {}}
npcs: {mara: {at: post}}
events: [{at: "06:00:01", do: mara.fetch}]
"""
TOOLS = """
import time
from npcsim import *

@tool(takes="2 s")
def fetch(me: Body, view: View) -> list[Effect]:
    return []

@fetch.outside
def work(args):
    time.sleep(LONG)

TOOLS = [fetch]
"""


@pytest.mark.parametrize(
    ("long", "told"),
    [("0", "nothing landed late: run headless"), ("0.2", "0 thoughts landed late and 1 inputs")],
)
def test_what_came_from_outside_in_time_is_no_difference(
    tmp_path: Path, long: str, told: str
) -> None:
    (tmp_path / "tools.py").write_text(TOOLS.replace("LONG", long))
    (tmp_path / "post.yaml").write_text(SCENE)
    feed = of_scenario(tmp_path / "post.yaml", [], tmp_path / "runs", False, 20.0, print).feed()
    assert isinstance(feed, LiveFeed)
    end = time.monotonic() + 20
    while not feed.done:
        assert time.monotonic() < end
        feed.poll()
        time.sleep(0.02)
    assert told in feed.ending


def test_what_minds_say_is_heard_while_the_run_is_watched(tmp_path: Path) -> None:
    (tmp_path / "gate.yaml").write_text("scenario: gate\n" + VILLAGE)
    feed = of_scenario(tmp_path / "gate.yaml", [], tmp_path / "runs", True, 400.0, print).feed()
    end = time.monotonic() + 20
    events: list[ev.Event] = []
    while not feed.done:
        assert time.monotonic() < end
        events += feed.poll()
        time.sleep(0.02)
    in_words = {one.thought for one in of(events, ev.Asked) if one.purpose in ("speak", "reflect")}
    assert set(feed.heard) <= in_words
    assert feed.heard
