"""`npcsim bench scrub`: what it costs the window to show any tick of a long run.

The run is the one of `npcsim bench seek`. Ticks drawn at random are gone to as by a click on the
timeline: from the click to the scene that is drawn. First right after opening, while the window is
still reading the run; then when it has read all of it.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from npcsim.assembly.runs.feeds import LogFeed
from npcsim.bench.keeping import drawn, lived, shares
from npcsim.store.run_store import Run
from npcsim.viz.player import Player

OPENED = 200
WHOLE_S = 900.0


def scrub(ticks: int, kept: Path | None = None) -> dict[str, Any]:
    """Go to `OPENED` ticks of a run so long. kept: a run there is already."""
    with tempfile.TemporaryDirectory(prefix="npcsim-bench-") as parent:
        return _scrubbed(kept or asyncio.run(lived(Path(parent), ticks)), OPENED)


def _scrubbed(folder: Path, opened: int) -> dict[str, Any]:
    player = Player(LogFeed(Run.open(folder)), 4.0)
    begun = time.perf_counter()
    while player.history is None or not player.started:
        player.advance(0.0)
    first, history = time.perf_counter() - begun, player.history
    player.paused = True
    early = [_gone_to(player, drawn(number, history.last)) for number in range(opened)]
    while not history.whole and time.perf_counter() - begun < WHOLE_S:
        time.sleep(0.05)
    read = time.perf_counter() - begun
    late = [_gone_to(player, drawn(number, history.last)) for number in range(opened, 2 * opened)]
    found = {
        "ticks": history.last,
        "npcs": len(player.scene.people),
        "opened": opened,
        "first_ms": round(first * 1000, 1),
        "reading_ms": shares(early),
        "read_s": round(read, 1),
        "read_whole": history.whole,
        "read_ms": shares(late),
    }
    player.close()
    return found


def _gone_to(player: Player, tick: int) -> float:
    begun = time.perf_counter()
    player.seek(tick)
    player.settle()
    spent = time.perf_counter() - begun
    assert player.scene.tick == tick, f"at {player.scene.tick} instead of {tick}"
    return spent


def main(as_json: bool, ticks: int, kept: Path | None = None) -> int:
    """What the command calls: measure and print."""
    found = scrub(ticks, kept)
    if as_json:
        print(json.dumps(found))
        return 0
    print(
        f"{found['opened']} ticks of {found['ticks']} gone to, {found['npcs']} NPCs: 95 % within "
        f"{found['reading_ms']['p95']} ms while the run is being read, "
        f"{found['read_ms']['p95']} ms after the {found['read_s']} s that takes"
    )
    return 0
