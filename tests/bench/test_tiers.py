"""`npcsim compare-tiers`: the four ways differ as they should, and the table tells them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from npcsim.bench import tiers
from tests.e2e.shell import npcsim

TALK = """
scenario: talk
size: [12, 12]
clock: {tick: 2 s, start: "09:00", end: "09:02"}
archetypes: {folk: {mind: true, tools: [wait]}}
npcs: {mara: {is: folk, x: 5, y: 5}, bo: {is: folk, x: 6, y: 5}}
plans:
  sit: {option: sit about, worth: 1, stakes: 0.9, steps: [wait]}
  rest: {option: rest a while, worth: 1, stakes: 0.9, steps: [wait]}
think: {rest: 10 s, cloud: 10 s}
tiers: {local: {model: scripted}, cloud: {model: scripted, trust: 0.9}}
measure: {alive: {every: end, value: count(hp > 0)}}
"""


def test_each_way_changes_what_it_says() -> None:
    assert tiers.changes_of("hybrid", ["cloud"]) == []
    assert tiers.changes_of("local", ["cloud", "box"]) == [
        "tiers.cloud.model=none", "tiers.box.model=none",
    ]  # fmt: skip
    assert "tiers.local.model=none" in tiers.changes_of("cloud", ["cloud"])
    assert "tiers.cloud.budget=null" in tiers.changes_of("cloud", ["cloud"], stand_in=True)
    # Real money keeps the scenario's own bounds.
    assert not any("budget" in change for change in tiers.changes_of("cloud", ["cloud"]))


@pytest.mark.loopback
def test_the_four_ways_on_a_real_server(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    pytest.importorskip("anthropic")
    scenario = tmp_path / "talk.yaml"
    scenario.write_text(TALK.replace("model: scripted, trust", "trust"), encoding="utf-8")
    found = npcsim("compare-tiers", scenario, "--seeds", 1, "--json").last
    ways = found["ways"]
    assert list(ways) == list(tiers.WAYS)
    one = {name: way["runs"][0] for name, way in ways.items()}
    assert set(one["reflex"]["decisions"]) == {"reflex"}
    assert one["reflex"]["usd"] == one["local"]["usd"] == 0
    assert "cloud" not in one["local"]["decisions"]
    assert [run["fell_back"] for run in one.values()] == [0, 0, 0, 0]
    assert one["cloud"]["share"] >= one["hybrid"]["share"]
    assert one["cloud"]["usd"] > 0
    assert one["cloud"]["asked_s"] > 0
    assert one["cloud"]["decided_s"] > 0
    assert all(run["scores"] == {"alive": 2.0} for run in one.values())
    table = list(tiers.lines(json.loads(json.dumps(found))))
    assert table[0].startswith("way ")
    assert [row.split()[0] for row in table[1:5]] == list(tiers.WAYS)


def test_a_way_that_is_not_there_is_named(tmp_path: Path) -> None:
    scenario = tmp_path / "talk.yaml"
    scenario.write_text(TALK, encoding="utf-8")
    failed = npcsim("compare-tiers", scenario, "--way", "fog", code=2)
    assert "there is no way 'fog'" in failed.err
