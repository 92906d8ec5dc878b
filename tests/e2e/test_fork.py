"""A fork shares its parent's past and answers, and nothing else."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

import npcsim as door
from npcsim.sim.loop import Simulation, Tick
from npcsim.store.run_store import Run
from tests.e2e.hamlets import SLOW, written
from tests.e2e.shell import live, npcsim

SCRIPTED = ("--set", "tiers.local.model=scripted", "--set", "think.local=40 s")


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("parent")
    return Path(live("03_village_morning", out, "--ticks", 40, *SCRIPTED)["run"])


def test_without_a_change_it_ends_as_its_parent_and_asks_nobody(
    parent: Path, tmp_path: Path
) -> None:
    before = (parent / "run.db").read_bytes()
    said = npcsim("fork", parent, "--at", 20, "--out", tmp_path)
    assert ", 0 questions asked" in said.out
    assert not said.out.splitlines()[-1].startswith("0 answers")
    fork, old = Run.open(tmp_path / "village_morning-1"), Run.open(parent)
    assert list(fork.hashes()) == list(old.hashes())
    assert [kept.call for kept in fork.calls()] == [kept.call for kept in old.calls()]
    assert fork.started.versions["fork.parent"] == old.name
    assert fork.started.versions["fork.tick"] == "20"
    assert (parent / "run.db").read_bytes() == before
    npcsim("replay", tmp_path / "village_morning-1")


def test_what_was_given_up_is_given_up_again_at_its_price(tmp_path: Path) -> None:
    """Nobody knows what the answer would have been; it is asked for only where it is wanted."""
    news = {"signal": "news", "place": "east", "loudness": 50, "content": "The mill burns"}
    file = written(
        tmp_path,
        **{**SLOW, "think": {"local": "20 s", "rest": "10 s", "dominates": 10}},
        events=[{**news, "at": at} for at in ("06:01:05", "06:01:40", "06:02:10", "06:03:30")],
    )
    old = door.run(file, out=tmp_path / "old")
    given_up = [one for one in old.calls() if one.call.error.startswith("Cancelled")]
    assert any(one.call.cost_usd for one in given_up)
    for at in sorted({one.tick - 1 for one in given_up} | {8}):
        fork = door.fork(old.path, at, out=tmp_path / "forks")
        assert dict(fork.hashes()) == dict(old.hashes()), at
        assert fork.summary is not None
        assert old.summary is not None
        assert fork.summary["fork"]["asked"] == 0, at
        assert fork.summary["costs"] == old.summary["costs"], at
    deaf = door.fork(old.path, 8, changes=["events=[]"], out=tmp_path / "forks")
    assert deaf.summary is not None
    assert not [one for one in deaf.calls() if one.call.error and one.tick > 8]
    assert door.replay(deaf).ticks == 60


def test_what_is_put_in_changes_what_comes_after_and_nothing_before(
    parent: Path, tmp_path: Path
) -> None:
    entry = '{"set": "Mara", "attribute": "hunger", "value": 0.99}'
    npcsim("fork", parent, "--at", 20, "--input", entry, "--out", tmp_path)
    fork, old = (
        dict(Run.open(tmp_path / "village_morning-1").hashes()),
        dict(Run.open(parent).hashes()),
    )
    assert next(tick for tick in old if fork[tick] != old[tick]) == 21
    npcsim("replay", tmp_path / "village_morning-1")


def test_what_can_not_be(parent: Path, tmp_path: Path) -> None:
    out = ("--out", tmp_path)
    assert "before the run's last tick, 40" in npcsim("fork", parent, "--at", 40, *out, code=1).err
    assert "not JSON" in npcsim("fork", parent, "--at", 9, "--input", "x", *out, code=1).err
    assert "where to fork" in npcsim("fork", parent, "--at", "soon", *out, code=1).err
    both = npcsim("fork", parent, "--at", 9, "--ticks", 5, "--until", 20, *out, code=2).err
    assert "not both" in both
    over = npcsim("fork", parent, "--at", 9, "--until", 5, *out, code=1).err
    assert "the run is at tick 9 already, and 5 is tick 5" in over
    file = npcsim("fork", parent, "--at", 9, "--tools", tmp_path / "x.py", *out, code=1).err
    assert file.endswith("x.py: No such file or directory\n")
    assert list(tmp_path.iterdir()) == []


def test_what_comes_to_nothing_is_told(parent: Path, tmp_path: Path) -> None:
    """A model that is not there, an order that the world refuses: it is lived all the same."""
    order = ("--input", '{"do": "Mara.go_to(moon)"}')
    cloud = ("--cloud", "anthropic:claude-haiku-5-5")
    said = npcsim("fork", parent, "--at", 30, *order, *cloud, "--out", tmp_path)
    assert "nothing came of the order Mara.go_to: there is no moon now" in said.err
    assert "tier cloud (anthropic:claude-haiku-5-5) is not available" in said.err
    assert "40 ticks" in said.out
    quiet = npcsim("fork", parent, "--at", 30, "--out", tmp_path / "quiet")
    assert quiet.err == ""


def test_ctrl_c_in_the_shared_past_leaves_no_fork(
    parent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Simulation.step

    async def interrupted(self: Simulation) -> Tick:
        if self.tick == 10:
            os.kill(os.getpid(), signal.SIGINT)
        return await step(self)

    monkeypatch.setattr(Simulation, "step", interrupted)
    said = npcsim("fork", parent, "--at", 20, "--out", tmp_path, code=130)
    assert said.err == "npcsim: ended in the past that both share: there is no fork\n"
    assert list(tmp_path.iterdir()) == []
