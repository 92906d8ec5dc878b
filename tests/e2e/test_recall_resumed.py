"""Runs whose memories are recalled by meaning, cut short anywhere: resumed or forked, as if not."""

from __future__ import annotations

from pathlib import Path

import pytest

import npcsim as door
from npcsim import events as ev
from npcsim.assembly.thinking import embedding
from npcsim.models.scripted import Scripted
from npcsim.store.run_store import Run
from tests.models.embedding.meanings import Meanings
from tests.sim.test_meaning import TEXT, TOOL

TICKS = 30
SOME = [7, 8, 9, 12, 13]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that the embedder was asked for, by all runs."""
    made = Meanings({})
    monkeypatch.setattr(embedding, "embedder_of", lambda definition: made)
    return made.asked


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Somebody who muses by a tool, so that vectors are asked for in the tick after."""
    (tmp_path / "tools.py").write_text("from npcsim import *\n" + TOOL)
    path = tmp_path / "musing.yaml"
    events = "".join(f"  - {{at: '09:0{number}:00', do: Ann.muse()}}\n" for number in range(1, 5))
    facts = "".join(
        f"  - {{at: '09:0{number}:10', signal: news, place: square, loudness: 50, "
        f"content: House {number} burns}}\n"
        for number in range(1, 5)
    )
    path.write_text(f"scenario: musing\n{TEXT}events:\n{events}{facts}log: {{snapshot: 40 s}}\n")
    return path


def lived(file: Path, out: Path, ticks: int) -> Run:
    return door.run(file, models={"local": Scripted()}, out=out, ticks=ticks)


def meant(run: Run) -> list[ev.Embedded]:
    return [event for event in run.events("Embedded") if isinstance(event, ev.Embedded)]


def test_it_goes_on_wherever_it_was_cut(file: Path, tmp_path: Path, asked: list[str]) -> None:
    whole = lived(file, tmp_path / "whole", TICKS)
    later = [event.tick for event in meant(whole) if not event.npc]
    assert later  # of a tool, in the tick after
    for ticks in sorted({*SOME, later[0] - 1, later[-1] - 1}):
        short = lived(file, tmp_path / str(ticks), ticks)
        run = door.resume(short.path, until=TICKS, models={"local": Scripted()})
        assert dict(run.hashes()) == dict(whole.hashes()), ticks
        assert meant(run) == meant(whole), ticks
    assert door.replay(run).ticks == TICKS


def test_a_fork_knows_what_its_parent_knew(file: Path, tmp_path: Path, asked: list[str]) -> None:
    whole = lived(file, tmp_path / "whole", TICKS)
    later = [event.tick for event in meant(whole) if not event.npc]
    for tick in sorted({*SOME, later[0] - 1, later[-1] - 1}):
        asked.clear()
        run = door.fork(whole.path, tick, models={"local": Scripted()}, out=tmp_path / f"f{tick}")
        assert dict(run.hashes()) == dict(whole.hashes()), tick
        assert run.summary is not None
        assert run.summary["fork"]["asked"] == 0, tick
        new = {text for event in meant(whole) if event.tick > tick for text in event.texts}
        assert set(asked) == new, tick
    assert door.replay(run).ticks == TICKS
