"""Events in, a picture of every NPC out."""

from __future__ import annotations

import time

import numpy as np
import pytest

from npcsim import events as ev
from npcsim.viz.scene import LEFT, RIGHT, UP, Scene
from tests.viz import runs


def test_a_scene_starts_as_the_run_does() -> None:
    scene = Scene.at([runs.started()])
    mara = scene.by_id["mara"]
    assert (mara.name, mara.archetype, mara.items) == ("Mara", "guard", {"coin": 5})
    assert (scene.x[0], scene.y[0]) == (1.5, 1.5)
    assert scene.state_name(0) == "idle"
    assert scene.gauge(0, "hp") == 100.0
    assert scene.gauge(0, "thirst") is None
    assert scene.clock() == "day 1 06:00"


def test_moves_keep_the_position_of_the_tick_before_and_turn_the_body() -> None:
    scene = Scene.at(
        [runs.started(), runs.moved(1, (10, 2.5, 1.5), (11, 2.5, 0.5), (12, 3.0, 1.5))]
    )
    assert (scene.px[0], scene.x[0]) == (1.5, 2.5)
    assert list(scene.facing) == [RIGHT, UP, LEFT]
    scene.apply(ev.TickEnded(2, ""))
    assert (scene.px[0], scene.x[0]) == (2.5, 2.5)


def test_serials_nobody_knows_are_passed_over() -> None:
    scene = Scene.at([runs.started(), runs.moved(1, (99, 9.0, 9.0), (3, 9.0, 9.0), (11, 4.0, 4.0))])
    assert list(scene.x) == [1.5, 4.0, 3.5]


def test_states_and_gauges_follow_blocks() -> None:
    who = np.array([11], dtype=np.uint32)
    nobody = np.array([], dtype=np.uint32)
    scene = Scene.at(
        [
            runs.started(),
            ev.StateChanged(1, who, np.array([2], np.uint8), np.array([1], np.int16)),
            ev.Drifted(1, 30.0),
            ev.Changed(1, "hp", "attack", who, np.array([40.0]), nobody),
            ev.Changed(1, "beard", "", who, np.array([1.0]), nobody),
        ]
    )
    assert scene.state_name(1) == "sleep"
    assert scene.gauge(0, "hunger") == pytest.approx(0.5)
    assert (scene.gauge(1, "hp"), scene.hurt[1], scene.hurt[0]) == (40.0, 1, -1)
    scene.apply(ev.Drifted(2, 1e6))
    assert scene.gauge(0, "hunger") == 1.0  # clipped to its range


def test_a_decision_joins_what_was_asked_and_what_landed() -> None:
    scene = Scene.at([runs.started(), runs.asked()])
    mara = scene.by_id["mara"]
    assert mara.thinking["t1"].tier == "local"
    scene.apply(runs.landed())
    scene.apply(runs.decided(3))
    assert not mara.thinking
    last = mara.decision
    assert last is not None
    assert (last.asked, last.tick, last.model, last.router) == (1, 3, "tiny", "options are close")
    assert last.options[last.pick] == "talk with Tobin"
    assert scene.tiers["local"].asked == scene.tiers["local"].landed == 1
    assert "Mara chose: talk with Tobin (local)" in [line.text for line in scene.log]


def test_a_failed_thought_shows_its_error_and_its_fallback() -> None:
    failed = runs.landed(error="TimedOut: no answer")
    scene = Scene.at(
        [runs.started(), runs.asked(), failed, runs.decided(3, fallback=True, probabilities=())]
    )
    last = scene.by_id["mara"].decision
    assert last is not None
    assert (last.fallback, last.error) == (True, "TimedOut: no answer")
    count = scene.tiers["local"]
    assert (count.landed, count.failed, count.fallback) == (1, 1, 1)


def test_goals_acts_and_steps() -> None:
    events: list[ev.Event] = [
        runs.started(),
        ev.GoalStarted(1, "mara", "breakfast", ("go_to(inn)", "craft(bread, 2)", "eat")),
        ev.ActStarted(1, "mara", 7, "craft", {"item": "bread", "n": 2}, "Mara bakes", -1, "mind"),
    ]
    scene = Scene.at(events)
    mara = scene.by_id["mara"]
    assert mara.act is not None
    assert mara.act.text == "Mara bakes"
    scene.apply(ev.ActEnded(2, "mara", 7, "craft", "done", "", "I baked"))
    assert mara.act is None
    assert [step.text for step in mara.steps] == ["go to inn", "craft bread, 2", "eat"]
    assert [step.done for step in mara.steps] == [True, True, False]  # she was at the inn already
    scene.apply(ev.GoalEnded(3, "mara", "breakfast", "failed", "no bread"))
    assert mara.goal_end == "failed"
    assert "no bread" in scene.log[-1].text


def test_things_change_hands() -> None:
    give = {"kind": "transfer", "giver": "mara", "taker": "tobin", "item": "coin", "count": 2}
    eat = {"kind": "consume", "holder": "mara", "item": "coin", "count": 3}
    scene = Scene.at([runs.started(), ev.Applied(1, "mara", "give", (give, eat))])
    assert scene.by_id["tobin"].items == {"coin": 2}
    assert scene.by_id["mara"].items == {}


def test_speech_stays_for_some_ticks() -> None:
    scene = Scene.at([runs.started(), runs.speech(2, "tobin", "Hello", "mara")])
    said = scene.by_id["tobin"].speech
    assert said is not None
    assert (said.words, said.to, said.until) == ("Hello", "mara", 2 + scene.speech_ticks)
    assert scene.log[-1].text == "Tobin to Mara: “Hello”"


def test_who_falls_no_longer_hungers_until_up_again() -> None:
    scene = Scene.at([runs.started(), ev.Fell(1, "elsa", "mara", "attack"), ev.Drifted(2, 10.0)])
    assert scene.by_id["elsa"].fallen
    assert scene.gauge(2, "hunger") == 0.2
    assert scene.gauge(0, "hunger") == pytest.approx(0.3)
    scene.apply(ev.Rose(3, "elsa"))
    scene.apply(ev.Drifted(3, 10.0))
    assert not scene.by_id["elsa"].fallen
    assert scene.gauge(2, "hunger") == pytest.approx(0.3)


def test_at_stops_at_its_tick() -> None:
    scene = Scene.at(runs.story(), 3)
    assert scene.tick == 3
    assert not scene.by_id["mara"].memories
    assert Scene.at(runs.story()).ended is not None


def test_events_without_a_beginning_and_of_strangers_change_nothing() -> None:
    assert Scene.at([ev.TickEnded(4, "")]).started is None
    scene = Scene.at([runs.started(), runs.asked()])
    stranger = runs.decided(2, npc="nobody")
    for event in (stranger, ev.Fell(2, "nobody", "", "x"), runs.speech(2, "nobody", "boo")):
        scene.apply(event)
    assert [person.fallen for person in scene.people] == [False] * 3


def test_ten_thousand_move_in_no_time() -> None:
    scene = Scene.at([runs.started(10_000)])
    who = np.arange(10, 10_010, dtype=np.uint32)
    began = time.perf_counter()
    for tick in range(1, 11):
        place = np.full(10_000, tick * 1024, dtype=np.int32)
        scene.apply(ev.Moved(tick, who, place, place))
        scene.apply(ev.Drifted(tick, 1.0))
    assert time.perf_counter() - began < 1.0  # seen: about 10 ms
    assert scene.x[-1] == 10.0
