"""Forks made beside a window: each is lived in a process of its own, and watched meanwhile."""

from __future__ import annotations

import json
import multiprocessing
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from npcsim.assembly.code.recipe import Recipe
from npcsim.assembly.folk.people import ids_of, lineage
from npcsim.assembly.runs.feeds import LogFeed
from npcsim.assembly.runs.forking import Changes
from npcsim.assembly.runs.process.feed import DIED
from npcsim.assembly.runs.process.forked import PATIENCE_S, fork
from npcsim.assembly.runs.resuming import Until
from npcsim.scenario.schema import Definition
from npcsim.store.run_store import Run

LONGEST = 60  # characters of a value that are told


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
        self._told: Mapping[str, Any] = {}
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=fork, args=(parent, at, until, changes, theirs), name="npcsim-fork",
            daemon=True,  # its pipe tells it to end; this is for a program that never waits for it
        )  # fmt: skip
        self._process.start()
        theirs.close()
        self._reading = threading.Thread(target=self._read, name="npcsim-fork", daemon=True)
        self._reading.start()

    @property
    def told(self) -> str:
        """How many answers were reused and asked so far, by whom, at what cost."""
        told = self._told
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
        """Have it end after the tick under way; one that waits for a model is cut off."""
        with suppress(OSError):  # it is over
            self._pipe.send("close")

    def wait(self) -> None:
        """Wait until a fork that was told to stop has ended."""
        self._process.join(2 * PATIENCE_S)
        if self._process.is_alive():  # in code that never gives way
            self._process.kill()
        self._reading.join()

    def _read(self) -> None:
        """In a thread of its own, until the other side is done."""
        ended = False
        with suppress(EOFError, OSError):
            while not ended:
                match self._pipe.recv():
                    case ("begun", path, name, end):
                        self.end, self.name, self.path = end, name, path
                    case ("tick", number, told):
                        self.tick, self._told = number, told
                    case ("end", error):
                        self.error, ended = error, True
        self._process.join()
        if not ended:
            self.error = DIED.format(code=self._process.exitcode)
        self.done = True
        self._pipe.close()


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
