"""The harvest party forked in its middle: answers are taken from the parent until news comes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import npcsim as door
from npcsim import events as ev
from npcsim.store.run_store import Run
from tests.e2e.shell import live, npcsim

NOON = ("05_harvest_party", "--set", "clock.start=11:20", "--set", "think.dominates=20")
SCRIPTED = ("--set", "tiers.local.model=scripted")
TICKS, AT = 120, 80


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first noon, on a model that answers any question by its hash."""
    out = tmp_path_factory.mktemp("noon")
    command, *how = NOON
    return Path(live(command, out, *how, *SCRIPTED, "--ticks", TICKS)["run"])


def test_without_a_change_all_is_reused_and_the_end_is_the_same(
    parent: Path, tmp_path: Path
) -> None:
    said = npcsim("fork", parent, "--at", AT, "--out", tmp_path)
    assert " answers reused (100.0%), 0 questions asked" in said.out
    with Run.open(tmp_path / "harvest_party-1") as fork, Run.open(parent) as old:
        assert dict(fork.hashes()) == dict(old.hashes())


def test_who_has_no_news_of_the_change_is_asked_nothing(parent: Path, tmp_path: Path) -> None:
    """From a trait of one NPC to whoever it reached, by what the two logs tell."""
    change = ("--set", "npcs.Sven.traits.social=0.95")
    said = npcsim("fork", parent, "--at", AT, "--out", tmp_path, "--json", *change).last
    told = said["fork"]
    old, fork = Run.open(parent), Run.open(tmp_path / "harvest_party-1")
    reached = {one.npc: one for one in old.diff(fork).reached}
    assert reached["Sven"].tick == AT + 1
    asked = {e.thought: e for e in fork.events("Asked", start=AT + 1) if isinstance(e, ev.Asked)}
    calls = {e.thought: e for e in fork.events("Asked") if isinstance(e, ev.Asked)}
    before = {(one.call.thought, one.key) for one in old.calls()}
    for one in fork.calls():
        thought = one.call.thought
        if one.tick <= AT or (thought, one.key) in before:
            continue
        npc = calls[thought].npc
        assert npc in reached, f"{npc} was asked anew, and nothing had reached it"
        assert asked[thought].tick >= reached[npc].tick
    # Whoever was never reached had every question answered by the parent.
    assert told["asked_by"].keys() <= reached.keys()
    for one in reached.values():
        if one.step:
            assert reached[one.source].tick <= one.tick
    assert 0 < told["share"] < 1
    assert told["share"] == pytest.approx(
        told["reused"] / (told["reused"] + told["asked"]), abs=1e-4
    )
    assert door.replay(fork).hash == said["state_hash"]
    assert json.loads(npcsim("diff", parent, fork.path, "--json").out)["same"] is False
