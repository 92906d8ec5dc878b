"""The tables of a run, and how a database is opened to write one or to read one.

SQLite by default: a file per run, write-ahead log, one writing connection. In a PostgreSQL server
(`server.py`) many runs share the tables, so every row has its run. Whoever changes a table here
writes a migration for what is there already (`versions.py`).
Wide columns stand last: SQLite then skips a row's blob without reading it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from npcsim.errors import BrokenInvariant, StoreError
from npcsim.store import rows

FORMAT = 1
"""What the tables hold and how rows are chained. A run of another format is refused by name."""

BUSY_SECONDS = 5.0
_ROWS_AT_ONCE = 32

META = sa.MetaData()

runs = sa.Table(
    "runs",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("format", sa.Integer, nullable=False),
    sa.Column("created_utc", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("summary", sa.Text),
    sa.Column("events_head", sa.LargeBinary, nullable=False),
    sa.Column("calls_head", sa.LargeBinary, nullable=False),
    sa.Column("seal", sa.LargeBinary, nullable=False),
    sa.Column("bundle", sa.LargeBinary, nullable=False),
    # A file holds one run, so there is nothing to look for in it.
    sa.Index("runs_by_name", "name").ddl_if(dialect="postgresql"),
)


def _run_id() -> sa.Column[int]:
    return sa.Column("run", sa.Integer, sa.ForeignKey("runs.id"), primary_key=True)


events = sa.Table(
    "events",
    META,
    _run_id(),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("tick", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("chain", sa.LargeBinary, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("blob", sa.LargeBinary, nullable=False),
)

calls = sa.Table(
    "calls",
    META,
    _run_id(),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("tick", sa.BigInteger, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("thought", sa.Text, nullable=False),
    sa.Column("tier", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Column("cost", sa.Double, nullable=False),
    sa.Column("chain", sa.LargeBinary, nullable=False),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("answer", sa.Text),
    sa.Index("calls_by_key", "run", "key"),
)

snapshots = sa.Table(
    "snapshots",
    META,
    _run_id(),
    sa.Column("tick", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("chain", sa.LargeBinary, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
)

notes = sa.Table(
    "notes",
    META,
    sa.Column("run", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("text", sa.Text, primary_key=True),
    sa.Column("seal", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

# NORMAL under a write-ahead log: a killed process loses nothing that was committed; a power cut
# may cost the last commits before it, never the file.
_WRITING = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA cache_size=-16000",
    "PRAGMA wal_autocheckpoint=8192",
    "PRAGMA journal_size_limit=67108864",
)

_ON_DISK = ("PRAGMA synchronous=FULL",)

_NO_ROOM = "53100"
"""SQLSTATE of a server whose disk is full; a quota on files has none of its own."""

_NO_WRITING = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


def new_file(folder: Path, disk: bool = False) -> sa.Engine:
    """An engine that writes a new `folder`/run.db. Raises `StoreError` if it can't or is there.

    disk: a commit returns when it is on the disk.
    """
    path = folder / "run.db"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))
    except FileExistsError:
        raise StoreError(f"{path} is there already; a run is never written over") from None
    except OSError as error:
        raise StoreError(f"can't make a run in {folder}: {error.strerror}") from error

    return _writing(path, (), disk)


def file_again(path: Path, disk: bool = False) -> sa.Engine:
    """An engine that writes on in a SQLite file, and alone. Connecting fails while another does.

    Leaving the write-ahead log takes the file for oneself, which SQLite refuses as long as any
    other connection has it open; it also merges what a killed writer left there.
    """
    return _writing(path, ("PRAGMA journal_mode=DELETE",), disk)


def _writing(path: Path, first: tuple[str, ...], disk: bool) -> sa.Engine:
    def connect() -> sqlite3.Connection:
        raw = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
        try:
            for pragma in (*first, *_WRITING, *(_ON_DISK if disk else ())):
                raw.execute(pragma).close()
        except sqlite3.Error:
            raw.close()
            raise
        return raw

    return sa.create_engine("sqlite://", creator=connect, poolclass=NullPool)


def last_row(connection: sa.Connection, table: sa.Table, run: int) -> tuple[int, bytes] | None:
    """The `seq` and the chain of a run's last row in a table; None where there is none."""
    query = sa.select(table.c.seq, table.c.chain).where(table.c.run == run)
    row = connection.execute(query.order_by(table.c.seq.desc()).limit(1)).first()
    return None if row is None else (int(row[0]), bytes(row[1]))


def old_file(path: Path) -> sa.Engine:
    """An engine that reads a SQLite file and never changes it, while it may be written to."""

    def connect() -> sqlite3.Connection:
        where = f"file:{quote(str(path.absolute()))}?mode=ro"
        raw = _read_only(where)
        try:
            raw.execute("SELECT 1 FROM sqlite_master LIMIT 1").close()
        except sqlite3.OperationalError as error:
            raw.close()
            # Where not even the index of a write-ahead log may be written, the file is read as
            # it lies: right as long as no log with unmerged commits lies beside it.
            if error.sqlite_errorcode & 0xFF not in _NO_WRITING or _has_log(path):
                raise
            raw = _read_only(where + "&immutable=1")
        except sqlite3.DatabaseError:
            raw.close()
            raise
        return raw

    # No pool: every page of rows is read over a connection of its own, so that a forgotten reader
    # holds no lock and no file.
    return sa.create_engine("sqlite://", creator=connect, poolclass=NullPool)


def _read_only(where: str) -> sqlite3.Connection:
    return sqlite3.connect(where, uri=True, timeout=BUSY_SECONDS, check_same_thread=False)


def _has_log(path: Path) -> bool:
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def begin_run(connection: sa.Connection, name: str, bundle: bytes) -> tuple[int, bytes]:
    """Make the run's own row; returns its id and what its first row follows."""
    created = datetime.now(UTC).isoformat(timespec="seconds")
    start = rows.genesis(FORMAT, name, created, bundle)
    made = connection.execute(
        sa.insert(runs).values(
            name=name,
            format=FORMAT,
            created_utc=created,
            state="running",
            summary=None,
            events_head=b"",
            calls_head=b"",
            seal=rows.seal(start, "running", None, (b"", b"")),
            bundle=bundle,
        )
    )
    key = made.inserted_primary_key
    if key is None:
        raise BrokenInvariant("the database gave the new run no id")
    return int(key[0]), start


def copy_run(connection: sa.Connection, row: Mapping[str, Any]) -> int:
    """Make the row of a run that was written elsewhere; returns its id."""
    made = connection.execute(sa.insert(runs).values(**row))
    key = made.inserted_primary_key
    if key is None:
        raise BrokenInvariant("the database gave the run no id")
    return int(key[0])


def settle(connection: sa.Connection) -> None:
    """Make a finished SQLite run one plain file, readable where nothing may be written.

    While somebody reads it that is refused; then the write-ahead log stays, which is as good.
    """
    if connection.dialect.name == "sqlite":
        with suppress(sa.exc.OperationalError):
            connection.exec_driver_sql("PRAGMA busy_timeout=300")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("PRAGMA journal_mode=DELETE")


@dataclass(frozen=True, slots=True)
class Insert:
    """An insert compiled once: SQLAlchemy's own execution costs a small tick more than SQLite.

    Rows go in many to a statement. Each statement lets go of the interpreter a few times, and
    each time the loop's thread may have to wait to get it back.
    """

    text: str
    order: tuple[str, ...] | None

    def run(self, connection: sa.Connection, new: Sequence[Mapping[str, Any]]) -> None:
        """Insert these rows, given by column name."""
        if self.order is None:
            connection.exec_driver_sql(self.text, [dict(row) for row in new])
            return
        pick = itemgetter(*self.order)
        head, values = self.text.split(" VALUES ")
        done = 0
        while left := len(new) - done:
            # Powers of two, so that a handful of statements serves every number of rows.
            many = min(_ROWS_AT_ONCE, 1 << (left.bit_length() - 1))
            text = f"{head} VALUES {', '.join([values] * many)}"
            flat = tuple(chain.from_iterable(map(pick, new[done : done + many])))
            connection.exec_driver_sql(text, flat)
            done += many


def insert_into(table: sa.Table, dialect: sa.Dialect) -> Insert:
    """The insert of whole rows of a table, as this database's driver takes it."""
    compiled = sa.insert(table).compile(dialect=dialect)
    order = compiled.positiontup
    return Insert(str(compiled), None if order is None else tuple(order))


def reason(error: BaseException) -> str:
    """What went wrong, in one line, without the statement and its values."""
    expected = isinstance(error, (sa.exc.SQLAlchemyError, sqlite3.Error, OSError, StoreError))
    if isinstance(error, sa.exc.DBAPIError) and isinstance(error.orig, BaseException):
        error = error.orig
    text = " ".join(str(error).split()) or type(error).__name__
    if getattr(error, "sqlstate", None) == _NO_ROOM or "could not extend file" in text:
        return f"the server has no room left ({text})"
    if "database or disk is full" in text or "No space left on device" in text:
        return "the disk is full"
    if "disk I/O error" in text:
        return "the disk gave an I/O error (full, over a quota, or broken)"
    return text if expected else f"{type(error).__name__}: {text}"
