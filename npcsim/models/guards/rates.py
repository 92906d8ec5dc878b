"""What providers tell of their limits in the headers of an answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

Listener = Callable[[Mapping[str, str]], None]
"""Called with the headers of every answer; names are looked up in any case."""
KINDS = ("requests", "tokens")
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True, slots=True)
class Told:
    """`limit` a minute, how much of it is left, seconds until all of it is; None: not told."""

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None


def told_rates(headers: Mapping[str, str]) -> dict[str, Told]:
    """-> what `anthropic-ratelimit-*` or `x-ratelimit-*` tell, by kind; no entry where nothing."""
    now = _date(headers.get("date", "")) or datetime.now(UTC)
    found = {}
    for kind in KINDS:
        told = Told(
            _count(_header(headers, kind, "limit")),
            _count(_header(headers, kind, "remaining")),
            _reset(_header(headers, kind, "reset"), now),
        )
        if told != Told():
            found[kind] = told
    return found


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to stay away, as `retry-after-ms` or `retry-after` (seconds or a date) say."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = headers.get(name, "").strip()
        if re.fullmatch(r"\d{1,12}(\.\d+)?", text):
            return float(text) * unit
    when = _date(headers.get("retry-after", ""))
    if when is None:
        return None
    now = _date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (when - now).total_seconds())


def _header(headers: Mapping[str, str], kind: str, part: str) -> str:
    names = [f"anthropic-ratelimit-{kind}-{part}", f"x-ratelimit-{part}-{kind}"]
    if kind == "tokens":
        names.insert(1, f"anthropic-ratelimit-input-tokens-{part}")
    return next((headers[name].strip() for name in names if name in headers), "")


def _count(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,12}", text) else None


def _reset(text: str, now: datetime) -> float | None:
    """Seconds, from `6m0s`, `120ms`, `12` or a moment such as `2026-11-21T15:00:00Z`."""
    if not text:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return float(text)
    if re.fullmatch(rf"({_PART.pattern})+", text):
        return sum(float(count) * _SECONDS[unit] for count, unit in _PART.findall(text))
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    when = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)
