"""Writing a run: one thread, one connection, whole ticks.

The loop hands a tick over and goes on; packing, hashing and writing happen in the writer's
thread. **Acknowledged** means that the commit returned: such a tick outlives a killed process.
A transaction holds whole ticks: one, or all that came while the last one was written.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from npcsim.errors import BrokenInvariant, OutOfReach, StoreError
from npcsim.events import Changed, Event, Moved, SignalledMany, StateChanged
from npcsim.messages import ModelCall
from npcsim.store import addresses, database, opening, rows, server
from npcsim.store.folders import new_run_folder
from npcsim.store.handover import Handover, Item, SnapshotItem, TickItem
from npcsim.store.opening import Opened

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

    def __init__(self, opened: Opened, every: int) -> None:
        self.path, self.shown, self.name = opened.path, opened.shown, opened.name
        """`path` is what `Run.open` takes. With a URL it may hold a password: print `shown`."""
        self._line, self._packer = opened.line, opened.packer
        dialect = opened.line.connection.dialect
        self._inserts = {
            table.name: database.insert_into(table, dialect)
            for table in (database.events, database.calls, database.snapshots)
        }
        self._handover = Handover(every)
        self._tick = self._acknowledged = opened.packer.last_tick
        self._end: tuple[str, str] | None = None
        self._sealed = self._unwanted = False
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
        """Begin a run: in `folder`/run.db, or in the server at `url` (one of the two).

        In a server it gets a number behind `name`, one above the highest there. `bundle` is kept
        as it is: all that is needed to simulate again. `every` is the durability: with 1 a tick is
        committed as soon as the thread gets to it, with N the thread waits for N ticks, and a kill
        may cost up to N more. disk: a commit returns when it is on the disk, so that a power cut
        costs nothing acknowledged; without, a server goes by its own setting. Raises `StoreError`
        and `MissingExtra`.
        """
        if folder is not None and url is None:
            return cls(opening.new_in_folder(folder, name, bundle, disk), every)._begun()
        if folder is None and url is not None:
            return cls(opening.new_at(url, name, bundle, disk), every)._begun()
        raise BrokenInvariant("a run goes to a folder or to a URL: give one of the two")

    @classmethod
    def begin(cls, out: Path | str, stem: str, **how: Any) -> RunWriter:
        """Begin a run named `stem`-n under a parent folder, or in a server. how: as `create`."""
        if addresses.is_address(out):
            return cls.create(None, str(out), name=stem, **how)
        folder = new_run_folder(Path(out), stem)
        return cls.create(folder, None, name=folder.name, **how)

    @classmethod
    def reopen(cls, path: Path | str, *, every: int = 1, disk: bool = False) -> RunWriter:
        """Go on with a run, named as for `Run.open`: rows to come are chained to its last ones.

        Nobody else may be writing it. The run stays as it is, finished or cut off, until the first
        tick is committed; tables of an earlier schema are brought up. The chain itself is checked
        by whoever reads it (`Run`), not here. Raises `StoreError`.
        """
        if addresses.is_address(path):
            writer = cls(opening.again_at(str(path), disk), every)
        else:
            writer = cls(opening.again_in_folder(Path(path), disk), every)
        writer._sealed = True
        return writer._begun()

    def _begun(self) -> RunWriter:
        self._thread.start()
        return self

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
        """Commit all, seal the run with its summary and state (one of `rows.STATES`), and close.

        Blocks until that is done. Raises `StoreError`.
        """
        if state not in rows.STATES:
            raise BrokenInvariant(f"a run can't be {state!r}: nobody could take it in")
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

    def discard(self) -> None:
        """Close, and delete the run for good: as if it had not begun. Raises `StoreError`."""
        if not addresses.is_address(self.path):
            self.close()
            shutil.rmtree(self.path, ignore_errors=True)
            return
        # By the thread, which has claimed the run: a server lets go of a claim when it gets to it.
        self._unwanted = True
        self.close()
        self._handover.check()

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
            if self._unwanted:
                run = self._packer.run
                self._line.transact(lambda one: opening.delete_rows(one, run), lambda one: False)
        except Exception as error:  # noqa: BLE001 - kept, and raised by the loop's next call
            self._fail(error)
        self._line.close()

    def _commit(self, batch: Sequence[Item]) -> None:
        before = self._packer.heads
        new: dict[str, list[dict[str, Any]]] = {"events": [], "calls": [], "snapshots": []}
        for item in batch:
            if isinstance(item, TickItem):
                new["events"] += self._packer.events(item.tick, item.events)
                new["calls"] += self._packer.calls(item.tick, item.calls)
            else:
                body = item.payload if isinstance(item.payload, bytes) else item.payload()
                new["snapshots"].append(self._packer.snapshot(item.tick, body))

        def write(connection: sa.Connection) -> None:
            if self._sealed:
                self._mark(connection, "running", None, (b"", b""))
            for table, found in new.items():
                if found:
                    self._inserts[table].run(connection, found)

        def is_done(connection: sa.Connection) -> bool:
            self._check_heads(connection, before)
            snapshots = [row["tick"] for row in new["snapshots"]]
            return self._heads(connection) != before or self._has(connection, snapshots)

        self._line.transact(write, is_done)
        self._sealed = False
        ticks = [item.tick for item in batch if isinstance(item, TickItem)]
        self._acknowledged = max([self._acknowledged, *ticks])
        self._handover.committed(batch)

    def _seal(self, state: str, summary: str) -> None:
        heads = self._packer.heads

        def is_done(connection: sa.Connection) -> bool:
            self._check_heads(connection, heads)
            return False  # to say it once more changes nothing

        self._line.transact(lambda one: self._mark(one, state, summary, heads), is_done)
        database.settle(self._line.connection)

    def _heads(self, connection: sa.Connection) -> tuple[bytes, bytes]:
        """The last chains of events and calls as the database has them."""
        start, run = self._packer.genesis, self._packer.run
        events, calls = (
            database.last_row(connection, table, run) for table in (database.events, database.calls)
        )
        return (start if events is None else events[1], start if calls is None else calls[1])

    def _check_heads(self, connection: sa.Connection, before: tuple[bytes, bytes]) -> None:
        """Raise `OutOfReach` where the log ends neither as it did nor as it was to end now."""
        if self._heads(connection) not in (before, self._packer.heads):
            raise OutOfReach(  # what is left may be whole: whoever resumes it checks that
                "its log does not end as it was left: somebody else wrote to it, or the server "
                "lost what it had acknowledged (see its synchronous_commit)"
            )

    def _has(self, connection: sa.Connection, ticks: Sequence[int]) -> bool:
        """Whether there are snapshots of these ticks, and any is asked for."""
        table = database.snapshots
        query = sa.select(sa.func.count()).where(
            table.c.run == self._packer.run, table.c.tick.in_(ticks)
        )
        return bool(ticks) and connection.execute(query).scalar_one() == len(ticks)

    def _mark(
        self, connection: sa.Connection, state: str, summary: str | None, heads: tuple[bytes, bytes]
    ) -> None:
        """Say in the run's own row how it stands."""
        connection.execute(
            sa.update(database.runs)
            .where(database.runs.c.id == self._packer.run)
            .values(
                state=state,
                summary=summary,
                events_head=heads[0],
                calls_head=heads[1],
                seal=rows.seal(self._packer.genesis, state, summary, heads, self._packer.imported),
            )
        )

    def _fail(self, error: BaseException) -> None:
        with suppress(sa.exc.SQLAlchemyError):  # the error to report is the first one
            self._line.connection.rollback()
        last = self._acknowledged
        safe = f"ticks up to {last} are safe" if last >= 0 else "no tick was written"
        text = f"can't go on writing {self.shown}: {database.reason(error)}; {safe}"
        self._handover.fail(server.kind_of(error)(text), error)
