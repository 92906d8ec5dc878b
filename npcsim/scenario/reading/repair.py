"""Find the line that a syntax error comes from, by trying what an author would.

A parser notices a wrong indentation or a missing colon some lines after it. So each line near
is put right in turn: the one whose change makes the file read furthest, with the fewest
mistakes left in it, is the one to blame.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

MOST_CHARACTERS = 500_000  # read in all attempts together: some tenths of a second
WINDOW = 8
REGION = 60
_KEY = re.compile(r"( *(?:- )*)([\w'\-]+)(:?)(.*)")

# -> (line of the first syntax error, or a very large number; number of other mistakes)
Judge = Callable[[str], tuple[int, int]]


class Repair(NamedTuple):
    """What would put it right: in which line (from 1), at which column, and in words."""

    line: int
    column: int
    message: str
    hint: str


def find_repair(text: str, noticed: int, judge: Judge) -> Repair | None:
    """The best repair of a syntax error noticed in line `noticed`, or None."""
    whole = text.split("\n")
    unit = _unit(whole)
    kept = _region(whole, noticed, unit)
    lines = [whole[number - 1] for number in kept]
    noticed = kept.index(min(noticed, len(whole))) + 1
    budget = MOST_CHARACTERS
    size = sum(len(line) + 1 for line in lines)
    best: tuple[tuple[int, int, bool, int], Repair] | None = None
    for distance, number in enumerate(_suspects(lines, noticed)):
        old = lines[number - 1]
        above = [_indent(lines[one - 1]) for one in _neighbours(lines, number) if one < number]
        step = _indent(old) - (above[0] if above else 0)
        regular = _indent(old) % unit == 0 and step <= unit
        for new, repair in _repairs(lines, number, unit):
            budget -= size
            if budget < 0:
                break
            lines[number - 1] = new
            reach, mistakes = judge("\n".join(lines))
            lines[number - 1] = old
            score = (-reach, mistakes, regular, distance)
            if reach > noticed and (best is None or score < best[0]):
                best = (score, repair)
    return best[1]._replace(line=kept[best[1].line - 1]) if best else None


def _region(lines: list[str], noticed: int, unit: int) -> list[int]:
    """The lines around, from a whole entry on, and the heading that it stands under.

    Enough to judge by, in a long file too.
    """
    first = max(1, noticed - REGION)
    while first > 1 and not (_says(lines, first) and _indent(lines[first - 1]) in (0, unit)):
        first -= 1
    kept = list(range(first, min(len(lines), noticed + REGION) + 1))
    heading = first
    while heading > 1 and not (_says(lines, heading) and _indent(lines[heading - 1]) == 0):
        heading -= 1
    return kept if heading == first else [heading, *kept]


def _suspects(lines: list[str], noticed: int) -> Iterator[int]:
    """The line where it was noticed, those just above it, then the headings above those."""
    filled = [number for number in range(1, min(noticed, len(lines)) + 1) if _says(lines, number)]
    yield from reversed(filled[-WINDOW:])
    if len(filled) <= WINDOW:
        return
    indent = min(_indent(lines[number - 1]) for number in filled[-WINDOW:])
    for number in reversed(filled[:-WINDOW]):
        if _indent(lines[number - 1]) < indent:
            indent = _indent(lines[number - 1])
            yield number


def _repairs(lines: list[str], number: int, unit: int) -> Iterator[tuple[str, Repair]]:
    line = lines[number - 1]
    indent, body = _indent(line), line.lstrip(" ")
    around = [_indent(lines[one - 1]) for one in _neighbours(lines, number)]
    tries = {indent - unit, indent + unit, *around, *(one + unit for one in around)}
    for other in sorted(tries - {indent}):
        if other >= 0:
            hint = f"expected {other} space{'s' * (other != 1)} before it, found {indent}"
            repair = Repair(number, indent + 1, "the indentation does not fit", hint)
            yield " " * other + body, repair
    found = _KEY.fullmatch(line)
    if found is None:
        return
    before, key, colon, rest = found.groups()
    column = len(before) + len(key) + 1
    if not colon and ": " not in rest:
        repair = Repair(number, column, "expected ':' after the key", "add the colon")
        yield f"{before}{key}: {rest}", repair
    elif colon and rest[:1] not in ("", " "):
        repair = Repair(number, column, "expected a space after the ':'", "add the space")
        yield f"{before}{key}: {rest}", repair


def _neighbours(lines: list[str], number: int) -> Iterator[int]:
    for step in (-1, 1):
        one = number + step
        while 1 <= one <= len(lines) and not _says(lines, one):
            one += step
        if 1 <= one <= len(lines):
            yield one


def _unit(lines: list[str]) -> int:
    """By how many spaces the file indents: the step that most lines are a multiple of."""
    indents = [_indent(line) for line in lines if line.strip() and line[0] == " "]
    fits = {step: sum(one % step == 0 for one in indents) for step in (4, 3, 2)}
    return next((step for step, count in fits.items() if count * 10 >= len(indents) * 9), 2)


def _says(lines: list[str], number: int) -> bool:
    body = lines[number - 1].strip()
    return bool(body) and body[0] != "#"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
