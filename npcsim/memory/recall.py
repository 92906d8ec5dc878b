"""Finding again what is to the point, by words and by meaning; the recent and important first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from npcsim.memory.exact import decay
from npcsim.memory.explained import Found, Recollection
from npcsim.memory.index import Index
from npcsim.memory.stream import ALL, Filter, fitting
from npcsim.memory.vectors import Vectors

HYBRID, GENERATIVE_AGENTS = "hybrid", "generative_agents"
MODES = (HYBRID, GENERATIVE_AGENTS)
RANK = 1
"""The k of reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009). Their 60 suits many
long lists of much the same worth; with two short ones, of which one is often right at its very
first, so large a k lets a mediocre place in both beat the best of one: see docs/explain/memory.md.
"""
WEIGHED = 30
"""So many are weighed in the paper's mode, at least; more where more are asked for."""
POOL = 100
"""So many of each list are fused, at least."""
LEAST = 0.1
"""The relevance of the least relevant of those found."""
SWAY = 0.3
"""How much of a score recency and importance can each take away."""
PARK_DECAY = 0.995
NO_VECTORS = "by keywords alone: no vectors were given"
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Reranker = Callable[[str, Sequence[str]], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be recalled.

    text: a question or a situation; empty asks for what is recent and important. decay: what is
    left of recency after an hour. rerank: gives (text, texts of the best found) a number each, the
    higher the better.
    """

    text: str = ""
    which: Filter = ALL
    limit: int = 10
    mode: str = HYBRID
    decay: float = PARK_DECAY
    rerank: Reranker | None = None


def recall(
    index: Index, asked: Asked, now: int, tick_ms: int, vectors: Vectors | None = None
) -> Recollection:
    """What of an index comes to mind at tick `now`, the best first.

    Mode `hybrid`: the ranks by BM25 and by vectors are fused (1 / (1 + rank), summed; those by BM25
    count times the cube of the share of what is asked, by rarity, that the best of them has),
    brought to `LEAST`..1 as relevance, and multiplied with recency (decay ** hours since it was
    last recalled or made) and importance, each of which can take away `SWAY` of it at most.

    Mode `generative_agents`: recency + importance + relevance (the cosine), each brought to 0..1
    over all memories, all weights 1, decay 0.995 an hour: Park et al., "Generative Agents" (2023),
    section 4.1. Without vectors BM25 stands in for the cosine.

    Raises ValueError for an unknown mode, a limit below 1, and vectors of other memories.
    """
    if asked.mode not in MODES:
        raise ValueError(f"there is no mode {asked.mode!r}; there are {', '.join(MODES)}")
    if asked.limit < 1:
        raise ValueError(f"a limit is at least 1, not {asked.limit}")
    if vectors is not None and len(vectors) != len(index.lines):
        told = f"{len(vectors)} vectors for {len(index.lines)} memories"
        raise ValueError(f"every memory needs a vector, in their order: {told}")
    rows = fitting(index.lines, asked.which)
    if not asked.text:
        vectors = None
    note = NO_VECTORS if vectors is None and asked.text else ""
    if asked.mode == GENERATIVE_AGENTS:
        passed = (now - index.touched[rows]) * tick_ms
        found = _park(index, rows, asked, decay(PARK_DECAY, passed), vectors)
    else:
        found = _hybrid(index, rows, asked, now, tick_ms, vectors)
    if asked.rerank is not None and found:
        found = _reranked(found, asked)
        note = "; ".join(filter(None, (note, "reranked")))
    return Recollection(asked.text, asked.mode, asked.limit, tuple(found), note)


def _hybrid(
    index: Index, rows: Rows, asked: Asked, now: int, tick_ms: int, vectors: Vectors | None
) -> list[Found]:
    pool = max(POOL, 3 * asked.limit)
    keyword = index.keyword(asked.text)
    by_word = _ranks(rows[keyword[rows] > 0], keyword, pool)
    similar, by_meaning = None, {}
    if vectors is not None:
        similar = vectors.similarity()
        vectors.sharpened(similar, rows, pool)
        by_meaning = _ranks(rows[similar[rows] > 0], similar, pool)
    if asked.text:
        found = np.array(sorted(by_word.keys() | by_meaning.keys()), np.int64)
        trusted = _share(index, asked.text, keyword, by_word)
        fused = trusted * _reciprocal(by_word, found) + _reciprocal(by_meaning, found)
        relevance = LEAST + (1 - LEAST) * _scaled(fused, 1.0)
    else:
        found, fused = rows, np.zeros(len(rows))
        relevance = np.ones(len(rows))
    if not len(found):
        return []
    recency = decay(asked.decay, (now - index.touched[found]) * tick_ms)
    importance = index.importance[found]
    score = relevance * (1 - SWAY + SWAY * recency) * (1 - SWAY + SWAY * importance)
    if not asked.text:
        # With nothing to be relevant to, nothing holds the two in bounds.
        score = recency * importance
    return [
        Found(
            index.lines[row], float(score[at]), float(relevance[at]), float(recency[at]),
            float(importance[at]), float(keyword[row]), by_word.get(row, 0),
            None if similar is None else float(similar[row]), by_meaning.get(row, 0),
            float(fused[at]),
        )
        for at, row in _best(found, score, pool)
    ]  # fmt: skip


def _share(index: Index, text: str, keyword: Floats, by_word: dict[int, int]) -> float:
    """How far the keyword list is to be trusted, 0 to 1.

    Where its best has but `how` and `long` of the question, the order in it says little.
    """
    if not by_word:
        return 0.0
    share = min(float(keyword[next(iter(by_word))]) / max(index.full(text), 1e-9), 1.0)
    return share * share * share


def _park(
    index: Index, rows: Rows, asked: Asked, recency: Floats, vectors: Vectors | None
) -> list[Found]:
    if not len(rows):
        return []
    most = max(WEIGHED, asked.limit if asked.rerank is None else 3 * asked.limit)
    parts = [_scaled(recency, 0.5), _scaled(index.importance[rows], 0.5)]
    if vectors is None:
        alike = index.keyword(asked.text)[rows]
        relevance = _scaled(alike, 0.5)
    else:
        alike, relevance = _alike(vectors, rows, parts[0] + parts[1], most)
    score = parts[0] + parts[1] + relevance
    best = _best(rows, score, most)
    keyword = index.keyword_of(asked.text, np.array([row for _, row in best], np.int64))
    return [
        Found(
            index.lines[row], float(score[at]), float(relevance[at]), float(parts[0][at]),
            float(parts[1][at]), float(keyword[place]),
            similarity=None if vectors is None else float(alike[at]),
        )
        for place, (at, row) in enumerate(best)
    ]  # fmt: skip


def _alike(vectors: Vectors, rows: Rows, others: Floats, most: int) -> tuple[Floats, Floats]:
    """-> cosines and relevances; exact for every memory that may be among the `most` highest.

    Coarse cosines tell who may be the least alike, the most alike, and among the highest by the
    sum; of these the fine ones are taken.
    """
    alike = vectors.similarity()[rows]
    off = vectors.bound
    low, high = float(alike.min()), float(alike.max())
    ends = np.flatnonzero((alike <= low + 2 * off) | (alike >= high - 2 * off))
    alike[ends] = vectors.exact(rows[ends])
    low, high = float(alike[ends].min()), float(alike[ends].max())
    if low == high:
        return alike, np.full(len(rows), 0.5)
    relevance = (alike - low) / (high - low)
    if len(rows) > most:
        score = others + relevance
        least = np.partition(score, len(rows) - most)[len(rows) - most]
        near = np.flatnonzero(score >= least - 2 * off / (high - low))
    else:
        near = np.arange(len(rows))
    alike[near] = vectors.exact(rows[near])
    relevance[near] = (alike[near] - low) / (high - low)
    return alike, relevance


def _reranked(found: Sequence[Found], asked: Asked) -> list[Found]:
    """The best anew, in the order of the reranker; the rest behind them as they were."""
    assert asked.rerank is not None
    many = max(30, 3 * asked.limit)
    head, tail = found[:many], found[many:]
    given = list(asked.rerank(asked.text, [one.memory.text for one in head]))
    if len(given) != len(head):
        raise ValueError(f"the reranker gave {len(given)} numbers for {len(head)} texts")
    named = [replace(one, reranked=float(n)) for one, n in zip(head, given, strict=True)]
    return [*sorted(named, key=lambda one: -(one.reranked or 0.0)), *tail]


def _reciprocal(ranks: dict[int, int], rows: Rows) -> Floats:
    """1 / (`RANK` + rank) of each of these rows, 0 for those without a rank."""
    return np.array([1 / (RANK + ranks[r]) if r in ranks else 0.0 for r in rows.tolist()])


def _ranks(rows: Rows, scores: Floats, most: int) -> dict[int, int]:
    """Row -> rank, from 1, of the highest; of equals the newer one is first."""
    return {row: rank for rank, (_, row) in enumerate(_best(rows, scores[rows], most), 1)}


def _best(rows: Rows, scores: Floats, most: int) -> list[tuple[int, int]]:
    """(place in `rows`, row) of the highest scores, the highest first, of equals the newest."""
    places = np.arange(len(rows))
    if len(rows) > most:
        bound = np.partition(scores, len(rows) - most)[len(rows) - most]
        places = places[scores >= bound]
    order = places[np.lexsort((-rows[places], -scores[places]))][:most]
    return list(zip(order.tolist(), rows[order].tolist(), strict=True))


def _scaled(values: Floats, alike: float) -> Floats:
    """Brought to 0..1 by the least and the greatest; `alike` where all are the same."""
    if not len(values):
        return values
    low, high = values.min(), values.max()
    if low == high:
        return np.full(len(values), alike)
    scaled: Floats = (values - low) / (high - low)
    return scaled
