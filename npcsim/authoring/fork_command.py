"""The command `npcsim fork`."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from collections.abc import Iterator, Mapping
from functools import partial
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
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object last.")] = False,
    quiet: Annotated[bool, typer.Option(help="No progress bar.")] = False,
) -> None:
    """Make a new run that shares another's past up to a tick, and goes on from there by itself."""
    from npcsim.assembly.runs.forking import Changes
    from npcsim.assembly.runs.headless import INTERRUPTED, fork_headless
    from npcsim.assembly.runs.resuming import Until

    if ticks is not None and until is not None:
        raise typer.BadParameter("say --ticks or --until, not both")
    named = [("local", local), ("cloud", cloud)]
    models = [f"tiers.{tier}.model={json.dumps(model)}" for tier, model in named if model]
    try:
        inputs: list[Any] = [
            *map(_tools, tools or ()),
            *map(_memory, edit_memory or ()),
            *map(_decision, decide or ()),
            *map(_entry, put or ()),
        ]
        going = fork_headless(
            run, at, kept_in(out, store), Until(ticks, until),
            Changes((*models, *(sets or ())), inputs),
            progress=not quiet and sys.stderr.isatty(),
            tell=partial(typer.echo, err=True),
        )  # fmt: skip
        summary, code = asyncio.run(going)
    except ScenarioError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except (NpcsimError, ValueError) as error:
        typer.echo(f"npcsim: {error}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:  # in its own part a Ctrl-C ends it in good order, after a tick
        typer.echo("npcsim: ended in the past that both share: there is no fork", err=True)
        raise typer.Exit(INTERRUPTED) from None
    for line in [json.dumps(summary)] if as_json else _lines(run, summary):
        typer.echo(line)
    raise typer.Exit(code)


def _lines(run: str, summary: Mapping[str, Any]) -> Iterator[str]:
    """How a fork ended, and what it took from its parent."""
    told = summary["fork"]
    yield f"{summary['run']}: {summary['ticks']} ticks, state hash {summary['state_hash']}"
    reused, asked = told["reused"], told["asked"]
    share = f" ({told['share']:.1%})" if reused + asked else ""
    who = ", ".join(f"{npc} {count}" for npc, count in told["asked_by"].items())
    yield (
        f"{reused} answer{'s' if reused != 1 else ''} reused{share}, "
        f"{asked} question{'s' if asked != 1 else ''} asked for ${told['asked_usd']:.4f}"
        + (f" ({who})" if who else "")
    )
    both = shlex.join((run, summary["run"]))
    yield f"next         npcsim diff {both}   where they part, and whom that reached"
    yield f"             npcsim watch {both}  both side by side"


def _tools(path: Path) -> dict[str, Any]:
    """A file of tools as an input. Tools are code: take them from nobody you don't trust."""
    try:
        return {"tools": path.read_text(encoding="utf-8"), "file": path.name}
    except OSError as error:
        raise NpcsimError(f"--tools {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise NpcsimError(f"--tools {path}: it is no text in UTF-8") from None


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
