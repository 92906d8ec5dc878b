"""Lint of tools' wording: what ships has none to complain of, and each rule finds its mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from npcsim import Body, Effect, View, tool
from npcsim.assembly.code.recipe import load_tools
from npcsim.tools.builtin import BUILTIN
from npcsim.tools.tool import Tool
from npcsim.tools.wording import complaints, lint

WORLDS = sorted((Path(__file__).parents[2] / "worlds").glob("*/tools.py"))


def worded(**words: Any) -> Tool:
    def bake(me: Body, view: View, what: str) -> list[Effect]:
        """Bake."""
        return []

    fine = {"option": "bake {what}", "seen": "{me} bakes", "did": "I baked {what}"}
    return tool(**{**fine, **words})(bake)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_is_built_in_reads_well(language: str) -> None:
    assert [(one.tool.name, one.said) for one in lint(BUILTIN, language)] == []


@pytest.mark.parametrize("file", WORLDS, ids=lambda file: file.parent.name)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_ships_with_worlds_reads_well(file: Path, language: str) -> None:
    tools = load_tools(file.read_text(encoding="utf-8"), str(file))
    assert [(one.file, one.line, one.said) for one in lint(tools.values(), language)] == []


@pytest.mark.parametrize(
    ("part", "text", "complaint"),
    [
        ("option", "bake", "doesn't name {what}"),
        ("option", "bake {what} and {what}", "names {what} 2 times"),
        ("option", "Bake {what}", "begins with a capital letter"),
        ("option", "bake {what}.", "ends with a mark"),
        ("option", "bake  {what}", "has a space too many"),
        ("option", " bake {what}", "has a space too many"),
        ("option", " ", "is empty"),
        ("option", "baking {what}", "begins with 'baking'"),
        ("option", "bake {what} for {me}", "names {me}"),
        ("option", "bake {what} as I like", "speaks of me"),
        ("option", "bake {what} " + "very " * 11 + "well", "has 14 words; more than 12"),
        ("seen", "somebody bakes", "doesn't say who"),
        ("seen", "{me} bakes!", "ends with a mark"),
        ("did", "baked {what}", "begin with `I`"),
        ("did", "I baked  {what}", "has a space too many"),
        ("option", {"ko": "{what:을} 굽는다"}, "has no option in English"),
    ],
)
def test_english(part: str, text: Any, complaint: str) -> None:
    found = complaints(worded(**{part: text}))
    assert [complaint in one for one in found] == [True], found


def test_verbs_that_only_look_like_gerunds_pass() -> None:
    for option in ("bring {what}", "sing {what}", "ring for {what}"):
        assert complaints(worded(option=option)) == []


KOREAN = {"option": "{what:을} 굽는다", "seen": "{me:이} 굽는다", "did": "나는 {what:을} 구웠다"}


@pytest.mark.parametrize(
    ("part", "text", "complaint"),
    [
        ("option", "굽는다", "doesn't name {what}"),
        (
            "option",
            "{what}을 굽는다",
            "has 을 after a name; write it into the braces, as in {me:을}",
        ),
        ("option", "{what:을} 굽기", "ends in no predicate"),
        ("option", "{what:을} 굽는다.", "ends with a mark"),
        ("option", "나는 {what:을} 굽는다", "speaks of me"),
        ("seen", "누가 굽는다", "doesn't say who"),
        ("did", "{what:을} 구웠다", "begin with `나는`"),
        ("option", "bake {what}", "has no option in Korean"),
    ],
)
def test_korean(part: str, text: str, complaint: str) -> None:
    assert complaints(worded(**KOREAN), "ko") == []
    found = complaints(worded(**{**KOREAN, part: text}), "ko")
    assert any(complaint in one for one in found), found


def test_a_tool_without_words_in_the_language_is_told_once() -> None:
    assert complaints(worded(), "ko") == ["has no option, seen and did in Korean"]
    assert complaints(worded(**KOREAN)) == ["has no option, seen and did in English"]


def test_two_tools_that_read_alike_are_told_with_their_lines() -> None:
    first = worded()

    @tool(option="bake {x}", seen="{me} works", did="I made {x}")
    def cook(me: Body, view: View, x: str) -> list[Effect]:
        """Cook."""
        return []

    (one,) = lint([first, cook])
    assert (one.tool.name, one.said) == ("cook", "option 'bake {x}' reads like that of bake")
    assert one.file == __file__
    line = Path(__file__).read_text().splitlines()[one.line - 1]
    assert line.strip().startswith('@tool(option="bake {x}"')
