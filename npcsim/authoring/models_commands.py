"""`npcsim models list`, `check`, `prepare` and `plan`.

What they do is imported when one is called: `npcsim --help` stays quick.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from npcsim.options import AsJson, told

File = Annotated[str, typer.Argument(help="A GGUF file, or a name as `list` shows it.")]


def register_models(app: typer.Typer, measure: Callable[[Path], Any]) -> None:
    """Add `npcsim models …` to the command line. `measure` finds out what a file can do."""
    models = typer.Typer(
        help="Model files: which there are, what they can do, how many NPCs fit.",
        no_args_is_help=True,
    )
    app.add_typer(models, name="models")
    models.command("list")(list_)
    models.command()(prepare)
    models.command()(plan)

    @models.command()
    def check(
        model: File = "bundled",
        measuring: Annotated[
            bool,
            typer.Option("--measure/--no-measure", help="Measure what it can do, if nobody has."),
        ] = True,
        again: Annotated[bool, typer.Option(help="Measure even what is known.")] = False,
        as_json: AsJson = False,
    ) -> None:
        """What a model file is, and what the model can do: measured once, then remembered."""
        from npcsim.authoring import models as looking

        with told():
            one = looking.check(model, measure if measuring else None, again=again and measuring)
            _say(looking.check_lines(one), looking.check_json(one) if as_json else None)
        raise typer.Exit(1 if one.why_not else 0)


def list_(as_json: AsJson = False) -> None:
    """The model files on this machine, those of Ollama, LM Studio and Hugging Face too."""
    from npcsim.authoring import models as looking

    with told():
        rows = looking.listed()
    typer.echo(looking.as_json(rows) if as_json else "\n".join(looking.list_lines(rows)))


def prepare() -> None:
    """Make a faster copy (Q8_0) of the bundled model; `bundled` then means that, and says so."""
    from npcsim.authoring import models as looking

    with told():
        path, made = looking.prepare()
    typer.echo(f"{'made' if made else 'there already:'} {path}")
    typer.echo(
        "Scenarios that say `bundled` use it from now on, and their runs record that; "
        "`bundled-q4_1` is the file as shipped."
    )


def plan(
    model: File = "bundled",
    memory: Annotated[str, typer.Option(help="RAM or VRAM for the model, e.g. `8GB`.")] = "8GB",
    context: Annotated[
        int, typer.Option(min=16, max=1_000_000, help="Tokens a sequence holds.")
    ] = 2048,
    as_json: AsJson = False,
) -> None:
    """How many NPC sequences fit in a given memory, by quantisation, with the arithmetic."""
    from dataclasses import asdict

    from npcsim.inference.gguf import read_gguf
    from npcsim.models.library import names, room

    with told():
        try:
            size = room.parse_memory(memory)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--memory") from None
        found = room.plan(read_gguf(names.named(model).path), size, context)
        _say(room.lines(found), asdict(found) if as_json else None)


def _say(lines: Iterable[str], data: dict[str, Any] | None) -> None:
    for line in lines if data is None else [json.dumps(data)]:
        typer.echo(line)
