"""What a story knows, from small logs written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from npcsim import events as ev
from npcsim.errors import StoreError
from npcsim.messages import ModelCall
from npcsim.report import story
from npcsim.report.facts.columns import SAMPLES
from npcsim.report.facts.deciding import shares_of, without_numbers
from npcsim.report.facts.people import deed_words
from npcsim.report.facts.story import Span

Log = list[ev.Event]


def test_a_log_must_begin_with_the_start(village_log: Log) -> None:
    with pytest.raises(StoreError, match="does not begin"):
        story(village_log[1:])
    with pytest.raises(StoreError, match="does not begin"):
        story([])


def test_equal_acts_in_a_row_are_one(village_log: Log) -> None:
    ivo = story(village_log).person("ivo")
    assert ivo is not None
    first = ivo.deeds[0]
    assert (first.text, first.times, first.start, first.end) == ("wait a while", 3, 30, 32)


def test_an_act_knows_the_thought_behind_it(village_log: Log) -> None:
    told = story(village_log)
    by_tool = {deed.tool: deed.thought for deed in told.deeds}
    assert by_tool["go_to"] == "t1"
    assert by_tool["wait"] == ""


@pytest.mark.parametrize(("by", "thought"), [("mind", "t1"), ("body", "")])
def test_an_act_of_the_mind_follows_its_last_decision(
    village_log: Log, by: str, thought: str
) -> None:
    log = [
        replace(event, by=by, text="Mara walks off")
        if isinstance(event, ev.ActStarted) and event.tool == "go_to"
        else event
        for event in village_log
    ]
    deed = next(deed for deed in story(log).deeds if deed.tool == "go_to")
    assert deed.thought == thought


NAMES = {"mara": "Mara", "mill": "the mill"}
GOING = ev.ActStarted(3, "mara", 1, "go_to", {"to": "mill"}, "Mara sets off", 9, "mind")
WAITING = ev.ActStarted(3, "mara", 1, "wait", {}, "Mara waits", 9, "body")


@pytest.mark.parametrize(
    ("started", "how", "did", "words"),
    [
        (GOING, "done", "I went to the mill", "went to the mill"),
        (GOING, "interrupted", "", "go to the mill"),
        (WAITING, "failed", "", "waits"),
        (None, "refused", "", "go to"),
    ],
)
def test_an_act_in_words(started: ev.ActStarted | None, how: str, did: str, words: str) -> None:
    ended = ev.ActEnded(9, "mara", 1, "go_to", how, "", did)
    assert deed_words(NAMES, started, ended) == words


def test_goals_words_items_and_harm_find_their_people(village_log: Log) -> None:
    told = story(village_log)
    mara, ivo, tess = (told.person(name) for name in ("Mara", "IVO", "tess"))
    assert mara is not None
    assert ivo is not None
    assert tess is not None
    assert [(goal.goal, goal.start, goal.end, goal.how) for goal in mara.goals] == [
        ("bake bread", 20, 90, "done")
    ]
    assert mara.goals[0].thought == "t1"
    assert (mara.gained, mara.lost) == ({"bread": 1}, {"coin": 2})
    assert mara.items == {"coin": 3, "bread": 1}
    assert tess.items == {"coin": 7}
    assert [line.words for line in ivo.heard] == ["Good morning, Ivo."]
    assert told.talks == {("ivo", "mara"): 1, ("mara", "ivo"): 1}
    assert [(b.target, b.times, b.total) for b in ivo.dealt] == [("tess", 1, 50.0)]
    assert tess.taken == ivo.dealt
    assert [fall.tick for fall in tess.fell] == [80]
    assert mara.concluded == ((90, "Bread sells well."),)


def test_decisions_are_joined_and_sifted(village_log: Log) -> None:
    made = story(village_log).decisions
    first, second = made.all
    assert (first.asked, first.decided, first.model, first.why) == (18, 20, "tiny", "woke up")
    assert first.choice == "bake bread"
    assert first.share == pytest.approx(0.45)
    assert (second.fallback, second.error, second.tier) == (True, "Unavailable", "local")
    assert made.by_tier == {"local": 1, "fallback": 1}
    assert made.routes == {("local", "margin … is narrow"): 2}
    assert made.fallbacks == {"Unavailable": 1}
    assert made.failed == 1
    assert made.in_the_air == 1
    assert [pick.label for pick in made.picks] == ["the model overruled the needs", "fell back"]


def test_rejections_with_one_reason_are_one(village_log: Log) -> None:
    (rejection,) = story(village_log).rejections
    assert (rejection.npc, rejection.tool, rejection.ticks) == ("tess", "take", (61, 62))


def test_tokens_come_from_calls_else_from_landings(
    village_log: Log, village_calls: Sequence[ModelCall]
) -> None:
    (row,) = story(village_log, village_calls).spends
    assert (row.tier, row.purpose, row.calls, row.failed) == ("local", "plan", 2, 1)
    assert (row.input, row.cached) == (120, 80)
    (row,) = story(village_log).spends
    assert (row.calls, row.failed, row.input, row.cached) == (2, 1, 100, 60)


def test_gauges_follow_drift_and_change(village_log: Log) -> None:
    told = story(village_log)
    mara = next(series for series in told.series if series.of == "mara")
    hunger = dict(zip(mara.ticks, mara.curves[0].values, strict=True))
    assert mara.curves[0].name == "hunger"
    assert hunger[0] == pytest.approx(0.20)
    assert hunger[10] == pytest.approx(0.26)
    assert hunger[180] == pytest.approx(1.0)
    tess = next(series for series in told.series if series.of == "tess")
    assert tess.curves[1].values[-1] == 0.0
    tess_states = next(person for person in told.people if person.id == "tess").states
    assert tess_states == {"free": 1.0}  # who is down is in no state


def test_a_crowd_is_told_by_archetype(crowd_log: Log) -> None:
    told = story(crowd_log)
    assert told.people == ()
    bandits, guards = told.groups
    assert (bandits.count, bandits.fell, guards.count, guards.fell) == (20, 1, 40, 0)
    assert guards.states == pytest.approx({"idle": 0.5, "chase": 0.5})
    assert bandits.states == {"idle": 1.0}  # the one who fell counts until then
    assert [(b.source, b.target, b.times, b.total) for b in told.blows] == [
        ("guard", "bandit", 2, 160.0)
    ]
    (population,) = told.population
    at_end = {s: c[-1] for s, c in zip(population.states, population.counts, strict=True)}
    assert at_end == {"idle": 19, "chase": 40, "dead": 0}
    assert {series.of for series in told.series} == {"guard", "bandit"}


def test_one_of_a_crowd_can_be_asked_for(crowd_log: Log) -> None:
    told = story(crowd_log, tell=("n1",))
    assert [person.id for person in told.people] == ["n1"]
    assert [(blow.target, blow.times) for blow in told.people[0].dealt] == [("bandit", 1)]


def test_samples_stay_few_in_a_long_run(village_log: Log) -> None:
    log = [*village_log[:-1], *(ev.TickEnded(tick, "h") for tick in range(181, 5000))]
    ticks = story(log).series[0].ticks
    assert SAMPLES / 2 <= len(ticks) <= SAMPLES
    assert len(set(np.diff(ticks).tolist())) == 1
    assert ticks[0] == 0


def test_a_run_cut_off_keeps_what_was_going_on(village_log: Log) -> None:
    told = story([event for event in village_log if event.tick <= 22])
    assert told.ended == ""
    assert [(deed.tool, deed.end, deed.how) for deed in told.deeds] == [("go_to", -1, "")]
    assert [goal.how for goal in told.goals] == [""]


def test_utilities_become_shares() -> None:
    assert shares_of((1.0, 3.0)) == pytest.approx((0.25, 0.75))
    assert shares_of((0.0, 0.0)) == pytest.approx((0.5, 0.5))
    assert sum(shares_of((-5.0, 2.0, 900.0))) == pytest.approx(1.0)
    assert shares_of(()) == ()


def test_reasons_that_differ_in_numbers_are_one() -> None:
    assert without_numbers("margin 0.62 of 3 tries") == "margin … of … tries"
    assert without_numbers("llama3 was asked") == "llama3 was asked"


@pytest.mark.parametrize(
    ("span", "tick", "clock", "heading"),
    [
        (Span(21_600_000, 60_000, 0, 360), 20, "06:20", "06:00"),
        (Span(21_600_000, 1000, 0, 100), 75, "06:01:15", "06:01"),
        (Span(0, 3_600_000, 0, 48), 30, "day 2 06:00", "day 2, 06:00"),
    ],
)
def test_ticks_read_as_simulated_time(span: Span, tick: int, clock: str, heading: str) -> None:
    assert span.at(tick) == clock
    assert span.hour(tick) == heading
