"""A run's rows as they are kept, each checked against its chain: what all reading stands on."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from npcsim.errors import StoreError
from npcsim.events import Packed
from npcsim.store import database, notes, reading, rows
from npcsim.store.folders import Lease
from npcsim.store.rows import KeptCall
from npcsim.store.snapshots import Nearest, decode

PAGE = 128
MORE = 1024
"""Events of a page once a long stretch is read: what a question costs is shared by more of them."""
PAGE_BYTES = 1 << 20
"""Bytes of a page from which the next is no larger."""


@dataclass(frozen=True, slots=True, weakref_slot=True, repr=False)
class Log:
    """One run, opened for reading. Every method raises `StoreError` where it is damaged or gone."""

    path: str
    shown: str
    name: str
    created_utc: str
    bundle: bytes
    _id: int
    _genesis: bytes
    _engine: sa.Engine
    _lease: Lease | None = None

    @property
    def state(self) -> str:
        """As it is now: running (or cut off while running), finished or failed."""
        return str(self.row()["state"])

    @property
    def summary(self) -> dict[str, Any] | None:
        """What `RunWriter.finish` was given; None before."""
        text = self.row()["summary"]
        return None if text is None else dict(json.loads(text))

    def notes(self, kind: str) -> tuple[str, ...]:
        """What is noted of it under `tag`, `imported` (from which file) or `trusted`."""
        known = notes.kept(self._engine, self._id, self._genesis, self.shown)
        return tuple(text for sort, text in known if sort == kind)

    def note(self, kind: str, add: str | None = None, drop: str | None = None) -> None:
        """Add a note, or drop one. Raises `StoreError` where the run can't be written to."""
        notes.change(self.path, self._id, self._genesis, kind, add, drop)

    @property
    def tags(self) -> tuple[str, ...]:
        """Its tags, in order."""
        return self.notes(notes.TAG)

    @property
    def trusted(self) -> bool:
        """Whether its code may be run: it was made here, or somebody trusted it by its name."""
        sealed = reading.check_seal(self.row(), self._genesis, self.shown)
        return not (sealed or self.notes(notes.IMPORTED)) or bool(self.notes(notes.TRUSTED))

    @property
    def last_tick(self) -> int:
        """The last tick with an event; -1 while there is none."""
        found = self._fetch(reading.last_query(database.events, self._id))
        reading.checked(database.events, found, self._genesis, self.shown)
        return rows.tick_of(found[0]["seq"]) if found else -1

    def count(self, kind: str) -> int:
        """How many events of a kind there are."""
        table = database.events
        query = sa.select(sa.func.count().label("many")).where(
            table.c.run == self._id, table.c.kind == kind
        )
        return int(self._fetch(query)[0]["many"])

    def packed(
        self, *, kinds: Collection[str] | None = None, start: int = 0, stop: int | None = None
    ) -> Iterator[tuple[int, Packed]]:
        """Events of ticks `start` to before `stop` as they are kept, each with its `seq`.

        Read page by page: a run of any length, while others write it. Each row is checked
        against the row before it, whether or not that is one of `kinds`; a log read to the end
        of a finished run is checked to be all of it.
        """
        after = rows.first_seq(start) - 1
        before = None if stop is None else rows.first_seq(stop)
        limit = PAGE
        while page := self._page(after, before, kinds, limit):
            yield from page
            after = page[-1][0]
            size = sum(len(one.payload) + len(one.blob) for _, one in page)
            if limit < MORE and size < PAGE_BYTES:
                limit *= 2
        if stop is None:
            self._check_end(database.events, "events_head")

    def calls(self, key: str | None = None, start: int = 0) -> Iterator[KeptCall]:
        """The model calls from a tick on as they were written; with `key`, those of one request."""
        table = database.calls
        after = rows.first_seq(start) - 1
        while True:
            query = reading.page_query(table, self._id, after, PAGE)
            found = self._fetch(query if key is None else query.where(table.c.key == key))
            if not found:
                break
            reading.checked(table, found, self._genesis, self.shown)
            for row in found:
                yield rows.kept_call(row)
            after = found[-1]["seq"]
        self._check_end(table, "calls_head")

    def snapshots(self) -> list[int]:
        """The ticks that have a snapshot, in order."""
        table = database.snapshots
        query = sa.select(table.c.tick).where(table.c.run == self._id).order_by(table.c.tick)
        return [int(row["tick"]) for row in self._fetch(query)]

    def snapshot(self, tick: int) -> bytes:
        """The snapshot of the world after `tick`."""
        table = database.snapshots
        query = sa.select(table).where(table.c.run == self._id, table.c.tick == tick)
        found = self._fetch(query)
        if not found:
            raise StoreError(f"{self.shown}: there is no snapshot of tick {tick}")
        payload = bytes(found[0]["payload"])
        if rows.snapshot_chain(self._genesis, tick, payload) != found[0]["chain"]:
            raise StoreError(f"{self.shown} is damaged: the snapshot of tick {tick} was altered")
        return payload

    def nearest(self, tick: int) -> Nearest:
        """The last snapshot up to a tick, decoded: its tick, data and arrays; (-1, None, None) for
        none. One that is damaged is passed over, as all that it holds follows from the log."""
        for one in reversed(self.snapshots()):
            if one <= tick:
                try:
                    return one, *decode(self.snapshot(one))
                except StoreError:
                    continue
        return -1, None, None

    def close(self) -> None:
        """Let go of a database server's connections, or of a temporary run's folder."""
        self._engine.dispose()
        if self._lease is not None:
            self._lease.end()

    # ---- reading and checking

    def _fetch(self, query: sa.Select[Any]) -> Sequence[sa.RowMapping]:
        with reading.reading(self._engine, self.shown) as connection:
            return connection.execute(query).mappings().all()

    def _page(
        self, after: int, before: int | None, kinds: Collection[str] | None, limit: int
    ) -> list[tuple[int, Packed]]:
        table = database.events
        query = reading.page_query(table, self._id, after, limit)
        if before is not None:
            query = query.where(table.c.seq < before)
        if kinds is not None:
            query = query.where(table.c.kind.in_(sorted(kinds)))
        found = self._fetch(query)
        reading.checked(table, found, self._genesis, self.shown)
        return [(int(row["seq"]), reading.packed(row)) for row in found]

    def rows(self, table: sa.Table, after: int, limit: int) -> Sequence[sa.RowMapping]:
        """Rows of events or calls after a `seq` as they are kept, each checked."""
        found = self._fetch(reading.page_query(table, self._id, after, limit))
        reading.checked(table, found, self._genesis, self.shown)
        return found

    def row(self) -> sa.RowMapping:
        """The run's own row as it is now, checked; the recipe left out."""
        columns = [column for column in database.runs.c if column.name != "bundle"]
        found = self._fetch(sa.select(*columns).where(database.runs.c.id == self._id))
        if not found:
            raise StoreError(f"no run at {self.shown}: it is gone")
        reading.check_seal(found[0], self._genesis, self.shown)
        return found[0]

    def _check_end(self, table: sa.Table, head: str) -> None:
        """Raise `StoreError` if a finished run's last rows are missing."""
        expected = self.row()[head]
        if not expected:
            return  # not finished: nobody has said yet which row is the last
        last = sa.select(table.c.chain).where(table.c.run == self._id)
        found = self._fetch(last.order_by(table.c.seq.desc()).limit(1))
        if (found[0]["chain"] if found else self._genesis) != expected:
            raise StoreError(f"{self.shown} is damaged: the last rows of {table.name} are missing")
