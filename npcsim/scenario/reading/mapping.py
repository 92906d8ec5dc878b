"""A definition given as Python data, read into the same tree of nodes as a file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any

from npcsim.errors import Mistake, ScenarioError
from npcsim.scenario.reading.growth import MAX_DEPTH
from npcsim.scenario.reading.scalars import CONTROL, MAX_INT
from npcsim.scenario.source import Mark, Node

MOST_PIECES = 2_000_000


@dataclass(slots=True)
class MappingTree:
    """The tree of a mapping. `file` stands in its marks; every value has a line of its own.

    So whatever can be wrong in a file is found in a mapping by the same code; `located` then
    says where by the path of keys, as in `npcs.Mara.at`.
    """

    file: str
    paths: list[str] = field(default_factory=list)
    trouble: list[Mistake] = field(default_factory=list)

    def read(self, definition: Mapping[Any, Any]) -> Node:
        """The root. Raises ScenarioError for what no file could hold."""
        root = self._node(definition, "", ())
        if self.trouble:
            raise ScenarioError(self.located(self.trouble))
        return root

    def located(self, mistakes: Sequence[Mistake]) -> list[Mistake]:
        """The mistakes, those in the mapping at their path of keys instead of file and line."""
        return [
            Mistake(self.paths[one.line - 1] or "the mapping", 0, 0, one.message, one.hint)
            if one.file == self.file
            else one
            for one in mistakes
        ]

    def _node(self, value: Any, path: str, around: tuple[int, ...]) -> Node:
        self.paths.append(path)
        mark = Mark(self.file, len(self.paths), 1)
        if isinstance(value, Mapping) or (
            isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray)
        ):
            return self._inside(value, mark, path, around)
        if isinstance(value, str):  # each line of a drawn map may have a mistake of its own
            self.paths += [path] * value.count("\n")
        return Node(mark, self._scalar(value, mark), key=mark)

    def _inside(
        self,
        value: Mapping[Any, Any] | Sequence[Any],
        mark: Mark,
        path: str,
        around: tuple[int, ...],
    ) -> Node:
        if id(value) in around:
            self._tell(mark, "it holds itself")
            return Node(mark, None, key=mark)
        if len(around) >= MAX_DEPTH or len(self.paths) > MOST_PIECES:
            what = f"nested more than {MAX_DEPTH} deep"
            if len(around) < MAX_DEPTH:
                what = f"more than {MOST_PIECES} keys and values"
            self._tell(mark, what)
            raise ScenarioError(self.located(self.trouble))
        around = (*around, id(value))
        if not isinstance(value, Mapping):
            items = [self._node(one, f"{path}.{i}", around) for i, one in enumerate(value)]
            return Node(mark, items, key=mark)
        entries: dict[str, Node] = {}
        for key, one in value.items():
            if isinstance(key, str):
                entries[str(key)] = self._node(one, f"{path}.{key}" if path else key, around)
            else:
                self._tell(mark, f"the key {key!r:.40} is no text", f'write "{key!s:.40}"')
        return Node(mark, entries, key=mark)

    def _scalar(self, value: Any, mark: Mark) -> bool | int | float | str | None:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            if CONTROL.search(value):
                self._tell(mark, "a control character in the text", "remove it")
                return ""
            return str(value)
        if isinstance(value, Integral):
            if abs(int(value)) > MAX_INT:
                self._tell(mark, "the number is too large", f"at most {MAX_INT}")
            return int(value)
        if isinstance(value, Real):
            if not math.isfinite(value):
                self._tell(mark, f"{value} is no number to count with", "write a number")
            return float(value)
        kind = type(value).__name__
        self._tell(mark, f"a {kind} can't stand in a scenario", "text, numbers, lists and mappings")
        return None

    def _tell(self, mark: Mark, message: str, hint: str = "") -> None:
        self.trouble.append(Mistake(*mark, message, hint))
