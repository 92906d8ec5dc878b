"""A snapshot laid into a scene: how everybody stood, what they carried, meant, knew and felt.

A snapshot knows nothing of what came before it: decisions, words and counts are not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npcsim.viz.people import Doing, Memory, Person, Step, Waiting
from npcsim.viz.scene import Scene
from npcsim.world.rows import Memory as Line

FIELDS = tuple(one.name for one in fields(Line))


def lay_lore(scene: Scene, data: Mapping[str, Any]) -> None:
    """Ties and memories alone: of these no event tells how they were at the start."""
    tables = data.get("tables", {})
    for key, value in tables.get("ties", {}).items():
        who, to, tie = key.split("\n")
        scene.ties[who, to, tie] = float(value)
    known: dict[str, list[Memory]] = {}
    for key, value in tables.get("memories", {}).items():
        npc, _, number = key.rpartition("\n")
        if number.isdecimal():
            known.setdefault(npc, []).append(_line(scene, dict(zip(FIELDS, value, strict=False))))
    for npc, lines in known.items():
        if npc in scene.by_id:
            scene.by_id[npc].memories = sorted(lines, key=lambda line: line.id)


def lay(
    scene: Scene, tick: int, data: Mapping[str, Any], columns: Mapping[str, NDArray[Any]]
) -> None:
    """All that a snapshot of the end of `tick` holds. The scene must have begun."""
    scene.tick = tick
    scene.x[:], scene.y[:] = columns["x"], columns["y"]
    scene.px[:], scene.py[:] = columns["x"], columns["y"]
    scene.state[:] = columns["state"]
    scene.down[:] = ~columns["alive"].astype(np.bool_)
    for at, gauge in enumerate(scene.started.gauges if scene.started is not None else ()):
        if gauge.name in columns:
            scene.gauges[at] = columns[gauge.name]
    tables = data.get("tables", {})
    for person in scene.people:
        person.fallen = bool(scene.down[person.row])
        person.items, person.acts, person.thinking = {}, {}, {}
        _mind(person, tables.get("minds", {}).get(person.id))
    for key, count in tables.get("holdings", {}).items():
        holder, item = key.split("\n")
        if holder in scene.by_id and count > 0:
            scene.by_id[holder].items[item] = int(count)
    for act in tables.get("acts", {}).values():
        _act(scene, act)
    scene.waits = {
        npc: _waiting(npc, tick, row) for npc, row in tables.get("approvals", {}).items()
    }
    lay_lore(scene, data)


def _mind(person: Person, mind: list[Any] | None) -> None:
    """Its goal, and the steps of its plan that are left."""
    person.goal = str(mind[0]) if mind else person.goal
    person.goal_end = ""
    person.steps = [_step(call) for call in mind[2]] if mind else []


def _step(call: list[Any]) -> Step:
    tool, *arguments = (str(part) for part in call)
    return Step(f"{tool}({', '.join(arguments)})")


def _act(scene: Scene, act: list[Any]) -> None:
    number, actor, tool, args, start, due, _, by, *_ = act
    person = scene.by_id.get(str(actor))
    if person is not None:
        call = f"{tool}({', '.join(str(value) for _, value in args)})"
        text = f"{person.name}: {tool} {' '.join(str(value) for _, value in args)}".strip()
        person.acts[number] = Doing(number, tool, text, start, due, by, call)


def _waiting(npc: str, tick: int, row: list[Any]) -> Waiting:
    """What waits for leave; since when, and instead of what, a snapshot doesn't tell."""
    tool, _, text, due, allow, *_ = row
    return Waiting(npc, tool, text, (), tick, due, "allow" if allow else "refuse")


def _line(scene: Scene, line: dict[str, Any]) -> Memory:
    """A row of the table of memories, read without making all that the world keeps of one. What a
    row leaves out at its end is as the world has it by default."""
    who = " ".join(scene.name_of(one) for one in line.get("people", ()))
    return Memory(
        line["tick"], line["sort"], line["text"], line.get("id", 0), line["importance"], who,
        line.get("source", ""), line.get("hop", 0),
    )  # fmt: skip
