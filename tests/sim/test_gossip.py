"""News travels: what was heard is told on, and who told whom can be asked."""

from __future__ import annotations

from pathlib import Path

import pytest

import npcsim
from npcsim import events as ev
from npcsim.assembly.build import Built
from npcsim.sim.loop import Simulation
from npcsim.store.run_store import Run
from npcsim.tools.builtin.talking import topics
from npcsim.tools.talk.knowing import tells
from npcsim.world.remembering import learn
from npcsim.world.rows import Memory
from tests.worlds_in_text import built, go_on, living, of

TEXT = """
scenario: gossip
clock: {tick: 10 s, start: "06:00", end: "12:00"}
places: {mill: {}, square: {}}
ways: [{from: mill, to: square, takes: 1 min}]
archetypes: {folk: {mind: true, tools: [say, wait]}}
npcs:
  Ann: {is: folk, at: square}
  Bo: {is: folk, at: square}
  Cid: {is: folk, at: square}
  Dot: {is: folk, at: square}
  Ed: {is: folk, at: mill, mind: true}
plans: {rest: {option: rest, worth: 1, steps: [wait]}}
"""
FIRE = "Ed burnt the mill"


def heard(simulation: Simulation, npc: str, fact: str = FIRE) -> list[Memory]:
    return [line for line in simulation.npc(npc).memories if line.fact == fact]


async def says(simulation: Simulation, who: str, to: str, topic: str) -> list[ev.Event]:
    simulation.put({"do": f"{who}.say({to}, {topic})"})
    return await go_on(simulation, 5)


def news(simulation: Simulation, who: str, to: str) -> list[str]:
    return topics(simulation.npc(who), simulation.view, simulation.npc(to))[:-1]


@pytest.fixture
def made(tmp_path: Path) -> Built:
    return built(tmp_path, TEXT)


async def test_what_is_heard_is_told_on_less_and_less_surely(made: Built) -> None:
    async with living(made) as it:
        it.put({"fact": FIRE, "heard_by": "Ann"})
        await go_on(it, 2)
        assert news(it, "Ann", "Bo") == [FIRE]
        await says(it, "Ann", "Bo", FIRE)
        (line,) = heard(it, "Bo")
        assert (line.source, line.origin, line.hop, line.about) == ("Ann", "Ann", 1, "told")
        assert line.sure == pytest.approx(0.8)
        assert set(line.people) == {"Ann", "Bo", "Ed"}  # who said it, to whom, and of whom
        assert line.place == "square"

        told_on = f'Ann said: "{FIRE}"'
        assert news(it, "Bo", "Cid") == [told_on]
        assert news(it, "Bo", "Ann") == []  # she has it already
        it.put({"do": f"Bo.say(Cid, {told_on})"})
        await go_on(it, 5)
        direct = [one for one in heard(it, "Cid") if one.source == "Bo"]
        assert [(one.hop, one.origin) for one in direct] == [(2, "Ann")]
        assert direct[0].sure == pytest.approx(0.64)


async def test_eavesdroppers_know_less_surely_and_news_is_news_once(made: Built) -> None:
    async with living(made) as it:
        it.put({"fact": FIRE, "heard_by": "Ann"})
        await go_on(it, 2)
        await says(it, "Ann", "Bo", FIRE)
        (line,) = heard(it, "Cid")
        assert (line.about, line.importance) == ("rumour", 0.5)
        assert line.sure == pytest.approx(0.64)
        await says(it, "Ann", "Cid", FIRE)
        again = heard(it, "Cid")[-1]
        assert (again.about, again.importance) == ("said", 0.4)
        assert heard(it, "Ed") == []  # out of earshot


async def test_who_is_too_unsure_keeps_it_to_himself(tmp_path: Path) -> None:
    made = built(tmp_path, TEXT + "memory: {hearsay: 0.5, retell: 0.6}\n")
    async with living(made) as it:
        it.put({"fact": FIRE, "heard_by": "Ann"})
        await go_on(it, 2)
        await says(it, "Ann", "Bo", FIRE)
        assert heard(it, "Bo")[0].sure == 0.5
        assert news(it, "Bo", "Dot") == []


async def test_news_that_comes_round_again_is_told_from_its_best_ground(made: Built) -> None:
    told_on = f'Ann said: "{FIRE}"'
    async with living(made) as it:
        for tick, source, hop, sure in ((1, "Ann", 1, 0.8), (2, "Cid", 15, 0.1)):
            line = Memory(
                tick, f"{source} said to me: {FIRE}", "heard", 0.6, about="told", source=source,
                hop=hop, sure=sure, fact=FIRE, origin="Ann",
            )  # fmt: skip
            learn(it.world, "Bo", line)
        await go_on(it, 2)
        best = heard(it, "Bo")[0]
        # He is told once more, over many mouths and too vaguely to pass it on; he knows it better.
        assert news(it, "Bo", "Dot") == [told_on]
        assert news(it, "Bo", "Cid") == news(it, "Bo", "Ann") == []
        events = await says(it, "Bo", "Dot", told_on)
        told = of(events, ev.Signalled, source="Bo", to="Dot")[0]
        assert (told.fact, told.hop, told.sure) == (FIRE, 1, 0.8)
        assert told.act is not None
        assert told.act.about.memory == best.id
        assert heard(it, "Dot")[0].hop == 2


async def test_news_is_told_to_those_it_is_news_to(made: Built) -> None:
    """Not to whom it is about, nor to who had part in it, nor to whom one heard being told."""
    async with living(made) as it:
        fell = Memory(1, "Somebody fell into the well", "seen", 0.8, people=("Cid",))
        learn(it.world, "Dot", fell)
        it.put({"fact": FIRE, "heard_by": "Ann"})
        await go_on(it, 2)
        assert news(it, "Ann", "Bo") == news(it, "Ann", "Cid") == [FIRE]
        assert news(it, "Ann", "Ed") == []
        assert news(it, "Dot", "Ann") == [fell.text]
        assert news(it, "Dot", "Cid") == []
        await says(it, "Ann", "Bo", FIRE)
        told_on = f'Ann said: "{FIRE}"'
        assert told_on in news(it, "Cid", "Dot")
        assert told_on not in news(it, "Cid", "Bo")
        assert news(it, "Bo", "Ed") == []


async def test_who_is_asked_tells_one_what_is_about_him(made: Built) -> None:
    async with living(made) as it:
        it.put({"fact": FIRE, "heard_by": "Ann"})
        await go_on(it, 2)
        assert tells(it.npc("Ann"), it.view, it.npc("Ed"), "Ed") == [FIRE]


async def test_small_talk_carries_no_fact(made: Built) -> None:
    async with living(made) as it:
        await says(it, "Ann", "Bo", "the day")
        (line,) = (line for line in it.npc("Bo").memories if line.sort == "heard")
        assert (line.fact, line.source, line.hop, line.importance) == ("", "Ann", 1, 0.4)


async def test_who_told_whom_can_be_asked_of_the_run(made: Built, tmp_path: Path) -> None:
    async with living(made, out=tmp_path / "runs") as it:
        it.put({"fact": FIRE, "heard_by": "Ann"})
        await go_on(it, 2)
        await says(it, "Ann", "Bo", FIRE)
        alive = {name: it.npc(name).memories for name in ("Ann", "Bo", "Cid")}
        tick = it.tick
        found = it.npc("Bo").recall("who burnt the mill?", kind="heard", explain=True)
        assert found.found[0].memory.fact == FIRE
        assert "by keywords alone" in found.note
        it.stop()
        await go_on(it, 1)
    [folder] = (tmp_path / "runs").iterdir()
    with Run.open(folder) as run:
        table = run.table("memories", npc="Bo")
        told = [row for row in table.rows() if row["fact"] == FIRE and row["npc"] == "Bo"]
        assert [(row["source"], row["hop"]) for row in told] == [("Ann", 1)]
        then = run.at(tick)
        for name, lines in alive.items():
            assert then.memories(name) == lines
        assert then.recall("Bo", "who burnt the mill?")[0].fact == FIRE
        assert run.at(1).recall("Bo", "mill", explain=True).found == ()
        with pytest.raises(ValueError, match="there is no NPC 'Zed'"):
            then.memories("Zed")
        assert npcsim.replay(run).ticks == run.last_tick


async def test_a_run_forgets_and_its_log_tells_it(tmp_path: Path) -> None:
    text = TEXT + "memory: {lines: 16, bytes: 16384, fresh: 4}\nlog: {snapshot: 20 min}\n"
    made = built(tmp_path, text)
    async with living(made, out=tmp_path / "runs", ticks=170) as it:
        events: list[ev.Event] = []
        for number in range(80):
            it.put({"fact": f"News number {number}", "heard_by": "Dot"})
            events += await go_on(it, 2)
        assert of(events, ev.Forgot, npc="Dot")
        lines = it.npc("Dot").memories
        assert len(lines) < 24
        assert any(line.covers > 10 and "On day 1: " in line.text for line in lines)
        tick = it.tick
        await go_on(it, 10)
    [folder] = (tmp_path / "runs").iterdir()
    with Run.open(folder) as run:
        assert run.at(tick).memories("Dot") == lines
        kinds = run.table("memories", npc="Dot")["kind"]
        assert "summary" in kinds
        assert npcsim.replay(run).ticks == 170
