"""The command `npcsim study`: one design or several, lived, compared and drawn in one go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from npcsim.experiments.bar import progress_bar, say_first
from npcsim.options import told

if TYPE_CHECKING:
    from npcsim.experiments.sweep import Sweep


def study(
    design: Annotated[
        Path,
        typer.Argument(help="A study that ships, by its name; a design, or a folder of designs."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="The folder for all of it; `sweeps/NAME` if left out.")
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="For runs that ask no model: so many at a time.")
    ] = None,
    together: Annotated[
        int | None, typer.Option(min=1, help="Runs side by side that share one local model.")
    ] = None,
    on: Annotated[str, typer.Option(help="Where, as for `npcsim sweep`.")] = "local",
    quiet: Annotated[bool, typer.Option(help="No forecast, no progress bar.")] = False,
) -> None:
    """Live a design to its end, compare each of its factors, and draw the figures and a page.

    The same as `npcsim sweep` and then `npcsim compare` with `--figures` and `--html`. Where it was
    cut off it goes on, and what is lived already is only compared and drawn anew.

    A study may have several designs, `design_PART.yaml` each, beside one another: they are lived
    one after another, each in a folder PART of its own within the study's.
    """
    from npcsim.experiments.plan import name_of
    from npcsim.experiments.sweep import sweep

    whole = True
    with told():
        for file, folder in designs(design, out):
            if folder != out:
                typer.echo(f"{file.name}:")
            if not quiet:
                say_first(file, out=folder, processes=processes, together=together, on=on)
            with progress_bar(name_of(file), quiet) as show:
                done = sweep(
                    file, out=folder, processes=processes, together=together, on=on, progress=show
                )
            for line in conclusions(done):
                typer.echo(line)
            whole = whole and done.complete
    raise typer.Exit(0 if whole else 1)


def designs(study: Path, out: Path | None) -> list[tuple[Path, Path | None]]:
    """Each design of a study, and the folder it is lived in; None for where a sweep would go.

    Of several each is tried first, so that a mistake in the last is told before the first is lived.
    Raises as `sweep` does.
    """
    from npcsim.experiments.plan import find_designs, part_of
    from npcsim.experiments.sweep import ready

    found = find_designs(study)
    if len(found) == 1:
        return [(found[0], out)]
    for file in found:
        ready(file)
    home = out if out is not None else Path("sweeps") / found[0].resolve().parent.name
    return [(file, home / part_of(file)) for file in found]


def conclusions(done: Sweep) -> Iterator[str]:
    """Every factor compared and drawn into the sweep's folder. -> what there is to say of it.

    `figures/FACTOR/` has the plots as SVG files, `FACTOR.html` is the page. Raises NpcsimError
    where there is nothing to compare, StoreError where the folder can't be written.
    """
    from npcsim.experiments.effects import compared, concluded
    from npcsim.experiments.figures import write_figures
    from npcsim.experiments.page import write_page

    missing = [row for row in done.rows if row.state not in ("done", "spared")]
    for row in missing:
        yield f"{row.state}: {row.id}, seed {row.seed}: {(row.reason.splitlines() or [''])[0]}"
    stops = done.design.stop.settled is not None
    for factor in done.design.factors:
        effects = compared(done.rows, factor, done.design.outcomes, None, stops)
        yield from concluded(effects)
        figures, page = done.folder / "figures" / factor, done.folder / f"{factor}.html"
        drawn = write_figures(figures, done, factor, effects)
        write_page(page, done, factor, effects)
        yield f"{page}, and {len(drawn)} figures in {figures}"
