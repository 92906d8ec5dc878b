"""The command line: `npcsim run`, `report`, `replay`, `watch`, `validate`, `bench`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from npcsim.assembly.code.finding import find_scenario
from npcsim.authoring.commands import register
from npcsim.authoring.fork_command import register_fork
from npcsim.authoring.models_commands import register_models
from npcsim.errors import NpcsimError, ScenarioError
from npcsim.experiments.commands import register_experiments

app = typer.Typer(
    name="npcsim",
    help="NPCs that are state machines and agents at once.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Scenario = Annotated[str, typer.Argument(help="A scenario file, or the name of one that ships.")]
RunPath = Annotated[str, typer.Argument(help="A run's folder, as `npcsim run` printed it.")]
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
Out = Annotated[Path, typer.Option(help="Parent folder of the run's own folder.")]


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


def overrides(seed: int | None, sets: list[str] | None, **tiers: str | None) -> list[str]:
    """What the options say as `--set` would; `tiers` are models by tier."""
    named = [f"tiers.{tier}.model={json.dumps(model)}" for tier, model in tiers.items() if model]
    return [*named, *(sets or []), *([f"seed={seed}"] if seed is not None else [])]


@app.command()
def run(
    scenario: Scenario,
    ticks: Annotated[int | None, typer.Option(min=1, help="How many ticks to run.")] = None,
    seed: Seed = None,
    sets: Sets = None,
    out: Out = Path("runs"),
    models: Models = "on",
    local: Local = None,
    cloud: Cloud = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object last.")] = False,
    quiet: Annotated[bool, typer.Option(help="No progress bar.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would cost; ask nobody, keep nothing.")
    ] = False,
    part: Annotated[
        str | None, typer.Option(help='For --dry-run: live up to then, e.g. "day 1 12:00".')
    ] = None,
    lives: Annotated[int, typer.Option(min=1, help="For --dry-run: how often it is lived.")] = 3,
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
    from npcsim.report import summary_lines

    with told():
        summary, code = asyncio.run(
            run_headless(
                find_scenario(scenario),
                named,
                out=out,
                ticks=ticks,
                models=_switch(models),
                progress=not quiet and sys.stderr.isatty(),
                tell=partial(typer.echo, err=True),
            )
        )
    for line in summary_lines(summary) if not as_json else [json.dumps(summary)]:
        typer.echo(line)
    raise typer.Exit(code)


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
) -> None:
    """Tell the story of a run: who did what, and which tier decided it and why."""
    from rich.console import Console

    from npcsim import report as telling
    from npcsim.store.run_store import Run

    with told():
        log = Run.open(run)
        tell = (npc,) if npc else ()
        story = telling.story(log.events(), (kept.call for kept in log.calls()), log.summary, tell)
        if html is not None:
            try:
                html.write_text(telling.html(story), encoding="utf-8")
            except OSError as error:
                raise NpcsimError(f"can't write {html}: {error.strerror}") from error
            typer.echo(f"wrote {html}")
            return
        if costs:
            telling.print_costs(story, Console())
            return
        try:
            telling.print_story(story, Console(), npc)
        except KeyError:
            names = ", ".join(person.id for person in story.people)
            raise NpcsimError(f"the run tells of no NPC {npc!r}; it tells of {names}") from None


@app.command()
def replay(run: RunPath) -> None:
    """Live a run again from its log, no model loaded, and compare every tick's state hash."""
    from npcsim.assembly.runs.session import recorded_session
    from npcsim.replay.verify import verify
    from npcsim.store.run_store import Run

    async def again() -> None:
        log = Run.open(run)
        session = recorded_session(log)
        try:
            verdict = await verify(session.simulation, log)
        finally:
            await session.close()
            log.close()
        typer.echo(f"{verdict.ticks} ticks replayed, every state hash equal; last {verdict.hash}")

    with told():
        asyncio.run(again())


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
    from npcsim.report import summary_lines

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
    for line in summary_lines(summary) if not as_json else [json.dumps(summary)]:
        typer.echo(line)
    raise typer.Exit(code)


@app.command()
def watch(
    what: Annotated[str, typer.Argument(help="A scenario, or a run's folder.")],
    shot: Annotated[Path | None, typer.Option(help="Draw one frame into this PNG.")] = None,
    at: Annotated[
        str | None, typer.Option(help='When, for --shot: "09:00"; a bare 9 is tick 9.')
    ] = None,
    select: Annotated[str | None, typer.Option(help="An NPC to choose, for --shot.")] = None,
    zoom: Annotated[
        float | None, typer.Option(help="Pixels a pixel, for --shot: 0.125 to 6.")
    ] = None,
    speed: Annotated[float, typer.Option(min=0.1, help="Ticks a second.")] = 4.0,
    seed: Seed = None,
    sets: Sets = None,
    out: Out = Path("runs"),
    models: Models = "on",
    local: Local = None,
    cloud: Cloud = None,
) -> None:
    """Watch a scenario live, or a run from its log, in a window; or draw one frame of it."""
    from npcsim.assembly.runs import watching

    with told():
        if watching.is_run(what):
            source: Any = watching.of_run(what)
        else:
            source = watching.of_scenario(
                find_scenario(what), overrides(seed, sets, local=local, cloud=cloud), out=out,
                models=_switch(models), speed=speed, tell=partial(typer.echo, err=True),
            )  # fmt: skip
        if shot is not None:
            from npcsim.viz.window import shot as draw

            events = source.events(at)
            draw(events.events, shot, tick=events.tick, select=select, zoom=zoom)
            typer.echo(f"drew {shot}")
            return
        from npcsim.viz.window import need_display, show

        need_display()  # before anything is run or written
        feed = source.feed()
        show(feed, title=f"npcsim · {what}", speed=speed)
        if getattr(feed, "error", None) is not None:
            raise feed.error
        if getattr(feed, "ending", ""):
            typer.echo(feed.ending)


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


@app.command()
def compare_tiers(
    scenario: Scenario,
    seeds: Annotated[int, typer.Option(min=1, help="How often each way, from seed 1 on.")] = 3,
    sets: Sets = None,
    local: Local = None,
    cloud: Cloud = None,
    stand_in: Annotated[
        bool,
        typer.Option(
            help="The bundled model answers for paid ones, at their prices; or ask them.",
        ),
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Live a scenario by reflex, by the local model, as it says, and by the dearest tier alone.

    What each comes to: the scenario's measures with `every: end`, money, and how long it took.
    """
    from npcsim.bench import tiers

    with told():
        changes = overrides(None, sets, local=local, cloud=cloud)
        say = partial(typer.echo, err=True)
        tiers.main(find_scenario(scenario), seeds, changes, stand_in, as_json, say)


@app.command()
def bench(
    which: Annotated[
        str,
        typer.Argument(
            help="`reflex`, `decisions`, `choice`, `language`, `embeddings` or `memory`"
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    items: Annotated[
        Path | None, typer.Option(help="For `choice`: items of your own, one JSON object a line.")
    ] = None,
    model: Annotated[
        str, typer.Option(help="The model: a GGUF file, or a name of `npcsim models list`.")
    ] = "bundled",
    language: Annotated[str, typer.Option(help="For `language`: `en` or `ko`.")] = "en",
    npcs: Annotated[int, typer.Option(min=1, help="For `decisions`: NPCs that ask.")] = 64,
    rounds: Annotated[int, typer.Option(min=1, help="For `decisions`: rounds timed.")] = 5,
    part: Annotated[
        str, typer.Option(help="For `decisions`: `marked`, `short` or `sizes` alone.")
    ] = "",
    days: Annotated[
        int | None, typer.Option(min=2, help="For `memory`: live so many days, and nothing else.")
    ] = None,
) -> None:
    """Measure npcsim against others and against the floor, all in one run."""
    there = ("reflex", "decisions", "choice", "language", "embeddings", "memory")
    if which not in there:
        raise typer.BadParameter(f"there is no bench {which!r}; there are: {', '.join(there)}")
    with told():
        from npcsim.bench import choice, decisions, embeddings, memory, reflex
        from npcsim.bench import language as languages

        if which == "memory":
            raise typer.Exit(memory.main(as_json, days or 0))
        if which == "embeddings":
            raise typer.Exit(embeddings.main(as_json))
        if which == "language":
            raise typer.Exit(languages.main(model, language, as_json))
        if which == "decisions":
            if part and part not in decisions.PARTS:
                known = ", ".join(decisions.PARTS)
                raise typer.BadParameter(f"there is no part {part!r}; there are: {known}")
            raise typer.Exit(decisions.main(model, npcs, rounds, as_json, part))
        if which == "choice":
            raise typer.Exit(choice.main(model, items, as_json))
        raise typer.Exit(reflex.main(as_json))


def _ability(path: Path) -> Any:
    from npcsim.bench.ability import measured

    return measured(path)


register(app, find_scenario)
register_fork(app)
register_experiments(app)
register_models(app, _ability)


def main() -> None:
    """What the `npcsim` command calls."""
    app()
