"""Put the parts of a definition together: files of a world, worlds under a scenario, overrides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_origin

from npcsim.errors import Mistake
from npcsim.scenario.reading.shape import after, keys_of, takes_keys
from npcsim.scenario.schema import Definition
from npcsim.scenario.source import Mark, Node
from npcsim.scenario.spelling import nearest

TYPED = "--set"
_READY = {"tiers": ("local", "cloud")}
"""Names that mean something without being written."""
# These are taken together; every other list (a size, an area) is one value.
_LISTS = frozenset(
    name for name, field in Definition.model_fields.items() if get_origin(field.annotation) is list
)


_ENTRIES = frozenset(
    name for name, field in Definition.model_fields.items() if get_origin(field.annotation) is dict
) - {"behaviour"}
"""Sections of named entries. A state machine is one thing: the nearer file's counts whole."""
_INSIDE = ("traits", "carries")
"""Keys of an entry that add up by name, as they do along `is`."""
_INSTEAD = {"at": ("x", "y"), "area": ("x", "y"), "x": ("at",), "y": ("at",)}
"""What a key makes void of what a file below says: where something stands is said in one way."""
_SIGNS = ("+", "-")


def join(first: Node, second: Node, trouble: list[Mistake]) -> Node:
    """Two files of one world as one. What both say is a mistake in the second."""
    for name, node in _entries(second).items():
        there = first.child(name)
        if there is None or (_both(there, node, list) and name in _LISTS):
            continue
        twice = [(node, name, there)]
        if _both(there, node, dict):
            shared = _entries(node).keys() & _entries(there).keys()
            twice = [(_entries(node)[one], one, _entries(there)[one]) for one in sorted(shared)]
        for again, key, before in twice:
            mark, was = again.key or again.mark, before.key or before.mark
            where = f"the first is at {was.file}:{was.line}"
            trouble.append(Mistake(*mark, f"'{key}' is given twice", where))
    return lay_over(first, second)


def lay_over(under: Node, over: Node) -> Node:
    """`over` merged over `under`, key by key.

    Lists of the top level are joined, other values of `over` win. Entries of one name are merged
    key by key too (traits and what is carried by name, `tools` by their signs), behaviours are not.
    """
    merged = dict(_entries(under))
    for name, node in _entries(over).items():
        there = merged.get(name)
        if there is None:
            merged[name] = node
        elif _both(there, node, dict):
            merged[name] = _section(there, node, name in _ENTRIES)
        elif name in _LISTS and isinstance(there.value, list) and isinstance(node.value, list):
            merged[name] = Node(node.mark, there.value + node.value, key=node.key)
        else:
            merged[name] = node
    return Node(over.mark, merged)


def _section(under: Node, over: Node, named: bool) -> Node:
    below, above = _entries(under), _entries(over)
    merged = {**below, **above}
    for name in below.keys() & above.keys() if named else ():
        if _both(below[name], above[name], dict):
            merged[name] = _entry(below[name], above[name])
    return Node(over.mark, merged, key=over.key)


def _entry(under: Node, over: Node) -> Node:
    below, above = _entries(under), _entries(over)
    void = {one for key in above for one in _INSTEAD.get(key, ())}
    merged = {key: node for key, node in below.items() if key not in void}
    for key, node in above.items():
        there = merged.get(key)
        if there is not None and key in _INSIDE and _both(there, node, dict):
            node = Node(node.mark, {**_entries(there), **_entries(node)}, key=node.key)
        elif there is not None and key == "tools" and _both(there, node, list):
            node = _tools(there, node)
        merged[key] = node
    return Node(over.mark, merged, key=over.key)


def _tools(under: Node, over: Node) -> Node:
    """`+x` and `-x` change what is below; a list with names without a sign takes its place."""
    lists = (under.value, over.value)
    below, above = (one if isinstance(one, list) else [] for one in lists)
    changed = [str(one.value) for one in above]
    if not changed or not all(name.startswith(_SIGNS) for name in changed):
        return over
    bare = {name[1:] for name in changed}
    kept = [
        one
        for one in below
        if not (str(one.value).startswith(_SIGNS) and str(one.value)[1:] in bare)
    ]
    return Node(over.mark, kept + above, key=over.key)


def put_in(root: Node, path: str, value: Node, mark: Mark, trouble: list[Mistake]) -> None:
    """Set the value at a dotted path such as `npcs.Mara.traits.bravery`, changing `root`.

    Names that are free to choose (an attribute in traits) may be new, others must be known.
    """
    node, kind, parts, column = root, Definition, path.split("."), mark.column
    for index, part in enumerate(parts):
        here = Mark(mark.file, mark.line, column)
        column += len(part) + 1
        last = index == len(parts) - 1
        if isinstance(node.value, list):
            if not part.isdecimal() or int(part) >= len(node.value):
                _unknown(here, part, [str(one) for one in range(len(node.value))], trouble)
                return
            if last:
                node.value[int(part)] = value
                return
            node, kind = node.value[int(part)], after(kind, int(part))
            continue
        if not isinstance(node.value, dict):
            trouble.append(Mistake(*here, f"there is nothing under '{parts[index - 1]}'"))
            return
        known = keys_of(kind)
        if known is not None:
            allowed, choices = part in known, list(known)
        else:
            new = last and (keys_of(after(kind, part)) is None or isinstance(value.value, dict))
            ready = _READY.get(parts[0], ()) if index == 1 else ()
            allowed, choices = part in (*node.value, *ready) or new, [*node.value, *ready]
        if not allowed:
            _unknown(here, part, choices, trouble)
            return
        if last:
            value.key = here
            node.value[part] = value
            return
        # The part may come from a file and be shared by what was merged: never change it in place.
        step = node.value.get(part)
        if step is None and not takes_keys(after(kind, part)):
            mark = Mark(mark.file, mark.line, column)
            trouble.append(Mistake(*mark, f"there is nothing under '{part}'"))
            return
        fresh = Node(here, {}, key=here) if step is None else _copy(step)
        node.value[part] = fresh
        node, kind = fresh, after(kind, part)


def _unknown(mark: Mark, part: str, choices: Sequence[str], trouble: list[Mistake]) -> None:
    hint = nearest(part, choices)
    if not hint and choices:
        shown = ", ".join(sorted(choices)[:12])
        hint = f"known are {shown}{', ...' if len(choices) > 12 else ''}"
    trouble.append(Mistake(*mark, f"unknown name '{part}'", hint))


def _copy(node: Node) -> Node:
    value = node.value
    if isinstance(value, dict):
        value = dict(value)
    elif isinstance(value, list):
        value = list(value)
    return Node(node.mark, value, node.raw, node.key)


def _entries(node: Node) -> dict[str, Node]:
    return node.value if isinstance(node.value, dict) else {}


def _both(left: Node, right: Node, kind: type) -> bool:
    return isinstance(left.value, kind) and isinstance(right.value, kind)
