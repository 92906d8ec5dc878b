"""Where players look: an input that says which thoughts go first, and how much is thought where.

Who is looked at thinks more, and dearer models may be worth asking; who is far from it thinks less
and cheaper. So looking changes the story, but through this one input alone, which is in the log.
Where nobody looks, all are alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any

from npcsim.sim.playing import PLAY
from npcsim.tools.view import Body, View
from npcsim.world.attention import Attention
from npcsim.world.commit import Wanted

FACED, NEAR = 2, 1
NEAR_TILES = 8.0


@dataclass(frozen=True, slots=True)
class Level:
    """How much somebody thinks: at rest `rest` times as long between thoughts nobody asked for.

    `worth`: how many times as much as else the right choice counts when a dearer tier is weighed.
    `most`: the dearest tier that may be asked; empty for any.
    """

    name: str
    rest: float = 1.0
    worth: float = 1.0
    most: str = ""


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of attention: `faced` is looked at or spoken to from there, `far` out of sight.

    Who is far but in the middle of the story counts as `near`.
    """

    faced: Level = Level("faced", 0.5, 2.0)
    near: Level = Level("near")
    far: Level = Level("far", 3.0, 0.25)


OTHER = f"name a source that does not begin with {PLAY!r} and a space"
FORM = "attention is an NPC's id, {'x': ..., 'y': ...} in tiles, or null"


def attend(entry: dict[str, Any], view: View, wanted: Wanted | None) -> None:
    """Note where the source of an input looks now. Raises ValueError for what is no such place.

    Without `wanted` it is only checked. There may be several players: each has its `source`.
    """
    where, source = _where(entry["attention"], view), str(entry.get("source", "code"))
    if wanted is None and source.startswith(f"{PLAY} "):
        raise ValueError(f"{source!r:.80} is where the world holds whom a source plays: {OTHER}")
    if wanted is not None:
        wanted.attention[source] = where


def _where(given: Any, view: View) -> Attention | None:
    if given is None:
        return None
    if isinstance(given, str):
        if given not in view.world.setting.serial_of:
            raise ValueError(f"nobody is called {given!r:.80}; {FORM}")
        return Attention(given)
    if not isinstance(given, dict) or set(given) != {"x", "y"}:
        raise ValueError(f"{FORM}, not {given!r:.80}")
    x, y = given["x"], given["y"]
    for number in (x, y):
        if isinstance(number, bool) or not isinstance(number, int | float) or not isfinite(number):
            raise ValueError(f"{FORM}, not {given!r:.80}")
    return Attention("", float(x), float(y))


def priority(me: Body, view: View) -> int:
    """How urgent a thought is for a player: 2 faced or spoken to, 1 near, 0 out of sight.

    Spoken to is whom words are meant for that come from who is looked at, or from no NPC at all.
    """
    looks = [attention for _, attention in view.world.attention.items()]
    if not looks:
        return 0
    followed = {attention.npc for attention in looks if attention.npc}
    if me.id in followed:
        return FACED
    known = view.world.setting.serial_of
    for heard in view.perceived(me):
        outside = heard.source not in known
        if heard.about == "speech" and heard.to == me.id and (outside or heard.source in followed):
            return FACED
    return NEAR if any(_is_near(me, view, attention) for attention in looks) else 0


def _is_near(me: Body, view: View, attention: Attention) -> bool:
    at = view.npc(attention.npc) if attention.npc else attention
    x, y = float(at.x) - float(me.x), float(at.y) - float(me.y)
    return x * x + y * y <= NEAR_TILES * NEAR_TILES


def level(me: Body, view: View, levels: Levels, matters: bool) -> Level | None:
    """How much somebody thinks now; None where nobody looks anywhere.

    `matters`: whether much hangs on what it is about to decide.
    """
    if not len(view.world.attention):
        return None
    urgent = priority(me, view)
    if urgent == FACED:
        return levels.faced
    return levels.near if urgent == NEAR or matters or in_story(me, view) else levels.far


def in_story(me: Body, view: View) -> bool:
    """Whether somebody is in the middle of it: in a scene, spoken to, with an offer to answer."""
    if any(me.id in stage.sitting for _, stage in view.world.scenes.items()):
        return True
    if view.offers_to(me):
        return True
    return any(heard.about == "speech" and heard.to == me.id for heard in view.perceived(me))
