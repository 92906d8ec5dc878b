"""A sweep's runs, or one run by itself, for writing out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from npcsim.experiments.book import DONE, FAILED, Book, Row
from npcsim.experiments.exporting import Answered, Opened
from npcsim.experiments.measures import measured
from npcsim.experiments.surveys.answers import kept
from npcsim.experiments.sweep import open_sweep
from npcsim.store.run_store import Run


def opened_of(path: Path) -> tuple[list[Row], Opened, Answered | None]:
    """The rows of a sweep, what opens its runs, and what gives the answers to its survey.

    Of one run, one row made of it. Raises StoreError.
    """
    if (path / "design.yaml").is_file():
        found = open_sweep(path)
        book = Book(path)
        return list(found.rows), found.runs, lambda row: kept(book.survey(row.id))
    with Run.open(path) as run:
        began, summary = run.started, run.summary or {}
        state = DONE if run.state == "finished" else FAILED
        reason = "" if state == DONE else f"the run is {run.state}"
        row = Row(
            run.name, {}, began.seed, None, state, reason, str(path),
            str(summary.get("state_hash", "")), run.last_tick,
            float(summary.get("cost_usd", 0.0)), float(summary.get("wall_s", 0.0)), measured(run),
        )  # fmt: skip

    def opened() -> Iterator[tuple[Row, Run]]:
        with Run.open(path) as run:
            yield row, run

    return [row], opened, None
