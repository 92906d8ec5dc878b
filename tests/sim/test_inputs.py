"""What is put in from outside: checked at once, logged, and it changes the world."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.build import Built
from npcsim.tools.view import View
from tests.worlds_in_text import VILLAGE, built, go_on, lines, live, living, of


@pytest.fixture
def made(tmp_path: Path) -> Built:
    return built(tmp_path, VILLAGE)


async def test_an_order_is_given_logged_and_done(made: Built) -> None:
    events = await live(made, 2, puts=[{"do": "grey.go_to(mill)"}])
    assert of(events, ev.Given) == [ev.Given(1, "code", {"do": "grey.go_to(mill)"})]
    (started,) = of(events, ev.ActStarted, npc="grey")
    assert (started.tool, started.by) == ("go_to", "outside")


async def test_a_value_is_set(made: Built) -> None:
    events = await live(made, 1, puts=[{"set": "mara", "attribute": "hp", "value": 42}])
    assert made.world.npc("mara").hp == 42
    assert of(events, ev.Changed, attribute="hp")[0].value.tolist() == [42]


async def test_a_signal_is_perceived(made: Built) -> None:
    entry = {"signal": "news", "place": "square", "loudness": 50, "content": "The well is dry"}
    events = await live(made, 2, puts=[entry])
    assert of(events, ev.Signalled, about="news")[0].content == "The well is dry"
    assert "The well is dry" in lines(made.world, "bo")


async def test_an_order_one_can_not_follow_is_perceived(made: Built) -> None:
    events = await live(made, 2, puts=[{"do": "bo.heal(mara)"}])
    assert of(events, ev.Rejected)[0].reason == "mara is out of reach"
    assert "It did not work: mara is out of reach" in lines(made.world, "bo")


async def test_an_order_the_world_refuses_leaves_the_run_going(made: Built) -> None:
    events = await live(made, 2, puts=[{"do": "mara.heal(bo)"}, {"do": "bo.take(moon)"}])
    reasons = {rejected.reason for rejected in of(events, ev.Rejected)}
    assert reasons == {"there is no moon now", "bo is out of reach"}
    assert len(of(events, ev.TickEnded)) == 2


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"do": "mara"},
        {"do": "nobody.wait"},
        {"do": "mara.nosuchtool"},
        {"do": "mara.go_to(("},
        {"do": 5},
        {"signal": "bell"},
        {"signal": "bell", "place": "moon"},
        {"signal": "bell", "place": "mill", "loudness": "loud"},
        {"signal": "bell", "place": "mill", "loudness": math.nan},
        {"set": "mara", "attribute": "hp"},
        {"set": "mara", "attribute": "hp", "value": math.nan},
        {"set": "mara", "attribute": "hp", "value": object()},
        {"set": "mara", "attribute": "hp", "value": {1, 2}},
        {"set": "mara", "attribute": "luck", "value": 1},
        {"jump": "mara"},
        {"say": "Hello", "npc": "mara"},
        {"say": " ", "npc": "mara", "to": "bo"},
        {"say": "x" * 501, "npc": "mara", "to": "bo"},
        {"say": "Hello", "npc": "mara", "to": "bob"},
        {"say": "Hello", "npc": "mara", "to": "bo", "act": "sing"},
        {"signal": "speech", "place": "mill", "content": "Nobody said this"},
    ],
)
async def test_what_is_no_input_is_refused_at_once(made: Built, entry: dict[str, Any]) -> None:
    async with living(made) as simulation:
        with pytest.raises(ValueError, match=r"\S"):
            simulation.put(entry)
        assert not of(await go_on(simulation, 1), ev.Given)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {"doo": "mara.wait"},
            "approve.*outside.*tools.*attention.*did you mean 'do'",
        ),
        ({"fact": "the well is dry"}, "`heard_by` is missing"),
        ({"fact": "the well is dry", "heardby": "mara"}, "did you mean 'heard_by'"),
        ({"set": "mara", "attribute": "hpp", "value": 1}, "no attribute 'hpp'; did you mean 'hp'"),
        ({"set": "mara", "attribute": "hp", "value": "x"}, "hp must be a finite number, not 'x'"),
        ({"set": "marra", "attribute": "hp", "value": 1}, "'marra'; did you mean 'mara'"),
        ({"set": "mara", "value": 1}, "`attribute` is missing"),
        ({"do": "mara.tke(ale)"}, "there is no tool 'tke'; did you mean 'take'"),
        ({"approve": "mara", "answer": "tke(ale)"}, "no tool 'tke'; did you mean 'take'"),
    ],
)
async def test_a_refusal_says_what_was_meant(
    made: Built, entry: dict[str, Any], message: str
) -> None:
    async with living(made) as simulation:
        with pytest.raises(ValueError, match=message):
            simulation.put(entry)


async def test_inputs_wait_for_the_next_tick_in_the_order_they_came(made: Built) -> None:
    async with living(made) as simulation:
        await go_on(simulation, 3)
        for value in (10, 20, 30):
            simulation.put({"set": "mara", "attribute": "hp", "value": value, "source": "player"})
        assert made.world.npc("mara").hp == 100
        events = await go_on(simulation, 1)
        given = of(events, ev.Given)
        assert [g.entry["value"] for g in given] == [10, 20, 30]
        assert {(g.tick, g.source) for g in given} == {(4, "player")}


async def test_changing_an_entry_after_it_was_put_in_changes_nothing(made: Built) -> None:
    entry: dict[str, Any] = {"set": "mara", "attribute": "hp", "value": 10}
    async with living(made) as simulation:
        simulation.put(entry)
        entry["value"] = 99
        await go_on(simulation, 1)
    assert made.world.npc("mara").hp == 10


async def test_somebody_says_these_very_words(made: Built) -> None:
    entry = {"say": "Is there  bread?", "npc": "ida", "to": "bo", "source": "player"}
    events = await live(made, 2, puts=[{"do": "ida.wait"}, entry])
    (said,) = of(events, ev.Signalled, about="speech")
    assert (said.source, said.to, said.content) == ("ida", "bo", "Is there bread?")
    assert said.act is not None
    assert (said.act.kind, said.act.by) == ("ask", "given")
    assert not of(events, ev.ActEnded, npc="ida")
    (line,) = (line for line in View(made.world).npc("bo").memories if line.sort == "heard")
    assert (line.text, line.fact) == ('ida said to me: "Is there bread?"', "")


async def test_what_is_told_is_a_fact_from_who_said_it(made: Built) -> None:
    entry = {"say": "Run, the mill burns!", "npc": "ida", "to": "bo", "fact": "The mill burns"}
    await live(made, 2, puts=[entry])
    (line,) = (line for line in View(made.world).npc("bo").memories if line.sort == "heard")
    assert (line.fact, line.origin, line.hop) == ("The mill burns", "ida", 1)


async def test_nobody_is_talked_to_from_too_far(made: Built) -> None:
    events = await live(made, 2, puts=[{"say": "Hey!", "npc": "mara", "to": "bo"}])
    assert of(events, ev.Rejected)[0].reason == "bo is too far away to talk to"
