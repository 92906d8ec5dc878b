"""Which memories are merged when there are too many, and what their summary says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from npcsim.memory.exact import decay
from npcsim.world.memories import Keeping, weight
from npcsim.world.rows import Memory

DAY_MS = 86_400_000
GROUPS, SHARE = 8, 4
"""So many summaries are made at once at most, and at most one for so many memories."""
FOREMOST = 3
"""So many texts a summary keeps."""
PIECE = 80
"""So many characters of each."""
LONG = 400
"""A memory of more bytes becomes a summary, shorter, even where there is none to merge it with."""
LASTING = 8
"""Recalled so often, a memory is worth twice as much; more counts no further."""
Gist = tuple[tuple[str, int], ...]
Worded = Callable[[int, int, Gist, int], str]


@dataclass(frozen=True, slots=True)
class Fading:
    """Memories that go, by id, and the summary that takes their place."""

    ids: tuple[int, ...]
    text: str
    gist: Gist


def fading(
    lines: Sequence[Memory],
    keeping: Keeping,
    *,
    now: int,
    tick_ms: int,
    start_ms: int,
    worded: Worded,
) -> list[Fading]:
    """What an NPC's memories are to lose so that a quarter of the room allowed is free again.

    Those least worth keeping go: importance times recency, which fades the more slowly the more
    important a memory is (`decay` ** (hours * (1 - importance))), up to twice that for what was
    recalled often. What was known from the start stays, and so do lessons; the newest do while the
    texts fit.
    What goes is put together by kind and by day; by two, four ... days where that would make too
    many summaries.

    worded: (first day, last day, gist, how many more) -> the summary's text.
    """
    lived = [line for line in lines if line.tick > 0]
    chosen = _least_worth(lived, keeping, now, tick_ms)
    found: list[Fading] = []
    for group in _grouped(chosen, tick_ms, start_ms):
        ids = tuple(line.id for line in group)
        if len(group) > 1 or weight(group[0]) > LONG:
            gist, more = _gist(group)
            days = [_day(tick, tick_ms, start_ms) for tick in (_begun(group), group[-1].tick)]
            found.append(Fading(ids, worded(days[0], days[1], gist, more), gist))
    return found


def _least_worth(lived: Sequence[Memory], keeping: Keeping, now: int, tick_ms: int) -> list[Memory]:
    """Those that go, the oldest first."""
    over_lines = len(lived) - keeping.lines * 3 // 4
    over_bytes = sum(map(weight, lived)) - keeping.bytes * 3 // 4
    first_fresh = max(len(lived) - keeping.fresh, 0)
    older = [line for line in lived[:first_fresh] if not line.is_lesson]
    fresh = [line for line in lived[first_fresh:-1] if not line.is_lesson]
    touched = np.array([max(line.tick, line.recalled) for line in older], np.int64)
    # The more important, the more slowly it fades.
    fades = 1 - np.array([line.importance for line in older])
    passed = np.floor((now - touched) * tick_ms * fades).astype(np.int64)
    recency = decay(keeping.decay, passed).tolist()
    worth = [
        line.importance * left * (1 + min(line.times, LASTING) / LASTING)
        for line, left in zip(older, recency, strict=True)
    ]
    ranked = [older[at] for at in sorted(range(len(older)), key=lambda at: (worth[at], at))]
    many, chosen = min(over_lines, len(ranked)), set()
    # Where even the newest are too long for the room there is, the oldest of them go; one stays.
    for at, line in enumerate((*ranked, *fresh)):
        if at >= many and over_bytes <= 0:
            break
        chosen.add(line.id)
        over_bytes -= weight(line)
    return [line for line in lived if line.id in chosen]


def _grouped(lines: Sequence[Memory], tick_ms: int, start_ms: int) -> list[list[Memory]]:
    """By kind and day, or by so many days that there are few enough; at last by days alone."""
    days, kinds = 1, True
    while True:
        groups: dict[tuple[int, str], list[Memory]] = {}
        for line in lines:
            key = (_day(line.tick, tick_ms, start_ms) // days, line.sort if kinds else "")
            groups.setdefault(key, []).append(line)
        if len(groups) <= min(GROUPS, max(len(lines) // SHARE, 1)):
            return list(groups.values())
        days, kinds = days * 2, kinds and days < 1 << 20


def _gist(lines: Sequence[Memory]) -> tuple[Gist, int]:
    """The foremost texts by importance, then by how often, with how often; and how many more."""
    counts: Counter[str] = Counter()
    matters: dict[str, float] = {}
    for line in lines:
        for text, count in line.gist or ((_cut(line.text), 1),):
            counts[text] += count
            matters[text] = max(matters.get(text, 0.0), line.importance)
    ranked = sorted(counts, key=lambda text: (-matters[text], -counts[text]))
    gist = tuple((text, counts[text]) for text in ranked[:FOREMOST])
    return gist, sum(line.covers for line in lines) - sum(count for _, count in gist)


def _cut(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= PIECE else line[: PIECE - 1] + "…"


def _begun(lines: Sequence[Memory]) -> int:
    return min(line.since if line.since >= 0 else line.tick for line in lines)


def _day(tick: int, tick_ms: int, start_ms: int) -> int:
    return (start_ms + tick * tick_ms) // DAY_MS
