"""A table of a run: a list of values for every column, and what the columns mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from npcsim.errors import MissingExtra
from npcsim.scenario.spelling import nearest

SHOWN = 20
LONGEST = 120


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its unit (empty for none), and what it means."""

    name: str
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Columns by name, each a list; as long as there are rows.

    `table["tick"]` is a list, `len(table)` the number of rows, `for name in table` the columns,
    `table.rows()` one mapping a row, `dict(table)` what other libraries make their own of.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    data: Mapping[str, list[Any]]

    def keys(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)

    def __getitem__(self, column: str) -> list[Any]:
        if column not in self.data:
            hint = nearest(column, self.keys()) or f"there are {', '.join(self.keys())}"
            raise KeyError(f"{self.name} has no column {column!r}; {hint}")
        return self.data[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.data[self.columns[0].name])

    def rows(self) -> Iterator[dict[str, Any]]:
        """One mapping of column to value a row."""
        names = self.keys()
        for values in zip(*(self.data[name] for name in names), strict=True):
            yield dict(zip(names, values, strict=True))

    def to_pandas(self) -> Any:
        """The same as a pandas DataFrame. Raises MissingExtra where pandas is not installed."""
        try:
            import pandas
        except ImportError as error:
            raise MissingExtra("for to_pandas there must be pandas: pip install pandas") from error
        return pandas.DataFrame(dict(self.data), columns=list(self.keys()))

    def __repr__(self) -> str:
        return f"<Table {self.name}: {len(self)} rows of {', '.join(self.keys())}>"

    def _repr_html_(self) -> str:
        rows = [list(row.values()) for row, _ in zip(self.rows(), range(SHOWN), strict=False)]
        more = f", the first {SHOWN} of them" if len(self) > SHOWN else ""
        caption = f"{self.name}: {self.meaning} {len(self)} rows{more}."
        return html_table(caption, [_titled(column) for column in self.columns], rows)


def filled(
    name: str, meaning: str, columns: tuple[Column, ...], rows: Iterable[Sequence[Any]]
) -> Table:
    """A table of rows, each with a value for every column in order."""
    data: dict[str, list[Any]] = {column.name: [] for column in columns}
    lists = list(data.values())
    for row in rows:
        for values, value in zip(lists, row, strict=True):
            values.append(value)
    return Table(name, meaning, columns, data)


def html_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """An HTML table; every text in it is escaped."""
    cells = "".join(f"<th>{escape(title)}</th>" for title in head)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(_short(value))}</td>' for value in row)}</tr>" for row in rows
    )
    top = f"<thead><tr>{cells}</tr></thead>" if head else ""
    return f"<table><caption>{escape(caption)}</caption>{top}<tbody>{body}</tbody></table>"


def _titled(column: Column) -> str:
    return f"{column.name} ({column.unit})" if column.unit else column.name


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    text = "" if value is None else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
