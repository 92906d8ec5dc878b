"""Opening a run to write it: a new one or one that is there, in its own file or in a server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from npcsim.errors import StoreError
from npcsim.store import addresses, database, reading, rows, server, versions
from npcsim.store.addresses import Address
from npcsim.store.line import Held, Line
from npcsim.store.rows import Packer

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Opened:
    """A run that may be written: its line, what makes its rows, its name, and what opens it.

    `path` may hold a password; `shown` is the same for people.
    """

    line: Line
    packer: Packer
    name: str
    path: str
    shown: str


def new_in_folder(folder: Path, name: str, bundle: bytes, disk: bool) -> Opened:
    """A new run in `folder`/run.db. Raises `StoreError`."""
    shown = str(folder)
    engine = database.new_file(folder, disk)

    def begin(connection: sa.Connection) -> tuple[int, bytes]:
        versions.ready(connection, shown)
        begun = database.begin_run(connection, name, bundle)
        connection.commit()
        return begun

    connection, (run, start) = _connected(engine, begin, f"can't begin a run in {shown}")
    return Opened(Line(connection), Packer(run, start), name, shown, shown)


def new_at(url: str, stem: str, bundle: bytes, disk: bool) -> Opened:
    """A new run in a server, `stem` with a number. Raises `StoreError` and `MissingExtra`."""
    where = addresses.address(url)
    if where.run:
        raise StoreError(f"{where.shown}: a new run is given its name there, not {where.run!r}")

    def begin(connection: sa.Connection) -> tuple[int, bytes, str]:
        prepare(connection, where)
        server.queue(connection, where.schema)
        name = server.new_name(connection, stem)
        run, start = database.begin_run(connection, name, bundle)
        # Claimed before anybody else can know of it.
        server.claim(connection, where.schema, run, where.of(name)[1])
        connection.commit()
        return run, start, name

    engine = server.engine_at(where, disk=disk, pooled=False)
    connection, (run, start, name) = _connected(
        engine, begin, f"can't begin a run in {where.shown}"
    )
    path, shown = where.of(name)
    line = Line(connection, Held(where, engine, run, shown))
    return Opened(line, Packer(run, start), name, path, shown)


def again_in_folder(path: Path, disk: bool) -> Opened:
    """The run of a folder or file, to go on with. Raises `StoreError`."""
    folder = path if path.is_dir() else path.parent
    shown = str(folder)
    engine = database.file_again(folder / "run.db", disk)
    with reading.explaining(shown):
        connection = engine.connect()
    try:
        with reading.explaining(shown):
            if versions.version(connection) is not None:
                versions.ready(connection, shown)
                connection.commit()
            packer, name = _going_on(connection, "1", shown)
    except BaseException:
        connection.close()
        raise
    return Opened(Line(connection), packer, name, shown, shown)


def again_at(url: str, disk: bool) -> Opened:
    """A run of a server, to go on with. Raises `StoreError` and `MissingExtra`."""
    where = addresses.address(url)

    def begin(connection: sa.Connection) -> tuple[Packer, str]:
        if versions.version(connection) is not None:
            prepare(connection, where)
            connection.commit()
        row = reading.own_row(connection, where.run, where.whole)
        server.claim(connection, where.schema, row["id"], where.whole)
        return _going_on(connection, str(row["id"]), where.whole)

    engine = server.engine_at(where, disk=disk, pooled=False)
    connection, (packer, name) = _connected(engine, begin, f"can't go on with {where.whole}")
    line = Line(connection, Held(where, engine, packer.run, where.whole))
    return Opened(line, packer, name, *where.of(where.run))


def filled_in(folder: Path, fill: Callable[[sa.Connection], int]) -> None:
    """A new folder/run.db that holds what `fill` writes. Raises `StoreError`."""
    shown = str(folder)
    engine = database.new_file(folder)
    with reading.explaining(shown), engine.connect() as connection:
        versions.ready(connection, shown)
        fill(connection)
        database.settle(connection)
    engine.dispose()


def filled_at(url: str, fill: Callable[[sa.Connection], int]) -> str:
    """A run of a server that `fill` writes and gives the number of. -> what opens it"""
    where = addresses.address(url)
    engine = server.engine_at(where, pooled=False)

    def begin(connection: sa.Connection) -> int:
        prepare(connection, where)
        return fill(connection)

    connection, run = _connected(engine, begin, f"can't take a run into {where.shown}")
    connection.close()
    return where.of(str(run))[0]


def brought_up(where: str) -> str:
    """Bring the tables of a server, or of one run's folder, up. -> the version they had

    Raises `StoreError` where there are none, where somebody writes them, or for later ones.
    """

    def there(connection: sa.Connection) -> str:
        found = versions.version(connection)
        if found is None:
            raise StoreError(f"{addresses.shown(where)} has no tables of runs")
        return found

    if not addresses.is_address(where):
        path = Path(where)
        engine = database.file_again(path / "run.db" if path.is_dir() else path)
        with reading.explaining(where), engine.connect() as connection:
            found = there(connection)
            versions.ready(connection, where)
            connection.commit()
            database.settle(connection)
        return found
    server_of = addresses.address(where)
    engine = server.engine_at(server_of, pooled=False)
    with reading.explaining(server_of.shown), engine.connect() as connection:
        found = there(connection)
        prepare(connection, server_of)
        connection.commit()
    return found


def deleted(url: str) -> str:
    """Delete a run of a server for good. -> it, for people. Raises `StoreError`."""
    where = addresses.address(url)
    engine = server.engine_at(where, pooled=False)
    with reading.explaining(where.whole), engine.connect() as connection:
        versions.check(connection, where.whole)
        run = int(reading.own_row(connection, where.run, where.whole)["id"])
        server.claim(connection, where.schema, run, where.whole)
        delete_rows(connection, run)
        connection.commit()
    return where.whole


def delete_rows(connection: sa.Connection, run: int) -> None:
    """Delete all that a server has of a run, which is claimed."""
    for table in (database.events, database.calls, database.snapshots, database.notes):
        connection.execute(sa.delete(table).where(table.c.run == run))
    connection.execute(sa.delete(database.runs).where(database.runs.c.id == run))


def size(url: str) -> int:
    """Bytes of all tables of a server's schema, with their indexes. Raises `StoreError`."""
    where = addresses.address(url)
    engine = server.engine_at(where, pooled=False)
    with reading.reading(engine, where.shown) as connection:
        each = (f'{where.schema}."{table.name}"' for table in database.META.sorted_tables)
        query = " + ".join(f"pg_total_relation_size('{one}')" for one in each)
        return int(connection.exec_driver_sql(f"SELECT {query}").scalar_one())


def dropped(url: str) -> None:
    """Drop a server's whole schema with all runs in it, for good. Raises `StoreError`."""
    where = addresses.address(url)
    engine = server.engine_at(where, pooled=False)
    with reading.explaining(where.shown), engine.begin() as connection:
        connection.exec_driver_sql(f'DROP SCHEMA IF EXISTS "{where.schema}" CASCADE')


def prepare(connection: sa.Connection, where: Address) -> str | None:
    """Make the tables of a server, or bring them up. -> the version they had"""
    found = versions.version(connection)
    if found != versions.LATEST:
        server.make_schema(connection, where.schema)
        found = versions.ready(connection, where.shown)
    return found


def _connected(
    engine: sa.Engine, begin: Callable[[sa.Connection], _Found], failed: str
) -> tuple[sa.Connection, _Found]:
    try:
        connection = engine.connect()
        try:
            return connection, begin(connection)
        except BaseException:
            connection.close()
            raise
    except (sa.exc.SQLAlchemyError, OSError) as error:
        raise server.kind_of(error)(f"{failed}: {database.reason(error)}") from error


def _going_on(connection: sa.Connection, which: str, shown: str) -> tuple[Packer, str]:
    """What makes rows that follow a run's last ones, and its name."""
    row = reading.own_row(connection, which, shown)
    start = rows.genesis(row["format"], row["name"], row["created_utc"], row["bundle"])
    imported = reading.check_seal(row, start, shown)
    events = database.last_row(connection, database.events, row["id"])
    calls = database.last_row(connection, database.calls, row["id"])
    connection.rollback()  # it only read
    return Packer(row["id"], start, events, calls, imported), str(row["name"])
