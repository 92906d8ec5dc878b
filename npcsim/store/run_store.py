"""Reading a run, finished or still being written, and finding a folder for a new one."""

from __future__ import annotations

import json
import weakref
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from npcsim.errors import StoreError
from npcsim.events import KINDS, Event, RunStarted, unpack
from npcsim.scenario.moments import tick_at
from npcsim.scenario.spelling import nearest
from npcsim.store import addresses, database, reading, rows, server, versions
from npcsim.store.apart.compare import difference
from npcsim.store.apart.difference import Difference
from npcsim.store.concerning import about
from npcsim.store.folders import Lease, new_run_folder
from npcsim.store.log import PAGE, Log
from npcsim.store.moment import KINDS as MEMORY_KINDS
from npcsim.store.moment import Moment, remembered, tied
from npcsim.store.rows import KeptCall
from npcsim.store.sheets import SHEETS, Sheet, fill
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


@dataclass(frozen=True, slots=True, repr=False)
class Run(Log):
    """One run, for reading only. Rows are checked against their chain as they are read.

    Every method raises `StoreError` where the run is damaged, gone or locked. As a context
    manager it closes itself.
    """

    @classmethod
    def open(cls, path: Path | str) -> Run:
        """Open a run by its folder, its run.db, `URL#run`, or `store:run` (by number or name).

        `store:` is the database server whose URL stands in `NPCSIM_STORE`. Raises `StoreError`
        where there is no run, or one that this npcsim can't read, and `MissingExtra`.
        """
        text = str(path)
        if addresses.is_address(text):
            where = addresses.address(text)
            engine, shown, which = server.engine_at(where), where.whole, where.run
        else:
            file = Path(path) / "run.db" if Path(path).is_dir() else Path(path)
            if not file.is_file():
                raise StoreError(f"no run at {path}; `npcsim run` makes one")
            engine, shown, which = database.old_file(file), text, "1"
        try:
            with reading.reading(engine, shown) as connection:
                versions.check(connection, shown)
                row = reading.own_row(connection, which, shown)
                start = rows.genesis(row["format"], row["name"], row["created_utc"], row["bundle"])
                reading.check_seal(row, start, shown)
        except BaseException:
            engine.dispose()
            raise
        name, created, bundle = row["name"], row["created_utc"], row["bundle"]
        run = cls(text, shown, name, created, bundle, row["id"], start, engine)
        weakref.finalize(run, engine.dispose)  # who forgets a run keeps no connection
        return run

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

    def tail(self, after_seq: int = -1, limit: int = PAGE) -> list[tuple[int, Event]]:
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
