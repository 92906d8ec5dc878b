"""`npcsim bench frames`: how fast the window draws a crowd, beside a bare blit of the same.

A crowd walks about in a village on a map of 140 x 100 tiles, and all of it is in a window of
1280 x 720 at 1x; a crowd of thousands is looked at from afar, the whole map in view. A frame is
what the window does from its feed to the screen. The floor is one blit of the ready-drawn map and
one of a ready sprite for each NPC in view, and the same `flip`; the two take turns. `beside`: the
crowd is lived meanwhile as `npcsim watch` lives it, with the local tier thinking for a dozen.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

from npcsim.assembly.runs.watching import of_scenario
from npcsim.bench.crowd import HIGH, MIDDLE, WIDE, crowd_events, write_crowd
from npcsim.viz.feed import Feed, ListFeed
from npcsim.viz.window import SIZE, display_for

IN_TIME_MS = 1000 / 60
SPEED = 4.0
TICKS = 60
FRAMES = 600
CROWD = 500


def bench(
    npcs: int = CROWD, frames: int = FRAMES, beside: bool = False, zoom: float | None = None
) -> dict[str, Any]:
    """Draw `frames` frames of a crowd of `npcs`. Milliseconds; `ratio`: ours over the floor.

    `zoom`: 0.125 to 6, by itself 1 for up to 1,000 NPCs, else 0.5. `detail`: what was drawn of each
    NPC at the end, which gets less the more of them are in view.

    `cpu` is the same in processor time of the drawing thread, which others' load doesn't change
    much. The driver is `SDL_VIDEODRIVER`'s, without one SDL's `dummy`, which shows nobody anything.
    """
    with tempfile.TemporaryDirectory(prefix="npcsim-bench-") as folder:
        feed: Feed
        if beside:
            path = write_crowd(Path(folder), npcs)
            feed = of_scenario(path, (), Path(folder), True, SPEED).apart()
        else:
            feed = ListFeed(crowd_events(Path(folder), npcs, _ticks(frames)))
        try:
            return _measured(feed, npcs, frames, beside, zoom)
        finally:
            feed.close()


def _ticks(frames: int) -> int:
    """As many ticks as are shown in so many frames, with some to spare."""
    return min(TICKS, int((frames + 60) / 60 * SPEED) + 2)


def _measured(
    feed: Feed, npcs: int, frames: int, beside: bool, zoom: float | None
) -> dict[str, Any]:
    if zoom is None:
        zoom = 1.0 if npcs <= 1000 else 0.5
    middle = MIDDLE if zoom >= 1.0 else (WIDE / 2, HIGH / 2)
    with display_for(os.environ.get("SDL_VIDEODRIVER", "dummy")):
        from npcsim.viz.timed import timed

        told = timed(feed, frames, size=SIZE, zoom=zoom, middle=middle, speed=SPEED, paced=beside)
    return {
        "npcs": npcs,
        "visible": told.visible,
        "detail": told.detail,
        "zoom": zoom,
        "map": [WIDE, HIGH],
        "window": list(SIZE),
        "driver": told.driver,
        "frames": frames,
        "beside": "paced, with the local tier" if beside else "nothing",
        "in_time": _share(told.wall),
        "floor_in_time": _share(told.floor_wall),
        **_compared(told.wall, told.floor_wall),
        "cpu": _compared(told.cpu, told.floor_cpu),
    }


def _share(times: list[float]) -> float:
    return round(sum(ms <= IN_TIME_MS for ms in times) / len(times), 4)


def _compared(ours: list[float], floor: list[float]) -> dict[str, Any]:
    """Medians and 95th centiles of both, and the ratio of the medians."""
    return {
        "median_ms": round(statistics.median(ours), 3),
        "p95_ms": round(_p95(ours), 3),
        "floor_median_ms": round(statistics.median(floor), 3),
        "floor_p95_ms": round(_p95(floor), 3),
        "ratio": round(statistics.median(ours) / statistics.median(floor), 2),
        "ratio_p95": round(_p95(ours) / _p95(floor), 2),
    }


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def main(as_json: bool, npcs: int, frames: int, beside: bool, zoom: float | None = None) -> int:
    """Measure and print; 0 if 95 frames of 100 were drawn in time."""
    told = bench(npcs, frames, beside, zoom)
    if as_json:
        print(json.dumps(told))
    else:
        for name, value in told.items():
            print(f"{name}: {value}")
    return 0 if told["p95_ms"] <= IN_TIME_MS else 1
