"""Naming what is other in a world of which the same facts were told: whose it is, and what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from npcsim.store.run_store import Run
from npcsim.store.snapshots import decode
from npcsim.store.standing import Standing
from npcsim.world.snapshot import freeze
from npcsim.world.state import World


def other_state(world: World, run: Run, tick: int) -> str:
    """The first thing that is other after a tick than the log has it, in words; empty for none.

    Positions, states, who is up and attributes by the facts, laid one over the other; all else by
    the snapshot, where there is one of that tick.
    """
    return next(_by_facts(world, run, tick), "") or next(_by_snapshot(world, run, tick), "")


def _by_facts(world: World, run: Run, tick: int) -> Iterator[str]:
    said = run.at(tick)
    columns = {name: world.columns[name] for name in world.columns}
    came = Standing(run.started, columns).table(tick, lambda npc: ())
    for row, npc in enumerate(said["npc"]):
        for column in said.columns:
            a, b = said[column.name][row], came[column.name][row]
            if a != b:
                yield _words(f"{column.name} of {npc}", a, b)


def _by_snapshot(world: World, run: Run, tick: int) -> Iterator[str]:
    if tick not in run.snapshots():
        return
    said, columns = decode(run.snapshot(tick))
    now, arrays = freeze(world)
    came = json.loads(json.dumps(now))  # as the snapshot was kept: no tuples
    for name in sorted(columns.keys() & arrays.keys()):
        for row in np.flatnonzero(columns[name] != arrays[name]).tolist():
            npc = world.setting.profiles[row].id
            yield _words(f"{name} of {npc}", columns[name][row], arrays[name][row])
    for name, entries in came["tables"].items():
        yield from _entries(name, said["tables"].get(name, {}), entries)
    for name in ("signals", "crowd_signals", "next_act"):
        if said[name] != came[name]:
            yield _words(name, said[name], came[name])


def _entries(name: str, said: Mapping[str, Any], came: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(said.keys() | came.keys()):
        if said.get(key) != came.get(key):
            whose = key.replace("\n", ", ")
            yield _words(f"{name} of {whose}", said.get(key), came.get(key))


def _words(what: str, said: Any, came: Any) -> str:
    return f"{what} is {said!r:.80} in the log, {came!r:.80} in replay"
