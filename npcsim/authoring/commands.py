"""The author's commands: `npcsim schema`, `try`, `new` and `doctor`.

What they do is imported when one is called: `npcsim --help` stays quick.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from npcsim.errors import NpcsimError


def register(app: typer.Typer) -> None:
    """Add the author's commands to the command line."""
    app.command()(schema)


def _fail(error: NpcsimError) -> typer.Exit:
    typer.echo(f"npcsim: {error}", err=True)
    return typer.Exit(1)


def schema(
    out: Annotated[Path | None, typer.Option(help="Write it here instead of printing it.")] = None,
) -> None:
    """Print the JSON Schema of scenario files, for editors that complete and underline YAML."""
    from npcsim.authoring.schema_export import scenario_schema_text

    if out is None:
        typer.echo(scenario_schema_text(), nl=False)
        return
    try:
        out.write_text(scenario_schema_text(), encoding="utf-8")
    except OSError as error:
        raise _fail(NpcsimError(f"can't write {out}: {error.strerror}")) from None
    typer.echo(f"wrote {out}")
