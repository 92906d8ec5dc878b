"""Runs in a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from npcsim.report.words.moments import plain
from npcsim.store.listing import Listed

_HEAD = ("run", "state", "scenario", "seed", "ticks", "decisions", "cost", "tags")
_RIGHT = {3, 4, 5, 6}


def runs_lines(found: Sequence[Listed]) -> list[str]:
    """One line a run, under a head."""
    if not found:
        return ["no runs"]
    rows = [_HEAD, *(_cells(one) for one in found if not one.wrong)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    lines = [
        "  ".join(
            cell.rjust(widths[i]) if i in _RIGHT else cell.ljust(widths[i])
            for i, cell in enumerate(row)
        ).rstrip()
        for row in rows
    ]
    return [*lines, *(plain(f"{one.path}: {one.wrong}") for one in found if one.wrong)]


def _cells(one: Listed) -> tuple[str, ...]:
    notes = [*one.tags]
    if one.fork_of:
        notes.append(f"(fork of {one.fork_of})")
    if one.imported:
        notes.append("(imported, trusted)" if one.trusted else "(imported)")
    cells = (
        one.path, one.state, one.scenario, str(one.seed), f"{one.ticks:,}", f"{one.decisions:,}",
        f"${one.cost_usd:.4f}", " ".join(notes),
    )  # fmt: skip
    return tuple(plain(cell) for cell in cells)
