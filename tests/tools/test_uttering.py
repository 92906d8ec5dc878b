"""A function that says what an utterance refers to, as a tool."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from npcsim import Body, References, Saying, Set, ToolRefused, View, Words, speech_act
from npcsim import events as ev
from npcsim.effects import Add, Signal, Tie
from npcsim.tools.speaking import is_speech
from npcsim.tools.wording import Complaint
from tests.worlds_in_text import built, go_on, living, of

TEXT = """
clock: {tick: 10 s, start: "06:00", end: "12:00"}
attributes: {warned: {range: 0..1}, social: {range: 0..1, start: 0.5, need: true}}
places: {pond: {}, mill: {}}
ways: [{from: mill, to: pond, takes: 1 min}]
archetypes: {folk: {mind: true, tools: [say, wait]}}
npcs: {Ann: {is: folk, at: pond}, Bo: {is: folk, at: pond}, Cid: {is: folk, at: mill}}
plans: {rest: {option: rest, worth: 1, steps: [wait]}}
think: {rest: 1 h}
"""
ICE = "The ice is thin"


@speech_act(
    "inform", option="warn {to} of {what}", seen="{me} warns", did="I warned {to} of {what}"
)
def warn(me: Body, view: View, to: Body, what: str) -> Saying:
    """Warn somebody."""
    if what == "nothing":
        raise ToolRefused("there is nothing to warn of")
    return Saying(References(fact=what), (Set(to, "warned", 1.0),))


@speech_act(
    "inform", words={"en": "Hush, {to}: {fact}!", "ko": "쉿, {to}: {fact}!"}, company=False,
    option="hush {to}", seen="{me} hushes", did="I hushed {to}",
)  # fmt: skip
def hush(me: Body, view: View, to: Body) -> Saying:
    """Tell somebody to be still."""
    return Saying(References(fact=ICE))


def test_the_words_are_a_minds_unless_they_are_given() -> None:
    assert [param.name for param in warn.params] == ["to", "what", "words"]
    assert is_speech(warn)
    assert [param.name for param in hush.params] == ["to"]
    assert not is_speech(hush)
    assert warn.doc == "Warn somebody."
    assert Complaint(warn, "").file == __file__
    first = inspect.getsourcelines(warn.start)[1]
    assert Complaint(warn, "").line == first


async def test_what_comes_of_one(tmp_path: Path) -> None:
    made = built(tmp_path, TEXT)
    async with living(made) as it:
        ann, bo, cid = (it.npc(name) for name in ("Ann", "Bo", "Cid"))
        effects = warn(ann, it.view, bo, ICE, Words("Mind the ice!", "model"))
        first, second, *company = effects
        assert isinstance(first, Set)
        assert isinstance(second, Signal)
        assert second.act is not None
        assert (second.act.kind, second.act.words, second.act.by) == (
            "inform", "Mind the ice!", "model",
        )  # fmt: skip
        assert (second.fact, second.hop, second.sure, second.origin) == (ICE, 0, 1.0, "Ann")
        assert [type(one) for one in company] == [Tie, Tie, Add, Add]
        (only,) = hush(ann, it.view, to=bo)
        assert only.content == f"Hush, Bo: {ICE}!"
        assert only.act.by == "given"
        with pytest.raises(ToolRefused, match="Cid is not here"):
            hush(ann, it.view, cid)
        with pytest.raises(ToolRefused, match="nothing to warn of"):
            warn(ann, it.view, bo, "nothing")


OWN = """
@speech_act("inform", option="warn {to}", seen="{me} warns {to}", did="I warned {to}")
def warn(me: Body, view: View, to: Body) -> Saying:
    "Warn somebody."
    return Saying(References(fact="The ice is thin"))

TOOLS = [warn]
"""


async def test_a_worlds_own_is_said_heard_and_remembered(tmp_path: Path) -> None:
    text = TEXT.replace("say, wait", "say, wait, warn")
    async with living(built(tmp_path, text, OWN)) as it:
        it.put({"do": "Ann.warn(Bo)"})
        events = await go_on(it, 4)
        said = of(events, ev.Signalled, source="Ann")[0]
        assert said.act is not None
        assert said.act.by == "paraphrase"
        assert ICE in said.content
        assert any(line.fact == ICE and line.hop == 1 for line in it.npc("Bo").memories)


@pytest.mark.parametrize(
    ("how", "error", "why"),
    [
        ({"kind": "sing"}, ValueError, "there is no speech act 'sing'"),
        ({"kind": "greet", "words": "Hello, {you}!"}, TypeError, "may name {fact}, {me}, {to}"),
        ({"kind": "greet", "stake": 1}, TypeError, "no 'stake'; did you mean"),
    ],
)
def test_what_can_be_none_is_refused(how: dict[str, Any], error: type[Exception], why: str) -> None:
    def nod(me: Body, view: View, to: Body) -> Saying:
        return Saying()

    with pytest.raises(error, match=why):
        speech_act(**how)(nod)
