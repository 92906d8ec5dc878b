"""A JSON Schema as a grammar in llama.cpp's own notation (GBNF), so that only what fits is written.

Understood: object (properties, required), array (items, minItems, maxItems), string (minLength,
maxLength), integer (minimum and maximum are checked afterwards), number, boolean, null, enum,
const, anyOf, oneOf, a list of types, and $ref into $defs or definitions, also recursive. Objects
are closed and their properties come in the schema's order; those not required may be left out.
No space is written but inside of strings. Anything else is refused by name: a grammar that meant
less than the schema would let through what the schema forbids.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from npcsim.errors import BadReply

#: Keywords that say nothing about the value's form.
_REMARKS = frozenset(
    "$schema $id $comment $defs definitions title description default examples deprecated"
    " readOnly writeOnly additionalProperties strict".split()
)
_FORMS = {
    "object": frozenset(("properties", "required")),
    "array": frozenset(("items", "minItems", "maxItems")),
    "string": frozenset(("minLength", "maxLength")),
    "integer": frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")),
    "number": frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")),
    "boolean": frozenset(),
    "null": frozenset(),
}
_CHOICES = ("enum", "const", "anyOf", "oneOf", "$ref")

#: Longest string where the schema sets no bound: a small model may never close one.
LONGEST = 200
_MOST_RULES = 5_000
_DEEPEST = 100

_BASE = {
    "char": r'[^"\\\x00-\x1F\x7F] | "\\" (["\\/bfnrt] | "u" hex hex hex hex)',
    "hex": "[0-9a-fA-F]",
    "whole": '"-"? ("0" | [1-9] [0-9]{0,15})',
    "number": 'whole ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,2})?',
    "boolean": '"true" | "false"',
    "null": '"null"',
}


def parse(schema: str) -> dict[str, Any]:
    """The schema as data. Raises `BadReply` for text that is no JSON object."""
    try:
        data = json.loads(schema)
    except (ValueError, RecursionError) as error:
        raise BadReply(f"the schema is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise BadReply("the schema is not an object")
    return data


def grammar_of(schema: Mapping[str, Any]) -> str:
    """GBNF with the rule `root`. Raises `BadReply`, naming the place, for what it can't say."""
    maker = _Maker(schema)
    maker.rules["root"] = maker.value(schema, "#")
    return "\n".join(f"{name} ::= {body}" for name, body in {**maker.rules, **_BASE}.items())


class _Maker:
    """Collects rules, one for each `$ref` and each optional tail of an object."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._refs: dict[str, str] = {}
        self.rules: dict[str, str] = {}

    def value(self, schema: Any, at: str) -> str:
        """The right side of a rule for one schema."""
        if not isinstance(schema, Mapping):
            raise BadReply(f"the schema at {at} is not an object")
        if at.count("/") > _DEEPEST:
            raise BadReply(f"the schema goes deeper than {_DEEPEST} levels")
        chosen = [name for name in _CHOICES if name in schema]
        form = schema.get("type")
        if isinstance(form, list) and not chosen:
            return self._one_of([{**schema, "type": one} for one in form], at)
        if form is None and "properties" in schema:
            form = "object"
        if not chosen and (not isinstance(form, str) or form not in _FORMS):
            raise BadReply(f"the schema at {at} has no type that can be written: {form!r}")
        # Beside a choice, `type` and its bounds are checked when the value is read.
        allowed = _REMARKS | {"type", *chosen[:1]} | (_FORMS[str(form)] if not chosen else set())
        strange = [name for name in schema if name not in allowed]
        if strange:
            raise BadReply(f"the schema at {at} has {strange[0]!r}, which can't be held to")
        if chosen:
            return self._choice(chosen[0], schema[chosen[0]], at)
        made: str = getattr(self, f"_{form}")(schema, at)
        return made

    def _choice(self, name: str, given: Any, at: str) -> str:
        if name == "$ref":
            return self._ref(given, at)
        if name == "const":
            return _literal(given)
        if not isinstance(given, list) or not given:
            raise BadReply(f"the schema at {at} has an empty {name}")
        if name == "enum":
            return "(" + " | ".join(_literal(value) for value in given) + ")"
        return self._one_of(given, f"{at}/{name}")

    def _one_of(self, schemas: Sequence[Any], at: str) -> str:
        return "(" + " | ".join(self.value(s, f"{at}/{n}") for n, s in enumerate(schemas)) + ")"

    def _ref(self, target: Any, at: str) -> str:
        if not isinstance(target, str) or not target.startswith("#"):
            raise BadReply(f"the schema at {at} refers to {target!r}, outside of itself")
        if target not in self._refs:
            found: Any = self._schema
            for part in target[1:].split("/")[1:]:
                part = part.replace("~1", "/").replace("~0", "~")
                if not isinstance(found, Mapping) or part not in found:
                    raise BadReply(f"the schema at {at} refers to {target!r}, which is not there")
                found = found[part]
            # Named before it is made: it may refer to itself.
            self._refs[target] = name = f"ref{len(self._refs)}"
            self._add(name, "")
            self.rules[name] = self.value(found, target)
        return self._refs[target]

    def _add(self, name: str, body: str) -> str:
        if len(self.rules) >= _MOST_RULES:
            raise BadReply(f"the schema needs more than {_MOST_RULES} rules")
        self.rules[name] = body
        return name

    def _object(self, schema: Mapping[str, Any], at: str) -> str:
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        unknown = [name for name in required if name not in properties]
        if unknown:
            raise BadReply(f"the schema at {at} requires {unknown[0]!r}, which has no form")
        members = [
            (f'{_literal(name)} ":" {self.value(s, f"{at}/{name}")}', name in required)
            for name, s in properties.items()
        ]
        return f'"{{" {self._members(members)} "}}"' if members else '"{" "}"'

    def _members(self, members: Sequence[tuple[str, bool]]) -> str:
        """Members in order, each optional one there or not, commas only between two of them.

        Two rules a member, what follows when some came before and when none did: no growth by
        combinations.
        """
        first, after = '""', '""'
        for body, needed in reversed(members):
            rest = self._add(f"m{len(self.rules)}", after)
            with_comma = f'"," {body} {rest}'
            without = f"{body} {rest}"
            if needed:
                first, after = without, with_comma
            else:
                none_yet = self._add(f"m{len(self.rules)}", first)
                first = f"({without} | {none_yet})"
                after = f"({with_comma} | {rest})"
        return first

    def _array(self, schema: Mapping[str, Any], at: str) -> str:
        if "items" not in schema:
            raise BadReply(f"the schema at {at} does not say what its items are")
        # First what is in it: a list in a list would take the same name.
        inner = self.value(schema["items"], f"{at}/items")
        item = self._add(f"i{len(self.rules)}", inner)
        least, most = _bounds(schema, "minItems", "maxItems", at)
        if most == 0:
            return '"[" "]"'
        more = "" if most is None else str(most - 1)
        some = f'{item} ("," {item}){{{max(least - 1, 0)},{more}}}'
        return f'"[" {some} "]"' if least else f'"[" ({some})? "]"'

    def _string(self, schema: Mapping[str, Any], at: str) -> str:
        least, most = _bounds(schema, "minLength", "maxLength", at)
        most = max(LONGEST, least) if most is None else most
        return f'"\\"" char{{{least},{most}}} "\\""' if most else '"\\"\\""'

    def _integer(self, schema: Mapping[str, Any], at: str) -> str:
        return "whole"

    def _number(self, schema: Mapping[str, Any], at: str) -> str:
        return "number"

    def _boolean(self, schema: Mapping[str, Any], at: str) -> str:
        return "boolean"

    def _null(self, schema: Mapping[str, Any], at: str) -> str:
        return "null"


def _bounds(schema: Mapping[str, Any], low: str, high: str, at: str) -> tuple[int, int | None]:
    least, most = schema.get(low, 0), schema.get(high)
    for name, bound in ((low, least), (high, most)):
        if bound is not None and (type(bound) is not int or bound < 0):
            raise BadReply(f"the schema at {at} has {name} {bound!r}; a whole number is wanted")
    if most is not None and most < least:
        raise BadReply(f"the schema at {at} has {low} {least} above {high} {most}")
    return least, most


def _literal(value: Any) -> str:
    """A value as the text that stands for it in JSON, quoted for the grammar."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'
