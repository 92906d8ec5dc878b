"""The small notations: what they mean, and that what is written out reads back."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npcsim.scenario.units import (
    DAY_MS,
    MS,
    Call,
    clock_text,
    parse_call,
    parse_duration,
    parse_moment,
    parse_range,
    parse_rate,
)

names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
arguments = st.recursive(
    names, lambda inner: st.builds(lambda name, arg: f"{name}({arg})", names, inner), max_leaves=4
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5 s", 5_000),
        ("20 min", 1_200_000),
        ("1.5h", 5_400_000),
        ("2 days", 2 * DAY_MS),
        ("250ms", 250),
    ],
)
def test_durations(text: str, expected: int) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize("wrong", ["5", 5, "0 s", "-1 s", "5 sec", "20000 days", "", None, "1e9 h"])
def test_wrong_durations(wrong: Any) -> None:
    with pytest.raises(ValueError, match="expected a duration"):
        parse_duration(wrong)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("06:30", 23_400_000),
        ("day 1 06:30", 23_400_000),
        ("day 3", 2 * DAY_MS),
        ("24:00", DAY_MS),
        ("0:00:05", 5_000),
    ],
)
def test_moments(text: str, expected: int) -> None:
    assert parse_moment(text) == expected


@pytest.mark.parametrize("wrong", [1260, 12.5, "", "25:00", "12:60", "24:01", "noon", "day", None])
def test_wrong_moments(wrong: Any) -> None:
    with pytest.raises(ValueError, match="expected a time"):
        parse_moment(wrong)


def test_day_nought_is_no_day() -> None:
    with pytest.raises(ValueError, match="from day 1"):
        parse_moment("day 0 06:00")


@given(st.integers(1, 10_000 * DAY_MS))
def test_a_duration_in_ms_reads_back(span: int) -> None:
    assert parse_duration(f"{span} ms") == span


@given(st.integers(1, 1_000), st.sampled_from(sorted(MS)))
def test_whole_units_are_exact(count: int, unit: str) -> None:
    assert parse_duration(f"{count} {unit}") == count * MS[unit]


@given(st.integers(0, 90_000 * 24 * 60).map(lambda minutes: minutes * 60_000))
def test_clock_text_reads_back(moment: int) -> None:
    assert parse_moment(clock_text(moment)) == moment


@given(st.floats(1e-6, 1e6), st.sampled_from(["s", "min", "h", "day"]))
def test_rates_are_per_second(amount: float, unit: str) -> None:
    assert parse_rate(f"{amount!r} / {unit}") == amount * 1_000 / MS[unit]
    assert parse_rate(f"{amount!r} per {unit}") == parse_rate(f"{amount!r}/{unit}")


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_ranges_read_back_or_are_refused(low: float, high: float) -> None:
    text = f"{low!r}..{high!r}"
    if low < high:
        assert parse_range(text) == (low, high)
    else:
        with pytest.raises(ValueError, match="the lower end first"):
            parse_range(text)


@given(names, st.lists(arguments, max_size=4))
def test_calls_read_back(name: str, args: list[str]) -> None:
    call = Call(name, tuple(args))
    assert parse_call(str(call)) == call
    assert parse_call(call) == call


@pytest.mark.parametrize(
    "wrong", ["f(a", "f(a))", "f(a,)", "f(,a)", "1f()", "", 3, None, "f(a)(b)"]
)
def test_wrong_calls(wrong: Any) -> None:
    with pytest.raises(ValueError, match="expected a tool call"):
        parse_call(wrong)


@given(st.text(max_size=30))
def test_no_text_breaks_a_parser(text: str) -> None:
    """Whatever is written, the answer is a value or a ValueError."""
    for parse in (parse_duration, parse_moment, parse_rate, parse_range, parse_call):
        with contextlib.suppress(ValueError):
            parse(text)
