"""The commands `npcsim ask` and `npcsim talk`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from npcsim.options import (
    AsJson,
    Cloud,
    Local,
    Models,
    Out,
    RunPath,
    Scenario,
    Seed,
    Sets,
    Store,
    kept_in,
    overrides,
    told,
)

Find = Callable[[str], Path]


def register_talk(app: typer.Typer, find: Find) -> None:
    """Add the commands to the app. `find` gives a scenario's file by name."""
    app.command()(ask)
    _register_talk(app, find)


def _register_talk(app: typer.Typer, find: Find) -> None:
    @app.command()
    def talk(
        scenario: Scenario,
        npc: Annotated[str, typer.Argument(help="Whom to talk with, by id or name.")],
        at: Annotated[
            str | None, typer.Option(help='From when: "09:00"; a bare 9 is tick 9.')
        ] = None,
        name: Annotated[str, typer.Option("--as", help="What people there call you.")] = "",
        seed: Seed = None,
        sets: Sets = None,
        out: Out = None,
        store: Store = None,
        models: Models = "on",
        local: Local = None,
        cloud: Cloud = None,
    ) -> None:
        """Speak with an NPC, in its world: what you say is an input of a run, which is kept.

        You are a visitor who stands beside the NPC and follows it. Type a line to say it; `/look`,
        `/wait 10 min` and `/quit` are no words. Lines may come from a pipe.
        """
        from npcsim.authoring.talk import Terminal, standard_input
        from npcsim.authoring.talk import talk as speak

        if models not in ("on", "off"):
            raise typer.BadParameter("--models is on or off")
        tiers = {"local": local, "cloud": cloud}
        shown = [f"tiers.{tier}.context=whole" for tier, model in tiers.items() if model]
        changes = [*shown, *overrides(seed, sets, **tiers)]
        terminal = Terminal(typer.echo, partial(typer.echo, err=True), sys.stdout.isatty())
        try:
            with told():
                folder = asyncio.run(
                    speak(
                        find(scenario), npc, changes, at=at, name=name, models=models == "on",
                        out=kept_in(out, store), lines=standard_input(), terminal=terminal,
                    )
                )  # fmt: skip
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        typer.echo(f"kept in {folder}; `npcsim replay {folder}` lives it again")


def ask(
    run: RunPath,
    npc: Annotated[str, typer.Argument(help="Whom to ask, by id or name.")],
    question: Annotated[str, typer.Argument(help='What, e.g. "why did you go to the market?".')],
    at: Annotated[
        str | None, typer.Option(help='When: "09:00"; a bare 9 is tick 9. Left out, at the end.')
    ] = None,
    local: Annotated[
        str | None,
        typer.Option(help="A model for the words, e.g. `ollama:qwen3:8b`; left out, set phrases."),
    ] = None,
    cloud: Annotated[
        str | None,
        typer.Option(help="The same behind HTTP, e.g. `anthropic:claude-sonnet-5-5`."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show all that was weighed as it remembered.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ask an NPC of a run why it did what it did: it answers from its memories, and cites them.

    It knows what it had remembered and decided by then. The run is only read.
    """
    from npcsim.front import interview

    with told():
        answer = interview(run, npc, question, at=at, local=local, cloud=cloud)
    if as_json:
        typer.echo(json.dumps(answer.as_json(), ensure_ascii=False))
        return
    typer.echo(str(answer))
    if explain:
        typer.echo(f"\n{answer.recollection}")
