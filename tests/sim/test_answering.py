"""What is put to one is answered before one tells news or talks about the day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.tools.builtin.moving import wait
from npcsim.tools.builtin.talking import WAITS
from npcsim.tools.builtin.trading import accept
from npcsim.tools.talk.acts import answer, grant, greet, promise, refuse
from npcsim.tools.tool import tool
from tests.worlds_in_text import built, go_on, living, of

TEXT = """
scenario: supper
clock: {tick: 10 s, start: "06:00", end: "12:00"}
temper: 0
attributes: {invited: {range: 0..1}, keen: {range: 0..1, start: KEEN}}
places: {mill: {}}
items: {nail: {value: 4}}
archetypes: {folk: {mind: true, tools: [say, wait, ask_in, accept, TOOLS]}}
npcs:
  Ann: {is: folk, at: mill, carries: {coin: 9}}
  Bo: {is: folk, at: mill, carries: {nail: 2}}
  Cid: {is: folk, at: mill, tools: [+stay]}
plans:
  rest: {option: rest, who: [Ann, Cid], worth: 1, steps: [wait]}
  talk: {option: talk, who: [Bo], worth: 1, when: invited > 0, steps: [say(...)]}
think: {rest: 2 min}
"""
TOOLS = """
@speech_act("inform", words="Come to supper, {to}.", option="ask {to} in", seen="{me} asks",
            did="I asked {to} in")
def ask_in(me: Body, view: View, to: Body) -> Saying:
    "Ask somebody in."
    return Saying(References(fact="Ann has soup"), (Set(to, "invited", 1.0),))

@ask_in.utility
def hardly(me: Body, view: View, to: Body) -> float:
    "Nothing by itself."
    return 0.0

def _host(me: Body, view: View) -> list[Body]:
    return [view.npc("Ann")] if me.invited > 0 else []

@speech_act("promise", words="I will come, {to}.", option="say yes to {to}", seen="{me} nods",
            did="I said yes to {to}", candidates={"to": _host})
def come(me: Body, view: View, to: Body) -> Saying:
    "Say yes."
    return Saying(References(), (Set(me, "invited", 0.0),))

@come.utility
def keenness(me: Body, view: View, to: Body) -> float:
    "As keen as one is."
    return me.keen

@speech_act("refuse", words="No, {to}.", option="say no to {to}", seen="{me} shakes the head",
            did="I said no to {to}", candidates={"to": _host})
def stay(me: Body, view: View, to: Body) -> Saying:
    "Say no."
    return Saying(References(), (Set(me, "invited", 0.0),))

@stay.utility
def dullness(me: Body, view: View, to: Body) -> float:
    "Hardly anything."
    return 0.04

TOOLS = [ask_in, come, stay]
"""


async def lived(
    folder: Path,
    entry: dict[str, Any],
    ticks: int = 6,
    keen: float = 0.3,
    tools: str = "come, stay",
) -> list[ev.Event]:
    """Bo knows news, and something is put to him."""
    made = built(folder, TEXT.replace("KEEN", str(keen)).replace("TOOLS", tools), TOOLS)
    async with living(made) as it:
        it.put({"fact": "The bridge is closed", "heard_by": "Bo"})
        events = await go_on(it, 2)
        it.put(entry)
        return events + await go_on(it, ticks)


def reacted(events: list[ev.Event]) -> ev.Decided:
    return next(one for one in of(events, ev.Decided, npc="Bo") if one.purpose == "react")


def talks(decided: ev.Decided) -> list[float]:
    """What talking was worth."""
    options = zip(decided.options, decided.utilities, strict=True)
    return [worth for text, worth in options if text.startswith("talk to")]


async def test_an_invitation_is_answered_before_news_is_told(tmp_path: Path) -> None:
    events = await lived(tmp_path, {"do": "Ann.ask_in(Bo)"})
    decided = reacted(events)
    assert decided.text == "say yes to Ann"
    assert talks(decided)
    assert max(talks(decided)) == WAITS


@pytest.mark.parametrize(("keen", "tools"), [(0.04, "come, stay"), (0.3, "come")])
async def test_what_nobody_has_to_answer_puts_nothing_off(
    tmp_path: Path, keen: float, tools: str
) -> None:
    """Where no answer is worth giving, and where nothing says that there is one to be given."""
    events = await lived(tmp_path, {"do": "Ann.ask_in(Bo)"}, keen=keen, tools=tools)
    decided = reacted(events)
    assert max(talks(decided)) > 0.5
    assert decided.text.startswith("talk to Ann about The bridge is closed")


async def test_an_offer_is_answered_before_news_is_told(tmp_path: Path) -> None:
    events = await lived(tmp_path, {"do": "Ann.offer(Bo, nail)"})
    assert reacted(events).text == "accept the offer of Ann"


async def test_a_step_that_is_talk_answers_first_what_is_still_open(tmp_path: Path) -> None:
    """He was asked in while he could not answer; before he talks with somebody he does."""
    made = built(tmp_path, TEXT.replace("KEEN", "0.3").replace("TOOLS", "come, stay"), TOOLS)
    async with living(made) as it:
        it.put({"set": "Bo", "attribute": "invited", "value": 1.0})
        events = await go_on(it, 60)
    decided = [one for one in of(events, ev.Decided, npc="Bo") if one.purpose == "object"]
    assert decided[0].text == "say yes to Ann"
    assert decided[1].text.startswith("talk to ")
    goal = next(one for one in of(events, ev.GoalEnded, npc="Bo") if one.goal == "talk")
    assert goal.how == "done"


def test_what_act_a_tool_comes_to() -> None:
    known = [one.act for one in (accept, answer, grant, promise, refuse, greet, wait)]
    assert known == ["accept", "answer", "accept", "promise", "refuse", "greet", ""]
    with pytest.raises(TypeError, match="tool wait: act must be one of greet, inform"):
        tool(act="nod")(wait.start)
