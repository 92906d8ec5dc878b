"""Unquoted values: which YAML reads as numbers, dates and truth values, and what was meant."""

from __future__ import annotations

import math
import re

from npcsim.errors import Mistake
from npcsim.scenario.source import Mark, Node

TRUE = ("true", "yes", "on")
MAX_DIGITS = 40
MAX_INT = 2**63 - 1
_EXPONENT = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def read_scalar(
    text: str, tag: str, mark: Mark, trouble: list[Mistake], *, typed: bool = False
) -> Node:
    """A scalar as a node. `tag` is YAML's word for what it is: str, int, float, bool, null, ...

    `typed`: it was typed on a command line, where the shell has taken the quotes away, so times
    and dates are text.
    """
    if tag == "bool":
        return Node(mark, text.lower() in TRUE, text)
    if tag == "null":
        return Node(mark, None, text)
    if tag == "str" and _EXPONENT.fullmatch(text):
        tag = "float"  # YAML 1.1 asks for a dot in 1e6, nobody else does
    if (tag in ("int", "float") and ":" in text) or tag == "timestamp":
        if not typed:
            what = "a date" if tag == "timestamp" else f"the number {_sexagesimal(text)}"
            trouble.append(Mistake(*mark, f"YAML reads {text} as {what}", _quote(text)))
        return Node(mark, text)
    if tag in ("int", "float"):
        return _number(text, tag, mark, trouble)
    if CONTROL.search(text):
        trouble.append(Mistake(*mark, "a control character in the text", "remove it"))
        return Node(mark, "")
    return Node(mark, text)


def _quote(text: str) -> str:
    return f'put it in quotes: "{text}"'


def _sexagesimal(text: str) -> str:
    """What YAML 1.1 makes of 21:00: digits to the base 60."""
    total = 0.0
    for part in text.lstrip("+-").replace("_", "").split(":"):
        total = total * 60 + float(part)
    return f"{total:g}"


def _number(text: str, tag: str, mark: Mark, trouble: list[Mistake]) -> Node:
    digits = text.replace("_", "").lower()
    if len(digits) > MAX_DIGITS:
        trouble.append(Mistake(*mark, f"a number of {len(digits)} digits", "too large"))
        return Node(mark, 0, text[:MAX_DIGITS])
    if tag == "float":
        value = float(digits.replace(".inf", "inf").replace(".nan", "nan"))
        if not math.isfinite(value):
            trouble.append(Mistake(*mark, f"{text} is no number to count with", "write a number"))
            return Node(mark, 0.0, text)
        return Node(mark, value, text)
    unsigned = digits.lstrip("+-")
    if len(unsigned) > 1 and unsigned[0] == "0" and unsigned[1] not in "xb":
        message = f"YAML reads {text} as the number {int(digits, 8)} (base 8)"
        hint = f"write {unsigned.lstrip('0') or '0'}, or put it in quotes"
        trouble.append(Mistake(*mark, message, hint))
        return Node(mark, 0, text)
    number = int(digits, 0)
    if abs(number) > MAX_INT:
        trouble.append(Mistake(*mark, f"the number {text} is too large", f"at most {MAX_INT}"))
        number = 0
    return Node(mark, number, text)
