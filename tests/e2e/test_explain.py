"""`npcsim explain` tells what is in the log, and finds the thought behind an act."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim.store.run_store import Run
from tests.e2e.shell import live, npcsim

WHOLE = (
    "--set", "tiers.local.model=scripted", "--set", "think.local=20 s",
    "--set", "tiers.local.context=whole",
)  # fmt: skip


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("explained")
    return Path(live("03_village_morning", out, "--ticks", 300, *WHOLE)["run"])


@pytest.fixture(scope="module")
def run(lived: Path) -> Run:
    return Run.open(lived)


def plan_of(run: Run) -> tuple[ev.Decided, ev.ActStarted]:
    """A decision to take up a plan, and the last act of that plan that took time."""
    for act in run.events("ActStarted"):
        assert isinstance(act, ev.ActStarted)
        if act.by != "mind" or act.due <= act.tick + 2:
            continue
        goals = [e for e in run.events("GoalStarted", npc=act.npc) if e.tick <= act.tick]
        for made in run.events("Decided", npc=act.npc):
            if isinstance(made, ev.Decided) and goals and made.tick == goals[-1].tick:
                return made, act
    raise AssertionError("the run has no plan with a step that takes time")


def test_an_act_leads_back_to_the_decision_for_its_plan(run: Run) -> None:
    made, act = plan_of(run)
    told = run.explain(act.npc, act.tick + 1)
    assert told.doing is not None
    assert told.thought is not None
    assert (told.doing.tool, told.doing.since, told.doing.by) == (act.tool, act.tick, "mind")
    assert told.thought.link == "took up the plan that the act is a step of"
    assert told.thought.decided == made.tick
    assert [o.text for o in told.thought.options if o.taken] == [made.options[made.pick]]
    assert tuple(o.utility for o in told.thought.options) == made.utilities
    assert tuple(o.probability for o in told.thought.options) == made.probabilities
    assert tuple(o.blended for o in told.thought.options) == made.blended
    assert any(o.sort == "goal" and o.tick == made.tick for o in told.thought.outcomes)
    assert any(o.sort == "effects" and o.effects for o in told.thought.outcomes)


def test_the_question_and_answer_are_those_of_the_call(run: Run) -> None:
    for kept in run.calls():
        npc, _, tick = kept.call.thought.partition("@")
        told = run.explain(npc, int(tick)).thought
        if told is None or told.askings[-1].thought != kept.call.thought:
            continue
        asking = told.askings[-1]
        assert asking.question is not None
        assert asking.answer is not None
        assert asking.question["ask"] == type(kept.call.question).__name__.lower()
        assert asking.model == kept.call.model
        assert asking.seconds == kept.call.seconds
        assert asking.reason
        assert told.shown
        return
    raise AssertionError("no call could be explained")


def test_memories_have_the_scores_that_they_were_recalled_by(run: Run) -> None:
    found = [e for e in run.events("Recalled") if isinstance(e, ev.Recalled)]
    decided = {(e.npc, e.thought): e.tick for e in run.events("Decided")}  # type: ignore[union-attr]
    checked = 0
    for event in found:
        tick = decided.get((event.npc, f"{event.npc}@{event.tick}"))
        if tick is None:
            continue
        told = run.explain(event.npc, tick).thought
        assert told is not None
        if told.asked != event.tick:
            continue
        assert {one.id for one in told.recalled} == set(event.ids)
        if told.askings[-1].question is None:  # reflex decided: nothing says what was looked for
            assert {one.score for one in told.recalled} == {None}
            continue
        scores = [one.score for one in told.recalled]
        assert None not in scores
        assert scores == sorted(scores, reverse=True)
        checked += 1
    assert checked > 3


def test_what_was_said_to_it_is_perceived(run: Run) -> None:
    for said in run.events("Signalled"):
        assert isinstance(said, ev.Signalled)
        if said.about != "speech" or not said.to or said.tick >= run.last_tick:
            continue
        told = run.explain(said.to, said.tick + 1).thought
        if told is not None and told.asked == said.tick + 1:
            signs = [one for one in told.perceived.signs if one.about == "speech"]
            assert (said.source, said.content) in [(one.source, one.content) for one in signs]
            assert any(said.content in text for text in told.perceived.kept)
            return
    raise AssertionError("nobody was answered")


def test_what_was_said_leads_to_the_decision_to_say_it_and_to_the_words(
    lived: Path, run: Run
) -> None:
    spoken = [
        one for one in run.events("Decided")
        if isinstance(one, ev.Decided) and one.purpose == "speak" and one.text
    ]  # fmt: skip
    for words in spoken:
        told = run.explain(words.npc, words.tick)
        assert told.thought is not None
        if told.words is None:  # something else was decided in that tick
            continue
        assert (told.words.purpose, told.words.text) == ("speak", words.text)
        assert told.thought.purpose != "speak"
        assert len(told.thought.options) > 1
        acts = [one.text for one in told.thought.outcomes if one.sort == "act"]
        if not any(words.text in act for act in acts):  # a plan was given up on the way
            continue
        said = npcsim("explain", lived, words.npc, "--tick", words.tick).out
        assert said.index("What it weighed") < said.index("Where its words are from")
        assert f"“{words.text}”" in said
        return
    raise AssertionError("nobody said anything")


def test_the_command_says_the_same_in_words_and_in_json(lived: Path, run: Run) -> None:
    made, act = plan_of(run)
    text = npcsim("explain", lived, act.npc, "--tick", act.tick + 1).out
    for part in (made.options[made.pick], "What it weighed", "the question:", "price of the"):
        assert part in text
    short = npcsim("explain", lived, act.npc, "--tick", act.tick + 1, "--no-prompts").out
    assert "the question:" not in short
    told = json.loads(npcsim("explain", lived, act.npc, "--tick", act.tick + 1, "--json").out)
    assert told == json.loads(json.dumps(run.explain(act.npc, act.tick + 1).as_json()))
    assert "there is no NPC" in npcsim("explain", lived, "Nobody", code=1).err
    assert "not 9999" in npcsim("explain", lived, act.npc, "--tick", 9999, code=1).err


def test_without_a_mind_the_body_explains_it(bodies: object) -> None:
    run = Run.open(bodies.folder)  # type: ignore[attr-defined]
    act = next(e for e in run.events("ActStarted") if isinstance(e, ev.ActStarted))
    told = run.explain(act.npc, act.tick)
    assert told.doing is not None
    assert told.body.state
