"""Switches that take one faculty away: memory, planning, escalation; the others have tests nearby.

Reflection and talk are switched off in `tests/npc/test_reflecting.py` and `test_gossip.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim import open_run
from npcsim.models.router import CLOUD, LOCAL, REFLEX, Offer, Rules, escalate
from tests.e2e.shell import live, npcsim
from tests.npc.test_goals import KEEP, SCARE
from tests.worlds_in_text import body, built, go_on, lines, living, of

DAYS = """
knows: [{name: debt, fact: Bran owes Ida three loaves, by: bran}]
days:
  work: {who: [ida], hours: {"06:00": forge, "12:00": square}}
"""
FACT = {"fact": "The bridge is down", "heard_by": ["bran"]}


async def test_without_memory_nothing_that_happens_stays(tmp_path: Path) -> None:
    made = built(tmp_path, KEEP + DAYS, overrides=["memory=off"])
    async with living(made) as simulation:
        simulation.put(FACT)
        events = await go_on(simulation, 90)
    assert lines(made.world, "bran") == ["Bran owes Ida three loaves"]
    assert not of(events, ev.Remembered, npc="bran")
    assert of(events, ev.GoalEnded, npc="bran")  # which else would be remembered
    assert not body(made.world, "bran", made).recall("the bridge")
    assert of(events, ev.Decided, npc="bran")


async def test_with_memory_it_does(tmp_path: Path) -> None:
    made = built(tmp_path, KEEP + DAYS)
    async with living(made) as simulation:
        simulation.put(FACT)
        await go_on(simulation, 90)
    assert {"The bridge is down"} < set(lines(made.world, "bran"))


async def test_a_memory_by_hand_is_refused_where_there_is_none(tmp_path: Path) -> None:
    made = built(tmp_path, KEEP, overrides=["memory=off"])
    async with living(made) as simulation:
        with pytest.raises(ValueError, match="memory: off"):
            simulation.put({"memory": "bran", "text": "He is rich."})


@pytest.mark.parametrize("planning", ["on", "off"])
async def test_without_planning_there_are_no_goals_and_no_days(
    tmp_path: Path, planning: str
) -> None:
    made = built(tmp_path, KEEP + DAYS, overrides=[f"planning={planning}"])
    async with living(made) as simulation:
        simulation.put(SCARE)
        events = await go_on(simulation, 120)
    begun = of(events, ev.GoalStarted)
    planned = planning == "on"
    assert any(goal.sub_goal for goal in begun) == planned
    assert bool(of(events, ev.DayPlanned)) == planned
    # What served a sub-goal is an option like any other without it; needs go on.
    if not planned:
        assert {"walk the rounds", "hurry to the square"} & {goal.goal for goal in begun}


def test_a_mistake_in_what_is_switched_off_is_told(tmp_path: Path) -> None:
    file = tmp_path / "town.yaml"
    file.write_text(KEEP.replace("dread > 0.5", "deard > 0.5") + "planning: off\n", "utf-8")
    assert "deard" in npcsim("validate", file, code=None).out


def test_planning_ends_where_a_fork_switches_it_off(tmp_path: Path) -> None:
    file = tmp_path / "town.yaml"
    file.write_text("scenario: town\n" + KEEP + DAYS, "utf-8")
    said = live(str(file), tmp_path / "runs", "--models", "off", "--ticks", 60)
    parent = open_run(str(said["run"]))
    held = [e for e in parent.events(kinds=["GoalStarted"]) if isinstance(e, ev.GoalStarted)]
    assert any(goal.sub_goal for goal in held)
    out = tmp_path / "forks"
    npcsim("fork", said["run"], "--at", 30, "--set", "planning=off", "--out", out)
    (run,) = [open_run(path) for path in out.iterdir()]
    after = [e for e in run.events(kinds=["GoalStarted"]) if e.tick > 31]
    assert not any(goal.sub_goal for goal in after if isinstance(goal, ev.GoalStarted))
    assert run.last_tick == 60


def test_without_escalation_the_first_answer_stands() -> None:
    dear = [Offer(CLOUD, price=0.0001, paid=True)]
    sure = {"stakes": 1.0, "doubt": 1.0}
    assert escalate(Rules(worth=1), dear, **sure, settled=LOCAL).tier == CLOUD
    way = escalate(Rules(worth=1, in_turn=False), dear, **sure, settled=LOCAL)
    assert (way.tier, way.reason) == (LOCAL, "escalation is off")
    assert way.considered[0].why_not == "escalation is off"
    # Whom nobody was asked before may be the first.
    assert escalate(Rules(worth=1, in_turn=False), dear, **sure, settled=REFLEX).tier == CLOUD


def test_escalation_is_switched_off_by_the_scenario(tmp_path: Path) -> None:
    assert (
        built(tmp_path, KEEP, overrides=["routing.escalate=off"]).program.routing.in_turn is False
    )
    assert built(tmp_path, KEEP).program.routing.in_turn is True
