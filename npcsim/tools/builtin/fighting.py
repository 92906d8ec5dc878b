"""Fighting and healing."""

from __future__ import annotations

from typing import Any

import numpy as np

from npcsim.effects import Add, AddMany, Effect, Signal, SignalMany, Tie
from npcsim.errors import ToolRefused
from npcsim.reflex.senses import NOBODY, Nearest, Rows
from npcsim.tools.crowd import Crowd
from npcsim.tools.tool import tool
from npcsim.tools.view import Body, View
from npcsim.world.rows import Act

FIGHT_TILES = 12.0


@tool(
    option={"en": "attack {target}", "ko": "{target:을} 공격한다"},
    seen={"en": "{me} attacks {target}", "ko": "{me:이} {target:을} 공격한다"},
    did={"en": "I fought {target}", "ko": "나는 {target:와} 싸웠다"},
    takes="1 s",
    stakes=0.8,
)
def attack(me: Body, view: View, target: Body) -> list[Effect]:
    """Strike somebody in reach."""
    if target.id == me.id or not target.alive:
        raise ToolRefused(f"I can't attack {target}")
    if not me.reaches(target):
        raise ToolRefused(f"{target} is out of reach")
    return [
        Add(target, "hp", -me.damage * max(1.0, view.world.setting.seconds)),
        Signal(me, "attack", FIGHT_TILES, f"{target}", target),
        Tie(target, me, "trust", -0.3),
    ]


@attack.utility
def anger(me: Body, view: View, target: Body) -> float:
    """Only against foes."""
    return 0.4 * me.hp / 100 if target.profile.kinds & me.profile.foes else 0.0


@attack.crowd
def melee(crowd: Crowd, who: Rows, target: Nearest) -> list[Any]:
    """Everybody strikes the one they see, if it is in reach; who is not yet there closes in."""
    seen = target.who != NOBODY
    reach = target.distance <= crowd["reach"][who]
    hit = np.flatnonzero(seen & reach)
    strikers, struck = who.take(hit), target.who.take(hit)
    damage = crowd["damage"].take(strikers) * crowd.seconds
    blocks: list[Any] = []
    if len(strikers):
        blocks.append(AddMany("hp", struck, -damage, strikers, "attack"))
        blocks.append(SignalMany("attack", strikers, FIGHT_TILES))
    rest = seen & ~reach
    if rest.any():
        blocks.append(crowd.toward(who[rest], target.who[rest]))
    return blocks


@tool(
    option={"en": "tend to {who}", "ko": "{who:을} 치료한다"},
    seen={"en": "{me} tends to {who}", "ko": "{me:이} {who:을} 치료한다"},
    did={"en": "I tended to {who}", "ko": "나는 {who:을} 치료했다"},
    takes="30 s",
)
def heal(me: Body, view: View, who: Body) -> list[Effect]:
    """Tend to the wounds of somebody in reach."""
    if not me.reaches(who):
        raise ToolRefused(f"{who} is out of reach")
    if who.hp >= 100:
        raise ToolRefused(f"{who} is not hurt")
    return []


@heal.finish
def better(me: Body, view: View, act: Act) -> list[Effect]:
    """Twenty points back."""
    who = view.npc(dict(act.args)["who"])
    return [Add(who, "hp", 20.0), Tie(who, me, "trust", 0.2)]


@heal.utility
def mercy(me: Body, view: View, who: Body) -> float:
    """The worse the wound, unless it is a foe's."""
    return 0.0 if who.profile.kinds & me.profile.foes else 0.8 * (1 - who.hp / 100)
