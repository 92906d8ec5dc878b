"""Playing events at a speed of the watcher's own. Pure: it is told how much time has passed."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from npcsim.events import Event, RunStarted, TickEnded
from npcsim.viz.feed import Feed
from npcsim.viz.scene import Scene

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
READING_SECONDS = 3.5
TICKS_AT_ONCE = 16  # folded between two frames at most, so that the window stays answering


class Player:
    """Takes events from a feed and folds them into `scene` as its head moves on.

    `head` is a moment in ticks: at 7.25 the picture is a quarter of the way into tick 8. It
    never passes the newest finished tick; close behind a run that is still going it slows
    down, so that motion stays smooth at whatever rate ticks come.
    """

    def __init__(self, feed: Feed, speed: float) -> None:
        self.scene = Scene()
        self.head = 0.0
        self.paused = False
        self.speed = speed
        self._feed = feed
        self._waiting: deque[Event] = deque()
        self._newest: int | None = None
        self._finish: float | None = None

    @property
    def started(self) -> bool:
        return self.scene.started is not None

    @property
    def notice(self) -> str:
        """What the feed has to say that is no event; empty when there is nothing."""
        return self._feed.notice

    @property
    def heard(self) -> Mapping[str, str]:
        """What models say while their answers come, by thought."""
        return self._feed.heard

    @property
    def newest(self) -> int:
        """The newest tick that is known whole."""
        return self.scene.tick if self._newest is None else self._newest

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

    def seek(self, tick: int) -> None:
        """Show the end of a tick, as near to it as the run reaches."""
        self._take()
        if self.started:
            self.head = float(min(max(tick, self.scene.tick), self.newest))
            self._fold()

    def step(self) -> None:
        """Go to the end of the next tick and stay there."""
        self.paused = True
        self._take()
        goal = int(self.head) + 1
        if self.started and goal <= self.newest:
            self.head = float(goal)
            self._fold()

    def advance(self, seconds: float) -> None:
        """Let `seconds` of the watcher's time pass."""
        self._take()
        if not self.started or self.paused:
            return
        lag = self.newest - self.head
        rate = self.speed if self._feed.done else self.speed * min(1.0, max(lag, 0.0))
        reach = float(self.scene.tick + TICKS_AT_ONCE)
        self.head = min(self.head + rate * seconds, float(self.newest), reach)
        self.scene.speech_ticks = max(2, round(READING_SECONDS * self.speed))
        self._fold()

    def _take(self) -> None:
        for event in self._feed.poll():
            self._waiting.append(event)
            if isinstance(event, TickEnded):
                self._newest = event.tick
        if not self.started:
            self._begin()
        if self._feed.done and self._waiting:
            self._newest = max(self.newest, self._waiting[-1].tick)

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
