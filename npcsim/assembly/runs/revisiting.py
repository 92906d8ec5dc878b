"""A visit that begins where an earlier one of the same scenario had come to: its past is taken over.

A visitor is somebody more in the world, so only a run that had one can be gone on with; and only from
a tick up to which that visitor had done nothing yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from npcsim import events as ev
from npcsim.assembly.build import Built
from npcsim.assembly.runs.forking import Changes, forked_session
from npcsim.assembly.runs.visiting import PLAYER, Visit
from npcsim.errors import NpcsimError
from npcsim.messages import Model
from npcsim.store.addresses import is_address
from npcsim.store.run_store import Run

MOST = 20
"""So many of the newest runs are looked at."""


def earlier(out: Path | str, built: Built, tick: int, *, models: bool) -> str:
    """The newest run in a folder that can be gone on with from a tick; empty where there is none.

    models: whether it is to be one in which models were asked. In a database none is looked for.
    """
    if is_address(str(out)):
        return ""
    bundle = built.recipe.to_bytes()
    for folder in _newest(Path(out), built.world.setting.scenario):
        try:
            with Run.open(folder) as run:
                if run.bundle == bundle and bool(run.started.models) == models:
                    if run.last_tick > tick and not _touched(run, tick):
                        return str(folder)
        except NpcsimError:  # damaged, or still being written: not one to begin with
            continue
    return ""


async def revisiting(
    path: str, npc: str, tick: int, *, models: Mapping[str, Model] | None, out: Path | str
) -> Visit:
    """Go on from a tick of an earlier visit, as a run of its own under `out`.

    Raises what `forked_session` does.
    """
    changes = Changes(models=models, alone=True)
    return Visit(await forked_session(path, tick, out, changes=changes), npc)


def _newest(out: Path, scenario: str) -> Iterator[Path]:
    if out.is_dir():
        found = [one for one in out.iterdir() if one.is_dir() and one.name.startswith(scenario)]
        yield from sorted(found, key=lambda one: one.stat().st_mtime, reverse=True)[:MOST]


def _touched(run: Run, tick: int) -> bool:
    """Whether a player did anything up to a tick."""
    given = run.events("Given", stop=tick + 1)
    return any(isinstance(event, ev.Given) and event.source == PLAYER for event in given)
