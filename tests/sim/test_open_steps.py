"""Steps that leave open what with; a scenario without talk; facts that guards know by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim.assembly.build import read
from npcsim.errors import ScenarioError
from tests.worlds_in_text import built, go_on, living, of

TEXT = """
scenario: square
clock: {tick: 10 s, start: "06:00", end: "12:00"}
places: {square: {}, mill: {}}
ways: [{from: square, to: mill, takes: 1 min}]
items: {bread: {}, pear: {}}
archetypes: {folk: {mind: true, tools: [say, wait, give]}}
npcs:
  Ann: {is: folk, at: square, carries: {bread: 2, pear: 1}}
  Bo: {is: folk, at: square}
  Cid: {is: folk, at: mill}
knows:
  - {name: fire, fact: The mill is burning, by: Ann}
plans:
"""
CHAT = TEXT + "  chat: {option: chat, who: [Ann], worth: 1, steps: [say(...), wait]}\n"
GIVE = TEXT + "  share: {option: share, who: [Ann], worth: 1, steps: [give(...), wait]}\n"


async def test_what_an_open_step_is_done_with_is_chosen_when_its_time_comes(tmp_path: Path) -> None:
    async with living(built(tmp_path, CHAT)) as it:
        events = await go_on(it, 30)
    (asked, *_) = [e for e in of(events, ev.Asked) if e.purpose == "object"]
    assert (asked.npc, asked.options) == ("Ann", ("talk to Bo about the day",))
    (words, *_) = [e for e in of(events, ev.Signalled) if e.about == "speech"]
    assert (words.source, words.to) == ("Ann", "Bo")
    # The step is done with it: the plan goes on to its next, and to its end.
    assert [e.how for e in of(events, ev.GoalEnded) if e.npc == "Ann"][:1] == ["done"]


async def test_an_open_step_takes_any_tool_and_waits_for_what_is_chosen(tmp_path: Path) -> None:
    async with living(built(tmp_path, GIVE)) as it:
        events = await go_on(it, 30)
        assert sum(it.npc("Bo").carries.values()) >= 1
    asked = next(e for e in of(events, ev.Asked) if e.purpose == "object")
    assert set(asked.options) == {"give Bo a bread", "give Bo a pear"}
    tools = [e.tool for e in of(events, ev.ActStarted) if e.npc == "Ann"]
    assert tools[:2] == ["give", "wait"]


async def test_where_nothing_can_be_chosen_the_step_fails(tmp_path: Path) -> None:
    text = CHAT.replace("Bo: {is: folk, at: square}", "Bo: {is: folk, at: mill}")
    async with living(built(tmp_path, text)) as it:
        events = await go_on(it, 30)
    ended = [e for e in of(events, ev.GoalEnded) if e.npc == "Ann"]
    assert ended[0].how == "failed"
    assert not [e for e in of(events, ev.Asked) if e.purpose == "object"]


async def test_without_talk_what_would_be_said_is_passed_over(tmp_path: Path) -> None:
    text = CHAT + "  greet: {option: greet, who: [Bo], worth: 1, steps: ['say(anyone, the day)']}\n"
    async with living(built(tmp_path, text + "talk: off\n")) as it:
        it.put({"do": "Bo.say(Ann, the weather)"})
        events = await go_on(it, 40)
    assert not [e for e in of(events, ev.Signalled) if e.about == "speech"]
    ended = {(e.npc, e.how) for e in of(events, ev.GoalEnded)}
    assert ended == {("Ann", "done"), ("Bo", "done")}
    assert not [e for e in of(events, ev.Asked) if e.purpose == "speak"]


async def test_news_is_told_for_as_long_as_it_is_fresh(tmp_path: Path) -> None:
    for hours, told in (("1 h", False), ("3 h", True)):
        text = CHAT.replace("who: [Ann]", "who: [Ann], when: hour >= 8")
        async with living(built(tmp_path, text + f"talk: {{fresh: {hours}}}\n")) as it:
            it.put({"fact": "A wolf is about", "heard_by": "Ann"})
            events = await go_on(it, 732)
        options = [o for e in of(events, ev.Asked) if e.purpose == "object" for o in e.options]
        assert any("wolf" in option for option in options) == told


async def test_guards_ask_who_is_aware_of_a_named_fact(tmp_path: Path) -> None:
    text = TEXT + "  run: {option: run, when: aware(fire), worth: 1, steps: [wait]}\n"
    text += "measure: {aware: {every: 10 s, value: count(aware(fire))}}\n"
    async with living(built(tmp_path, text)) as it:
        before = await go_on(it, 3)
        it.put({"do": "Ann.say(Bo, The mill is burning)"})
        after = await go_on(it, 20)
    assert {e.npc for e in of(before, ev.GoalStarted)} == {"Ann"}
    assert {e.npc for e in of(after, ev.GoalStarted)} == {"Ann", "Bo"}
    values = [e.value for e in of([*before, *after], ev.Measured)]
    assert (values[0], values[-1]) == (1, 2)


def test_a_guard_on_a_fact_that_nobody_named_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "square.yaml"
    path.write_text(TEXT + "  run: {option: run, when: aware(fires), steps: [wait]}\n")
    with pytest.raises(ScenarioError) as raised:
        read(path)
    assert "no fact that `knows` names 'fires'" in str(raised.value)
    assert "did you mean 'fire'?" in str(raised.value)


def test_an_open_step_has_something_to_leave_open(tmp_path: Path) -> None:
    path = tmp_path / "square.yaml"
    path.write_text(TEXT + "  rest: {option: rest, steps: [wait(...)]}\n")
    with pytest.raises(ScenarioError) as raised:
        read(path)
    assert "expected wait()" in str(raised.value)
