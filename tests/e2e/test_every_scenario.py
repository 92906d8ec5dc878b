"""Every scenario that ships runs, and its log lives again with equal hashes."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim import open_run
from tests.e2e.conftest import TICKS, Morning
from tests.e2e.shell import SCENARIOS, live, npcsim

by_name = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)


def replayed(run: object, ticks: int, state_hash: str) -> None:
    said = npcsim("replay", run).out
    assert said == f"{ticks} ticks replayed, every state hash equal; last {state_hash}\n"


def test_they_are_numbered_in_the_order_of_the_tutorial() -> None:
    numbers = [path.name[:3] for path in SCENARIOS if path.name[0].isdigit()]
    assert numbers == [f"{n:02d}_" for n in range(1, len(numbers) + 1)]
    assert len(numbers) >= 3


@by_name
def test_it_is_valid_and_says_what_it_teaches(scenario: Path) -> None:
    said = npcsim("validate", scenario).out
    assert said.startswith(f"{scenario}: fine, ")
    assert "warning" not in said
    assert scenario.read_text().startswith("# ")


@by_name
def test_it_runs_and_replays_on_reflexes(scenario: Path, tmp_path: Path) -> None:
    summary = live(scenario, tmp_path, "--ticks", 100, "--models", "off")
    assert summary["ticks"] == 100
    assert summary["effects"]["applied"] > 0
    assert summary["thoughts"]["asked"] == 0
    replayed(summary["run"], 100, summary["state_hash"])


def test_the_morning_runs_and_replays_on_the_bundled_model(morning: Morning) -> None:
    thoughts = morning.summary["thoughts"]
    assert morning.summary["ticks"] == TICKS
    assert thoughts["landed"] >= 10
    assert thoughts["failed"] == thoughts["late"] == 0
    assert morning.summary["by_tier"]["local"] >= 10
    assert morning.summary["tokens"]["input"] > 0
    replayed(morning.folder, TICKS, morning.summary["state_hash"])


def test_every_tick_of_the_morning_is_in_its_log(morning: Morning) -> None:
    run = open_run(morning.folder)
    assert [tick for tick, _ in run.hashes()] == list(range(TICKS + 1))
    asked = {event.thought for event in run.events(kinds=["Asked"]) if isinstance(event, ev.Asked)}
    landed = [event for event in run.events(kinds=["Landed"]) if isinstance(event, ev.Landed)]
    assert {event.thought for event in landed} <= asked
    # A thought takes its think time: nothing lands in the tick it was asked in.
    assert all(event.tick > int(event.thought.split("@")[1]) for event in landed)
    assert len(list(run.calls())) == len(landed)


def test_nobody_sets_out_for_what_is_not_in_stock(tmp_path: Path) -> None:
    summary = live("salt_for_timber", tmp_path, "--models", "off")
    run = open_run(summary["run"])
    ended = [event for event in run.events(kinds=["GoalEnded"]) if isinstance(event, ev.GoalEnded)]
    loading = [event.how for event in ended if event.goal.startswith("load")]
    assert loading.count("done") > 10
    assert "failed" not in loading


@pytest.mark.soak
@by_name
def test_it_runs_whole_on_reflexes(scenario: Path, tmp_path: Path) -> None:
    summary = live(scenario, tmp_path, "--models", "off")
    replayed(summary["run"], summary["ticks"], summary["state_hash"])


@pytest.mark.soak
@pytest.mark.usefixtures("local_tier")
def test_the_whole_morning_on_the_bundled_model(tmp_path: Path) -> None:
    summary = live("03_village_morning", tmp_path)
    thoughts = summary["thoughts"]
    assert summary["npcs"] == 12
    assert summary["ticks"] == 6 * 3600 // 5
    assert summary["by_tier"]["local"] >= 100
    assert thoughts["landed"] >= 100
    assert thoughts["failed"] == thoughts["late"] == 0
    run = open_run(summary["run"])
    assert [tick for tick, _ in run.hashes()] == list(range(summary["ticks"] + 1))
    for event in run.events(kinds=["Decided"]):
        assert isinstance(event, ev.Decided)
        # None is invented: what a model's answer did not decide is flagged.
        assert event.fallback or event.tier == "reflex" or event.text
    replayed(summary["run"], summary["ticks"], summary["state_hash"])


def test_the_captain_breaks_his_goal_into_goals_of_his_own(tmp_path: Path) -> None:
    summary = live("keep_watch", tmp_path, "--ticks", 450, "--models", "off")
    run = open_run(summary["run"])
    goals = list(run.events(kinds=["GoalStarted", "GoalEnded"]))
    told = {
        (event.sub_goal, event.goal, getattr(event, "how", "started"))
        for event in goals
        if isinstance(event, ev.GoalStarted | ev.GoalEnded) and event.npc == "Bran"
    }
    patrol, chase = "watch over the village", "chase the bandits away"
    assert (patrol, patrol, "dropped") in told
    assert (patrol, "walk the rounds of the village", "interrupted") in told
    assert (chase, chase, "started") in told
    assert (chase, chase, "done") in told
    assert any(isinstance(one, ev.GoalStarted) and one.resumed for one in goals)
    replayed(summary["run"], 450, summary["state_hash"])
