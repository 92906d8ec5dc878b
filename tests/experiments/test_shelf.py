"""Sweeps whose runs all lie in a database server: lived, taken up, compared and exported there."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from npcsim.assembly.build import read
from npcsim.assembly.runs.session import Session, open_session
from npcsim.errors import OutOfReach, StoreError
from npcsim.experiments import living, shelf
from npcsim.experiments.book import Book, Row
from npcsim.experiments.design import read_design
from npcsim.experiments.living import lived
from npcsim.experiments.plan import plan
from npcsim.experiments.sweep import open_sweep, sweep
from npcsim.store import addresses, database, line, reading, server
from npcsim.store.listing import listed
from npcsim.store.run_store import Run
from tests.e2e.shell import npcsim
from tests.experiments.designs import design
from tests.postgres import Server


def same(out: Path, done: Path, url: str) -> None:
    """Every run is in the server once and whole, and the rows are those of the sweep in files."""
    found, whole = open_sweep(out), open_sweep(done)
    assert [row.id for row in found.rows] == [row.id for row in whole.rows]
    assert [row.hash for row in found.rows] == [row.hash for row in whole.rows]
    assert [row.measures for row in found.rows] == [row.measures for row in whole.rows]
    assert sorted(addresses.shown(one.path) for one in listed(url)) == sorted(
        row.run for row in found.rows
    )
    assert {one.state for one in listed(url)} == {"finished"}
    assert not (out / "runs").exists()


def test_a_sweep_into_a_server_is_as_one_into_files(
    done: Path, postgres: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    file = design(tmp_path)
    told = npcsim("sweep", file, "--out", out, "--store", postgres, "--processes", 1, "--quiet")
    assert "2 of 2 runs" in told.out
    same(out, done, postgres)
    for (row, run), (_, kept) in zip(open_sweep(out).runs(), open_sweep(done).runs(), strict=True):
        assert list(run.hashes()) == list(kept.hashes())
        assert run.name.startswith("heads-")
        assert row.id in run.name
    # The folder knows where its runs are: nothing more has to be said.
    assert npcsim("compare", out, "temper").out == npcsim("compare", done, "temper").out
    tables = []
    for name, folder in (("a", out), ("b", done)):
        npcsim("export", folder, "-o", tmp_path / name, "--table", "states")
        tables.append((tmp_path / name / "states.csv").read_text())
    assert tables[0] == tables[1]
    before = [one.created_utc for one in listed(postgres)]
    assert sweep(file, out=out).complete
    assert [one.created_utc for one in listed(postgres)] == before


def test_a_server_that_is_away_ends_the_sweep_and_what_failed_is_tried_again(
    own_server: Server, postgres: str, tmp_path: Path
) -> None:
    url = postgres if str(own_server.folder) in postgres else own_server.url
    mine, out = tmp_path / "mine.py", tmp_path / "out"
    mine.write_text("def fights(run):\n    raise ValueError('no')\n", "utf-8")
    file = design(tmp_path, measures="mine.py", factors={}, ticks=3, seeds=1)
    own_server.stop()
    try:
        with pytest.raises(StoreError, match="can't read"):
            sweep(file, out=out, processes=1, store=url)
    finally:
        own_server.start()
    assert not list(Book(out).rows())  # that was no run's fault
    (failed,) = sweep(file, out=out, processes=1).rows
    assert failed.state == "failed"
    assert len(listed(url)) == 1
    mine.write_text("def fights(run):\n    return 2\n", "utf-8")
    (row,) = sweep(file, out=out, processes=1, again=True).rows
    assert row.measures["fights"] == 2.0
    assert [addresses.shown(one.path) for one in listed(url)] == [row.run]


def test_where_runs_are_is_settled_when_it_begins(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Book(tmp_path / "a")
    with_password = postgres.replace("postgres@", "postgres:secret@")
    assert shelf.settled(book, with_password, "my heads") == with_password
    noted = json.loads((book.folder / shelf.NOTE).read_text())
    assert "secret" not in json.dumps(noted)
    assert noted["stem"].startswith("my_heads-")
    monkeypatch.setenv(addresses.VARIABLE, with_password)
    assert shelf.settled(book, None, "heads") == noted["store"]
    assert shelf.settled(book, "store:", "heads") == "store:"
    with pytest.raises(StoreError, match="take another folder"):
        shelf.settled(book, "postgresql://ann@elsewhere/d", "heads")
    for wrong in ("runs", f"{postgres}#town-1"):
        with pytest.raises(StoreError, match="is the URL of a database server"):
            shelf.settled(Book(tmp_path / "b"), wrong, "heads")
    files = Book(tmp_path / "c")
    assert shelf.settled(files, None, "heads") is None
    files.plan([])
    with pytest.raises(StoreError, match="are in that folder"):
        shelf.settled(files, postgres, "heads")


async def cut_off(file: Path, out: Path, url: str | None, ticks: int) -> str:
    """What a sweep leaves whose process died so many ticks into its one run. -> the run"""
    made = plan(read_design(file), file.parent)
    (planned,) = made.runs
    shelf.settled(Book(out), url, "heads")
    where, name = shelf.shelf_of(Book(out), url).begin(planned.id)
    built = read(made.scenario, planned.overrides)
    session = await open_session(built, models={}, out=where, ticks=made.design.ticks, name=name)
    await session.simulation.open()
    for _ in range(ticks):
        await session.simulation.step()
    await session.close()
    return session.path


async def test_a_run_that_is_still_locked_is_waited_for(postgres: str, tmp_path: Path) -> None:
    """Its writer has died, and the server has not noticed yet."""
    out, file = tmp_path / "out", design(tmp_path, factors={}, ticks=30, seeds=1)
    path = await cut_off(file, out, postgres, 12)
    where = addresses.address(path)
    with Run.open(path) as run:
        assert (run.state, run.last_tick) == ("running", 12)
        number = run.row()["id"]
    connection = server.engine_at(where, pooled=False).connect()
    server.claim(connection, where.schema, number, where.run)
    threading.Timer(1.0, connection.close).start()
    (row,) = (await asyncio.to_thread(sweep, file, out=out, processes=1)).rows
    assert (row.state, row.run) == ("done", addresses.shown(path))
    with Run.open(row.run) as run:
        assert run.count("Resumed") == 1
    (alone,) = (await asyncio.to_thread(sweep, file, out=tmp_path / "b", processes=1)).rows
    assert row.hash == alone.hash


@dataclass(frozen=True, slots=True, repr=False)
class Found(shelf.InServer):
    """One that was asked just before its server went away: it still knows where the run is."""

    where: str = ""

    def found(self, id: str) -> str | None:
        return self.where


async def taken_up(file: Path, out: Path, kept: shelf.Shelf) -> Row:
    """The row of the one run of a design, begun before."""
    made = plan(read_design(file), file.parent)
    (planned,) = made.runs
    return await lived(planned, Book(out), kept, made.scenario, ticks=30, models=False, own=None)


async def test_a_run_whose_server_is_away_stays_as_it_is(
    own_server: Server, own_postgres: str, tmp_path: Path
) -> None:
    out, file = tmp_path / "out", design(tmp_path, factors={}, ticks=30, seeds=1)
    path = await cut_off(file, out, own_postgres, 12)
    own_server.stop()
    try:
        with pytest.raises(OutOfReach):
            await taken_up(file, out, Found(own_postgres, "", path))
    finally:
        own_server.start()
    assert not list(Book(out).rows())
    with Run.open(path) as run:
        assert (run.state, run.last_tick) == ("running", 12)


async def test_a_run_that_loses_its_server_is_kept_and_goes_on_later(
    own_server: Server, own_postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no row, so `--again` has nothing to delete."""
    out, file = tmp_path / "out", design(tmp_path, factors={}, ticks=30, seeds=1)
    shelf.settled(Book(out), own_postgres, "heads")
    kept, whole = shelf.shelf_of(Book(out), own_postgres), living.to_the_end

    async def losing(session: Session) -> object:
        assert session.writer is not None
        await session.simulation.open()
        for _ in range(12):
            await session.simulation.step()
        session.writer.flush()
        own_server.stop()
        return await whole(session)

    with monkeypatch.context() as patch:
        patch.setattr(line, "PATIENCE_SECONDS", 0.3)
        patch.setattr(living, "to_the_end", losing)
        try:
            with pytest.raises(OutOfReach, match="ticks up to 12 are safe"):
                await taken_up(file, out, kept)
        finally:
            own_server.start()
    assert not list(Book(out).rows())
    row = await taken_up(file, out, kept)
    assert row.state == "done"
    with Run.open(row.run) as run:
        assert [event.tick for event in run.events("Resumed")] == [13]


@pytest.mark.parametrize("code", ["53300", "57014", "42501", None])
async def test_a_server_that_refuses_a_moment_costs_no_run(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str | None
) -> None:
    """Too many clients, a query that was ended: only the next question finds it there again."""
    import psycopg

    out, file = tmp_path / "out", design(tmp_path, factors={}, ticks=30, seeds=1)
    path = await cut_off(file, out, postgres, 12)
    kept = shelf.shelf_of(Book(out), postgres)
    why = psycopg.errors.lookup(code)("no") if code else psycopg.OperationalError("no")

    def refused(*_: object) -> None:
        raise sa.exc.OperationalError("SELECT", {}, why)

    with monkeypatch.context() as patch:
        patch.setattr(reading, "own_row", refused)
        with pytest.raises(OutOfReach, match="can't read"):
            await taken_up(file, out, kept)
    row = await taken_up(file, out, kept)
    assert row.state == "done"
    with Run.open(path) as run:
        assert run.count("Resumed") == 1


async def test_a_file_that_is_busy_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, file = tmp_path / "out", design(tmp_path, factors={}, ticks=30, seeds=1)
    path = await cut_off(file, out, None, 12)
    kept = shelf.InFolder(Book(out))
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(living, "LOCKED_SECONDS", 0.1)
    with closing(sqlite3.connect(Path(path) / "run.db")) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM events").fetchall()
        with pytest.raises(server.Locked):
            await taken_up(file, out, kept)
    assert (await taken_up(file, out, kept)).state == "done"
    with Run.open(path) as run:
        assert run.count("Resumed") == 1


@pytest.mark.soak
def test_a_killed_sweep_into_a_server_loses_and_doubles_nothing(
    done: Path, postgres: str, tmp_path: Path
) -> None:
    file, out = design(tmp_path), tmp_path / "out"
    command = [
        sys.executable, "-m", "npcsim", "sweep", str(file), "--out", str(out), "--quiet",
        "--store", postgres, "--processes", "2",
    ]  # fmt: skip
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while not any(begun(postgres)) and time.monotonic() < until:
        time.sleep(0.05)
    started.send_signal(signal.SIGKILL)
    started.wait()
    assert any(begun(postgres))
    assert sweep(file, out=out, processes=2).complete
    same(out, done, postgres)


def begun(url: str) -> list[str]:
    """The runs there are, before there are tables too."""
    try:
        return [one.name for one in listed(url)]
    except StoreError:
        return []
