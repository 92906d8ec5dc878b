"""State machines: one step of a whole population."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from npcsim.effects import Shift
from npcsim.reflex.guards import Guard, holds
from npcsim.reflex.senses import Rows, Senses
from npcsim.scenario.units import Call

TAKEN = 255  # in place of the state of one that has taken its transition; no machine has so many


@dataclass(frozen=True, slots=True)
class State:
    """One state: its name, what the body does in it, and whether the mind is free meanwhile."""

    name: str
    do: Call | None
    free: bool
    think: bool


@dataclass(frozen=True, slots=True)
class Transition:
    """From any of the `sources` (state numbers) to `target` when `guard` holds; None: always."""

    sources: frozenset[int]
    target: int
    guard: Guard | None
    text: str


@dataclass(frozen=True, slots=True)
class Machine:
    """A behaviour. Transitions are tried in order of writing; the first that holds is taken."""

    number: int
    name: str
    states: tuple[State, ...]
    initial: int
    transitions: tuple[Transition, ...]


def step(machine: Machine, rows: Rows, senses: Senses) -> Shift | None:
    """At most one transition for each of `rows`, which all live by this machine."""
    state = senses.world.columns["state"].take(rows)
    fired = np.full(len(rows), -1, np.int16)
    index = rows.astype(np.intp)  # what NumPy picks by without converting it each time
    for number, transition in enumerate(machine.transitions):
        candidates = np.flatnonzero(_among(transition.sources).take(state))
        if len(candidates):
            if transition.guard is not None:
                held = holds(transition.guard, senses, cast(Rows, index.take(candidates)))
                candidates = candidates.take(np.flatnonzero(held))
            fired[candidates] = number
            state[candidates] = TAKEN
    changed = np.flatnonzero(fired >= 0)
    if not len(changed):
        return None
    targets = np.array([transition.target for transition in machine.transitions], np.uint8)
    return Shift(rows[changed], targets[fired[changed]], fired[changed])


@cache
def _among(sources: frozenset[int]) -> NDArray[np.bool_]:
    """By state number: is it one of `sources`?"""
    lookup = np.zeros(256, np.bool_)
    lookup[list(sources)] = True
    lookup[TAKEN] = False
    return lookup
