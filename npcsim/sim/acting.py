"""What minds do with their bodies: the steps of plans, and the acts that were decided on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from npcsim import events as ev
from npcsim.effects import Effect, Remember, Shift
from npcsim.errors import AlreadySo, ToolRefused
from npcsim.npc import mind as minds
from npcsim.npc import prompts
from npcsim.npc.npc import Choice
from npcsim.sim.bodies import interrupt
from npcsim.sim.program import Program
from npcsim.tools.binding import Bound, ToolBroke, begin, bind, rebound
from npcsim.tools.tool import Tool, Words
from npcsim.tools.view import Body, View
from npcsim.world.commit import Bundle, Wanted
from npcsim.world.state import Act, Mind, World

SPOKEN_KEPT = 8


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

    def refuse(self, me: Body, tool: str, error: Exception) -> str:
        """Tell why a call was not begun. -> what the NPC is to know of it.

        A refusal is for the NPC; how a tool broke is for its author to read.
        """
        if isinstance(error, ToolRefused):
            self.wanted.refuse(self.view.tick, me.id, tool, str(error))
            return str(error)
        self.wanted.told.append(ev.Rejected(self.view.tick, me.id, tool, str(error), ()))
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


def settle_step(turn: Turn, me: Body, mind: Mind) -> Mind:
    """Take note of how the act behind the plan's current step has ended."""
    if not mind.doing:
        return mind
    ending, current = turn.world.endings.get(me.id), turn.world.acts.get(me.id)
    if ending is None or ending.act != mind.doing:
        # Neither under way nor the last to end: another act took its place.
        lost = current is None or current.id != mind.doing
        return replace(mind, doing=0) if lost else mind
    if ending.how == "interrupted":
        return replace(mind, doing=0)
    if ending.how == "done":
        return _done(turn, me, mind)
    return failed(turn, me, mind, ending.reason)


def _done(turn: Turn, me: Body, mind: Mind) -> Mind:
    return _stepped(turn, me, minds.step_done(mind), mind, "done", "")


def failed(turn: Turn, me: Body, mind: Mind, reason: str) -> Mind:
    """The current step did not work: it is tried again later, or the plan is given up."""
    outcome = minds.step_failed(mind, turn.view.tick, turn.tick_ms, reason)
    return _stepped(turn, me, outcome, mind, "failed", reason)


def _stepped(
    turn: Turn, me: Body, outcome: tuple[Mind, bool], before: Mind, how: str, reason: str
) -> Mind:
    mind, ended = outcome
    if ended:
        turn.wanted.told.append(ev.GoalEnded(turn.view.tick, me.id, before.goal, how, reason))
    return mind


def carry_on(turn: Turn, me: Body, mind: Mind) -> Mind:
    """Begin the next step of the plan, if the body is free for it."""
    current = turn.world.acts.get(me.id)
    busy = current is not None and current.by != "body"
    if not mind.steps or busy or mind.doing or turn.view.tick < mind.resume:
        return mind
    if turn.held_by(me):
        return mind
    name, *texts = mind.steps[0]
    tool = turn.program.tools[name]
    try:
        bound = bind(tool, texts, me, turn.view)
        if speaks(tool):
            return replace(mind, speaks=(name, *(str(v) for _, v in bound.plain)))
        bundle = begin(bound, me, turn.view, turn.wanted.act_id(turn.world), "mind")
    except AlreadySo:
        return _done(turn, me, mind)
    except (ToolRefused, ToolBroke) as error:
        return failed(turn, me, mind, turn.refuse(me, name, error))
    if current is not None:
        interrupt(me, turn.view, turn.program, turn.wanted, f"{name} instead")
    turn.wanted.bundles.append(bundle)
    return replace(mind, doing=act_id(bundle))


def take(turn: Turn, me: Body, mind: Mind, choice: Choice) -> Mind:
    """Turn a decision into what it means."""
    if choice.sort == "plan":
        plan = turn.program.lore.plan(choice.name)
        steps = tuple(f"{step[0]}({', '.join(step[1:])})" for step in plan.steps)
        turn.wanted.told.append(ev.GoalStarted(turn.view.tick, me.id, plan.option, steps))
        return minds.take_plan(mind, plan)
    if choice.sort == "carry_on":
        return mind
    tool = turn.program.tools[choice.name]
    if speaks(tool):
        return replace(mind, speaks=(choice.name, *(str(v) for _, v in choice.args)))
    bound = rebound(tool, Act(0, me.id, tool.name, choice.args, 0, 0), turn.view)
    begin_decided(turn, me, bound)
    return replace(mind, doing=0)


def begin_decided(turn: Turn, me: Body, bound: Bound) -> tuple[int, str]:
    """Begin an act that was decided on, in place of what is being done.

    -> (its id, "") or (0, why not)
    """
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


def say(turn: Turn, me: Body, mind: Mind, words: str) -> tuple[Mind, str]:
    """Begin the speech act that was waiting for its words. -> (mind, what is said)"""
    name, to, topic = mind.speaks[:3]
    tool = turn.program.tools[name]
    listener = turn.view.npc(to)
    text = words or prompts.paraphrase(me, listener, topic)
    bound = Bound(tool, {"to": listener, "topic": topic, "words": Words(text)})
    act, why_not = begin_decided(turn, me, bound)
    is_step = bool(mind.steps) and mind.steps[0][0] == name and not mind.doing
    doing = act if is_step else mind.doing
    spoken = _spoken(mind.spoken, to, turn.view.tick)
    mind = replace(mind, speaks=(), spoken=spoken, doing=doing)
    if is_step and not act:
        mind = failed(turn, me, mind, why_not)
    return mind, text


def _spoken(before: Sequence[tuple[str, int]], to: str, tick: int) -> tuple[tuple[str, int], ...]:
    return (*((name, at) for name, at in before if name != to), (to, tick))[-SPOKEN_KEPT:]


def conclude(turn: Turn, me: Body, mind: Mind, line: str) -> tuple[Mind, str]:
    """Remember how a goal ended: the fact, and what the mind makes of it if it found words."""
    goal, how, reason = mind.reflects
    fact = f"I managed to {goal}" if how == "done" else minds.failure(goal, reason)
    lines: list[Effect] = [Remember(me, fact, 0.4, "did")]
    if line:
        lines.append(Remember(me, line, 0.6, "concluded"))
    turn.wanted.bundles.append(Bundle(me.id, "reflect", tuple(lines), "input"))
    return replace(mind, reflects=()), line or fact


def speaks(tool: Tool) -> bool:
    """Whether a tool is speech, whose words a mind finds."""
    return any(param.is_words for param in tool.params)


def act_id(bundle: Bundle) -> int:
    """The id of the act a bundle begins, 0 where it begins none."""
    return bundle.act.id if bundle.act is not None else 0
