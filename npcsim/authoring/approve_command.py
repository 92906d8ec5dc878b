"""The command `npcsim approve`: what waits for leave in a run in progress, and answers to it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from npcsim.options import AsJson, RunPath, told

if TYPE_CHECKING:
    from npcsim import events as ev
    from npcsim.store.run_store import Run

LOOKS_S = 0.5
RULES = {"allow": "allowed", "refuse": "refused"}


def register_approve(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(approve)


def approve(
    run: RunPath,
    npc: Annotated[str | None, typer.Argument(help="For whom; nobody: tell what waits.")] = None,
    answer: Annotated[
        str | None,
        typer.Argument(help='`yes`, `no`, or what to do instead: "wait a while", "go_to(inn)".'),
    ] = None,
    ask: Annotated[
        bool, typer.Option("--ask", help="Stay, and ask you for each that comes to wait.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Tell what waits for leave in a run in progress, or answer it."""
    from npcsim.assembly.runs.leave_asked import answered, waiting
    from npcsim.store.run_store import Run

    if (npc is None) != (answer is None):
        raise typer.BadParameter("say whom you answer and what: npcsim approve RUN Bran yes")
    with told(), Run.open(run) as log:
        if npc is not None and answer is not None:
            _tell(answered(log, npc, answer), as_json)
            return
        if ask:
            _asking(log)
            return
        waits = waiting(log)
        if as_json:
            typer.echo(json.dumps({"waits": [asdict(one) for one in waits.values()]}))
            return
        for line in _lines(log, waits) if waits else ["Nothing waits for leave."]:
            typer.echo(line)


def _tell(ended: ev.ApprovalEnded, as_json: bool) -> None:
    line = f"{ended.verdict} by {ended.by} at tick {ended.tick}: {ended.npc}, {ended.text}"
    typer.echo(json.dumps(asdict(ended)) if as_json else line)


def _asking(run: Run) -> None:
    """Ask for each that comes to wait, until the run is over."""
    from npcsim.assembly.runs.leave_asked import answered, waiting
    from npcsim.errors import NpcsimError

    passed: set[tuple[str, int]] = set()
    while run.state == "running":
        waits = {
            npc: one for npc, one in waiting(run).items() if (npc, one.tick) not in passed
        }  # fmt: skip
        for npc, one in waits.items():
            for line in _lines(run, {npc: one})[:-1]:
                typer.echo(line)
            text = typer.prompt("yes, no, or what instead (- for later)", default="-")
            if text == "-":
                passed.add((npc, one.tick))
                continue
            try:
                _tell(answered(run, npc, text), False)
            except NpcsimError as error:
                typer.echo(f"npcsim: {error}", err=True)
        time.sleep(LOOKS_S)


def _lines(run: Run, waits: dict[str, Any]) -> list[str]:
    return [line for one in waits.values() for line in _of(run, one)]


def _of(run: Run, one: ev.ApprovalAsked) -> Iterator[str]:
    from npcsim.scenario.units import clock_text

    began = run.started
    name = next((cast.name for cast in began.cast if cast.id == one.npc), one.npc)
    due = clock_text(began.start_ms + one.due * began.tick_ms)
    yield f"{name} wants to {one.text}"
    if one.alternatives:
        yield f"  instead of: {'; '.join(one.alternatives)}"
    yield f"  asked at tick {one.tick}; at {due} (tick {one.due}) it is {RULES[one.otherwise]}"
    yield f"  npcsim approve {run.shown} {one.npc} yes"
