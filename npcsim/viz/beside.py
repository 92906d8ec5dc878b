"""Two runs side by side, from where they part: the second one follows the first one's time."""

from __future__ import annotations

from collections.abc import Callable

from npcsim.errors import NpcsimError
from npcsim.store.apart.difference import Difference
from npcsim.store.run_store import Run
from npcsim.viz.feed import Feed
from npcsim.viz.player import Player
from npcsim.viz.time.fetching import Fetcher


class Beside:
    """The second run. `difference` is known once both logs have been read against each other;
    `parting` is the first tick that they tell differently, None while or where there is none."""

    def __init__(
        self, feed: Feed, first: Feed, speed: float, whole: Callable[[], bool] = lambda: True
    ) -> None:
        """whole: whether the second run is whole, so that both can be read against each other."""
        self.player = Player(feed, speed)
        self.player.paused = True
        self.difference: Difference | None = None
        self.parting: int | None = None
        self._feeds = (first, feed)
        self._reading: Fetcher[int, Difference] = Fetcher(lambda _: self._diff(), "npcsim-diff")
        self._asked = False
        self._whole = whole

    @property
    def notice(self) -> str:
        """What has to be known of the second run or of the reading."""
        return self.player.notice or self._reading.trouble

    def advance(self, seconds: float, head: float) -> bool:
        """Let time pass, with the picture at the first run's head. -> whether the place where they
        part has just become known"""
        self.player.advance(seconds)
        self.player.follow(head)
        if not self._asked and self.player.started and self._whole():
            self._asked = True
            self._reading.want(0)
        found = self._reading.take()
        if found is None:
            return False
        self.difference = found[1]
        first = self.difference.first
        self.parting = first.tick if first is not None else None
        if self.parting is None and self.difference.hash >= 0:
            self.parting = self.difference.hash
        return self.parting is not None

    def settle(self, seconds: float = 30.0) -> None:
        """Wait for what is on its way, for tests and pictures of one moment."""
        self._reading.wait(seconds)
        self.player.settle(seconds)

    def close(self) -> None:
        """Let go of both."""
        self.player.close()
        self._feeds[1].close()

    def _diff(self) -> Difference:
        one, other = (feed.record for feed in self._feeds)
        if not isinstance(one, Run) or not isinstance(other, Run):
            raise NpcsimError("only runs that are kept can be compared")
        with one, other:
            return one.diff(other)
