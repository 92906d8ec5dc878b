"""One tick as minds act in it: who is free, how an act begins, and how a plan's step has gone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from npcsim import events as ev
from npcsim.effects import Shift
from npcsim.errors import ToolRefused
from npcsim.npc import mind as minds
from npcsim.npc.hours import REWRITES, is_written
from npcsim.sim.bodies import interrupt
from npcsim.sim.program import Program
from npcsim.tools.binding import Bound, ToolBroke, begin
from npcsim.tools.tool import Tool
from npcsim.tools.view import Body, View
from npcsim.world.commit import Bundle, Wanted
from npcsim.world.rows import Mind
from npcsim.world.state import World


@dataclass(slots=True)
class Turn:
    """One tick, as those who act in it need it. `states`: everybody's, with this tick's shifts."""

    world: World
    program: Program
    view: View
    wanted: Wanted
    states: NDArray[np.uint8]

    @property
    def tick_ms(self) -> int:
        return self.world.setting.tick_ms

    def tool(self, name: str) -> Tool:
        """A tool by name. Raises ToolRefused for one that other tools took the place of."""
        if name not in self.program.tools:
            raise ToolRefused(f"there is no {name} any more")
        return self.program.tools[name]

    def refuse(self, me: Body, tool: str, error: Exception) -> str:
        """Tell why a call was not begun. -> what the NPC is to know of it.

        A refusal is for the NPC; how a tool broke is for its author to read.
        """
        if isinstance(error, ToolRefused):
            self.wanted.refuse(self.view.tick, me.id, tool, str(error))
            return str(error)
        if isinstance(error, ToolBroke):
            self.wanted.told.append(error.told(self.view.tick, me.id))
        return "it came to nothing"

    def held_by(self, me: Body) -> str:
        """The state that holds an NPC's body, or an empty text where its mind is free."""
        machine = int(self.world.columns["machine"][me.row])
        if machine < 0:
            return ""
        state = self.program.machines[machine].states[int(self.states[me.row])]
        return "" if state.free else state.name


def turn_of(world: World, program: Program, view: View, wanted: Wanted) -> Turn:
    """The tick with its transitions: who turns to flee is not free to act."""
    states = world.columns["state"]
    shifts = [block for block in wanted.blocks if isinstance(block, Shift)]
    if shifts:
        states = states.copy()
        for block in shifts:
            states[block.who] = block.state
    return Turn(world, program, view, wanted, states)


def begin_bound(turn: Turn, me: Body, bound: Bound) -> tuple[int, str]:
    """Begin an act in place of what is being done. -> (its id, "") or (0, why not)"""
    held = turn.held_by(me)
    try:
        if held:
            raise ToolRefused(f"I can't while in the state {held}")
        bundle = begin(bound, me, turn.view, turn.wanted.act_id(turn.world), "mind")
    except (ToolRefused, ToolBroke) as error:
        return 0, turn.refuse(me, bound.tool.name, error)
    # A step begun in this same tick gives way to what was just decided.
    bundles = turn.wanted.bundles
    bundles[:] = [b for b in bundles if not (b.actor == me.id and b.phase == "start")]
    if me.id in turn.world.acts:
        interrupt(me, turn.view, turn.program, turn.wanted, f"{bound.tool.name} instead")
    bundles.append(bundle)
    return act_id(bundle), ""


def done(turn: Turn, me: Body, mind: Mind) -> Mind:
    """The current step is done: on to the next, or the plan has come to its end."""
    return _stepped(turn, me, minds.step_done(mind), mind, "done", "")


def failed(turn: Turn, me: Body, mind: Mind, reason: str) -> Mind:
    """The current step did not work: it is tried again later, or the plan is given up."""
    outcome = minds.step_failed(mind, turn.view.tick, turn.tick_ms, reason)
    return _stepped(turn, me, outcome, mind, "failed", reason)


def _stepped(
    turn: Turn, me: Body, outcome: tuple[Mind, bool], before: Mind, how: str, reason: str
) -> Mind:
    mind, ended = outcome
    if ended and how == "failed" and is_written(before.plan) and mind.rewrote < REWRITES:
        mind = replace(mind, wrote=0, rewrote=mind.rewrote + 1, changed=f"{before.goal}: {reason}")
    if ended:
        turn.wanted.told.append(
            ev.GoalEnded(turn.view.tick, me.id, before.goal, how, reason, *served(turn, before))
        )
    return mind


def served(turn: Turn, mind: Mind) -> tuple[str, str]:
    """The high goal and the sub-goal that the plan of a mind serves, in words; empty for none."""
    if mind.aim:
        goal, sub = turn.program.lore.sub_goal(mind.aim)
        if mind.plan in sub.plans:
            return goal.text, sub.option
    return "", ""


def act_id(bundle: Bundle) -> int:
    """The id of the act a bundle begins, 0 where it begins none."""
    return bundle.act.id if bundle.act is not None else 0
