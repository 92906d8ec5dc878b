"""Rebuilding a run from its facts alone: nothing is simulated, no code of its author is run.

It is what can be said of a run that somebody else made: its log is whole and in itself sound, and
the facts in it lead to the states that it claims.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from npcsim import events as ev
from npcsim.errors import ReplayDiverged, StoreError
from npcsim.store.moment import remembered
from npcsim.store.run_store import Run
from npcsim.store.snapshots import decode
from npcsim.store.standing import Standing
from npcsim.world.frozen import frozen_hash
from npcsim.world.snapshot import memories_in


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A log whose facts agree with themselves.

    `ticks` and `facts` were laid one over the other, `calls` read; at `snapshots` of them the whole
    state was there to compare with. `hash` is the log's own last state hash.
    """

    ticks: int
    facts: int
    calls: int
    snapshots: int
    hash: str


def rebuild(run: Run) -> Rebuilt:
    """Lay a run's logged facts over its start and compare with every snapshot on the way.

    Compared are the state hash, worked out anew from each snapshot, with the one logged for its
    tick; and what the facts lead to with what the snapshot holds: positions, states, attributes,
    who is up, ties and memories. Raises ReplayDiverged at the first difference and StoreError for
    a damaged log.
    """
    started = run.started
    due = run.snapshots()
    so_far = _SoFar(Standing(started, None))
    tick = facts = checked = 0
    last = ""
    for event in _events(run):
        if event.tick > tick:
            checked += _compare(run, due, tick, last, so_far)
            tick = event.tick
        facts += 1
        so_far.standing.take([event])
        match event:
            case ev.TickEnded():
                last = event.hash
            case ev.Tied():
                so_far.ties |= {f"{who}\n{to}\n{tie}": value for who, to, tie, value in event.ties}
            case ev.Remembered() | ev.Recalled() | ev.Weighed() | ev.Forgot():
                so_far.lines.setdefault(event.npc, []).append(event)
    checked += _compare(run, due, tick, last, so_far)
    if due:
        raise ReplayDiverged(due[0], "there is a snapshot of a tick that the log has not")
    calls = sum(1 for _ in run.calls())
    return Rebuilt(tick, facts, calls, checked, last)


@dataclass(slots=True)
class _SoFar:
    """What the facts have led to: bodies from the start on, the rest since the last snapshot."""

    standing: Standing
    ties: dict[str, float] = field(default_factory=dict)
    lines: dict[str, list[ev.Event]] = field(default_factory=dict)
    before: Mapping[str, Any] | None = None


def _events(run: Run) -> Iterator[ev.Event]:
    try:
        yield from run.events()
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{run.shown} holds an event that can't be read: {error}") from error


def _compare(run: Run, due: list[int], tick: int, hash: str, so_far: _SoFar) -> int:
    """Compare with the snapshot of a tick, where there is one. -> how many were compared."""
    if not due or due[0] != tick:
        return 0
    due.pop(0)
    data, columns = decode(run.snapshot(tick))
    try:
        found = frozen_hash(data, columns)
        if found != hash:
            raise ReplayDiverged(tick, f"the snapshot's hash is {found}, the log says {hash}")
        _same_bodies(tick, so_far.standing, columns)
        _same_ties(tick, so_far, data["tables"].get("ties", {}))
        for one in so_far.standing.started.cast:
            _same_memories(tick, one.id, data, so_far)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(f"{run.shown}: the snapshot of tick {tick} can't be read") from error
    so_far.before, so_far.lines, so_far.ties = data, {}, {}
    return 1


def _same_bodies(tick: int, standing: Standing, columns: Mapping[str, Any]) -> None:
    told = {"x": standing.x, "y": standing.y, "state": standing.state, "alive": standing.alive}
    for name, values in {**told, **standing.gauges}.items():
        if name not in columns:
            raise ReplayDiverged(tick, f"the snapshot lacks {name}")
        apart = np.flatnonzero(values != columns[name])
        if len(apart):
            who = standing.started.cast[int(apart[0])].id
            raise ReplayDiverged(
                tick,
                f"{name} of {who} is {columns[name][apart[0]]} in the snapshot, "
                f"the facts lead to {values[apart[0]]}",
            )


def _same_ties(tick: int, so_far: _SoFar, claimed: Mapping[str, float]) -> None:
    before = {} if so_far.before is None else so_far.before["tables"].get("ties", {})
    known = {**before, **so_far.ties}
    if so_far.before is None:  # nothing says how ties stood at the start
        claimed = {key: value for key, value in claimed.items() if key in known}
    for key in sorted({**known, **claimed}):
        if known.get(key) != claimed.get(key):
            who, to, tie = key.split("\n")
            raise ReplayDiverged(tick, f"{tie} of {who} towards {to} is not what the facts say")


def _same_memories(tick: int, npc: str, data: Mapping[str, Any], so_far: _SoFar) -> None:
    if so_far.before is None:
        return  # nothing says what was known from the start
    claimed = memories_in(data, npc)
    known = {line.id: line for line in remembered(npc, so_far.before, so_far.lines.get(npc, ()))}
    for id in sorted(known.keys() | claimed.keys()):
        if known.get(id) != claimed.get(id):
            raise ReplayDiverged(tick, f"memory {id} of {npc} is not what the facts say")
