"""One NPC's memories by the terms in them: BM25, and the numbers that recall weighs by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from npcsim.memory.exact import ln
from npcsim.memory.words import terms
from npcsim.world.rows import Memory

K1, B = 1.2, 0.75
"""How soon a term's repetition counts no more, and how much a long text loses: the usual values."""
Rows = NDArray[np.int64]


class Index:
    """Terms of memories, kept up while memories come and go. Worked out from them alone.

    All arrays go by a memory's place in `lines`.
    """

    def __init__(self) -> None:
        self.lines: tuple[Memory, ...] = ()
        self.importance: NDArray[np.float64] = np.zeros(0)
        self.touched: Rows = np.zeros(0, np.int64)
        """The tick each memory was last recalled, or made."""
        self._order: Rows = np.zeros(0, np.int64)
        self._counts: dict[int, Counter[str]] = {}
        self._row: dict[int, int] = {}
        self._lengths: list[int] = []
        self._length = np.zeros(0, np.int64)
        """The lengths as an array, as far as they were asked for."""
        self._total = 0
        self._postings: dict[str, tuple[list[int], list[int]]] = {}
        self._arrays: dict[str, tuple[Rows, Rows]] = {}
        """The postings as arrays, as far as they were asked for."""
        self._norm: NDArray[np.float64] | None = None

    def update(self, lines: tuple[Memory, ...]) -> None:
        """Take the memories as they are now. Ids are unique, and a text never changes."""
        if lines is self.lines:
            return
        known = len(self.lines)
        # Mostly the newest come behind what is there: identity makes that quick to see.
        if (
            known
            and lines[:known] == self.lines
            and self._row.keys().isdisjoint(line.id for line in lines[known:])
        ):
            self._append(lines, known)
            return
        new = [line for line in lines if line.id not in self._row]
        if len(self._row) + len(new) != len(lines):
            self._begin_anew(lines)
        for line in new:
            self._add(line)
        self.lines = lines
        self.importance = np.array([line.importance for line in lines], np.float64)
        self.touched = np.array([max(line.tick, line.recalled) for line in lines], np.int64)
        self._order = np.array([self._row[line.id] for line in lines], np.int64)

    def _append(self, lines: tuple[Memory, ...], known: int) -> None:
        new = lines[known:]
        for line in new:
            self._add(line)
        self.lines = lines
        self.importance = np.append(self.importance, [line.importance for line in new])
        touched = [max(line.tick, line.recalled) for line in new]
        self.touched = np.append(self.touched, np.array(touched, np.int64))
        order = [self._row[line.id] for line in new]
        self._order = np.append(self._order, np.array(order, np.int64))

    def _begin_anew(self, lines: Sequence[Memory]) -> None:
        """Some are gone: what is left is put in again, its terms as they were found before."""
        counts = {line.id: self._counts[line.id] for line in lines if line.id in self._counts}
        self._counts, self._row, self._lengths = {}, {}, []
        self._length, self._total = np.zeros(0, np.int64), 0
        self._postings, self._arrays, self._norm = {}, {}, None
        for id, found in counts.items():
            self._file(id, found)

    def _add(self, line: Memory) -> None:
        self._file(line.id, Counter(terms(line.text)))

    def _file(self, id: int, found: Counter[str]) -> None:
        row = len(self._lengths)
        self._row[id], self._counts[id] = row, found
        self._lengths.append(sum(found.values()))
        self._total += self._lengths[-1]
        self._norm = None
        for term, count in found.items():
            rows, counts = self._postings.setdefault(term, ([], []))
            rows.append(row)
            counts.append(count)

    def keyword(self, text: str) -> NDArray[np.float64]:
        """BM25 of each memory for the terms of a text; 0 where none of them is in it.

        Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009),
        with ln(1 + (N - n + 0.5) / (n + 0.5)) for how rare a term is, so that none counts less
        than nothing.
        """
        scores = np.zeros(len(self._lengths))
        for term, asked in Counter(terms(text)).items():
            if term in self._postings:
                rows, counts = self._posting(term)
                scores[rows] += _bm25(asked * self._rare(term), counts, self._lengthened()[rows])
        by_line: NDArray[np.float64] = scores[self._order]
        return by_line

    def keyword_of(self, text: str, rows: Rows) -> NDArray[np.float64]:
        """The same for a few memories, without a look at the others."""
        scores = np.zeros(len(rows))
        lengthened = self._lengthened()[self._order[rows]]
        having = [self._counts[self.lines[row].id] for row in rows.tolist()]
        for term, asked in Counter(terms(text)).items():
            if term in self._postings:
                counts = np.array([found[term] for found in having], np.int64)
                scores += _bm25(asked * self._rare(term), counts, lengthened)
        return scores

    def full(self, text: str) -> float:
        """What `keyword` gives a memory of mean length with every term of a text once in it."""
        return sum(asked * self._rare(term) for term, asked in Counter(terms(text)).items())

    def _rare(self, term: str) -> float:
        total, having = len(self._lengths), len(self._postings.get(term, ((), ()))[0])
        return ln(1 + (total - having + 0.5) / (having + 0.5))

    def _posting(self, term: str) -> tuple[Rows, Rows]:
        """Where a term stands and how often. What is new is put behind what was asked before."""
        rows, counts = self._postings[term]
        found = self._arrays.get(term)
        if found is None:
            found = np.array(rows, np.int64), np.array(counts, np.int64)
        elif len(found[0]) < len(rows):
            found = _longer(found[0], rows), _longer(found[1], counts)
        self._arrays[term] = found
        return found

    def _lengthened(self) -> NDArray[np.float64]:
        """K1 times how much longer than the mean each text is, damped by B."""
        if self._norm is None:
            self._length = _longer(self._length, self._lengths)
            mean = self._total / max(len(self._lengths), 1) or 1.0
            self._norm = K1 * (1 - B + B * self._length.astype(np.float64) / mean)
        return self._norm


def _bm25(weight: float, counts: Rows, lengthened: NDArray[np.float64]) -> NDArray[np.float64]:
    scores: NDArray[np.float64] = weight * counts * (K1 + 1) / (counts + lengthened)
    return scores


def _longer(known: Rows, whole: list[int]) -> Rows:
    """The array of the first of these numbers, with the rest behind."""
    return np.concatenate([known, np.array(whole[len(known) :], np.int64)])
