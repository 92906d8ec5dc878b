"""What a form asks for and what was typed into it, as data: made from a JSON Schema. Pure.

`enum`, and `oneOf` of `{"const": id, "title": name, "description": ...}`, are choices. A schema's
`format` names what a text stands for (`npc`, `place`, `item` ...): whoever makes the form may say
what of it there is, and the text becomes a choice. `"free": true` beside choices lets other words
stand too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from npcsim.scenario.spelling import nearest

TEXT, NUMBER, CHOICE, TOGGLE, DATA = "text", "number", "choice", "toggle", "data"
LISTED = 6
"""So many choices are named in what is said of a wrong one."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose: what it is as a value, and in words. `about` is said beside it."""

    value: Any
    label: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """One field. kind: text, number, choice, toggle, or data (any JSON).

    `start` is what stands in it at first. `whole`: a number without a fraction. `free`: besides the
    options, other words will do. `long`: the most characters of a text, 0 for any. `format`: what
    a choice is of.
    """

    name: str
    kind: str
    title: str
    about: str = ""
    required: bool = True
    options: tuple[Option, ...] = ()
    start: str = ""
    whole: bool = False
    low: float | None = None
    high: float | None = None
    free: bool = False
    long: int = 0
    format: str = ""


def asked(
    schema: Mapping[str, Any], known: Mapping[str, Sequence[Option]] | None = None
) -> tuple[Asked, ...]:
    """The fields of an object's JSON Schema, in its order.

    known: what there is of each `format`. A field that has a default need not be filled in.
    """
    required = set(schema.get("required", ()))
    return tuple(
        _field(name, part, name in required, known or {})
        for name, part in dict(schema.get("properties", {})).items()
    )


def _field(
    name: str, given: Mapping[str, Any], required: bool, known: Mapping[str, Sequence[Option]]
) -> Asked:
    part = _plain(given)
    kind, format = str(part.get("type", "string")), str(part.get("format", ""))
    options = tuple(Option(value, _text(value)) for value in part.get("enum", ()))
    options = options or tuple(_named(one) for one in part.get("oneOf", ()))
    options = options or tuple(known.get(format, ()))
    default = part.get("default")
    start = "" if default is None else _text(default)
    if kind == "boolean" and not options:
        shape, start = TOGGLE, start or "false"
    elif options:
        shape = CHOICE
    elif kind in ("number", "integer"):
        shape = NUMBER
    else:
        shape = TEXT if kind == "string" else DATA
    return Asked(
        name, shape, str(part.get("title") or name.replace("_", " ").capitalize()),
        str(part.get("description", "")), required and default is None, options, start,
        kind == "integer", part.get("minimum"), part.get("maximum"),
        bool(part.get("free", False)), int(part.get("maxLength", 0)), format,
    )  # fmt: skip


def _named(one: Mapping[str, Any]) -> Option:
    """A value with a title and a description, as `oneOf` lists them."""
    label = str(one.get("title") or _text(one.get("const")))
    return Option(one.get("const"), label, str(one.get("description", "")))


def _plain(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """`X or null` is an X that need not be given."""
    ways = [one for one in part.get("anyOf", ()) if one.get("type") != "null"]
    return {**part, **ways[0]} if ways else part


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def checked(
    fields: Sequence[Asked], texts: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """What was typed as values, and for each field that is wrong, why. -> (values, errors)

    What need not be given and is empty is in neither.
    """
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field in fields:
        text = texts.get(field.name, "").strip()
        if not text and not field.required:
            continue
        try:
            values[field.name] = _value(field, text)
        except ValueError as error:
            errors[field.name] = str(error)
    return values, errors


def _value(field: Asked, text: str) -> Any:
    if not text:
        raise ValueError("choose one" if field.kind == CHOICE else "this is needed")
    if field.kind == CHOICE:
        return _chosen(field, text)
    if field.kind == TOGGLE:
        return text == "true"
    if field.kind == NUMBER:
        return _number(field, text)
    if field.kind == DATA:
        try:
            return json.loads(text)
        except ValueError as error:
            raise ValueError(f'this is no JSON, such as ["a", 1]: {error}') from None
    if field.long and len(text) > field.long:
        raise ValueError(f"at most {field.long} characters, not {len(text)}")
    return text


def _number(field: Asked, text: str) -> float | int:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"this is a number, such as 3, not {text!r}")
    if field.whole and number != int(number):
        raise ValueError(f"this is a whole number, not {text}")
    if field.low is not None and number < field.low:
        raise ValueError(f"at least {field.low:g}, not {text}")
    if field.high is not None and number > field.high:
        raise ValueError(f"at most {field.high:g}, not {text}")
    return int(number) if field.whole else number


def _chosen(field: Asked, text: str) -> Any:
    said = text.casefold()
    labels = [option.label for option in field.options]
    values = [_text(option.value) for option in field.options]
    for names in (labels, values):
        for name, option in zip(names, field.options, strict=True):
            if said == name.casefold():
                return option.value
    if field.free:
        return text
    listed = ", ".join(labels[:LISTED]) + (" ..." if len(labels) > LISTED else "")
    raise ValueError(f"there is no {text!r}; {nearest(text, labels) or f'there is {listed}'}")


def distinct(options: Sequence[Option]) -> tuple[Option, ...]:
    """The same options, each to be told by its label: where labels of several values are alike,
    the value is said too."""
    values: dict[str, list[Any]] = {}
    for one in options:
        known = values.setdefault(one.label.casefold(), [])
        if one.value not in known:
            known.append(one.value)
    return tuple(
        replace(one, label=f"{one.label} ({_short(one.value)})")
        if len(values[one.label.casefold()]) > 1
        else one
        for one in options
    )


def _short(value: Any) -> str:
    return _text(value[-1] if isinstance(value, tuple) and value else value)


def filtered(options: Sequence[Option], typed: str) -> list[Option]:
    """The options that have every word that was typed in them, those that begin so first."""
    said = typed.strip().casefold()
    words = said.split()
    found = [one for one in options if all(word in _named_by(one) for word in words)]
    return sorted(found, key=lambda one: not one.label.casefold().startswith(said))


def _named_by(option: Option) -> str:
    return f"{option.label} {_text(option.value)}".casefold()
