"""The command `npcsim explain`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from npcsim.errors import NpcsimError


def register_explain(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(explain)


def explain(
    run: Annotated[str, typer.Argument(help="A run's folder, as `npcsim run` printed it.")],
    npc: Annotated[str, typer.Argument(help="The NPC, by id or name.")],
    tick: Annotated[int | None, typer.Option(min=0, help="When, as a tick.")] = None,
    at: Annotated[str | None, typer.Option(help='When, as a time: "09:10".')] = None,
    prompts: Annotated[bool, typer.Option(help="Show the questions as models got them.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell why an NPC did what it did: then, or at its last decision.

    What it perceived and remembered, what it weighed with which scores, who was asked and why,
    prompt, answer and price, and what became of it. Reads the log; no code of the run is executed.
    """
    from npcsim.report.words.why import why_lines
    from npcsim.store.run_store import Run

    if tick is not None and at is not None:
        raise typer.BadParameter("say --tick or --at, not both")
    try:
        with Run.open(run) as log:
            ids = {one.name.casefold(): one.id for one in log.started.cast}
            known = {one.id for one in log.started.cast}
            who = npc if npc in known else ids.get(npc.casefold(), npc)
            told = log.explain(who, at if at is not None else tick)
    except (NpcsimError, ValueError) as error:
        typer.echo(f"npcsim: {error}", err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps(told.as_json()))
        return
    for line in why_lines(told, prompts):
        typer.echo(line)
