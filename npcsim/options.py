"""What several commands have in common: their options, and how errors are told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from npcsim.errors import NpcsimError, ScenarioError

Scenario = Annotated[str, typer.Argument(help="A scenario file, or the name of one that ships.")]
RunPath = Annotated[
    str, typer.Argument(help="A run's folder, or its address in a server, as `npcsim run` told it.")
]
Seed = Annotated[int | None, typer.Option(help="World seed, instead of the file's.")]
Sets = Annotated[
    list[str] | None, typer.Option("--set", help="key.path=value overriding the file; repeatable.")
]
Models = Annotated[str, typer.Option(help="`on`, or `off` for reflexes only.")]
Local = Annotated[
    str | None,
    typer.Option(help="The local tier's model, e.g. `ollama:qwen3:8b`, instead of the file's."),
]
Cloud = Annotated[
    str | None,
    typer.Option(help="The cloud tier's model, e.g. `anthropic:claude-sonnet-5-5`."),
]
Out = Annotated[
    str | None, typer.Option(help="Parent folder of the run's own folder; `runs` if left out.")
]
Store = Annotated[
    str | None,
    typer.Option(
        help="A PostgreSQL server's URL to keep the run in, instead of a folder. Better in "
        "NPCSIM_STORE: then no password stands on a command line."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

SMALLEST, LARGEST = 64, 4096  # pixels along a side of a picture


@contextmanager
def told() -> Iterator[None]:
    """Turn npcsim's own errors into one clear message and an exit code."""
    try:
        yield
    except ScenarioError as error:
        count = len(error.mistakes)
        typer.echo(f"{error}\n{count} mistake{'s' if count != 1 else ''}", err=True)
        raise typer.Exit(2) from None
    except NpcsimError as error:
        typer.echo(f"npcsim: {error}", err=True)
        raise typer.Exit(1) from None


def kept_in(out: str | None, store: str | None) -> Path | str:
    """Where a command puts new runs: what it was told, else the environment's store, or `runs`."""
    import os

    from npcsim.store.addresses import STORE, VARIABLE, is_address, place

    if out and store:
        raise typer.BadParameter("say --out or --store, not both")
    if store and not is_address(store):
        raise typer.BadParameter("--store is a URL: postgresql+psycopg://user@host/database")
    if out or store:
        return place(out or store or "")
    return STORE if os.environ.get(VARIABLE) else Path("runs")


def overrides(seed: int | None, sets: list[str] | None, **tiers: str | None) -> list[str]:
    """What the options say as `--set` would; `tiers` are models by tier."""
    named = [f"tiers.{tier}.model={json.dumps(model)}" for tier, model in tiers.items() if model]
    return [*named, *(sets or []), *([f"seed={seed}"] if seed is not None else [])]


def size_of(text: str | None) -> tuple[int, int] | None:
    """A picture's size from `960x540`; None for none. Raises NpcsimError."""
    if text is None:
        return None
    wide, cross, tall = text.lower().partition("x")
    if not (cross and wide.isdecimal() and tall.isdecimal()):
        raise NpcsimError(f"--size {text}: a size is width and height in pixels, such as 960x540")
    size = int(wide), int(tall)
    if not all(SMALLEST <= side <= LARGEST for side in size):
        raise NpcsimError(f"--size {text}: each side is {SMALLEST} to {LARGEST} pixels")
    return size
