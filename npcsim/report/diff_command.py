"""The command `npcsim diff`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from npcsim.errors import NpcsimError

RunPath = Annotated[str, typer.Argument(help="A run's folder.")]


def register_diff(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(diff)


def diff(
    a: RunPath,
    b: RunPath,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write one self-contained page here.")] = None,
) -> None:
    """Tell where two runs part, whom that reached and through what, and how they end."""
    from npcsim.store.run_store import Run

    try:
        with Run.open(a) as one, Run.open(b) as other:
            told = one.diff(other)
        if html is not None:
            from npcsim.report.web.apart import apart_html

            try:
                html.write_text(apart_html(told), encoding="utf-8")
            except OSError as error:
                raise NpcsimError(f"can't write {html}: {error.strerror}") from error
    except (NpcsimError, ValueError) as error:
        typer.echo(f"npcsim: {error}", err=True)
        raise typer.Exit(1) from None
    if html is not None:
        typer.echo(f"wrote {html}")
    elif as_json:
        typer.echo(json.dumps(told.as_json()))
    else:
        from npcsim.report.words.apart import apart_lines

        for line in apart_lines(told):
            typer.echo(line)
