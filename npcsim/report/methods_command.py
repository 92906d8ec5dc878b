"""The command `npcsim methods`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from npcsim.errors import NpcsimError


def register_methods(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(methods)


def methods(
    runs: Annotated[list[str], typer.Argument(help="Folders of runs of one scenario.")],
    out: Annotated[Path | None, typer.Option(help="Write it into this file.")] = None,
) -> None:
    """Write the method section of a paper, in Markdown, from the facts in the logs of its runs.

    The headings are those of the ODD protocol (Grimm et al. 2020); models with versions and
    settings, and the prompts as an appendix. What no log says is named as missing.
    """
    from npcsim.report.facts.methods import lived
    from npcsim.report.words.methods import methods_text
    from npcsim.store.run_store import Run

    try:
        with ExitStack() as stack:
            text = methods_text(lived([stack.enter_context(Run.open(run)) for run in runs]))
        if out is not None:
            try:
                out.write_text(text, encoding="utf-8")
            except OSError as error:
                raise NpcsimError(f"can't write {out}: {error.strerror}") from error
    except NpcsimError as error:
        typer.echo(f"npcsim: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"wrote {out}" if out is not None else text, nl=out is not None)
