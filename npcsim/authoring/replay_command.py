"""The command `npcsim replay`."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from npcsim.errors import NpcsimError


def register_replay(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(replay)


def replay(
    run: Annotated[str, typer.Argument(help="A run's folder, as `npcsim run` printed it.")],
) -> None:
    """Live a run again from its log, no model loaded, and compare every tick's state hash."""
    try:
        typer.echo(asyncio.run(_again(run)))
    except NpcsimError as error:
        typer.echo(f"npcsim: {error}", err=True)
        raise typer.Exit(2 if type(error).__name__ == "ScenarioError" else 1) from None


async def _again(run: str) -> str:
    from npcsim.assembly.runs.session import recorded_session
    from npcsim.replay.verify import verify
    from npcsim.store.run_store import Run

    log = Run.open(run)
    session = recorded_session(log)
    try:
        verdict = await verify(session.simulation, log)
    finally:
        await session.close()
        log.close()
    return f"{verdict.ticks} ticks replayed, every state hash equal; last {verdict.hash}"
