"""The author's commands: `npcsim schema`, `try`, `new`, `doctor`, `ask` and `talk`.

What they do is imported when one is called: `npcsim --help` stays quick.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from npcsim.authoring.talk_commands import register_talk
from npcsim.errors import NpcsimError
from npcsim.options import AsJson, Models, Sets, told

Find = Callable[[str], Path]
DEFAULT_SCENARIO = "03_village_morning"


def register(app: typer.Typer, find: Find) -> None:
    """Add the author's commands to the command line. `find` gives a scenario's file by name."""
    app.command()(schema)
    _register_try(app, find)
    _register_new(app, find)
    _register_doctor(app, find)
    register_talk(app, find)


def _register_try(app: typer.Typer, find: Find) -> None:
    @app.command("try")
    def try_(
        tools: Annotated[Path, typer.Argument(help="A tools.py.")],
        tool: Annotated[str, typer.Argument(help="The tool to try, of it or of the world.")],
        scenario: Annotated[
            str | None, typer.Argument(help="A scenario; the one that lies here if left out.")
        ] = None,
        npc: Annotated[str, typer.Option(help="Who tries it.")] = "",
        at: Annotated[str | None, typer.Option(help='When: "09:00"; a bare 9 is tick 9.')] = None,
        sets: Sets = None,
        models: Models = "on",
        outside: Annotated[
            bool, typer.Option("--outside", help="Call what tools reach out to, once.")
        ] = False,
    ) -> None:
        """Try a tool: its legal calls, their effects and scores, and why it is chosen or not."""
        from npcsim.authoring import verdict
        from npcsim.authoring.trying import try_tool
        from npcsim.tools.binding import ToolBroke

        if models not in ("on", "off"):
            raise typer.BadParameter("--models is on or off")
        with told():
            file = find(scenario) if scenario else beside(tools) or find(DEFAULT_SCENARIO)
            if not npc:
                raise NpcsimError("who tries it? Say --npc NAME")
            try:
                trial = asyncio.run(
                    try_tool(
                        tools, tool, npc, file, at=at, overrides=sets or [], models=models == "on",
                        outside=outside,
                    )
                )  # fmt: skip
            except ToolBroke as broke:
                raise NpcsimError(f"{_where(broke.at, tools)}{broke}") from None
        for line in verdict.told(trial):
            typer.echo(line)


def _register_new(app: typer.Typer, find: Find) -> None:
    @app.command()
    def new(
        name: Annotated[str, typer.Argument(help="The project's name, or the folder to make.")],
        source: Annotated[
            str, typer.Option("--from", help="Copy a world that ships, e.g. oakvale.")
        ] = "",
    ) -> None:
        """Make a project of your own: a scenario, a world, tools and a test that passes."""
        from npcsim.authoring.scaffold import BEGIN_WITH, new_project

        with told():
            folders = [find(BEGIN_WITH[source]).parent] if source in BEGIN_WITH else []
            project = new_project(name, source, folders)
        typer.echo(f"made {project.folder}, {len(project.files)} files. Next:")
        for line in project.next:
            typer.echo(f"  {line}")


def _register_doctor(app: typer.Typer, find: Find) -> None:
    @app.command()
    def doctor(
        scenario: Annotated[
            str, typer.Argument(help="The scenario whose tiers are asked.")
        ] = DEFAULT_SCENARIO,
        quick: Annotated[bool, typer.Option(help="Ask no model anything.")] = False,
        as_json: AsJson = False,
    ) -> None:
        """Look at this machine: what npcsim needs, what is there, and what each tier answers."""
        from npcsim.authoring import doctor as looking

        with told():
            checks = looking.examine(find(scenario), quick=quick)
        lines = [json.dumps(looking.as_json(checks))] if as_json else looking.told(checks)
        for line in lines:
            typer.echo(line)
        raise typer.Exit(0 if looking.verdict(checks)[0] else 1)


def beside(tools: Path) -> Path | None:
    """The one scenario that lies here, or in the project a tools.py belongs to; None if none.

    Raises NpcsimError when there are several.
    """
    for folder in (Path(), tools.parent, *list(tools.absolute().parents)[1:3]):
        found = [
            file for file in sorted(folder.glob("*.yaml"))
            if re.search(r"^scenario:", file.read_text(encoding="utf-8", errors="replace"), re.M)
        ]  # fmt: skip
        if len(found) > 1:
            names = ", ".join(str(file) for file in found)
            raise NpcsimError(f"which scenario? There are {names}")
        if found:
            return found[0]
    return None


def _where(at: str, tools: Path) -> str:
    """The line that broke, in the file as it was named; `at` has the name of the file alone."""
    name, _, line = at.rpartition(":")
    return f"{tools if name == tools.name else name}:{line}: " if line else ""


def schema(
    out: Annotated[Path | None, typer.Option(help="Write it here instead of printing it.")] = None,
) -> None:
    """Print the JSON Schema of scenario files, for editors that complete and underline YAML."""
    from npcsim.authoring.schema_export import scenario_schema_text

    if out is None:
        typer.echo(scenario_schema_text(), nl=False)
        return
    with told():
        try:
            out.write_text(scenario_schema_text(), encoding="utf-8")
        except OSError as error:
            raise NpcsimError(f"can't write {out}: {error.strerror}") from None
    typer.echo(f"wrote {out}")
