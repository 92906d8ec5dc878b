"""Is a JSON value what its schema asks for? Looked at after writing, whatever the grammar said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from npcsim.errors import BadReply

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def read(text: str, schema: Mapping[str, Any]) -> Any:
    """The value that `text` stands for. Raises `BadReply`, naming the place, if it is not one
    that fits: it is never repaired."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadReply(f"the model's text is not JSON: {error}") from error
    wrong = _wrong(value, schema, schema, "$")
    if wrong:
        raise BadReply(f"the model's answer does not fit: {wrong}")
    return value


def _wrong(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> str:
    """What is wrong with a value, '' for nothing. The schema has passed `grammar.grammar_of`."""
    if "$ref" in schema:
        found: Any = root
        for part in schema["$ref"][1:].split("/")[1:]:
            found = found[part.replace("~1", "/").replace("~0", "~")]
        return _wrong(value, found, root, at)
    for name in ("anyOf", "oneOf"):
        fits = sum(not _wrong(value, one, root, at) for one in schema.get(name, ()))
        if name in schema and (fits == 0 or (name == "oneOf" and fits > 1)):
            return f"{at} is {fits or 'none'} of what it may be one of"
    if "enum" in schema and not any(_same(value, one) for one in schema["enum"]):
        return f"{at} is not in the list"
    if "const" in schema and not _same(value, schema["const"]):
        return f"{at} is not {schema['const']!r}"
    forms = schema.get("type", [])
    forms = [forms] if isinstance(forms, str) else forms
    if forms and not any(_is(value, form) for form in forms):
        return f"{at} is not of type {' or '.join(forms)}"
    # Beside a choice nothing else is said of the value: `grammar` sees to that.
    chosen = schema.keys() & {"anyOf", "oneOf", "enum", "const"}
    return "" if chosen else _inside(value, schema, root, at)


def _inside(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> str:
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        lacking = [name for name in schema.get("required", []) if name not in value]
        if lacking:
            return f"{at} lacks {lacking[0]!r}"
        strange = [name for name in value if name not in properties]
        if strange:
            return f"{at} has {strange[0]!r}, which was not asked for"
        parts = [(one, properties[name], f"{at}.{name}") for name, one in value.items()]
        return next((w for part in parts if (w := _wrong(part[0], part[1], root, part[2]))), "")
    if isinstance(value, list):
        wrong = _outside(len(value), schema, "minItems", "maxItems", f"the length of {at}")
        each = (_wrong(one, schema["items"], root, f"{at}[{n}]") for n, one in enumerate(value))
        return wrong or next((w for w in each if w), "") if "items" in schema else wrong
    if isinstance(value, str):
        return _outside(len(value), schema, "minLength", "maxLength", f"the length of {at}")
    if isinstance(value, int | float) and not isinstance(value, bool):
        if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
            return f"{at} is not above {schema['exclusiveMinimum']}"
        if "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]:
            return f"{at} is not below {schema['exclusiveMaximum']}"
        return _outside(value, schema, "minimum", "maximum", at)
    return ""


def _outside(size: float, schema: Mapping[str, Any], low: str, high: str, what: str) -> str:
    if low in schema and size < schema[low]:
        return f"{what} is {size}, below {schema[low]}"
    if high in schema and size > schema[high]:
        return f"{what} is {size}, above {schema[high]}"
    return ""


def _is(value: Any, form: str) -> bool:
    if isinstance(value, bool):  # true is a number to Python
        return form == "boolean"
    return isinstance(value, _TYPES[form])


def _same(value: Any, other: Any) -> bool:
    return type(value) is type(other) and bool(value == other)
