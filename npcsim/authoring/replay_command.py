"""The command `npcsim replay`."""

from __future__ import annotations

from typing import Annotated

import typer

from npcsim.errors import NpcsimError, ScenarioError


def register_replay(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(replay)


def replay(
    run: Annotated[str, typer.Argument(help="A run's folder, as `npcsim run` printed it.")],
    rebuild: Annotated[
        bool,
        typer.Option(
            "--rebuild",
            help="Only lay the logged facts one over the other and compare with the snapshots: "
            "nothing is simulated, no code of the run is executed.",
        ),
    ] = False,
    trust: Annotated[
        str | None,
        typer.Option(help="The name of an imported run, whose code may be executed from now on."),
    ] = None,
) -> None:
    """Live a run again from its log, no model loaded, and compare every tick's state hash."""
    if rebuild and trust is not None:
        raise typer.BadParameter("--rebuild executes no code: there is nothing to trust")
    try:
        typer.echo(_rebuilt(run) if rebuild else _again(run, trust or ""))
    except ScenarioError as error:
        typer.echo(f"npcsim: the run's recipe can't be used by this npcsim:\n{error}", err=True)
        raise typer.Exit(2) from None
    except NpcsimError as error:
        typer.echo(f"npcsim: {error}", err=True)
        raise typer.Exit(1) from None


def _again(run: str, trust: str) -> str:
    from npcsim.front import replay as live_again

    verdict = live_again(run, trust=trust)
    return f"{verdict.ticks} ticks replayed, every state hash equal; last {verdict.hash}"


def _rebuilt(path: str) -> str:
    from npcsim.replay.rebuild import rebuild
    from npcsim.store.run_store import Run

    with Run.open(path) as run:
        found = rebuild(run)
    return (
        f"{found.ticks} ticks rebuilt of {found.facts:,} facts; {found.snapshots} snapshots and "
        f"their state hashes agree; {found.calls:,} model calls sound; last {found.hash}"
    )
