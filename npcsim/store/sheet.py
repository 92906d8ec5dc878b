"""What a table of a run is: its name, its columns, and from which facts its rows are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from npcsim import events as ev
from npcsim.store import sheet_rows as rows
from npcsim.store.rows import KeptCall
from npcsim.store.sheet_rows import Row, Scene
from npcsim.store.table import Column, Table, filled

Fact = ev.Event | KeptCall


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table that can be had of any run: what a row tells, its columns, and where it is from.

    `kinds` are the events it is read from; for none, the model calls. `rows` makes those of one
    event or call; `whole`, where there is one, of all of them together.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    kinds: tuple[str, ...]
    rows: Callable[[Scene, Any], Iterable[Row]] = rows.none
    whole: Callable[[Scene, Iterable[Any]], Iterable[Row]] | None = None


def fill(
    sheet: Sheet, started: ev.RunStarted, facts: Iterable[Fact], npc: str | None = None
) -> Table:
    """The table of these events, or calls, in order; with `npc`, the rows that name it."""
    machines = {one.name: one for one in started.machines}
    scene = Scene(
        started,
        {one.serial: one.id for one in started.cast},
        {one.serial: machines[one.behaviour] for one in started.cast if one.behaviour in machines},
    )
    timed = sheet.columns[0] is _WHEN[0]
    own = sheet.columns[len(_WHEN) :] if timed else sheet.columns
    groups = [at for at, column in enumerate(own) if column.name == "who"]

    def names(row: Row) -> bool:
        return npc in row or any(isinstance(row[at], tuple) and npc in row[at] for at in groups)

    def told() -> Iterator[Row]:
        if sheet.whole is not None:
            yield from (row for row in sheet.whole(scene, facts) if npc is None or names(row))
            return
        for fact in facts:
            when = scene.when(fact.tick) if timed else ()
            for row in sheet.rows(scene, fact):
                if npc is None or names(row):
                    yield *when, *row

    return filled(sheet.name, sheet.meaning, sheet.columns, told())


_WHEN = (
    Column("tick", "ticks", "The tick."),
    Column("time", "", "Its time in the simulation, as `day 1 06:05`."),
    Column("seconds", "s", "Simulated seconds since the run's start."),
)


def sheet(
    name: str,
    meaning: str,
    columns: str,
    kinds: tuple[str, ...],
    made: Callable[[Scene, Any], Iterable[Row]] = rows.none,
    *,
    timed: bool = True,
    whole: Callable[[Scene, Iterable[Any]], Iterable[Row]] | None = None,
) -> Sheet:
    """A table whose columns are written one a line: name [unit]: meaning."""
    listed = []
    for line in columns.strip().splitlines():
        title, _, told = line.strip().partition(": ")
        word, _, unit = title.partition(" [")
        listed.append(Column(word, unit.rstrip("]"), told))
    return Sheet(name, meaning, (*(_WHEN if timed else ()), *listed), kinds, made, whole)
