"""What is said about a run and is no part of it: tags, where it came from, whether it is trusted.

Notes stand in a table of their own beside the run's, sealed one by one. They may be added to a run
that is finished, or still being written.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from npcsim.errors import StoreError
from npcsim.store import addresses, database, reading, rows, server, versions
from npcsim.store.database import notes

TAG, IMPORTED, TRUSTED = "tag", "imported", "trusted"
WORD = re.compile(r"[^\s,]{1,60}")


def kept(engine: sa.Engine, run: int, genesis: bytes, shown: str) -> tuple[tuple[str, str], ...]:
    """The notes of a run: (kind, text), in order. Raises `StoreError` for one that was altered."""
    with reading.reading(engine, shown) as connection:
        if not sa.inspect(connection).has_table("notes"):
            return ()
        query = sa.select(notes).where(notes.c.run == run).order_by(notes.c.kind, notes.c.text)
        found = connection.execute(query).mappings().all()
        for row in found:
            if row["seal"] != _seal(genesis, row["kind"], row["text"]):
                raise StoreError(f"{shown} is damaged: a note of it does not match its seal")
        return tuple((str(row["kind"]), str(row["text"])) for row in found)


def change(
    path: str, run: int, genesis: bytes, kind: str, add: str | None = None, drop: str | None = None
) -> None:
    """Add a note to the run at `path`, or drop one; what is so already stays so.

    Raises `StoreError` where the run can't be written to.
    """
    engine = _engine(path)
    shown = addresses.shown(path) if addresses.is_address(path) else path
    try:
        with reading.explaining(shown), engine.begin() as connection:
            versions.ready(connection, shown)
            write(connection, run, genesis, kind, add, drop)
    finally:
        engine.dispose()


def write(
    connection: sa.Connection,
    run: int,
    genesis: bytes,
    kind: str,
    add: str | None = None,
    drop: str | None = None,
) -> None:
    """As `change`, over a connection that is there."""
    for text in (one for one in (add, drop) if one is not None):
        same = (notes.c.run == run) & (notes.c.kind == kind) & (notes.c.text == text)
        connection.execute(sa.delete(notes).where(same))
    if add is not None:
        seal = _seal(genesis, kind, add)
        connection.execute(sa.insert(notes).values(run=run, kind=kind, text=add, seal=seal))


def tag_of(text: str) -> str:
    """A tag as it is kept. Raises ValueError for what can be none."""
    if not WORD.fullmatch(text) or not text.isprintable():
        raise ValueError(f"a tag is one word of at most 60 characters, not {text!r:.80}")
    return text


def _seal(genesis: bytes, kind: str, text: str) -> bytes:
    return rows.link(genesis, 0, b"note", kind.encode(), text.encode())


def _engine(path: str) -> sa.Engine:
    if addresses.is_address(path):
        return server.engine_at(addresses.address(path))
    file = Path(path) / "run.db" if Path(path).is_dir() else Path(path)

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(file, timeout=database.BUSY_SECONDS, check_same_thread=False)

    return sa.create_engine("sqlite://", creator=connect, poolclass=NullPool)
