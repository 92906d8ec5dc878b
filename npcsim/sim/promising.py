"""Promises as a tick ends: what was kept, what was broken, and that both sides remember it."""

from __future__ import annotations

from collections.abc import Sequence

from npcsim import events as ev
from npcsim.world import remembering
from npcsim.world.promises import KEPT, memories, settle
from npcsim.world.state import World


def keep_promises(world: World, events: Sequence[ev.Event]) -> list[ev.Event]:
    """Settle promises by what has just come to be. -> what is to be told of it."""
    told: list[ev.Event] = []
    for pledge, how in settle(world, events):
        kind = ev.PromiseKept if how == KEPT else ev.PromiseBroken
        told.append(kind(world.tick, pledge.who, pledge.to, pledge.what, pledge.tick))
        for line in memories(world, pledge, how):
            told += remembering.apply(world, line)[1]
    return told
