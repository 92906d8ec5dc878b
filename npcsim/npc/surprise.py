"""What is sudden enough to ask a mind: react, or carry on?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from npcsim.npc import prompts
from npcsim.npc.perception import Perceived
from npcsim.tools.view import Body
from npcsim.world.rows import Heard, Memory, Mind


@dataclass(frozen=True, slots=True)
class Surprise:
    """`above`: how important an alarm must be, 0 to 1. `hurt`: hit points lost that ask; 0 never.

    `arrives`: kinds of NPCs whose coming into sight asks.
    """

    above: float = 0.0
    hurt: float = 0.0
    arrives: tuple[str, ...] = ()


def notice(me: Body, mind: Mind, seen: Perceived, rules: Surprise) -> tuple[Mind, Perceived]:
    """What was perceived with only those alarms that are important enough, and what is sudden.

    -> (the mind that has noted how it is and who is there, what it perceives). Who is in thought
    notes nothing, so that it is as sudden afterwards.
    """
    if rules.above:
        alarms = tuple(one for one in seen.alarms if _importance(me, one) >= rules.above)
        seen = replace(seen, alarms=alarms)
    if mind.thought:
        return mind, seen
    sudden = ""
    if rules.arrives:
        here = _here(me, rules)
        new = [who for who in here if who not in mind.company]
        if new and me.view.tick > 1:
            sudden = prompts.arrives(me.view.npc(new[0]))
        if here != mind.company:
            mind = replace(mind, company=here)
    if rules.hurt:
        hp = float(me.hp)
        if mind.hp - hp >= rules.hurt and me.view.tick > 1:
            sudden = prompts.was_hurt(me)
            mind = replace(mind, hp=hp)
        elif hp > mind.hp or me.view.tick == 1:
            mind = replace(mind, hp=hp)
    return mind, replace(seen, sudden=sudden) if sudden else seen


def _here(me: Body, rules: Surprise) -> tuple[str, ...]:
    wanted = frozenset(rules.arrives)
    near = (one for one in me.view.near(me) if wanted & {*one.profile.kinds, one.id, one.name})
    return tuple(sorted(one.id for one in near))


def _importance(me: Body, heard: Heard) -> float:
    known = me.view.world.setting.serial_of
    people = tuple(who for who in (heard.source, heard.to) if who in known)
    line = Memory(me.view.tick, "", "seen", 0.0, about=heard.about, people=people)
    return me.view.world.setting.memory.importance(me.id, line)
