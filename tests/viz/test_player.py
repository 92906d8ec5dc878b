"""The window plays by its own clock and never runs past what it knows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from npcsim import events as ev
from npcsim.events import Event
from npcsim.viz.feed import ListFeed
from npcsim.viz.player import AHEAD, Player
from tests.viz import runs


class Drip:
    """A live run without a log: gives what the test puts in `ready`."""

    notice = ""
    heard: Mapping[str, str] = MappingProxyType({})
    record = None

    def __init__(self) -> None:
        self.ready: list[Event] = []
        self.done = False

    def poll(self) -> list[Event]:
        given, self.ready = self.ready, []
        return given

    def after(self, tick: int) -> None:
        """Nobody can go back in it."""

    def close(self) -> None:
        self.done = True


def test_a_finished_run_plays_at_its_speed_to_its_end() -> None:
    player = Player(ListFeed(runs.story()), speed=2.0)
    player.advance(1.0)
    assert player.head == 2.0
    assert player.scene.tick == 2
    player.advance(0.25)
    assert (player.scene.tick, player.fraction) == (3, 0.5)
    for _ in range(20):
        player.advance(0.5)
    assert (player.head, player.finished) == (6.0, True)
    assert player.scene.ended is not None


def test_a_pause_holds_and_a_step_is_one_tick() -> None:
    player = Player(ListFeed(runs.story()), speed=2.0)
    player.advance(0.75)
    player.step()
    assert (player.head, player.fraction, player.paused) == (2.0, 1.0, True)
    player.advance(5.0)
    assert player.head == 2.0
    for _ in range(9):
        player.step()
    assert player.head == 6.0


def test_a_live_run_is_never_overtaken() -> None:
    feed = Drip()
    player = Player(feed, speed=4.0)
    player.advance(1.0)
    assert not player.started
    events = runs.story()
    feed.ready = events[:4]  # up to the end of tick 1
    for _ in range(100):
        player.advance(0.1)
    assert 0.9 < player.head <= 1.0
    assert not player.finished
    feed.ready = events[4:5]  # a part of tick 2
    player.advance(1.0)
    assert player.scene.by_id["tobin"].speech is None
    feed.ready = events[5:]
    feed.done = True
    for _ in range(10):
        player.advance(1.0)
    assert player.finished


def test_no_more_is_taken_from_a_long_run_than_is_shown_soon() -> None:
    feed = ListFeed(runs.story() + [ev.TickEnded(tick, "") for tick in range(100, 5000)], piece=9)
    player = Player(feed, speed=4.0)
    for _ in range(400):
        player.advance(0.0)
    assert len(player._waiting) <= 2 * AHEAD
    for tick in (3000, 200, 4800):  # forth and back: what waited is of no use any more
        player.seek(tick)
        player.settle()
        assert player.scene.tick == tick
        for _ in range(400):
            player.advance(0.0)
        assert 0 < len(player._waiting) <= 2 * AHEAD
        player.step()
        assert player.scene.tick == tick + 1
    assert not feed.done


def test_the_speed_has_limits() -> None:
    player = Player(ListFeed([]), speed=4.0)
    player.faster(1)
    assert player.speed == 8.0
    player.faster(-99)
    assert player.speed == 0.25
