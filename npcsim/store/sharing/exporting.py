"""Writing a run into one file."""

from __future__ import annotations

import json
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from npcsim.errors import StoreError
from npcsim.events import RunStarted
from npcsim.store import database, rows
from npcsim.store.sharing import form

PAGE = 256


class Source(Protocol):
    """What is read of a run."""

    @property
    def bundle(self) -> bytes:
        """The recipe."""

    @property
    def shown(self) -> str:
        """What people call it."""

    @property
    def started(self) -> RunStarted:
        """The first event."""

    def row(self) -> sa.RowMapping:
        """The run's own row, checked."""

    def rows(self, table: sa.Table, after: int, limit: int) -> Sequence[sa.RowMapping]:
        """Rows of events or calls after a `seq`, checked."""

    def snapshots(self) -> list[int]:
        """Ticks with a snapshot."""

    def snapshot(self, tick: int) -> bytes:
        """One snapshot, checked."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: how many of each, and the size of the file in bytes."""

    events: int
    calls: int
    snapshots: int
    size: int


def export(run: Source, path: Path) -> Written:
    """Write a run into the new file `path`. Raises `StoreError`, and leaves no half of a file."""
    part = path.with_name(f".{path.name}.part")
    if path.exists():
        raise StoreError(f"{path} is there already; nothing is written over")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            counts = _fill(archive, run)
            archive.comment = form.comment("0" * form.DIGITS)
        _sign(part)
        size = part.stat().st_size
        part.rename(path)
    except OSError as error:
        raise StoreError(f"can't write {path}: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
    return Written(*counts, size)


def _fill(archive: zipfile.ZipFile, run: Source) -> tuple[int, int, int]:
    row = run.row()
    start = rows.genesis(row["format"], row["name"], row["created_utc"], run.bundle)
    heads = (bytes(row["events_head"]), bytes(row["calls_head"]))
    for name, body in form.readable(run.bundle, run.started).items():
        archive.writestr(_member(name), body)
    own = {
        "name": row["name"],
        "format": row["format"],
        "created_utc": row["created_utc"],
        "state": row["state"],
        "summary": row["summary"],
        "heads": [head.hex() for head in heads],
        "seal": rows.seal(start, row["state"], row["summary"], heads).hex(),
    }
    archive.writestr(_member("run.json"), json.dumps(own))
    archive.writestr(_member("recipe.zlib"), run.bundle)
    events = _lines(archive, "events.jsonl", _all(run, database.events), _event)
    calls = _lines(archive, "calls.jsonl", _all(run, database.calls), _call)
    snapshots = _lines(
        archive, "snapshots.jsonl", run.snapshots(),
        lambda tick: {"tick": tick, "payload": b64encode(run.snapshot(tick)).decode()},
    )  # fmt: skip
    return events, calls, snapshots


def _member(name: str) -> zipfile.ZipInfo:
    # The same run is the same file: no time of writing, and no owner.
    made = zipfile.ZipInfo(name)
    made.compress_type = zipfile.ZIP_DEFLATED
    made.external_attr = 0o644 << 16
    made.create_system = 3
    return made


def _all(run: Source, table: sa.Table) -> Iterator[sa.RowMapping]:
    after = -1
    while page := run.rows(table, after, PAGE):
        yield from page
        after = int(page[-1]["seq"])


def _lines(
    archive: zipfile.ZipFile, name: str, found: Iterable[Any], made: Callable[[Any], dict[str, Any]]
) -> int:
    count = 0
    with archive.open(_member(name), "w", force_zip64=True) as file:
        for one in found:
            text = json.dumps(made(one), ensure_ascii=False, separators=(",", ":"))
            file.write(text.encode("utf-8", "backslashreplace") + b"\n")
            count += 1
    return count


def _event(row: sa.RowMapping) -> dict[str, Any]:
    return {
        "seq": row["seq"],
        "kind": row["kind"],
        "payload": bytes(row["payload"]).decode(),
        "blob": b64encode(row["blob"]).decode(),
        "chain": bytes(row["chain"]).hex(),
    }


CALL = ("seq", "key", "thought", "tier", "model", "fingerprint", "error", "seconds", "cost",
        "request", "answer")  # fmt: skip


def _call(row: sa.RowMapping) -> dict[str, Any]:
    return {**{name: row[name] for name in CALL}, "chain": bytes(row["chain"]).hex()}


def _sign(path: Path) -> None:
    """Put the hash of all that stands before it into the comment at the file's end."""
    end = path.stat().st_size - form.DIGITS
    hashed = form.hash_of(path, end)
    with path.open("r+b") as file:
        file.seek(end)
        file.write(hashed.encode())
