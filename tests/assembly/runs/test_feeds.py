"""The window's feed: what it says of how a live run went."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from npcsim.assembly.runs.feeds import LiveFeed
from npcsim.assembly.runs.watching import of_scenario

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
