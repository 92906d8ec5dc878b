"""The command `npcsim fork`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from npcsim.errors import NpcsimError


def register_fork(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(fork)


def fork(
    run: Annotated[str, typer.Argument(help="A run's folder, as `npcsim run` printed it.")],
    at: Annotated[str, typer.Option(help='The last tick to share, or a time: "09:00".')],
    put: Annotated[
        list[str] | None,
        typer.Option("--input", help='What is then put in, as JSON: {"do": "Mara.go_to(mill)"}.'),
    ] = None,
    ticks: Annotated[int | None, typer.Option(min=1, help="How many ticks from there.")] = None,
    until: Annotated[str | None, typer.Option(help="Up to when: a time, or a tick.")] = None,
    out: Annotated[Path, typer.Option(help="Parent folder of the run's own folder.")] = Path(
        "runs"
    ),
) -> None:
    """Make a new run that shares another's past up to a tick, and goes on from there by itself."""
    from npcsim.assembly.runs.resuming import Until
    from npcsim.assembly.runs.whole import fork_run

    try:
        inputs: list[Any] = [_entry(text) for text in put or ()]
        made, reuse = fork_run(run, at, out, Until(ticks, until), inputs)
        hash = (made.summary or {})["state_hash"]
    except (NpcsimError, ValueError) as error:
        typer.echo(f"npcsim: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{made.shown}: {made.last_tick} ticks, state hash {hash}")
    typer.echo(f"{reuse.reused} answers reused, {reuse.asked} questions asked")


def _entry(text: str) -> Any:
    try:
        entry = json.loads(text)
    except ValueError as error:
        raise NpcsimError(f"--input is not JSON: {error}") from None
    if not isinstance(entry, dict):
        raise NpcsimError("--input is one JSON object")
    return entry
