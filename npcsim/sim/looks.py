"""What a thought's model may look up goes with its question, as it is at the moment of asking."""

from __future__ import annotations

from dataclasses import replace

from npcsim import events as ev
from npcsim.messages import Choose, Look, Question
from npcsim.npc.npc import Lore
from npcsim.sim.program import Program
from npcsim.sim.turn import Turn
from npcsim.tools.binding import ToolBroke
from npcsim.tools.lookups import looks_of, lookups
from npcsim.tools.view import Body


class Looks:
    """The ask tools of a run as models are offered them; made anew when tools have changed."""

    def __init__(self) -> None:
        self._made: tuple[Program, dict[str, Look]] | None = None

    def added(self, turn: Turn, me: Body, question: Question, lore: Lore) -> Question:
        """The question with all that `me` could look up now, where it is a choice.

        All others name the same tools, and nothing to be found: so what stands first in a prompt is
        the same for all of them, and a provider that keeps it has it once.
        """
        program = turn.program
        if self._made is None or self._made[0] is not program:
            looks = looks_of(program.tools.values(), turn.world.setting)
            self._made = (program, looks)
        broken: list[ToolBroke] = []
        asks = lore.asks_of(me) if isinstance(question, Choose) else []
        known = lookups(me, turn.view, asks, self._made[1], broken)
        told = {one.tool for one in turn.wanted.told if isinstance(one, ev.Rejected) and one.broke}
        for broke in broken:
            if broke.tool not in told:  # its sentence may have been wanted before
                turn.wanted.told.append(broke.told(turn.view.tick, me.id))
        return replace(question, lookups=known)
