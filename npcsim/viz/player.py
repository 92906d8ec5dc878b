"""Playing events at a speed of the watcher's own. Pure: it is told how much time has passed."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from npcsim.errors import NpcsimError
from npcsim.events import Event, RunStarted, TickEnded
from npcsim.viz.feed import Feed, Link
from npcsim.viz.scene import Scene
from npcsim.viz.time.fetching import Fetcher
from npcsim.viz.time.history import History

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
READING_SECONDS = 3.5
TICKS_AT_ONCE = 16  # folded between two frames at most, so that the window stays answering
NEAR = 64  # ticks ahead that are played through rather than sought
AHEAD = 2 * TICKS_AT_ONCE  # ticks that wait to be folded before no more are taken from the feed


class Player:
    """Takes events from a feed and folds them into `scene` as its head moves on.

    `head` is a moment in ticks: at 7.25 the picture is a quarter of the way into tick 8. It
    never passes the newest finished tick; close behind a run that is still going it slows
    down, so that motion stays smooth at whatever rate ticks come. `history` is the run read ahead,
    once there is a log to read; with it `seek` goes anywhere.
    """

    def __init__(self, feed: Feed, speed: float) -> None:
        self.scene = Scene()
        self.head = 0.0
        self.paused = False
        self.speed = speed
        self.history: History | None = None
        self._feed = feed
        self._seeker: Fetcher[int, Scene] | None = None
        self._goal: int | None = None
        self._again: float | None = None  # where the head was when a scene was fetched once more
        self._waiting: deque[Event] = deque()
        self._newest: int | None = None
        self._trouble = ""

    @property
    def started(self) -> bool:
        return self.scene.started is not None

    @property
    def notice(self) -> str:
        """What has to be known and is no event; empty when there is nothing."""
        seeking = self._seeker.trouble if self._seeker is not None else ""
        reading = self.history.trouble if self.history is not None else ""
        return self._feed.notice or self._trouble or reading or seeking

    @property
    def link(self) -> Link | None:
        """The way into the run, where it is live."""
        return self._feed.link

    @property
    def heard(self) -> Mapping[str, str]:
        """What models say while their answers come, by thought."""
        return self._feed.heard

    @property
    def newest(self) -> int:
        """The newest tick that is known whole."""
        return self.scene.tick if self._newest is None else self._newest

    @property
    def end(self) -> int:
        """The last tick that one can go to: what was read ahead counts too."""
        return max(self.newest, self.history.last if self.history is not None else 0)

    @property
    def seeking(self) -> bool:
        """Whether a scene is on its way."""
        return self._goal is not None

    @property
    def finished(self) -> bool:
        """The run has ended and all of it has been shown."""
        return self._feed.done and not self._waiting and self.head >= self.newest

    @property
    def fraction(self) -> float:
        """How far the head is into the scene's tick, 0 to 1."""
        return min(max(self.head - (self.scene.tick - 1), 0.0), 1.0)

    def faster(self, steps: int) -> None:
        """The next speed up (or down, for negative steps)."""
        nearest = min(range(len(SPEEDS)), key=lambda at: abs(SPEEDS[at] - self.speed))
        self.speed = SPEEDS[min(max(nearest + steps, 0), len(SPEEDS) - 1)]

    def turn(self) -> None:
        """Pause, or go on."""
        self.paused = not self.paused

    def step(self) -> None:
        """Go to the end of the next tick and stay there."""
        self.paused = True
        self._take()
        goal = int(self.head) + 1
        while self.started and self._at_hand < goal <= self.newest and self._take():
            continue
        if self.started and goal <= self.newest:
            self.head = float(goal)
            self._fold()

    def seek(self, tick: int) -> None:
        """Show the end of a tick, as near to it as the run reaches.

        Far from the picture it is fetched in a thread: the picture stays as it is until then.
        """
        self._take()
        started = self.scene.started
        if started is None:
            return
        tick = min(max(tick, started.tick), self.end)
        here = self.scene.tick
        if self._goal is None and here <= tick <= min(self._at_hand, here + NEAR):
            self.head = float(tick)
            self._fold()
        elif self._seeker is not None:
            self._goal = tick
            self._seeker.want(tick)

    def follow(self, head: float) -> None:
        """Be where another player's head is, as near to it as this run reaches."""
        if not self.started or self._goal is not None:
            return
        head = min(head, float(self.end))
        here = self.scene.tick
        if here - 1 <= head <= min(self.newest, here + NEAR):
            self.head = head
            self._fold()
        elif head != self.head:
            self.seek(int(-(-head // 1)))

    def settle(self, seconds: float = 30.0) -> None:
        """Wait for a scene that is on its way, for tests and pictures of one moment."""
        if self._seeker is not None:
            self._seeker.wait(seconds)
        self._arrive()

    def advance(self, seconds: float) -> None:
        """Let `seconds` of the watcher's time pass."""
        self._take()
        self._read_ahead()
        self._arrive()
        if not self.started or self.paused or self._goal is not None:
            return
        lag = self.newest - self.head
        rate = self.speed if self._feed.done else self.speed * min(1.0, max(lag, 0.0))
        reach = float(self.scene.tick + TICKS_AT_ONCE)
        self.head = max(self.head, min(self.head + rate * seconds, float(self.newest), reach))
        self.scene.speech_ticks = max(2, round(READING_SECONDS * self.speed))
        self._fold()

    def close(self) -> None:
        """Stop reading ahead. The feed is whoever's who made it."""
        if self.history is not None:
            self.history.close()

    @property
    def _at_hand(self) -> int:
        """The last tick that can be folded whole."""
        if not self._waiting:
            return self.scene.tick
        last = self._waiting[-1]
        whole = isinstance(last, TickEnded) or self._feed.done
        return last.tick if whole else last.tick - 1

    def _take(self) -> bool:
        """Take a piece from the feed, unless enough waits: reading takes the picture's time, and
        after the next jump nobody would want it. -> whether there was one"""
        if self._waiting and self._waiting[-1].tick > self.head + AHEAD:
            return False
        try:
            fresh = self._feed.poll()
        except NpcsimError as error:  # the log is gone, or damaged: what is known stays shown
            self._trouble = str(error)
            return False
        for event in fresh:
            self._waiting.append(event)
            if isinstance(event, TickEnded):
                self._newest = event.tick
        if not self.started:
            self._begin()
        if self._feed.done and self._waiting:
            self._newest = max(self.newest, self._waiting[-1].tick)
        return bool(fresh)

    def _read_ahead(self) -> None:
        """Begin to read ahead as soon as there is a log; look again at what was only half known."""
        if self.history is None:
            if not self.started:
                return
            try:
                record = self._feed.record
                self.history = History(record) if record is not None else None
            except NpcsimError as error:
                self._trouble = str(error)
                return
            self._trouble = ""
            if self.history is not None:
                self._seeker = Fetcher(self.history.scene_at, "npcsim-seek")
            return
        late = self.scene.partial and self.history.reached >= self.scene.tick
        if late and self._goal is None and self._seeker is not None:
            self._goal, self._again = self.scene.tick, self.head
            self._seeker.want(self._goal)

    def _arrive(self) -> None:
        """Take over a scene that was fetched."""
        if self._seeker is None:
            return
        found = self._seeker.take()
        if found is None:
            if not self._seeker.busy:
                self._goal = None
            return
        scene = found[1]
        if scene.started is None:
            return
        scene.speech_ticks = self.scene.speech_ticks
        self.scene, self.head = scene, float(scene.tick)
        if self._again is not None and 0.0 <= scene.tick - self._again < 1.0:
            self.head = self._again
        self._again = None
        self._waiting.clear()
        self._newest = max(self.newest, scene.tick)
        if not self._seeker.busy:
            self._goal = None
        try:
            self._feed.after(scene.tick)
        except NpcsimError as error:
            self._trouble = str(error)

    def _begin(self) -> None:
        """Fold up to the start of the run, and what belongs to its very tick."""
        while self._waiting and not self.started:
            event = self._waiting.popleft()
            self.scene.apply(event)
            if isinstance(event, RunStarted):
                self.head = float(event.tick)

    def _fold(self) -> None:
        """Fold whole ticks until the scene's tick is the one the head is in."""
        while self._waiting and self._waiting[0].tick - 1 < self.head:
            self.scene.apply(self._waiting.popleft())
