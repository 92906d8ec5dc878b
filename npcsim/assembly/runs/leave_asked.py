"""What waits for leave in a run, read out of its log; and answers to it from another program."""

from __future__ import annotations

import time
from collections.abc import Mapping

from npcsim import events as ev
from npcsim.assembly.runs.posting import EVERY_S, PATIENCE_S, deliver
from npcsim.errors import NpcsimError
from npcsim.scenario.spelling import nearest
from npcsim.store.run_store import Run

KINDS = ("ApprovalAsked", "ApprovalEnded", "Fell")
SOURCE = "cli"


def waiting(run: Run) -> dict[str, ev.ApprovalAsked]:
    """What waits for leave at the end of the log as it is now, by NPC."""
    found: dict[str, ev.ApprovalAsked] = {}
    for event in run.events(kinds=KINDS):
        if isinstance(event, ev.ApprovalAsked):
            found[event.npc] = event
        elif isinstance(event, ev.ApprovalEnded | ev.Fell):
            found.pop(event.npc, None)
    return found


def answered(
    run: Run, npc: str, answer: str, source: str = SOURCE, patience: float = PATIENCE_S
) -> ev.ApprovalEnded:
    """Answer for an NPC of a run in progress, and wait for what the run makes of it.

    npc: its id or name, in any case. answer: yes, no, an option in its words, or a call. Raises
    NpcsimError where nothing waits, the run does not take it in time, or says what is wrong.
    """
    if run.state != "running":
        raise NpcsimError(f"{run.shown} is over: nobody can answer any more; fork it instead")
    waits = waiting(run)
    asked = waits.get(_id(run, npc, waits))
    if asked is None:
        raise NpcsimError(f"{npc} asks for no leave now{_others(waits)}")
    entry = {"approve": asked.npc, "answer": answer, "asked": asked.text, "source": source}
    deliver(run, entry, patience)
    until = time.monotonic() + patience
    while time.monotonic() < until:
        for event in run.events("ApprovalEnded", start=asked.tick + 1):
            if isinstance(event, ev.ApprovalEnded) and event.npc == asked.npc:
                return event
        time.sleep(EVERY_S)
    raise NpcsimError(f"{run.shown} took the answer, and has not come to its next tick")


def _id(run: Run, npc: str, waits: Mapping[str, ev.ApprovalAsked]) -> str:
    cast = run.started.cast
    ids = [one.id for one in cast if npc.casefold() in (one.id.casefold(), one.name.casefold())]
    if not ids:
        hint = nearest(npc, [one.id for one in cast])
        raise NpcsimError(f"nobody is called {npc!r}" + (f"; {hint}" if hint else ""))
    exact = [id for id in ids if id == npc] or [id for id in ids if id in waits] or ids
    return exact[0]


def _others(waits: Mapping[str, ev.ApprovalAsked]) -> str:
    return f"; who does: {', '.join(waits)}" if waits else "; nobody does"
