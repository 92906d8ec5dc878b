"""One answer, prompt, rule or die that is another: a replay stops at its tick, and asks nobody."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.runs.session import open_session, recorded_session
from npcsim.errors import NpcsimError, ReplayDiverged
from npcsim.messages import Write
from npcsim.models.scripted import Scripted
from npcsim.replay.verify import Verdict, verify
from npcsim.sim import minds
from npcsim.sim.inflight import Live
from npcsim.store.rows import KeptCall
from npcsim.store.run_store import Run
from npcsim.world import rules
from npcsim.world.dice import roll
from tests.replay.forging import forge
from tests.worlds_in_text import VILLAGE, built

TICKS = 120
TEMPER = [
    "temper=1", "think={local: 6 s, rest: 6 s, dominates: 50}",
    "npcs.more={is: folk, at: mill, count: 5}",
]  # fmt: skip
Told = Callable[[str], None]
MANY = pytest.mark.parametrize("many", [4, pytest.param(25, marks=pytest.mark.soak)])


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A village with wolves, and minds whose answers take three ticks."""
    folder = tmp_path_factory.mktemp("village")

    async def live() -> Path:
        made = built(folder, VILLAGE, overrides=TEMPER)
        session = await open_session(
            made, models={"local": Scripted()}, out=folder / "runs", ticks=TICKS
        )
        async for _ in session.simulation:
            continue
        session.finish()
        await session.close()
        assert session.folder is not None
        return session.folder

    return asyncio.run(live())


@pytest.fixture
def folder(lived: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(lived, tmp_path / "run"))


@pytest.fixture(autouse=True)
def nobody_is_asked(lived: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on whoever asks a model fails the test."""

    def asked(*_: object) -> None:
        raise AssertionError("a replay asked a model")

    monkeypatch.setattr(Live, "ask", asked)
    monkeypatch.setattr(Scripted, "ask", asked)


def again(folder: Path) -> Verdict:
    """Live the log again."""

    async def live() -> Verdict:
        run = Run.open(folder)
        session = recorded_session(run)
        try:
            return await verify(session.simulation, run)
        finally:
            await session.close()

    return asyncio.run(live())


def stops(folder: Path, tick: int, *words: str) -> str:
    """That a replay stops at a tick and says these words. -> all it says"""
    with pytest.raises(ReplayDiverged) as told:
        again(folder)
    said = str(told.value)
    assert told.value.tick == tick, said
    assert said.startswith(f"tick {tick}: "), said
    for word in words:
        assert word in said
    return said


def drawn(found: Sequence[Any], many: int) -> list[Any]:
    assert len(found) >= many
    return random.Random(many).sample(list(found), many)


def calls(folder: Path) -> list[KeptCall]:
    """The calls that landed with an answer."""
    return [one for one in Run.open(folder).calls() if one.call.answer is not None]


def seq_of_landing(folder: Path, thought: str) -> int:
    for seq, packed in Run.open(folder).packed(kinds=["Landed"]):
        event = ev.unpack(packed)
        if isinstance(event, ev.Landed) and event.thought == thought:
            return seq
    raise AssertionError(thought)


def other_answer(data: dict[str, Any]) -> None:
    answer = data["answer"]
    if answer.get("probabilities"):
        answer["probabilities"] = [*answer["probabilities"][1:], answer["probabilities"][0]]
    else:
        answer["text"] = "I never said that."


def test_as_it_is_it_is_lived_again(folder: Path) -> None:
    assert again(folder).ticks == TICKS


@MANY
def test_another_answer(folder: Path, many: int, figures: Told) -> None:
    """In the facts alone; in every other case in the model call that is kept beside them too."""
    whole = (folder / "run.db").read_bytes()
    kept = [one for one in calls(folder) if getattr(one.call.answer, "probabilities", None)]
    for number, one in enumerate(drawn(kept, many)):
        thought, npc = one.call.thought, one.call.thought.partition("@")[0]
        forge(folder, "events", seq_of_landing(folder, thought), other_answer)
        if number % 2:
            forge(folder, "calls", one.seq, in_the_call)
        stops(folder, one.tick, *([] if number % 2 else [f"Landed of {npc}"]))
        (folder / "run.db").write_bytes(whole)
    figures(stopped(many, "answers"))


def stopped(many: int, what: str) -> str:
    return f"{many} other {what}: {many} replays stopped at the right tick, nobody was asked"


def in_the_call(row: dict[str, Any]) -> None:
    data = {"answer": json.loads(row["answer"])}
    other_answer(data)
    row["answer"] = json.dumps(data["answer"])


@MANY
def test_another_prompt(
    folder: Path, monkeypatch: pytest.MonkeyPatch, many: int, figures: Told
) -> None:
    """By another version of npcsim, and in every other case in the log."""
    whole, real = (folder / "run.db").read_bytes(), minds.Thought
    for number, one in enumerate(drawn(calls(folder), many)):
        npc, _, tick = one.call.thought.rpartition("@")
        if number % 2:

            def asking(id: str, *rest: Any, _of: str = one.call.thought, **named: Any) -> Any:
                thought = real(id, *rest, **named)
                if id != _of:
                    return thought
                asked = thought.question
                if isinstance(asked, Write):
                    return replace(thought, question=replace(asked, user=f"{asked.user} Now!"))
                more = f"{asked.situation} gladly"
                return replace(thought, question=replace(asked, situation=more))

            with monkeypatch.context() as patch:
                patch.setattr(minds, "Thought", asking)
                said = stops(folder, int(tick), npc, "in the log", "in replay")
            assert "Now!" in said or "gladly" in said
        else:
            forge(folder, "calls", one.seq, lambda row: row.update(request=other_request(row)))
            stops(folder, one.tick, f"Landed of {npc}: its question is")
            (folder / "run.db").write_bytes(whole)
    figures(stopped(many, "prompts"))


def other_request(row: dict[str, Any]) -> str:
    return str(row["request"]).replace('"purpose": "', '"purpose": "un')


@MANY
def test_another_rule(
    folder: Path, monkeypatch: pytest.MonkeyPatch, many: int, figures: Told
) -> None:
    """At one tick the world does not let somebody do what he did."""
    done = [
        one for one in Run.open(folder).events("Applied")
        if isinstance(one, ev.Applied) and one.actor and one.tool
    ]  # fmt: skip
    real = rules.living
    for one in drawn(done, many):

        def strict(world: Any, npc: str, _one: ev.Applied = one) -> int:
            if (world.tick, npc) == (_one.tick, _one.actor):
                raise rules.Illegal("it is not allowed any more")
            return real(world, npc)

        with monkeypatch.context() as patch:
            patch.setattr(rules, "living", strict)
            stops(folder, one.tick, one.actor)
    figures(stopped(many, "rules"))


@MANY
def test_another_die(
    folder: Path, monkeypatch: pytest.MonkeyPatch, many: int, figures: Told
) -> None:
    """One throw falls on another option."""
    thrown = [
        one for one in Run.open(folder).events("Decided")
        if isinstance(one, ev.Decided) and len(one.blended) > 1 and min(one.blended) > 0.001
    ]  # fmt: skip
    for one in drawn(thrown, many):
        other = 0.0 if one.pick else 0.999999

        def loaded(*key: Any, _one: ev.Decided = one, _other: float = other) -> float:
            same = key[1:] == (_one.tick, _one.npc, _one.purpose)
            return _other if same else roll(*key)

        with monkeypatch.context() as patch:
            patch.setattr(minds, "roll", loaded)
            stops(folder, one.tick, f" of {one.npc}")
    figures(stopped(many, "dice"))


@pytest.mark.parametrize("flips", [3, pytest.param(150, marks=pytest.mark.soak)])
def test_a_garbled_file_is_never_lived_as_another_run(
    folder: Path, flips: int, figures: Told
) -> None:
    true, whole, dice = again(folder), (folder / "run.db").read_bytes(), random.Random(flips)
    found = 0
    for _ in range(flips):
        broken = bytearray(whole)
        broken[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
        (folder / "run.db").write_bytes(broken)
        try:
            assert again(folder) == true
        except NpcsimError:
            found += 1
    assert found
    figures(f"{flips} flipped bits: {found} refused, {flips - found} lived again as the same run")
