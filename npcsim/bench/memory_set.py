"""How well a village week is recalled: by words, by meaning, and by both.

`data/recall_week.jsonl` holds what one innkeeper saw, heard, did and felt in seven days, an inn's
routine among it; `data/recall_questions.jsonl` questions about it with the memories that answer
them. Both were written before anything was measured. Half of the storylines, with all their
questions, are for trying things out (`dev`), the other half (`held_out`) is not.

What was held out had been looked at when fusion was chosen anew. So there is a second week, of a
ferrywoman, with questions of its own (`recall_week_2`, `recall_questions_2`), written before that
choice, and measured after it: its figures are what is told (`second_week`).
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from npcsim.memory.asking import index_of
from npcsim.memory.explained import Found
from npcsim.memory.index import Index
from npcsim.memory.recall import Asked, recall
from npcsim.memory.vectors import Vectors
from npcsim.messages import Embedder
from npcsim.world.memories import Keeping
from npcsim.world.rows import Memory

DATA = Path(str(files("npcsim.bench") / "data"))
TICK_MS = 60_000
DAY = 1440
METHODS = ("keyword", "vector", "hybrid")
TOP = 10
ALL = 1_000


@dataclass(frozen=True, slots=True)
class Asking:
    """A question, the ids of the memories that answer it, and which half it belongs to."""

    text: str
    right: frozenset[int]
    half: str


WEEKS = {"": "Lise", "_2": "Marit"}
"""How the files of a week end -> who lived it."""
TOLD = "second_week"


def read_set(week: str = "") -> tuple[tuple[Memory, ...], tuple[Asking, ...]]:
    """-> a week's memories in order of time (importance by npcsim's own rules), the questions."""
    keeping, lines, ids = Keeping(), [], {}
    for at, row in enumerate(_rows(f"recall_week{week}.jsonl"), 1):
        hour, minute = map(int, row["at"].split(":"))
        tick = (row["day"] - 1) * DAY + hour * 60 + minute
        plain = Memory(tick, row["text"], row["sort"], 0.0, at)
        weighed = keeping.importance(WEEKS[week], plain)
        lines.append(Memory(tick, row["text"], row["sort"], weighed, at))
        ids[row["id"]] = at
    asked = tuple(
        Asking(row["ask"], frozenset(ids[id] for id in row["right"]), row["half"])
        for row in _rows(f"recall_questions{week}.jsonl")
    )
    return tuple(lines), asked


def _rows(name: str) -> Iterator[dict[str, Any]]:
    return map(json.loads, (DATA / name).read_text(encoding="utf-8").splitlines())


Scores = dict[str, dict[str, dict[str, list[tuple[float, float]]]]]


async def measured(embedder: Embedder) -> dict[str, Any]:
    """recall@10 and mean reciprocal rank by half and method, once by relevance alone.

    `recalled` is what the recall of each method gives, `listed` its list before recency and
    importance are weighed in. Of keyword and vector alone each is recalled by its own list.
    """
    found: Scores = {}
    memories = 0
    for week in WEEKS:
        memories += await _week(embedder, week, found)
    return {
        half: {
            way: {
                name: {method: round(statistics.mean(score[at] for score in scores), 4)
                       for method, scores in by_method.items()}
                for at, name in enumerate(("recall10", "mrr"))
            }
            for way, by_method in ways.items()
        }
        for half, ways in found.items()
    } | {
        "memories": memories,
        "questions": {half: len(ways["listed"]["hybrid"]) for half, ways in found.items()},
    }  # fmt: skip


async def _week(embedder: Embedder, week: str, found: Scores) -> int:
    """Put the scores of one week's questions to those there are. -> how many memories it has."""
    lines, asked = read_set(week)
    index = index_of(lines)
    rows = await embedder.embed([line.text for line in lines])
    vectors = Vectors(rows[0], rows)
    questions = await embedder.embed([one.text for one in asked])
    for one, vector in zip(asked, questions, strict=True):
        for way, ranked in _ranked(index, one.text, vectors.asking(vector)).items():
            for method, ids in ranked.items():
                for half in (one.half, "all"):
                    scores = found.setdefault(half, {}).setdefault(way, {})
                    scores.setdefault(method, []).append(_scored(ids, one.right))
    return len(lines)


def _ranked(index: Index, text: str, vectors: Vectors) -> Mapping[str, Mapping[str, Sequence[int]]]:
    """-> ids, the best first, of each method: as listed and as recalled."""
    now = index.lines[-1].tick
    recalled: dict[str, list[int]] = {}
    both: tuple[Found, ...] = ()
    for method, words, given in (
        ("keyword", text, None), ("vector", text, vectors), ("hybrid", text, vectors),
    ):  # fmt: skip
        by = index if method != "vector" else _Wordless(index)
        both = recall(by, Asked(words, limit=ALL), now, TICK_MS, given).found
        recalled[method] = [one.memory.id for one in both]
    return {"listed": {
        "keyword": _by(both, [one.keyword_rank for one in both]),
        "vector": _by(both, [one.vector_rank for one in both]),
        "hybrid": _by(both, [1 / one.fused for one in both]),
    }, "recalled": recalled}  # fmt: skip


class _Wordless(Index):
    """An index in which no word is found, so that vectors have it to themselves."""

    def __init__(self, index: Index) -> None:
        super().__init__()
        self.update(index.lines)

    def keyword(self, text: str) -> Any:
        return super().keyword("")


def _by(found: Sequence[Found], ranks: Sequence[float]) -> list[int]:
    """Ids by rank, of equals the newest first; without those that have none."""
    order = [(rank, -one.memory.id) for one, rank in zip(found, ranks, strict=True) if rank]
    return [-id for _, id in sorted(order)]


def _scored(ids: Sequence[int], right: frozenset[int]) -> tuple[float, float]:
    """-> share of the right ones among the first ten, 1 / rank of the first right one."""
    first = next((rank for rank, id in enumerate(ids, 1) if id in right), 0)
    return len(right.intersection(ids[:TOP])) / len(right), 1 / first if first else 0.0
