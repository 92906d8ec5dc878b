"""What stands before a situation: the same bytes for all, and one NPC's own that lasts."""

from __future__ import annotations

import textwrap
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.effects import Remember
from npcsim.errors import ScenarioError
from npcsim.messages import Choose, Question, Write
from npcsim.models.scripted import Scripted
from npcsim.npc.background import KNOWN, LINE, LINES, own, recent, shared, whole
from npcsim.tools.view import View
from npcsim.world.rows import Memory
from tests.worlds_in_text import built, bundle, commit_next, go_on, live, living, of

TEXT = """
title: A small village
about: Nobody steals. Who works is paid at noon.
clock: {tick: 10 s, start: "06:00", end: "12:00"}
places: {mill: {}, square: {}}
ways: [{from: mill, to: square, takes: 1 min}]
attributes: {hunger: {range: 0..1, start: 0.8, grows: 0.4 / h, need: true}}
archetypes:
  folk: {mind: true, persona: A quiet soul., tools: [say, wait, go_to]}
npcs:
  mara: {is: folk, at: mill, goal: Bake bread, traits: {temper: 0.9}, secret: [The well is dry]}
  bo: {is: folk, at: mill, traits: {temper: 0.1}}
  ida: {is: folk, at: mill, tools: [-say], traits: {temper: 0.5}}
plans:
  rest: {option: rest a little, worth: 1 + temper * 0, steps: [wait]}
  stand: {option: stand about, worth: 1, steps: [wait]}
  walk: {option: walk about, worth: 1, steps: [go_to(square), go_to(mill), "say(mara, the day)"]}
think: {rest: 10 s, local: 10 s, dominates: 50}
"""
ONE = "tiers: {local: {model: scripted, context: whole}}\n"
TWO = (
    "tiers: {local: {model: scripted}, cloud: {context: whole, trust: 1}}\n"
    "routing: {escalate: 0, worth: 1 USD}\n"
)


async def asked(made: Any, *tiers: str, ticks: int = 60) -> list[list[Question]]:
    models = {tier: Scripted(name=tier) for tier in tiers}
    await live(made, ticks, models)
    return [model.asked for model in models.values()]


async def test_before_the_fresh_part_the_bytes_are_the_same_and_grow_at_the_end(
    tmp_path: Path,
) -> None:
    [questions] = await asked(built(tmp_path, TEXT + ONE), "local", ticks=200)
    assert {type(question) for question in questions} == {Choose, Write}
    assert len({question.prefix.shared for question in questions}) == 1
    for npc in ("mara", "bo", "ida"):
        texts = [q.prefix.own for q in questions if q.prefix.whose == npc]
        assert len(texts) > 10
        assert len(set(texts)) > 1
        who = texts[0].partition("You remember")[0]
        assert all(text.startswith(who) for text in texts)
        lasted = [after.startswith(before) for before, after in pairwise(texts)]
        assert lasted.count(False) <= len(lasted) // 5
        fresh = [q.situation for q in questions if q.prefix.whose == npc and isinstance(q, Choose)]
        assert not any("quiet soul" in text for text in fresh)


async def test_a_model_that_is_shown_little_is_shown_as_before(tmp_path: Path) -> None:
    local, cloud = await asked(built(tmp_path, TEXT + TWO), "local", "cloud")
    assert local
    assert cloud
    assert not any(question.prefix.shared or question.prefix.own for question in local)
    assert all(question.prefix.shared and question.prefix.own for question in cloud)
    situations = {q.situation for q in local if isinstance(q, Choose)}
    assert situations >= {q.situation for q in cloud if isinstance(q, Choose)}


def test_what_is_in_it(tmp_path: Path) -> None:
    made = built(tmp_path, TEXT)
    setting, tools = made.world.setting, made.program.tools
    view = View(made.world)
    text = shared(setting, tools, made.program.about)
    assert text.startswith("What people here can do:\n- go_to: Walk to a place")
    ending = "This is A small village.\nNobody steals. Who works is paid at noon.\n"
    assert text.endswith(ending + "Places: mill, square.\n")
    assert own(view.npc("mara"), view) == (
        "You are mara. A quiet soul.\nYou want this: Bake bread.\nYou have much temper.\n"
        "You know:\n- The well is dry\nYou remember, the latest last:\n"
    )
    assert "You have little temper.\n" in own(view.npc("bo"), view)
    assert "temper" not in own(view.npc("ida"), view)


def test_in_korean(tmp_path: Path) -> None:
    made = built(tmp_path, TEXT + "language: ko\n")
    view = View(made.world)
    text = own(view.npc("mara"), view)
    assert text.startswith("당신은 mara다. A quiet soul.\n당신이 바라는 것: Bake bread.\n")
    assert "temper가 강하다" in text
    assert shared(made.world.setting, {}, "").startswith("이곳 사람들이")


def test_a_line_and_what_is_known_have_their_bounds(tmp_path: Path) -> None:
    secrets = ", ".join(f"secret {number}" for number in range(40))
    made = built(tmp_path, TEXT.replace("The well is dry", secrets))
    long = Remember("mara", "so " * 500, 0.1, "seen")
    commit_next(made.world, bundle("mara", long))
    view = View(made.world)
    text = own(view.npc("mara"), view)
    assert text.count("- secret") == KNOWN
    assert max(map(len, text.splitlines())) == LINE + 2


def test_the_recent_past_moves_its_beginning_seldom(tmp_path: Path) -> None:
    made = built(tmp_path, TEXT)
    world = made.world
    kept: tuple[Memory, ...] = ()
    before: list[str] = []
    moved = 0
    for tick in range(1, 2161):  # six hours, a line every minute
        world.tick = tick
        if tick % 6 == 0:
            kept = (*kept, Memory(tick, f"line {tick}", "seen", 0.1))[-64:]
        now = [line.text for line in recent(kept, View(world))]
        assert len(now) <= LINES
        assert len(now) >= min(len(kept), LINES // 4)
        moved += now[: len(before)] != before
        before = now
    assert moved <= 360 // (LINES // 4)


def test_many_lines_at_once_are_the_last(tmp_path: Path) -> None:
    made = built(tmp_path, TEXT)
    made.world.tick = 5
    lines = tuple(Memory(5, f"line {number}", "seen", 0.1) for number in range(64))
    assert recent(lines, View(made.world)) == list(lines[-LINES:])


async def test_other_tools_are_other_rules(tmp_path: Path) -> None:
    made = built(tmp_path, TEXT + ONE, "TOOLS = []\n")
    model = Scripted()

    async with living(made, {"local": model}) as simulation:
        await go_on(simulation, 30)
        name = simulation.program.files[-1][0]
        text = (
            "from npcsim import *\n@tool(option='hum', seen='{me} hums', did='I hummed')\n"
            "def hum(me: Body, view: View) -> list[Effect]:\n    'Hum a tune.'\n    return []\n"
            "TOOLS = [hum]\n"
        )
        simulation.put({"tools": text, "file": name})
        events = await go_on(simulation, 60)
    assert of(events, ev.Landed)
    rules = [question.prefix.shared for question in model.asked]
    assert "- hum: Hum a tune.\n" not in rules[0]
    assert "- hum: Hum a tune.\n" in rules[-1]


@pytest.mark.parametrize(("text", "count"), [("word " * 10_000, 50_000)])
def test_a_persona_of_fifty_thousand_characters_is_refused(
    tmp_path: Path, text: str, count: int
) -> None:

    with pytest.raises(ScenarioError, match=r"small\.yaml:\d+:\d+: .*2000") as caught:
        built(tmp_path, TEXT.replace("A quiet soul.", text))
    assert len(text) == count
    assert len(str(caught.value)) < 1000


def test_who_is_shown_the_whole_if_nothing_is_said(tmp_path: Path) -> None:
    tiers = """
    tiers:
      local: {model: bundled}
      box: {model: "ollama:qwen3:8b"}
      near: {model: "openai:big@http://127.0.0.1:9/v1"}
      cloud: {model: "anthropic:claude-haiku-5-5"}
      far: {model: "openai:gpt-9", context: short}
    """
    made = built(tmp_path, TEXT + textwrap.dedent(tiers))
    shown = {tier.name: tier.context for tier in made.program.tiers}
    assert shown == {
        "local": "short", "box": "short", "near": "short", "cloud": "whole", "far": "short"
    }  # fmt: skip


def test_what_comes_to_mind_of_a_situation_stands_in_the_question(tmp_path: Path) -> None:
    made = built(tmp_path, TEXT)
    commit_next(made.world, bundle("mara", Remember("mara", "Bo fell into the well", 0.9, "seen")))
    for number in range(40):
        commit_next(made.world, bundle("mara", Remember("mara", f"I baked loaf {number}")))
    view = View(made.world)
    me = view.npc("mara")
    asks = Choose("Bo is at the well. mara needs to", "x", ("a",)), Write("Be mara.", "The well?")
    for asked in asks:
        told, ids = whole(asked, "before\n", me, view)
        text = told.situation if isinstance(told, Choose) else told.user
        assert text.startswith("This comes to mind:\n- Bo fell into the well\n")
        assert text.endswith(asked.situation if isinstance(asked, Choose) else asked.user)
        assert "fell" not in told.prefix.own
        assert "The well is dry" not in text  # that stands before it already
        assert ids == (2,)
    plain, none = whole(Choose("Nothing. mara needs to", "x", ("a",)), "", me, view)
    assert (plain.situation, none) == ("Nothing. mara needs to", ())


async def test_what_came_to_mind_is_told_and_stays_fresh(tmp_path: Path) -> None:
    made = built(tmp_path, TEXT.replace("hunger:", "hunger_:") + ONE)
    for number in range(20):
        commit_next(made.world, bundle("mara", Remember("mara", f"bo at the mill, {number}")))
    async with living(made, {"local": Scripted()}) as simulation:
        events = await go_on(simulation, 60)
        recalled = [e for e in events if isinstance(e, ev.Recalled) and e.npc == "mara"]
        assert recalled
        line = made.world.memories.one("mara", recalled[0].ids[0])
        assert line is not None
        assert line.times >= 1
        assert line.recalled >= recalled[0].tick
