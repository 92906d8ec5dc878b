"""Recall by meaning in a running simulation: vectors are inputs of the log."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from npcsim import events as ev
from npcsim.assembly.runs.session import recorded_session
from npcsim.assembly.thinking import embedding
from npcsim.effects import Remember
from npcsim.errors import BadReply
from npcsim.memory.recall import NO_VECTORS
from npcsim.models.scripted import Scripted
from npcsim.replay.verify import verify
from npcsim.sim.clock import Paced
from npcsim.sim.meaning import LiveMeaning, packed, units_of
from npcsim.store.run_store import Run
from tests.models.embedding.meanings import Meanings
from tests.worlds_in_text import built, bundle, commit_next, go_on, living, of

TEXT = """
clock: {tick: 10 s, start: "09:00", end: "12:00"}
places: {square: {}}
archetypes: {folk: {mind: true, tools: [say, wait, muse]}}
npcs: {Ann: {is: folk, at: square}, Bo: {is: folk, at: square}}
plans:
  stand: {option: stand about, worth: 1, steps: [wait]}
  muse: {option: muse, worth: 1, steps: [muse]}
tiers: {local: {model: scripted, context: whole}}
think: {rest: 10 s, local: 10 s, dominates: 50}
"""
TOOL = """
@tool(takes="10 s")
def muse(me: Body, view: View) -> list[Effect]:
    "Think of fires."
    found = me.recall("Where did it burn?", explain=True)
    how = "by meaning" if found.found and found.found[0].vector_rank else "by words"
    return [Remember(me, f"I mused {how}", sort="felt")]
TOOLS = [muse]
"""
SMOKE = "Smoke rose from the roof of the mill"
SAID = "Where did it burn?"


async def lived(made: Any, ticks: int = 24, out: Path | None = None) -> list[ev.Event]:
    """Bo tells Ann something after a while in which she saw much."""
    commit_next(made.world, bundle("Ann", Remember("Ann", SMOKE, 0.9, "seen")))
    for number in range(30):
        told = Remember("Ann", f"Cart {number} went past", 0.1, "seen")
        commit_next(made.world, bundle("Ann", told))
    events: list[ev.Event] = []
    async with living(made, {"local": Scripted()}, out=out) as simulation:
        while len(of(events, ev.TickEnded)) < ticks:
            simulation.put({"do": f"Bo.say(Ann, {SAID})"})
            events += await go_on(simulation, 4)
    return events


def heard_of(events: list[ev.Event]) -> set[int]:
    """What came to Ann's mind, save where she was about to tell of the smoke herself."""
    asked = of(events, ev.Asked, npc="Ann")
    telling = {event.tick for event in asked if event.purpose == "speak" and SMOKE in event.why}
    recalled = of(events, ev.Recalled, npc="Ann")
    return {id for event in recalled if event.tick not in telling for id in event.ids}


class Near(Meanings):
    """Whatever has the question in it means nearly what smoke does; all else something else."""

    async def embed(self, texts: Sequence[str]) -> Any:
        self.same = {text: (SMOKE, 0.9) for text in texts if SAID in text}
        return await super().embed(texts)


def near(monkeypatch: pytest.MonkeyPatch) -> Meanings:
    made = Near(size=2048)
    monkeypatch.setattr(embedding, "embedder_of", lambda definition: made)
    return made


async def test_what_is_said_brings_to_mind_what_means_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanings = near(monkeypatch)
    made = built(tmp_path / "a", TEXT, TOOL)
    events = await lived(made)
    smoke = next(line.id for line in made.world.memories.of("Ann") if line.text == SMOKE)
    assert smoke in heard_of(events)
    first, *others = of(events, ev.Embedded, npc="Ann")
    assert {SMOKE, "Cart 3 went past"} <= set(first.texts)
    assert first.model == "meanings/1"
    # Each text once; what is new is all that is asked for later.
    assert len(meanings.asked) == len(set(meanings.asked))
    assert all(len(event.texts) <= 8 for event in others)

    plain = built(tmp_path / "b", TEXT + "memory: {recall: words}\n", TOOL)
    events = await lived(plain)
    assert not of(events, ev.Embedded)
    assert smoke not in heard_of(events)


async def test_a_replay_has_equal_hashes_and_needs_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the bundled embeddings, the real ones."""
    made = built(tmp_path / "a", TEXT, TOOL)
    events = await lived_in_log(made, tmp_path / "runs")
    assert of(events, ev.Embedded, npc="Ann")
    assert of(events, ev.Embedded, npc="")  # of a tool, in the tick after

    def gone(definition: Any) -> Any:
        raise AssertionError("a replay asks no embedder")

    monkeypatch.setattr(embedding, "embedder_of", gone)
    with Run.open(next((tmp_path / "runs").iterdir())) as run:
        session = recorded_session(run)
        verdict = await verify(session.simulation, run)
        await session.close()
    assert verdict.hash == [e.hash for e in of(events, ev.TickEnded)][-1]


async def lived_in_log(made: Any, out: Path) -> list[ev.Event]:
    async with living(made, {"local": Scripted()}, out=out) as simulation:
        simulation.put({"fact": SMOKE, "heard_by": "Ann"})
        events = await go_on(simulation, 2)
        simulation.put({"do": f"Bo.say(Ann, {SAID})"})
        simulation.put({"do": "Ann.muse()"})
        return events + await go_on(simulation, 10)


async def test_a_tool_recalls_by_meaning_from_the_next_time_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near(monkeypatch)
    made = built(tmp_path, TEXT.replace("context: whole", "context: short"), TOOL)
    commit_next(made.world, bundle("Ann", Remember("Ann", SMOKE, 0.9, "seen")))
    async with living(made, {"local": Scripted()}) as simulation:
        looks = simulation.npc("Ann").recall(SAID, explain=True)
        assert looks.note == NO_VECTORS
        events = await go_on(simulation, 1)
        assert not of(events, ev.Embedded)  # whoever merely looks asks for nothing
        for _ in range(2):
            simulation.put({"do": "Ann.muse()"})
            events += await go_on(simulation, 6)
        felt = [e.text for e in of(events, ev.Remembered, npc="Ann") if "mused" in e.text]
        assert felt[0] == "I mused by words"
        assert felt[-1] == "I mused by meaning"
        assert simulation.npc("Ann").recall(SAID, explain=True).note == ""


async def test_where_the_embedder_fails_words_count_and_the_log_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near(monkeypatch).down = True
    events = await lived(built(tmp_path, TEXT, TOOL), 20)
    [failed] = of(events, ev.Embedded)
    assert failed.error == "Unavailable: down"
    assert (failed.texts, failed.vectors) == ((), ())
    assert of(events, ev.Landed, npc="Ann")


async def test_without_models_nothing_is_embedded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near(monkeypatch)
    async with living(built(tmp_path, TEXT, TOOL), {}) as simulation:
        simulation.put({"do": "Ann.muse()"})
        assert not of(await go_on(simulation, 6), ev.Embedded)


class Slow(Meanings):
    def __init__(self) -> None:
        super().__init__({})
        self.go = asyncio.Event()

    async def embed(self, texts: Sequence[str]) -> Any:
        await self.go.wait()
        return await super().embed(texts)


async def test_a_paced_tick_does_not_wait_and_has_it_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("npcsim.sim.meaning.PATIENCE_S", 0.01)
    slow = Slow()
    meaning = LiveMeaning(slow, 60, True)
    assert await meaning.now(3, "Ann", ["a", "b"]) is None
    assert await meaning.land(4) == []
    slow.go.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    [came] = await meaning.land(5)
    assert (came.tick, came.npc, came.texts) == (5, "", ("a", "b"))
    at_once = await meaning.now(6, "Ann", ["c"])
    assert at_once is not None
    assert (at_once.tick, at_once.npc) == (6, "Ann")
    await meaning.close()
    assert slow.closed == 1


async def test_a_paced_run_knows_what_its_beginning_means_before_its_first_thought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An embedder loads with its first text, for longer than a paced thought waits."""
    monkeypatch.setattr("npcsim.sim.meaning.PATIENCE_S", 0.0)
    meanings = near(monkeypatch)
    made = built(tmp_path, TEXT + f"knows: [{{fact: {SMOKE}, by: Ann}}]\n", TOOL)
    async with living(made, {"local": Scripted()}, clock=Paced(1000.0)) as simulation:
        await simulation.open()
        assert meanings.asked == [SMOKE]
        events = await go_on(simulation, 1)
    first = of(events, ev.Embedded)[0]
    assert (first.tick, first.npc, first.texts) == (1, "", (SMOKE,))
    unpaced = LiveMeaning(meanings, 60, False)
    await unpaced.begin(["later"])
    assert "later" not in meanings.asked


async def test_what_takes_long_at_the_beginning_does_not_keep_a_paced_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("npcsim.sim.meaning.START_S", 0.01)
    meaning = LiveMeaning(Slow(), 60, True)
    await meaning.begin(["a"])
    assert await meaning.land(1) == []
    await meaning.close()


async def test_a_hanging_embedder_is_given_up_and_left_alone() -> None:
    slow = Slow()
    meaning = LiveMeaning(slow, 0.01, False)
    failed = await meaning.now(1, "Ann", ["a"])
    assert failed is not None
    assert failed.error == "TimedOut: no vectors within 0.01 s"
    slow.go.set()
    for _ in range(2):
        assert await meaning.now(2, "Ann", ["a"]) is None
    again = await meaning.now(3, "Ann", ["a"])
    assert again is not None
    assert again.texts == ("a",)
    await meaning.close()


def test_vectors_are_packed_into_text_and_back() -> None:
    made = np.random.default_rng(3).normal(size=(5, 384)).astype(np.float32)
    made[4] = 0
    event = ev.Embedded(1, "", "m", tuple("abcde"), packed(made))
    units = units_of(event)
    assert list(units) == list("abcde")
    for row, text in zip(made[:4], "abcd", strict=True):
        unit = row / np.linalg.norm(row)
        assert units[text] / 2**26 == pytest.approx(unit, abs=1e-5)
    assert not units["e"].any()
    assert all(len(text) == 1024 for text in event.vectors)
    with pytest.raises(BadReply, match="not finite"):
        packed(np.array([[np.nan, 1.0]]))
