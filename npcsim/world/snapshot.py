"""The world as plain data and arrays, and back. No code is kept, only values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npcsim.world.attention import Attention
from npcsim.world.remembering import learn
from npcsim.world.rows import (
    Act,
    Approval,
    Bid,
    Ending,
    Heard,
    Memory,
    Mind,
    Pledge,
    SpotState,
    Stage,
)
from npcsim.world.rules import close_doors
from npcsim.world.signals import act_from
from npcsim.world.state import World
from npcsim.world.table import plain, tuples

_ROWS: dict[str, type[Any]] = {
    "spots": SpotState, "acts": Act, "offers": Bid, "minds": Mind, "endings": Ending,
    "approvals": Approval, "scenes": Stage, "attention": Attention, "memories": Memory,
    "promises": Pledge,
}  # fmt: skip


def freeze(world: World) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """All that is true now: JSON-able data, and the columns."""
    data: dict[str, Any] = {"tick": world.tick, "next_act": world.next_act}
    data["tables"] = {
        name: {key: plain(value) for key, value in table.items()}
        for name, table in world.tables().items()
    }
    data["signals"] = [plain(heard) for heard in world.signals]
    data["crowd_signals"] = [
        [about, loudness, who.tolist()] for about, loudness, who in world.crowd_signals
    ]
    return data, {name: world.columns[name].copy() for name in world.columns}


def thaw(world: World, data: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
    """Make `world` (of the same setting) what was frozen. Shares nothing with the arguments."""
    world.tick, world.next_act = data["tick"], data["next_act"]
    # Before memories had ids, an NPC's were one entry.
    older: dict[str, list[list[Any]]] = {}
    for name, array in arrays.items():
        world.columns.edit(name)[:] = array
    world.memories.scratch.clear()
    for name, table in world.tables().items():
        if name == "holdings":
            continue
        for key in list(table):
            table.drop(key)
        for key, value in data["tables"].get(name, {}).items():
            if name == "memories" and "\n" not in key:
                older[key] = value
            else:
                table.put(key, _row(name, value))
    for npc, lines in older.items():
        for line in lines:
            learn(world, npc, Memory(*line))
    for key in list(world.holdings):
        holder, item = key.split("\n")
        world.set_held(holder, item, 0)
    for key, count in data["tables"]["holdings"].items():
        holder, item = key.split("\n")
        world.set_held(holder, item, count)
    for spot in [spot for _, spot in world.spots.items()]:
        close_doors(world, spot)
    world.signals = tuple(heard_from(values) for values in data["signals"])
    world.crowd_signals = tuple(
        (about, loudness, np.array(who, np.uint32))
        for about, loudness, who in data["crowd_signals"]
    )


def memories_in(data: Mapping[str, Any], npc: str) -> dict[int, Memory]:
    """What one NPC remembers by a snapshot's data, by id."""
    found: dict[int, Memory] = {}
    for key, value in data["tables"].get("memories", {}).items():
        if key.rpartition("\n")[0] == npc:
            line: Memory = _row("memories", value)
            found[line.id] = line
        elif key == npc:  # from before memories had ids
            found |= {at: replace(Memory(*line), id=at) for at, line in enumerate(value, 1)}
    return found


def heard_from(values: list[Any]) -> Heard:
    """A signal as it was before it became plain data."""
    heard = Heard(*values)
    return replace(heard, act=act_from(heard.act))


def _row(table: str, value: Any) -> Any:
    if table == "setbacks":
        return tuple(value)
    if table in _ROWS:
        kind = _ROWS[table]
        row = kind(*(tuples(item) for item in value[: len(fields(kind))]))
        if isinstance(row, Stage):
            said = (act_from(act) for act in row.said)
            return replace(row, said=tuple(act for act in said if act is not None))
        return row
    return value
