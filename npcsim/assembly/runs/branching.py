"""Forks made beside a window: each is lived in a thread of its own, and can be watched meanwhile."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npcsim.assembly.code.recipe import Recipe
from npcsim.assembly.folk.people import ids_of, lineage
from npcsim.assembly.runs.feeds import LogFeed
from npcsim.assembly.runs.forking import Changes, forked_session
from npcsim.assembly.runs.headless import STOPPED, to_the_end
from npcsim.assembly.runs.resuming import Until
from npcsim.assembly.runs.session import Session
from npcsim.errors import NpcsimError
from npcsim.scenario.schema import Definition
from npcsim.sim.loop import Tick
from npcsim.store.addresses import address, is_address
from npcsim.store.run_store import Run

LONGEST = 60  # characters of a value that are told
PATIENCE_S = 3.0
"""How long, in real seconds, a fork that is told to stop may take over its tick."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the scenario that a fork can change: as `--set` names it, and what it is."""

    path: str
    now: str


class Branch:
    """One fork under way. All of it may be read from any thread.

    `path` opens its run as soon as its own part begins, `tick` is how far it is, `end` where it
    ends (0: nobody knows). `error` says why it came to nothing, `done` that it is over.
    """

    def __init__(self, parent: str, at: int, until: Until, changes: Changes) -> None:
        self.at, self.tick, self.end = at, at, 0
        self.path, self.name, self.error = "", "", ""
        self.done = False
        self._session: Session | None = None
        self._stopped = False
        self._told: Mapping[str, Any] = {}
        self._parent, self._until, self._changes = parent, until, changes
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="npcsim-fork", daemon=True)
        self._thread.start()

    @property
    def told(self) -> str:
        """How many answers were reused and asked so far, by whom, at what cost."""
        reuse = self._session.reuse if self._session is not None else None
        told: Mapping[str, Any] = self._told or (reuse.summary() if reuse is not None else {})
        if not told:
            return ""
        who = ", ".join(f"{npc} {count}" for npc, count in list(told["asked_by"].items())[:6])
        asked = f"{told['asked']} asked for ${told['asked_usd']:.4f}"
        return f"{told['reused']} answers reused ({told['share']:.1%}), {asked}" + (
            f" ({who})" if who else ""
        )

    def feed(self) -> LogFeed:
        """Its log as a window reads it. Only once `path` is known."""
        return LogFeed(Run.open(self.path))

    def stop(self) -> None:
        """End it after the tick under way; one that waits for a model is cut off."""
        self._stopped = True
        self._thread.join(PATIENCE_S)
        task = self._task
        if self._thread.is_alive() and task is not None:
            with suppress(RuntimeError):  # it has just come to its end
                self._loop.call_soon_threadsafe(task.cancel)
            self._thread.join(PATIENCE_S)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._task = self._loop.create_task(self._live())
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            self.error = "it was stopped"
        except (NpcsimError, ValueError) as error:
            self.error = str(error)
        except Exception as error:  # a thread has nobody else to tell
            self.error = f"{type(error).__name__}: {error}"
        finally:
            self.done = True
            self._loop.close()

    async def _live(self) -> None:
        out: Path | str = Path(self._parent).resolve().parent
        if is_address(self._parent):
            out = address(self._parent).path
        session = await forked_session(self._parent, self.at, out, self._until, self._changes)
        self._session, self.end = session, session.simulation.end_tick
        self.name = session.simulation.started.run
        self.path = session.path

        def show(tick: Tick) -> None:
            self.tick = tick.number
            if self._stopped:
                session.simulation.stop(STOPPED)

        summary = await to_the_end(session, show)
        self._told = summary["fork"]


class Forks:
    """Makes forks of runs, each kept beside its parent."""

    def begin(
        self, run: Run, at: int, values: Sequence[str], inputs: Sequence[Mapping[str, Any]]
    ) -> Branch:
        """Fork a run from the end of tick `at`, with changes as `npcsim.fork` takes them.

        It goes on as far as a run that is over went, else to the end that is meant. What is wrong
        with the changes is told by the branch.
        """
        last = run.last_tick
        ends = run.state != "running" and at < last
        until = Until(ticks=last - at) if ends else Until()
        return Branch(run.path, at, until, Changes(tuple(values), tuple(inputs)))

    def values(self, run: Run, npc: str) -> list[Value]:
        """What the run's scenario says of an NPC, and of what it may decide, that can be changed."""
        definition = Recipe.from_bytes(run.bundle).parsed
        return [*_of_npc(definition, npc), *_of_all(definition)]


def _of_npc(definition: Definition, npc: str) -> list[Value]:
    found = next((one for one in definition.npcs.items() if npc in ids_of(*one)), None)
    if found is None:
        return []
    key, part = found
    above = [part, *(one for _, one in lineage(definition, part))]
    texts = [("goal", part.goal), ("persona", next((p.persona for p in above if p.persona), ""))]
    numbers: dict[str, Any] = {}
    for one in reversed(above):
        numbers |= one.traits
    plain = [(f"traits.{name}", value) for name, value in numbers.items()]
    return [Value(f"npcs.{key}.{name}", _told(value)) for name, value in [*texts, *plain]]


def _of_all(definition: Definition) -> list[Value]:
    plans = [(f"plans.{name}.worth", plan.worth) for name, plan in definition.plans.items()]
    return [Value(path, _told(value)) for path, value in [("temper", definition.temper), *plans]]


def _told(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
