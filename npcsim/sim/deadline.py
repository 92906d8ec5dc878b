"""By when a thought must be decided, where something in the world says so."""

from __future__ import annotations

from npcsim.npc import mind as minds
from npcsim.sim.program import Program
from npcsim.tools.view import Body, View


def until(me: Body, view: View, program: Program, purpose: str) -> int:
    """The tick from which an answer would be of no use any more; 0 where nothing presses.

    An offer to `me` lapses, or the scene whose move it is has lasted as long as it may.
    """
    ends = []
    if purpose in ("react", "object", minds.MOVE):
        ends += [bid.due for _, bid in view.offers_to(me) if bid.due]
    if purpose == minds.MOVE:
        for staged in program.scenes:
            stage = view.world.scenes.get(staged.name)
            if stage is not None and staged.ticks and me.id in stage.sitting:
                ends.append(stage.since + staged.ticks)
    return min(ends, default=0)
