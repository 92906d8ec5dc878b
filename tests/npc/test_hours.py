"""A day that a model writes: hours and steps, what can't be kept, failing, and writing anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.runs.session import open_session, recorded_session
from npcsim.messages import Answer, Chosen, Question, Write, Written
from npcsim.models.scripted import Scripted
from npcsim.npc.hours import HOURS
from npcsim.replay.verify import verify
from npcsim.store.run_store import Run
from tests.npc.test_days import DAY
from tests.worlds_in_text import built, go_on, live, living, of

WRITTEN = DAY.replace("  work: {who: [tom], hours", "  work: {who: [tom], written: true, hours")


def hour(at: str, goal: str, *steps: Mapping[str, Any]) -> dict[str, Any]:
    return {"at": at, "goal": goal, "steps": list(steps)}


def do(tool: str, *args: str, if_has: str = "") -> dict[str, Any]:
    return {"tool": tool, "with": list(args), "if_has": if_has}


def writer(*days: list[dict[str, Any]]) -> Scripted:
    """Writes these days, one after the other, and takes the option of greatest length."""
    left = list(days)

    def rule(question: Question) -> Answer:
        if isinstance(question, Write):
            asked = question.purpose == HOURS
            return Written(json.dumps({"hours": left.pop(0)}) if asked and left else "So be it.")
        best = max(range(len(question.options)), key=lambda at: len(question.options[at]))
        shares = tuple(float(at == best) for at in range(len(question.options)))
        return Chosen(best, shares)

    return Scripted(rule)


TOUR = [
    hour("05:00", "forge a nail and then rest at the inn", do("go_to", "anvil"),
         do("craft", "nail"), do("go_to", "inn"), do("wait")),
    hour("20:00", "be home in good time for the night ahead", do("go_to", "home"), do("wait")),
]  # fmt: skip


async def test_steps_that_a_model_wrote_become_tools_and_walking(tmp_path: Path) -> None:
    made = built(tmp_path, WRITTEN)
    model = writer(TOUR)
    async with living(made, {"local": model}) as simulation:
        events = await go_on(simulation, 240)
    sketch, day = of(events, ev.DayPlanned, npc="tom")
    assert (sketch.by, day.by, day.dropped) == ("", "local", ())
    assert day.hours == (("05:00", TOUR[0]["goal"]), ("20:00", TOUR[1]["goal"]))
    started = [one for one in of(events, ev.GoalStarted, npc="tom") if one.goal == TOUR[0]["goal"]]
    assert started[0].steps == ("go_to(anvil)", "craft(nail)", "go_to(inn)", "wait()")
    ended = [one for one in of(events, ev.GoalEnded, npc="tom") if one.goal == TOUR[0]["goal"]]
    assert ended[0].how == "done"
    assert made.world.held("tom")["nail"] > 0
    (asked,) = [one for one in of(events, ev.Asked, npc="tom") if one.purpose == HOURS]
    assert asked.why == "work: what exactly"
    question = next(one for one in model.asked if isinstance(one, Write))
    assert "go_to" in question.schema
    assert "craft(" in question.user
    assert "smithy" in question.user


async def test_what_cannot_be_done_is_dropped_with_the_reason(tmp_path: Path) -> None:
    odd = [
        hour("05:00", "see the world", do("fly", "moon"), do("go_to", "moon"),
             do("use", "loaf", if_has="wings"), do("go_to", "inn"), do("wait")),
        hour("05:00", "be somewhere else", do("wait")),
        hour("noon", "eat", do("use", "loaf")),
        hour("07:00", "nothing at all", do("go_to")),
    ]  # fmt: skip
    made = built(tmp_path, WRITTEN)
    async with living(made, {"local": writer(odd)}) as simulation:
        events = await go_on(simulation, 20)
    day = of(events, ev.DayPlanned, npc="tom")[-1]
    assert day.hours == (("05:00", "see the world"),)
    assert day.dropped == (
        "05:00 see the world: fly(moon): there is no such tool",
        "05:00 see the world: go_to(moon): there is no moon now",
        "05:00 see the world: use(loaf): there is no wings",
        "05:00 be somewhere else: that hour has a plan",
        "noon: needs a time of day, a goal and steps",
        "07:00 nothing at all: go_to(): go_to takes 1 argument, not 0",
    )


async def test_a_day_that_cannot_be_read_leaves_the_scenarios_hours(tmp_path: Path) -> None:
    made = built(tmp_path, WRITTEN)
    async with living(made, {"local": writer()}) as simulation:
        events = await go_on(simulation, 20)
    assert len(of(events, ev.DayPlanned, npc="tom")) == 1
    (decided,) = [one for one in of(events, ev.Decided, npc="tom") if one.purpose == HOURS]
    assert decided.fallback
    assert "no JSON came" in decided.reason
    assert made.world.minds["tom"].hours[0][1] == "forge"


async def test_a_step_waits_for_nobody_it_is_skipped_without_what_it_needs(tmp_path: Path) -> None:
    first = hour("05:00", "have a nail to look at and then go to the inn", do("look"),
                 do("use", "nail", if_has="nail"), do("go_to", "inn"))  # fmt: skip
    made = built(tmp_path, WRITTEN)
    async with living(made, {"local": writer([first])}) as simulation:
        events = await go_on(simulation, 60)
    changed = of(events, ev.PlanChanged, npc="tom")
    assert changed[0].how == "skipped"
    assert changed[0].reason == "not so: has(nail) > 0"


async def test_after_a_failure_the_day_is_written_anew_with_what_changed(tmp_path: Path) -> None:
    lost = [hour("05:00", "take what is not there to be taken at all", do("take", "nail"))]
    made = built(tmp_path, WRITTEN)
    model = writer(lost, TOUR)
    async with living(made, {"local": model}) as simulation:
        events = await go_on(simulation, 240)
    asked = [one for one in of(events, ev.Asked, npc="tom") if one.purpose == HOURS]
    assert asked[1].why.startswith("take what is not there to be taken at all: ")
    second = [one for one in model.asked if isinstance(one, Write) and one.purpose == HOURS][1]
    assert "What has come between: take what is not there" in second.user
    assert TOUR[0]["goal"] in {one.goal for one in of(events, ev.GoalStarted, npc="tom")}


@pytest.mark.parametrize("named", [True, False])
async def test_a_paid_tier_writes_days_where_its_for_names_them(
    tmp_path: Path, named: bool
) -> None:
    tiers = (
        "tiers: {local: {model: scripted, for: [plan]}, cloud: {model: scripted, "
        f"price: {{input: 1, output: 5}}{', for: [hours]' if named else ''}}}}}\n"
    )
    made = built(tmp_path, WRITTEN + tiers)
    async with living(made, {"local": writer(), "cloud": writer(TOUR)}) as simulation:
        events = await go_on(simulation, 6)
    [asked] = [one for one in of(events, ev.Asked, npc="tom") if one.purpose == HOURS]
    days = of(events, ev.DayPlanned, npc="tom")
    assert (asked.tier, asked.reason == "cloud is for hours") == (
        "cloud" if named else "reflex",
        named,
    )
    assert [one.by for one in days] == (["", "cloud"] if named else [""])


AS_IT_WAS = "5031f0d9470801c1929606c81e388ef2"
"""The state after an hour of the village without written days, before there were any."""


@pytest.mark.parametrize("text", [DAY, DAY.replace("[tom], hours", "[tom], written: false, hours")])
async def test_who_has_no_written_day_has_the_state_of_old(tmp_path: Path, text: str) -> None:
    async with living(built(tmp_path, text)) as simulation:
        await go_on(simulation, 60)
        assert simulation.world.state_hash() == AS_IT_WAS


async def test_without_models_a_written_day_is_the_sketch(tmp_path: Path) -> None:
    events = await live(built(tmp_path, WRITTEN), 30)
    (day,) = of(events, ev.DayPlanned, npc="tom")
    assert day.hours[0] == ("06:00", "forge nails")


async def test_a_written_day_replays(tmp_path: Path) -> None:
    made: Any = built(tmp_path / "world", WRITTEN)
    session = await open_session(
        made, models={"local": writer(TOUR)}, out=tmp_path / "runs", ticks=30
    )
    async for _ in session.simulation:
        pass
    summary = session.finish()
    await session.close()
    assert session.folder is not None
    run = Run.open(session.folder)
    again = recorded_session(run)
    assert (await verify(again.simulation, run)).hash == summary["state_hash"]
    assert again.simulation.world.minds["tom"].written[0][1] == TOUR[0]["goal"]
    run.close()
