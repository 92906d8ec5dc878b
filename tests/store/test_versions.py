"""Stores of an earlier schema are read as they are, brought up when written to, or refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from npcsim.errors import StoreError
from npcsim.store import addresses, database, server, versions
from npcsim.store.run_store import Run, RunWriter
from tests.e2e.shell import npcsim
from tests.store.samples import make_run, quick_tick

OLD = (Path(__file__).parent / "schema_0001.sql").read_text()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where runs are put, in either database."""
    if request.param == "sqlite":
        return tmp_path / "runs"
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def connection(place: Path | str) -> Iterator[sa.Connection]:
    """An empty database."""
    if isinstance(place, str):
        where = addresses.address(place)
        engine = server.engine_at(where, pooled=False)
    else:
        engine = database.new_file(place)
    with engine.connect() as made:
        if isinstance(place, str):
            server.make_schema(made, where.schema)
            made.commit()
        yield made
    engine.dispose()


def tables(connection: sa.Connection) -> dict[str, list[str]]:
    """Tables with their columns, types and indexes, in words."""
    inspector = sa.inspect(connection)
    return {
        name: sorted(
            [
                *(f"{c['name']} {c['type']} {c['nullable']}" for c in inspector.get_columns(name)),
                *(f"index {i['name']} {i['column_names']}" for i in inspector.get_indexes(name)),
                f"key {inspector.get_pk_constraint(name)['constrained_columns']}",
                *(f"to {k['referred_table']}" for k in inspector.get_foreign_keys(name)),
            ]
        )
        for name in inspector.get_table_names()
    }


def test_scripts_and_fresh_tables_come_to_the_same(connection: sa.Connection) -> None:
    assert versions.ready(connection, "x") is None
    fresh = tables(connection)
    connection.rollback()
    assert tables(connection) == {}
    if connection.dialect.name == "sqlite":
        versions._alone(connection)
    versions.migrate(connection, "0001")
    assert versions.version(connection) == "0001"
    versions.migrate(connection, versions.LATEST)
    assert versions.version(connection) == versions.LATEST
    assert tables(connection) == fresh


def test_the_names_of_versions_are_those_of_the_scripts() -> None:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(versions._MIGRATIONS))
    known = [one.revision for one in scripts.walk_revisions()]
    assert known[::-1] == [*versions.EARLIER, versions.LATEST]
    assert scripts.get_heads() == [versions.LATEST]


def old_file(folder: Path) -> Path:
    """A run as npcsim wrote it before stores had versions: its tables, with the same rows."""
    new = make_run(folder / "new") / "run.db"
    (folder / "old").mkdir()
    with closing(sqlite3.connect(folder / "old" / "run.db")) as raw:
        raw.executescript(OLD)
        raw.execute("ATTACH ? AS new", (str(new),))
        for name in ("runs", "events", "calls", "snapshots"):
            raw.execute(f"INSERT INTO {name} SELECT * FROM new.{name}")
        raw.commit()
    return folder / "old"


def version_of(folder: Path) -> str | None:
    engine = database.old_file(folder / "run.db")
    with engine.connect() as connection:
        return versions.version(connection)


def test_a_file_of_old_is_read_as_it_is_and_brought_up_by_who_writes(tmp_path: Path) -> None:
    folder = old_file(tmp_path)
    before = (folder / "run.db").read_bytes()
    with Run.open(folder) as run:
        assert (run.summary, run.tags, len(list(run.events()))) == ({"ticks": 5}, (), 15)
    assert (folder / "run.db").read_bytes() == before
    with closing(sqlite3.connect(folder / "run.db")) as raw:
        payloads = raw.execute("SELECT chain, payload, blob FROM events").fetchall()
    with RunWriter.reopen(folder) as writer:
        writer.write_tick(5, quick_tick(5))
        writer.finish({"ticks": 6})
    assert version_of(folder) == versions.LATEST
    with Run.open(folder) as run:
        assert (run.summary, len(list(run.events())), len(list(run.calls()))) == (
            {"ticks": 6},
            18,
            3,
        )
    with closing(sqlite3.connect(folder / "run.db")) as raw:
        assert raw.execute("SELECT chain, payload, blob FROM events").fetchall()[:15] == payloads


def test_a_note_brings_a_file_up_too_and_keeps_notes_of_old(tmp_path: Path) -> None:
    folder = old_file(tmp_path)
    with closing(sqlite3.connect(folder / "run.db")) as raw:
        raw.execute(
            "CREATE TABLE notes (run INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, "
            "seal BLOB NOT NULL, PRIMARY KEY (run, kind, text))"
        )
    with Run.open(folder) as run:
        run.note("tag", add="first")
        assert run.tags == ("first",)
    assert version_of(folder) == versions.LATEST
    with Run.open(folder) as run:
        run.note("tag", add="second")
        assert run.tags == ("first", "second")


def test_a_migration_that_breaks_off_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = old_file(tmp_path)
    before = (folder / "run.db").read_bytes()

    def broken(connection: sa.Connection, to: str) -> None:
        migrate(connection, to)
        raise sa.exc.OperationalError("x", {}, Exception("the lights went out"))

    migrate = versions.migrate
    monkeypatch.setattr(versions, "migrate", broken)
    with pytest.raises(StoreError, match="the lights went out"):
        RunWriter.reopen(folder)
    assert version_of(folder) == "0001"
    with closing(sqlite3.connect(folder / "run.db")) as raw:
        raw.execute("PRAGMA journal_mode=DELETE")
    assert len((folder / "run.db").read_bytes()) == len(before)


def test_a_server_of_old_is_brought_up_with_the_first_run(postgres: str) -> None:
    where = addresses.address(postgres)
    engine = server.engine_at(where, pooled=False)
    path = RunWriter.begin(postgres, "old", bundle=b"")
    path.write_tick(0, quick_tick(0))
    path.finish({})
    with engine.begin() as connection:
        versions.migrate(connection, "0001")
        connection.exec_driver_sql(f"DROP TABLE {versions.TABLE}")
    with Run.open(path.path) as run:
        assert len(list(run.events())) == 3
    RunWriter.begin(postgres, "new", bundle=b"").close()
    with engine.begin() as connection:
        assert versions.version(connection) == versions.LATEST
    with Run.open(path.path) as run:
        assert len(list(run.events())) == 3
    engine.dispose()


def test_a_store_of_a_newer_npcsim_is_refused_by_name(place: Path | str) -> None:
    with RunWriter.begin(place, "town", bundle=b"") as writer:
        writer.write_tick(0, quick_tick(0))
    engine = (
        server.engine_at(addresses.address(place), pooled=False)
        if isinstance(place, str)
        else sa.create_engine(f"sqlite:///{writer.path}/run.db")
    )
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {versions.TABLE} SET version_num = '0099'")
    engine.dispose()
    told = "schema 0099, made by a newer npcsim; this one knows them up to 0002: upgrade npcsim"
    for go in (Run.open, RunWriter.reopen):
        with pytest.raises(StoreError, match=told):
            go(writer.path)
    if isinstance(place, str):
        with pytest.raises(StoreError, match=told):
            RunWriter.begin(place, "town", bundle=b"")


def test_all_runs_of_a_folder_are_brought_up_at_once(tmp_path: Path) -> None:
    old = old_file(tmp_path)
    before = npcsim("runs", "migrate", tmp_path).out.splitlines()
    assert before == [
        f"{tmp_path / 'new'}: tables of 0002, as they are now",
        f"{old}: tables of 0001, brought up to 0002",
    ]
    assert version_of(old) == versions.LATEST
    assert sorted(path.name for path in old.iterdir()) == ["run.db"]


def test_a_server_is_brought_up_by_hand_too(postgres: str) -> None:
    assert "no tables of runs" in npcsim("runs", "migrate", postgres, code=1).err
    RunWriter.begin(postgres, "town", bundle=b"").close()
    engine = server.engine_at(addresses.address(postgres), pooled=False)
    with engine.begin() as connection:
        versions.migrate(connection, "0001")
    assert "tables of 0001, brought up to 0002" in npcsim("runs", "migrate", postgres).out
    assert "tables of 0002, as they are now" in npcsim("runs", "migrate", postgres).out
