"""Lies are counted apart from what was said without a ground: in a log by hand, and in a run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim.report import html, numbers, story, text
from npcsim.report.facts.knowledge import Beginning
from npcsim.speech import SpeechAct
from tests.e2e.shell import npcsim
from tests.report.conftest import started
from tests.report.test_spread import hears, says
from tests.worlds_in_text import built, go_on, living

TRUTH, LIE = "Odo burnt the mill", "Ivo burnt the mill"


def log() -> list[ev.Event]:
    cast = [
        ev.Cast(i, name.lower(), name, "villager", "", 30 * i, 0, "", mind=True)
        for i, name in enumerate(("Mara", "Ivo", "Tess", "Odo"))
    ]
    lie = SpeechAct("inform", "tess", ("mara",), lie=True)
    nothing = SpeechAct("answer", "odo", ("mara",), lie=True)
    return [
        started(cast, [], []),
        ev.Remembered(5, "tess", TRUTH, "seen", 0.7, 1),
        replace(says(10, "tess", "mara", f"{LIE} at 20:00!"), act=lie, fact=LIE, origin="tess"),
        hears(11, "mara", "tess", LIE, "tess"),
        hears(11, "ivo", "tess", LIE, "tess", about="rumour"),
        # Mara passes it on in good faith: she has it from Tess.
        says(20, "mara", "odo", f"Tess said: {LIE}."),
        hears(21, "odo", "mara", LIE, "tess", 2),
        replace(says(30, "odo", "mara", "I know nothing of that."), act=nothing),
        says(40, "ivo", "odo", "A bear was seen."),
        hears(41, "odo", "ivo", "A bear was seen", "ivo"),
        ev.TickEnded(100, "feed"),
        ev.RunEnded(100, "end", "feed"),
    ]


def test_a_lie_is_in_no_other_count() -> None:
    said = story(log(), beginning=Beginning()).claims
    assert [(one.npc, one.to, one.fact) for one in said.lies] == [
        ("tess", "mara", LIE), ("odo", "mara", ""),
    ]  # fmt: skip
    assert (said.lines, said.misled) == (4, 2)
    # Told on in good faith it has a ground; the bear is from nowhere, and nobody's lie.
    assert said.told == 2
    assert [one.names for one in said.unfounded] == ["A bear was seen"]
    assert said.unsupported == ()  # neither Ivo nor 20:00: what a lie names is no claim
    honest = [replace(e, act=None) if isinstance(e, ev.Signalled) else e for e in log()]
    unflagged = story(honest, beginning=Beginning()).claims
    assert (unflagged.lies, unflagged.misled) == ((), 0)
    assert {one.names for one in unflagged.unsupported} >= {"20:00"}
    assert [one.names for one in unflagged.unfounded] == [LIE, LIE, "A bear was seen"]


def test_the_report_says_each_count_and_what_it_means() -> None:
    told = story(log(), beginning=Beginning())
    page = " ".join(text(told, width=200).split())
    assert "Facts were heard 2 times; 1 from somebody who had them from nowhere." in page
    assert "2 lies were told by somebody who knew that it is otherwise; facts were heard" in page
    assert f"Tess lied to Mara: “{LIE} at 20:00!”" in page
    assert "2 lies were told" in html(told)
    found = json.loads(json.dumps(numbers(told)))
    assert found["said"] == {
        "lines": 4, "mentions": 2, "unsupported": 0, "unsupported_share": 0.0, "facts_heard": 2,
        "unfounded": 1, "lies": 2, "facts_heard_by_lies": 2,
    }  # fmt: skip
    assert found["meanings"].keys() == {"unsupported", "unfounded", "lies"}
    first = found["facts"][0]
    assert (first["fact"], first["known_to"], first["by_hop"]) == (LIE, 3, {"1": 2, "2": 1})
    assert found["pairs"]["all"] == 6
    assert found["tokens"] is None


LIAR = """
scenario: square
clock: {tick: 10 s, start: "06:00", end: "12:00"}
places: {square: {}}
archetypes: {folk: {mind: true, tools: [say, wait]}}
npcs:
  Ann: {is: folk, at: square}
  Bo: {is: folk, at: square, secret: [Dot stole the salt]}
  Cid: {at: square}
  Dot: {at: square}
ties: [{from: Bo, to: Ann, trust: -0.9}]
plans: {rest: {option: rest, worth: 1, steps: [wait]}}
think: {rest: 1 h}
scenes: {talk: {class: Conversation, who: [Ann, Bo]}}
"""


@pytest.mark.parametrize("lies", [True, False])
async def test_in_a_run_in_which_somebody_lies(tmp_path: Path, lies: bool) -> None:
    text = LIAR if lies else LIAR.replace("-0.9", "0.9")
    async with living(built(tmp_path, text), out=tmp_path / "runs") as it:
        it.put({"do": "Ann.say(Bo, the day)"})
        await go_on(it, 60)
        it.stop()
        await go_on(it, 1)
    [folder] = (tmp_path / "runs").iterdir()
    found = json.loads(npcsim("report", folder, "--json").out)
    assert (found["said"]["lies"] > 0) == (found["said"]["facts_heard_by_lies"] > 0) == lies
    assert found["said"]["unfounded"] == found["said"]["unsupported"] == 0
