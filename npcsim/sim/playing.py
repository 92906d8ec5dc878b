"""A player as an NPC, by inputs: taken over, walked about, let go; the rest is orders and words.

{"play": "mara"}                    the source of the input is Mara from now on; null lets go
{"walk": "mara", "x": 3.5, "y": 4}  she walks to a tile; without one she stands still

While somebody is played, body and mind do nothing of their own: the state machine stands still, and
the mind perceives and remembers but thinks nothing. What was begun goes on until the player begins
something else; afterwards the plan goes on where it was. It is world state, so it is replayed.
"""

from __future__ import annotations

from dataclasses import replace
from math import floor, isfinite
from typing import Any

import numpy as np

from npcsim import events as ev
from npcsim.scenario.spelling import nearest
from npcsim.tools.crowd import Crowd
from npcsim.tools.view import View
from npcsim.world.attention import STANDS, WALKS, Attention
from npcsim.world.commit import Wanted
from npcsim.world.grid import UNREACHABLE, stand_cell
from npcsim.world.state import World

PLAY, WALK = "play", "walk"
NO_GROUND = "there is no ground to walk about on here: go from place to place with go_to"


def take_over(entry: dict[str, Any], view: View, wanted: Wanted | None) -> None:
    """Make the source of an input somebody, or nobody. Raises ValueError for who can't be played.

    Without `wanted` it is only checked.
    """
    npc, key = entry[PLAY], _key(entry)
    if npc is None:
        if wanted is not None:
            wanted.attention[key] = None
        return
    name = _known(npc, view)
    why_not = _why_not(name, key, view, wanted)
    if wanted is None and why_not:
        raise ValueError(why_not)
    if wanted is not None and why_not:
        wanted.told.append(ev.Rejected(view.tick, name, PLAY, why_not, ()))
    elif wanted is not None:
        wanted.attention[key] = Attention(name, plays=STANDS)


def walk(entry: dict[str, Any], view: View, wanted: Wanted | None) -> str:
    """Walk whom the source plays to a tile. -> who breaks off for it what is being done; "" nobody

    Raises ValueError for what is no such tile, or nobody; without `wanted` it is only checked.
    """
    name, key, point = _known(entry[WALK], view), _key(entry), _point(entry, view)
    if wanted is None:
        return ""
    row = wanted.attention.get(key, view.world.attention.get(key))
    me, why_not = view.npc(name), ""
    if row is None or row.npc != name:
        why_not = f"{_source(key)} does not play {me}"
    elif not me.alive:
        why_not = f"{me} is down"
    if why_not:
        wanted.told.append(ev.Rejected(view.tick, name, WALK, why_not, ()))
        return ""
    # An order of this same tick gives way: what comes last counts.
    wanted.bundles[:] = [one for one in wanted.bundles if one.actor != name or one.phase != "start"]
    x, y = point or (0.0, 0.0)
    wanted.attention[key] = Attention(name, x, y, STANDS if point is None else WALKS)
    moves = point is not None or name in view.world.heading
    return name if moves and name in view.world.acts else ""


def stand_still(npc: str, view: View, wanted: Wanted) -> None:
    """Who is told to do something else walks no farther."""
    for key, row in (dict(view.world.attention.items()) | wanted.attention).items():
        if row is not None and row.npc == npc and row.plays == WALKS:
            wanted.attention[key] = Attention(npc, plays=STANDS)


def walk_on(world: World, view: View, crowd: Crowd, wanted: Wanted) -> None:
    """Everybody whom a player walks goes on; who is there, or can't get there, stands."""
    for key, row in world.attention.items():
        serial = world.setting.serial_of.get(row.npc, -1)
        if row.plays != WALKS or key in wanted.attention or not world.columns["alive"][serial]:
            continue
        who = np.array([serial], np.uint32)
        x, y, stuck = _goal(world, serial, row)
        if stuck:
            wanted.told.append(ev.Rejected(view.tick, row.npc, WALK, "there is no way", ()))
            there = False
        else:
            motion = crowd.walk_to(who, x, y)
            wanted.blocks.append(motion)
            there = bool(motion.x[0] == x[0] and motion.y[0] == y[0])
        if stuck or there:
            wanted.attention[key] = replace(row, x=0.0, y=0.0, plays=STANDS)


def _goal(world: World, serial: int, row: Attention) -> tuple[Any, Any, bool]:
    """Where one stands at the tile, and whether there is no way to it."""
    x, y = np.array([row.x]), np.array([row.y])
    if world.grid is None or world.fields is None:
        return x, y, False
    goal = stand_cell(world.grid, int(world.grid.cells(x, y)[0]))
    column = world.columns
    here = world.grid.cells(column["x"][[serial]], column["y"][[serial]])
    far = int(world.fields.distances[world.fields.row((goal,)), int(here[0])])
    to_x, to_y = world.grid.centre(goal)
    return np.array([to_x]), np.array([to_y]), far >= UNREACHABLE


def _why_not(name: str, key: str, view: View, wanted: Wanted | None) -> str:
    now = dict(view.world.attention.items()) | (wanted.attention if wanted is not None else {})
    for other, row in now.items():
        if other != key and row is not None and row.plays and row.npc == name:
            return f"{view.npc(name)} is played by {_source(other)} already"
    return "" if view.npc(name).alive else f"{view.npc(name)} is down, and can't be played"


def _key(entry: dict[str, Any]) -> str:
    """Where the world holds whom a source plays: beside where it looks."""
    return f"{PLAY} {entry.get('source', 'code')}"


def _source(key: str) -> str:
    return key.removeprefix(f"{PLAY} ")


def _known(npc: Any, view: View) -> str:
    known = view.world.setting.serial_of
    if not isinstance(npc, str) or npc not in known:
        hint = nearest(str(npc), known)
        raise ValueError(f"nobody is called {npc!r:.80}" + (f"; {hint}" if hint else ""))
    return npc


def _point(entry: dict[str, Any], view: View) -> tuple[float, float] | None:
    """The middle of the tile that is meant; what is off the map counts as on its edge."""
    if not {"x", "y"} & set(entry):
        return None
    if not view.has_ground:
        raise ValueError(NO_GROUND)
    found = []
    for axis, size in zip("xy", view.world.setting.size, strict=True):
        value = entry.get(axis)
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise ValueError(f"one walks to a tile, 'x' and 'y', not {entry!r:.80}")
        found.append(min(max(floor(value), 0), max(0, floor(size) - 1)) + 0.5)
    return found[0], found[1]
