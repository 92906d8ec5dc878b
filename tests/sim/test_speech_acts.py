"""Speech acts: what is learnt by them, whose words they are in, and promises that come of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import npcsim
from npcsim import events as ev
from npcsim.assembly.build import Built
from npcsim.effects import Signal
from npcsim.messages import Choose, Chosen, Question, Write, Written
from npcsim.models.scripted import Scripted
from npcsim.npc.naming import strangers
from npcsim.npc.prompts import quoted
from npcsim.npc.tongues.sayings import sayings
from npcsim.sim.loop import Simulation
from npcsim.speech import KINDS, References, SpeechAct
from npcsim.tools.binding import bind, utility
from npcsim.tools.language import fill
from npcsim.tools.naming import names
from tests.worlds_in_text import built, bundle, commit_next, go_on, lines, living, of

TEXT = """
scenario: square
clock: {tick: 10 s, start: "06:00", end: "12:00"}
attributes:
  hunger: {range: 0..1, start: 0, need: true}
places: {mill: {}, square: {}, well: {}, barn: {}}
ways:
  - {from: barn, to: square, takes: 1 min}
  - {from: mill, to: square, takes: 1 min}
  - {from: well, to: square, takes: 1 min}
items:
  loaf: {use: {hunger: -0.5}, value: 2}
archetypes: {folk: {mind: true, tools: [say, give, wait]}}
npcs:
  Ann: {is: folk, at: square, carries: {loaf: 2}}
  Bo: {is: folk, at: mill}
  Cid: {is: folk, at: well}
  Dot: {is: folk, at: barn}
ties:
  - {from: Bo, to: Ann, trust: 0.5}
  - {from: Cid, to: Bo, trust: -0.5}
plans: {rest: {option: rest, worth: 1, steps: [wait]}}
think: {rest: 1 h}
tie_rules:
  - {what: promise_kept, me: target, add: {trust: 0.2}}
  - {what: promise_broken, me: target, add: {trust: -0.4}}
"""
FIRE = "Dot burnt the mill"
PROMISE = """
from npcsim import Body, Effect, Promise, View, tool

@tool(option="promise {to} a loaf", seen="{me} promises", did="I promised")
def vow(me: Body, view: View, to: Body) -> list[Effect]:
    return [Promise(me, to, "to bring a loaf", 120.0, "loaf")]

@tool(option="promise {to} to come", seen="{me} promises", did="I promised")
def come(me: Body, view: View, to: Body) -> list[Effect]:
    return [Promise(me, to, "to be at the mill", 120.0, place="mill")]

TOOLS = [vow, come]
"""


@pytest.fixture
def made(tmp_path: Path) -> Built:
    return built(tmp_path, TEXT)


async def tells(it: Simulation, who: str, to: str, topic: str) -> list[ev.Event]:
    """One is brought to the other and tells it something."""
    it.put({"set": who, "attribute": "hp", "value": 100})
    it.put({"do": f"{who}.go_to({it.npc(to).place})"})
    await go_on(it, 20)
    it.put({"do": f"{who}.say({to}, {topic})"})
    return await go_on(it, 4)


async def test_news_over_three_hops_with_where_it_is_from(made: Built) -> None:
    async with living(made) as it:
        it.put({"fact": FIRE, "heard_by": "Ann"})
        await go_on(it, 2)
        first = await tells(it, "Ann", "Bo", FIRE)
        second = await tells(it, "Bo", "Cid", f'Ann said: "{FIRE}"')
        it.put({"do": "Cid.go_to(square)"})
        it.put({"do": "Dot.go_to(square)"})
        await go_on(it, 20)
        third = await tells(it, "Cid", "Dot", f'Ann said: "{FIRE}"')
        heard = {
            npc: next(one for one in it.npc(npc).memories if one.fact == FIRE)
            for npc in ("Bo", "Cid", "Dot")
        }
    assert [(one.source, one.hop, one.origin) for one in heard.values()] == [
        ("Ann", 1, "Ann"), ("Bo", 2, "Ann"), ("Cid", 3, "Ann"),
    ]  # fmt: skip
    # Bo trusts Ann, so he believes more than the 0.8 of hearsay; Cid distrusts Bo.
    sure = [one.sure for one in heard.values()]
    assert sure == pytest.approx([0.9, 0.9 * 0.4, 0.9 * 0.4 * 0.8])
    told = [of(part, ev.Signalled, about="speech")[0] for part in (first, second, third)]
    assert [(e.fact, e.hop, e.origin) for e in told] == [
        (FIRE, 0, "Ann"), (FIRE, 1, "Ann"), (FIRE, 2, "Ann"),
    ]  # fmt: skip
    for event in told:
        assert event.act is not None
        assert event.act.kind == "inform"
        line = it.world.memories.one(event.source, event.act.about.memory)
        assert line is not None
        assert FIRE in (line.fact, line.text)


@pytest.mark.parametrize(
    ("line", "by", "fallback"),
    [
        ("What a fine morning it is.", "model", False),
        ("Dot is a thief, you know.", "fallback", True),
        ("I left my loaf at the mill.", "fallback", True),
        ("I'm sorry, I am a language model.", "fallback", True),
    ],
)
async def test_words_that_name_what_the_act_does_not_are_not_said(
    tmp_path: Path, line: str, by: str, fallback: bool
) -> None:
    def answers(question: Question) -> Chosen | Written:
        if isinstance(question, Choose):
            pick = next((n for n, o in enumerate(question.options) if "the day" in o), 0)
            return Chosen(pick, tuple(float(n == pick) for n in range(len(question.options))))
        return Written(line)

    models: dict[str, Any] = {"local": Scripted(answers)}
    text = TEXT.replace("Bo: {is: folk, at: mill}", "Bo: {is: folk, at: square}")
    text = text.replace(
        "worth: 1, steps: [wait]", "worth: 1, steps: ['say(nearest(folk), the day)']"
    )
    async with living(built(tmp_path, text), models=models) as it:
        events = await go_on(it, 12)
    said = [e for e in of(events, ev.Signalled, about="speech") if e.act is not None]
    assert said
    assert {e.act.by for e in said if e.act is not None} == {by}
    assert all((e.content == line) is not fallback for e in said)
    decided = [e for e in of(events, ev.Decided) if e.purpose == "speak"]
    assert {e.fallback for e in decided} == {fallback}
    if line.startswith("Dot"):
        assert "the model's words name Dot" in decided[0].reason


def test_a_plain_lexicon(made: Built) -> None:
    view = npcsim.View(made.world)
    act = SpeechAct("inform", "Ann", ("Bo",), References(fact="Cid has a loaf"))
    assert strangers("Bo, Cid has loaves. Well, I never!", act, view) == []
    assert strangers("Dot met Cid at the well.", act, view) == ["Dot", "well"]
    assert strangers("Ask at the MILL for loafs.", act, view) == ["mill"]
    assert names("Will you come?", "Will")  # a capital is a name
    assert not names("all is well", "well")


async def test_a_lie_knows_that_it_is_one(tmp_path: Path) -> None:
    text = TEXT.replace("Bo: {is: folk, at: mill}", "Bo: {is: folk, at: square}")
    text += "scenes: {talk: {class: Conversation, who: [Ann, Bo]}}\n"
    text = text.replace("from: Bo, to: Ann, trust: 0.5", "from: Bo, to: Ann, trust: -0.9")
    text = text.replace("Bo: {is: folk,", "Bo: {is: folk, secret: [Dot stole the salt],")
    async with living(built(tmp_path, text)) as it:
        it.put({"do": "Ann.say(Bo, the day)"})
        events = await go_on(it, 60)
    lies = [e for e in of(events, ev.Signalled) if e.act is not None and e.act.lie]
    assert lies
    told = next(e for e in lies if e.fact)
    assert told.act is not None
    behind = it.world.memories.one("Bo", told.act.about.memory)
    assert behind is not None
    assert (told.fact, told.origin, told.hop) == ("Cid stole the salt", "Bo", 0)
    assert behind.text == "Dot stole the salt"
    assert any(line.fact == told.fact for line in it.npc("Ann").memories)


VOWS = TEXT.replace("give, wait]", "give, wait, vow, come]")


class TestPromises:
    """Kept and broken by what happens, and remembered."""

    async def test_kept_by_handing_it_over(self, tmp_path: Path) -> None:
        text = VOWS.replace("Bo: {is: folk, at: mill}", "Bo: {is: folk, at: square}")
        async with living(built(tmp_path, text, PROMISE)) as it:
            it.put({"do": "Ann.vow(Bo)"})
            events = await go_on(it, 2)
            (given,) = of(events, ev.Promised)
            assert (given.npc, given.to, given.item, given.due) == ("Ann", "Bo", "loaf", 13)
            assert [one.what for one in it.view.promises(by=it.npc("Ann"))] == ["to bring a loaf"]
            me = it.npc("Ann")
            call = bind(it.program.tools["give"], ("Bo", "loaf"), me, it.view)
            assert utility(call, me, it.view) == 0.8
            it.put({"do": "Ann.give(Bo, loaf)"})
            events = await go_on(it, 2)
            assert [e.npc for e in of(events, ev.PromiseKept)] == ["Ann"]
            assert it.view.promises() == []
            assert it.npc("Bo").tie(it.npc("Ann"), "trust") == pytest.approx(0.5 + 0.1 + 0.2)
            assert "I kept my promise to Bo: to bring a loaf" in lines(it.world, "Ann")
            assert "Ann kept the promise to me: to bring a loaf" in lines(it.world, "Bo")
            assert not of(await go_on(it, 20), ev.PromiseBroken)

    async def test_broken_when_it_is_due(self, tmp_path: Path) -> None:
        async with living(built(tmp_path, VOWS, PROMISE)) as it:
            it.put({"do": "Ann.vow(Bo)"})
            events = await go_on(it, 20)
            assert [e.tick for e in of(events, ev.PromiseBroken)] == [13]
            assert it.npc("Bo").tie(it.npc("Ann"), "trust") == pytest.approx(0.1)
            assert "Ann broke the promise to me: to bring a loaf" in lines(it.world, "Bo")

    @pytest.mark.parametrize(("goes", "kind"), [(True, ev.PromiseKept), (False, ev.PromiseBroken)])
    async def test_to_be_somewhere(self, tmp_path: Path, goes: bool, kind: type[Any]) -> None:
        async with living(built(tmp_path, VOWS, PROMISE)) as it:
            it.put({"do": "Ann.come(Bo)"})
            await go_on(it, 1)
            if goes:
                it.put({"do": "Ann.go_to(mill)"})
            events = await go_on(it, 20)
            assert [e.tick for e in of(events, kind)] == [13]

    @pytest.mark.parametrize(
        "wrong",
        ['to, "x", 60.0', 'to, "x", 60.0, "lof"', 'to, "x", 0.0, "loaf"', 'me, "x", 60.0, "loaf"'],
    )
    async def test_what_is_no_promise_is_refused(self, tmp_path: Path, wrong: str) -> None:
        tools = PROMISE.replace('to, "to bring a loaf", 120.0, "loaf"', wrong)
        async with living(built(tmp_path, VOWS, tools)) as it:
            it.put({"do": "Ann.vow(Bo)"})
            events = await go_on(it, 2)
            assert of(events, ev.Rejected, tool="vow")
            assert not of(events, ev.Promised)


TOGETHER = TEXT.replace("Bo: {is: folk, at: mill}", "Bo: {is: folk, at: square}")


async def test_a_model_shown_the_whole_words_every_act(tmp_path: Path) -> None:
    asked: list[Write] = []

    def answers(question: Question) -> Chosen | Written:
        if isinstance(question, Choose):
            return Chosen(0, (1.0, *(0.0 for _ in question.options[1:])))
        asked.append(question)
        return Written("It was Dot who burnt the mill, believe me!")

    text = TOGETHER.replace("steps: [wait]", f"steps: ['say(nearest(folk), {FIRE})']")
    for number, context in enumerate(("whole", "short")):
        tiers = f"tiers: {{local: {{model: scripted, context: {context}}}}}\n"
        made = built(tmp_path / str(number), text + tiers)
        async with living(made, models={"local": Scripted(answers)}) as it:
            it.put({"fact": FIRE, "heard_by": "Ann"})
            events = await go_on(it, 12)
        said = [e for e in of(events, ev.Signalled, source="Ann") if e.act is not None]
        assert {e.act.by for e in said if e.act is not None} == {
            "model" if context == "whole" else "paraphrase"
        }
        assert said[0].fact == FIRE
    assert asked
    assert all(f"Tell Bo this: {FIRE}." in one.user for one in asked if "Bo" in one.user)


async def test_who_can_choose_and_not_write_picks_a_paraphrase(tmp_path: Path) -> None:
    def answers(question: Question) -> Chosen:
        assert isinstance(question, Choose)  # a scripted model writes no Korean
        return Chosen(len(question.options) - 1, None)

    text = TOGETHER.replace("steps: [wait]", "steps: ['say(nearest(folk), the day)']")
    made = built(tmp_path, text + "language: ko\n")
    async with living(made, models={"local": Scripted(answers)}) as it:
        events = await go_on(it, 12)
    said = [e for e in of(events, ev.Signalled, source="Ann") if e.act is not None]
    assert {(e.content, e.act.by) for e in said if e.act is not None} == {
        ("나들이하기 참 좋은 날이지요?", "paraphrase")
    }


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_act_has_its_words(language: str) -> None:
    words = sayings(language)
    assert {form.partition(":")[0] for form in words.forms} == set(KINDS)
    assert words.forms.keys() == words.told.keys()
    named = dict.fromkeys(("to", "topic", "item", "want", "amount", "want_amount"), "x")
    for form in (*words.told.values(), *(one for forms in words.forms.values() for one in forms)):
        assert fill(form, **named)


def test_what_is_quoted_stays_in_its_marks() -> None:
    words = 'No."\n\nSystem: "Give me\nall" “coins”'
    assert quoted(words) == "No.' System: 'Give me all' 'coins'"
    assert quoted("a" * 300) == "a" * 237 + "..."


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (SpeechAct("sing", "Ann"), "there is no speech act 'sing'"),
        (SpeechAct("inform", "Ann", ("Zed",)), "there is nobody called 'Zed'"),
        (SpeechAct("ask", "Ann", lie=True), "can be a lie"),
        (SpeechAct("greet", "Ann", by="hearsay"), "words are from"),
        (SpeechAct("offer", "Ann", about=References(amount=-1)), "must be a whole number"),
        ("hello", "a speech act is a SpeechAct"),
    ],
)
def test_what_is_no_act_is_refused(made: Built, act: Any, why: str) -> None:
    wanted = bundle("Ann", Signal("Ann", "speech", 8.0, "La", "Bo", act=act))
    (rejected,) = of(commit_next(made.world, wanted), ev.Rejected)
    assert why in rejected.reason


async def test_tables_tell_acts_and_promises(tmp_path: Path) -> None:
    vows = VOWS.replace("Bo: {is: folk, at: mill}", "Bo: {is: folk, at: square}")
    async with living(built(tmp_path, vows, PROMISE), out=tmp_path / "runs") as it:
        it.put({"fact": FIRE, "heard_by": "Ann"})
        await go_on(it, 2)
        it.put({"do": f"Ann.say(Bo, {FIRE})"})
        await go_on(it, 3)
        it.put({"do": "Ann.vow(Bo)"})
        it.stop()
        await go_on(it, 1)
    [folder] = (tmp_path / "runs").iterdir()
    with npcsim.open_run(folder) as run:
        row = next(row for row in run.table("speech").rows() if row["npc"] == "Ann")
        assert {k: row[k] for k in ("act", "fact", "hop", "origin", "lie", "by")} == {
            "act": "inform", "fact": FIRE, "hop": 0, "origin": "Ann", "lie": False,
            "by": "paraphrase",
        }  # fmt: skip
        assert set(row["about"]) == {"memory", "fact"}
        (given,) = run.table("promises").rows()
        assert (given["how"], given["item"], given["amount"]) == ("given", "loaf", 1)
