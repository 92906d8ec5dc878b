"""Which schema a store's tables have, and how an earlier one is brought up to this npcsim's.

New tables are made as they are now (`database.META`) and marked with the latest version; Alembic,
and the scripts in `migrations/`, come in only where a store of an earlier one is opened to write.
Migrations touch tables, columns and indexes; the bytes that runs are made of stay as they are.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from npcsim.errors import OutOfReach
from npcsim.store import database

EARLIER = ("0001",)
LATEST = "0002"
"""Revisions of the scripts in `migrations/versions`; tests hold these names to them."""
TABLE = "npcsim_schema"

_MIGRATIONS = Path(__file__).with_name("migrations")
_table = sa.Table(
    TABLE,
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), primary_key=True, nullable=False),
    sqlite_with_rowid=False,
)


def version(connection: sa.Connection) -> str | None:
    """The schema's version; None where there are no tables of runs. Stores of old have no mark."""
    there = sa.inspect(connection).has_table
    if there(TABLE):
        found = connection.execute(sa.select(_table.c.version_num)).scalar()
        if found is not None:
            return str(found)
    return EARLIER[0] if there("runs") else None


def check(connection: sa.Connection, shown: str) -> None:
    """Raise `StoreError` for a store that only a later npcsim can read."""
    _known(version(connection), shown)


def ready(connection: sa.Connection, shown: str) -> str | None:
    """Make the tables, or bring them up, within the connection's transaction. -> the version before

    All of it happens or nothing. Raises `StoreError` for a store of a later npcsim.
    """
    before = version(connection)
    if before == LATEST:
        return before
    _known(before, shown)
    if connection.dialect.name == "sqlite":
        _alone(connection)
        before = version(connection)  # somebody else may have been quicker
    if before is None:
        database.META.create_all(connection)
        _mark(connection, LATEST)
    elif before != LATEST:
        migrate(connection, LATEST)
    return before


def migrate(connection: sa.Connection, to: str) -> None:
    """Bring the tables from the version they have to another, by Alembic's scripts."""
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext, MigrationStep
    from alembic.script import ScriptDirectory

    before = version(connection)
    if before is not None and not sa.inspect(connection).has_table(TABLE):
        _mark(connection, before)
    scripts = ScriptDirectory(str(_MIGRATIONS))
    known = [*EARLIER, LATEST]
    down = before is not None and known.index(to) < known.index(before)

    def steps(*_: object) -> list[MigrationStep]:
        if down:
            make, found = MigrationStep.downgrade_from_script, scripts.iterate_revisions(before, to)
            return [make(scripts.revision_map, one) for one in found]
        found = scripts.iterate_revisions(to, before or "base")
        return [
            MigrationStep.upgrade_from_script(scripts.revision_map, one)
            for one in reversed(list(found))
        ]

    options = {
        "version_table": TABLE,
        "render_as_batch": True,  # SQLite changes a table by making a new one
        "transactional_ddl": True,
        "fn": steps,
    }
    context = MigrationContext.configure(connection, opts=options)
    with Operations.context(context):
        context.run_migrations()


def _mark(connection: sa.Connection, to: str) -> None:
    _table.create(connection)
    connection.execute(sa.insert(_table).values(version_num=to))


def _known(found: str | None, shown: str) -> None:
    if found not in (None, *EARLIER, LATEST):
        raise OutOfReach(
            f"{shown} has tables of schema {found!s:.40}, made by a newer npcsim; this one knows "
            f"them up to {LATEST}: upgrade npcsim"
        )


def _alone(connection: sa.Connection) -> None:
    """Begin SQLite's transaction by hand: Python's driver would begin none before a DDL."""
    raw = connection.connection.dbapi_connection
    if raw is not None and not getattr(raw, "in_transaction", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
