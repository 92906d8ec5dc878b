"""Pydantic's complaints in an author's words, each at its line and column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from npcsim.errors import Mistake
from npcsim.scenario.reading.shape import after, keys_of, kind_at
from npcsim.scenario.source import Node, Sources
from npcsim.scenario.spelling import nearest, nearest_name
from npcsim.scenario.units import IS_ON, MS

MOST = 200
_TYPES = {
    "string": "text",
    "float": "a number",
    "int": "a whole number",
    "int_from_float": "a whole number",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "dict": "names, each with a value",
    "model": "keys and values",
    "model_attributes": "keys and values",
}
_LIMITS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_LENGTHS = {
    "string_too_long": ("max_length", "at most {} letters"),
    "string_too_short": ("min_length", "at least {} letter(s)"),
    "too_long": ("max_length", "at most {} entries"),
    "too_short": ("min_length", "at least {} entries"),
}
_UNIT = re.compile(r"(.*?[\d.]\s*(?:/|per\b)?\s*)([A-Za-z]+)\s*")
_DRAWN = "uniform(low, high)"
_DRAWS = ("uniform", "normal", "choice")
_UNIT_WORDS = {
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "m": "min", "mins": "min",
    "minute": "min", "minutes": "min", "hr": "h", "hrs": "h", "hour": "h", "hours": "h",
    "d": "day", "millisecond": "ms", "milliseconds": "ms",
}  # fmt: skip


class _Error(NamedTuple):
    """One complaint: where it is in the files, and where a choice of types began on the way."""

    loc: tuple[str | int, ...]
    choice: tuple[str | int, ...]
    on_key: bool
    type: str
    context: Mapping[str, Any]
    message: str


def explain(errors: Iterable[Mapping[str, Any]], sources: Sources) -> list[Mistake]:
    """Mistakes for what `ValidationError.errors()` gave; at most 200 and a count of the rest."""
    read = sorted((_read(error, sources) for error in errors), key=lambda one: repr(one.choice))
    mistakes: list[Mistake] = []
    for _, group in groupby(read, key=lambda one: one.choice):
        for error in _most_telling(list(group)):
            # The unknown key says it better: it is at the very word, with the right one as hint.
            if len(mistakes) < MOST and not _told_elsewhere(error, sources):
                mistakes.append(_explain(error, sources))
    if len(read) > MOST:
        mark = sources.mark(read[-1].loc)
        mistakes.append(Mistake(*mark, f"and more mistakes, {len(read) - MOST} or so"))
    return mistakes


def bad_locs(errors: Iterable[Mapping[str, Any]], sources: Sources) -> set[tuple[str | int, ...]]:
    """Where the complaints point: what to leave out so that the rest can be read."""
    return {error.loc for error in (_read(one, sources) for one in errors)}


def _read(error: Mapping[str, Any], sources: Sources) -> _Error:
    loc: list[str | int] = []
    choice: int | None = None
    node: Node = sources.root
    parts = error["loc"][:-1] if error["type"] == "missing" else error["loc"]
    for part in parts:
        step = node.child(part)
        if step is not None:
            node = step
            loc.append(part)
        elif part != "[key]" and choice is None:
            choice = len(loc)  # a name that stands in no file: pydantic's word for a type it tried
    on_key = error["loc"][-1:] == ("[key]",)
    return _Error(
        tuple(loc), tuple(loc[:choice]), on_key, error["type"], error.get("ctx", {}),
        str(error["loc"][-1]) if error["type"] == "missing" else error["msg"],
    )  # fmt: skip


def _most_telling(group: list[_Error]) -> list[_Error]:
    """Of the complaints about one value that may be of several types, those of the likely type."""
    deeper = [one for one in group if len(one.loc) > len(one.choice)]
    alone = [one for one in group if one.loc == one.choice]
    if not alone or len(group) == 1:
        return group
    fitting = [one for one in alone if not one.type.endswith("_type")]
    if deeper or fitting or any(one.on_key or one.type == "missing" for one in alone):
        return deeper or fitting or alone
    expected = " or ".join(dict.fromkeys(_expected_type(one.type) for one in alone))
    return [alone[0]._replace(type="choice_type", message=expected)]


def _expected_type(kind: str) -> str:
    return _TYPES.get(kind.removesuffix("_type"), kind)


def _explain(error: _Error, sources: Sources) -> Mistake:
    if error.on_key:
        return _bad_key(error, sources)
    node = sources.find(error.loc) or sources.root
    name = str(error.loc[-1]) if error.loc else ""
    if error.type == "missing":
        return sources.mistake(error.loc, f"'{error.message}' is missing", key=True)
    if error.type == "extra_forbidden":
        return _unknown_key(error, name, sources)
    if error.type == "literal_error":
        choices = re.findall(r"'([^']*)'", str(error.context.get("expected", "")))
        message = f"expected {error.context.get('expected')}, found {found_in(node)}"
        return sources.mistake(error.loc, message, nearest(str(node.value), choices))
    message = f"{_expected(error)}, found {found_in(node)}"
    hint = _hint(error, node)
    # Nothing stands nowhere, and what stands too far out shows by its key.
    return sources.mistake(error.loc, message, hint, key=node.value is None or "indent" in hint)


def _expected(error: _Error) -> str:
    if error.type == "choice_type":
        return f"expected {error.message}"
    if error.type.endswith("_type") or error.type in _TYPES:
        return f"expected {_expected_type(error.type)}"
    if error.type in _LIMITS:
        key, words = _LIMITS[error.type]
        return f"expected {words} {error.context[key]:g}"
    if error.type in _LENGTHS:
        key, words = _LENGTHS[error.type]
        return f"expected {words.format(error.context[key])}"
    if error.type == "string_pattern_mismatch":
        return "expected a name"
    if error.type == "value_error":
        return str(error.context.get("error", error.message))
    return error.message


def _hint(error: _Error, node: Node) -> str:
    raw = node.raw
    quoted = "bool" not in error.type and IS_ON not in error.message
    if isinstance(node.value, bool) and raw and quoted:
        return f'YAML reads {raw} as {str(node.value).lower()}: put it in quotes: "{raw}"'
    wants_text = error.type == "string_type" or error.message.startswith("text")
    if isinstance(node.value, int | float) and wants_text and raw:
        return f'put it in quotes: "{raw}"'
    if isinstance(node.value, str) and error.type == "value_error":
        timed = "duration" in error.message or "rate" in error.message
        if _DRAWN in error.message:
            return nearest(node.value.partition("(")[0].strip(), _DRAWS)
        return _unit_hint(node.value) if timed else ""
    if isinstance(node.value, str) and ("float" in error.type or "int" in error.type):
        return "write it without quotes" if _is_number(node) else ""
    if "model" in error.type or "dict" in error.type:
        return _indent_hint(error, node)
    if error.type == "list_type" and node.value is not None:
        return "put it in square brackets, or write one entry a line after '- '"
    return ""


def _is_number(node: Node) -> bool:
    return not node.raw and re.fullmatch(r"[-+]?\d+(\.\d+)?", str(node.value)) is not None


def _indent_hint(error: _Error, node: Node) -> str:
    """`at: tavern` where a name with its keys is expected was meant to stand further in."""
    name = str(error.loc[-1]) if error.loc else ""
    keys = keys_of(kind_at(error.loc))
    if keys is not None and name in keys:
        return f"should '{name}' be indented further?"
    if node.value is None:
        return "is what follows indented? Write {} for nothing"
    return ""


def _unit_hint(text: str) -> str:
    """`20 minutes` -> `did you mean '20 min'?`"""
    found = _UNIT.fullmatch(text)
    if found is None or found[2] in MS:
        return ""
    unit = _UNIT_WORDS.get(found[2].lower()) or nearest_name(found[2], MS)
    return f"did you mean '{found[1]}{unit}'?" if unit else ""


def _told_elsewhere(error: _Error, sources: Sources) -> bool:
    """Whether an unknown key beside it is the real mistake, and says it better."""
    known = keys_of(kind_at(error.loc)) or {}
    if error.type == "missing":
        spare = [name for name in sources.keys(error.loc) if name not in known]
        return any(nearest_name(name, known) == error.message for name in spare)
    node = sources.find(error.loc)
    if node is None or node.value is not None or not error.loc:
        return False
    after_it = [
        name for name in sources.keys(error.loc[:-1])
        if sources.before((*error.loc[:-1], name)) == error.loc[-1]
    ]  # fmt: skip
    siblings = keys_of(kind_at(error.loc[:-1]))
    return siblings is not None and any(name not in siblings for name in after_it)


def _unknown_key(error: _Error, name: str, sources: Sources) -> Mistake:
    known = keys_of(kind_at(error.loc[:-1])) or {}
    heading = str(error.loc[-2]) if len(error.loc) > 1 else ""
    if heading in known and keys_of(kind_at(error.loc[:-2])) is None:
        hint = f"should '{heading}' be indented further?"
        message = f"'{heading}' is no entry here"
        return sources.mistake(error.loc[:-1], message, hint, key=True)
    before = sources.before(error.loc)
    empty = sources.find((*error.loc[:-1], before)) if before else None
    hint = nearest(name, known)
    if empty is not None and empty.value is None and before in known:
        hint = f"should it be indented further, under '{before}'?"
    elif not hint and ":" in name:
        hint = "put a space after the colon"
    elif not hint:
        hint = _belongs(name, error, known, sources) or _listed(known)
    return sources.mistake(error.loc, f"unknown key '{name}'", hint, key=True)


def _listed(names: Iterable[str]) -> str:
    shown = list(names)
    return f"known are {', '.join(shown[:12])}{', ...' if len(shown) > 12 else ''}"


def _belongs(name: str, error: _Error, known: Mapping[str, Any], sources: Sources) -> str:
    """A key that would be right one level further in or out was indented wrongly."""
    inner = [one for one in known if name in (keys_of(after(known[one], "x")) or {})]
    inner += [one for one in known if name in (keys_of(known[one]) or {})]
    held = set(sources.keys(error.loc))
    inner += [one for one in known if held and held <= set(keys_of(after(known[one], "x")) or {})]
    for end in range(len(error.loc) - 2, -1, -1):
        if name in (keys_of(kind_at(error.loc[:end])) or {}):
            where = f"'{error.loc[end - 1]}'" if end else "the top level"
            return f"it belongs to {where}: check its indentation"
    names = " or ".join(f"'{one}'" for one in inner[:3])
    return f"it belongs under {names}: check its indentation" if inner else ""


def _bad_key(error: _Error, sources: Sources) -> Mistake:
    name = str(error.loc[-1])
    if error.type == "literal_error":
        choices = re.findall(r"'([^']*)'", str(error.context.get("expected", "")))
        hint = nearest(name, choices) or _listed(choices)
        return sources.mistake(error.loc, f"unknown key '{name}'", hint, key=True)
    hint = "put a space after the colon" if ":" in name else ""
    return sources.mistake(error.loc, f"'{name[:40]}' is no name", hint or _NAME, key=True)


_NAME = "a name is letters, digits, '_', '-', ' and spaces, with a letter first"


def found_in(node: Node) -> str:
    """What stands there, in words."""
    value = node.value
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        shown = value if len(value) <= 40 else value[:37] + "..."
        return f"'{shown}'"
    if isinstance(value, dict):
        return "keys and values" if value else "an empty {}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return f"the number {value:g}" if isinstance(value, float) else f"the number {value}"
