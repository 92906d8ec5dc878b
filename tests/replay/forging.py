"""Changing a kept run so that its chain is right again, as somebody would who knows how."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from npcsim.events import Packed
from npcsim.store import rows
from npcsim.store.run_store import Run

Change = Callable[[dict[str, Any]], object]


def forge(folder: Path, table: str, seq: int, change: Change) -> None:
    """Change one event's payload, or one call's columns, and chain all rows after it anew."""
    with Run.open(folder) as run:
        own = dict(run.row())
        start = rows.genesis(own["format"], run.name, run.created_utc, run.bundle)
    with closing(sqlite3.connect(folder / "run.db")) as db, db:
        db.row_factory = sqlite3.Row
        head = start
        for row in map(dict, db.execute(f"SELECT * FROM {table} ORDER BY seq").fetchall()):
            if row["seq"] == seq:
                _change(table, row, change)
            if table == "events":
                packed = Packed(row["kind"], row["payload"], row["blob"])
                head = rows.event_chain(head, row["seq"], packed)
            else:
                head = rows.call_chain(head, row)
            if row["seq"] >= seq:
                names = [name for name in row if name not in ("run", "seq")]
                values = [head if name == "chain" else row[name] for name in names]
                marks = ", ".join(f"{name} = ?" for name in names)
                db.execute(f"UPDATE {table} SET {marks} WHERE seq = ?", [*values, row["seq"]])
        own[f"{table}_head"] = head
        heads = (own["events_head"], own["calls_head"])
        seal = rows.seal(start, own["state"], own["summary"], heads)
        db.execute(f"UPDATE runs SET {table}_head = ?, seal = ?", [head, seal])


def _change(table: str, row: dict[str, Any], change: Change) -> None:
    column = "payload" if table == "events" else "row"
    if column == "payload":
        data = json.loads(row["payload"])
        change(data)
        row["payload"] = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    else:
        change(row)
