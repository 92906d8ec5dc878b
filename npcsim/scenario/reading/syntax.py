"""What an author needs to know of a YAML syntax error: where the slip is and what it may be.

Parsers report where they noticed, often a line or the whole rest of the file too late.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from npcsim.errors import Mistake
from npcsim.scenario.reading.repair import Judge, find_repair

_CALL_IN_FLOW = re.compile(r"[{\[,]\s*(?:[\w ]+:\s*)?\w+\([^)]*,")


class Complaint(NamedTuple):
    """A parser's own words, and where it noticed and began; lines and columns from 1."""

    problem: str
    line: int
    column: int
    context: str
    from_line: int
    from_column: int


def explain_syntax(
    file: str, text: str, said: Complaint, last: tuple[int, int, int], judge: Judge
) -> Mistake:
    """`last` is the last quoted text read before: first line, its column, last line (or zeros).

    `judge` tells how far a text can be read, see `repair`.
    """
    lines = text.split("\n")
    if "quoted scalar" in said.context:
        return Mistake(
            file,
            said.from_line,
            said.from_column,
            "this quote is never closed",
            "add the other one",
        )
    if last[0] and last[0] < last[2] and said.line - last[2] in (0, 1):
        return Mistake(
            file, last[0], last[1], "this quote is not closed on its line", "add the other one"
        )
    if _CALL_IN_FLOW.search(_line(lines, said.line)):
        return Mistake(
            file,
            said.line,
            said.column,
            "inside {} and [] YAML ends a value at its first comma",
            "put the call in quotes",
        )
    if "cannot start any token" in said.problem or "expected alphabetic" in said.problem:
        letter = _line(lines, said.line)[said.column - 1 : said.column]
        return Mistake(
            file, said.line, said.column, f"a value can't begin with '{letter}'", "put it in quotes"
        )
    if "document start" in said.problem:
        return Mistake(
            file, said.line, said.column, "a second document begins here", "remove the '...'"
        )
    if "flow" not in said.context:
        repair = find_repair(text, said.line, judge)
        if repair is not None:
            return Mistake(file, *repair)
    if "mapping values are not allowed" in said.problem:
        return _stray_colon(file, lines, said)
    if "expected ':'" in said.problem:
        return Mistake(
            file, said.from_line, said.from_column, "expected 'key: value'", "is a colon missing?"
        )
    if "flow" in said.context:
        return _open_bracket(file, lines, said)
    if "block" in said.context:
        return Mistake(
            file,
            said.line,
            said.column,
            "this line does not fit the ones above",
            "check its indentation, and that every quote and bracket is closed",
        )
    return Mistake(file, said.line, said.column, said.problem or "no valid YAML", "check the line")


def _stray_colon(file: str, lines: list[str], said: Complaint) -> Mistake:
    """`npcs` without its colon is noticed in the next line only."""
    own = _line(lines, said.line)
    above = said.line - 1
    while above > 0 and not _bare(_line(lines, above)):
        above -= 1
    before = _line(lines, above) if above else ""
    if above and ":" not in before and _bare(before)[0] != "-" and _indent(before) < _indent(own):
        column = len(before.rstrip()) + 1
        return Mistake(file, above, column, "expected ':' after the key", "add the colon")
    if "flow" in said.context or _left_open(before):
        return _open_bracket(file, lines, said._replace(from_line=above))
    return Mistake(
        file,
        said.line,
        said.column,
        "a ':' where none is expected",
        "check the indentation; a text with ': ' in it needs quotes",
    )


def _open_bracket(file: str, lines: list[str], said: Complaint) -> Mistake:
    """An unclosed bracket is noticed where the next entry begins; it was left open before."""
    opened = _line(lines, said.from_line)
    own = _line(lines, said.line)
    if said.line > said.from_line and (not own.strip() or _indent(own) <= _indent(opened)):
        column = _left_open(opened) or said.from_column
        return Mistake(file, said.from_line, column, "this bracket is never closed", "close it")
    return Mistake(
        file,
        said.line,
        said.column,
        "expected a comma or the closing bracket",
        "text with commas, colons or brackets needs quotes",
    )


def _left_open(line: str) -> int:
    """The column of the last bracket that the line opens and does not close; 0 if none."""
    stack: list[int] = []
    for column, letter in enumerate(line, 1):
        if letter in "{[":
            stack.append(column)
        elif letter in "}]" and stack:
            stack.pop()
    return stack[-1] if stack else 0


def _line(lines: list[str], number: int) -> str:
    return lines[number - 1] if 1 <= number <= len(lines) else ""


def _bare(line: str) -> str:
    """The line without comment and outer space."""
    return line.split("#", 1)[0].strip()


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
