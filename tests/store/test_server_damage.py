"""Rows that were altered in a server: none is ever read back as if it were what was written."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from npcsim.errors import StoreError
from npcsim.store import addresses, database, server
from npcsim.store.run_store import RunWriter
from tests.store.samples import CALLS, every_kind
from tests.store.test_damage import FLIPS, contents

TABLES = {
    database.events: ("run", "seq"), database.calls: ("run", "seq"),
    database.snapshots: ("run", "tick"), database.runs: ("id",),
}  # fmt: skip


def altered(value: Any, dice: random.Random) -> Any:
    """The same value with one bit, one letter or the sign that is another."""
    if value is None:
        return "x"
    if isinstance(value, str):
        at = dice.randrange(len(value) + 1)
        other = "x" if value[at : at + 1] != "x" else "y"
        return value[:at] + other + value[at + 1 :]
    if isinstance(value, int):
        return -value - 1
    if isinstance(value, float):
        return value + 2.0 ** -dice.randrange(20)
    broken = bytearray(value) or bytearray(1)
    broken[dice.randrange(len(broken))] ^= 1 << dice.randrange(8)
    return bytes(broken)


def test_any_altered_value_in_a_server_is_found(
    postgres: str, figures: Callable[[str], None]
) -> None:
    dice = random.Random(9)
    with RunWriter.begin(postgres, "town", bundle=b"bundle") as writer:
        for tick in range(12):
            writer.write_tick(tick, every_kind(tick), CALLS if tick % 5 == 1 else ())
        writer.write_snapshot(11, b"snapshot " * 30)
        writer.finish({"ticks": 12})
    path = f"{postgres}#1"
    truth = contents(path)
    engine = server.engine_at(addresses.address(postgres))
    with engine.connect() as connection:
        rows = {
            table: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
            for table in TABLES
        }
    found = same = 0
    for _ in range(FLIPS):
        (table,) = dice.choices([*TABLES], weights=(5, 3, 1, 2))
        row = dice.choice(rows[table])
        column = dice.choice([name for name in row if name not in ("run", "id")])
        other = {column: altered(row[column], dice)}
        now = {**row, **other}
        with engine.begin() as connection:
            changed = sa.update(table).where(*at(table, row)).values(other)
            assert connection.execute(changed).rowcount == 1
        try:
            assert contents(path) == truth, (table.name, column)
            same += 1
        except StoreError:
            found += 1
        with engine.begin() as connection:
            back = sa.update(table).where(*at(table, now)).values(row)
            assert connection.execute(back).rowcount == 1
    engine.dispose()
    assert contents(path) == truth
    assert found > FLIPS * 9 // 10
    figures(f"{FLIPS} values altered in a server: {found} found, {same} without a difference")


def at(table: sa.Table, row: dict[str, Any]) -> list[sa.ColumnElement[bool]]:
    return [table.c[key] == row[key] for key in TABLES[table]]
