"""Candidates said in a table: steps of numbers."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from npcsim import Body, Kind, Steps, View, tool


def test_whole_numbers_stay_whole() -> None:
    found = list(Steps(1, 10, 3))
    assert found == [1, 4, 7, 10]
    assert all(type(one) is int for one in found)
    assert (list(Steps(2, 2)), len(Steps(1, 3))) == ([2], 3)
    assert list(Steps(1, 5, 3)) == [1, 4]


def test_fractions_do_not_add_up_their_errors() -> None:
    found = list(Steps(0, 1, 0.1))
    assert found == [min(number * 0.1, 1) for number in range(11)]
    assert found[-1] == 1.0
    added = 0.0
    for _ in range(10):
        added += 0.1
    assert added != 1.0
    assert list(Steps(0.0, 0.3, 0.1))[-1] == 0.3


def test_they_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Steps(1, 2).low = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((1, 2, 0), "go up"),
        ((1, 2, -1), "go up"),
        ((3, 2), "go up"),
        ((0, float("inf")), "finite"),
        ((0, float("nan")), "finite"),
        ((0, 1_000_000), "more than"),
    ],
)
def test_steps_that_make_no_sense(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Steps(*given)


def bet(me: Body, view: View, coins: int, on: Kind, share: float = 0.5) -> list[Any]:
    """Bet."""
    return []


@pytest.mark.parametrize(
    ("candidates", "message"),
    [
        ({"on": Steps(1, 2)}, "can't be candidates of 'on'"),
        ({"coins": Steps(0, 1, 0.5)}, "can't be candidates of 'coins'"),
        ({"coins": 3}, "a function, a list or Steps"),
        ({"nothing": [1]}, "'nothing', which is no parameter"),
    ],
)
def test_candidates_that_do_not_fit_are_told_when_the_tool_is_made(
    candidates: Any, message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        tool(candidates=candidates)(bet)


def test_candidates_that_fit() -> None:
    made = tool(candidates={"coins": Steps(1, 5), "on": ["loaf"], "share": Steps(0, 1, 0.25)})(bet)
    assert set(made.candidates) == {"coins", "on", "share"}


@pytest.mark.parametrize("given", [{"roles": [3]}, {"roles": [""]}, {"skill": "high alchemy"}])
def test_roles_and_skills_are_names(given: Any) -> None:
    with pytest.raises(TypeError, match=r"names of archetypes|no name of an attribute"):
        tool(**given)(bet)


def test_what_is_occupied_is_a_thing_or_somebody() -> None:
    with pytest.raises(TypeError, match="only a Spot or a Body is occupied, not 'on'"):
        tool(occupies="on")(bet)
