"""The commands `npcsim bench` and `npcsim compare-tiers`. What they do is imported when called."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from npcsim.assembly.code.finding import find_scenario
from npcsim.options import AsJson, Cloud, Local, Scenario, Sets, overrides, told


def register_bench(app: typer.Typer) -> None:
    """Add the commands to the app."""
    app.command()(compare_tiers)
    app.command()(bench)


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
    as_json: AsJson = False,
) -> None:
    """Live a scenario by reflex, by the local model, as it says, and by the dearest tier alone.

    What each comes to: the scenario's measures with `every: end`, money, and how long it took.
    """
    from npcsim.bench import tiers

    with told():
        changes = overrides(None, sets, local=local, cloud=cloud)
        say = partial(typer.echo, err=True)
        tiers.main(find_scenario(scenario), seeds, changes, stand_in, as_json, say)


def bench(
    which: Annotated[
        str,
        typer.Argument(
            help="`reflex`, `decisions`, `choice`, `language`, `embeddings`, `memory`, `sweep`, "
            "`seek` or `log`"
        ),
    ],
    as_json: AsJson = False,
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
    ticks: Annotated[int, typer.Option(min=1, help="For `seek`: how long a run.")] = 100_000,
    kept: Annotated[
        Path | None, typer.Option("--run", help="For `seek`: a run there is already.")
    ] = None,
) -> None:
    """Measure npcsim against others and against the floor, all in one run."""
    there = (
        "reflex", "decisions", "choice", "language", "embeddings", "memory", "sweep", "seek", "log",
    )  # fmt: skip
    if which not in there:
        raise typer.BadParameter(f"there is no bench {which!r}; there are: {', '.join(there)}")
    with told():
        from npcsim.bench import choice, decisions, embeddings, keeping, memory, reflex, sweeps
        from npcsim.bench import language as languages

        if which in ("seek", "log"):
            raise typer.Exit(keeping.main(which, as_json, ticks, kept))
        if which == "sweep":
            raise typer.Exit(sweeps.main(as_json))
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
