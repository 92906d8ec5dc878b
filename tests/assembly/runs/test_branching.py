"""A fork in a process of its own tells how far it is, and whatever ends it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import npcsim
from npcsim.assembly.runs.branching import Branch, Forks
from npcsim.assembly.runs.forking import Changes
from npcsim.assembly.runs.resuming import Until
from npcsim.store.run_store import Run

LONG = 200_000
TOOLS = """
import time
from npcsim import Body, Effect, View, tool

@tool
def doze(me: Body, view: View) -> list[Effect]:
    if view.tick > 40:
        time.sleep(0.01)
    return []

TOOLS = [doze]
"""
YARD = """
scenario: yard
clock: {tick: 1 s, start: "08:00"}
places: {here: {}}
behaviour: {idle: {sleeps: {do: doze}}}
npcs: {Bo: {at: here, behaviour: idle}}
"""


def until(so: Callable[[], object]) -> None:
    end = time.monotonic() + 120
    while not so():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("yard")
    (folder / "tools.py").write_text(TOOLS)
    (folder / "yard.yaml").write_text(YARD)
    with npcsim.run(folder / "yard.yaml", ticks=60, models={}, out=folder / "runs") as run:
        return run.path


def test_it_is_another_process_and_says_how_far_it_is(parent: str) -> None:
    with Run.open(parent) as run:
        branch = Forks().begin(run, 20, [], [])
    assert branch._process.pid != os.getpid()
    until(lambda: branch.done)
    assert (branch.error, branch.tick, branch.end) == ("", 60, 60)
    assert branch.told.startswith("0 answers reused")
    with Run.open(branch.path) as fork:
        assert fork.name == branch.name
        assert (fork.state, fork.last_tick) == ("finished", 60)
    branch.stop()  # it is over: nothing is left to be stopped
    branch.wait()


def test_one_that_is_stopped_is_kept_as_far_as_it_is(parent: str) -> None:
    branch = Branch(parent, 30, Until(ticks=LONG), Changes())
    until(lambda: branch.tick > 50)
    branch.stop()
    branch.wait()
    assert branch.done
    with Run.open(branch.path) as fork:
        assert fork.state == "interrupted"
        assert 50 < fork.last_tick < LONG


def test_what_is_wrong_with_it_is_told(parent: str, tmp_path: Path) -> None:
    for branch, why in (
        (Branch(str(tmp_path / "none"), 3, Until(), Changes()), "no run at"),
        (Branch(parent, 3, Until(), Changes(("npcs.Bo.sped=2",))), "sped"),
        (Branch(parent, 3, Until(), Changes((), ({"fly": "Bo"},))), "fly"),
    ):
        until(lambda branch=branch: branch.done)
        assert why in branch.error
        assert not branch.path


def test_one_whose_process_dies_says_so(parent: str) -> None:
    branch = Branch(parent, 30, Until(ticks=LONG), Changes())
    until(lambda: branch.path)
    branch._process.kill()
    until(lambda: branch.done)
    assert branch.error.startswith("the process of the run ended by itself (exit code ")
