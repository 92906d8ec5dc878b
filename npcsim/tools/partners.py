"""How a conversation stands for one who is in it: with whom, and what is still to be answered."""

from __future__ import annotations

from npcsim.speech import SpeechAct
from npcsim.tools.view import Body, View
from npcsim.world.rows import Stage

OPENING = frozenset({"greet", "inform"})
"""What leaves open what was asked before it."""


def conversation(me: Body, view: View) -> Stage | None:
    """The scene in which somebody talks now; None where words have not been exchanged in any."""
    for name in view.world.scenes:
        stage = view.world.scenes[name]
        if me.id in stage.sitting and stage.said:
            return stage
    return None


def said_in(me: Body, view: View) -> tuple[SpeechAct, ...]:
    """What was said of late where somebody talks now, the latest last."""
    stage = conversation(me, view)
    return stage.said if stage is not None else ()


def partners(me: Body, view: View) -> list[Body]:
    """With whom somebody talks now: who spoke last first."""
    stage = conversation(me, view)
    if stage is None:
        return []
    others = [npc for npc in stage.sitting if npc != me.id]
    spoke = {act.speaker: number for number, act in enumerate(stage.said)}
    return [view.npc(npc) for npc in sorted(others, key=lambda npc: (-spoke.get(npc, -1), npc))]


def put_to(me: Body, view: View, by: Body, *kinds: str) -> SpeechAct | None:
    """The last act of these kinds that another put to `me` and that is not answered yet.

    What I say to the other answers it, a greeting or news apart.
    """
    for act in reversed(said_in(me, view)):
        if act.speaker == me.id and by.id in act.to and act.kind not in OPENING:
            return None
        if act.speaker == by.id and me.id in act.to and act.kind in kinds:
            return act
    return None


def last_to(me: Body, view: View, by: Body) -> SpeechAct | None:
    """The last thing that another said to `me`, if `me` has said nothing to it since."""
    for act in reversed(said_in(me, view)):
        if act.speaker == me.id and by.id in act.to:
            return None
        if act.speaker == by.id and me.id in act.to:
            return act
    return None


def said_already(me: Body, view: View, to: Body, kind: str, item: str = "", fact: str = "") -> int:
    """How often `me` has said such a thing to another in this conversation."""
    return sum(
        act.speaker == me.id and to.id in act.to and act.kind == kind
        and (not item or act.about.item == item) and (not fact or act.about.fact == fact)
        for act in said_in(me, view)
    )  # fmt: skip
