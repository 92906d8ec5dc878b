"""The command line: `npcsim run`, `report`, `replay`, `watch`, `validate`, `bench`."""

from __future__ import annotations

import asyncio
import json
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from npcsim.assembly.code.finding import find_scenario
from npcsim.authoring.approve_command import register_approve
from npcsim.authoring.commands import register
from npcsim.authoring.fork_command import register_fork
from npcsim.authoring.models_commands import register_models
from npcsim.authoring.replay_command import register_replay
from npcsim.bench.commands import register_bench
from npcsim.errors import NpcsimError, ScenarioError
from npcsim.experiments.commands import register_experiments
from npcsim.options import (
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
    size_of,
    told,
)  # fmt: skip
from npcsim.report.diff_command import register_diff
from npcsim.report.explain_command import register_explain
from npcsim.report.methods_command import register_methods
from npcsim.report.runs_commands import register_runs

app = typer.Typer(
    name="npcsim",
    help="NPCs that are state machines and agents at once.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def run(
    scenario: Scenario,
    ticks: Annotated[int | None, typer.Option(min=1, help="How many ticks to run.")] = None,
    seed: Seed = None,
    sets: Sets = None,
    out: Out = None,
    store: Store = None,
    models: Models = "on",
    local: Local = None,
    cloud: Cloud = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object last.")] = False,
    quiet: Annotated[bool, typer.Option(help="No progress bar.")] = False,
    speed: Annotated[
        float | None,
        typer.Option(min=0.01, help="Ticks a second, so that somebody can answer meanwhile."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would cost; ask nobody, keep nothing.")
    ] = False,
    part: Annotated[
        str | None, typer.Option(help='For --dry-run: live up to then, e.g. "day 1 12:00".')
    ] = None,
    lives: Annotated[int, typer.Option(min=1, help="For --dry-run: how often it is lived.")] = 9,
    ask_free: Annotated[
        bool, typer.Option("--ask-free", help="For --dry-run: really ask tiers that cost nothing.")
    ] = False,
) -> None:
    """Run a scenario without a window, as fast as it goes."""
    named = overrides(seed, sets, local=local, cloud=cloud)
    if dry_run:
        if _switch(models):
            lines = _forecast(scenario, named, as_json, ticks, part, lives, ask_free)
        else:
            lines = ["models are off: nothing is asked, and nothing is spent"]
        for line in lines:
            typer.echo(line)
        return
    from npcsim.assembly.runs.headless import run_headless

    with told():
        summary, code = asyncio.run(
            run_headless(
                find_scenario(scenario),
                named,
                out=kept_in(out, store),
                ticks=ticks,
                models=_switch(models),
                progress=not quiet and sys.stderr.isatty(),
                tell=partial(typer.echo, err=True),
                speed=speed,
            )
        )
    _ended(summary, as_json)
    raise typer.Exit(code)


def _ended(summary: dict[str, Any], as_json: bool) -> None:
    """What a run came to, and what can be done with it next."""
    from npcsim.report import after_run, summary_lines

    if as_json:
        typer.echo(json.dumps(summary))
        return
    for line in (*summary_lines(summary), *after_run(str(summary["run"]))):
        typer.echo(line)


def _forecast(scenario: str, named: list[str], as_json: bool, *how: Any) -> list[str]:
    """What a run is going to cost, in lines. `how`: ticks, part, lives and ask_free."""
    from npcsim import forecast
    from npcsim.assembly.money.telling import told as tell

    ticks, part, lives, ask_free = how
    with told():
        found = forecast(
            scenario, overrides=named, ticks=ticks, part=part, lives=lives, ask_free=ask_free
        )
    return [json.dumps(found.as_json())] if as_json else list(tell(found))


def _switch(models: str) -> bool:
    if models not in ("on", "off"):
        raise typer.BadParameter("--models is on or off")
    return models == "on"


@app.command()
def report(
    run: RunPath,
    html: Annotated[Path | None, typer.Option(help="Write one self-contained page here.")] = None,
    npc: Annotated[str | None, typer.Option(help="Tell of one NPC in full.")] = None,
    costs: Annotated[
        bool, typer.Option("--costs", help="Tell where tokens and money went, and no more.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print who knew what and how founded it was, as JSON.")
    ] = False,
) -> None:
    """Tell the story of a run: who did what, and which tier decided it and why."""
    from rich.console import Console

    from npcsim import report as telling
    from npcsim.store.run_store import Run

    with told():
        log = Run.open(run)
        story = telling.story_of(log, (npc,) if npc else ())
        if html is not None:
            try:
                html.write_text(telling.html(story), encoding="utf-8")
            except OSError as error:
                raise NpcsimError(f"can't write {html}: {error.strerror}") from error
            typer.echo(f"wrote {html}")
            return
        if as_json:
            typer.echo(json.dumps(telling.numbers(story)))
            return
        if costs:
            telling.print_costs(story, Console())
            return
        try:
            telling.print_story(story, Console(), npc)
        except KeyError:
            names = ", ".join(person.id for person in story.people)
            raise NpcsimError(f"the run tells of no NPC {npc!r}; it tells of {names}") from None
        if npc is None:
            typer.echo("")
            for line in telling.after_report(run, story):
                typer.echo(line)


@app.command()
def resume(
    run: RunPath,
    ticks: Annotated[int | None, typer.Option(min=1, help="How many ticks more.")] = None,
    until: Annotated[
        str | None, typer.Option(help='Up to when: "12:00", "day 2 09:00", or a tick.')
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object last.")] = False,
    quiet: Annotated[bool, typer.Option(help="No progress bar.")] = False,
) -> None:
    """Go on with a run that was killed, interrupted, or is to be longer than it was."""
    from npcsim.assembly.runs.headless import resume_headless
    from npcsim.assembly.runs.resuming import Until

    if ticks is not None and until is not None:
        raise typer.BadParameter("say --ticks or --until, not both")
    with told():
        summary, code = asyncio.run(
            resume_headless(
                run,
                Until(ticks, until),
                progress=not quiet and sys.stderr.isatty(),
                tell=partial(typer.echo, err=True),
            )
        )
    _ended(summary, as_json)
    raise typer.Exit(code)


@app.command()
def watch(
    what: Annotated[str, typer.Argument(help="A scenario, or a run's folder or address.")],
    other: Annotated[
        str | None, typer.Argument(help="A second run, to be shown beside the first.")
    ] = None,
    shot: Annotated[Path | None, typer.Option(help="Draw one frame into this PNG.")] = None,
    at: Annotated[
        str | None, typer.Option(help='When, for --shot: "09:00"; a bare 9 is tick 9.')
    ] = None,
    select: Annotated[
        str | None, typer.Option(help="An NPC to choose, for --shot, --video and --as.")
    ] = None,
    visitor: Annotated[
        str, typer.Option("--as", help="Walk in as a visitor of that name, beside --select.")
    ] = "",
    zoom: Annotated[
        float | None, typer.Option(help="Pixels a pixel, for --shot and --video: 0.125 to 6.")
    ] = None,
    size: Annotated[
        str | None, typer.Option(help="Pixels, for --shot and --video: 960x540.")
    ] = None,
    video: Annotated[
        Path | None, typer.Option(help="Draw a film: .gif or .webp; .mp4 with npcsim[video].")
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help="Where --video begins.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Where --video ends.")] = None,
    fps: Annotated[float, typer.Option(min=1, max=50, help="Its frames a second.")] = 12.0,
    speed: Annotated[float, typer.Option(min=0.1, help="Ticks a second.")] = 4.0,
    seed: Seed = None,
    sets: Sets = None,
    out: Out = None,
    store: Store = None,
    models: Models = "on",
    local: Local = None,
    cloud: Cloud = None,
) -> None:
    """Watch a scenario live, or a run from its log, in a window; or draw a picture or a film of it.

    Of two runs, such as one and its fork, both are shown side by side, from where they part.
    """
    from npcsim.assembly.runs import branching, watching

    if other is not None and (shot is not None or video is not None):
        raise typer.BadParameter("--shot and --video draw one run, not two")
    with told():
        if other is not None and not (watching.is_run(what) and watching.is_run(other)):
            raise typer.BadParameter("side by side there can be two runs, by their folders")
        if watching.is_run(what):
            if visitor:
                raise typer.BadParameter("one walks into a scenario, not into a run that is kept")
            source: Any = watching.of_run(what)
        else:
            source = watching.of_scenario(
                find_scenario(what), overrides(seed, sets, local=local, cloud=cloud),
                out=kept_in(out, store), models=_switch(models), speed=speed,
                tell=partial(typer.echo, err=True), visitor=visitor, beside=(select or ""),
            )  # fmt: skip
        if shot is not None:
            _shot(source, shot, at, select=select, zoom=zoom, size=size_of(size))
        if video is not None:
            _film(
                source, video, since, until, speed=speed, fps=fps, select=select, zoom=zoom,
                size=size_of(size),
            )  # fmt: skip
        if shot is not None or video is not None:
            return
        from npcsim.viz.window import need_display, show

        need_display()  # before anything is run or written
        feed = source.apart()
        second = watching.of_run(other) if other is not None else None
        names = (source.shown, second.shown if second is not None else "")
        show(
            feed, title=f"npcsim · {' | '.join(filter(None, names))}", speed=speed,
            beside=second.feed() if second else None, names=names, begin_as=source.begin_as,
            forks=branching.Forks(),
        )  # fmt: skip
        _after(feed)


def _after(feed: Any) -> None:
    """What there is to say of a feed once its window is closed. Raises what ended a live run."""
    if getattr(feed, "error", None) is not None:
        raise feed.error
    if getattr(feed, "ending", ""):
        typer.echo(feed.ending)


def _shot(source: Any, path: Path, at: str | None, *, size: Any, **how: Any) -> None:
    from npcsim.viz.window import SIZE, shot

    moment = source.events(at)
    shot(moment.events, path, tick=moment.tick, size=size or SIZE, **how)
    typer.echo(f"drew {path}")


def _film(
    source: Any, path: Path, since: str | None, until: str | None, *, size: Any, **how: Any
) -> None:
    from npcsim.assembly.runs.watching import first_tick
    from npcsim.viz.film.record import SIZE, film

    moment = source.events(until)
    first = first_tick(moment, since)
    frames = film(moment.events, path, first=first, last=moment.tick, size=size or SIZE, **how)
    typer.echo(f"drew {path}, {frames} frames")


@app.command()
def validate(
    paths: Annotated[list[Path], typer.Argument(help="Scenario files, or folders of them.")],
) -> None:
    """Check scenarios and say every mistake at its file, line and column."""
    from npcsim.assembly.build import read

    with told():
        files = [
            file
            for path in paths
            for file in (
                sorted(path.glob("*.yaml")) if path.is_dir() else [find_scenario(str(path))]
            )
        ]
    if not files:
        typer.echo("npcsim: there are no .yaml files there", err=True)
        raise typer.Exit(2)
    broken = 0
    for file in files:
        try:
            built = read(file)
        except ScenarioError as error:
            broken += 1
            typer.echo(str(error))
        else:
            count = len(built.world.setting.profiles)
            typer.echo(f"{file}: fine, {count} NPC{'s' if count != 1 else ''}")
            for warning in built.warnings:
                typer.echo(f"  warning: {warning}")
    if broken:
        typer.echo(f"{broken} of {len(files)} can't be run", err=True)
        raise typer.Exit(2)


def _ability(path: Path) -> Any:
    from npcsim.bench.ability import measured

    return measured(path)


register(app, find_scenario)
register_replay(app)
register_fork(app)
register_approve(app)
register_experiments(app)
register_explain(app)
register_diff(app)
register_methods(app)
register_runs(app)
register_models(app, _ability)
register_bench(app)


def main() -> None:
    """What the `npcsim` command calls."""
    app()
