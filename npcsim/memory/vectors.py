"""How alike two texts are by their vectors, with the same bits on every machine.

A vector is brought to length 1 and kept as whole numbers of 1/2047. Products and sums of those are
whole numbers below 2**24, which 32-bit floats hold exactly: so no order in which a library adds
them up can change a result, and its fast product of matrices may be used.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

UNIT = 2047
_FINE = 16
Whole = NDArray[np.float32]


def whole(vectors: NDArray[Any]) -> Whole:
    """Vectors [n, d] as unit vectors in whole numbers of 1/2047; a vector of zeros stays one.

    Raises ValueError for another shape, and for what is no finite number.
    """
    found = np.asarray(vectors, np.float64)
    if found.ndim != 2 or not np.isfinite(found).all():
        raise ValueError(f"expected finite vectors [n, d], not an array of shape {found.shape}")
    largest = np.abs(found).max(axis=1, initial=0.0)
    # Scaled by powers of two, and cut to 16 bits: the squares' sum is exact as well.
    _, exponent = np.frexp(largest)
    scaled = np.rint(np.ldexp(found, (_FINE - exponent)[:, None]))
    length = np.sqrt((scaled * scaled).sum(axis=1))
    length[length == 0] = 1.0
    units: Whole = np.rint(scaled * (UNIT / length)[:, None]).astype(np.float32)
    return units


class Vectors:
    """The vectors of a question and of memories, to be compared.

    query: [d]. rows: [n, d], one a memory, in the order of the memories. Made once, `asking` takes
    another question with the same memories.
    """

    def __init__(self, query: NDArray[Any], rows: NDArray[Any]) -> None:
        self._rows = whole(rows)
        self._room, self._filled = self._rows, [len(self._rows)]
        self._query = self._asked(query)

    def asking(self, query: NDArray[Any]) -> Vectors:
        """The same memories and another question."""
        return self._like(self._rows, self._asked(query))

    def adding(self, rows: NDArray[Any]) -> Vectors:
        """The same question, and more memories behind those there are, which are not copied.

        Raises ValueError for vectors of another length.
        """
        new = whole(rows)
        if new.shape[1] != self._rows.shape[1]:
            told = f"{new.shape[1]} numbers, those there are {self._rows.shape[1]}"
            raise ValueError(f"the new vectors have {told}")
        known, total = len(self._rows), len(self._rows) + len(new)
        room, filled = self._room, self._filled
        # What others have already put behind these rows stays theirs.
        if filled[0] != known or total > len(room):
            room, filled = np.empty((2 * total, new.shape[1]), np.float32), [known]
            room[:known] = self._rows
        room[known:total], filled[0] = new, total
        other = self._like(room[:total], self._query)
        other._room, other._filled = room, filled
        return other

    def _like(self, rows: Whole, query: Whole) -> Vectors:
        other = object.__new__(Vectors)
        other._rows, other._query = rows, query
        other._room, other._filled = self._room, self._filled
        return other

    def _asked(self, query: NDArray[Any]) -> Whole:
        one: Whole = whole(np.asarray(query).reshape(1, -1))[0]
        if len(one) != self._rows.shape[1]:
            told = f"{len(one)} numbers, those of the memories {self._rows.shape[1]}"
            raise ValueError(f"the question's vector has {told}")
        return one

    def __len__(self) -> int:
        return len(self._rows)

    def similarity(self) -> NDArray[np.float64]:
        """The cosine of each memory's vector with the question's, to about 1/2000."""
        alike: NDArray[np.float64] = (self._rows @ self._query).astype(np.float64) / (UNIT * UNIT)
        return alike
