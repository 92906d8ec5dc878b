"""A run that was killed goes on as one that never was, whenever and however it is kept.

Kills are real: a process is forked for each, and dies by SIGKILL at a random moment, or at a step
of its writer's work.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import npcsim as door
from npcsim.errors import StoreError
from npcsim.events import Asked, Landed, Resumed
from npcsim.store.run_store import Run
from tests.e2e.hamlets import SLOW, written
from tests.e2e.nursery import STEPS
from tests.e2e.shell import ROOT

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

LEVELS = {
    "every tick": ["log.every=1"],
    "every 7 ticks": ["log.every=7"],
    "on disk": ["log.sync=disk"],
    "on disk, every 7 ticks": ["log.every=7", "log.sync=disk"],
}
SAME = ("state_hash", "ticks", "thoughts", "by_tier", "cost_usd", "costs", "effects")


def killed(tmp_path: Path, deaths: list[dict[str, Any]]) -> list[Path]:
    """Live it whole, then once for each death. -> the folders, the whole one first."""
    plan = {"scenario": str(written(tmp_path, **SLOW)), "children": []}
    for number, death in enumerate([{"sets": []}, *deaths]):
        plan["children"].append({**death, "out": str(tmp_path / str(number))})  # type: ignore[attr-defined]
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    command = [sys.executable, "-m", "tests.e2e.nursery", str(file)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=3000)
    return [tmp_path / str(number) for number in range(len(deaths) + 1)]


def gone_on(out: Path, whole: Run) -> int | None:
    """Resume what was killed and compare it with what never was.

    -> its last tick when it was killed; -1 where there was none, None where it was at its end.
    """
    said = (out / "acknowledged").read_text() if (out / "acknowledged").exists() else ""
    acknowledged = int(said[:8] or -1)
    folder = out / "hamlets-1"
    try:
        before = Run.open(folder)
    except StoreError:
        assert acknowledged < 0
        return -1
    last = before.last_tick
    assert last >= acknowledged, "an acknowledged tick was lost"
    assert [one[1].kind for one in before.packed()][-1:] in ([], ["TickEnded"], ["RunEnded"])
    if last < 0:
        with pytest.raises(StoreError, match="cut off before it began"):
            door.resume(folder)
        return -1
    whole_summary = whole.summary or {}
    if last == whole_summary["ticks"]:
        assert dict(before.hashes()) == dict(whole.hashes())
        return None
    run = door.resume(folder)
    assert run.summary is not None
    for name in SAME:
        assert run.summary[name] == whole_summary[name], (last, name)
    assert dict(run.hashes()) == dict(whole.hashes()), last
    (resumed,) = (one for one in run.events("Resumed") if isinstance(one, Resumed))
    assert (resumed.tick, resumed.why) == (last + 1, "cut off")
    past = list(run.events(kinds=["Asked", "Landed"], stop=last + 1))
    asked = {one.thought for one in past if isinstance(one, Asked)}
    assert set(resumed.again) <= asked - {one.thought for one in past if isinstance(one, Landed)}
    return last


@pytest.mark.parametrize("kills", [5, pytest.param(125, marks=pytest.mark.soak)])
def test_killed_at_random_moments_it_ends_as_if_it_never_was(tmp_path: Path, kills: int) -> None:
    chance = random.Random(kills)
    deaths = [
        {"sets": sets, "tick": chance.randrange(61), "late": chance.random() / 50}
        for _ in range(kills)
        for sets in LEVELS.values()
    ]
    first, *others = killed(tmp_path, deaths)
    whole = Run.open(first / "hamlets-1")
    assert whole.summary is not None
    assert whole.summary["thoughts"]["asked"] >= 10
    assert whole.summary["cost_usd"] > 0
    lasts = [gone_on(out, whole) for out in others]
    stopped = [last for last in lasts if last is not None and last >= 0]
    assert len(stopped) >= len(lasts) // 3, lasts
    again = [one for out in others if (out / "hamlets-1" / "run.db").exists() for one in asked(out)]
    assert again
    resumed = [
        out for out, last in zip(others, lasts, strict=True) if last is not None and last >= 0
    ]
    assert door.replay(resumed[-1] / "hamlets-1").hash == whole.summary["state_hash"]


def asked(out: Path) -> list[str]:
    """The thoughts that a resumed run asked again."""
    try:
        resumed = Run.open(out / "hamlets-1").events("Resumed")
        return [one for event in resumed if isinstance(event, Resumed) for one in event.again]
    except StoreError:  # it had been killed before it began
        return []


def test_killed_at_each_step_of_keeping_it(tmp_path: Path) -> None:
    deaths = [{"sets": ["log.every=1"], "step": step, "nth": 1} for step in STEPS]
    deaths += [
        {"sets": sets, "step": step, "nth": 3, "pause": 0.05}
        for step in ("events inserted", "commit asked for", "committed", "acknowledged")
        for sets in (LEVELS["every tick"], LEVELS["on disk"])
    ]
    first, *others = killed(tmp_path, deaths)
    whole = Run.open(first / "hamlets-1")
    lasts = {
        (str(death["step"]), death["nth"], out.name): gone_on(out, whole)
        for death, out in zip(deaths, others, strict=True)
    }
    found = {step: last for (step, nth, _), last in lasts.items() if nth == 1}
    assert found["tables made"] == found["run begun"] == found["nothing inserted yet"] == -1
    assert found["events inserted"] == found["snapshot inserted"] == -1
    for step in ("marked as finished", "log merged", "one plain file"):
        assert found[step] is None
    assert [key for key, last in lasts.items() if key[1] == 3 and last is None] == []
