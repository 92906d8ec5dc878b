"""Things that break: by a tool's effect, or in a fight beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npcsim import events as ev
from npcsim.effects import AddMany, Break, Remember
from npcsim.world import remembering, rules
from npcsim.world.dice import roll
from npcsim.world.rows import SpotState
from npcsim.world.state import World

PER_SECOND = 0.05
"""Of those who strike beside a breakable thing, so many break it in a second: one in twenty."""
BESIDE_TILES = 1.5
IMPORTANCE = 0.5


def break_things(
    world: World, added: Sequence[AddMany], singles: Sequence[tuple[str, int, float, int, str]]
) -> list[ev.Event]:
    """What breaks in this tick's fights, by dice keyed on tick, thing and striker."""
    if not world.setting.breakable:
        return []
    rows = _strikers(world, added, singles)
    if not len(rows):
        return []
    things = [
        spot
        for _, spot in world.spots.items()
        if spot.kind in world.setting.breakable and not rules.is_broken(spot)
    ]
    events: list[ev.Event] = []
    chance = PER_SECOND * world.setting.seconds
    for spot in things:
        for row in rows[_beside(world, rows, spot)].tolist():
            npc = world.setting.profiles[row].id
            if roll(world.setting.seed, world.tick, npc, f"break {spot.id}") < chance:
                rules.apply(world, Break(npc, spot.id))
                told = broke(world, spot.id)
                text = f"I broke {rules.name_of(world, spot.id)} in a fight"
                line = Remember(npc, text, IMPORTANCE, "did", about="break")
                events += [told, *remembering.apply(world, line)[1]]
                break
    return events


def _strikers(
    world: World, added: Sequence[AddMany], singles: Sequence[tuple[str, int, float, int, str]]
) -> NDArray[np.int64]:
    """Who hurt somebody in this tick, each once, by row."""
    found = [
        block.by[block.amount < 0].astype(np.int64)
        for block in added
        if block.attribute == "hp" and block.by is not None
    ]
    found.append(
        np.array([by for name, _, amount, by, _ in singles if name == "hp" and amount < 0 <= by])
    )
    return np.unique(np.concatenate(found)).astype(np.int64)


def _beside(world: World, rows: NDArray[np.int64], spot: SpotState) -> NDArray[Any]:
    columns = world.columns
    if not world.setting.walks:
        here = list(world.setting.places).index(spot.place) if spot.place else -2
        return np.asarray(columns["place"][rows] == here)
    dx, dy = columns["x"][rows] - spot.x, columns["y"][rows] - spot.y
    return np.asarray(dx * dx + dy * dy <= BESIDE_TILES * BESIDE_TILES)


def broke(world: World, spot_id: str) -> ev.Broke:
    """The event that tells of a thing just broken."""
    spot = world.spots[spot_id]
    marks = dict(spot.attributes)
    price = world.setting.breakable.get(spot.kind, 0)
    paid = price - int(marks["owed"])
    return ev.Broke(world.tick, spot.id, spot.kind, str(marks["owed_by"]), price, paid)
