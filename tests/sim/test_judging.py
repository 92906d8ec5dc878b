"""Importance and summaries by a model: beside the rules, as landings of the log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.runs.session import recorded_session
from npcsim.effects import Remember, Weigh
from npcsim.errors import BadReply, ScenarioError, Unavailable
from npcsim.messages import Question, Write, Written
from npcsim.models.scripted import Scripted, by_hash
from npcsim.npc import weighing
from npcsim.replay.rebuild import rebuild
from npcsim.replay.verify import verify
from npcsim.store.run_store import Run
from npcsim.tools.view import View
from npcsim.world.rows import Memory
from tests.worlds_in_text import built, bundle, commit_next, go_on, living, of

TEXT = """
clock: {tick: 10 s, start: "09:00", end: "12:00"}
places: {square: {}}
archetypes: {folk: {mind: true, tools: [wait], persona: A quiet soul.}}
npcs: {Ann: {is: folk, at: square}, Bran: {is: folk, at: square}, Odo: {at: square}}
plans: {stand: {option: stand about, worth: 1, steps: [wait]}}
tiers: {wise: {model: scripted, think: 20 s}}
think: {rest: 1 h}
memory: {recall: words, importance_by: wise, summaries_by: wise, lines: 16, fresh: 8}
"""
MEMORY = {"importance", "summary"}


def wise(question: Question) -> Any:
    if question.purpose == "importance":
        assert isinstance(question, Write)
        asked = question.user.splitlines()[1:]
        marks = [9 if "mill" in line else 1 for line in asked]
        return Written(json.dumps({"ratings": marks}))
    if question.purpose == "summary":
        return Written("Many carts came past, and the mill burnt. And then th")
    return by_hash(question)


async def carts(simulation: Any, many: int, each: int = 2) -> list[ev.Event]:
    """So many carts that Ann hears of, and the mill that burns."""
    events: list[ev.Event] = []
    for number in range(many):
        told = "The mill burns" if number == 3 else f"Cart {number} came past"
        simulation.put({"fact": told, "heard_by": "Ann"})
        events += await go_on(simulation, each)
    return events


async def test_a_tier_rates_memories_many_at_a_time(tmp_path: Path) -> None:
    made, model = built(tmp_path, TEXT), Scripted(wise)
    async with living(made, {"wise": model}) as simulation:
        events = await carts(simulation, 10)
    asked = [one for one in model.asked if one.purpose == "importance"]
    assert len(asked) == 1
    assert isinstance(asked[0], Write)
    assert asked[0].user.count("\n") == 8
    assert "A quiet soul." in asked[0].system
    [weighed] = of(events, ev.Weighed, npc="Ann")
    assert sorted(weighed.importance) == [0.1] * 7 + [0.9]
    by_text = {line.text: line.importance for line in made.world.memories.of("Ann")}
    assert by_text["The mill burns"] == 0.9
    assert by_text["Cart 0 came past"] == 0.1
    # Rules until then: it landed two ticks after it was asked.
    [put] = [e for e in of(events, ev.Asked, npc="Ann") if e.purpose == "importance"]
    assert (put.tier, put.lands) == ("wise", put.tick + 2)
    assert weighed.tick == put.tick + 2
    [decided] = [e for e in of(events, ev.Decided) if e.purpose == "importance"]
    assert (decided.tier, decided.fallback) == ("wise", False)


async def test_a_tier_words_what_is_left_of_merged_memories(tmp_path: Path) -> None:
    made, model = built(tmp_path, TEXT), Scripted(wise)
    async with living(made, {"wise": model}) as simulation:
        events = await carts(simulation, 24)
    shown = [one.user for one in model.asked if one.purpose == "summary"]
    assert shown
    assert "- Cart 0 came past" in shown[0]
    told = "On day 1: Many carts came past, and the mill burnt."
    summaries = [line for line in made.world.memories.of("Ann") if line.covers > 1]
    assert told in {line.text for line in summaries}
    worded = [e for e in of(events, ev.Forgot, npc="Ann") if e.text == told]
    # First the rules' words, then the model's in their place, for as many memories.
    ruled = next(e for e in of(events, ev.Forgot, npc="Ann") if e.into == worded[0].ids[0])
    assert ruled.tick < worded[0].tick
    assert ruled.gist == worded[0].gist
    kept = [line.covers for line in made.world.memories.of("Ann")]
    assert sum(kept) == sum(e.npc == "Ann" for e in of(events, ev.Remembered))


async def test_it_replays_without_the_model(tmp_path: Path) -> None:
    made = built(tmp_path / "a", TEXT + "log: {snapshot: 2 min}\n")
    async with living(made, {"wise": Scripted(wise)}, out=tmp_path / "runs") as simulation:
        events = await carts(simulation, 24)
    with Run.open(next((tmp_path / "runs").iterdir())) as run:
        session = recorded_session(run)
        verdict = await verify(session.simulation, run)
        await session.close()
        # Its snapshots say the same of memories as its events, without a world that is lived again.
        assert rebuild(run).snapshots > 1
        line = next(m for m in made.world.memories.of("Ann") if m.text == "The mill burns"
                    or "mill" in m.text)  # fmt: skip
        assert run.at(run.last_tick).memories("Ann") == made.world.memories.of("Ann")
        assert line.importance == 0.9
        assert {row["npc"] for row in run.table("calls").rows()} <= {"Ann", "Bran"}
    assert verdict.hash == of(events, ev.TickEnded)[-1].hash


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Unavailable("away"), "Unavailable: away"),
        (Written("no JSON"), "BadReply: there are no ratings in it"),
        (Written('{"ratings": [1, 2]}'), "BadReply: 8 whole numbers from 1 to 10 were asked for"),
    ],
)
async def test_the_rules_stay_where_a_model_fails(tmp_path: Path, answer: Any, why: str) -> None:
    def rule(question: Question) -> Any:
        return answer if question.purpose in MEMORY else by_hash(question)

    made = built(tmp_path, TEXT)
    async with living(made, {"wise": Scripted(rule)}) as simulation:
        events = await carts(simulation, 12)
    assert not of(events, ev.Weighed)
    decided = [e for e in of(events, ev.Decided) if e.purpose == "importance"]
    assert decided[0].fallback
    assert decided[0].reason == f"the rules' stays: {why}"


async def test_without_a_model_or_a_word_nobody_is_asked(tmp_path: Path) -> None:
    text = TEXT.replace("importance_by: wise, summaries_by: wise, ", "")
    for folder, models, words in (("a", {}, TEXT), ("b", {"wise": Scripted(wise)}, text)):
        made = built(tmp_path / folder, words)
        async with living(made, models) as simulation:
            events = await carts(simulation, 12)
        assert not [e for e in of(events, ev.Asked) if e.purpose in MEMORY]


def test_a_tier_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"small\.yaml:\d+:\d+: .*no tier 'wize'.*wise"):
        built(tmp_path, TEXT.replace("summaries_by: wise", "summaries_by: wize"))


TEXTS = ("Ann saw the mill burn", "Odo shouted")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('"The mill burnt and Odo shouted."', "On day 1: The mill burnt and Odo shouted."),
        ("The mill burnt. Then it", "On day 1: The mill burnt."),
        ("The mill", "no whole sentence"),
        ("I'm sorry, I can't.", "not said by whom"),
        ("Bran burnt the mill.", "it names Bran, whom the memories don't"),
    ],
)
def test_a_summary_is_whole_and_names_nobody_new(tmp_path: Path, said: str, told: str) -> None:
    made = built(tmp_path, TEXT)
    me = View(made.world).npc("Ann")
    line = Memory(5, "x", "seen", 0.5, 7, covers=2, since=1)
    if told.startswith("On day"):
        assert weighing.summed_up(me, said, line, TEXTS) == told
        return
    with pytest.raises(BadReply, match=told):
        weighing.summed_up(me, said, line, TEXTS)


def test_weighing_changes_importance_alone_and_can_be_undone(tmp_path: Path) -> None:
    made = built(tmp_path, TEXT)
    commit_next(made.world, bundle("Ann", Remember("Ann", "one"), Remember("Ann", "two")))
    events = commit_next(made.world, bundle("Ann", Weigh("Ann", ((2, 7.0), (9, 0.5)))))
    assert [m.importance for m in made.world.memories.of("Ann")][1] == 1.0
    assert of(events, ev.Weighed) == [ev.Weighed(made.world.tick, "Ann", (2,), (1.0,))]
    before = made.world.state_hash()
    bad = bundle("Ann", Weigh("Ann", ((1, 0.9),)), Weigh("nobody", ((1, 0.9),)))
    commit_next(made.world, bad)
    assert made.world.memories.of("Ann")[0].importance < 0.9
    assert before != made.world.state_hash()  # the tick is another
