"""The exported schema: valid, up to date, and of one mind with the loader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from npcsim.authoring.schema_export import (
    DIALECT,
    NOTATIONS,
    scenario_schema,
    scenario_schema_text,
)
from npcsim.scenario import units
from npcsim.scenario.schema import Definition

ROOT = Path(__file__).parents[2]
SCHEMA = scenario_schema()
CHECK = jsonschema.Draft202012Validator(SCHEMA)
COMMITTED = ROOT / "docs" / "reference" / "scenario.schema.json"
SHIPPED = sorted([*ROOT.glob("scenarios/*.yaml"), *ROOT.glob("worlds/*/*.yaml")])
BROKEN = sorted(ROOT.glob("tests/data/broken/*.yaml"))
# What spans several values, or how a text is read, is beyond a schema.
BEYOND = {"bad_range"}


def said(text: str) -> list[str]:
    return [error.message for error in CHECK.iter_errors(yaml.safe_load(text))]


def keys_of(part: Any) -> list[tuple[str, Any]]:
    return list(part.get("properties", {}).items())


def test_it_is_valid_in_its_dialect() -> None:
    assert SCHEMA["$schema"] == DIALECT
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_committed_file_is_up_to_date() -> None:
    told = "write it anew: npcsim schema --out docs/reference/scenario.schema.json"
    assert COMMITTED.read_text(encoding="utf-8") == scenario_schema_text(), told


def test_every_key_is_described() -> None:
    for name, part in {"": SCHEMA, **SCHEMA["$defs"]}.items():
        for key, entry in keys_of(part):
            assert entry.get("description"), f"{name}.{key}"
            assert entry["markdownDescription"].startswith(entry["description"])


def test_defaults_are_written_as_an_author_writes_them() -> None:
    clock = SCHEMA["$defs"]["ClockPart"]["properties"]
    assert clock["tick"]["default"] == "1 s"
    assert clock["start"]["default"] == "00:00"
    assert SCHEMA["$defs"]["AttributePart"]["properties"]["range"]["default"] == "0..1"
    for part in (SCHEMA, *SCHEMA["$defs"].values()):
        for key, entry in keys_of(part):
            if "default" in entry:
                made = {"$defs": SCHEMA["$defs"], **entry}
                assert jsonschema.Draft202012Validator(made).is_valid(entry["default"]), key


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_ships_is_valid(path: Path) -> None:
    assert said(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_what_the_definition_refuses_the_schema_refuses(path: Path) -> None:
    try:
        text = json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), allow_nan=False)
    except (yaml.YAMLError, TypeError, ValueError, RecursionError):
        return  # no YAML, or a date: an editor marks that without a schema
    try:
        Definition.model_validate_json(text)
    except ValidationError:
        assert path.stem in BEYOND or list(CHECK.iter_errors(json.loads(text))), path.stem


def test_enough_of_the_broken_files_are_broken_by_schema() -> None:
    marked = 0
    for path in BROKEN:
        try:
            marked += bool(said(path.read_text(encoding="utf-8")))
        except (yaml.YAMLError, TypeError, RecursionError):
            continue
    assert marked >= 20


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("clock: {tick: 5 sec}", "5 sec"),
        ('clock: {end: "25:00"}', "25:00"),
        ('clock: {end: "day 0 10:00"}', "day 0 10:00"),
        ("attributes: {hunger: {range: 0-1}}", "0-1"),
        ("attributes: {hunger: {grows: 0.1 / hour}}", "0.1 / hour"),
        ('behaviour: {guard: {idle: {do: "go_to(tavern"}}}', "go_to(tavern"),
        ("npcs: {Mara: {att: tavern}}", "att"),
        ("npc: {Mara: {}}", "npc"),
        ('npcs: {"3 men": {}}', "3 men"),
        ("npcs: {Mara: {at: }}", "None"),
        ("tiers: {cloud: {modle: x}}", "modle"),
        ("tiers: {cloud: {budget: 5 coins}}", "5 coins"),
        ("tiers: {cloud: {effort: loww}}", "loww"),
        ("temper: 1.5", "1.5"),
    ],
)
def test_it_marks_what_an_author_gets_wrong(text: str, about: str) -> None:
    [message, *_] = said(text)
    assert about in message


def test_names_of_any_language_are_names() -> None:
    assert said("npcs: {Åsa: {}, Père Noël: {}, O'Brien: {}, well-keeper: {}, 太郎: {}}") == []


@pytest.mark.parametrize("parse", NOTATIONS, ids=lambda parse: parse.__name__)
def test_patterns_and_parsers_agree(parse: Any) -> None:
    notation = NOTATIONS[parse]
    pattern = jsonschema.Draft202012Validator(notation.schema())
    texts = [*notation.examples, *WRITTEN]
    for text in texts:
        try:
            parse(text)
        except ValueError as error:
            if "lower end first" in str(error) or "between" in str(error) or "match" in str(error):
                continue
            assert not pattern.is_valid(text), text
        else:
            assert pattern.is_valid(text), text
    assert all(pattern.is_valid(text) for text in notation.examples)


WRITTEN = [
    "", " ", "5", "5s", "5 s ", " 5 s", "+5 s", "1.5 h", ".5 h", "1e3 ms", "1. s", "2 days",
    "5 sec", "5 S", "s", "6:00", "06:00", "06:00:30", "24:00", "24:00:00", "23:59:59", "006:00",
    "day 3", "day 3 06:00", "day3 06:00", "day 000 06:00", "day 007", "Day 3", "06:0",
    "0.1 / min", "0.1/min", "-0.1 per h", "0.1 / days", "0.1 min", "0..1", "-5 .. 5", "0..",
    "0.5..1.5", "0. .. 1", "wait", "wait()", "go_to( a )", "go to(a)", "f(g(x), y)", "3f()", "f(x",
    "f)", "f(a)(b)", " f ",
]  # fmt: skip


def test_times_of_the_wrong_day_are_told_apart() -> None:
    moment = TypeAdapter(units.Moment)
    assert moment.validate_python("day 2 00:30") == units.DAY_MS + 30 * 60_000
