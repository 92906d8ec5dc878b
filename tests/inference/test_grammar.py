from __future__ import annotations

import json
import re
from typing import Any

import pytest

from npcsim.errors import BadReply
from npcsim.inference.grammar import grammar_of, parse
from npcsim.inference.reading import read

NODE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "maxLength": 8},
                "under": {"type": "array", "items": {"$ref": "#/$defs/node"}, "maxItems": 2},
            },
            "required": ["name"],
        }
    },
}
OPTIONAL = {
    "type": "object",
    "properties": {name: {"type": "boolean"} for name in "abcd"},
    "required": ["b"],
}


class _Rules:
    """A small reader of the notation: which texts do the rules made here allow?"""

    TOKEN = re.compile(
        r'"((?:[^"\\]|\\.)*)"|(\[(?:[^\]\\]|\\.)*\])|([a-z][a-z0-9]*)|(\{\d+,\d*\})|([()|?])'
    )

    def __init__(self, grammar: str) -> None:
        self.rules = dict(line.split(" ::= ", 1) for line in grammar.split("\n"))

    def pattern(self, name: str, depth: int) -> str:
        if depth > 14:
            return "(?!)"
        out = ""
        for match in self.TOKEN.finditer(self.rules[name]):
            literal, chars, rule, times, sign = match.groups()
            if literal is not None:
                out += "(?:" + re.escape(re.sub(r"\\(.)", r"\1", literal)) + ")"
            elif rule is not None:
                out += f"(?:{self.pattern(rule, depth + 1)})"
            else:
                out += chars or times or sign.replace("(", "(?:")
        return out

    def allow(self, text: str) -> bool:
        return re.fullmatch(self.pattern("root", 0), text) is not None


def allows(schema: dict[str, Any], value: Any) -> bool:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _Rules(grammar_of(schema)).allow(text)


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "object"}, [{}], [{"a": 1}, []]),
        ({"type": "object", "properties": {}}, [{}], [{"a": 1}]),
        (OPTIONAL, [{"b": True}, {"a": False, "b": True, "d": True}], [{}, {"a": True}]),
        (
            {"enum": ["größer 🍞", 'say "no"', "back\\slash", 3, None]},
            ["größer 🍞", 'say "no"', "back\\slash", 3, None],
            ["grösser", 4],
        ),
        ({"const": {"a": [1, 2]}}, [{"a": [1, 2]}], [{"a": [1]}]),
        ({"type": "string", "minLength": 1, "maxLength": 3}, ["a", "äöü"], ["", "abcd"]),
        (
            {"type": "array", "items": {"type": "integer"}, "maxItems": 2},
            [[], [1, -2]],
            [[1, 2, 3]],
        ),
        ({"type": "array", "items": {"type": "null"}, "minItems": 2}, [[None] * 3], [[None]]),
        ({"anyOf": [{"type": "number"}, {"type": "boolean"}]}, [1.5, True, -2e3], ["1"]),
        ({"type": ["null", "integer"]}, [None, 7], [True]),
        (
            {"type": "object", "properties": {"x/y~z": {"type": "null"}}, "required": ["x/y~z"]},
            [{"x/y~z": None}],
            [{}],
        ),
    ],
)
def test_a_grammar_allows_what_fits_and_nothing_else(
    schema: dict[str, Any], good: list[Any], bad: list[Any]
) -> None:
    assert [value for value in good if not allows(schema, value)] == []
    assert [value for value in bad if allows(schema, value)] == []
    for value in good:
        assert read(json.dumps(value), schema) == value
    for value in bad:
        with pytest.raises(BadReply):
            read(json.dumps(value), schema)


def test_a_list_in_a_list_has_a_rule_of_its_own() -> None:
    """Or what is in the outer could be written in the inner, without an end."""
    step = {"type": "object", "properties": {"with": _listed({"enum": ["inn"]})}}
    hour = {"type": "object", "properties": {"steps": _listed(step)}, "required": ["steps"]}
    rules = _Rules(grammar_of(_listed(hour)))
    assert rules.allow('[{"steps":[{"with":["inn","inn"]},{}]},{"steps":[{}]}]')
    assert not rules.allow('[{"steps":[{"steps":[{}]}]}]')
    assert not rules.allow('[{"steps":[{"with":[{"with":["inn"]}]}]}]')


def _listed(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": 3}


def test_a_recursive_schema_is_a_recursive_rule() -> None:
    grammar = grammar_of(NODE)
    value = {"name": "a", "under": [{"name": "b", "under": []}, {"name": "c"}]}

    assert grammar.count("ref0 ::=") == 1
    assert "ref0" in grammar.split("::=", 2)[2]
    assert read(json.dumps(value), NODE) == value
    with pytest.raises(BadReply, match=r"length of \$\.under is 3, above 2"):
        read(json.dumps({"name": "a", "under": [{"name": "b"}] * 3}), NODE)


def test_many_optional_members_and_long_lists_stay_small() -> None:
    many = {"type": "object", "properties": {f"p{at}": {"type": "null"} for at in range(60)}}
    long = {"enum": [f"place number {at}" for at in range(2000)]}

    assert len(grammar_of(many)) < 10_000
    assert len(grammar_of(long)) < 60_000
    assert read('"place number 1999"', long) == "place number 1999"


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({}, "no type"),
        ({"type": "date"}, "'date'"),
        ({"type": "string", "pattern": "a+"}, "'pattern', which can't be held to"),
        ({"type": "array"}, "does not say what its items are"),
        ({"type": "object", "required": ["a"]}, "requires 'a'"),
        ({"$ref": "#/$defs/none"}, "which is not there"),
        ({"$ref": "http://example.org/x"}, "outside of itself"),
        ({"enum": []}, "empty enum"),
        ({"anyOf": [3]}, "#/anyOf/0 is not an object"),
        ({"type": "string", "maxLength": "9"}, "a whole number is wanted"),
        ({"type": "string", "minLength": 5, "maxLength": 2}, "above maxLength 2"),
        ({"type": "array", "items": {"type": "null"}, "minItems": True}, "a whole number"),
    ],
)
def test_what_a_grammar_can_not_say_is_refused_by_name(schema: dict[str, Any], says: str) -> None:
    with pytest.raises(BadReply, match=re.escape(says)):
        grammar_of(schema)


def test_a_schema_that_goes_too_deep_is_refused() -> None:
    schema: dict[str, Any] = {"type": "null"}
    for _ in range(400):
        schema = {"type": "array", "items": schema}

    with pytest.raises(BadReply, match="deeper than 100"):
        grammar_of(schema)


@pytest.mark.parametrize("text", ["", "[1]", "{", '"' + "[" * 100_000])
def test_a_schema_is_a_json_object(text: str) -> None:
    with pytest.raises(BadReply, match="the schema is not"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "schema", "says"),
    [
        ('{"a": 1', {"type": "object"}, "not JSON"),
        ("[" * 100_000, {"type": "object"}, "not JSON"),
        ("11", {"type": "integer", "maximum": 10}, "is 11, above 10"),
        ("10", {"type": "integer", "exclusiveMaximum": 10}, "not below 10"),
        ("0", {"type": "number", "exclusiveMinimum": 0}, "not above 0"),
        ("true", {"type": "integer"}, "not of type integer"),
        ("1", {"enum": [True]}, "not in the list"),
        ("1", {"oneOf": [{"type": "integer"}, {"type": "number"}]}, "2 of what"),
    ],
)
def test_an_answer_that_does_not_fit_is_a_bad_reply(
    text: str, schema: dict[str, Any], says: str
) -> None:
    with pytest.raises(BadReply, match=re.escape(says)):
        read(text, schema)
