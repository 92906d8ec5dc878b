"""Goals of one's own: which apply, how the one held has gone, and what is done for it."""

from __future__ import annotations

from dataclasses import replace

from npcsim import events as ev
from npcsim.effects import Remember
from npcsim.npc import mind as minds
from npcsim.npc import prompts
from npcsim.npc.choosing import applies, valued, worth
from npcsim.npc.goals import Goal, SubGoal
from npcsim.npc.hours import with_written
from npcsim.npc.npc import Choice
from npcsim.sim.bodies import interrupt
from npcsim.sim.turn import Turn, served
from npcsim.tools.view import Body
from npcsim.world.commit import Bundle
from npcsim.world.rows import Mind


def settle_aim(turn: Turn, me: Body, mind: Mind) -> Mind:
    """Take note of goals that have ended, and of sub-goals that have come to apply.

    A sub-goal is to be chosen where none is held and some apply, and where a further one comes to.
    """
    goals = turn.program.lore.goals_of(me)
    if not goals:
        return replace(mind, served=()) if mind.served else mind
    if mind.aim:
        mind = _settle_held(turn, me, mind)
    mind = replace(mind, served=()) if mind.served else mind
    for goal in goals:
        if goal.name not in mind.over:
            mind = _settle_high(turn, me, mind, goal)
    now = _open(turn, me, mind, goals)
    if now == mind.open and (mind.aim or not now or mind.picks or mind.thought):
        return mind
    more = set(now) - set(mind.open)
    waits = mind.purpose == minds.GOAL  # what is being chosen between is not chosen once more
    picks = bool(now) and (bool(more) or (not mind.aim and not waits))
    if mind.aim and set(now) == {mind.aim}:
        picks = False
    return replace(mind, open=now, picks=picks or (mind.picks and bool(now)))


def _open(turn: Turn, me: Body, mind: Mind, goals: list[Goal]) -> tuple[str, ...]:
    """The keys of the sub-goals that apply now; the one held does until it has ended."""
    return tuple(
        sub.key
        for goal in goals
        if goal.name not in mind.over
        for sub in goal.into
        if sub.key == mind.aim or _applies(turn, me, mind, sub)
    )


def _applies(turn: Turn, me: Body, mind: Mind, sub: SubGoal) -> bool:
    if (sub.once and sub.key in mind.reached) or not sub.after.issubset(mind.reached):
        return False
    if not applies(sub.when, me, turn.view):
        return False
    ends = (sub.done, sub.failed)
    return not any(end is not None and applies(end, me, turn.view) for end in ends)


def _settle_held(turn: Turn, me: Body, mind: Mind) -> Mind:
    """The mind after its sub-goal, where that has ended."""
    goal, sub = turn.program.lore.sub_goal(mind.aim)
    plan, how, reason = mind.served or ("", "", "")
    ours = plan in sub.plans
    if sub.failed is not None and applies(sub.failed, me, turn.view):
        return _end(turn, me, mind, goal, sub, "failed", "")
    if sub.done is not None and applies(sub.done, me, turn.view):
        return _end(turn, me, mind, goal, sub, "done", "")
    if ours and how == "failed" and sub.failed is None:
        return _end(turn, me, mind, goal, sub, "failed", reason)
    if ours and how == "done" and sub.done is None:
        return _end(turn, me, mind, goal, sub, "done", "")
    return mind


def _end(turn: Turn, me: Body, mind: Mind, goal: Goal, sub: SubGoal, how: str, reason: str) -> Mind:
    """The mind without its sub-goal and the plan that served it; how it went is remembered."""
    told = turn.wanted.told
    if mind.plan in sub.plans:
        _break_off(turn, me, mind, sub.option)
        why = f"{sub.option}: {how}"
        told.append(
            ev.GoalEnded(turn.view.tick, me.id, mind.goal, "dropped", why, goal.text, sub.option)
        )
        mind = replace(mind, plan="", goal="", steps=(), failures=0, doing=0, speaks=())
    told.append(ev.GoalEnded(turn.view.tick, me.id, sub.option, how, reason, goal.text, sub.option))
    _remember(turn, me, sub.option, how, reason)
    reached = mind.reached
    if how == "done" and sub.key not in reached:
        reached = (*reached, sub.key)
    aside = tuple(left for left in mind.aside if left[0] not in sub.plans)
    return replace(mind, aim="", open=(), reached=reached, aside=aside)


def _settle_high(turn: Turn, me: Body, mind: Mind, goal: Goal) -> Mind:
    """The mind after a high goal, where that has ended: nothing more is done for it."""
    how = ""
    if goal.failed is not None and applies(goal.failed, me, turn.view):
        how = "failed"
    elif goal.done is not None:
        how = "done" if applies(goal.done, me, turn.view) else ""
    elif all(sub.once and sub.key in mind.reached for sub in goal.into):
        how = "done"
    if not how:
        return mind
    for sub in goal.into:
        if sub.key == mind.aim:
            mind = _end(turn, me, mind, goal, sub, "dropped", f"{goal.text}: {how}")
    turn.wanted.told.append(ev.GoalEnded(turn.view.tick, me.id, goal.text, how, "", goal.text))
    _remember(turn, me, goal.text, how, "")
    return replace(mind, over=(*mind.over, goal.name))


def _remember(turn: Turn, me: Body, goal: str, how: str, reason: str) -> None:
    if how == "dropped":
        return
    text = (
        prompts.managed(me.view, goal) if how == "done" else prompts.failed(me.view, goal, reason)
    )
    line = Remember(me, text, sort="did", about=minds.GOAL)
    turn.wanted.bundles.append(Bundle(me.id, "goal", (line,), "input"))


def aim_at(turn: Turn, me: Body, mind: Mind, key: str) -> Mind:
    """The mind that holds a sub-goal from now on. What is worth less than that is set aside."""
    if key == mind.aim:
        return mind
    lore, told = turn.program.lore, turn.wanted.told
    goal, sub = lore.sub_goal(key)
    if goal.name in mind.over or not _applies(turn, me, mind, sub):
        return mind  # it has passed while that was thought over
    if mind.aim:
        above, old = lore.sub_goal(mind.aim)
        why = f"{sub.option} instead"
        told.append(
            ev.GoalEnded(
                turn.view.tick, me.id, old.option, "dropped", why, above.text, old.option
            )
        )  # fmt: skip
    told.append(ev.GoalStarted(turn.view.tick, me.id, sub.option, (), goal.text, sub.option))
    if mind.plan and mind.plan not in sub.plans:
        value = valued(sub.worth, sub.option, me, turn.view)
        ours = bool(served(turn, mind)[1])
        plan = with_written(lore, mind, me).plan(mind.plan)
        if ours or worth(plan, me, turn.view) < value:
            mind = put_aside(turn, me, mind, sub.option)
    mind = replace(mind, aim=key, aimed=turn.view.tick)
    # What is to be done for it is thought of at once, not after a rest.
    return mind if mind.plan else replace(mind, asked=Mind().asked, resume=0)


def put_aside(turn: Turn, me: Body, mind: Mind, what: str) -> Mind:
    """The mind without the plan under way, which may be resumed after `what`."""
    _break_off(turn, me, mind, what)
    why = f"{what} instead"
    turn.wanted.told.append(
        ev.GoalEnded(turn.view.tick, me.id, mind.goal, "interrupted", why, *served(turn, mind))
    )
    return minds.set_aside(mind)


def _break_off(turn: Turn, me: Body, mind: Mind, what: str) -> None:
    act = turn.world.acts.get(me.id)
    if act is not None and mind.doing == act.id:
        interrupt(me, turn.view, turn.program, turn.wanted, f"{what} instead")


def take_up(turn: Turn, me: Body, mind: Mind, choice: Choice) -> Mind:
    """The mind with a plan taken up, or taken up once more where it was interrupted."""
    plan = with_written(turn.program.lore, mind, me).plan(choice.name)
    resumed = choice.sort == "resume"
    mind = minds.resume_plan(mind, plan) if resumed else minds.take_plan(mind, plan)
    steps = tuple(f"{step[0]}({', '.join(step[1:])})" for step in mind.steps)
    turn.wanted.told.append(
        ev.GoalStarted(
            turn.view.tick, me.id, plan.option, steps, *served(turn, mind), resumed=resumed
        )
    )
    return mind
