"""`@tool` and `@state`: what they make of a function, and what they refuse at once."""

from __future__ import annotations

from typing import Any

import pytest

from npcsim import Body, Kind, Place, Spot, ToolRefused, View, Words, state, tool
from npcsim.tools.builtin import BUILTIN
from npcsim.tools.tool import ARRIVAL


def plain(me: Body, view: View, item: Kind, to: Body | Place, often: int = 2) -> list[Any]:
    """Throw something at somebody."""
    return []


def test_a_function_becomes_a_tool() -> None:
    made = tool(plain)
    assert (made.name, made.doc) == ("plain", "Throw something at somebody.")
    assert made.option == "plain {item} {to} {often}"
    assert made.seen == "{me}: plain {item} {to} {often}"
    assert made.did == "I did: plain {item} {to} {often}"
    assert (made.takes, made.occupies, made.stakes) == (0, "", 0.1)
    assert [(p.name, p.types) for p in made.params] == [
        ("item", (Kind,)), ("to", (Body, Place)), ("often", (int,)),
    ]  # fmt: skip
    assert made(None, None, None, None) == []


def test_the_schema_is_json_schema() -> None:
    schema = tool(plain).schema
    assert schema["name"] == "plain"
    assert schema["description"] == "Throw something at somebody."
    body = schema["input_schema"]
    assert body["additionalProperties"] is False
    assert body["required"] == ["item", "to"]
    kinds = {name: entry["type"] for name, entry in body["properties"].items()}
    assert kinds == {"item": "string", "to": "string", "often": "integer"}


@pytest.mark.parametrize("made", BUILTIN, ids=lambda made: made.name)
def test_every_tool_that_ships_describes_itself(made: Any) -> None:
    assert made.doc.endswith(".")
    assert "{" not in made.doc
    assert set(made.schema["input_schema"]["properties"]) == {p.name for p in made.params}


def test_durations() -> None:
    assert tool(takes="20 min")(plain).takes == 1_200_000
    assert tool(takes="arrival")(plain).takes == ARRIVAL
    assert tool(takes=len)(plain).takes is len
    with pytest.raises(
        ValueError, match=r"takes='a while' is not a duration .*; expected a duration"
    ):
        tool(takes="a while")(plain)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"option": "throw {thing}"}, r"wording 'throw \{thing\}' may name \{item\}, \{me\}"),
        ({"seen": "{you} throws"}, "wording"),
        ({"did": "I threw {}"}, "wording"),
        ({"did": "I threw {0}"}, "wording"),
        ({"option": "throw {item"}, "expected '}'"),
        ({"option": "throw {item.__class__}"}, "wording"),
        ({"option": "throw {item[0]}"}, "wording"),
        ({"option": "throw {item:>9}"}, "wording"),
        ({"option": "throw {item!r}"}, "wording"),
        ({"occupies": "bench"}, "occupies='bench' is no parameter"),
        (
            {"candidates": {"bench": list}},
            "candidates for 'bench', which is no parameter; it takes item, to",
        ),
        ({"candidates": {"itm": list}}, "candidates for 'itm', .* did you mean 'item'"),
        ({"takes": 3}, "tool plain: takes is a duration .*, not 3"),
        ({"take": "3 s"}, "@tool takes no 'take'; did you mean 'takes'"),
        ({"stakes": 7}, "stakes must be from 0 to 1, not 7"),
    ],
)
def test_mistakes_are_told_when_the_tool_is_made(given: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        tool(**given)(plain)


def test_work_outside_belongs_to_an_act_with_a_time_of_its_own() -> None:
    made = tool(takes="5 s")(plain)
    assert not made.from_outside

    @made.outside
    async def work(args: dict[str, Any]) -> None:
        """Nothing."""

    assert made.on_outside is work
    assert made.from_outside
    assert tool(takes="outside")(plain).from_outside

    def nothing() -> None:
        """Takes no arguments."""

    def yields(args: dict[str, Any]) -> Any:
        yield 1

    for wrong in (nothing, yields, 7):
        with pytest.raises(TypeError, match="its work outside"):
            made.outside(wrong)
    for takes in ("arrival", "outside"):
        with pytest.raises(TypeError, match="only an act that takes a time can work outside"):
            tool(takes=takes)(plain).outside(work)


def test_a_wording_may_hold_braces_of_its_own() -> None:
    assert tool(option="throw {{{item}}}")(plain).option == "throw {{{item}}}"


def test_functions_of_another_shape_are_refused() -> None:
    def no_view(me: Body, to: Body) -> list[Any]:
        return []

    def untyped(me: Body, view: View, to) -> list[Any]:  # type: ignore[no-untyped-def]
        return []

    def odd(me: Body, view: View, to: list[str]) -> list[Any]:
        return []

    def shouts(me: Body, view: View, words: Words) -> list[Any]:
        return []

    def writes(me: Body, view: View, to: Spot, topic: str, words: Words) -> list[Any]:
        return []

    for function, message in (
        (no_view, "the first two parameters must be `me` and `view`"),
        (untyped, "parameter 'to' needs a type"),
        (odd, "parameter 'to' needs a type"),
        (shouts, "Words are for speech"),
        (writes, "Words are for speech"),
    ):
        with pytest.raises(TypeError, match=message):
            tool(function)


def test_hooks_are_kept_and_stay_functions() -> None:
    made = tool(plain)
    for name in ("finish", "interrupted", "utility", "ready", "crowd"):

        def hook(*given: Any, **named: Any) -> None:
            return None

        assert getattr(made, name)(hook) is hook
        assert getattr(made, f"on_{name}") is hook


@pytest.mark.parametrize(
    ("hook", "function", "message"),
    [
        ("finish", lambda me, view: [], r"plain: finish takes \(me, view, act\), not \(me, view\)"),
        ("interrupted", lambda act: [], r"interrupted takes \(me, view, act\), not \(act\)"),
        ("utility", lambda me, view: 1.0, r"utility takes \(me, view, item, to, often\), not"),
        ("utility", lambda me, view, it, to, often: 1.0, r"not \(me, view, it, to, often\)"),
        ("ready", lambda me: None, r"ready takes \(me, view\), not \(me\)"),
        ("crowd", lambda crowd: [], r"crowd takes \(crowd, who, item, to, often\), not \(crowd\)"),
        ("ready", "soon", "ready is a function"),
    ],
)
def test_a_hook_that_could_not_be_called_is_told_at_once(
    hook: str, function: Any, message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        getattr(tool(plain), hook)(function)


def test_a_hook_within_a_tick_is_not_async() -> None:
    async def later(me: Body, view: View) -> str | None:
        return None

    with pytest.raises(TypeError, match="ready is called within a tick"):
        tool(plain).ready(later)


def test_a_misspelt_hook_is_told() -> None:
    made: Any = tool(plain)
    with pytest.raises(AttributeError, match="no 'utilty'; did you mean 'utility'"):
        made.utilty(plain)


def test_a_state_in_python() -> None:
    @state(columns={"anger": (0, 10, 1)})
    def rage(crowd: Any, who: Any) -> list[Any]:
        """Rage."""
        return []

    @state
    def calm(crowd: Any, who: Any) -> list[Any]:
        return []

    assert (rage.name, rage.doc, rage.columns) == ("rage", "Rage.", {"anger": (0, 10, 1)})
    assert calm.columns == {}
    with pytest.raises(ToolRefused, match="something bodies do"):
        rage(None, None)


@pytest.mark.parametrize(
    "limits", [(0, 1), 5, (0, 1, 2), (1, 0, 0), (0, 0, 0), (0, float("nan"), 0), ("a", "b", "c")]
)
def test_columns_are_lowest_highest_start(limits: Any) -> None:
    with pytest.raises(TypeError, match="column 'anger'"):
        state(columns={"anger": limits})(lambda crowd, who: [])
