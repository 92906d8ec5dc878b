"""What is asked of a memory, as a caller says it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npcsim.memory.explained import Recollection
from npcsim.memory.index import Index
from npcsim.memory.recall import HYBRID, PARK_DECAY, Asked, Reranker, recall
from npcsim.memory.stream import Filter
from npcsim.memory.vectors import Vectors
from npcsim.world.meanings import Meanings
from npcsim.world.rows import Memory

Embed = Callable[[Sequence[str]], NDArray[Any]]
Some = Iterable[object] | object


def ask(
    index: Index,
    now: int,
    tick_ms: int,
    query: str = "",
    *,
    who: Some = (),
    where: Some = (),
    kind: Some = (),
    since: int | None = None,
    until: int | None = None,
    limit: int = 10,
    mode: str = HYBRID,
    decay: float = PARK_DECAY,
    vectors: Embed | Vectors | None = None,
    rerank: Reranker | None = None,
) -> Recollection:
    """`recall` with one or several of who, where and kind, by id or by handle.

    vectors: those of the question and of all memories, or what makes them: texts -> [n, d]. Raises
    ValueError as `recall` does, and for a decay that is not above 0 and at most 1.
    """
    if not 0 < decay <= 1:
        raise ValueError(f"a decay is above 0 and at most 1, not {decay}")
    which = Filter(_names(who), _names(where), _names(kind), since, until)
    asked = Asked(query, which, limit, mode, decay, rerank)
    return recall(index, asked, now, tick_ms, _vectors(vectors, query, index.lines))


def meant(query: str, lines: Sequence[Memory], meanings: Meanings) -> Vectors | None:
    """The vectors of a question and of memories as far as they are known; None where it has none.

    What is unknown of them is wanted, and a memory without a vector is like none by meaning.
    """
    if not query or not lines:
        return None
    rows = [meanings.of(line.text) for line in lines]
    asked = meanings.of(query)
    missing = [line.text for line, row in zip(lines, rows, strict=True) if row is None]
    meanings.want([*missing, *([query] if asked is None else ())])
    if asked is None or len(missing) == len(lines):
        return None
    none = np.zeros_like(asked)
    return Vectors.of_units(asked, np.stack([none if row is None else row for row in rows]))


def index_of(lines: Sequence[Memory]) -> Index:
    """An index of these memories, in order of time."""
    index = Index()
    index.update(tuple(lines))
    return index


def _names(some: Some) -> frozenset[str]:
    if isinstance(some, list | tuple | set | frozenset):
        return frozenset(str(one) for one in some)
    return frozenset({str(some)})


def _vectors(given: Embed | Vectors | None, query: str, lines: Sequence[Memory]) -> Vectors | None:
    if given is None or isinstance(given, Vectors) or not query or not lines:
        return given if isinstance(given, Vectors) else None
    made = given([query, *(line.text for line in lines)])
    if not isinstance(made, np.ndarray):
        raise ValueError(f"expected an array of vectors, not a {type(made).__name__}")
    return Vectors(made[0], made[1:])
