"""Asking leave: acts that the scenario marks as needing somebody's approval, before they begin.

The clock goes on meanwhile. An answer comes as an input; when none has come in time, the
scenario's rule decides. Only what minds decide waits: state machines and orders do not.
"""

from __future__ import annotations

from dataclasses import replace

from npcsim import events as ev
from npcsim.errors import ToolRefused
from npcsim.scenario.units import parse_call
from npcsim.sim.program import Program
from npcsim.sim.turn import Turn, begin_bound, failed
from npcsim.tools.binding import Bound, ToolBroke, bind, rebound
from npcsim.tools.view import Body
from npcsim.world.rows import Act, Approval, Mind

YES, NO, RULE = "yes", "no", "rule"
VERDICTS = {YES: "allowed", NO: "refused"}


def settle_leave(turn: Turn, me: Body, mind: Mind) -> Mind:
    """Begin what was allowed, drop what was refused; by the rule, where the time is up."""
    asked = turn.world.approvals.get(me.id)
    answer, by = turn.wanted.verdicts.get(me.id, ("", ""))
    if asked is None:
        if answer:
            _tell_nothing_waits(turn, me)
            if turn.wanted.decided.get(me.id) == answer:
                del turn.wanted.decided[me.id]
        return mind
    if not answer and turn.view.tick >= asked.due:
        answer, by = (YES if asked.allow else NO), RULE
    if not answer:
        return mind
    turn.wanted.approvals[me.id] = None
    verdict = VERDICTS.get(answer, "changed")
    text = asked.text if answer in VERDICTS else answer
    turn.wanted.told.append(ev.ApprovalEnded(turn.view.tick, me.id, asked.tool, text, verdict, by))
    if answer == NO:
        turn.wanted.refuse(turn.view.tick, me.id, asked.tool, "it was not approved")
        return failed(turn, me, mind, "it was not approved") if _is_step(asked, mind) else mind
    if verdict == "changed" and not is_call(answer, turn.program):
        return replace(mind, doing=0)  # another option: it is decided on next, as by hand
    act, why_not = _begin(turn, me, asked, answer)
    if not _is_step(asked, mind):
        return replace(mind, doing=0) if act else mind
    return replace(mind, doing=act) if act else failed(turn, me, mind, why_not)


def _begin(turn: Turn, me: Body, asked: Approval, answer: str) -> tuple[int, str]:
    if answer == YES:
        tool = turn.program.tools.get(asked.tool)
        if tool is None:
            return 0, f"there is no {asked.tool} any more"
        act = Act(0, me.id, asked.tool, asked.args, 0, 0)
        return begin_bound(turn, me, rebound(tool, act, turn.view))
    call = parse_call(answer)
    try:
        return begin_bound(turn, me, bind(turn.tool(call.name), call.args, me, turn.view))
    except (ToolRefused, ToolBroke) as error:
        return 0, turn.refuse(me, call.name, error)


def is_call(answer: str, program: Program) -> bool:
    """Whether an answer is a call of a tool that there is; else it may be an option in words."""
    try:
        return parse_call(answer).name in program.tools
    except ValueError:
        return False


def _is_step(asked: Approval, mind: Mind) -> bool:
    return asked.step and bool(mind.steps) and mind.steps[0][0] == asked.tool


def _tell_nothing_waits(turn: Turn, me: Body) -> None:
    reason = f"{me.id} asks for no leave now"
    turn.wanted.told.append(ev.Rejected(turn.view.tick, me.id, "approve", reason, ()))


def asks_leave(
    turn: Turn, me: Body, bound: Bound, alternatives: tuple[str, ...] = (), *, step: bool = False
) -> bool:
    """Whether a call needs leave; then it waits for it, and what waited before is dropped."""
    rule = turn.program.lore.approval_of(bound)
    before = turn.world.approvals.get(me.id)
    if before is not None and me.id not in turn.wanted.approvals:
        turn.wanted.approvals[me.id] = None
        turn.wanted.told.append(
            ev.ApprovalEnded(turn.view.tick, me.id, before.tool, before.text, "lapsed", me.id)
        )
    if rule is None:
        return False
    tick = turn.view.tick
    due = tick + max(1, -(-rule.within_ms // turn.tick_ms))
    text = bound.text(bound.tool.option, me)
    asked = Approval(bound.tool.name, bound.plain, text, due, rule.allow, step)
    turn.wanted.approvals[me.id] = asked
    turn.wanted.told.append(
        ev.ApprovalAsked(
            tick, me.id, bound.tool.name, text, tuple(a for a in alternatives if a != text), due,
            "allow" if rule.allow else "refuse",
        )
    )  # fmt: skip
    return True


def waits(turn: Turn, me: Body) -> bool:
    """Whether something this NPC wants to do still waits for leave."""
    settled = turn.wanted.approvals.get(me.id, turn.world.approvals.get(me.id))
    return settled is not None
