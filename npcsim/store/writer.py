"""Writing a run: one thread, one connection, whole ticks.

The loop hands a tick over and goes on; packing, hashing and writing happen in the writer's
thread. **Acknowledged** means that the commit returned: such a tick outlives a killed process.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from npcsim.errors import BrokenInvariant, StoreError
from npcsim.events import Changed, Event, Moved, SignalledMany, StateChanged
from npcsim.messages import ModelCall
from npcsim.store import chain, database, rows

QUEUED_TICKS = 64
QUEUED_BYTES = 64 << 20
BATCH_BYTES = 8 << 20
LINGER_SECONDS = 0.005
"""How long the thread lets quick ticks gather before it takes the interpreter from the loop."""
_ARRAYS: dict[type[Any], tuple[str, ...]] = {
    Moved: ("who", "x", "y"),
    StateChanged: ("who", "new", "transition"),
    Changed: ("who", "value", "by"),
    SignalledMany: ("who",),
}


@dataclass(frozen=True, slots=True)
class _Tick:
    tick: int
    events: tuple[Event, ...]
    calls: tuple[ModelCall, ...]
    size: int


@dataclass(frozen=True, slots=True)
class _Snapshot:
    tick: int
    payload: bytes | Callable[[], bytes]
    size: int


def _begin(connection: sa.Connection, name: str, bundle: bytes) -> tuple[int, bytes]:
    """Make the tables and the run's own row; returns its id and what its first row follows."""
    created = datetime.now(UTC).isoformat(timespec="seconds")
    start = chain.genesis(database.FORMAT, name, created, bundle)
    database.make_tables(connection)
    made = connection.execute(
        sa.insert(database.runs).values(
            name=name,
            format=database.FORMAT,
            created_utc=created,
            state="running",
            summary=None,
            events_head=b"",
            calls_head=b"",
            seal=chain.seal(start, "running", None, (b"", b"")),
            bundle=bundle,
        )
    )
    connection.commit()
    key = made.inserted_primary_key
    if key is None:
        raise BrokenInvariant("the database gave the new run no id")
    return int(key[0]), start


class RunWriter:
    """Writes one run. Made by `create`; used from one thread (the loop's).

    Whatever goes wrong in the writer's thread is kept and raised as `StoreError` by the next
    `write_tick`, `write_snapshot`, `flush`, `drained` or `finish`; what was acknowledged stays.
    """

    def __init__(
        self, connection: sa.Connection, packer: rows.Packer, path: str, every: int
    ) -> None:
        self.path = path
        """What `Run.open` takes."""
        self._connection = connection
        self._rows = packer
        self._inserts = {
            table.name: database.insert_into(table, connection.dialect)
            for table in (database.events, database.calls, database.snapshots)
        }
        self._every = max(1, every)
        self._queue: deque[_Tick | _Snapshot] = deque()
        self._bytes = self._given = self._done = self._hurry = 0
        self._tick = self._acknowledged = -1
        self._failure: str | None = None
        self._cause: BaseException | None = None
        self._closing = False
        self._end: tuple[str, str] | None = None
        self._news = threading.Condition()
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
    ) -> RunWriter:
        """Begin a run: in `folder`/run.db, or in the database at `url` (one of the two).

        `bundle` is kept as it is: all that is needed to simulate again. `every` is the
        durability: with 1 a tick is committed as soon as the thread gets to it, with N the
        thread waits for N ticks, and a kill may cost up to N more. Raises `StoreError`.
        """
        if (folder is None) == (url is None):
            raise BrokenInvariant("a run goes to a folder or to a URL: give one of the two")
        if folder is not None:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(f"can't make a run in {folder}: {error.strerror}") from error
            path = str(folder)
            engine = database.new_file(folder / "run.db")
        else:
            path = str(url)
            engine = database.at_url(path)
        try:
            connection = engine.connect()
            run, start = _begin(connection, name, bundle)
        except (sa.exc.SQLAlchemyError, OSError) as error:
            where = database.shown(path) if url else path
            raise StoreError(f"can't begin a run in {where}: {database.reason(error)}") from error
        if url is not None:
            path = f"{path}#{run}"
        writer = cls(connection, rows.Packer(run, start), path, every)
        writer._thread.start()
        return writer

    @property
    def acknowledged(self) -> int:
        """The last tick whose commit returned; -1 before the first."""
        return self._acknowledged

    @property
    def waiting(self) -> int:
        """How many ticks and snapshots were handed over and are not committed yet."""
        return self._given - self._done

    def write_tick(
        self, tick: int, events: Sequence[Event], calls: Sequence[ModelCall] = ()
    ) -> None:
        """Hand over one tick. Blocks only while the queue is full (64 ticks or 64 MiB).

        Arrays in the events must not change afterwards: they are packed later, in another
        thread. Ticks come in order; the same tick again adds to it. Raises `StoreError`.
        """
        if tick < self._tick:
            raise BrokenInvariant(f"tick {tick} was written after tick {self._tick}")
        self._tick = tick
        size = sum(
            getattr(event, name).nbytes for event in events for name in _ARRAYS.get(type(event), ())
        )
        self._put(_Tick(tick, tuple(events), tuple(calls), size))

    def write_snapshot(self, tick: int, payload: bytes | Callable[[], bytes]) -> None:
        """Hand over the snapshot of the world after `tick`; one a tick at most.

        A function is called in the writer's thread, so that compressing costs the loop nothing;
        what it reads must not change any more. Raises `StoreError`.
        """
        self._put(_Snapshot(tick, payload, len(payload) if isinstance(payload, bytes) else 0))

    def flush(self, timeout: float | None = None) -> None:
        """Return once all that was handed over is committed, whatever `every` says.

        Raises `StoreError` on failure, or after `timeout` seconds.
        """
        with self._news:
            mark = self._hurry = self._given
            self._news.notify_all()
            self._news.wait_for(lambda: self._done >= mark or self._failure is not None, timeout)
            self._raise_failure()
            if self._done < mark:
                raise StoreError(f"{self.path}: not written within {timeout} s; still trying")

    async def drained(self) -> None:
        """Wait, without blocking the event loop, until `write_tick` would not block."""
        if self._failure is None and not self._full():
            return
        await asyncio.to_thread(self._wait_for_room)

    def finish(self, summary: Mapping[str, Any], state: str = "finished") -> None:
        """Commit all, seal the run with its summary and state (finished or failed), and close."""
        text = json.dumps(summary)
        self.flush()
        self._end = (state, text)
        self.close()
        with self._news:
            self._raise_failure()

    def close(self) -> None:
        """Commit what was handed over and end the thread. May be called twice; never raises.

        Without `finish` the run stays `running`: it was cut off.
        """
        with self._news:
            self._closing = True
            self._news.notify_all()
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

    # ---- the loop's side of the queue

    def _full(self) -> bool:
        return self._given - self._done >= QUEUED_TICKS or self._bytes >= QUEUED_BYTES

    def _put(self, item: _Tick | _Snapshot) -> None:
        with self._news:
            if self._full():
                self._wait_for_room()
            self._raise_failure()
            if self._closing:
                raise StoreError(f"{self.path}: the run is closed")
            self._queue.append(item)
            self._bytes += item.size
            self._given += 1
            # Once when there is enough, not at every tick: waking the thread costs the loop time.
            if len(self._queue) == self._every or self._full():
                self._news.notify_all()

    def _wait_for_room(self) -> None:
        with self._news:
            self._news.wait_for(lambda: not self._full() or self._failure is not None)
            self._raise_failure()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise StoreError(self._failure) from self._cause

    # ---- the writer's thread

    def _due(self) -> bool:
        return bool(self._queue) and (len(self._queue) >= self._every or self._pressed())

    def _pressed(self) -> bool:
        return self._closing or self._hurry > self._done or self._full()

    def _work(self) -> None:
        try:
            while batch := self._take():
                self._commit(batch)
            if self._end is not None:
                self._seal(*self._end)
        except Exception as error:  # noqa: BLE001 - kept, and raised by the loop's next call
            self._fail(error)
        with suppress(sa.exc.SQLAlchemyError):  # a broken disk was reported above
            self._connection.close()
            self._connection.engine.dispose()

    def _take(self) -> list[_Tick | _Snapshot]:
        """What goes into the next transaction; empty when the run is closed."""
        with self._news:
            self._news.wait_for(lambda: self._closing or self._due())
            self._news.wait_for(self._pressed, LINGER_SECONDS)
            batch: list[_Tick | _Snapshot] = []
            size = 0
            while self._queue and size < BATCH_BYTES:
                batch.append(self._queue.popleft())
                size += batch[-1].size
            return batch

    def _commit(self, batch: Sequence[_Tick | _Snapshot]) -> None:
        """One transaction: a tick, or all the ticks that came while the last one was written."""
        new: dict[str, list[dict[str, Any]]] = {"events": [], "calls": [], "snapshots": []}
        for item in batch:
            if isinstance(item, _Tick):
                new["events"] += self._rows.events(item.tick, item.events)
                new["calls"] += self._rows.calls(item.tick, item.calls)
            else:
                body = item.payload if isinstance(item.payload, bytes) else item.payload()
                new["snapshots"].append(self._rows.snapshot(item.tick, body))
        for table, found in new.items():
            if found:
                self._inserts[table].run(self._connection, found)
        self._connection.commit()
        with self._news:
            self._done += len(batch)
            self._bytes -= sum(item.size for item in batch)
            ticks = [item.tick for item in batch if isinstance(item, _Tick)]
            self._acknowledged = max([self._acknowledged, *ticks])
            self._news.notify_all()

    def _seal(self, state: str, summary: str) -> None:
        heads = self._rows.heads
        self._connection.execute(
            sa.update(database.runs)
            .where(database.runs.c.id == self._rows.run)
            .values(
                state=state,
                summary=summary,
                events_head=heads[0],
                calls_head=heads[1],
                seal=chain.seal(self._rows.genesis, state, summary, heads),
            )
        )
        self._connection.commit()
        if self._connection.dialect.name == "sqlite":
            # One plain file, readable from a folder that can't be written to. While somebody
            # reads it this is refused; then the write-ahead log stays, which is as good.
            with suppress(sa.exc.OperationalError):
                self._connection.exec_driver_sql("PRAGMA busy_timeout=300")
                self._connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                self._connection.exec_driver_sql("PRAGMA journal_mode=DELETE")

    def _fail(self, error: BaseException) -> None:
        with suppress(sa.exc.SQLAlchemyError):  # the error to report is the first one
            self._connection.rollback()
        safe = (
            f"ticks up to {self._acknowledged} are safe"
            if self._acknowledged >= 0
            else "no tick was written"
        )
        where = database.shown(self.path) if "://" in self.path else self.path
        with self._news:
            self._failure = f"can't go on writing {where}: {database.reason(error)}; {safe}"
            self._cause = error
            self._queue.clear()
            self._bytes = 0
            self._news.notify_all()
