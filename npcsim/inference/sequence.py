"""How token rows are cut into slices: the part of the determinism discipline that is arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Longest slice of a prompt that goes through the model at once.
SLICE = 512

#: A slice of one token takes another code path in the matrix products, and its last bits differ.
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One token to be computed: its place in the sequence, and whether its logits are wanted."""

    token: int
    position: int
    wanted: bool


def cut(length: int, longest: int = SLICE) -> list[int]:
    """Sizes of the slices of a prompt of `length` tokens, as even as can be.

    They differ by one at most, so that none is a single token unless the prompt itself is.
    """
    if length <= 0:
        return []
    count = -(-length // longest)
    small, larger = divmod(length, count)
    return [small + 1] * larger + [small] * (count - larger)


def prompt_rows(tokens: Sequence[int]) -> list[list[Row]]:
    """The slices of a prompt; its very last row asks for logits."""
    slices: list[list[Row]] = []
    at = 0
    for size in cut(len(tokens)):
        places = range(at, at + size)
        slices.append([Row(tokens[p], p, p == len(tokens) - 1) for p in places])
        at += size
    return slices


def option_rows(tokens: Sequence[int], start: int) -> list[Row]:
    """The rows that give log P of each token of an option but the first.

    The first is read off the prompt's last row, and the last token's own row is not needed, so
    n tokens take n - 1 rows. One row alone would be a slice of one: the last token is added as a
    filler, which cannot reach the rows before it.
    """
    rows = [Row(token, start + at, True) for at, token in enumerate(tokens[:-1])]
    if len(rows) == 1:
        rows.append(Row(tokens[-1], start + 1, False))
    return rows
