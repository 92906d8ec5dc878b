"""Ties from a file: CSV whose first line names the columns, or GraphML.

A file may come from anywhere: what is too long, declares entities or is no text is refused, soon.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from xml.parsers import expat

from npcsim.errors import Mistake
from npcsim.scenario.reading.rawtext import read_bytes
from npcsim.scenario.spelling import nearest

TIES = ("trust", "fear", "knows", "likes", "owes")
ENDINGS = (".csv", ".graphml")
MOST_TIES = 200_000
MOST_BYTES = 16_000_000
_MOST_TOLD = 20
_DEEPEST = 12
_COLUMNS = ("from", "to", *TIES, "because")
_NAMES = ("name", "label")


@dataclass(slots=True)
class Row:
    """One tie as the file has it; `both`: it goes both ways."""

    line: int
    start: str
    end: str
    values: dict[str, float] = field(default_factory=dict)
    because: str = ""
    both: bool = False


def read_ties(path: Path, trouble: list[Mistake]) -> Iterator[Row]:
    """The ties of a CSV or GraphML file, one by one; what is wrong is added to `trouble`.

    Each mistake is at its line; after twenty no more is read.
    """
    before = len(trouble)
    raw = read_bytes(path, trouble, MOST_BYTES)
    if len(trouble) > before:
        return
    if max(raw.count(b"\n") // 2, raw.count(b"<edge")) > MOST_TIES:  # soon told, before parsing
        trouble.append(Mistake(str(path), 1, 1, f"more than {MOST_TIES} ties"))
        return
    count = 0
    try:
        for one in _graph(path, raw) if path.suffix == ".graphml" else _table(path, raw):
            if isinstance(one, Mistake):
                trouble.append(one)
            elif count < MOST_TIES:
                count += 1
                yield one
            else:
                trouble.append(Mistake(str(path), one.line, 1, f"more than {MOST_TIES} ties"))
                return
            if len(trouble) - before >= _MOST_TOLD:
                return
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        trouble.append(Mistake(str(path), line, 1, "the file is no UTF-8 text"))
    except expat.ExpatError as error:
        column = error.offset + 1
        trouble.append(Mistake(str(path), error.lineno, column, f"can't be read as XML ({error})"))


def _table(path: Path, raw: bytes) -> Iterator[Row | Mistake]:
    text = raw.decode("utf-8-sig")
    first = text.split("\n", 1)[0]
    mark = next((one for one in (",", ";", "\t") if one in first), ",")
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    try:
        columns = [cell.strip().casefold() for cell in next(lines, [])]
        wrong = list(islice(_heading(path, columns), _MOST_TOLD))
        yield from wrong
        for cells in lines if not wrong else ():
            if any(cell.strip() for cell in cells):
                yield from _row(path, lines.line_num, columns, [cell.strip() for cell in cells])
    except csv.Error as error:
        line = max(1, lines.line_num)
        yield Mistake(str(path), line, 1, f"can't be read as a table ({error})")


def _heading(path: Path, columns: list[str]) -> Iterator[Mistake]:
    at = 1
    for number, column in enumerate(columns):
        if column not in _COLUMNS:
            hint = nearest(column, _COLUMNS) or f"columns are {', '.join(_COLUMNS)}"
            yield Mistake(str(path), 1, at, f"no column '{column[:40]}'", hint)
        elif column in columns[:number]:
            yield Mistake(str(path), 1, at, f"the column '{column}' is there twice")
        at += len(column) + 1
    for column in ("from", "to"):
        if column not in columns and len(set(columns) - set(_COLUMNS)) == 0:
            message = f"the first line names no column '{column}'"
            yield Mistake(str(path), 1, 1, message, "for example from,to,trust")


def _row(path: Path, line: int, columns: list[str], cells: list[str]) -> Iterator[Row | Mistake]:
    if len(cells) != len(columns):
        message = f"{len(cells)} cells, where the first line has {len(columns)}"
        yield Mistake(str(path), line, 1, message)
        return
    row = Row(line, "", "")
    at = 1
    for column, cell in zip(columns, cells, strict=True):
        if column in TIES and cell:
            value = _value(cell)
            if value is None:
                message = f"expected a number from -1 to 1, found '{cell[:40]}'"
                yield Mistake(str(path), line, at, message)
                return
            row.values[column] = value
        elif column in ("from", "to") and not cell:
            yield Mistake(str(path), line, at, f"'{column}' is empty")
            return
        at += len(cell) + 1
    row.start, row.end = cells[columns.index("from")], cells[columns.index("to")]
    row.because = cells[columns.index("because")][:2000] if "because" in columns else ""
    yield row


def _value(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if -1 <= value <= 1 else None


def _graph(path: Path, raw: bytes) -> list[Row | Mistake]:
    """Nodes are people, by their `name` or `label` if they have one, else by their id."""
    reading = _GraphML(path)
    reading.parser.Parse(raw, True)
    for row in reading.rows:
        row.start = reading.names.get(row.start, row.start)
        row.end = reading.names.get(row.end, row.end)
    return [*reading.wrong, *reading.rows]


class _Refused(expat.ExpatError):
    """Something that no file of ties needs."""


class _GraphML:
    """A GraphML file, element by element."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.rows: list[Row] = []
        self.wrong: list[Mistake] = []
        self.names: dict[str, str] = {}
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.buffer_text = True
        self._both = True
        self._depth = 0
        self._keys: dict[str, str] = {}
        self._node = ""
        self._edge: Row | None = None
        self._data: str | None = None
        self._said = ""

    def _refuse(self, message: str) -> None:
        error = _Refused(message)
        error.lineno = self.parser.CurrentLineNumber
        error.offset = self.parser.CurrentColumnNumber
        raise error

    def _doctype(self, *_: object) -> None:
        self._refuse("a DOCTYPE is not allowed: entities are declared in one")

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._refuse("nested too deep")
        tag = tag.rpartition(":")[2]
        if tag == "key":
            key = attributes.get("attr.name", attributes.get("id", ""))
            self._keys[attributes.get("id", "")] = key.casefold()
        elif tag == "graph":
            self._both = attributes.get("edgedefault") != "directed"
        elif tag == "node":
            self._node = attributes.get("id", "")
        elif tag == "edge":
            if len(self.rows) > MOST_TIES:
                self._refuse(f"more than {MOST_TIES} ties")
            both = self._both
            if "directed" in attributes:
                both = attributes["directed"] != "true"
            line = self.parser.CurrentLineNumber
            ends = attributes.get("source", ""), attributes.get("target", "")
            self._edge = Row(line, *ends, both=both)
            self.rows.append(self._edge)
        elif tag == "data":
            self._data, self._said = self._keys.get(attributes.get("key", "")), ""

    def _text(self, text: str) -> None:
        if self._data is not None:
            self._said += text[:2000]

    def _end(self, tag: str) -> None:
        self._depth -= 1
        tag = tag.rpartition(":")[2]
        if tag == "edge":
            self._edge = None
        elif tag == "node":
            self._node = ""
        elif tag == "data" and self._data is not None:
            self._take(self._data, self._said.strip())
            self._data = None

    def _take(self, key: str, said: str) -> None:
        if self._edge is None:
            if self._node and key in _NAMES and said:
                self.names[self._node] = said
        elif key == "because":
            self._edge.because = said
        elif key in TIES:
            value = _value(said)
            if value is None:
                message = f"{key}: expected a number from -1 to 1, found '{said[:40]}'"
                self.wrong.append(Mistake(self.path, self._edge.line, 1, message))
            else:
                self._edge.values[key] = value
