"""Minds: what they perceive, when they think, and how they carry out what they decided."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.build import Built
from npcsim.messages import Answer, Choose, Chosen, Question, Write, Written
from npcsim.models.scripted import Scripted
from npcsim.npc import mind as minds
from npcsim.npc import prompts
from npcsim.npc.perception import Perceived
from npcsim.npc.saying import Utterance
from npcsim.tools.builtin.talking import say
from npcsim.tools.speaking import wordless
from npcsim.tools.view import View
from npcsim.world.rows import Heard, Mind
from tests.worlds_in_text import built, go_on, lines, live, living, of

HOME = """
size: [30, 20]
clock: {tick: 1 s, start: "06:00"}
attributes:
  hunger: {range: 0..1, start: 0.6, need: true, words: [peckish, starving]}
  fun: {range: 0..1}
items: {loaf: {name: loaf of bread, use: {hunger: -0.5}}}
places: {mill: {area: [0, 0, 8, 8]}, square: {area: [15, 5, 28, 18]}}
archetypes: {folk: {mind: true, tools: [go_to, take, use, say, look, give]}}
npcs:
  ida: {is: folk, name: Ida, x: 3, y: 3, carries: {loaf: 2}, goal: Be well fed}
  bo: {is: folk, name: Bo, x: 4, y: 3}
think: {local: 3 s, rest: 20 s, dominates: 100}
temper: 0
tiers: {local: {trust: 1}}
plans:
  eat: {option: eat something, who: [ida], worth: hunger, steps: [use(loaf)]}
  stroll: {option: take a stroll, who: [ida], worth: 0.3, steps: [go_to(square), look]}
  secret: {option: do something else, who: [bo], when: fun > 0.5, steps: [look]}
"""


@pytest.fixture
def made(tmp_path: Path) -> Built:
    return built(tmp_path, HOME)


def choosing(*wanted: str, words: str = "Good morning to you.") -> Scripted:
    """Takes the first option that has one of the wanted words; else the first."""

    def rule(question: Question) -> Answer:
        if isinstance(question, Write):
            return Written(words)
        found = [i for i, o in enumerate(question.options) if any(w in o for w in wanted)]
        index = found[0] if found else 0
        return Chosen(index, tuple(float(i == index) for i in range(len(question.options))))

    return Scripted(rule)


def local(model: Scripted) -> dict[str, Any]:
    return {"local": model}


# -- plans ---------------------------------------------------------------------------------------


async def test_a_mind_without_a_plan_chooses_one_and_carries_it_out(made: Built) -> None:
    model = choosing("stroll")
    events = await live(made, 40, local(model))
    asked = of(events, ev.Asked, npc="ida")[0]
    assert (asked.tick, asked.purpose, asked.why) == (1, "plan", "there is no plan")
    assert asked.options == ("eat something", "take a stroll")
    assert asked.utilities == pytest.approx((0.6, 0.3))
    (decided, *_) = of(events, ev.Decided, npc="ida")
    assert (decided.tick, decided.text, decided.tier) == (4, "take a stroll", "local")
    assert of(events, ev.GoalStarted)[0].steps == ("go_to(square)", "look()")
    assert [a.tool for a in of(events, ev.ActStarted, npc="ida")] == ["go_to", "look"]
    assert (of(events, ev.GoalEnded)[0].goal, of(events, ev.GoalEnded)[0].how) == (
        "take a stroll", "done",
    )  # fmt: skip


async def test_the_question_is_short_and_in_words_and_bands(made: Built) -> None:
    model = choosing("eat")
    await live(made, 2, local(model))
    question = model.asked[0]
    assert isinstance(question, Choose)
    for words in ("early morning", "mill", "loaf of bread", "Bo is near", "Ida is peckish"):
        assert words in question.situation
    assert question.situation.endswith("Ida needs to")
    assert "Ida" not in question.neutral
    assert not any(letter.isdigit() for letter in question.situation)


async def test_who_has_nothing_to_choose_from_is_not_asked(made: Built) -> None:
    events = await live(made, 30, local(choosing("eat")))
    assert not of(events, ev.Asked, npc="bo")


async def test_one_option_needs_no_model(tmp_path: Path) -> None:
    made = built(tmp_path, HOME.replace("fun > 0.5", "fun >= 0"))
    events = await live(made, 1, local(choosing("eat")))
    (asked,) = of(events, ev.Asked, npc="bo")
    assert (asked.tier, asked.reason, asked.lands) == ("reflex", "there is only one option", 1)
    assert of(events, ev.Decided, npc="bo")[0].fallback is False


async def test_a_goal_that_ended_is_thought_over(made: Built) -> None:
    model = choosing("eat", words="That was a good loaf.")
    events = await live(made, 90, local(model))
    reflected = of(events, ev.Decided, npc="ida", purpose="reflect")[0]
    assert reflected.text == "That was a good loaf."
    known = lines(made.world, "ida")
    assert {"I managed to eat something", "That was a good loaf."} <= {*known}


async def test_a_plan_that_can_not_be_done_is_given_up_after_a_second_try(tmp_path: Path) -> None:
    made = built(tmp_path, HOME.replace("carries: {loaf: 2}, ", ""))
    async with living(made) as simulation:
        events = await go_on(simulation, 34)
        assert [r.tick for r in of(events, ev.Rejected)] == [1, 32]
        (goal,) = of(events, ev.GoalEnded)
        assert (goal.how, goal.reason) == ("failed", "I have no loaf of bread")
    known = lines(made.world, "ida")
    assert "It did not work: I have no loaf of bread" in known
    assert "I failed to eat something: I have no loaf of bread" in known


# -- reacting ------------------------------------------------------------------------------------


async def test_news_is_perceived_remembered_and_reacted_to(made: Built) -> None:
    model = choosing("stroll", "look")
    async with living(made, local(model)) as simulation:
        await go_on(simulation, 6)
        simulation.put({"signal": "news", "place": "square", "loudness": 40, "content": "Wolves!"})
        events = await go_on(simulation, 6)
    asked = of(events, ev.Asked, npc="ida", purpose="react")[0]
    assert asked.why == "Wolves!"
    assert asked.options[-1] == "carry on: take a stroll"
    assert "Wolves!" in lines(made.world, "ida")
    (ended,) = of(events, ev.ActEnded, npc="ida", tool="go_to")
    assert (ended.how, ended.reason) == ("interrupted", "look instead")


PASSED_ON = {
    "en": ('Bo shouted "Guards!"', "Wolves!", 'from Bo came "Easy, Ida!"', "Ida is under arrest"),
    "ko": ('Bo가 "Guards!" 하고 외쳤다', "Wolves!", 'Bo에게서 "Easy, Ida!" 하는 소리가 났다',
           "Ida is under arrest"),
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_is_passed_on_ends_once_and_quotes_nobody_like_a_play(
    tmp_path: Path, language: str
) -> None:
    view = View(built(tmp_path, HOME + f"language: {language}\n").world)
    ida = view.npc("ida")
    told = (
        ("shout", "bo", "Guards!"), ("news", "mill", "Wolves!"), ("calmed", "bo", "Easy, Ida!"),
        ("arrested", "ida", "Ida is under arrest"),
    )  # fmt: skip
    signals = [Heard(about, source, 3, 3, "mill", 20, what, "") for about, source, what in told]
    topics = [prompts.alarm(view, heard) for heard in signals]
    assert tuple(topics) == PASSED_ON[language]
    for topic in topics:
        for tick in range(20):
            view.world.tick = tick
            call = wordless(say, ("bo", topic), ida, view)
            said = Utterance(call, ida, view).paraphrase()
            assert topic in said
            assert not re.search(r"""[.!?]["']?[.!?]|\w: \S*"|"\w+:""", said), said
            assert said.endswith((".", "!", '"'))


async def test_after_a_reaction_the_plan_goes_on(made: Built) -> None:
    async with living(made, local(choosing("stroll", "look"))) as simulation:
        await go_on(simulation, 6)
        simulation.put({"signal": "news", "place": "square", "loudness": 40, "content": "Wolves!"})
        events = await go_on(simulation, 60)
    started = [a.tool for a in of(events, ev.ActStarted, npc="ida")]
    assert started[:3] == ["look", "go_to", "look"]
    assert of(events, ev.GoalEnded, npc="ida")[0].how == "done"


async def test_who_carries_on_is_not_interrupted(made: Built) -> None:
    async with living(made, local(choosing("stroll", "carry on"))) as simulation:
        await go_on(simulation, 6)
        simulation.put({"signal": "news", "place": "square", "loudness": 40, "content": "Wolves!"})
        events = await go_on(simulation, 10)
    assert not of(events, ev.ActEnded, npc="ida")


async def test_words_need_a_second_thought_and_are_heard(made: Built) -> None:
    model = choosing("stroll", "talk to Bo", words="A fine morning it is.")
    async with living(made, local(model)) as simulation:
        await go_on(simulation, 5)
        simulation.put({"signal": "bell", "place": "mill", "loudness": 40})
        events = await go_on(simulation, 12)
    (said,) = of(events, ev.Signalled, about="speech", source="ida")
    assert (said.content, said.to) == ("A fine morning it is.", "bo")
    assert 'Ida said to me: "A fine morning it is."' in lines(made.world, "bo")
    purposes = [a.purpose for a in of(events, ev.Asked, npc="ida")]
    assert purposes[:2] == ["react", "speak"]
    # And Bo, who was spoken to, thinks of an answer.
    assert of(events, ev.Asked, npc="bo", purpose="react")[-1].why.startswith("Ida said:")


INSTANT = """
@tool(option="greet {to} about {topic}", candidates={"topic": lambda me, view, to: ["the day"]})
def greet(me: Body, view: View, to: Body, topic: str, words: Words = Words("")) -> list[Effect]:
    return [Signal(me, "speech", 5, str(words) or "Hello.", to)]
TOOLS = [greet]
"""


async def test_a_word_in_passing_does_not_end_the_plan(tmp_path: Path) -> None:
    """Speech that takes no time, while a step is under way: the step is taken up again."""
    text = HOME.replace("tools: [go_to,", "tools: [greet, go_to,")
    made = built(tmp_path, text, INSTANT)
    async with living(made, local(choosing("stroll", "greet Bo"))) as simulation:
        await go_on(simulation, 5)
        simulation.put({"signal": "bell", "place": "mill", "loudness": 40})
        events = await go_on(simulation, 60)
    assert of(events, ev.Signalled, about="speech", source="ida")
    assert of(events, ev.GoalEnded, npc="ida")[0].how == "done"


async def test_who_falls_while_thinking_decides_nothing(made: Built) -> None:
    async with living(made, local(choosing("eat"))) as simulation:
        await go_on(simulation, 1)
        assert made.world.minds["ida"].thought == "ida@1"
        simulation.put({"set": "ida", "attribute": "hp", "value": 0})
        events = await go_on(simulation, 5)
        assert of(events, ev.Landed)
        assert not of(events, ev.Decided)
        assert made.world.minds["ida"].thought == ""
        assert not of(await go_on(simulation, 10), ev.Asked)


# -- the steps of a plan as values ---------------------------------------------------------------

PLANNED = Mind(goal="walk", plan="walk", steps=(("go_to", "a"), ("look",)), doing=4)


def test_step_by_step() -> None:
    on, ended = minds.step_done(PLANNED)
    assert (on.steps, on.doing, ended) == ((("look",),), 0, False)
    over, ended = minds.step_done(on)
    assert ended
    assert (over.plan, over.goal, over.steps, over.reflects) == ("", "", (), ("walk", "done", ""))


def test_a_step_is_tried_twice() -> None:
    once, ended = minds.step_failed(PLANNED, 10, 1000, "shut")
    assert (once.failures, once.resume, once.doing, ended) == (1, 41, 0, False)
    assert once.steps == PLANNED.steps
    twice, ended = minds.step_failed(once, 50, 1000, "shut")
    assert ended
    assert twice.reflects == ("walk", "failed", "shut")
    again, _ = minds.step_done(once)
    assert again.failures == 0


def test_a_mind_in_thought_has_no_reason_to_think(made: Built) -> None:
    view = View(made.world)
    me = view.npc("ida")
    quiet = Perceived((), (), (), (), "")
    lore = made.program.lore
    made.world.tick = 1
    assert minds.reason_to_think(me, view, Mind(), quiet, "", lore) == ("plan", "there is no plan")
    for mind in (Mind(thought="x"), Mind(asked=1), Mind(plan="eat"), Mind(resume=9)):
        assert minds.reason_to_think(me, view, mind, quiet, "", lore) is None
    asked = replace(Mind(), reflects=("walk", "done", ""))
    assert minds.reason_to_think(me, view, asked, quiet, "", lore) == (
        "reflect", "a goal ended: walk",
    )  # fmt: skip


async def test_a_plan_with_a_tool_one_may_not_use_is_not_offered(tmp_path: Path) -> None:
    """Its `tools` bind an NPC in plans too, and so do the roles of a tool."""
    text = HOME.replace("name: Ida, x: 3", "name: Ida, tools: [-look], x: 3")
    asked = of(await live(built(tmp_path, text), 5, models={}), ev.Asked)
    offered = next(one.options for one in asked if one.npc == "ida" and one.purpose == "plan")
    assert offered == ("eat something",)
