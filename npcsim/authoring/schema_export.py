"""The schema of scenario files as JSON Schema, for editors: they complete keys and mark mistakes.

Made from `scenario.schema`, so it says what loading says, except for what spans several values
(a range the wrong way round, names that don't exist). Two things differ on purpose. The small
notations become patterns, so that an editor marks `5 sec`. And a key with nothing after it is a
mistake here, though npcsim takes it for one left out: while typing it is what one has forgotten.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from typing import Any

from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from npcsim.scenario import schema, units
from npcsim.scenario.ground_parts import Part

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?"
_SIGNED = rf"[+-]?{_NUMBER}"
_HOURS = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?|24:00(?::00)?"
# Letters of any language: JavaScript's \w, which editors use, knows those of English only.
_NAME = r"^[^\s!-@\[-\^`{-~](?:[^\s!-/:-@\[-\^`{-~]|[ '-])*$"
_NAMES = {r"^[^\W\d][\w '\-]*$": _NAME}


class _Notation:
    """One of the small notations: what it is called, how it is written, and how to write one."""

    def __init__(
        self, name: str, pattern: str, examples: list[str], write: Callable[[Any], str]
    ) -> None:
        self.name, self.pattern, self.examples, self.write = name, pattern, examples, write

    def schema(self) -> JsonSchemaValue:
        hint = f"Expected a {self.name} such as {self.examples[0]!r} or {self.examples[-1]!r}."
        return {
            "type": "string", "pattern": self.pattern, "examples": self.examples,
            "patternErrorMessage": hint,
        }  # fmt: skip


def duration_text(ms: int) -> str:
    """Milliseconds as a scenario would say them: `20 min`."""
    for unit in ("h", "min", "s"):
        if ms % units.MS[unit] == 0:
            return f"{ms // units.MS[unit]} {unit}"
    return f"{ms} ms"


def _moment_text(ms: int) -> str:
    return units.clock_text(ms).removeprefix("day 1 ")


def _range_text(ends: tuple[float, float]) -> str:
    return f"{ends[0]:g}..{ends[1]:g}"


NOTATIONS: dict[Any, _Notation] = {
    units.parse_duration: _Notation(
        "duration", rf"^\s*\+?{_NUMBER}\s*(?:ms|s|min|h|days|day)\s*$",
        ["500 ms", "5 s", "20 min", "2 h", "1 day"], duration_text,
    ),
    units.parse_every: _Notation(
        "duration, or `end`,", rf"^\s*(?:end|\+?{_NUMBER}\s*(?:ms|s|min|h|days|day))\s*$",
        ["10 s", "1 min", "1 h", "end"], lambda ms: duration_text(ms) if ms else "end",
    ),
    units.parse_moment: _Notation(
        "time", rf"^\s*(?:day\s+(?!0+(?![0-9]))[0-9]{{1,5}}\s*(?:{_HOURS})?|{_HOURS})\s*$",
        ["06:30", "day 2 09:00", "day 3"], _moment_text,
    ),
    units.parse_rate: _Notation(
        "rate", rf"^\s*{_SIGNED}\s*(?:/|per)\s*(?:s|min|h|day)\s*$",
        ["0.1 / min", "0.5 / h", "1 / day"], str,
    ),
    units.parse_range: _Notation(
        "range", rf"^\s*{_SIGNED}\s*\.\.\s*{_SIGNED}\s*$", ["0..1", "-5..5"], _range_text,
    ),
    units.parse_money: _Notation(
        "amount", r"^\s*(?:\$\s*[0-9]{1,6}(?:\.[0-9]+)?|[0-9]{1,6}(?:\.[0-9]+)?\s*USD)\s*$",
        ["0.20 USD", "$5"], lambda amount: f"{amount:g} USD",
    ),
    units.parse_call: _Notation(
        "tool call", r"^\s*[A-Za-z_][A-Za-z0-9_]*\s*(?:\([\s\S]*\))?\s*$",
        ["wait", "go_to(tavern)", "attack(nearest(foe))"], str,
    ),
}  # fmt: skip

# What a key is for, where a definition says it by its parts only.
EXAMPLES: dict[str, list[Any]] = {
    "uses": ["oakvale"],
    "places": [{"tavern": {"name": "the tavern", "area": [2, 2, 8, 6]}}],
    "items": [{"bread": {"name": "loaf of bread", "use": {"hunger": -0.5}}}],
    "attributes": [{"hunger": {"range": "0..1", "grows": "0.1 / h", "need": True}}],
    "npcs": [{"Mara": {"is": "baker", "at": "bakery", "goal": "Have bread for everyone"}}],
    "behaviour": [{"guard": {"idle": {"do": "wait"}}}],
    "events": [[{"at": "07:00", "signal": "bell", "place": "chapel"}]],
}


class _Editors(GenerateJsonSchema):
    """Pydantic's JSON Schema with our notations in it."""

    def function_before_schema(self, schema: Any) -> JsonSchemaValue:
        notation = NOTATIONS.get(schema["function"]["function"])
        return notation.schema() if notation else super().function_before_schema(schema)

    def nullable_schema(self, schema: Any) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        made = self.generate_inner(schema["schema"])
        default = schema.get("default")
        if default in (None, "", [], {}):
            return made
        notation = _notation_of(schema["schema"])
        shown = notation.write(default) if notation else default
        return {**made, "default": list(shown) if isinstance(shown, tuple) else shown}


def _notation_of(core: Any) -> _Notation | None:
    while core["type"] in ("nullable", "default"):
        core = core["schema"]
    if core["type"] != "function-before":
        return None
    return NOTATIONS.get(core["function"]["function"])


def scenario_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of scenario and world files."""
    made = schema.Definition.model_json_schema(
        by_alias=True, mode="validation", schema_generator=_Editors
    )
    parts: dict[str, Any] = {"Definition": made, **made.get("$defs", {})}
    written = {part.__name__: part for part in _parts(Part)}
    for name, part in parts.items():
        if name in written:
            _tell_keys(written[name], part)
    tidy = _tidied(made)
    tidy.pop("description", None)
    about = _first(schema.Definition)
    return {
        "$schema": DIALECT, "title": "npcsim scenario", "description": about,
        "markdownDescription": f"{about}\n\nCheck one with `npcsim validate FILE`.", **tidy,
    }  # fmt: skip


def _parts(base: type[Part]) -> Iterator[type[Part]]:
    """Every part of a file there is, whichever module it stands in."""
    for part in base.__subclasses__():
        yield part
        yield from _parts(part)


def scenario_schema_text() -> str:
    """The same as text, the way it is committed and written into new projects."""
    return json.dumps(scenario_schema(), indent=1, ensure_ascii=False) + "\n"


def _tell_keys(part: type[Part], made: dict[str, Any]) -> None:
    """Give every key of a part a description, in plain text and in Markdown."""
    for name, info in part.model_fields.items():
        entry = made["properties"][info.alias or name]
        text = info.description or _first(_inner_part(info))
        entry["description"] = text
        examples = EXAMPLES.get(name, []) if part is schema.Definition else []
        if examples:
            entry["examples"] = examples
        written = entry.get("examples") or []
        shown = ", ".join(f"`{json.dumps(one, ensure_ascii=False)}`" for one in written)
        default = entry.get("default")
        left_out = "" if default is None else f"\n\nLeft out: `{json.dumps(default)}`"
        entry["markdownDescription"] = (
            text + (f"\n\nFor example: {shown}" if shown else "") + left_out
        )


def _inner_part(info: FieldInfo) -> Any:
    """The part that a key's value is made of, or its type."""
    found: Any = info.annotation
    while getattr(found, "__args__", None):
        found = found.__args__[-1]
    return found


def _first(thing: Any) -> str:
    doc = inspect.cleandoc(thing.__doc__ or "") if inspect.isclass(thing) else ""
    return doc.split("\n\n")[0].replace("\n", " ")


def _tidied(made: Any) -> Any:
    """Without pydantic's titles; free names are checked as names, and patterns fit both worlds."""
    if isinstance(made, list):
        return [_tidied(one) for one in made]
    if not isinstance(made, dict):
        return made
    tidy = {
        key: {name: _tidied(one) for name, one in value.items()}
        if key in ("properties", "$defs") else _tidied(value)
        for key, value in made.items()
        if not (key == "title" and isinstance(value, str))
    }  # fmt: skip
    if str(tidy.get("pattern")) in _NAMES:
        tidy["pattern"] = _NAMES[str(tidy["pattern"])]
    patterns = tidy.pop("patternProperties", None)
    if patterns is not None:
        [(pattern, inner)] = patterns.items()
        names = {"pattern": _NAMES.get(pattern, pattern), **tidy.get("propertyNames", {})}
        tidy |= {"propertyNames": names, "additionalProperties": inner}
    return tidy
