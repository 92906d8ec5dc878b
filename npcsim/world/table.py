"""A keyed table whose digest is kept while it changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from hashlib import blake2b
from typing import Any, Generic, TypeVar

V = TypeVar("V")
_MODULUS = 1 << 128


def plain(value: Any) -> Any:
    """Frozen world data as JSON types: dataclasses and tuples become lists, field by field.

    A class whose rows are many says by a method `plain` how they are kept.
    """
    if is_dataclass(value) and not isinstance(value, type):
        if hasattr(value, "plain"):
            return value.plain()
        return [plain(getattr(value, f.name)) for f in fields(value)]
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(value[key]) for key in sorted(value)}
    return value


def tuples(value: Any) -> Any:
    """JSON's lists as the tuples that `plain` made them from."""
    return tuple(tuples(item) for item in value) if isinstance(value, list) else value


def _mark(key: str, value: Any) -> int:
    text = json.dumps([key, plain(value)], ensure_ascii=False, separators=(",", ":"))
    return int.from_bytes(
        blake2b(text.encode("utf-8", "backslashreplace"), digest_size=16).digest(), "little"
    )


class Table(Generic[V]):
    """A mapping from text to frozen values.

    `digest` is the sum of its entries' hashes modulo 2**128, so that a change costs one entry
    and the order of changes does not matter. Values are replaced, never changed in place.
    """

    __slots__ = ("_marks", "_stale", "_total", "_values")

    def __init__(self) -> None:
        self._values: dict[str, V] = {}
        self._marks: dict[str, int] = {}
        self._stale: set[str] = set()
        self._total = 0

    def get(self, key: str) -> V | None:
        return self._values.get(key)

    def __getitem__(self, key: str) -> V:
        return self._values[key]

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def items(self) -> Iterator[tuple[str, V]]:
        return iter(self._values.items())

    def put(self, key: str, value: V) -> None:
        self._values[key] = value
        self._stale.add(key)

    def drop(self, key: str) -> V | None:
        self._stale.add(key)
        return self._values.pop(key, None)

    def restore(self, key: str, value: V | None) -> None:
        """Put back what `get` or `drop` gave before."""
        if value is None:
            self.drop(key)
        else:
            self.put(key, value)

    @property
    def digest(self) -> int:
        """128 bits over all entries; costs only what changed since it was last read."""
        for key in self._stale:
            mark = _mark(key, self._values[key]) if key in self._values else 0
            self._total = (self._total - self._marks.pop(key, 0) + mark) % _MODULUS
            if mark:
                self._marks[key] = mark
        self._stale.clear()
        return self._total
