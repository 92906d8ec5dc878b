"""Events, reactions, measures and the stop: what the author wrote to happen."""

from __future__ import annotations

from pathlib import Path

import pytest

import npcsim
from npcsim import events as ev
from npcsim.assembly.build import read
from npcsim.errors import ScenarioError

TEXT = """
scenario: square
size: [30, 30]
clock: {tick: 1 s, start: "21:00", end: "21:02"}
places: {square: {x: 10, y: 10, area: [8, 8, 13, 13]}}
attributes:
  anger: {range: 0..1, fades: 0.6 / min}
  temper: {range: 0..1}
archetypes:
  folk: {behaviour: folk}
npcs:
  Rolf: {is: folk, x: 10, y: 10, mind: true, traits: {temper: 1}}
  Tomas: {is: folk, x: 11, y: 10, traits: {temper: 0.5}}
  far: {is: folk, x: 29, y: 29}
behaviour:
  folk:
    calm: {do: wait}
    brawl: {from: calm, when: anger > 0.5, do: attack(nearest(anyone)), mind: holds}
    settle: {from: brawl, when: anger < 0.2, to: calm}
"""


async def lived(tmp_path: Path, more: str) -> list[ev.Event]:
    path = tmp_path / "square.yaml"
    path.write_text(TEXT + more, encoding="utf-8")
    events: list[ev.Event] = []
    async with npcsim.load(path, models={}) as simulation:
        simulation.subscribe(lambda tick, new: events.extend(new))
        async for _ in simulation:
            pass
    return events


def mistakes(tmp_path: Path, more: str) -> str:
    path = tmp_path / "square.yaml"
    path.write_text(TEXT + more, encoding="utf-8")
    with pytest.raises(ScenarioError) as raised:
        read(path)
    return str(raised.value)


def anger(events: list[ev.Event], serial: int) -> float:
    """The most that one NPC's anger rose to."""
    values = [
        float(event.value[event.who.tolist().index(serial)])
        for event in events
        if isinstance(event, ev.Changed) and event.attribute == "anger" and serial in event.who
    ]
    return max(values, default=0.0)


async def test_an_event_has_its_time_and_an_npc_can_be_made_to_act(tmp_path: Path) -> None:
    events = await lived(tmp_path, 'events: [{at: "21:00:30", do: Tomas.attack(Rolf)}]\n')
    started = [e for e in events if isinstance(e, ev.ActStarted) and e.tool == "attack"]
    assert [(e.tick, e.npc, e.args) for e in started] == [(30, "Tomas", {"target": "Rolf"})]


async def test_a_condition_fires_once_or_each_time_it_comes_to_hold(tmp_path: Path) -> None:
    when = "when: hour * 60 - 21 * 60 >= 1, signal: bell, place: square"
    once = await lived(tmp_path, f"events: [{{{when}}}]\n")
    assert [e.tick for e in once if isinstance(e, ev.Signalled)] == [60]
    twice = """
reacts: [{to: attacked, add: {anger: 0.2}}]
events:
  - {at: "21:00:10", do: Tomas.attack(Rolf)}
  - {at: "21:00:50", do: Tomas.attack(Rolf)}
  - {when: any(near(Tomas) < 2 and anger > 0.1), once: ONCE, signal: row, place: square}
"""
    for once_only, ticks in (("true", [12]), ("false", [12, 52])):
        events = await lived(tmp_path, twice.replace("ONCE", once_only))
        assert [e.tick for e in events if isinstance(e, ev.Signalled) and e.about == "row"] == ticks


async def test_reactions_follow_what_is_meant_for_one_hurts_one_or_is_seen(tmp_path: Path) -> None:
    events = await lived(
        tmp_path,
        """
events: [{at: "21:00:10", do: Tomas.attack(Rolf)}]
reacts:
  - {to: attacked, add: {anger: 0.4 * temper}}
  - {to: seen(attack), who: [far], add: {anger: 0.9}}
""",
    )
    assert anger(events, 0) == pytest.approx(0.4, abs=0.02)
    assert anger(events, 1) == 0.0
    assert anger(events, 2) == 0.0  # too far away to see it


async def test_who_sees_it_reacts(tmp_path: Path) -> None:
    events = await lived(
        tmp_path,
        """
events: [{at: "21:00:10", do: Tomas.attack(Rolf)}]
reacts: [{to: seen(attack), add: {anger: 0.3}}]
""",
    )
    assert anger(events, 0) == pytest.approx(0.3, abs=0.02)
    assert anger(events, 1) == 0.0  # one does not watch oneself


async def test_a_fact_becomes_a_memory(tmp_path: Path) -> None:
    events = await lived(
        tmp_path, 'events: [{at: "21:01", fact: the bridge is out, heard_by: [Rolf]}]\n'
    )
    kept = [e for e in events if isinstance(e, ev.Remembered)]
    assert [(e.tick, e.npc, e.text, e.sort) for e in kept] == [
        (60, "Rolf", "the bridge is out", "heard")
    ]


async def test_the_run_stops_when_its_condition_has_held(tmp_path: Path) -> None:
    events = await lived(tmp_path, "stop: {when: hour * 60 - 1260 >= 0.5, for: 20 s}\n")
    assert isinstance(events[-1], ev.RunEnded)
    assert (events[-1].tick, events[-1].reason) == (50, "stop: hour * 60 - 1260 >= 0.5")


async def test_measures_are_told_by_group_and_change_nothing(tmp_path: Path) -> None:
    series = """
measure:
  hp: {every: 30 s, value: mean(hp), by: archetype}
  hot: {every: 60 s, value: count(temper > 0.4), who: [Rolf, Tomas]}
"""
    events = await lived(tmp_path, series)
    told = [(e.tick, e.name, e.group, e.value) for e in events if isinstance(e, ev.Measured)]
    assert [entry for entry in told if entry[1] == "hp"] == [
        (tick, "hp", "folk", 100.0) for tick in (30, 60, 90, 120)
    ]
    assert [entry for entry in told if entry[1] == "hot"] == [
        (tick, "hot", "all", 2.0) for tick in (60, 120)
    ]
    plain = await lived(tmp_path, "")
    ends = [e for e in (*events, *plain) if isinstance(e, ev.RunEnded)]
    assert ends[0].hash == ends[1].hash


@pytest.mark.parametrize("ticks", [None, 17])
def test_end_values_are_told_once_and_replay_however_the_run_ended(
    tmp_path: Path, ticks: int | None
) -> None:
    """Whether it came to its end or was told to stop before."""
    path = tmp_path / "square.yaml"
    end = "measure: {weakest: {every: end, value: min(hp), by: archetype}}\n"
    path.write_text(TEXT + end, encoding="utf-8")
    with npcsim.run(path, models={}, ticks=ticks) as run:
        rows = run.table("measures").rows()
        told = [(row["tick"], row["name"], row["group"], row["value"]) for row in rows]
        assert told == [(ticks or 120, "weakest", "folk", 100.0)]
        assert npcsim.replay(run).ticks == (ticks or 120)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('events: [{at: "21:01"}]', "one of `do`, `signal` and `fact`"),
        ("events: [{signal: bell, place: square}]", "one of `at` and `when`"),
        ('events: [{at: "21:01", do: Tomsa.wait}]', "did you mean 'Tomas'"),
        ('events: [{at: "21:01", do: Tomas.atack(Rolf)}]', "did you mean 'attack'"),
        ("events: [{when: angre > 1, signal: a, place: square}]", "did you mean 'anger'"),
        ("reacts: [{to: attacked, add: {angr: 1}}]", "did you mean 'anger'"),
        ("reacts: [{to: saw(attack), add: {anger: 1}}]", "seen(signal)"),
        ("measure: {a: {value: mean(hpp)}}", "did you mean 'hp'"),
        ("measure: {a: {value: meann(hp)}}", "did you mean 'mean'"),
        ("measure: {a: {every: ned, value: mean(hp)}}", "or 'end' for once, as the run ends"),
        ("stop: {when: count(brawll) == 0}", "did you mean 'brawl'"),
        ("stop: {when: anger < 0.1}", "any(anger ...)"),
        ("stop: {when: near(Tomas) < 1}", "belongs to one NPC"),
        ("stakes: {atack: 0.5}", "did you mean 'attack'"),
    ],
)
def test_every_mistake_is_named(tmp_path: Path, text: str, said: str) -> None:
    assert said in mistakes(tmp_path, text + "\n")
