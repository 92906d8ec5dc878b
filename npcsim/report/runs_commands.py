"""The commands `npcsim runs …`: which runs there are, their tags, and runs as files for others."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from npcsim.errors import NpcsimError
from npcsim.options import Out, RunPath, Store, kept_in

Tags = Annotated[list[str], typer.Argument(help="One or more words.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


class _ListsByDefault(TyperGroup):
    """`npcsim runs FOLDER` is `npcsim runs list FOLDER`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["list", *args]
        return super().parse_args(ctx, args)


runs = typer.Typer(cls=_ListsByDefault, help="List, tag, export and import runs.")


def register_runs(app: typer.Typer) -> None:
    """Add the commands to the app."""
    app.add_typer(runs, name="runs")


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (NpcsimError, ValueError) as error:
        typer.echo(f"npcsim: {error}", err=True)
        raise typer.Exit(1) from None


@runs.command("list")
def list_runs(
    folder: Annotated[
        str | None,
        typer.Argument(help="Where runs lie: a folder, or a server's URL."),
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Only those with this tag.")] = None,
    as_json: AsJson = False,
) -> None:
    """List runs: state, scenario, seed, ticks, decisions, cost and tags."""
    from npcsim.store.listing import listed

    with _told():
        found = [one for one in listed(_where(folder)) if tag is None or tag in one.tags]
    if as_json:
        typer.echo(json.dumps([one.as_json() for one in found]))
        return
    from npcsim.report.words.runs import runs_lines

    for line in runs_lines(found):
        typer.echo(line)


def _where(given: str | None) -> str:
    """Where runs are looked for: where a command without options puts them."""
    return given or str(kept_in(None, None))


@runs.command("tag")
def tag_run(run: RunPath, tags: Tags) -> None:
    """Give a run tags. A tag is one word."""
    _tag(run, tags, drop=False)


@runs.command("untag")
def untag_run(run: RunPath, tags: Tags) -> None:
    """Take tags off a run."""
    _tag(run, tags, drop=True)


def _tag(path: str, tags: Sequence[str], drop: bool) -> None:
    from npcsim.store.notes import TAG, tag_of
    from npcsim.store.run_store import Run

    with _told(), Run.open(path) as run:
        for tag in map(tag_of, tags):
            if drop and tag not in run.tags:
                raise ValueError(f"{run.shown} has no tag {tag!r}; it has {_all(run.tags)}")
            run.note(TAG, add=None if drop else tag, drop=tag if drop else None)
        typer.echo(f"{run.shown}: {_all(run.tags)}")


def _all(tags: Sequence[str]) -> str:
    return ", ".join(tags) or "no tags"


@runs.command("migrate")
def migrate_runs(
    where: Annotated[
        str | None,
        typer.Argument(help="A folder of runs, one run, or a server's URL."),
    ] = None,
) -> None:
    """Bring the tables of an earlier npcsim's runs up to this one's. Runs stay as they are.

    Whatever writes to a run does that anyway; here it is done for all at once.
    """
    from npcsim.store.addresses import is_address, shown
    from npcsim.store.listing import paths
    from npcsim.store.opening import brought_up
    from npcsim.store.versions import LATEST

    with _told():
        place = _where(where)
        for path in [place] if is_address(place) else list(paths(place)):
            before = brought_up(path)
            told = "as they are now" if before == LATEST else f"brought up to {LATEST}"
            typer.echo(f"{shown(path) if is_address(path) else path}: tables of {before}, {told}")


@runs.command("delete")
def delete_run(
    run: Annotated[str, typer.Argument(help="A run in a server, such as store:tavern_brawl-3.")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Delete a run from a server, for good. A run in a folder is deleted with its folder."""
    from npcsim.store.addresses import address, is_address
    from npcsim.store.opening import deleted

    with _told():
        if not is_address(run):
            raise ValueError(f"{run} is a folder: delete that")
        if not yes:
            typer.confirm(f"delete {address(run).whole} for good?", abort=True)
        typer.echo(f"deleted {deleted(run)}")


@runs.command("export")
def export_run(
    run: RunPath,
    file: Annotated[Path, typer.Argument(help="The file to make, such as morning.npcrun.")],
) -> None:
    """Write a run into one file: scenario, map, tools' source, prices, fingerprints, answers, log.

    It is a zip archive, compressed and with a hash over all of it.
    """
    from npcsim.store.run_store import Run
    from npcsim.store.sharing.exporting import export

    with _told(), Run.open(run) as log:
        made = export(log, file)
    typer.echo(
        f"wrote {file}: {made.events:,} events, {made.calls:,} model calls, "
        f"{made.snapshots:,} snapshots in {made.size:,} bytes"
    )


@runs.command("import")
def import_run(
    file: Annotated[Path, typer.Argument(help="A file that `npcsim runs export` made.")],
    out: Out = None,
    store: Store = None,
) -> None:
    """Take in a run from a file. Everything in it is checked, and none of its code is executed."""
    from npcsim.store.run_store import Run
    from npcsim.store.sharing.importing import take_in

    with _told(), Run.open(take_in(file, kept_in(out, store))) as run:
        folder, name, ticks = run.shown, run.name, run.last_tick
    typer.echo(f"{folder}: the run {name}, {ticks} ticks")
    typer.echo(
        f"It can be read, and checked by `npcsim replay {folder} --rebuild`. Its code is executed "
        f"only after `npcsim replay {folder} --trust {name}`."
    )


@runs.command("show")
def show_run(
    what: Annotated[str, typer.Argument(help="A run's folder, or a file of one.")],
    tools: Annotated[bool, typer.Option("--tools", help="Print the source of its tools.")] = False,
) -> None:
    """Tell what a run is made of, without executing any of its code."""
    from npcsim.report.words.moments import plain

    with _told():
        parts = _parts(what)
    told = {name: body for name, body in parts.items() if name.startswith("tools/")}
    if not tools:
        told = {"about.json": parts["about.json"]}
    for name, body in told.items():
        if tools:
            typer.echo(f"# ---- {name}")
        for line in body.decode("utf-8", "replace").splitlines():
            typer.echo(plain(line))


def _parts(what: str) -> dict[str, bytes]:
    from npcsim.store.addresses import is_address
    from npcsim.store.run_store import Run
    from npcsim.store.sharing.form import readable
    from npcsim.store.sharing.importing import look_into

    if not is_address(what) and Path(what).is_file() and not what.endswith(".db"):
        return look_into(Path(what))
    with Run.open(what) as run:
        return readable(run.bundle, run.started)
