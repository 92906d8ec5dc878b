"""A run that was killed goes on as one that never was, whenever and however it is kept.

Kills are real: a process is forked for each, and dies by SIGKILL at a random moment, or at a step
of its writer's work. All of it in files, and in a PostgreSQL server.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import npcsim as door
from npcsim.errors import StoreError
from npcsim.events import Asked, Landed, Resumed
from npcsim.store.run_store import Run
from tests.e2e.hamlets import SLOW, written
from tests.e2e.nursery import FILE_STEPS, SERVER_STEPS, STEPS
from tests.e2e.shell import ROOT
from tests.postgres import called, wait_until_gone

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

LEVELS = {
    "every tick": ["log.every=1"],
    "every 7 ticks": ["log.every=7"],
    "on disk": ["log.sync=disk"],
    "on disk, every 7 ticks": ["log.every=7", "log.sync=disk"],
}
SAME = ("state_hash", "ticks", "thoughts", "by_tier", "cost_usd", "costs", "effects")


@dataclass(frozen=True, slots=True)
class Child:
    """A process that kept a run: its folder, what opens the run, and the server's URL if any."""

    out: Path
    run: str
    store: str | None

    @property
    def acknowledged(self) -> int:
        """The last tick that it knew to be safe; -1 for none."""
        file = self.out / "acknowledged"
        return int((file.read_text() if file.exists() else "")[:8] or -1)

    def is_dead(self) -> None:
        """Wait until the server has noticed it too."""
        if self.store is not None:
            wait_until_gone(self.store, self.out.name)


@pytest.fixture
def store(request: pytest.FixtureRequest) -> str | None:
    """Where runs are kept: in files (None), or in a server, by its URL."""
    if request.param == "file":
        return None
    url = request.getfixturevalue("postgres")
    assert isinstance(url, str)
    return url


def child(out: Path, store: str | None, apart: bool) -> Child:
    """apart: in tables of its own."""
    if store is None:
        return Child(out, str(out / "hamlets-1"), None)
    if apart:
        store = re.sub(r"schema=\w+", rf"\g<0>_{out.name}", store)
    return Child(out, f"{store}#killed_{out.name}-1", store)


def killed(
    tmp_path: Path, deaths: Sequence[dict[str, Any]], store: str | None, apart: bool = False
) -> list[Child]:
    """Live it whole, then once for each death. -> the whole one first"""
    made, plan = [], []
    for number, death in enumerate([{"sets": []}, *deaths]):
        one = child(tmp_path / str(number), store, apart)
        made.append(one)
        plan.append({**death, "out": str(one.out)})
        if one.store is not None:
            plan[-1]["store"] = called(one.store, one.out.name)
    file = tmp_path / "plan.json"
    scenario = str(written(tmp_path, **SLOW))
    file.write_text(json.dumps({"scenario": scenario, "children": plan}), encoding="utf-8")
    command = [sys.executable, "-m", "tests.e2e.nursery", str(file)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=3000)
    return made


def gone_on(one: Child, whole: Run) -> int | None:
    """Resume what was killed and compare it with what never was.

    -> its last tick when it was killed; -1 where there was none, None where it was at its end.
    """
    one.is_dead()
    try:
        before = Run.open(one.run)
    except StoreError:
        assert one.acknowledged < 0
        return -1
    last = before.last_tick
    assert last >= one.acknowledged, "an acknowledged tick was lost"
    assert [each[1].kind for each in before.packed()][-1:] in ([], ["TickEnded"], ["RunEnded"])
    if last < 0:
        with pytest.raises(StoreError, match="cut off before it began"):
            door.resume(one.run)
        return -1
    whole_summary = whole.summary or {}
    if last == whole_summary["ticks"]:
        sealed = before if before.state == "finished" else door.resume(one.run)
        assert list(sealed.hashes()) == list(whole.hashes())
        assert sealed.count("Resumed") == 0
        assert [(sealed.summary or {})[name] for name in SAME] == [whole_summary[k] for k in SAME]
        return None
    run = door.resume(one.run)
    assert run.summary is not None
    for name in SAME:
        assert run.summary[name] == whole_summary[name], (last, name)
    assert list(run.hashes()) == list(whole.hashes()), last
    (resumed,) = (each for each in run.events("Resumed") if isinstance(each, Resumed))
    assert (resumed.tick, resumed.why) == (last + 1, "cut off")
    past = list(run.events(kinds=["Asked", "Landed"], stop=last + 1))
    asked = {each.thought for each in past if isinstance(each, Asked)}
    assert set(resumed.again) <= asked - {each.thought for each in past if isinstance(each, Landed)}
    return last


@pytest.mark.parametrize(
    ("store", "each"),
    [
        ("file", 15),
        ("server", 2),
        pytest.param("file", 125, marks=pytest.mark.soak),
        pytest.param("server", 15, marks=pytest.mark.soak),
    ],
    indirect=["store"],
)
def test_killed_at_random_moments_it_ends_as_if_it_never_was(
    tmp_path: Path, store: str | None, each: int, figures: Callable[[str], None]
) -> None:
    chance = random.Random(each)
    deaths = []
    for _ in range(each):
        for sets in LEVELS.values():
            death = {"sets": sets, "tick": chance.randrange(61), "late": chance.random() / 50}
            if len(deaths) % 2:  # on a slow disk all is lived before anything is kept
                death["kept"] = death.pop("tick") % 55
                death["pause"] = 0.005
            deaths.append(death)
    thinking = {"sets": LEVELS["every tick"], "step": "acknowledged", "nth": 2, "pause": 0.2}
    first, in_thought, *others = killed(tmp_path, [thinking, *deaths], store)
    whole = Run.open(first.run)
    assert whole.summary is not None
    assert whole.summary["thoughts"]["asked"] >= 10
    assert whole.summary["cost_usd"] > 0
    assert gone_on(in_thought, whole) in range(1, 8)  # thoughts of tick 1 land at 9
    assert asked_again(in_thought) == ["Ada@1", "Ben@1", "Cleo@1", "Dan@1"]
    lasts = [gone_on(one, whole) for one in others]
    kept = zip(others, lasts, strict=True)
    stopped = [one for one, last in kept if last is not None and last >= 0]
    assert len(stopped) >= len(lasts) // 3, lasts
    again = sum(len(asked_again(one)) for one in stopped)  # by chance: none, where few are killed
    assert door.replay(stopped[-1].run).hash == whole.summary["state_hash"]
    figures(
        f"{len(lasts)} kills at random moments, {lasts.count(-1)} before the first tick, "
        f"{lasts.count(None)} after the last; {len(stopped)} resumed with {again} thoughts asked "
        "again; no acknowledged tick lost, every end equal"
    )


def asked_again(one: Child) -> list[str]:
    """The thoughts that a resumed run asked again."""
    resumed = Run.open(one.run).events("Resumed")
    return [thought for event in resumed if isinstance(event, Resumed) for thought in event.again]


@pytest.mark.parametrize("store", ["file", "server"], indirect=True)
def test_killed_at_each_step_of_keeping_it(
    tmp_path: Path, store: str | None, figures: Callable[[str], None]
) -> None:
    steps = [*STEPS, *(FILE_STEPS if store is None else SERVER_STEPS)]
    deaths = [{"sets": ["log.every=1"], "step": step, "nth": 1} for step in steps]
    deaths += [
        {"sets": sets, "step": step, "nth": 3, "pause": 0.05}
        for step in ("events inserted", "commit asked for", "committed", "acknowledged")
        for sets in (LEVELS["every tick"], LEVELS["on disk"])
    ]
    first, *others = killed(tmp_path, deaths, store, apart=True)
    whole = Run.open(first.run)
    lasts = {
        (str(death["step"]), death["nth"], one.out.name): gone_on(one, whole)
        for death, one in zip(deaths, others, strict=True)
    }
    found = {step: last for (step, nth, _), last in lasts.items() if nth == 1}
    assert found["tables made"] == found["run begun"] == found["nothing inserted yet"] == -1
    assert found["events inserted"] == found["snapshot inserted"] == -1
    if store is None:
        assert found["log merged"] is found["one plain file"] is None
    else:
        assert found["schema made"] == found["claimed"] == -1
    assert found["marked as finished"] is None
    assert [key for key, last in lasts.items() if key[1] == 3 and last is None] == []
    figures(f"killed at {len(steps)} steps, {len(deaths)} times in all; every end equal")
