"""Reading rows out of a database and checking them: what `Run` stands on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy as sa

from npcsim.errors import OutOfReach, StoreError
from npcsim.events import Packed
from npcsim.store import database, rows, server


@contextmanager
def reading(engine: sa.Engine, shown: str) -> Iterator[sa.Connection]:
    """A connection for one question; whatever it meets there becomes a `StoreError`."""
    with explaining(shown), engine.connect() as connection:
        yield connection


@contextmanager
def explaining(shown: str) -> Iterator[None]:
    """Whatever a database says is wrong becomes a `StoreError`."""
    try:
        yield
    except (sa.exc.SQLAlchemyError, OSError) as error:
        raise server.kind_of(error)(_explained(database.reason(error), shown)) from error
    except (AttributeError, TypeError, ValueError, OverflowError, MemoryError) as error:
        # A flipped byte can turn a column into another type, which the driver trips over.
        raise StoreError(f"{shown} is damaged: {database.reason(error)}") from error


def _explained(why: str, shown: str) -> str:
    if "not a database" in why:
        return f"{shown} is not a run: it is no SQLite file, or its first page is damaged"
    if "no such table" in why or ("relation" in why and "does not exist" in why):
        return f"{shown} is not a run: it lacks the tables of one"
    if "locked" in why:
        return f"{shown} is locked by another program; try again when that is done"
    if "unable to open database file" in why:
        return f"{shown} is gone, or can't be opened"
    if "malformed" in why or "decode" in why:
        return f"{shown} is damaged: {why}"
    return f"can't read {shown}: {why}"


def own_row(connection: sa.Connection, which: str, shown: str) -> sa.RowMapping:
    """The run's own row, by number or, where it is the only one, by name."""
    if not which:
        raise StoreError(f"{shown} may hold many runs: name one, as in URL#tavern-3")
    table = database.runs
    by = table.c.id == int(which) if which.isdecimal() else table.c.name == which
    found = connection.execute(sa.select(table).where(by).limit(2)).mappings().all()
    if not found:
        raise StoreError(f"no run {which!r} at {shown}: it was cut off before it began, or is gone")
    if len(found) > 1:
        raise OutOfReach(f"several runs at {shown} are named {which!r}; give its number")
    row = found[0]
    if row["format"] != database.FORMAT:
        raise OutOfReach(
            f"{shown} is of format {row['format']}; this npcsim reads format {database.FORMAT}"
        )
    return row


def check_seal(row: sa.RowMapping, start: bytes, shown: str) -> bool:
    """Whether the run was imported. Raises `StoreError` if its own row is not as it was written."""
    heads = (row["events_head"], row["calls_head"])
    for imported in (False, True):
        with suppress(TypeError, AttributeError):  # a column of another type than was written
            if rows.seal(start, row["state"], row["summary"], heads, imported) == row["seal"]:
                return imported
    raise StoreError(f"{shown} is damaged: the run's own row does not match its seal")


def page_query(table: sa.Table, run: int, after: int, limit: int) -> sa.Select[Any]:
    """Rows after `after` in order, each with the chain of the row before it as `before`."""
    earlier = table.alias("earlier")
    # No row has a negative number: a first row that was given one must not hide behind it.
    before = (
        sa.select(earlier.c.chain)
        .where(earlier.c.run == run, earlier.c.seq < table.c.seq, earlier.c.seq >= 0)
        .order_by(earlier.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        sa.select(table, before.label("before"))
        .where(table.c.run == run, table.c.seq > after)
        .order_by(table.c.seq)
        .limit(limit)
    )


def last_query(table: sa.Table, run: int) -> sa.Select[Any]:
    """A run's last row, as `page_query` has it."""
    return page_query(table, run, -1, 1).order_by(None).order_by(table.c.seq.desc())


def checked(table: sa.Table, found: Sequence[sa.RowMapping], start: bytes, shown: str) -> None:
    """Raise `StoreError` at the first of these rows that does not follow the row before it."""
    for row in found:
        previous = start if row["before"] is None else row["before"]
        try:
            value = (
                rows.event_chain(previous, row["seq"], packed(row))
                if table is database.events
                else rows.call_chain(previous, row)
            )
            sound = value == row["chain"] and row["tick"] == rows.tick_of(row["seq"])
        except (TypeError, AttributeError):  # a column of another type than was written
            sound = False
        if not sound:
            raise StoreError(
                f"{shown} is damaged at tick {row['tick']}: row {row['seq']} of {table.name} "
                "does not match its chain"
            )


def packed(row: sa.RowMapping) -> Packed:
    """An event's row as the event is kept."""
    return Packed(row["kind"], row["payload"], row["blob"])
