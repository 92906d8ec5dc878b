"""The command `npcsim fork`."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from npcsim.errors import NpcsimError, ScenarioError
from npcsim.options import Out, RunPath, Store, kept_in

Texts = list[str] | None


def register_fork(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(fork)


def fork(
    run: RunPath,
    at: Annotated[str, typer.Option(help='The last tick to share, or a time: "09:00".')],
    sets: Annotated[
        Texts, typer.Option("--set", help="A value of the scenario: npcs.Mara.traits.bravery=0.9")
    ] = None,
    local: Annotated[str | None, typer.Option(help="Another model for the local tier.")] = None,
    cloud: Annotated[str | None, typer.Option(help="Another model for the cloud tier.")] = None,
    tools: Annotated[
        list[Path] | None,
        typer.Option(help="A file of tools, in place of the run's own of that name."),
    ] = None,
    edit_memory: Annotated[
        Texts,
        typer.Option(help='"Mara:12=Ivo paid." rewrites, "Mara:12=" forgets, "Mara=..." adds.'),
    ] = None,
    decide: Annotated[
        Texts,
        typer.Option(help='What somebody decides then: "Mara=buy a loaf", or a plan\'s name.'),
    ] = None,
    put: Annotated[
        Texts,
        typer.Option("--input", help='What is then put in, as JSON: {"do": "Mara.go_to(mill)"}.'),
    ] = None,
    ticks: Annotated[int | None, typer.Option(min=1, help="How many ticks from there.")] = None,
    until: Annotated[str | None, typer.Option(help="Up to when: a time, or a tick.")] = None,
    out: Out = None,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make a new run that shares another's past up to a tick, and goes on from there by itself."""
    from npcsim.assembly.runs.forking import Changes
    from npcsim.assembly.runs.resuming import Until
    from npcsim.assembly.runs.whole import fork_run

    named = [("local", local), ("cloud", cloud)]
    models = [f"tiers.{tier}.model={json.dumps(model)}" for tier, model in named if model]
    try:
        inputs: list[Any] = [
            *map(_tools, tools or ()),
            *map(_memory, edit_memory or ()),
            *map(_decision, decide or ()),
            *map(_entry, put or ()),
        ]
        changes = Changes((*models, *(sets or ())), inputs)
        made = fork_run(run, at, kept_in(out, store), Until(ticks, until), changes)
        summary = made.summary or {}
    except ScenarioError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except (NpcsimError, ValueError) as error:
        typer.echo(f"npcsim: {error}", err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps(summary))
        return
    told = summary["fork"]
    typer.echo(f"{made.shown}: {made.last_tick} ticks, state hash {summary['state_hash']}")
    asked = f"{told['asked']} questions asked for ${told['asked_usd']:.4f}"
    who = ", ".join(f"{npc} {count}" for npc, count in told["asked_by"].items())
    reused = f"{told['reused']} answers reused ({told['share']:.1%})"
    typer.echo(f"{reused}, {asked}{f' ({who})' if who else ''}")
    both = shlex.join((run, made.shown))
    typer.echo(f"next         npcsim diff {both}   where they part, and whom that reached")
    typer.echo(f"             npcsim watch {both}  both side by side")


def _tools(path: Path) -> dict[str, Any]:
    """A file of tools as an input. Tools are code: take them from nobody you don't trust."""
    try:
        return {"tools": path.read_text(encoding="utf-8"), "file": path.name}
    except (OSError, UnicodeDecodeError) as error:
        raise NpcsimError(f"--tools {path}: {error}") from None


def _memory(text: str) -> dict[str, Any]:
    who, sign, words = text.partition("=")
    npc, colon, id = who.strip().partition(":")
    if not (npc and sign) or (colon and not id.strip().isdecimal()) or not (colon or words):
        raise NpcsimError(
            f'--edit-memory is "Mara:12=new words", "Mara:12=" or "Mara=words": {text}'
        )
    entry = {"memory": npc, "text": words.strip()}
    return {**entry, "id": int(id)} if colon else entry


def _decision(text: str) -> dict[str, Any]:
    npc, sign, option = text.partition("=")
    if not (npc.strip() and sign and option.strip()):
        raise NpcsimError(f'--decide is "Mara=buy a loaf": {text}')
    return {"decide": npc.strip(), "option": option.strip()}


def _entry(text: str) -> Any:
    try:
        entry = json.loads(text)
    except ValueError as error:
        raise NpcsimError(f"--input is not JSON: {error}") from None
    if not isinstance(entry, dict):
        raise NpcsimError("--input is one JSON object")
    return entry
