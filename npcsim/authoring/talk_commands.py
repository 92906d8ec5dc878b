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

from npcsim.errors import NpcsimError, ScenarioError
from npcsim.options import Out, Store, kept_in

Local = Annotated[
    str | None,
    typer.Option(help="A model for the words, e.g. `ollama:qwen3:8b`; left out, set phrases."),
]
Cloud = Annotated[
    str | None,
    typer.Option(help="The same behind HTTP, e.g. `anthropic:claude-sonnet-5-5`."),
]


Find = Callable[[str], Path]


def register_talk(app: typer.Typer, find: Find) -> None:
    """Add the commands to the app. `find` gives a scenario's file by name."""
    app.command()(ask)
    _register_talk(app, find)


def _register_talk(app: typer.Typer, find: Find) -> None:
    @app.command()
    def talk(
        scenario: Annotated[str, typer.Argument(help="A scenario, as for `npcsim run`.")],
        npc: Annotated[str, typer.Argument(help="Whom to talk with, by id or name.")],
        at: Annotated[
            str | None, typer.Option(help='From when: "09:00"; a bare 9 is tick 9.')
        ] = None,
        name: Annotated[str, typer.Option("--as", help="What people there call you.")] = "",
        seed: Annotated[int | None, typer.Option(help="World seed, instead of the file's.")] = None,
        sets: Annotated[
            list[str] | None,
            typer.Option("--set", help="key.path=value overriding the file; repeatable."),
        ] = None,
        out: Out = None,
        store: Store = None,
        models: Annotated[str, typer.Option(help="`on`, or `off` for reflexes only.")] = "on",
        local: Annotated[
            str | None, typer.Option(help="The local tier's model, e.g. `ollama:qwen3:8b`.")
        ] = None,
        cloud: Annotated[
            str | None,
            typer.Option(help="The cloud tier's model, e.g. `anthropic:claude-sonnet-5-5`."),
        ] = None,
    ) -> None:
        """Speak with an NPC, in its world: what you say is an input of a run, which is kept.

        You are a visitor who stands beside the NPC and follows it. Type a line to say it; `/look`,
        `/wait 10 min` and `/quit` are no words. Lines may come from a pipe.
        """
        from npcsim.authoring.talk import Terminal, standard_input
        from npcsim.authoring.talk import talk as speak

        if models not in ("on", "off"):
            raise typer.BadParameter("--models is on or off")
        named = [
            text
            for tier, model in (("local", local), ("cloud", cloud))
            if model
            for text in (f"tiers.{tier}.model={json.dumps(model)}", f"tiers.{tier}.context=whole")
        ]
        changes = [*named, *(sets or []), *([f"seed={seed}"] if seed is not None else [])]
        terminal = Terminal(typer.echo, partial(typer.echo, err=True), sys.stdout.isatty())
        try:
            folder = asyncio.run(
                speak(
                    find(scenario), npc, changes, at=at, name=name, models=models == "on",
                    out=kept_in(out, store), lines=standard_input(), terminal=terminal,
                )
            )  # fmt: skip
        except ScenarioError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from None
        except NpcsimError as error:
            typer.echo(f"npcsim: {error}", err=True)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        typer.echo(f"kept in {folder}; `npcsim replay {folder}` lives it again")


def ask(
    run: Annotated[str, typer.Argument(help="A run's folder, as `npcsim run` printed it.")],
    npc: Annotated[str, typer.Argument(help="Whom to ask, by id or name.")],
    question: Annotated[str, typer.Argument(help='What, e.g. "why did you go to the market?".')],
    at: Annotated[
        str | None, typer.Option(help='When: "09:00"; a bare 9 is tick 9. Left out, at the end.')
    ] = None,
    local: Local = None,
    cloud: Cloud = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show all that was weighed as it remembered.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Ask an NPC of a run why it did what it did: it answers from its memories, and cites them.

    It knows what it had remembered and decided by then. The run is only read.
    """
    from npcsim.front import interview

    try:
        answer = interview(run, npc, question, at=at, local=local, cloud=cloud)
    except ScenarioError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except NpcsimError as error:
        typer.echo(f"npcsim: {error}", err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps(answer.as_json(), ensure_ascii=False))
        return
    typer.echo(str(answer))
    if explain:
        typer.echo(f"\n{answer.recollection}")
