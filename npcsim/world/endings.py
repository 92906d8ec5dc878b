"""How acts end, and those who do them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from npcsim import events as ev
from npcsim.effects import AddMany, Remember
from npcsim.world import remembering
from npcsim.world.crowd_commit import last_blows
from npcsim.world.rows import Act, Ending
from npcsim.world.state import World


def end_act(world: World, act: Act, how: str, reason: str, did: str = "") -> list[ev.Event]:
    """Take an act off the table, with what it held."""
    row = world.setting.serial_of[act.actor]
    current = world.acts.get(act.actor)
    if current is not None and current.id == act.id:
        world.acts.drop(act.actor)
        world.columns.edit("busy")[row] = False
        world.columns.edit("minding")[row] = False
        world.heading.drop(act.actor)
        if act.spot and world.occupied.get(act.spot) == act.actor:
            world.occupied.drop(act.spot)
    events: list[ev.Event] = []
    if act.by == "mind":
        world.endings.put(act.actor, Ending(world.tick, act.id, how, reason, act.tool, act.args))
        if how == "done" and did:
            known = world.setting.serial_of
            people = tuple(str(value) for _, value in act.args if str(value) in known)
            line = Remember(act.actor, did, sort="did", about=act.tool, people=people)
            events += remembering.apply(world, line)[1]
    return [ev.ActEnded(world.tick, act.actor, act.id, act.tool, how, reason, did), *events]


def settle_deaths(
    world: World, added: Sequence[AddMany], singles: Sequence[tuple[str, int, float, int, str]]
) -> list[ev.Event]:
    """Who has come to health again rises, who has none left falls and lets go of everything."""
    if "hp" not in world.columns:
        return []
    columns = world.columns
    risen = np.flatnonzero(~columns["alive"] & (columns["hp"] > 0))
    if world.setting.combat == "death" and len(risen):
        # A block reached one who is dead: nothing is healed there.
        columns.edit("hp")[risen] = 0.0
        risen = risen[:0]
    if len(risen):
        columns.edit("alive")[risen] = True
    events: list[ev.Event] = [
        ev.Rose(world.tick, world.setting.profiles[row].id) for row in risen.tolist()
    ]
    fallen = np.flatnonzero(columns["alive"] & (columns["hp"] <= 0))
    if not len(fallen):
        return events
    fell = np.zeros(columns.length, np.bool_)
    fell[fallen] = True
    last = last_blows(world, fell, added, singles)
    columns.edit("alive")[fallen] = False
    how = "dead" if world.setting.combat == "death" else "knocked out"
    for row in fallen.tolist():
        profile = world.setting.profiles[row]
        by, cause = last.get(row, (-1, ""))
        killer = world.setting.profiles[by].id if by >= 0 else ""
        events.append(ev.Fell(world.tick, profile.id, killer, cause, how))
        act = world.acts.get(profile.id)
        if act is not None:
            events += end_act(world, act, "interrupted", "fell")
        world.approvals.restore(profile.id, None)
        if profile.id in world.heading:
            world.heading.drop(profile.id)
        for spot in [spot for spot, holder in world.occupied.items() if holder == profile.id]:
            world.occupied.drop(spot)
    return events
