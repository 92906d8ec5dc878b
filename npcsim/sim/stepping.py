"""Before a step begins: whether it can, and what if not. And the sketch of a day."""

from __future__ import annotations

from dataclasses import replace

from npcsim import events as ev
from npcsim.npc import days
from npcsim.npc.choosing import applies
from npcsim.npc.hours import still, with_written
from npcsim.npc.mind import FAILURES
from npcsim.npc.npc import Plan, StepGuard
from npcsim.sim.turn import Turn, done, failed
from npcsim.tools.view import Body
from npcsim.world.rows import Mind

REWRITES = 3
"""A plan that had to be written anew so often is given up."""


def step_ready(turn: Turn, me: Body, mind: Mind) -> tuple[Mind, bool]:
    """Whether the next step of the plan can begin now. -> (mind, whether)

    A step whose purpose is fulfilled already is passed over. What can't begin waits, is skipped,
    has failed, or the plan is rewritten: it goes back to the first step that is not, or no longer,
    done; what was done stays done.
    """
    plans = with_written(turn.program.lore, mind, me).plans
    plan = next((one for one in plans if one.name == mind.plan), None)
    if plan is None or not plan.guards:
        return mind, True
    at = len(plan.steps) - len(mind.steps)
    guard = plan.guards[at]
    if guard.done is not None and applies(guard.done, me, turn.view):
        return done(turn, me, replace(mind, waits=0)), False
    if applies(guard.when, me, turn.view):
        return (replace(mind, waits=0) if mind.waits else mind), True
    match guard.otherwise:
        case "skip":
            _tell(turn, me, mind, "skipped", guard, mind.steps[1:])
            return done(turn, me, replace(mind, waits=0)), False
        case "rewrite":
            return _rewritten(turn, me, mind, plan, guard, at), False
        case "wait":
            return _waiting(turn, me, mind, guard), False
    return _given_up(turn, me, mind, guard), False


def _waiting(turn: Turn, me: Body, mind: Mind, guard: StepGuard) -> Mind:
    if not mind.waits:
        _tell(turn, me, mind, "waits", guard, mind.steps)
        return replace(mind, waits=turn.view.tick)
    if (turn.view.tick - mind.waits) * turn.tick_ms >= guard.wait_ms:
        return _given_up(turn, me, mind, guard)
    return mind


def _rewritten(turn: Turn, me: Body, mind: Mind, plan: Plan, guard: StepGuard, at: int) -> Mind:
    if mind.rewritten >= REWRITES:
        return _given_up(turn, me, mind, guard)
    open = (
        number
        for number, one in enumerate(plan.guards[:at])
        if one.done is not None and not applies(one.done, me, turn.view)
    )
    steps = plan.steps[_way_to(plan, next(open, 0)) :]
    _tell(turn, me, mind, "rewritten", guard, steps)
    # Not before the next tick is it seen whether the way goes any better.
    return replace(mind, steps=steps, rewritten=mind.rewritten + 1, waits=0, failures=0)


def _way_to(plan: Plan, number: int) -> int:
    """The step from which on a step can be done once more: with the way there, where it has one."""
    if number and plan.steps[number - 1][0] == "go_to":
        return number - 1
    return number


def _given_up(turn: Turn, me: Body, mind: Mind, guard: StepGuard) -> Mind:
    return failed(turn, me, replace(mind, failures=FAILURES, waits=0), f"not so: {guard.text}")


def _tell(
    turn: Turn, me: Body, mind: Mind, how: str, guard: StepGuard, steps: tuple[tuple[str, ...], ...]
) -> None:
    texts = tuple(f"{step[0]}({', '.join(step[1:])})" for step in steps)
    turn.wanted.told.append(
        ev.PlanChanged(turn.view.tick, me.id, mind.goal, how, f"not so: {guard.text}", texts)
    )


def plan_day(turn: Turn, me: Body, mind: Mind, name: str) -> Mind:
    """The mind with a sketch of its day."""
    lore, today = turn.program.lore, days.today(turn.view)
    day = next(day for day in lore.days if day.name == name)
    told = tuple((days.clock(at), lore.plan(plan).option) for at, plan in day.hours)
    turn.wanted.told.append(ev.DayPlanned(turn.view.tick, me.id, today, day.option, told))
    # What the day begins with is thought of at once, not after a rest.
    asked = mind.asked if mind.plan else Mind().asked
    return replace(
        mind, day=today, sketch=name, hours=day.hours, asked=asked, changed="", rewrote=0,
        written=still(mind) if mind.written else (),
    )  # fmt: skip
