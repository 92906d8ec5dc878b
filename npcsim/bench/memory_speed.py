"""Recall at ten thousand memories, beside the retrieval loop of Generative Agents.

The loop is written from the paper: Park et al., "Generative Agents: Interactive Simulacra of Human
Behavior" (UIST 2023), section 4.1. Recency (0.995 an hour since a memory was last retrieved),
importance and the cosine of the embeddings, each brought to 0..1 over all memories, are summed, and
the highest come back. Memories are plain objects with a list of numbers, or a row of NumPy, each; a
cosine divides by both norms each time, as in the code that was published with the paper.

Of the thousands of memories each is two events of the recall set; its vector is the mean of theirs,
moved a little so that no two are alike.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npcsim.bench.compare import Measured, Stepper, alternate
from npcsim.bench.memory_set import TICK_MS, read_set
from npcsim.memory.asking import index_of
from npcsim.memory.index import Index
from npcsim.memory.recall import GENERATIVE_AGENTS, PARK_DECAY, Asked, recall
from npcsim.memory.stream import Filter
from npcsim.memory.vectors import Vectors
from npcsim.messages import Embedder
from npcsim.world.dice import rolls
from npcsim.world.memories import Keeping, Memories, key_of
from npcsim.world.rows import Memory

TOP = 30
EVERY = 3
"""Minutes between two memories."""
SPANS = {"npcsim": 30, "numpy": 2, "lists": 1}
NOISE = 0.2
FILTERED = Filter(kinds=frozenset({"heard", "seen"}), since=1_000)


@dataclass(frozen=True, slots=True)
class Stage:
    """Memories and questions, as npcsim has them and as the paper's loop does."""

    lines: tuple[Memory, ...]
    index: Index
    vectors: Vectors
    rows: NDArray[Any]
    texts: tuple[str, ...]
    asked: NDArray[Any]

    @property
    def now(self) -> int:
        """Later than anything there is: neither side has a recency for what is to come."""
        return self.lines[-1].tick + EVERY


async def staged(embedder: Embedder, many: int) -> Stage:
    """So many memories, and the questions of the recall set. Raises what the embedder does."""
    events, asked = read_set()
    parts = await embedder.embed([event.text for event in events])
    texts = tuple(one.text for one in asked)
    questions = await embedder.embed(texts)
    lines, rows = [], np.empty((many, parts.shape[1]))
    numbers = np.arange(parts.shape[1], dtype=np.uint32)
    for at in range(many):
        one = at % len(events)
        other = (one + 1 + at // len(events)) % len(events)
        a, b = events[one], events[other]
        tick = 1 + at * EVERY
        again = tick + at % 97 * 7 if at % 5 == 0 else -1
        lines.append(
            replace(a, id=at + 1, tick=tick, text=f"{a.text}; {b.text}",
                    importance=round((a.importance + b.importance) / 2 + at % 11 / 100, 3),
                    recalled=min(again, many * EVERY))
        )  # fmt: skip
        noise = rolls(6, at, "noise", numbers) - 0.5
        moved = parts[one] + parts[other] + NOISE * noise
        rows[at] = moved / math.sqrt(float((moved * moved).sum()))
    index = index_of(lines)
    return Stage(tuple(lines), index, Vectors(questions[0], rows), rows, texts, questions)


# ---- the paper's loop


@dataclass(slots=True)
class Node:
    """A memory of the paper's loop. accessed: hours. vector: a list, or a row of NumPy."""

    id: int
    importance: float
    accessed: float
    vector: Any


Cosine = Callable[[Any, Any], float]


def by_lists(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of two lists."""
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    norms = math.sqrt(sum(a * a for a in one)) * math.sqrt(sum(b * b for b in other))
    return dot / norms


def by_numpy(one: NDArray[Any], other: NDArray[Any]) -> float:
    """The cosine of two rows of NumPy."""
    return float(np.dot(one, other) / (np.linalg.norm(one) * np.linalg.norm(other)))


def retrieve(nodes: Sequence[Node], query: Any, now: float, cosine: Cosine) -> list[int]:
    """The ids of the `TOP` memories by the paper's formula; of equals the newest first."""
    recency = scaled([PARK_DECAY ** (now - node.accessed) for node in nodes])
    importance = scaled([node.importance for node in nodes])
    relevance = scaled([cosine(node.vector, query) for node in nodes])
    score = {node.id: recency[at] + importance[at] + relevance[at] for at, node in enumerate(nodes)}
    return sorted(score, key=lambda id: (-score[id], -id))[:TOP]


def scaled(values: list[float]) -> list[float]:
    """Brought to 0..1 by least and greatest; 0.5 where all are the same."""
    low, high = min(values), max(values)
    if low == high:
        return [0.5] * len(values)
    return [(value - low) / (high - low) for value in values]


def nodes_of(stage: Stage, as_lists: bool) -> list[Node]:
    """The memories as the loop has them."""
    hour = 60
    vectors = stage.rows.tolist() if as_lists else list(stage.rows)
    return [
        Node(line.id, line.importance, max(line.tick, line.recalled) / hour, vector)
        for line, vector in zip(stage.lines, vectors, strict=True)
    ]


# ---- what is timed


class Retrieving(Stepper):
    """Asks one question after the other."""

    n = 1

    def __init__(self, ask: Callable[[int], object], many: int) -> None:
        self._ask, self._many, self._at = ask, many, 0

    def step(self) -> None:
        self._ask(self._at % self._many)
        self._at += 1


def ours(stage: Stage, at: int) -> list[int]:
    """The same with npcsim, in its compatible mode."""
    asked = Asked(stage.texts[at], limit=TOP, mode=GENERATIVE_AGENTS)
    found = recall(stage.index, asked, stage.now, TICK_MS, stage.vectors.asking(stage.asked[at]))
    return [line.id for line in found]


def compared(
    stage: Stage, repeats: int, same_for: int
) -> tuple[Measured, dict[str, list[float]], int]:
    """-> times of a retrieval; how many times the processor time of npcsim the others take; and for
    how many of the first `same_for` questions the thirty are the same, in the same order, as by
    lists and by NumPy."""
    lists, rows = nodes_of(stage, True), nodes_of(stage, False)
    questions, now = stage.asked.tolist(), stage.now / 60
    asking: dict[str, Callable[[int], list[int]]] = {
        "npcsim": lambda at: ours(stage, at),
        "numpy": lambda at: retrieve(rows, stage.asked[at], now, by_numpy),
        "lists": lambda at: retrieve(lists, questions[at], now, by_lists),
    }
    many = len(stage.texts)
    # By lists it takes long; the rows' result is that of the lists but for the last bits.
    same = sum(asking["npcsim"](at) == asking["numpy"](at) for at in range(same_for))
    assert asking["lists"](0) == asking["numpy"](0)

    def side(ask: Callable[[int], list[int]]) -> Callable[[], Stepper]:
        return lambda: Retrieving(ask, many)

    sides = {name: side(ask) for name, ask in asking.items()}
    measured = alternate(sides, repeats=repeats, ticks=SPANS, warmup={**dict.fromkeys(SPANS, 0),
                         "npcsim": 3})  # fmt: skip
    return measured, _in_cpu(asking, repeats, many), same


def _in_cpu(
    asking: dict[str, Callable[[int], list[int]]], repeats: int, many: int
) -> dict[str, list[float]]:
    """The same in processor time, of all threads, which others on the machine disturb less."""
    ratios: dict[str, list[float]] = {"lists": [], "numpy": []}
    for repeat in range(repeats):
        took = {}
        for name, ask in asking.items():
            begun = time.process_time()
            for at in range(SPANS[name]):
                ask((repeat + at) % many)
            took[name] = (time.process_time() - begun) / SPANS[name]
        for name, found in ratios.items():
            found.append(took[name] / took["npcsim"])
    return ratios


def recall_ms(stage: Stage, rounds: int = 3, which: Filter | None = None) -> list[float]:
    """Milliseconds of hybrid recalls of ten, the embedding of the question apart."""
    took = []
    for _ in range(rounds):
        for text, vector in zip(stage.texts, stage.asked, strict=True):
            begun = time.perf_counter()
            given = Asked(text) if which is None else Asked(text, which)
            recall(stage.index, given, stage.now, TICK_MS, stage.vectors.asking(vector))
            took.append((time.perf_counter() - begun) * 1000)
    return took


def add_ms(stage: Stage, many: int = 200) -> list[float]:
    """Milliseconds until a new memory is in the table, in the index and among the vectors."""
    table = Memories(Keeping(lines=1 << 30, bytes=1 << 40))
    for line in stage.lines:
        table.put(key_of("Lise", line.id), line)
    index = index_of(table.of("Lise"))
    vectors, took = stage.vectors, []
    for at in range(many):
        id = len(stage.lines) + 1 + at
        line = replace(stage.lines[at], id=id, tick=stage.now + at, recalled=-1)
        begun = time.perf_counter()
        table.put(key_of("Lise", id), line)
        index.update(table.of("Lise"))
        vectors = vectors.adding(stage.rows[at : at + 1])
        index.keyword(line.text)
        took.append((time.perf_counter() - begun) * 1000)
    assert len(vectors) == len(index.lines) == len(stage.lines) + many
    return took


def percentile(took: Sequence[float], share: float) -> float:
    """The value that so large a share of them does not exceed."""
    return sorted(took)[min(int(share * len(took)), len(took) - 1)]


def timed(stage: Stage, repeats: int, same_for: int) -> dict[str, Any]:
    """All figures of one stage."""
    recalls, adds = recall_ms(stage), add_ms(stage)
    filtered = recall_ms(stage, 1, FILTERED)
    measured, cpu, same = compared(stage, repeats, same_for)
    sides = measured.sides
    return {
        "memories": len(stage.lines),
        "same_top30": same == same_for,
        "same_of": [same, same_for],
        "vs_lists": round(measured.ratio("lists", "npcsim"), 1),
        "vs_numpy": round(measured.ratio("numpy", "npcsim"), 1),
        "spread": {
            name: [round(ratio, 1) for ratio in measured.ratios(name, "npcsim")]
            for name in ("lists", "numpy")
        },
        "cpu": {name: round(statistics.median(ratios), 1) for name, ratios in cpu.items()},
        "retrieval_ms": {name: round(side.median / 1e6, 3) for name, side in sides.items()},
        "recall_p50_ms": round(statistics.median(recalls), 3),
        "recall_p95_ms": round(percentile(recalls, 0.95), 3),
        "recall_filtered_p95_ms": round(percentile(filtered, 0.95), 3),
        "add_ms": round(statistics.mean(adds), 3),
        "add_p95_ms": round(percentile(adds, 0.95), 3),
    }
