"""Where everything in a scenario stands: values read from files, each with its place in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from npcsim.errors import Mistake

Loc: TypeAlias = Sequence[str | int]


class Mark(NamedTuple):
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int


# A plain container that grows while its file is read; nothing outside reading changes it.
@dataclass(slots=True, eq=False)
class Node:
    """One value as read.

    `value` is a scalar, a list of nodes or a dict of nodes by key; `raw` is the text as written
    if it is a scalar without quotes; `key` is where its key stands, if it has one.
    """

    mark: Mark
    value: bool | int | float | str | list[Node] | dict[str, Node] | None
    raw: str = ""
    key: Mark | None = None

    def child(self, part: str | int) -> Node | None:
        """The node one step further in, or None."""
        if isinstance(self.value, dict):
            return self.value.get(str(part))
        if isinstance(self.value, list) and isinstance(part, int) and part < len(self.value):
            return self.value[part]
        return None

    def plain(self) -> Any:
        """The same as dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {name: node.plain() for name, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """Where each part of a merged definition comes from. `loc` is a path of keys and indices."""

    root: Node

    def find(self, loc: Loc) -> Node | None:
        """The node at `loc`, or None."""
        node: Node | None = self.root
        for part in loc:
            node = node.child(part) if node is not None else None
        return node

    def keys(self, loc: Loc) -> tuple[str, ...]:
        """The keys written at `loc`; empty where there is no mapping."""
        node = self.find(loc)
        return tuple(node.value) if node is not None and isinstance(node.value, dict) else ()

    def before(self, loc: Loc) -> str:
        """The key just before the one at `loc` in the same mapping; empty if there is none."""
        keys = self.keys(loc[:-1])
        place = keys.index(str(loc[-1])) if loc and str(loc[-1]) in keys else 0
        return keys[place - 1] if place else ""

    def mark(self, loc: Loc, *, key: bool = False) -> Mark:
        """Where the value (or its key) at `loc` stands; else its nearest known parent."""
        node = self.root
        for part in loc:
            step = node.child(part)
            if step is None:
                # The key of what lacks something says more than the first thing inside it.
                return node.key or node.mark
            node = step
        return (node.key or node.mark) if key else node.mark

    def mistake(self, loc: Loc, message: str, hint: str = "", *, key: bool = False) -> Mistake:
        """A mistake at the value (or the key) at `loc`."""
        return Mistake(*self.mark(loc, key=key), message, hint)
