"""The nearest valid name to a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

MOST_NAMES = 20_000


def nearest(name: str, known: Iterable[str]) -> str:
    """`did you mean 'tavern'?`, or an empty text where nothing known is near."""
    found = nearest_name(name, known)
    return f"did you mean '{found}'?" if found else ""


def nearest_name(name: str, known: Iterable[str]) -> str:
    """The known name fewest slips away from `name` (a third of its letters at most), or ""."""
    names = sorted({one for one in known if one and one != name})[:MOST_NAMES]
    folded = name.casefold()
    most = max(1, (len(name) + 1) // 3)
    best: list[tuple[int, float, str]] = []
    for one in names:
        if abs(len(one) - len(name)) <= most:
            many = slips(folded, one.casefold())
            if many <= most and many < max(len(name), len(one)):
                best.append((many, -SequenceMatcher(None, folded, one.casefold()).ratio(), one))
    if best:
        return min(best)[2]
    close = get_close_matches(folded, [one.casefold() for one in names], 1, 0.6)
    return next((one for one in names if one.casefold() in close), "")


def slips(left: str, right: str) -> int:
    """Letters added, left out, changed or swapped with a neighbour (Damerau-Levenshtein, each
    stretch edited once)."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        two_ago, before, row = before, row, [i] + [0] * len(right)
        for j, b in enumerate(right, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                row[j] = min(row[j], two_ago[j - 2] + 1)
    return row[-1]
