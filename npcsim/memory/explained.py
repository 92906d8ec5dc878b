"""What was recalled, with every number that put it there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from npcsim.world.rows import Memory

_HEAD = (
    "score", "relevance", "recency", "importance", "keyword", "by word", "similarity",
    "by meaning", "fused", "reranked",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A memory and why it was found.

    keyword: its BM25; keyword_rank: its place by that, 0 for none. similarity: the cosine, None
    where there are no vectors; vector_rank as before. fused: both ranks in one
    number. relevance, recency and importance make the score. reranked: what a reranker gave it.
    """

    memory: Memory
    score: float
    relevance: float
    recency: float
    importance: float
    keyword: float
    keyword_rank: int = 0
    similarity: float | None = None
    vector_rank: int = 0
    fused: float = 0.0
    reranked: float | None = None

    def numbers(self) -> tuple[float | int | None, ...]:
        """All of them, in the order of the table's columns."""
        return (
            self.score, self.relevance, self.recency, self.importance, self.keyword,
            self.keyword_rank or None, self.similarity, self.vector_rank or None, self.fused,
            self.reranked,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recollection:
    """What came to mind, the best first, and what was weighed beside it.

    Going over it gives the memories that came to mind, at most `limit`; `found` has those that
    were weighed and came behind, too. `note` says what the recall had to do without. Printed, and
    in a notebook, it is a table of all the numbers.
    """

    query: str
    mode: str
    limit: int
    found: tuple[Found, ...]
    note: str = ""

    @property
    def memories(self) -> list[Memory]:
        """What came to mind."""
        return [one.memory for one in self.found[: self.limit]]

    def __iter__(self) -> Iterator[Memory]:
        return iter(self.memories)

    def __len__(self) -> int:
        return min(self.limit, len(self.found))

    def rows(self) -> Iterator[dict[str, Any]]:
        """One mapping for each memory that was weighed: its numbers, then its own fields."""
        for one in self.found:
            named = zip((name.replace(" ", "_") for name in _HEAD), one.numbers(), strict=True)
            yield {**dict(named), "id": one.memory.id, "text": one.memory.text}

    def __str__(self) -> str:
        lines = ["  ".join(f"{name:>10}" for name in _HEAD) + "  memory"]
        for one in self.found[: self.limit]:
            cells = "  ".join(f"{_short(value):>10}" for value in one.numbers())
            lines.append(f"{cells}  {one.memory.id}: {one.memory.text}")
        if not self.found:
            lines = [f"nothing comes to mind of {self.query!r}"]
        return "\n".join([*lines, *([f"({self.note})"] if self.note else [])])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in (*_HEAD, "memory"))
        body = "".join(
            "<tr>"
            + "".join(f"<td>{_short(value)}</td>" for value in one.numbers())
            + f"<td>{escape(one.memory.text)}</td></tr>"
            for one in self.found[: self.limit]
        )
        caption = escape("; ".join(filter(None, (f"{self.query} ({self.mode})", self.note))))
        return f"<table><caption>{caption}</caption><tr>{head}</tr>{body}</table>"


def _short(value: float | int | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.4f}"
