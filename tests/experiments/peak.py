"""Sweeps that were never lived, and the memory it takes to write them out.

As a program, `python -m tests.experiments.peak FOLDER OUT FORM`, it exports the measures of a
sweep's first two runs, then of all, and prints how far its memory went up to each time, in MB.
"""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import replace
from pathlib import Path

from npcsim.events import Event, Measured, TickEnded
from npcsim.experiments.book import DONE, Book, Row
from npcsim.experiments.exporting import export
from npcsim.experiments.sweep import open_sweep
from tests.store.samples import every_kind, make_run

FEW = 2
A_TICK = 100
"""Measures taken in a tick."""


def made_up(folder: Path, runs: int, rows: int) -> Path:
    """A sweep's folder with so many runs, each with so many rows of measures: 100 a tick."""

    def tick(number: int) -> list[Event]:
        begun: list[Event] = [every_kind(0)[0]] if number == 0 else []
        taken = [Measured(number, f"m{n}", "all", number + n / 7) for n in range(A_TICK)]
        return [*begun, *taken, TickEnded(number, f"{number:032x}")]

    first = make_run(folder / "first", rows // A_TICK, tick)
    book = Book(folder)
    ids = [f"{number:016x}" for number in range(runs)]
    for number, id in enumerate(ids):
        place = book.runs / id / "sample-1"
        place.mkdir(parents=True)
        os.link(first / "run.db", place / "run.db")
        run = str(place.relative_to(folder))
        book.put(Row(id, {"level": str(number % 2)}, number, None, DONE, run=run))
    book.plan(ids)
    book.write("design.yaml", "{scenario: made_up}")
    return folder


def peak() -> float:
    """The most memory that this process ever had, in MB.

    Not what getrusage says, where there is better: on Linux that has the parent's peak in it.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text("utf-8").splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # bytes on macOS


def main(folder: Path, out: Path, form: str) -> None:
    whole = open_sweep(folder)
    for rows in (whole.rows[:FEW], whole.rows):
        part = replace(whole, rows=rows)
        done = export(rows, part.runs, out, form, ["measures"])
        print(done.rows["measures"], round(peak(), 1))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
