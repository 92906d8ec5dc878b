"""Runs in a PostgreSQL server: the same log, many of them in the same tables, one writer each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from npcsim.errors import StoreError
from npcsim.events import pack
from npcsim.store import addresses, opening, server
from npcsim.store.listing import listed
from npcsim.store.run_store import Run, RunWriter
from npcsim.store.sharing.exporting import export
from npcsim.store.sharing.importing import take_in
from tests.e2e.shell import npcsim
from tests.store.samples import CALLS, every_kind, quick_tick


def written(url: str, stem: str, ticks: int = 5) -> str:
    """A finished run. -> what opens it"""
    with RunWriter.begin(url, stem, bundle=b"bundle") as writer:
        for tick in range(ticks):
            writer.write_tick(tick, every_kind(tick), CALLS if tick == 1 else ())
        writer.write_snapshot(ticks - 1, b"snapshot")
        writer.finish({"ticks": ticks})
    return writer.path


def change(url: str, statement: str) -> None:
    engine = server.engine_at(addresses.address(url))
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_what_goes_in_comes_out_and_is_the_same_as_in_a_file(postgres: str, tmp_path: Path) -> None:
    made = [event for tick in range(5) for event in every_kind(tick)]
    with Run.open(written(postgres, "town")) as run:
        assert (run.name, run.bundle, run.state) == ("town-1", b"bundle", "finished")
        assert (run.summary, run.last_tick, run.snapshots()) == ({"ticks": 5}, 4, [4])
        assert run.snapshot(4) == b"snapshot"
        assert [packed for _, packed in run.packed()] == [pack(event) for event in made]
        assert [kept.call for kept in run.calls()][:2] == list(CALLS[:2])
        assert list(run.hashes()) == [(tick, f"{tick:032x}") for tick in range(5)]
        assert run.count("Fell") == 5


def test_names_are_numbered_and_each_run_is_found_by_its_own(postgres: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda n: written(postgres, "a_b" if n % 2 else "a_", 1), range(8)))
    names = {addresses.address(path).run for path in paths}
    assert names == {f"a_b-{n}" for n in range(1, 5)} | {f"a_-{n}" for n in range(1, 5)}
    found = listed(postgres)
    assert {one.name for one in found} == names
    assert {one.state for one in found} == {"finished"}
    with Run.open(paths[3]) as run:
        run.note("tag", add="good")
        assert run.tags == ("good",)
    with Run.open(paths[4]) as run:
        assert run.tags == ()
    with pytest.raises(StoreError, match="may hold many runs"):
        Run.open(postgres)
    with pytest.raises(StoreError, match="no run 'gone'"):
        Run.open(f"{postgres}#gone")


def test_one_writes_a_run_and_many_read_it(postgres: str) -> None:
    with RunWriter.begin(postgres, "town", bundle=b"") as writer:
        writer.write_tick(0, quick_tick(0))
        writer.flush()
        with pytest.raises(StoreError, match=r"#town-1 is locked by another program"):
            RunWriter.reopen(writer.path)
        with Run.open(writer.path) as run:
            assert (run.state, run.last_tick) == ("running", 0)
            writer.write_tick(1, quick_tick(1))
            writer.flush()
            assert run.last_tick == 1
    with RunWriter.reopen(writer.path) as again:  # cut off, so there to go on with
        again.write_tick(2, quick_tick(2))
        again.finish({})
    with RunWriter.reopen(writer.path) as more:  # and a finished one too
        more.write_tick(3, quick_tick(3))
        more.finish({"more": True})
    with Run.open(writer.path) as run:
        assert [event.tick for event in run.events()] == [t for t in range(4) for _ in range(3)]
        assert (run.state, run.summary) == ("finished", {"more": True})


def test_damage_is_found(postgres: str) -> None:
    path = written(postgres, "town", 3)
    other = written(postgres, "town", 3)
    change(path, "UPDATE events SET payload = payload || ' ' WHERE run = 1 AND tick = 2")
    with Run.open(path) as run, pytest.raises(StoreError, match="damaged at tick 2: row"):
        list(run.events())
    with Run.open(other) as run:
        assert len(list(run.events())) == 3 * len(every_kind(0))
    change(path, "UPDATE runs SET summary = 'x' WHERE id = 1")
    with pytest.raises(StoreError, match="does not match its seal"):
        Run.open(path)


def test_a_run_goes_from_a_server_into_a_file_and_back(postgres: str, tmp_path: Path) -> None:
    import npcsim

    with npcsim.run("01_first_npc", models={}, ticks=5, out=postgres) as run:
        hashes = list(run.hashes())
        export(run, tmp_path / "town.npcrun")
    folder = take_in(tmp_path / "town.npcrun", tmp_path / "runs")
    back = take_in(tmp_path / "town.npcrun", postgres)
    for path in (folder, back):
        with Run.open(path) as run:
            assert list(run.hashes()) == hashes
            assert run.notes("imported") == ("town.npcrun",)
            assert not run.trusted
    # Two runs of one name are told apart by number.
    with pytest.raises(StoreError, match="give its number"):
        Run.open(f"{postgres}#{run.name}")


def test_what_is_no_store_is_refused_in_words(postgres: str) -> None:
    with pytest.raises(StoreError, match="it lacks the tables of one"):
        Run.open(f"{postgres}#1")
    with pytest.raises(StoreError, match=r"can't read .*socket"):
        Run.open("postgresql://ann:secret@/d?host=/nowhere#1")
    with pytest.raises(StoreError, match=r"can't begin a run in .*socket") as told:
        RunWriter.begin("postgresql://ann:secret@/d?host=/nowhere", "a", bundle=b"")
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("disk", [False, True])
def test_on_disk_means_that_the_server_waits_for_its_own(postgres: str, disk: bool) -> None:
    sign = "%3D"
    url = f"{postgres}&options=-csynchronous_commit{sign}off"
    engine = server.engine_at(addresses.address(url), disk=disk)
    with engine.connect() as connection:
        said = connection.execute(sa.text("SHOW synchronous_commit")).scalar_one()
    engine.dispose()
    assert said == ("on" if disk else "off")


def test_a_run_is_deleted_and_others_stay(postgres: str, tmp_path: Path) -> None:
    gone, kept = written(postgres, "town", 2), written(postgres, "town", 2)
    with Run.open(gone) as run:
        run.note("tag", add="good")
    with RunWriter.reopen(gone), pytest.raises(StoreError, match="is locked"):
        opening.deleted(gone)
    assert npcsim("runs", "delete", gone, "--yes").out == f"deleted {addresses.shown(gone)}\n"
    with pytest.raises(StoreError, match="no run 'town-1'"):
        Run.open(gone)
    with Run.open(kept) as run:
        assert (len(list(run.events())), len(list(run.calls()))) == (2 * len(every_kind(0)), 3)
    assert "is a folder" in npcsim("runs", "delete", tmp_path, "--yes", code=1).err
    with Run.open(written(postgres, "town", 1)) as run:
        assert (run.name, run.tags) == ("town-3", ())
