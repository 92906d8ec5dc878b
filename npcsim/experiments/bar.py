"""What a sweep will take, and how far it is, for a person who looks on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from npcsim.experiments.sweep import Progress


def say_first(
    design: Path,
    *,
    out: Path | None = None,
    processes: int | None = None,
    together: int | None = None,
    on: str = "local",
    again: bool = False,
) -> None:
    """Say on stderr what is left to be lived and what it will take. Raises as `sweep` does."""
    from npcsim.experiments.expecting import expected, lines

    found = expected(
        design, out=out, processes=processes, together=together, on=on, again=again, whole=False
    )
    for line in lines(found):
        typer.echo(line, err=True)


@contextmanager
def progress_bar(name: str, quiet: bool) -> Iterator[Callable[[Progress], object]]:
    """What shows a sweep's progress where a person looks on, and is quiet elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield lambda how: None
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}"), progress.BarColumn(),
        progress.MofNCompleteColumn(), progress.TextColumn("{task.fields[now]}"),
        progress.TimeRemainingColumn(),
    )  # fmt: skip
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, now="")

        def show(how: Progress) -> None:
            failed = f"{how.failed} failed · " if how.failed else ""
            now = f"{failed}${how.usd:.2f}"
            bar.update(task, completed=how.over, total=how.total, now=now)

        yield show
