"""A run read ahead of the picture, in a thread: an index of it, and a scene at any tick.

While reading, copies of the scene are kept every so many events; a scene at a tick is the copy
before it and the events since. What has not been read yet is opened from the nearest snapshot of
the log: bodies, plans and memories at once, what came before when the reading has come there.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_right

from npcsim.errors import NpcsimError
from npcsim.events import TickEnded
from npcsim.viz.scene import FOLDED, Scene
from npcsim.viz.time.index import Call, Index
from npcsim.viz.time.opening import lay, lay_lore
from npcsim.viz.time.record import Record, Told

SPACING = 400  # events from one kept scene to the next, to begin with
MOST = 512  # kept scenes; then every second one goes, and the spacing doubles
ROOM = 256 << 20  # bytes that kept scenes may take, about
PAGE = 128
LIVE_PAGE = 16
"""Events of a page behind a run's newest, and how many more each full page after it has: what a
tick brings is read between frames, a little at a time."""
REST = 0.004  # seconds that the reading leaves to the picture after each page
WAITS = 0.25  # seconds between looks at a run that is still being written


class History:
    """`index` grows as the run is read, `reached` is the last tick read whole, `trouble` says why
    reading ended early. `close` ends the thread."""

    def __init__(self, record: Record, threaded: bool = True) -> None:
        self.index = Index()
        self.reached = -1
        self.last = max(-1, record.last_tick)
        self.whole = False
        self.trouble = ""
        self.record = record
        self._scene = Scene()
        self._stops: list[tuple[int, Scene]] = []
        self._spacing, self._since, self._seq = SPACING, 0, -1
        self._limit = PAGE
        self._closed = threading.Event()
        self._free = threading.Event()  # cleared while a scene is fetched: that goes first
        self._free.set()
        self._thread: threading.Thread | None = None
        if threaded and not isinstance(record, Told):
            self._thread = threading.Thread(target=self._read, name="npcsim-history", daemon=True)
            self._thread.start()
        else:
            while self._page():
                continue
            self.whole = True

    def close(self) -> None:
        """Stop reading; let go of the record."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(5.0)
        self.record.close()

    def gauge(self, gauge: int, row: int | None) -> list[tuple[int, float]]:
        """A gauge at the kept scenes, of one NPC or the mean of those who are up: (tick, value)."""
        out = []
        for tick, scene in list(self._stops):
            values = scene.gauges[gauge]
            if row is None:
                values = values[~scene.down] if not scene.down.all() else values
            out.append((tick, float(values.mean() if row is None else values[row])))
        return out

    def scene_at(self, tick: int) -> Scene:
        """The scene at the end of a tick. `scene.partial`: what came before it is not known yet.

        Raises `NpcsimError` where the log can't be read.
        """
        self._free.clear()
        try:
            return self._scene_at(tick)
        finally:
            self._free.set()

    def _scene_at(self, tick: int) -> Scene:
        stops = list(self._stops)
        at = bisect_right(stops, tick, key=lambda stop: stop[0]) - 1
        if at < 0:
            scene, since = Scene(), -1
        else:
            since, kept = stops[at]
            scene = kept.copy()
        if tick > self.reached:
            found, data, columns = self.record.nearest(tick)
            if data is not None and columns is not None and found > max(since, self.reached):
                if scene.started is None:
                    scene.apply(next(iter(self.record.events(start=0, stop=1))))
                lay(scene, found, data, columns)
                scene.partial, since = True, found
        # One event in five says nothing but that a tick has ended: those needn't be read.
        for event in self.record.events(kinds=FOLDED, start=since + 1, stop=tick + 1):
            scene.reach(event.tick - 1)
            scene.apply(event)
        scene.reach(tick)
        return scene

    # ---- reading

    def _read(self) -> None:
        try:
            while not self._closed.is_set():
                self._free.wait(WAITS)
                if self._page():
                    time.sleep(REST)
                    continue
                if not self.whole and self.record.state != "running" and not self._page():
                    self._calls()
                    self.whole = True
                    return
                self.last = max(self.last, self.record.last_tick)
                self._closed.wait(WAITS)
        except NpcsimError as error:
            self.trouble = str(error)

    def _page(self) -> bool:
        """Read one page. -> whether there was one"""
        page = self.record.tail(self._seq, self._limit)
        short = len(page) < self._limit
        self._limit = LIVE_PAGE if short else min(PAGE, self._limit + LIVE_PAGE)
        for seq, event in page:
            began = self._scene.started is None
            self._scene.apply(event)
            self.index.apply(event)
            self._seq = seq
            self._since += 1
            if began and self._scene.started is not None:
                _, data, _ = self.record.nearest(event.tick)
                if data is not None:
                    lay_lore(self._scene, data)
            if isinstance(event, TickEnded):
                self._keep(event.tick)
        self.last = max(self.last, self.reached)
        return bool(page)

    def _keep(self, tick: int) -> None:
        self.reached = tick
        if self._since < self._spacing and self._stops:
            return
        self._since = 0
        self._stops = [*self._stops, (tick, self._scene.copy())]
        if len(self._stops) > min(MOST, max(16, ROOM // self._scene.weight)):
            # A new list, as the picture's thread may be looking through the old one.
            self._stops = self._stops[:1] + self._stops[2::2]
            self._spacing *= 2

    def _calls(self) -> None:
        for number, kept in enumerate(self.record.calls()):
            call, usage = kept.call, kept.call.answer.usage if kept.call.answer else None
            tokens = (usage.input, usage.output) if usage else (0, 0)
            told = Call(kept.tick, call.tier, call.seconds, *tokens, call.cost_usd)
            self.index.calls.append(told)
            if number % 32 == 31:
                time.sleep(REST)
            if self._closed.is_set():
                return
