"""Somebody outside decides for an NPC."""

from __future__ import annotations

from collections.abc import Callable

from npcsim.models.router import REFLEX, Route
from npcsim.npc import mind as minds
from npcsim.npc.byhand import BY_HAND, by_hand
from npcsim.npc.mind import Draft
from npcsim.npc.npc import Lore
from npcsim.sim.acting import take
from npcsim.sim.turn import Turn
from npcsim.sim.verdicts import Verdict, tell
from npcsim.tools.binding import ToolBroke
from npcsim.tools.view import Body
from npcsim.world.rows import Mind

Asking = Callable[[Turn, Body, Draft, Route, int], str]


def told_to(turn: Turn, me: Body, mind: Mind, option: str, lore: Lore, asked: Asking) -> Mind:
    """Take an option that was decided on from outside. asked: tells that there was a question.

    What can't be decided now is refused, and the NPC perceives why.
    """
    tick, broken = turn.view.tick, list[ToolBroke]()
    try:
        draft, index = by_hand(me, turn.view, mind, option, lore, broken)
    except ValueError as error:
        turn.wanted.refuse(tick, me.id, "decide", str(error))
        return mind
    mind = minds.asks(me, mind, tick, draft.purpose)
    id = asked(turn, me, draft, Route(REFLEX, BY_HAND), tick)
    choice, verdict = draft.choices[index], Verdict(REFLEX, None, False, BY_HAND)
    tell(turn, id, me, draft, verdict, (), (), index, choice.text, False, BY_HAND)
    return take(turn, me, mind, choice, tuple(c.text for c in draft.choices if c is not choice))
