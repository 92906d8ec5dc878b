"""The commands `npcsim sweep`, `npcsim compare` and `npcsim export`; the door of the others."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from npcsim.experiments.bar import progress_bar, say_first
from npcsim.experiments.study import study
from npcsim.experiments.surveys.commands import survey
from npcsim.options import AsJson, told

if TYPE_CHECKING:
    from npcsim.experiments.sweep import Sweep


def register_experiments(app: typer.Typer) -> None:
    """Add the commands to the app."""
    app.command()(sweep)
    app.command()(study)
    app.command()(compare)
    app.command()(export)
    app.command()(survey)


def sweep(
    design: Annotated[
        Path, typer.Argument(help="A design: scenario, factors, seeds; or a study that ships.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="The sweep's folder; `sweeps/NAME` if left out.")
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="For runs that ask no model: so many at a time.")
    ] = None,
    together: Annotated[
        int | None, typer.Option(min=1, help="Runs side by side that share one local model.")
    ] = None,
    on: Annotated[
        str, typer.Option(help="Where: `local`, or `ray`, the cluster at RAY_ADDRESS or one here.")
    ] = "local",
    store: Annotated[
        str | None,
        typer.Option(
            help="A PostgreSQL server's URL, or `store:` for NPCSIM_STORE, that takes all runs."
        ),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Try once more what failed.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would take; live nothing.")
    ] = False,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option(help="No forecast, no progress bar.")] = False,
) -> None:
    """Live a design: one scenario, what is varied in it, many seeds; go on where it was left."""
    from npcsim.experiments.plan import name_of
    from npcsim.experiments.sweep import sweep as whole

    with told():
        if dry_run:
            from npcsim.experiments.expecting import expected, lines

            found = expected(
                design, out=out, processes=processes, together=together, on=on, again=again
            )
            for line in [json.dumps(found.as_json())] if as_json else lines(found):
                typer.echo(line)
            return
        if not (quiet or as_json):
            say_first(design, out=out, processes=processes, together=together, on=on, again=again)
        with progress_bar(name_of(design), quiet) as show:
            done = whole(
                design,
                out=out,
                processes=processes,
                together=together,
                again=again,
                on=on,
                store=store,
                progress=show,
            )
    if as_json:
        typer.echo(json.dumps(_plain(done)))
    else:
        for line in _lines(done):
            typer.echo(line)
    raise typer.Exit(0 if done.complete else 1)


def _plain(done: Sweep) -> dict[str, object]:
    from dataclasses import asdict

    return {"folder": str(done.folder), "runs": [asdict(row) for row in done.rows]}


def _lines(done: Sweep) -> Iterator[str]:
    """A line a cell, the outcomes named in the design first among what is told."""
    cells = list({json.dumps(row.cell): row.cell for row in done.rows}.values())
    names = done.design.outcomes or list(
        dict.fromkeys(name for row in done.done for name in row.measures)
    )
    for cell in cells:
        rows = [row for row in done.rows if row.cell == cell]
        over = [row for row in rows if row.state == "done"]
        yield f"{_of(cell)}: {len(over)} of {len(rows)} runs"
        for name in names:
            values = [row.measures[name] for row in over if name in row.measures]
            if values:
                spread = f", {min(values):.4g} to {max(values):.4g}" if len(values) > 1 else ""
                yield f"  {name:28} {statistics.fmean(values):.4g}{spread}"
    spared = [row for row in done.rows if row.state == "spared"]
    if spared:
        yield f"{spared[0].reason}; {len(spared)} runs were spared"
    for row in done.rows:
        if row.state not in ("done", "spared"):
            first = row.reason.splitlines()[0] if row.reason else ""
            yield f"{row.state}: {_of(row.cell)}, seed {row.seed}: {first}"
    spent = sum(row.usd for row in done.rows)
    yield f"{done.folder}: {len(done.done)} of {len(done.rows)} runs, ${spent:.2f}"


def _of(cell: object) -> str:
    assert isinstance(cell, dict)
    return ", ".join(f"{name} {level}" for name, level in cell.items()) or "all"


def compare(
    folder: Annotated[Path, typer.Argument(help="A sweep's folder, as `npcsim sweep` printed it.")],
    factor: Annotated[str, typer.Argument(help="Which factor's levels to compare.")],
    measure: Annotated[
        list[str] | None, typer.Option(help="A measure; repeatable. The design's outcomes if none.")
    ] = None,
    base: Annotated[str | None, typer.Option(help="The level to compare with; the first.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write one self-contained page here.")] = None,
    figures: Annotated[
        Path | None, typer.Option(help="Write each plot as an SVG file into this folder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What changing a factor did: effects with intervals, and what may be concluded of them."""
    from npcsim.experiments.effects import as_json as plain
    from npcsim.experiments.effects import compared, concluded
    from npcsim.experiments.sweep import open_sweep

    with told():
        found = open_sweep(folder)
        stops = found.design.stop.settled is not None
        effects = compared(found.rows, factor, measure or found.design.outcomes, base, stops)
        if html is not None:
            from npcsim.experiments.page import write_page

            write_page(html, found, factor, effects)
            typer.echo(f"wrote {html}", err=True)
        if figures is not None:
            from npcsim.experiments.figures import write_figures

            many = len(write_figures(figures, found, factor, effects))
            typer.echo(f"wrote {many} figures into {figures}", err=True)
    if as_json:
        typer.echo(json.dumps({"effects": [plain(one, len(effects)) for one in effects]}))
        return
    for line in concluded(effects):
        typer.echo(line)


def export(
    what: Annotated[Path, typer.Argument(help="A sweep's folder, or a run's.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write into.")],
    csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="As Parquet.")] = False,
    graphml: Annotated[bool, typer.Option("--graphml", help="Ties and talk as graphs.")] = False,
    table: Annotated[
        list[str] | None, typer.Option(help="A table; repeatable. All if left out.")
    ] = None,
) -> None:
    """Write runs as tidy tables with a data dictionary, or as graphs."""
    from npcsim.experiments.exporting import export as write
    from npcsim.experiments.single import opened_of

    forms = [name for name, on in (("csv", csv), ("parquet", parquet), ("graphml", graphml)) if on]
    with told():
        rows, opened, answered = opened_of(what)
        for form in forms or ["csv"]:
            done = write(rows, opened, out, form, table or (), answered)
            typer.echo(f"{out}: {len(done.files)} {form} files, {sum(done.rows.values())} rows")
