"""Inputs for a run in progress from another program: left as notes beside its log, taken from there.

A run's log has one writer. Whoever else wants something of a run that goes on leaves a note; the
run looks for notes now and then, puts what they say in as any input, and answers with a note.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from npcsim.errors import NpcsimError, StoreError
from npcsim.sim.loop import Simulation
from npcsim.store.run_store import Run

POST, REPLY = "post", "reply"
EVERY_S = 0.3
"""How long, in real seconds, until a run looks for notes again, and whoever left one for its reply."""
PATIENCE_S = 10.0
CODE = ("tools", "change")
"""Inputs that are code, or name files: whoever can write beside a run may not have it run those."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A note that was left, by its mark, and the run it was left for."""

    run: Run
    mark: str
    text: str

    def reply(self) -> str | None:
        """What the run answered: nothing (""), where it took it, or what is wrong with it.
        None while there is no answer."""
        for text in self.run.notes(REPLY):
            told = json.loads(text)
            if told["mark"] == self.mark:
                self.run.note(REPLY, drop=text)
                return str(told["wrong"])
        return None

    def drop(self) -> None:
        """Take it back."""
        self.run.note(POST, drop=self.text)


def post(run: Run, entry: Mapping[str, Any]) -> Posted:
    """Leave an input for a run in progress. Raises NpcsimError for a run that is over, StoreError."""
    if run.state != "running":
        raise NpcsimError(f"{run.shown} is over: nothing can be put in any more; fork it instead")
    mark = f"{os.getpid()}-{time.monotonic_ns()}"
    text = json.dumps({"mark": mark, "entry": dict(entry)}, ensure_ascii=False)
    run.note(POST, add=text)
    return Posted(run, mark, text)


def deliver(run: Run, entry: Mapping[str, Any], patience: float = PATIENCE_S) -> None:
    """Leave an input and wait until the run has taken it.

    Raises NpcsimError with what is wrong with it, or where nobody takes it in time.
    """
    posted, until = post(run, entry), time.monotonic() + patience
    while (wrong := posted.reply()) is None:
        if time.monotonic() > until:
            posted.drop()
            if (wrong := posted.reply()) is not None:
                break  # it was taken just then
            raise NpcsimError(
                f"{run.shown} took nothing in {patience:.0f} s: only a run that is paced looks for "
                "inputs (`npcsim watch SCENARIO`, `npcsim run --speed`), or it was cut off"
            )
        time.sleep(EVERY_S)
    if wrong:
        raise NpcsimError(wrong)


class Mailbox:
    """Takes what is left for a run in progress, for as long as `run` is awaited."""

    def __init__(self, path: str, simulation: Simulation) -> None:
        self._path, self._simulation = path, simulation
        # What was taken, and the reply to it: a note that could not be answered is not taken twice.
        self._taken: dict[str, str] = {}

    async def run(self) -> None:
        """Look until cancelled. A log that can't be read for a moment is looked at again."""
        while self._path:
            await asyncio.sleep(EVERY_S)
            with suppress(StoreError):
                await self._look()

    async def _look(self) -> None:
        found = await asyncio.to_thread(_left, self._path)
        self._taken = {text: told for text, told in self._taken.items() if text in found}
        for text in found:
            if text not in self._taken:
                self._taken[text] = json.dumps(self._take(text))
        if found:
            await asyncio.to_thread(_answer, self._path, dict(self._taken))

    def _take(self, text: str) -> dict[str, str]:
        """Put in what a note says. -> the reply to it"""
        mark = ""
        try:
            told = json.loads(text)
            mark, entry = str(told["mark"]), dict(told["entry"])
            if not entry.keys().isdisjoint(CODE):
                raise ValueError("tools and scenarios are not taken from another program")
            self._simulation.put(entry)
        except (ValueError, KeyError, TypeError, NpcsimError) as error:
            return {"mark": mark, "wrong": str(error) or "the note can't be read"}
        return {"mark": mark, "wrong": ""}


def _left(path: str) -> tuple[str, ...]:
    with Run.open(path) as run:
        return run.notes(POST)


def _answer(path: str, told: Mapping[str, str]) -> None:
    with Run.open(path) as run:
        for text, reply in told.items():
            if reply not in run.notes(REPLY):
                run.note(REPLY, add=reply)
            run.note(POST, drop=text)
