"""`npcsim bench replay`: runs with a live local model, and each lived again from its log alone.

Three scenarios with 20 NPCs or more. A replay loads no model and opens no socket; told is how many
of its ticks have the state hash that the log says, and how many times quicker it is than living
with the model was. The model is loaded before the watch is started, and the log is committed when
it stops.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from npcsim.assembly.build import read
from npcsim.assembly.code.finding import find_scenario
from npcsim.assembly.runs.session import open_session, recorded_session
from npcsim.messages import Model
from npcsim.replay.verify import verify
from npcsim.store.run_store import Run

TICKS = 1_000
SCENARIOS: dict[str, tuple[str, ...]] = {
    "03_village_morning": ("npcs.more={is: villager, at: oak_cottage, count: 8}",),
    "04_the_bandit_parley": (),
    "05_harvest_party": (),
}
"""The scenarios, and what makes one of twelve NPCs one of twenty."""


def replays(
    ticks: int = TICKS,
    scenarios: Sequence[str] = tuple(SCENARIOS),
    models: Callable[[], Mapping[str, Model]] | None = None,
    say: Callable[[str], object] = lambda line: None,
) -> dict[str, Any]:
    """Live each scenario for so many ticks, then its log. models: None takes the scenario's own."""
    sides = []
    with tempfile.TemporaryDirectory(prefix="npcsim-bench-") as parent:
        for name in scenarios:
            sides.append(asyncio.run(_side(name, ticks, Path(parent), models)))
            say(_line(sides[-1]))
    return {
        "ticks": ticks,
        "scenarios": sides,
        "equal_percent": round(100 * sum(s["equal"] for s in sides) / (ticks * len(sides)), 3),
        "models_at_hand": sum(side["models_at_hand"] for side in sides),
        "times_quicker": min(side["times_quicker"] for side in sides),
    }


async def _side(
    name: str, ticks: int, out: Path, models: Callable[[], Mapping[str, Model]] | None
) -> dict[str, Any]:
    built = read(find_scenario(name), SCENARIOS.get(name, ()))
    used = None if models is None else dict(models())
    session = await open_session(built, models=used, out=out, ticks=ticks)
    begun = time.perf_counter()
    async for _ in session.simulation:
        continue
    summary = session.finish()
    live_s = time.perf_counter() - begun
    await session.close()
    assert session.folder is not None
    equal: list[int] = []
    begun = time.perf_counter()
    with Run.open(session.folder) as run:
        again = recorded_session(run)
        try:
            verdict = await verify(again.simulation, run, equal.append)
        finally:
            await again.close()
        calls = sum(1 for _ in run.calls())
    replay_s = time.perf_counter() - begun
    return {
        "scenario": name,
        "npcs": len(built.world.setting.profiles),
        "minds": sum(profile.mind for profile in built.world.setting.profiles),
        "answers": calls,
        "equal": len(equal),
        "same_end": verdict.hash == summary["state_hash"],
        "models_at_hand": len(again.models),
        "live_s": round(live_s, 2),
        "replay_s": round(replay_s, 2),
        "times_quicker": round(live_s / replay_s, 1),
    }


def _line(side: Mapping[str, Any]) -> str:
    who = f"{side['npcs']} NPCs, {side['minds']} minds, {side['answers']} answers"
    return (
        f"{side['scenario']} ({who}): lived in {side['live_s']} s, again in {side['replay_s']} s, "
        f"{side['times_quicker']} times quicker; {side['equal']} ticks with the log's state hash"
    )


def main(as_json: bool, ticks: int, say: Callable[[str], object] = print) -> int:
    """What the command calls: measure and print."""
    found = replays(ticks, say=(lambda line: None) if as_json else say)
    if as_json:
        print(json.dumps(found))
        return 0
    equal, models = found["equal_percent"], found["models_at_hand"]
    print(
        f"{equal} % of the state hashes equal, {models} models at hand, "
        f"at least {found['times_quicker']} times quicker"
    )
    return 0
