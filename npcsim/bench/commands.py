"""The commands `npcsim bench` and `npcsim compare-tiers`. What they do is imported when called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from npcsim.assembly.code.finding import find_scenario
from npcsim.options import AsJson, Cloud, Local, Scenario, Sets, overrides, told


def register_bench(app: typer.Typer) -> None:
    """Add the commands to the app."""
    app.command()(compare_tiers)
    benches = typer.Typer(
        help="Measure npcsim against others and against the floor, all in one run.",
        no_args_is_help=True,
    )
    for bench in BENCHES:
        benches.command()(bench)
    app.add_typer(benches, name="bench")


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
    way: Annotated[
        list[str] | None,
        typer.Option(help="`reflex`, `local`, `hybrid` or `cloud` alone; repeatable."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Live a scenario by reflex, by the local model, as it says, and by the dearest tier alone.

    What each comes to: the scenario's measures with `every: end`, money, and how long it took.
    """
    from npcsim.bench import tiers

    for name in way or ():
        if name not in tiers.WAYS:
            known = ", ".join(tiers.WAYS)
            raise typer.BadParameter(f"there is no way {name!r}; there are: {known}")
    with told():
        changes = overrides(None, sets, local=local, cloud=cloud)
        say = partial(typer.echo, err=True)
        tiers.main(
            find_scenario(scenario), seeds, changes, way or tiers.WAYS, stand_in, as_json, say
        )


Named = Annotated[
    str, typer.Option(help="The model: a GGUF file, or a name of `npcsim models list`.")
]


def reflex(as_json: AsJson = False) -> None:
    """The reflex tick beside Mesa and beside a bare NumPy loop."""
    from npcsim.bench import reflex as room

    _ends(room.main, as_json)


def decisions(
    model: Named = "bundled",
    npcs: Annotated[int, typer.Option(min=1, help="NPCs that ask.")] = 64,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds timed.")] = 5,
    part: Annotated[str, typer.Option(help="`marked`, `short` or `sizes` alone.")] = "",
    as_json: AsJson = False,
) -> None:
    """Small decisions: the engine beside llama-cpp-python, a server, and the ceiling."""
    from npcsim.bench import decisions as room

    _known(part, room.PARTS)
    _ends(room.main, model, npcs, rounds, as_json, part)


def choice(
    items: Annotated[
        Path | None, typer.Option(help="Items of your own, one JSON object a line.")
    ] = None,
    model: Named = "bundled",
    as_json: AsJson = False,
) -> None:
    """How sensibly a model chooses, by every way of asking it."""
    from npcsim.bench import choice as room

    _ends(room.main, model, items, as_json)


def language(
    model: Named = "bundled",
    language: Annotated[str, typer.Option(help="`en` or `ko`.")] = "en",
    as_json: AsJson = False,
) -> None:
    """Whether a model chooses and writes in a language."""
    from npcsim.bench import language as room

    _ends(room.main, model, language, as_json)


def embeddings(as_json: AsJson = False) -> None:
    """The bundled embeddings: how well and how fast."""
    from npcsim.bench import embeddings as room

    _ends(room.main, as_json)


def memory(
    days: Annotated[
        int | None, typer.Option(min=2, help="Live so many days, and nothing else.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Recall beside the loop of Generative Agents: the same, how fast, how well."""
    from npcsim.bench import memory as room

    _ends(room.main, as_json, days or 0)


def sweep(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds timed.")] = 3,
    part: Annotated[str, typer.Option(help="`apart` or `together` alone.")] = "",
    as_json: AsJson = False,
) -> None:
    """Many runs in several processes, and on one engine, beside one after another."""
    from npcsim.bench import sweeps as room

    _known(part, room.PARTS)
    _ends(room.main, as_json, rounds, part)


def seek(
    ticks: Annotated[int, typer.Option(min=1, help="How long a run.")] = 100_000,
    kept: Annotated[Path | None, typer.Option("--run", help="A run there is already.")] = None,
    as_json: AsJson = False,
) -> None:
    """How long it takes to open a long run at any tick."""
    from npcsim.bench import keeping as room

    _ends(room.main, "seek", as_json, ticks, kept)


def scrub(
    ticks: Annotated[int, typer.Option(min=1, help="How long a run.")] = 100_000,
    kept: Annotated[Path | None, typer.Option("--run", help="A run there is already.")] = None,
    as_json: AsJson = False,
) -> None:
    """How long it takes the window to show any tick of a long run."""
    from npcsim.bench import scrubbing as room

    _ends(room.main, as_json, ticks, kept)


def log(
    store: Annotated[
        str | None, typer.Option(help="A PostgreSQL server's URL, or `store:`: measured beside.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What keeping a run costs."""
    from npcsim.bench import keeping as room

    _ends(partial(room.main, store=store), "log", as_json)


def replay(
    ticks: Annotated[int, typer.Option(min=1, help="How long each run.")] = 1_000,
    as_json: AsJson = False,
) -> None:
    """Runs with the live local model, each lived again from its log: how much quicker."""
    from npcsim.bench import replaying as room

    _ends(room.main, as_json, ticks)


def frames(
    npcs: Annotated[int, typer.Option(min=1, help="How many are drawn.")] = 500,
    frames: Annotated[int, typer.Option(min=20, help="How many frames are timed.")] = 600,
    zoom: Annotated[
        float | None, typer.Option(help="Pixels a pixel: 1, from 1000 NPCs on 0.5.")
    ] = None,
    beside: Annotated[
        bool, typer.Option(help="Live the crowd meanwhile, with the local tier thinking.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """How fast the window draws a crowd, beside a bare blit of the same map and sprites."""
    from npcsim.bench import frames as room

    _ends(room.main, as_json, npcs, frames, beside, zoom)


BENCHES = (
    reflex,
    decisions,
    choice,
    language,
    embeddings,
    memory,
    sweep,
    seek,
    log,
    replay,
    frames,
    scrub,
)


def _ends(main: Callable[..., int], *given: object) -> None:
    """Measure, print, and end the command with what `main` says."""
    with told():
        raise typer.Exit(main(*given))


def _known(part: str, parts: Sequence[str]) -> None:
    if part and part not in parts:
        raise typer.BadParameter(f"there is no part {part!r}; there are: {', '.join(parts)}")
