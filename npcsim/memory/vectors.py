"""How alike two texts are by their vectors, with the same bits on every machine.

A vector is brought to length 1 and kept twice. Coarse, as whole numbers of 1/4000: products and
sums of those are whole numbers up to 2**24, which 32-bit floats hold exactly. Fine, as whole
numbers of 2**-26, whose products sum to at most 2**52: 64-bit floats hold these exactly. So in
neither case can the order in which a library adds them up change a result, and its fast product of
matrices may be used. All memories are compared coarsely; those that may be among the most alike,
and few can, are compared finely.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

UNIT = 4000
FINE = 1 << 26
_ROOM = 53
"""The bits of a whole number that a 64-bit float holds."""
_SLACK = 1e-6
"""More than the rounding of a bound in floats can be."""
Whole = NDArray[np.float32]
Rows = NDArray[np.int64]
Floats = NDArray[np.float64]
Units = NDArray[np.int32]


def fine(vectors: NDArray[Any]) -> Units:
    """Vectors [n, d] as unit vectors in whole numbers of 2**-26; a vector of zeros stays one.

    Raises ValueError for another shape, and for what is no finite number.
    """
    found = np.asarray(vectors, np.float64)
    if found.ndim != 2 or not np.isfinite(found).all():
        raise ValueError(f"expected finite vectors [n, d], not an array of shape {found.shape}")
    largest = np.abs(found).max(axis=1, initial=0.0)
    # Scaled by powers of two, and cut to so few bits that the sum of the squares is exact as well.
    bits = (_ROOM - found.shape[1].bit_length()) // 2
    _, exponent = np.frexp(largest)
    scaled = np.rint(np.ldexp(found, (bits - exponent)[:, None]))
    length = np.sqrt((scaled * scaled).sum(axis=1))
    length[length == 0] = 1.0
    units: Units = np.rint(scaled * (FINE / length)[:, None]).astype(np.int32)
    return units


def coarse(units: Units) -> Whole:
    """Fine vectors in whole numbers of 1/4000."""
    rounded: Whole = np.rint(units * (UNIT / FINE)).astype(np.float32)
    return rounded


class _Room:
    """Coarse and fine rows, with room for more behind them."""

    __slots__ = ("coarse", "filled", "fine", "off")

    def __init__(self, size: int, room: int) -> None:
        self.fine = np.empty((room, size), np.int32)
        self.coarse = np.empty((room, size), np.float32)
        self.filled, self.off = 0, 0.0

    @classmethod
    def of(cls, units: Units) -> _Room:
        """With these rows, and room for an eighth more."""
        made = cls(units.shape[1], len(units) + len(units) // 8)
        made.add(units)
        return made

    def larger(self, many: int, room: int) -> _Room:
        """The first rows of these, copied."""
        made = _Room(self.fine.shape[1], room)
        made.fine[:many] = self.fine[:many]
        made.coarse[:many] = self.coarse[:many]
        made.filled, made.off = many, self.off
        return made

    def add(self, units: Units) -> None:
        """Put more rows behind those there are."""
        to = self.filled + len(units)
        self.fine[self.filled : to] = units
        self.coarse[self.filled : to] = rough = coarse(units)
        self.filled, self.off = to, max(self.off, _off(units, rough))


class Vectors:
    """The vectors of a question and of memories, to be compared.

    query: [d]. rows: [n, d], one a memory, in the order of the memories; one of zeros is like none.
    Made once, `asking` takes another question with the same memories.
    """

    def __init__(self, query: NDArray[Any], rows: NDArray[Any]) -> None:
        units = fine(rows)
        self._room, self._many = _Room.of(units), len(units)
        self._ask(_one(query))

    @classmethod
    def of_units(cls, query: Units, rows: Units) -> Vectors:
        """Of what `fine` has made, [d] and [n, d]."""
        made = object.__new__(cls)
        made._room, made._many = _Room.of(rows), len(rows)
        made._ask(query.reshape(1, -1))
        return made

    def asking(self, query: NDArray[Any]) -> Vectors:
        """The same memories and another question."""
        other = self._like(self._room, self._many)
        other._ask(_one(query))
        return other

    def adding(self, rows: NDArray[Any]) -> Vectors:
        """The same question, and more memories behind those there are, which are not copied.

        Raises ValueError for vectors of another length.
        """
        new = fine(rows)
        room, total = self._room, self._many + len(new)
        if new.shape[1] != room.fine.shape[1]:
            told = f"{new.shape[1]} numbers, those there are {room.fine.shape[1]}"
            raise ValueError(f"the new vectors have {told}")
        # What others have already put behind these rows stays theirs.
        if room.filled != self._many or total > len(room.fine):
            room = room.larger(self._many, 2 * total)
        room.add(new)
        return self._like(room, total)

    def _like(self, room: _Room, many: int) -> Vectors:
        other = object.__new__(Vectors)
        other._room, other._many = room, many
        other._query, other._rough, other._off = self._query, self._rough, self._off
        return other

    def _ask(self, units: Units) -> None:
        size = self._room.fine.shape[1]
        if units.shape[1] != size:
            told = f"{units.shape[1]} numbers, those of the memories {size}"
            raise ValueError(f"the question's vector has {told}")
        rough = coarse(units)
        self._query, self._rough = units[0].astype(np.float64), rough[0]
        self._off = _off(units, rough)

    def __len__(self) -> int:
        return self._many

    @property
    def bound(self) -> float:
        """How far off a coarse cosine can be.

        By Cauchy and Schwarz, of lengths up to 1: what each vector lost, and both together.
        """
        return self._off + self._room.off + self._off * self._room.off + _SLACK

    def similarity(self) -> Floats:
        """The cosine of each memory's vector with the question's, coarsely: see `bound`."""
        rows = self._room.coarse[: self._many]
        alike: Floats = (rows @ self._rough).astype(np.float64) / (UNIT * UNIT)
        return alike

    def exact(self, rows: Rows) -> Floats:
        """The cosine of these memories' vectors with the question's, to about 1e-7."""
        alike: Floats = self._room.fine[rows].astype(np.float64) @ self._query
        return alike / (FINE * FINE)

    def sharpened(self, alike: Floats, rows: Rows, most: int) -> None:
        """Put the fine cosines where a coarse one may be among the `most` highest of `rows`.

        The highest of `rows` by `alike` are then the highest indeed.
        """
        if len(rows) > most:
            given = alike[rows]
            least = np.partition(given, len(rows) - most)[len(rows) - most]
            rows = rows[given >= least - 2 * self.bound]
        alike[rows] = self.exact(rows)


def _one(query: NDArray[Any]) -> Units:
    return fine(np.asarray(query).reshape(1, -1))


def _off(units: Units, rough: Whole) -> float:
    """The length of what rounding took from a vector, of the one that lost most."""
    lost = units / FINE - rough.astype(np.float64) / UNIT
    return float(np.sqrt((lost * lost).sum(axis=1).max(initial=0.0)))
