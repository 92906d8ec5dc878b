"""Runs as tidy files: a table a kind of fact, rows that name their run, and a dictionary."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx

from npcsim.errors import MissingExtra, NpcsimError, StoreError
from npcsim.experiments.book import Row
from npcsim.experiments.surveys.answers import COLUMNS as SURVEY
from npcsim.experiments.surveys.answers import MEANING, Answer
from npcsim.store.run_store import Run
from npcsim.store.sheets import SHEETS, Sheet
from npcsim.store.table import Column

Answered = Callable[[Row], Sequence[Answer]]
FORMATS = ("csv", "parquet", "graphml")
Opened = Callable[[], Iterable[tuple[Row, Run]]]
"""Gives every run with its row, one open at a time; may be called again."""

_OWN = (
    Column("run", "", "The run: the id of its row in `runs`."),
    Column("seed", "", "Its world seed."),
    Column("mind_seed", "", "Its mind seed; empty where that is the world seed."),
)
_RUNS = (
    *_OWN,
    Column("state", "", "done, failed, held for lack of budget, or spared: settled without it."),
    Column("reason", "", "Why it failed, was held or spared."),
    Column("ticks", "ticks", "How long it was."),
    Column("usd", "USD", "What it cost."),
    Column("wall_s", "s", "Real seconds it took."),
    Column("hash", "", "The hash of its last state."),
)


@dataclass(frozen=True, slots=True)
class Exported:
    """The files of an export, in the order they were written, and rows by table."""

    files: tuple[Path, ...]
    rows: Mapping[str, int]


def export(
    rows: Iterable[Row],
    opened: Opened,
    out: Path,
    form: str,
    tables: Iterable[str] = (),
    answered: Answered | None = None,
) -> Exported:
    """Write the tables of runs into a folder. Only one table of one run is in memory at a time.

    rows: what became of each run, measures among it. tables: all that there are if left out.
    answered: the answers to surveys, if any: they are the table `survey`. form:
    csv, parquet, or graphml, which has the ties and the talk of every run as graphs instead. Raises
    NpcsimError for an unknown table or form, MissingExtra without pyarrow, StoreError where the
    folder can't be written or a run is damaged.
    """
    chosen = tuple(tables) or tuple(SHEETS)
    for name in chosen:
        if name not in SHEETS:
            raise NpcsimError(f"there is no table {name!r}; there are {', '.join(SHEETS)}")
    if form not in FORMATS:
        raise NpcsimError(f"there is no format {form!r}; there are {', '.join(FORMATS)}")
    listed = list(rows)
    try:
        out.mkdir(parents=True, exist_ok=True)
        if form == "graphml":
            return _graphs(opened, out)
        return _tables(listed, opened, out, form, [SHEETS[name] for name in chosen], answered)
    except OSError as error:
        raise StoreError(f"can't write into {out}: {error.strerror or error}") from error


def _tables(
    rows: list[Row],
    opened: Opened,
    out: Path,
    form: str,
    sheets: list[Sheet],
    answered: Answered | None,
) -> Exported:
    factors = list(dict.fromkeys(name for row in rows for name in row.cell))
    cells = tuple(Column(name, "", "A factor of the design: its level.") for name in factors)
    counts: dict[str, int] = {}
    writer = _csv if form == "csv" else _parquet
    files = []

    def lead(row: Row) -> tuple[Any, ...]:
        return (row.id, row.seed, row.mind_seed, *(row.cell.get(name) for name in factors))

    def put(name: str, columns: tuple[Column, ...], lines: Callable[[], Lines]) -> None:
        file = out / f"{name}.{form}"
        counts[name] = writer(file, columns, lines)
        files.append(file)

    def of_runs() -> Lines:
        for row in rows:
            yield (*lead(row)[:3], row.state, row.reason, row.ticks, row.usd, row.wall_s, row.hash,
                   *lead(row)[3:])  # fmt: skip

    def of_measures() -> Lines:
        for row in rows:
            for name, value in row.measures.items():
                yield (*lead(row), name, value)

    measure = (Column("measure", "", "Which."), Column("value", "", "In the measure's own unit."))
    columns = {"runs": (*_RUNS, *cells), "outcomes": (*_OWN, *cells, *measure)}
    put("runs", columns["runs"], of_runs)
    put("outcomes", columns["outcomes"], of_measures)
    if answered is not None and any(answered(row) for row in rows):
        columns["survey"] = (*_OWN, *cells, *SURVEY)
        put("survey", columns["survey"], lambda: _answers(rows, answered, lead))
    for sheet in sheets:
        columns[sheet.name] = (*_OWN, *cells, *sheet.columns)

        def of_sheet(sheet: Sheet = sheet) -> Lines:
            for row, run in opened():
                first = lead(row)
                for line in run.table(sheet.name).rows():
                    yield (*first, *line.values())

        put(sheet.name, columns[sheet.name], of_sheet)
    meanings = {name: sheet.meaning for name, sheet in SHEETS.items()}
    meanings |= {"runs": "Every run.", "outcomes": "What each run came to, one measure a row."}
    meanings["survey"] = MEANING
    files.append(_dictionary(out / "data_dictionary.csv", columns, meanings))
    return Exported(tuple(files), counts)


Lines = Iterator[tuple[Any, ...]]


def _answers(
    rows: Iterable[Row], answered: Answered, lead: Callable[[Row], tuple[Any, ...]]
) -> Lines:
    for row in rows:
        for answer in answered(row):
            for line in answer.rows():
                yield (*lead(row), *line)


def _csv(file: Path, columns: tuple[Column, ...], lines: Callable[[], Lines]) -> int:
    count = 0
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([column.name for column in columns])
        for line in lines():
            writer.writerow([_plain(value) for value in line])
            count += 1
    return count


def _parquet(file: Path, columns: tuple[Column, ...], lines: Callable[[], Lines]) -> int:
    """In two passes: what a column holds is known only when the last run was seen."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtra(
            "for Parquet there must be pyarrow: pip install npcsim[study]"
        ) from error
    kinds: list[set[type]] = [set() for _ in columns]
    for line in lines():
        for kind, value in zip(kinds, line, strict=True):
            if value is not None:
                kind.add(type(_plain(value)))
    types = [_type(kind) for kind in kinds]
    arrow = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}
    schema = pa.schema(
        [
            pa.field(
                column.name, arrow[type], metadata={"unit": column.unit, "meaning": column.meaning}
            )
            for column, type in zip(columns, types, strict=True)
        ]
    )
    count = 0
    with ExitStack() as stack:
        writer = stack.enter_context(pq.ParquetWriter(file, schema))
        for chunk in _chunks(lines(), 20_000):
            count += len(chunk)
            writer.write_table(_table(chunk, types, schema))
    return count


def _table(chunk: list[tuple[Any, ...]], types: Sequence[type], schema: Any) -> Any:
    """Rows as an Arrow table. They are let go of, or there would be two chunks at a time."""
    import pyarrow as pa

    columns = []
    for at, type in enumerate(types):
        values = [_as(line[at], type) for line in chunk]
        columns.append(pa.array(values, schema.field(at).type))
    chunk.clear()
    return pa.Table.from_arrays(columns, schema=schema)


def _type(kinds: set[type]) -> type:
    if kinds == {bool}:
        return bool
    if kinds == {int}:
        return int
    return float if kinds and kinds <= {int, float} else str


def _as(value: Any, type: type) -> Any:
    plain = _plain(value)
    return None if plain is None else type(plain)


def _plain(value: Any) -> Any:
    """Numbers, texts and None as they are; whatever has parts as JSON."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return json.dumps(value, ensure_ascii=False, default=list)


def _chunks(lines: Lines, size: int) -> Iterator[list[tuple[Any, ...]]]:
    held: list[tuple[Any, ...]] = []
    for line in lines:
        held.append(line)
        if len(held) == size:
            yield held
            held = []
    if held:
        yield held


def _dictionary(
    file: Path, columns: Mapping[str, tuple[Column, ...]], meanings: Mapping[str, str]
) -> Path:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["table", "column", "unit", "meaning"])
        for table, listed in columns.items():
            writer.writerow([table, "", "", meanings[table]])
            for column in listed:
                writer.writerow([table, column.name, column.unit, column.meaning])
    return file


def _graphs(opened: Opened, out: Path) -> Exported:
    files, counts = [], {"ties": 0, "talk": 0}
    for row, run in opened():
        talk = nx.DiGraph()
        for person in run.started.cast:
            talk.add_node(person.id, called=person.name, archetype=person.archetype)
        for line in run.table("speech").rows():
            if line["to"] in talk:
                known = talk.get_edge_data(line["npc"], line["to"], {"times": 0})
                talk.add_edge(line["npc"], line["to"], times=known["times"] + 1)
        for name, graph in (("ties", run.at(run.last_tick).ties), ("talk", talk)):
            graph.graph.update({"run": row.id, "seed": row.seed, **row.cell})
            file = out / f"{name}-{row.id}.graphml"
            nx.write_graphml(graph, file)
            files.append(file)
            counts[name] += graph.number_of_edges()
    return Exported(tuple(files), counts)
