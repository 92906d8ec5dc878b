"""Committing blocks: one kind of change to a whole population, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npcsim import events as ev
from npcsim.effects import AddMany, Drift, Motion, SetMany, Shift
from npcsim.errors import BrokenInvariant
from npcsim.world.dice import rolls
from npcsim.world.rows import GaugeKind
from npcsim.world.state import World

NONE = np.zeros(0, np.uint32)
HURT = "hurt"


def heal_marks(world: World) -> None:
    """Forget who was hurt at the tick before. The column is there if something reacts to it."""
    if HURT in world.columns and world.columns[HURT].any():
        world.columns.edit(HURT)[:] = False


def drift(world: World, block: Drift) -> list[ev.Event]:
    """Every gauge of everybody alive moves by its rate, within its range."""
    changed = False
    alive = world.columns["alive"]
    for gauge in world.setting.gauges.values():
        if gauge.rate:
            column = world.columns.edit(gauge.name)
            np.add(column, gauge.rate * block.seconds, out=column, where=alive)
            # Only the end it moves towards can be passed.
            if gauge.rate > 0:
                np.minimum(column, gauge.high, out=column)
            else:
                np.maximum(column, gauge.low, out=column)
            changed = True
    return [ev.Drifted(world.tick, block.seconds)] if changed else []


def move(world: World, blocks: Sequence[Motion]) -> list[ev.Event]:
    """New positions. Who is down stays; who would leave the world or the ground stays."""
    whos, xs, ys = [], [], []
    columns = world.columns
    for block in blocks:
        _check_finite(block.x, block.y)
        keep = columns["x"].take(block.who) != block.x
        keep |= columns["y"].take(block.who) != block.y
        keep &= columns["alive"].take(block.who)
        keep &= _on_ground(world, block.x, block.y)
        kept = np.flatnonzero(keep)
        if len(kept):
            whos.append(block.who.take(kept))
            xs.append(block.x.take(kept))
            ys.append(block.y.take(kept))
    if not whos:
        return []
    who = np.concatenate(whos)
    grains = [np.floor(np.concatenate(part) * 1024) for part in (xs, ys)]
    x, y = (part / 1024 for part in grains)
    columns.edit("x")[who] = x
    columns.edit("y")[who] = y
    place_map = world.setting.place_map
    if place_map is not None:
        height, width = place_map.shape
        columns.edit("place")[who] = place_map[
            np.minimum(y.astype(np.int64), height - 1), np.minimum(x.astype(np.int64), width - 1)
        ]
    return [ev.Moved(world.tick, who, *(part.astype(np.int32) for part in grains))]


def _on_ground(world: World, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    width, height = world.setting.size
    inside = (x >= 0) & (y >= 0) & (x <= width) & (y <= height)
    if world.grid is None:
        return np.asarray(inside)
    row = np.clip(y.astype(np.int64), 0, world.grid.height - 1)
    column = np.clip(x.astype(np.int64), 0, world.grid.width - 1)
    return np.asarray(inside & world.grid.walkable[row, column])


def shift(world: World, block: Shift) -> list[ev.Event]:
    """State-machine transitions."""
    world.columns.edit("state")[block.who] = block.state
    world.columns.edit("since")[block.who] = world.tick
    return [ev.StateChanged(world.tick, block.who, block.state, block.transition)]


def set_many(world: World, blocks: Sequence[SetMany]) -> list[ev.Event]:
    """New values of one attribute, clipped to its range."""
    events: list[ev.Event] = []
    for block in blocks:
        gauge = _gauge(world, block.attribute)
        _check_finite(block.value)
        value = np.clip(block.value, gauge.low, gauge.high)
        world.columns.edit(gauge.name)[block.who] = value
        events.append(ev.Changed(world.tick, gauge.name, block.cause, block.who, value, NONE))
    return events


def sum_added(
    world: World,
    blocks: Sequence[AddMany],
    singles: Sequence[tuple[str, int, float, int, str]],
) -> list[ev.Event]:
    """Additive changes: everything that reaches an attribute in this tick sums, then clips."""
    events: list[ev.Event] = []
    attributes = dict.fromkeys([b.attribute for b in blocks] + [s[0] for s in singles])
    for attribute in attributes:
        gauge = _gauge(world, attribute)
        whos: list[Any] = []
        amounts: list[Any] = []
        bys: list[Any] = []
        causes: list[str] = []
        for block in blocks:
            if block.attribute == attribute and len(block.who):
                _check_finite(block.amount)
                whos.append(block.who)
                amounts.append(block.amount)
                bys.append(np.full(len(block.who), -1) if block.by is None else block.by)
                causes.append(block.cause)
        mine = [single for single in singles if single[0] == attribute]
        if mine:
            whos.append(np.array([single[1] for single in mine], np.uint32))
            amounts.append(np.array([single[2] for single in mine]))
            bys.append(np.array([single[3] for single in mine]))
            causes += [single[4] for single in mine]
        if whos:
            arrays = (np.concatenate(whos), np.concatenate(amounts), np.concatenate(bys))
            events.append(_sum_one(world, gauge, *arrays, causes[0]))
    return events


def _sum_one(
    world: World,
    gauge: GaugeKind,
    who: NDArray[Any],
    amount: NDArray[Any],
    by: NDArray[Any],
    cause: str,
) -> ev.Changed:
    size = world.columns.length
    # bincount adds one by one in the order given, so the sum is the same everywhere.
    total = np.bincount(who, weights=amount, minlength=size)
    first = np.full(size, -1, np.int64)
    which = hardest(world, who, np.where(total.take(who) < 0, -amount, amount), by)
    struck = which[which >= 0]
    first[who.take(struck)] = by.take(struck)
    reached = np.zeros(size, np.bool_)
    reached[who] = True
    touched = np.flatnonzero(reached).astype(np.uint32)
    column = world.columns.edit(gauge.name)
    change = total.take(touched)
    value = column.take(touched) + change
    value.clip(gauge.low, gauge.high, out=value)
    column[touched] = value
    if gauge.name == "hp" and HURT in world.columns:
        world.columns.edit(HURT)[touched[change < 0]] = True
    sources = first.take(touched)
    known = sources.astype(np.uint32) if (sources >= 0).all() else NONE
    return ev.Changed(world.tick, gauge.name, cause, touched, value, known)


def hardest(
    world: World, who: NDArray[Any], amount: NDArray[Any], by: NDArray[Any]
) -> NDArray[np.int64]:
    """By serial: which of the amounts that reach it is the greatest, -1 where none does.

    Between equal ones dice decide, keyed on the tick and on who gives them.
    """
    size = world.columns.length
    most = np.full(size, -np.inf)
    np.maximum.at(most, who, amount)
    top = np.flatnonzero(amount == most.take(who))
    whose = who.take(top)
    throw = rolls(world.setting.seed, world.tick, "struck", by.take(top).astype(np.uint32))
    best = np.full(size, -1.0)
    np.maximum.at(best, whose, throw)
    won = np.flatnonzero(throw == best.take(whose))
    which = np.full(size, -1, np.int64)
    which[whose.take(won)] = top.take(won)
    return which


def last_blows(
    world: World,
    fell: Any,
    added: Sequence[AddMany],
    singles: Sequence[tuple[str, int, float, int, str]],
) -> dict[int, tuple[int, str]]:
    """Who struck each of those who fell the hardest in this tick, and what with."""
    whos, hurts, bys, causes = [], [], [], []
    for block in added:
        if block.attribute == "hp":
            hit = np.flatnonzero(fell.take(block.who) & (block.amount < 0))
            whos.append(block.who.take(hit))
            hurts.append(-block.amount.take(hit))
            bys.append(np.full(len(hit), -1) if block.by is None else block.by.take(hit))
            causes += [block.cause] * len(hit)
    mine = [one for one in singles if one[0] == "hp" and one[2] < 0 and fell[one[1]]]
    whos.append(np.array([one[1] for one in mine], np.uint32))
    hurts.append(np.array([-one[2] for one in mine], np.float64))
    bys.append(np.array([one[3] for one in mine], np.int64))
    causes += [one[4] for one in mine]
    who, by = np.concatenate(whos), np.concatenate(bys).astype(np.int64)
    which = hardest(world, who, np.concatenate(hurts), by)
    return {
        row: (int(by[blow]), causes[blow])
        for row, blow in ((int(who[blow]), int(blow)) for blow in which[which >= 0])
    }


def _gauge(world: World, name: str) -> GaugeKind:
    if name not in world.setting.gauges:
        raise BrokenInvariant(f"a block changes {name!r}, which is no declared attribute")
    return world.setting.gauges[name]


def _check_finite(*arrays: NDArray[np.float64]) -> None:
    for array in arrays:
        if not np.isfinite(array).all():
            raise BrokenInvariant("a block holds a value that is not a finite number")
