"""`npcsim diff` tells where two runs part, whom that reached, and through what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from npcsim import events as ev
from npcsim.store.apart.compare import difference
from npcsim.store.apart.difference import Difference
from npcsim.store.apart.facts import put_in
from npcsim.store.rows import first_seq
from npcsim.store.run_store import Run
from tests.e2e.shell import live, npcsim
from tests.report.conftest import crowd

SCRIPTED = ("--set", "tiers.local.model=scripted", "--set", "think.local=40 s")


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("apart")
    return Path(live("03_village_morning", out, "--ticks", 120, *SCRIPTED)["run"])


@pytest.fixture(scope="module")
def shouted(parent: Path) -> Path:
    """A fork in which Bran shouts "fire" at tick 61."""
    out = parent.parent / "forks"
    entry = '{"do": "Bran.shout(fire)"}'
    npcsim("fork", parent, "--at", 60, "--until", 110, "--input", entry, "--out", out)
    return out / "village_morning-1"


@pytest.fixture(scope="module")
def told(parent: Path, shouted: Path) -> Difference:
    return Run.open(parent).diff(Run.open(shouted))


def test_a_fork_without_a_change_is_no_other_run(parent: Path, tmp_path: Path) -> None:
    npcsim("fork", parent, "--at", 60, "--out", tmp_path)
    fork = tmp_path / "village_morning-1"
    found = Run.open(parent).diff(Run.open(fork))
    assert found.same
    assert (found.reached, found.apart, found.endings, found.lines) == ((), (), (), ())
    assert len(found.untouched) == 12
    assert "They tell the same up to tick 120" in npcsim("diff", parent, fork).out


def test_the_story_leads_from_the_shout_to_those_who_heard_it(
    told: Difference, parent: Path, shouted: Path
) -> None:
    assert told.first is not None
    assert (told.first.tick, told.first.npc, told.hash) == (61, "Bran", 61)
    assert told.last == 110
    first, *rest = told.reached
    assert (first.npc, first.via, first.step, first.tick) == ("Bran", "input", 0, 61)
    assert first.text == "do Bran.shout(fire)"
    heard = [one for one in rest if one.tick == 62]
    assert heard
    for one in heard:
        assert (one.via, one.source, one.step) == ("memory", "Bran", 1)
        assert "fire" in one.text
    fire = {
        e.npc for e in Run.open(shouted).events("Remembered")
        if isinstance(e, ev.Remembered) and "fire" in e.text and e.tick == 62
    }  # fmt: skip
    assert fire == {one.npc for one in heard}
    hashes = [dict(Run.open(path).hashes()) for path in (parent, shouted)]
    assert next(t for t in range(111) if hashes[0][t] != hashes[1][t]) == told.hash


def test_who_was_never_reached_has_the_same_facts_to_the_end(
    told: Difference, parent: Path, shouted: Path
) -> None:
    everybody = {one.id for one in Run.open(parent).started.cast}
    assert {one.npc for one in told.reached} | set(told.untouched) == everybody
    assert told.untouched
    for npc in told.untouched:
        made = [
            [(e.tick, e.text) for e in Run.open(path).events("Decided", npc=npc, stop=111)
             if isinstance(e, ev.Decided) and e.npc == npc]
            for path in (parent, shouted)
        ]  # fmt: skip
        assert made[0] == made[1]
        assert not [one for one in told.endings if one.npc == npc and one.what != "tie"]


def test_the_ends_are_those_of_the_runs(told: Difference, parent: Path, shouted: Path) -> None:
    stand = [Run.open(path).at(110) for path in (parent, shouted)]
    gauges = [one for one in told.endings if one.what == "attribute"]
    assert gauges
    for one in gauges:
        row = stand[0]["npc"].index(one.npc)
        assert float(one.a) == pytest.approx(stand[0][one.name][row], abs=1e-3)
        assert float(one.b) == pytest.approx(stand[1][one.name][row], abs=1e-3)
    memories = {one.name: (one.a, one.b) for one in told.endings if one.what == "memory"}
    assert memories['Bran shouted "fire"'] == ("0", "1")
    assert {one.what for one in told.endings} >= {"attribute", "memory"}


class _Checked(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def test_text_json_and_page_tell_the_same(
    told: Difference, parent: Path, shouted: Path, tmp_path: Path
) -> None:
    text = npcsim("diff", parent, shouted).out
    assert "They part 06:05:05 (tick 61)" in text
    assert 'Bran shouted "fire"' in text
    data = json.loads(npcsim("diff", parent, shouted, "--json").out)
    assert data == json.loads(json.dumps(told.as_json()))
    assert "wrote" in npcsim("diff", parent, shouted, "--html", tmp_path / "d.html").out
    page = (tmp_path / "d.html").read_text(encoding="utf-8")
    parser = _Checked()
    parser.feed(page)
    assert parser.tags.count("circle") == len(told.reached)
    assert {"svg", "polyline", "table"} <= set(parser.tags)
    assert "script" not in parser.tags


def test_runs_of_other_clocks_can_not_be_compared(parent: Path, tmp_path: Path) -> None:
    other = Path(live("01_first_npc", tmp_path, "--ticks", 5, "--models", "off")["run"])
    assert "not equally long" in npcsim("diff", parent, other, code=1).err


@dataclass
class Told:
    """A log by hand."""

    name: str
    all: list[ev.Event]

    @property
    def started(self) -> ev.RunStarted:
        first = self.all[0]
        assert isinstance(first, ev.RunStarted)
        return first

    @property
    def last_tick(self) -> int:
        return self.all[-1].tick

    def packed(self, *, stop: int = 1 << 40) -> Iterator[tuple[int, ev.Packed]]:
        for number, event in enumerate(self.all):
            if event.tick < stop:
                yield first_seq(event.tick) + number, ev.pack(event)


def test_it_goes_from_how_one_began_to_whom_one_struck() -> None:
    log = crowd()
    start = log[0]
    assert isinstance(start, ev.RunStarted)
    stronger = np.array(start.initial)
    stronger[1] = 90.0
    other: list[ev.Event] = [replace(start, initial=stronger, seed=9)]
    for event in log[1:]:
        if isinstance(event, ev.Changed):
            event = replace(event, value=np.array([5.0, 40.0]))
        other.append(event)
    found = difference(Told("a", log), Told("b", other))
    assert [(one.npc, one.via, one.source, one.step) for one in found.reached] == [
        ("n1", "start", "", 0), ("n0", "harm", "n1", 1),
    ]  # fmt: skip
    assert [(fact.kind, fact.a, fact.b) for fact in found.start] == [("seed", "7", "9")]
    assert len(found.untouched) == 58
    ends = {(one.what, one.npc, one.name): (one.a, one.b) for one in found.endings}
    assert ends["attribute", "n1", "hp"] == ("100", "90")
    assert found.lines[0].name == "mean hp"


def test_a_death_in_one_run_alone_is_told() -> None:
    log = crowd()
    spared = [event for event in log if not isinstance(event, ev.Fell)]
    found = difference(Told("a", log), Told("b", spared))
    assert ("life", "n0", "", "down", "up") in [
        (one.what, one.npc, one.name, one.a, one.b) for one in found.endings
    ]
    assert found.hash == -1
    assert not found.same


def test_inputs_are_told_as_they_were_put_in() -> None:
    change = {"source": "fork", "change": ["npcs.Mara.speed=2"], "models": {}, "versions": {}}
    assert put_in(change) == "change npcs.Mara.speed=2"
    assert put_in({**change, "change": [], "models": {"local": "x/y"}}) == "change local to x/y"
    assert put_in({"tools": "import os", "file": "mine.py"}) == "tools of mine.py"
