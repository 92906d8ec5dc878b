"""Naming several at once: `Guard 1–4, Robber 2`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from npcsim.report.facts.story import Person

NUMBERED = re.compile(r"(.*\S) (\d{1,9})")


def roster(names: Iterable[str]) -> str:
    """Names with their numbers drawn together; each name once, in the order they first come."""
    numbers: dict[str, set[int]] = {}
    for name in names:
        match = NUMBERED.fullmatch(name)
        stem, number = (match[1], {int(match[2])}) if match else (name, set())
        numbers.setdefault(stem, set()).update(number)
    return ", ".join(
        f"{stem} {_runs(sorted(known))}" if known else stem for stem, known in numbers.items()
    )


def _runs(numbers: Sequence[int]) -> str:
    """`1–3, 7` for 1, 2, 3, 7."""
    parts = []
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        first, *rest = [number for _, number in run]
        parts.append(f"{first}–{rest[-1]}" if rest else f"{first}")
    return ", ".join(parts)


def kind_of(person: Person) -> str:
    """The archetype, where it says more than the name."""
    same = person.archetype.casefold() == person.name.casefold()
    return "" if same else person.archetype
