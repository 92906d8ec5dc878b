"""A PostgreSQL server that keeps runs: how it is connected to, and who may write a run.

Who writes a run holds an advisory lock of its own, which ends with the connection: nobody has to
clean up after a writer that died.
"""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from npcsim.errors import MissingExtra, OutOfReach, StoreError
from npcsim.store import database
from npcsim.store.addresses import Address

# A server that is gone without a word is noticed after about half a minute.
_WATCHFUL = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
    "application_name": "npcsim",
}
_WEAK = ("off", "local", "remote_write")
_LOST = ("08", "57P")
"""SQLSTATEs that begin like this tell of a lost connection, or of a server that goes or comes."""
_REFUSED = ("25", "28", "3D", "40", "42501", "53", "55", "57", "58")
"""And these of one that won't now: too busy or full, no right to it, a disk that fails."""
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_NOT_NOW = (
    sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_AUTH,
)  # fmt: skip
"""The same of SQLite, where anything else tells of the file's content."""


@dataclass(frozen=True, slots=True)
class Backend:
    """A server's process that serves one connection: its number, and when it began."""

    pid: int
    since: Any


def engine_at(address: Address, *, disk: bool = False, pooled: bool = True) -> sa.Engine:
    """An engine for a server. Raises `MissingExtra` where its driver is not installed.

    disk: a commit returns once it is on the disk, whatever the server's own setting is.
    pooled: keep a connection for the next question.
    """
    driver = logging.getLogger("psycopg")
    if driver.level in (logging.NOTSET, logging.WARNING):
        driver.setLevel(logging.ERROR)  # its warnings tell of errors that are raised as well
    given = {key: value for key, value in _WATCHFUL.items() if key not in address.url.query}
    how: dict[str, Any] = {"poolclass": NullPool}
    if pooled:
        how = {"pool_size": 1, "max_overflow": 1, "pool_pre_ping": True}
    try:
        engine = sa.create_engine(address.url, connect_args=given, **how)
    except ImportError as error:
        raise MissingExtra(
            'runs in PostgreSQL need its driver: pip install "npcsim[postgres]"'
        ) from error

    @sa.event.listens_for(engine, "connect")
    def settle(raw: Any, _: object) -> None:
        with raw.cursor() as cursor:
            cursor.execute(f'SET search_path TO "{address.schema}"')
            # And the server is to notice it of us: a writer's lock is held as long as it does not.
            cursor.execute("SET tcp_keepalives_idle TO 30")
            cursor.execute("SET tcp_keepalives_interval TO 10")
            cursor.execute("SET tcp_keepalives_count TO 3")
            if disk:
                cursor.execute("SHOW synchronous_commit")
                if cursor.fetchone()[0] in _WEAK:
                    cursor.execute("SET synchronous_commit TO on")
        raw.commit()

    return engine


def make_schema(connection: sa.Connection, schema: str) -> None:
    """Make the PostgreSQL schema where there is none; one maker at a time until the commit."""
    queue(connection, schema)
    there = sa.text("SELECT 1 FROM pg_namespace WHERE nspname = :name")
    if connection.execute(there, {"name": schema}).first() is None:
        connection.exec_driver_sql(f'CREATE SCHEMA "{schema}"')


def queue(connection: sa.Connection, schema: str) -> None:
    """Let one at a time go on, until its transaction ends: names and tables are made here."""
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _key(schema, "")})


def claim(connection: sa.Connection, schema: str, run: int, shown: str) -> None:
    """Be the one writer of a run as long as the connection lasts. Raises `StoreError`."""
    ask = sa.text("SELECT pg_try_advisory_lock(:key)")
    if not connection.execute(ask, {"key": _key(schema, str(run))}).scalar_one():
        raise Locked(f"{shown} is locked by another program; try again when that is done")


class Locked(OutOfReach):
    """Somebody else writes the run."""


def new_name(connection: sa.Connection, stem: str) -> str:
    """`stem`-n, n one above the highest there; to be taken before the transaction ends."""
    known = database.runs.c.name
    query = sa.select(known).where(known.startswith(f"{stem}-", autoescape=True))
    tails = [str(name).removeprefix(f"{stem}-") for (name,) in connection.execute(query)]
    return f"{stem}-{max((int(tail) for tail in tails if tail.isdecimal()), default=0) + 1}"


def backend_of(connection: sa.Connection) -> Backend:
    """Who serves this connection."""
    query = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
    pid, since = connection.exec_driver_sql(query).one()
    return Backend(int(pid), since)


def end(connection: sa.Connection, backend: Backend) -> None:
    """End a process of ours whose connection was lost on our side only, if it still is there."""
    query = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE pid = :pid AND backend_start = :since"
    )
    connection.execute(query, {"pid": backend.pid, "since": backend.since}).all()


def lost(error: BaseException) -> bool:
    """Whether an error tells of a connection that is gone, or can't be had now."""
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    code = getattr(error.orig, "sqlstate", None)
    if code is None:
        return isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError)
    return str(code).startswith(_LOST)


def kind_of(error: BaseException) -> type[StoreError]:
    """What an error of a database is to us: `Locked`, `OutOfReach`, or of what is kept there."""
    if isinstance(error, StoreError):
        return type(error)
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        if code in _BUSY:
            return Locked
        return OutOfReach if code in _NOT_NOW else StoreError
    if isinstance(error, OSError | sa.exc.TimeoutError) or lost(error):
        return OutOfReach
    return OutOfReach if str(getattr(cause, "sqlstate", "")).startswith(_REFUSED) else StoreError


def _key(schema: str, run: str) -> int:
    """The number of an advisory lock: they are the database's, so ours are made of words."""
    text = f"npcsim\n{schema}\n{run}".encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big", signed=True)
