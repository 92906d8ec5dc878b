"""The small notations of scenario files: durations, moments, rates, ranges and calls.

Each parser takes what YAML gave and returns plain data, or raises `ValueError` saying what was
expected. Times are integer milliseconds, so that ticks never drift.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

MS = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "day": 86_400_000, "days": 86_400_000}
DAY_MS = 86_400_000
AT_END = 0
IS_ON = "left out, it is on"
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?"
_DURATION = re.compile(rf"({_NUMBER})\s*(ms|s|min|h|days|day)")
_CLOCK = re.compile(r"(?:day\s+(\d{1,5})\s*)?(?:(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_RATE = re.compile(rf"({_NUMBER})\s*(?:/|per)\s*(s|min|h|day)")
_RANGE = re.compile(rf"({_NUMBER})\s*\.\.\s*({_NUMBER})")
_COINS = re.compile(r"(\d{1,7})\s*coins?")
_MONEY = re.compile(r"\$\s*(\d{1,9}(?:\.\d+)?)|(\d{1,9}(?:\.\d+)?)\s*USD")
_CALL = re.compile(r"([A-Za-z_]\w*)\s*(?:\((.*)\))?", re.DOTALL)


def parse_duration(value: Any) -> int:
    """`20 min` -> milliseconds. At least 1 ms, at most 10,000 days."""
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("expected a duration such as '5 s', '20 min', '2 h' or '1 day'")
    span = float(found[1]) * MS[found[2]]  # infinite, where the digits go on and on
    if not 0.5 < span <= 10_000 * DAY_MS:
        raise ValueError("expected a duration between 1 ms and 10000 days")
    return round(span)


def parse_every(value: Any) -> int:
    """`1 min` -> milliseconds between two times; `end` -> `AT_END`."""
    if isinstance(value, str) and value.strip() == "end":
        return AT_END
    try:
        return parse_duration(value)
    except ValueError as error:
        raise ValueError(f"{error}, or 'end' for once, as the run ends") from None


def parse_off(value: Any) -> Any:
    """`off`, which YAML reads as no, -> "off"; anything else as it is, but for `on`."""
    if value is True or value == "on":
        raise ValueError(f"expected `off`, or what it is to be like; {IS_ON}")
    return "off" if value is False else value


def parse_moment(value: Any) -> int:
    """`21:05` or `day 2 09:00` or `day 3` -> milliseconds since day 1 00:00."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(
            'expected a time such as "21:05", in quotes (YAML reads 21:05 as a number)'
        )
    found = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) and value.strip() else None
    if found is None:
        raise ValueError('expected a time such as "06:30" or "day 2 09:00"')
    day, hour, minute, second = (int(part or 0) for part in found.groups())
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and minute + second > 0):
        raise ValueError("expected a time between 00:00 and 24:00")
    if found[1] is not None and day < 1:
        raise ValueError("days are counted from day 1")
    return (max(day, 1) - 1) * DAY_MS + hour * MS["h"] + minute * MS["min"] + second * MS["s"]


def parse_rate(value: Any) -> float:
    """`0.1 / min` -> per simulated second."""
    found = _RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("expected a rate such as '0.1 / min' or '0.5 / h'")
    return float(found[1]) * 1_000 / MS[found[2]]


def parse_range(value: Any) -> tuple[float, float]:
    """`0..1` -> (0.0, 1.0)."""
    found = _RANGE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or float(found[1]) >= float(found[2]):
        raise ValueError("expected a range such as '0..1', the lower end first")
    return float(found[1]), float(found[2])


_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call as written: `attack(nearest(bandit))` -> ("attack", ("nearest(bandit)",))."""

    name: str
    args: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.args)})" if self.args else self.name


def hour_ms(text: str) -> int | None:
    """A time of day, `06:00`, in milliseconds from midnight; None for what is none."""
    if _HOUR.fullmatch(text) is None:
        return None
    hours, minutes = text.split(":")
    return (int(hours) * 60 + int(minutes)) * 60_000


def parse_call(value: Any) -> Call:
    """Read a call. Arguments are split at top-level commas and kept as text."""
    if isinstance(value, Call):
        return value
    if not isinstance(value, str):
        raise ValueError("expected a tool call such as 'go_to(tavern)'; put it in quotes")
    found = _CALL.fullmatch(value.strip())
    if found is None:
        raise ValueError("expected a tool call such as 'go_to(tavern)'")
    return Call(found[1], tuple(_split(found[2])) if found[2] and found[2].strip() else ())


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for index, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            break
        if letter == "," and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
    parts.append(text[start:].strip())
    if depth != 0 or not all(parts):
        raise ValueError("expected a tool call such as 'go_to(tavern)': the brackets don't match")
    return parts


def parse_coins(value: Any) -> int:
    """`5 coins` or 5 -> 5."""
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    else:
        found = _COINS.fullmatch(value.strip()) if isinstance(value, str) else None
        number = int(found[1]) if found else -1
    if not 0 <= number <= 1_000_000:
        raise ValueError("expected a price such as '5 coins'")
    return number


def parse_money(value: Any) -> float:
    """`0.20 USD` or `$0.20` -> US dollars."""
    found = _MONEY.fullmatch(value.strip()) if isinstance(value, str) else None
    amount = float(found[1] or found[2]) if found else -1.0
    if not 0 <= amount <= 1_000_000:
        raise ValueError("expected an amount such as '0.20 USD'")
    return amount


def clock_text(ms: int) -> str:
    """Milliseconds since day 1 00:00 -> `day 1 06:05`."""
    return f"day {ms // DAY_MS + 1} {ms // 3_600_000 % 24:02d}:{ms // 60_000 % 60:02d}"


def _moment_text(ms: int) -> str:
    return f"{clock_text(ms)}:{ms // 1_000 % 60:02d}"


def _rate_text(rate: float) -> str:
    """The rate as text that reads as the very same number."""
    near = (rate, math.nextafter(rate, math.inf), math.nextafter(rate, -math.inf))
    return f"{next((one for one in near if parse_rate(f'{one!r} / s') == rate), rate)!r} / s"


def _written(text: Callable[[Any], str]) -> PlainSerializer:
    """Into JSON as what a file would say, so that a definition made in code can be kept."""
    return PlainSerializer(text, return_type=str, when_used="json")


Duration = Annotated[
    int,
    BeforeValidator(parse_duration, json_schema_input_type=str),
    _written(lambda ms: f"{ms} ms"),
]
Every = Annotated[
    int,
    BeforeValidator(parse_every, json_schema_input_type=str),
    _written(lambda ms: f"{ms} ms" if ms != AT_END else "end"),
]
Moment = Annotated[
    int, BeforeValidator(parse_moment, json_schema_input_type=str), _written(_moment_text)
]
Rate = Annotated[
    float, BeforeValidator(parse_rate, json_schema_input_type=str), _written(_rate_text)
]
Range = Annotated[
    tuple[float, float],
    BeforeValidator(parse_range, json_schema_input_type=str),
    _written(lambda ends: f"{ends[0]!r}..{ends[1]!r}"),
]
Coins = Annotated[int, BeforeValidator(parse_coins, json_schema_input_type=str | int)]
Money = Annotated[float, BeforeValidator(parse_money, json_schema_input_type=str)]
ToolCall = Annotated[Call, BeforeValidator(parse_call, json_schema_input_type=str), _written(str)]
