"""Reading a run, finished or still being written, and finding a folder for a new one."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from npcsim.errors import StoreError
from npcsim.events import KINDS, Event, Packed, RunStarted, unpack
from npcsim.scenario.moments import tick_at
from npcsim.scenario.spelling import nearest
from npcsim.store import database, notes, reading, rows
from npcsim.store.apart.compare import difference
from npcsim.store.apart.difference import Difference
from npcsim.store.concerning import about
from npcsim.store.folders import Lease, new_run_folder
from npcsim.store.moment import KINDS as MEMORY_KINDS
from npcsim.store.moment import Moment, remembered, tied
from npcsim.store.rows import KeptCall
from npcsim.store.sheets import SHEETS, Sheet, fill
from npcsim.store.snapshots import Nearest, decode
from npcsim.store.standing import KINDS as FOLDED
from npcsim.store.standing import Standing, as_of
from npcsim.store.table import Table, html_table
from npcsim.store.why.explanation import Explanation
from npcsim.store.why.gather import explain
from npcsim.store.writer import RunWriter
from npcsim.world.rows import Memory

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["INPUTS", "KeptCall", "Lease", "Run", "RunWriter", "new_run_folder"]

INPUTS = ("Landed", "Embedded", "TierChanged", "Given", "Resumed")
"""The kinds of event that came from outside; all else follows from them."""

_PAGE = 128


@dataclass(frozen=True, slots=True, repr=False)
class Run:
    """One run, for reading only. Rows are checked against their chain as they are read.

    Every method raises `StoreError` where the run is damaged, gone or locked. As a context
    manager it closes itself.
    """

    path: str
    shown: str
    name: str
    created_utc: str
    bundle: bytes
    _id: int
    _genesis: bytes
    _engine: sa.Engine
    _lease: Lease | None = None

    @classmethod
    def open(cls, path: Path | str) -> Run:
        """Open a run by its folder, its run.db, or `URL#run` (the run's number or name).

        Raises `StoreError` where there is no run, or one that this npcsim can't read.
        """
        text = str(path)
        if "://" in text:
            url, _, which = text.partition("#")
            engine, shown = database.at_url(url), database.shown(url)
        else:
            file = Path(path) / "run.db" if Path(path).is_dir() else Path(path)
            if not file.is_file():
                raise StoreError(f"no run at {path}; `npcsim run` makes one")
            engine, shown, which = database.old_file(file), text, "1"
        with reading.reading(engine, shown) as connection:
            row = reading.own_row(connection, which, shown)
            start = rows.genesis(row["format"], row["name"], row["created_utc"], row["bundle"])
            reading.check_seal(row, start, shown)
        name, created, bundle = row["name"], row["created_utc"], row["bundle"]
        return cls(text, shown, name, created, bundle, row["id"], start, engine)

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
        return not self.notes(notes.IMPORTED) or bool(self.notes(notes.TRUSTED))

    @property
    def last_tick(self) -> int:
        """The last tick with an event; -1 while there is none."""
        table = database.events
        query = sa.select(sa.func.max(table.c.seq).label("last")).where(table.c.run == self._id)
        last = self._fetch(query)[0]["last"]
        return -1 if last is None else rows.tick_of(last)

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
        while page := self._page(after, before, kinds, _PAGE):
            yield from page
            after = page[-1][0]
        if stop is None:
            self._check_end(database.events, "events_head")

    @property
    def started(self) -> RunStarted:
        """The run's first event: its cast, places, clock and seeds."""
        first = next(self.packed(kinds=("RunStarted",), stop=1), None)
        event = unpack(first[1]) if first else None
        if not isinstance(event, RunStarted):
            raise StoreError(f"{self.shown} has no beginning")
        return event

    def events(
        self,
        kind: str | None = None,
        *,
        kinds: Collection[str] | None = None,
        npc: str | None = None,
        start: int | str = 0,
        stop: int | str | None = None,
    ) -> Iterator[Event]:
        """Events in order, read page by page: a run of any length; see `packed`.

        kind, kinds: only these, such as "Decided". npc: only those that name this NPC as who did
        it, whom it was done to, or one of a crowd. start, stop: from a tick, or a time such as
        "07:30", to before another. Raises ValueError for a kind, an NPC or a time there is not.
        """
        if kind is not None:
            kinds = (kind, *(kinds or ()))
        for one in kinds or ():
            if one not in KINDS:
                raise ValueError(f"there is no event {one!r}; {nearest(one, KINDS)}")
        first, last = self._ticks(start, stop)
        named = about(self.started, npc) if npc is not None else None
        for _, packed in self.packed(kinds=kinds, start=first, stop=last):
            if named is None or named.may(packed):
                event = unpack(packed)
                if named is None or named.is_in(event):
                    yield event

    def _ticks(self, start: int | str, stop: int | str | None) -> tuple[int, int | None]:
        """Two moments as ticks."""
        if isinstance(start, int) and not isinstance(stop, str):
            return start, stop
        began = self.started
        ticks = [
            one if one is None else tick_at(one, began.start_ms, began.tick_ms)
            for one in (start, stop)
        ]
        return ticks[0] or 0, ticks[1]

    @property
    def tables(self) -> Mapping[str, Sheet]:
        """The tables of a run by name: what each tells, and its columns with units."""
        return SHEETS

    def table(
        self,
        name: str,
        *,
        npc: str | None = None,
        start: int | str = 0,
        stop: int | str | None = None,
    ) -> Table:
        """One of `tables`, filled from the log: a list of values for every column.

        npc, start, stop: as for `events`. Raises KeyError for a table there is not.
        """
        if name not in SHEETS:
            hint = nearest(name, SHEETS) or f"there are {', '.join(SHEETS)}"
            raise KeyError(f"there is no table {name!r}; {hint}")
        sheet, began = SHEETS[name], self.started
        first, last = self._ticks(start, stop)
        facts: Iterator[Event | KeptCall]
        if npc is not None:
            about(began, npc)
        if sheet.kinds:
            named = None if "RunStarted" in sheet.kinds else npc
            facts = self.events(kinds=sheet.kinds, npc=named, start=first, stop=last)
        else:
            facts = (
                kept for kept in self.calls()
                if kept.tick >= first and (last is None or kept.tick < last)
            )  # fmt: skip
        return fill(sheet, began, facts, npc)

    def at(self, when: int | str) -> Moment:
        """How everybody stood after a tick, or at a time: position, state, attributes.

        `.memories(npc)` and `.recall(npc, "who burnt the mill?", explain=True)` are what they
        remembered then. From the nearest snapshot before it, and the events since. Raises
        ValueError for what is no time, or is after the last tick.
        """
        began = self.started
        tick = tick_at(when, began.start_ms, began.tick_ms)
        if tick > self.last_tick:
            raise ValueError(f"the run ends with tick {self.last_tick}, before {when!r}")
        before, data, columns = self.nearest(tick)
        standing = Standing(as_of(began, data), columns)
        first = before + 1
        standing.take(self.events(kinds=FOLDED, start=first, stop=tick + 1))

        def lines(npc: str) -> tuple[Memory, ...]:
            about(began, npc)
            since = self.events(kinds=MEMORY_KINDS, npc=npc, start=first, stop=tick + 1)
            return remembered(npc, data, since)

        def graph() -> nx.MultiDiGraph:
            return tied(began, data, self.events(kinds=("Tied",), start=first, stop=tick + 1))

        return replace(standing.table(tick, lines), tied=graph)

    def explain(self, npc: str, tick: int | str | None = None) -> Explanation:
        """Why an NPC did what it did at a tick or time; None: at its last decision.

        What it was doing, the thought behind it with perception, memories, options and scores, who
        was asked and why, prompt, answer and price, and what became of it. From the log alone: no
        code of the run is executed. Raises ValueError for an NPC or a time there is not.
        """
        began = self.started
        at = tick if tick is None else tick_at(tick, began.start_ms, began.tick_ms)
        return explain(self, npc, at)

    def diff(self, other: Run) -> Difference:
        """Where another run parts from this one, whom that reached and through what, and the ends.

        From both logs alone, up to the last tick that both have. Raises ValueError for runs whose
        ticks are not equally long, or begin at another time.
        """
        return difference(self, other)

    def tail(self, after_seq: int = -1, limit: int = _PAGE) -> list[tuple[int, Event]]:
        """At most `limit` events after `after_seq`, with their `seq`: to follow a run.

        Empty while there is nothing new. Ticks become visible whole, as they are committed.
        """
        page = self._page(after_seq, None, None, limit)
        return [(seq, unpack(packed)) for seq, packed in page]

    def inputs(self, start: int = 0) -> Iterator[Event]:
        """All that came from outside (`INPUTS`) from a tick on, in order."""
        return self.events(kinds=INPUTS, start=start)

    def hashes(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, str]]:
        """Each tick with the state hash it ended in."""
        for seq, packed in self.packed(kinds=("TickEnded",), start=start, stop=stop):
            yield rows.tick_of(seq), str(json.loads(packed.payload)["hash"])

    def calls(self, key: str | None = None) -> Iterator[KeptCall]:
        """The model calls in the order they were written; with `key`, those of one request."""
        table = database.calls
        after = -1
        while True:
            query = reading.page_query(table, self._id, after, _PAGE)
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

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *what: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Run {self.name}: {self.state}, {self.last_tick} ticks, {self.shown}>"

    def _repr_html_(self) -> str:
        summary = self.summary or {"ticks": self.last_tick}
        rows = [("state", self.state), *summary.items(), ("tables", ", ".join(SHEETS))]
        return html_table(f"run {self.name}", (), rows)

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
