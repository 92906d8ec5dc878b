"""Writing a run: one thread, one connection, whole ticks.

The loop hands a tick over and goes on; packing, hashing and writing happen in the writer's
thread. **Acknowledged** means that the commit returned: such a tick outlives a killed process.
A transaction holds whole ticks: one, or all that came while the last one was written.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from npcsim.errors import BrokenInvariant, StoreError
from npcsim.events import Changed, Event, Moved, SignalledMany, StateChanged
from npcsim.messages import ModelCall
from npcsim.store import database, reading, rows
from npcsim.store.handover import Handover, Item, SnapshotItem, TickItem
from npcsim.store.rows import Packer

_ARRAYS: dict[type[Any], tuple[str, ...]] = {
    Moved: ("who", "x", "y"),
    StateChanged: ("who", "new", "transition"),
    Changed: ("who", "value", "by"),
    SignalledMany: ("who",),
}


class RunWriter:
    """Writes one run. Made by `create` or `reopen`; used from one thread (the loop's).

    Whatever goes wrong in the writer's thread is kept and raised as `StoreError` by the next
    `write_tick`, `write_snapshot`, `flush`, `drained` or `finish`; what was acknowledged stays.
    """

    def __init__(
        self, connection: sa.Connection, packer: Packer, path: str, shown: str, every: int
    ) -> None:
        self.path = path
        """What `Run.open` takes. With a URL it may hold a password: print `shown` instead."""
        self.shown = shown
        self._connection = connection
        self._packer = packer
        self._inserts = {
            table.name: database.insert_into(table, connection.dialect)
            for table in (database.events, database.calls, database.snapshots)
        }
        self._handover = Handover(every)
        self._tick = self._acknowledged = -1
        self._end: tuple[str, str] | None = None
        self._sealed = False
        self._thread = threading.Thread(target=self._work, name="npcsim-store", daemon=True)

    @classmethod
    def create(
        cls,
        folder: Path | None,
        url: str | None,
        *,
        name: str,
        bundle: bytes,
        every: int = 1,
        disk: bool = False,
    ) -> RunWriter:
        """Begin a run: in `folder`/run.db, or in the database at `url` (one of the two).

        `bundle` is kept as it is: all that is needed to simulate again. `every` is the
        durability: with 1 a tick is committed as soon as the thread gets to it, with N the
        thread waits for N ticks, and a kill may cost up to N more. disk: a commit returns when it
        is on the disk, so that a power cut costs nothing acknowledged; a server has settings of
        its own for that. Raises `StoreError`.
        """
        if (folder is None) == (url is None):
            raise BrokenInvariant("a run goes to a folder or to a URL: give one of the two")
        if folder is not None:
            path = shown = str(folder)
            engine = database.new_file(folder, disk)
        else:
            path, shown = str(url), database.shown(str(url))
            engine = database.at_url(path)
        try:
            connection = engine.connect()
            run, start = database.begin_run(connection, name, bundle)
        except (sa.exc.SQLAlchemyError, OSError) as error:
            raise StoreError(f"can't begin a run in {shown}: {database.reason(error)}") from error
        mark = "" if url is None else f"#{run}"
        writer = cls(connection, Packer(run, start), path + mark, shown + mark, every)
        writer._thread.start()
        return writer

    @classmethod
    def reopen(cls, folder: Path, *, every: int = 1, disk: bool = False) -> RunWriter:
        """Go on with the run in `folder`/run.db: rows to come are chained to its last ones.

        Nobody else may be writing it. The run stays as it is, finished or cut off, until the first
        tick is committed. The chain itself is checked by whoever reads it (`Run`), not here.
        Raises `StoreError`.
        """
        path = shown = str(folder)
        engine = database.file_again(folder / "run.db", disk)
        with reading.explaining(shown):
            connection = engine.connect()
        try:
            with reading.explaining(shown):
                packer = _packer_of(connection, shown)
        except BaseException:
            connection.close()
            raise
        writer = cls(connection, packer, path, shown, every)
        writer._sealed = True
        writer._tick = writer._acknowledged = packer.last_tick
        writer._thread.start()
        return writer

    @property
    def acknowledged(self) -> int:
        """The last tick whose commit returned; -1 before the first."""
        return self._acknowledged

    @property
    def waiting(self) -> int:
        """How many ticks and snapshots were handed over and are not committed yet."""
        return self._handover.waiting

    def write_tick(
        self, tick: int, events: Sequence[Event], calls: Sequence[ModelCall] = ()
    ) -> None:
        """Hand over one tick. Blocks only while the queue is full: 64 ticks (two times `every`,
        where that is more) or 64 MiB.

        Arrays in the events must not change afterwards: they are packed later, in another
        thread. Ticks come in order; the same tick again adds to it. Raises `StoreError`.
        """
        if tick < self._tick:
            raise BrokenInvariant(f"tick {tick} was written after tick {self._tick}")
        self._tick = tick
        size = sum(
            getattr(event, name).nbytes for event in events for name in _ARRAYS.get(type(event), ())
        )
        self._handover.put(TickItem(tick, tuple(events), tuple(calls), size))

    def write_snapshot(self, tick: int, payload: bytes | Callable[[], bytes]) -> None:
        """Hand over the snapshot of the world after `tick`; one a tick at most.

        A function is called in the writer's thread, so that compressing costs the loop nothing;
        what it reads must not change any more. Raises `StoreError`.
        """
        size = len(payload) if isinstance(payload, bytes) else 0
        self._handover.put(SnapshotItem(tick, payload, size))

    def flush(self, timeout: float | None = None) -> None:
        """Return once all that was handed over is committed, whatever `every` says.

        Raises `StoreError` on failure, or after `timeout` seconds.
        """
        if not self._handover.flush(timeout):
            raise StoreError(f"{self.shown}: not written within {timeout} s; still trying")

    async def drained(self) -> None:
        """Wait, without blocking the event loop, until `write_tick` would not block."""
        self._handover.check()
        if self._handover.full:
            await asyncio.to_thread(self._handover.wait_for_room)

    def finish(self, summary: Mapping[str, Any], state: str = "finished") -> None:
        """Commit all, seal the run with its summary and state (finished or failed), and close.

        Blocks until that is done. Raises `StoreError`.
        """
        text = json.dumps(summary)
        self.flush()
        self._end = (state, text)
        self.close()
        self._handover.check()

    def close(self) -> None:
        """Commit what was handed over and end the thread. May be called twice; never raises.

        Without `finish` the run stays `running`: it was cut off.
        """
        self._handover.close()
        self._thread.join()

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # ---- the writer's thread

    def _work(self) -> None:
        try:
            while batch := self._handover.take():
                self._commit(batch)
            if self._end is not None:
                self._seal(*self._end)
        except Exception as error:  # noqa: BLE001 - kept, and raised by the loop's next call
            self._fail(error)
        with suppress(sa.exc.SQLAlchemyError):  # what broke the disk was kept above
            self._connection.close()
        self._connection.engine.dispose()

    def _commit(self, batch: Sequence[Item]) -> None:
        new: dict[str, list[dict[str, Any]]] = {"events": [], "calls": [], "snapshots": []}
        for item in batch:
            if isinstance(item, TickItem):
                new["events"] += self._packer.events(item.tick, item.events)
                new["calls"] += self._packer.calls(item.tick, item.calls)
            else:
                body = item.payload if isinstance(item.payload, bytes) else item.payload()
                new["snapshots"].append(self._packer.snapshot(item.tick, body))
        if self._sealed:
            self._mark("running", None, (b"", b""))
            self._sealed = False
        for table, found in new.items():
            if found:
                self._inserts[table].run(self._connection, found)
        self._connection.commit()
        ticks = [item.tick for item in batch if isinstance(item, TickItem)]
        self._acknowledged = max([self._acknowledged, *ticks])
        self._handover.committed(batch)

    def _seal(self, state: str, summary: str) -> None:
        self._mark(state, summary, self._packer.heads)
        self._connection.commit()
        database.settle(self._connection)

    def _mark(self, state: str, summary: str | None, heads: tuple[bytes, bytes]) -> None:
        """Say in the run's own row how it stands."""
        self._connection.execute(
            sa.update(database.runs)
            .where(database.runs.c.id == self._packer.run)
            .values(
                state=state,
                summary=summary,
                events_head=heads[0],
                calls_head=heads[1],
                seal=rows.seal(self._packer.genesis, state, summary, heads),
            )
        )

    def _fail(self, error: BaseException) -> None:
        with suppress(sa.exc.SQLAlchemyError):  # the error to report is the first one
            self._connection.rollback()
        last = self._acknowledged
        safe = f"ticks up to {last} are safe" if last >= 0 else "no tick was written"
        text = f"can't go on writing {self.shown}: {database.reason(error)}; {safe}"
        self._handover.fail(text, error)


def _packer_of(connection: sa.Connection, shown: str) -> Packer:
    """What makes rows that follow a run's last ones. Raises `StoreError`."""
    row = reading.own_row(connection, "1", shown)
    start = rows.genesis(row["format"], row["name"], row["created_utc"], row["bundle"])
    reading.check_seal(row, start, shown)
    events = database.last_row(connection, database.events, row["id"])
    calls = database.last_row(connection, database.calls, row["id"])
    connection.rollback()  # it only read
    return Packer(row["id"], start, events, calls)
