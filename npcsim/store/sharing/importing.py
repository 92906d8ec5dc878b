"""Taking in a run that somebody else wrote: every record is checked, none of its code is run."""

from __future__ import annotations

import re
import shutil
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from npcsim.errors import StoreError
from npcsim.events import Packed, RunStarted, unpack
from npcsim.store import database, notes, opening, rows
from npcsim.store.addresses import is_address
from npcsim.store.folders import new_run_folder
from npcsim.store.sharing import form
from npcsim.store.sharing.archive import Archive, opened
from npcsim.store.sharing.exporting import CALL
from npcsim.store.snapshots import decode

MOST_SNAPSHOT = 1 << 30
AT_ONCE = 256


def take_in(path: Path, out: Path | str) -> str:
    """Make a run of an `.npcrun` file under the folder `out`, or in a server. -> what opens it

    The run is marked as imported: it can be read, and rebuilt from its facts; to simulate it
    again somebody must trust it by name. Raises `StoreError`, and leaves nothing behind.
    """
    with opened(path) as archive:
        own = _own(archive)
        recipe = archive.whole("recipe.zlib")
        start = rows.genesis(own["format"], own["name"], own["created_utc"], recipe)
        _check_seal(archive, own, start)
        started = _started(archive, next(archive.lines("events.jsonl"), None))
        _check_readable(archive, recipe, started)

        def fill(connection: sa.Connection) -> int:
            run = database.copy_run(connection, _row(own, recipe, start))
            _copy(connection, archive, run, start, own)
            notes.write(connection, run, start, notes.IMPORTED, path.name[:200])
            connection.commit()
            return run

        if isinstance(out, str) and is_address(out):
            return opening.filled_at(out, fill)
        stem = re.sub(r"[^A-Za-z0-9_-]+", "_", started.scenario)[:60].strip("_") or "run"
        folder = new_run_folder(Path(out), stem)
        try:
            opening.filled_in(folder, fill)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return str(folder)


def look_into(path: Path) -> dict[str, bytes]:
    """What a file holds for people to read, by member, checked against what the run is made of."""
    with opened(path) as archive:
        recipe = archive.whole("recipe.zlib")
        started = _started(archive, next(archive.lines("events.jsonl"), None))
        _check_readable(archive, recipe, started)
        return form.readable(recipe, started)


_OWN: dict[str, tuple[type, ...]] = {
    "name": (str,), "format": (int,), "created_utc": (str,), "state": (str,),
    "summary": (str, type(None)), "heads": (list,), "seal": (str,),
}  # fmt: skip


def _own(archive: Archive) -> dict[str, Any]:
    """The run's own row, as the file has it."""
    own = archive.parsed(archive.whole("run.json"), "run.json")
    for name, kinds in _OWN.items():
        if not isinstance(own.get(name), kinds):
            raise archive.wrong(f"run.json has no {name} of the right kind")
    if own["format"] != database.FORMAT:
        raise archive.wrong(
            f"its run is of format {own['format']}; this npcsim reads format {database.FORMAT}"
        )
    if len(own["name"]) > 200 or not own["name"].isprintable():
        raise archive.wrong("its run has a name that is none")
    if own["summary"] is not None:
        archive.parsed(own["summary"].encode("utf-8", "replace"), "the summary")
    return own


def _row(own: Mapping[str, Any], recipe: bytes, start: bytes) -> dict[str, Any]:
    """The run's own row as it is kept here: its seal says that it was imported."""
    events, calls = (bytes.fromhex(head) for head in own["heads"])
    seal = rows.seal(start, own["state"], own["summary"], (events, calls), imported=True)
    return {
        "name": own["name"], "format": own["format"], "created_utc": own["created_utc"],
        "state": own["state"], "summary": own["summary"], "events_head": events,
        "calls_head": calls, "seal": seal, "bundle": recipe,
    }  # fmt: skip


def _check_seal(archive: Archive, own: Mapping[str, Any], start: bytes) -> None:
    try:
        events, calls = (bytes.fromhex(head) for head in own["heads"])
        seal = bytes.fromhex(own["seal"])
    except (ValueError, TypeError) as error:
        raise archive.wrong(f"run.json can't be read: {error}") from error
    if own["state"] not in rows.STATES:
        raise archive.wrong(f"its run is in the state {own['state']!r:.40}")
    if rows.seal(start, own["state"], own["summary"], (events, calls)) != seal:
        raise archive.wrong("the run's own row does not match its seal")


def _started(archive: Archive, line: Mapping[str, Any] | None) -> RunStarted:
    event = None if line is None else _checked(archive, line)[1]
    if not isinstance(event, RunStarted):
        raise archive.wrong("its log does not begin with the start of a run")
    return event


def _check_readable(archive: Archive, recipe: bytes, started: RunStarted) -> None:
    """What is there for people to read must be what the run is made of."""
    expected = form.readable(recipe, started)
    shown = archive.names - set(form.KEPT)
    if strange := sorted(shown ^ expected.keys()):
        raise archive.wrong(f"{strange[0]} is not as the run's recipe says")
    for name, body in expected.items():
        if archive.whole(name) != body:
            raise archive.wrong(f"{name} is not what the run was made of")


def _copy(
    connection: sa.Connection, archive: Archive, run: int, start: bytes, own: Mapping[str, Any]
) -> None:
    heads = [bytes.fromhex(head) for head in own["heads"]]
    last = _insert(connection, database.events, _events(archive, run, start))
    if heads[0] and last != heads[0]:
        raise archive.wrong("the last events of the run are missing")
    last = _insert(connection, database.calls, _calls(archive, run, start))
    if heads[1] and last is not None and last != heads[1]:
        raise archive.wrong("the last model calls of the run are missing")
    if heads[1] and last is None and heads[1] != start:
        raise archive.wrong("the model calls of the run are missing")
    _insert(connection, database.snapshots, _snapshots(archive, run, start))


def _insert(
    connection: sa.Connection, table: sa.Table, found: Iterable[dict[str, Any]]
) -> bytes | None:
    """Insert rows page by page. -> the chain of the last one"""
    insert, last = database.insert_into(table, connection.dialect), None
    rest = iter(found)
    while page := list(islice(rest, AT_ONCE)):
        insert.run(connection, page)
        last = page[-1]["chain"]
    return last


def _checked(archive: Archive, line: Mapping[str, Any]) -> tuple[Packed, Any]:
    """An event's line, packed and unpacked."""
    try:
        packed = Packed(
            _text(line, "kind"), _text(line, "payload").encode("utf-8", "backslashreplace"),
            b64decode(_text(line, "blob"), validate=True),
        )  # fmt: skip
        return packed, unpack(packed)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, MemoryError) as error:
        raise archive.wrong(f"an event can't be read: {str(error)[:200]}") from error


def _text(line: Mapping[str, Any], name: str) -> str:
    value = line.get(name)
    if not isinstance(value, str):
        raise ValueError(f"a record has no {name}")
    return value


def _seq(archive: Archive, line: Mapping[str, Any], after: int) -> int:
    seq = line.get("seq")
    if type(seq) is not int or not after < seq < 1 << 63:
        raise archive.wrong("its records are out of order")
    return seq


def _events(archive: Archive, run: int, start: bytes) -> Iterator[dict[str, Any]]:
    head, seq = start, -1
    for line in archive.lines("events.jsonl"):
        seq = _seq(archive, line, seq)
        packed, event = _checked(archive, line)
        head = rows.event_chain(head, seq, packed)
        if line.get("chain") != head.hex() or event.tick != rows.tick_of(seq):
            raise archive.wrong(f"event {seq} does not match its chain")
        yield {
            "run": run, "seq": seq, "tick": rows.tick_of(seq), "kind": packed.kind,
            "chain": head, "payload": packed.payload, "blob": packed.blob,
        }  # fmt: skip


def _calls(archive: Archive, run: int, start: bytes) -> Iterator[dict[str, Any]]:
    head, seq = start, -1
    for line in archive.lines("calls.jsonl"):
        seq = _seq(archive, line, seq)
        row = {**{name: line.get(name) for name in CALL}, "tick": rows.tick_of(seq)}
        try:
            if not all(isinstance(row[name], float) for name in ("seconds", "cost")):
                raise ValueError("its time and cost are no numbers")
            if not isinstance(row["answer"], str | None):
                raise ValueError("its answer is no text")
            head = rows.call_chain(head, row)
            rows.kept_call(row)
        except (AttributeError, TypeError, ValueError, RecursionError, StoreError) as error:
            raise archive.wrong(f"model call {seq} can't be read: {error}") from error
        if line.get("chain") != head.hex():
            raise archive.wrong(f"model call {seq} does not match its chain")
        yield {**row, "run": run, "chain": head}


def _snapshots(archive: Archive, run: int, start: bytes) -> Iterator[dict[str, Any]]:
    before = -1
    for line in archive.lines("snapshots.jsonl"):
        tick = line.get("tick")
        if type(tick) is not int or not before < tick < 1 << 62:
            raise archive.wrong("its snapshots are out of order")
        before = tick
        try:
            payload = b64decode(_text(line, "payload"), validate=True)
            if int.from_bytes(payload[24:32], "little") > MOST_SNAPSHOT:
                raise ValueError(f"it would unfold to more than {MOST_SNAPSHOT >> 20} MiB")
            decode(payload)
        except (ValueError, RecursionError, StoreError) as error:
            raise archive.wrong(f"the snapshot of tick {tick} can't be read: {error}") from error
        chain = rows.snapshot_chain(start, tick, payload)
        yield {"run": run, "tick": tick, "chain": chain, "payload": payload}
