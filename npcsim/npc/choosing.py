"""Between what a mind chooses: a plan, something to do now, or what to do it with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from npcsim.memory.stream import since
from npcsim.npc import prompts
from npcsim.npc.days import current, firmness
from npcsim.npc.npc import Choice, Lore, Plan
from npcsim.npc.tilting import tilted, tilted_plan
from npcsim.reflex.guards import Guard, holds, numbers
from npcsim.speech import ANSWERING, REPLIES
from npcsim.tools.binding import ToolBroke
from npcsim.tools.builtin.talking import WAITS, say
from npcsim.tools.options import Option, objects, options
from npcsim.tools.view import Body, View
from npcsim.world.lessons import shift
from npcsim.world.rows import Mind

REACT_OPTIONS = 6
LATELY_MS = 3_600_000
Choices = tuple[list[Choice], float]


def plans(me: Body, view: View, mind: Mind, lore: Lore) -> Choices:
    """Plans that can be taken up now, and those that can be resumed. -> (choices, stakes)

    What serves a sub-goal only is left out while that is not held.
    """
    aside = {name for name, _ in mind.aside}
    serving, bonus = _serving(me, view, mind, lore)
    apart = {name for goal in lore.goals_of(me) for sub in goal.into for name in sub.plans}
    found, stakes, now = [], 0.0, current(mind, view)
    for plan in lore.plans_of(me):
        if plan.hourly and plan.name != now:
            continue
        if plan.name in apart and plan.name not in serving:
            continue
        more = bonus if plan.name in serving else 0.0
        more += firmness(mind, lore) if plan.name == now else 0.0
        value = tilted_plan(worth(plan, me, view) + more, plan, me, lore)
        if plan.name in aside:
            text = prompts.carry_on(view, plan.option)
            found.append(Choice("resume", plan.name, (), text, value))
        elif applies(plan.when, me, view):
            found.append(Choice("plan", plan.name, (), plan.option, value))
        else:
            continue
        stakes = max(stakes, plan.stakes)
    return found, stakes


def meant(choices: Sequence[Choice], mind: Mind, view: View) -> int:
    """Which of the choices the sketch of the day has for now, begun or resumed; -1: none."""
    now = current(mind, view)
    return next((at for at, choice in enumerate(choices) if choice.name == now), -1)


def days(me: Body, view: View, lore: Lore) -> Choices:
    """Sketches of the day that are possible now. -> (choices, stakes)"""
    found, stakes = [], 0.0
    for day in lore.days_of(me):
        if applies(day.when, me, view):
            value = valued(day.worth, day.option, me, view)
            found.append(Choice("day", day.name, (), day.option, value))
            stakes = max(stakes, day.stakes)
    return found, stakes


def goals(me: Body, view: View, mind: Mind, lore: Lore) -> Choices:
    """Sub-goals that apply now, the one held among them. -> (choices, stakes)"""
    found, stakes = [], 0.0
    for key in mind.open:
        _, sub = lore.sub_goal(key)
        text = prompts.carry_on(view, sub.option) if key == mind.aim else sub.option
        value = valued(sub.worth, sub.option, me, view)
        found.append(Choice("goal", key, (), text, value))
        stakes = max(stakes, sub.stakes)
    return found, stakes


def _serving(me: Body, view: View, mind: Mind, lore: Lore) -> tuple[frozenset[str], float]:
    """The plans that serve the sub-goal held, and how much more they are worth for that."""
    if not mind.aim:
        return frozenset(), 0.0
    _, sub = lore.sub_goal(mind.aim)
    return sub.plans, valued(sub.worth, sub.option, me, view)


def applies(guard: Guard | None, me: Body, view: View) -> bool:
    """Whether a guard holds for an NPC now; none always does."""
    return guard is None or bool(holds(guard, view.senses, np.array([me.row], np.uint32))[0])


def worth(plan: Plan, me: Body, view: View) -> float:
    """A plan's utility for an NPC now, never negative; less after it failed of late.

    What the NPC has learnt of the plan shifts it (`world.lessons.shift`). Failures of the last hour
    and a lesson may speak of the same: the lower counts.
    """
    return valued(plan.worth, plan.option, me, view, plan.name)


def valued(utility: Guard, goal: str, me: Body, view: View, plan: str = "") -> float:
    """The utility of a goal in words, as it is to an NPC now: see `worth`."""
    value = float(numbers(utility, view.senses, np.array([me.row], np.uint32))[0])
    failed = prompts.failed(view, goal, "")
    lately = since(me.memories, view.tick - LATELY_MS // view.world.setting.tick_ms)
    failures = sum(line.text.startswith(failed) for line in lately)
    learnt = shift(view.world, me.id, plan) if plan else 1.0
    return max(value, 0.0) * (min(learnt, 1 / (1 + 2 * failures)) if failures else learnt)


def reactions(me: Body, view: View, mind: Mind, lore: Lore, broken: list[ToolBroke]) -> Choices:
    """What can be done at once, the best few, and carrying on. -> (choices, stakes)"""
    found = _answers_first(_felt(options(me, view, lore.tools_of(me), broken), me, lore))
    ranked = sorted(enumerate(found), key=lambda entry: (-entry[1].utility, entry[0]))
    best = _varied([option for _, option in ranked])
    choices = [_choice(option) for option in best]
    if mind.plan:
        plan = lore.plan(mind.plan)
        going_on = prompts.carry_on(view, plan.option)
        value = tilted_plan(worth(plan, me, view), plan, me, lore)
        choices.append(Choice("carry_on", plan.name, (), going_on, value))
    return choices, _stakes(best, lore)


def calls(me: Body, view: View, mind: Mind, lore: Lore, broken: list[ToolBroke]) -> Choices:
    """The calls of the one tool that was decided on, the best of all. -> (choices, stakes)

    Before one talks one may answer what is still to be answered.
    """
    tool = lore.tools.get(mind.chooses[0])
    if tool is None:  # it was taken away since
        return [], 0.0
    found = objects(tool, me, view, broken)
    if tool.name == say.name and found:
        replies = [one for one in lore.tools_of(me) if one.act in ANSWERING]
        found = _answers_first([*options(me, view, replies, broken), *found])
    return [_choice(option) for option in found], _stakes(found, lore)


def _answers_first(found: list[Option]) -> list[Option]:
    """The options with news and small talk put off while there is something worth answering.

    To whom something is put has the turn, and is to answer it: H. Sacks, E. A. Schegloff and
    G. Jefferson, "A simplest systematics for the organization of turn-taking for conversation",
    Language 50 (1974), rule 1a. What one would rather leave unanswered puts nothing off.
    """
    is_open = any(option.tool.act in REPLIES for option in found)
    answers = (option.utility for option in found if option.tool.act in ANSWERING)
    if not is_open or max(answers) <= WAITS:
        return found
    return [
        replace(option, utility=min(option.utility, WAITS))
        if option.tool.name == say.name
        else option
        for option in found
    ]


def _felt(found: Sequence[Option], me: Body, lore: Lore) -> list[Option]:
    """The options as one's mood inclines to them."""
    if not lore.tilts:
        return list(found)
    return [
        replace(option, utility=tilted(option.utility, option.tool.name, me, lore))
        for option in found
    ]


def _choice(option: Option) -> Choice:
    sort, args = ("verb", ()) if option.verb else ("tool", option.calls[0].plain)
    return Choice(sort, option.tool.name, args, option.text, option.utility)


def _stakes(best: Sequence[Option], lore: Lore) -> float:
    hang = (
        lore.stakes_of(call) for option in best if option.utility > 0.05 for call in option.calls
    )
    return max(hang, default=0.1)


def _varied(ranked: Sequence[Option]) -> list[Option]:
    """The best few, at most two of one tool, so that one tool does not crowd out the rest."""
    taken: dict[str, int] = {}
    best = []
    for option in ranked:
        name = option.tool.name
        if taken.get(name, 0) < 2:
            taken[name] = taken.get(name, 0) + 1
            best.append(option)
    return best[:REACT_OPTIONS]
