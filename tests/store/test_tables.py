"""What happened in a run, as tables."""

from __future__ import annotations

import builtins
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import npcsim
from npcsim import events as ev
from npcsim.models.scripted import Scripted
from npcsim.store.run_store import Run
from npcsim.store.sheets import SHEETS
from npcsim.store.table import Column, Table
from tests.e2e.shell import ROOT
from tests.store.samples import every_kind, make_run

ASKED = "npcs decisions landings calls measures deaths speech goals".split()


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A hundred ticks of the village morning with a model that is a script."""
    return npcsim.run(
        ROOT / "scenarios" / "03_village_morning.yaml",
        models={"local": Scripted()},
        ticks=100,
        out=tmp_path_factory.mktemp("runs"),
    )


@pytest.fixture(scope="module")
def brawl(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return npcsim.run("tavern_brawl", models={}, ticks=300, out=tmp_path_factory.mktemp("runs"))


def kept(run: Run, kind: type[Any]) -> list[Any]:
    return list(run.events(kind.__name__))


def test_every_column_has_its_meaning() -> None:
    assert set(ASKED) <= set(SHEETS)
    for name, sheet in SHEETS.items():
        assert sheet.name == name
        names = [column.name for column in sheet.columns]
        assert len(set(names)) == len(names)
        assert all(column.meaning.endswith(".") for column in sheet.columns), name
        assert set(sheet.kinds) <= set(ev.KINDS)


@pytest.mark.parametrize("name", SHEETS)
def test_every_table_can_be_had_of_a_run(village: Run, brawl: Run, name: str) -> None:
    for run in (village, brawl):
        table = run.table(name)
        assert table.keys() == tuple(column.name for column in run.tables[name].columns)
        assert {len(table[column]) for column in table} == {len(table)}
        assert [list(row) for row in table.rows()] == [list(table)] * len(table)


def test_tables_count_what_the_log_says(village: Run, brawl: Run) -> None:
    assert village.table("npcs")["id"] == [one.id for one in village.started.cast]
    decided = village.table("decisions")
    assert decided["text"] == [event.text for event in kept(village, ev.Decided)]
    assert "local" in decided["tier"]
    assert len(village.table("weighed")) == sum(decided["options"])
    assert sum(village.table("weighed")["taken"]) == sum(
        event.pick >= 0 for event in kept(village, ev.Decided)
    )
    assert len(village.table("landings")) == len(kept(village, ev.Landed)) > 0
    calls, made = village.table("calls"), list(village.calls())
    assert calls["thought"] == [one.call.thought for one in made]
    assert set(calls["npc"]) <= set(village.table("npcs")["id"])
    assert len(calls) > 0
    speech = village.table("speech")
    assert len(speech) == sum(event.about == "speech" for event in kept(village, ev.Signalled)) > 0
    goals = Counter(village.table("goals")["how"])
    assert goals["started"] == len(kept(village, ev.GoalStarted)) > 0
    measured = brawl.table("measures")
    assert measured["value"] == [event.value for event in kept(brawl, ev.Measured)]
    assert len(measured) > 0
    assert len(brawl.table("states")) == sum(len(e.who) for e in kept(brawl, ev.StateChanged)) > 0
    assert len(brawl.table("attributes")) == sum(len(e.who) for e in kept(brawl, ev.Changed)) > 0


def test_deaths_are_told() -> None:
    run = npcsim.run("02_guards_and_bandits", models={}, ticks=400)
    deaths = run.table("deaths")
    assert deaths["npc"] == [event.npc for event in kept(run, ev.Fell)]
    assert len(deaths) > 0
    assert set(deaths["by"]) <= {"", *run.table("npcs")["id"]}
    assert set(deaths["how"]) == {"dead"}  # `combat: death`
    out = npcsim.run(
        "02_guards_and_bandits", models={}, ticks=400, overrides=["rules.combat=knockout"]
    )
    assert set(out.table("deaths")["how"]) == {"knocked out"}


def test_logs_from_before_it_was_kept_do_not_say_how_somebody_fell() -> None:
    packed = ev.pack(ev.Fell(1, "tom", "mara", "attack", "dead"))
    before = packed.payload.replace(b',"how":"dead"', b"")
    assert before != packed.payload
    assert ev.unpack(replace(packed, payload=before)) == ev.Fell(1, "tom", "mara", "attack", "")


def test_times_are_the_simulations(village: Run) -> None:
    table = village.table("decisions")
    row = next(table.rows())
    assert row["seconds"] == row["tick"] * village.started.tick_ms / 1000
    assert row["time"].startswith("day 1 06:")


def test_rows_of_one_npc_and_of_a_time(village: Run, brawl: Run) -> None:
    whole = village.table("acts")
    mine = village.table("acts", npc="Mara")
    assert list(mine.rows()) == [row for row in whole.rows() if row["npc"] == "Mara"]
    assert 0 < len(mine) < len(whole)
    late = village.table("acts", start="06:05", stop=90)
    assert list(late.rows()) == [row for row in whole.rows() if 60 <= row["tick"] < 90]
    calls = village.table("calls", start=60)
    assert min(calls["tick"]) >= 60
    assert village.table("npcs", npc="Mara")["id"] == ["Mara"]
    states = brawl.table("states")
    one = states["npc"][0]
    assert list(brawl.table("states", npc=one).rows()) == [
        row for row in states.rows() if row["npc"] == one
    ]


def test_events_of_one_npc(village: Run, brawl: Run) -> None:
    for event in village.events("Decided", npc="Mara"):
        assert isinstance(event, ev.Decided)
        assert event.npc == "Mara"
    kinds = {type(event).__name__ for event in village.events(npc="Mara")}
    assert {"Decided", "ActStarted", "Remembered", "Moved"} <= kinds
    assert "RunStarted" not in kinds
    serial = {one.id: one.serial for one in brawl.started.cast}["Rolf"]
    shifts = [e for e in kept(brawl, ev.StateChanged) if serial in e.who.tolist()]
    assert len(list(brawl.events("StateChanged", npc="Rolf"))) == len(shifts) > 0
    ticks = [event.tick for event in village.events("TickEnded", start="06:05", stop="06:06")]
    assert ticks == list(range(60, 72))


def test_what_there_is_not_is_told_with_the_nearest(village: Run) -> None:
    with pytest.raises(KeyError, match="no table 'decision'; did you mean 'decisions'"):
        village.table("decision")
    with pytest.raises(KeyError, match="goals has no column 'goals'; did you mean 'goal'"):
        village.table("goals")["goals"]
    with pytest.raises(ValueError, match="no NPC 'Maro' in the run; did you mean 'Mara'"):
        village.table("decisions", npc="Maro")
    with pytest.raises(ValueError, match="no NPC 'Maro'"):
        list(village.events(npc="Maro"))
    with pytest.raises(ValueError, match="no event 'Decide'; did you mean 'Decided'"):
        list(village.events("Decide"))
    with pytest.raises(ValueError, match="expected a time"):
        village.table("decisions", start="noon")


def test_every_kind_of_event_can_name_somebody(tmp_path: Path) -> None:
    run = Run.open(make_run(tmp_path / "run", 1, every_kind))
    cast = run.started.cast[0]
    assert all(not isinstance(e, ev.RunStarted) for e in run.events(npc=cast.id))


def test_pandas_takes_a_table(village: Run) -> None:
    pandas = pytest.importorskip("pandas", reason="comes with the extra `bench`")
    table = village.table("decisions")
    frame = table.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame.columns) == list(table.keys())
    assert len(frame) == len(table)
    assert len(village.table("deaths").to_pandas().columns) == 7


def test_without_pandas_it_is_said_what_to_install(
    village: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "pandas":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(npcsim.MissingExtra, match="pip install pandas"):
        village.table("goals").to_pandas()


def test_html_is_escaped_and_short(village: Run) -> None:
    evil = "<script>alert(1)</script>"
    table = Table(evil, evil, (Column(evil, evil, ""),), {evil: [evil + "x" * 500] * 30})
    html = table._repr_html_()
    assert "<script" not in html
    assert html.count("<tr>") == 21
    assert "x" * 200 not in html
    shown = village._repr_html_()
    assert "finished" in shown
    assert "decisions" in shown
    assert "<Run village_morning-1: finished, 100 ticks" in repr(village)
    assert repr(village.table("npcs")).startswith("<Table npcs: 12 rows of id, name")


@pytest.mark.parametrize("name", ["02_guards_and_bandits", "tavern_brawl"])
async def test_how_everybody_stood_is_how_the_world_was(name: str, tmp_path: Path) -> None:
    """From snapshots and events, the very numbers that the world had."""
    stood: dict[int, list[tuple[Any, ...]]] = {}
    every = ["log.snapshot=70 s"]
    async with npcsim.load(name, models={}, ticks=200, overrides=every, out=tmp_path) as simulation:
        for tick in (0, 33, 70, 150, 200):
            await simulation.run_until(tick)
            columns = simulation.world.columns
            names = ("x", "y", "alive", *simulation.world.setting.gauges)
            stood[tick] = [tuple(columns[one].tolist()) for one in names]
    (folder,) = tmp_path.iterdir()
    run = Run.open(folder)
    assert len(run.snapshots()) > 2
    for tick, columns in stood.items():
        table = run.at(tick)
        assert [tuple(table[one]) for one in names] == columns
        assert all(table["state"])
    assert run.at(run.last_tick)["npc"] == run.table("npcs")["id"]
    with pytest.raises(ValueError, match="ends with tick 200"):
        run.at(201)
