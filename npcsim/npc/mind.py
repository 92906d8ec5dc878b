"""The mind: when it thinks, what it asks, and what becomes of the answer.

All functions here are pure over the view: they return what is wanted, the loop commits it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from npcsim.effects import Effect, Remember
from npcsim.messages import Question
from npcsim.npc import prompts
from npcsim.npc.npc import Choice, Lore, Plan
from npcsim.npc.perception import Perceived
from npcsim.reflex.guards import holds, numbers
from npcsim.tools.binding import Bound, ToolBroke, options, utility
from npcsim.tools.view import Body, View
from npcsim.world.state import Mind

REACT_OPTIONS = 6
FAILURES = 2
RETRY_MS = 30_000
LATELY_MS = 3_600_000
TELLING = frozenset({"news", "attack", "shout"})


@dataclass(frozen=True, slots=True)
class Draft:
    """A thought before a tier is chosen. Words have no choices."""

    purpose: str
    why: str
    choices: tuple[Choice, ...]
    question: Question
    stakes: float


def remembers(me: Body, seen: Perceived) -> list[Effect]:
    """What of this tick stays in memory."""
    lines: list[Effect] = []
    view = me.view
    for heard in seen.spoken:
        text = f'{view.npc(heard.source)} said to me: "{heard.content}"'
        lines.append(Remember(me, text, 0.4, "heard"))
    for heard in seen.overheard[:2]:
        text = f'I heard {view.npc(heard.source)} say: "{heard.content}"'
        lines.append(Remember(me, text, 0.2, "heard"))
    for heard in seen.alarms[:2]:
        text = _alarm(view, heard.about, heard.source, heard.content)
        lines.append(Remember(me, text, 0.7 if heard.about in TELLING else 0.4, "seen"))
    if seen.setback:
        lines.append(Remember(me, f"It did not work: {seen.setback}", 0.4, "felt"))
    return lines


def _alarm(view: View, about: str, source: str, content: str) -> str:
    who = view.npc(source).name if source in view.world.setting.serial_of else ""
    if about == "attack" and who:
        return f"I saw {who} attack somebody"
    if content:
        return content if not who else f"{who}: {content}"
    return f"I heard a {about}"


def reason_to_think(
    me: Body, view: View, mind: Mind, seen: Perceived, entered: str, lore: Lore
) -> tuple[str, str] | None:
    """(purpose, why) when the mind has a reason to think now, the most pressing first.

    `entered` is a state that asks for thought and was entered in this tick, or an empty text.
    """
    if mind.thought:
        return None
    since = (view.tick - mind.asked) * view.world.setting.tick_ms
    for heard in seen.alarms:
        return "react", f"{_alarm(view, heard.about, heard.source, heard.content)}."
    if mind.speaks:
        return "speak", f"words about {mind.speaks[2]} are wanted"
    for heard in seen.spoken:
        return "react", f'{view.npc(heard.source)} said: "{heard.content}"'
    for heard in seen.offers:
        return "react", f"{view.npc(heard.source)} offers {heard.content}."
    if entered:
        return "react", f"{me} is now in the state {entered}."
    if mind.reflects:
        return "reflect", f"a goal ended: {mind.reflects[0]}"
    if not mind.plan and since >= lore.times.rest and view.tick >= mind.resume:
        return "plan", "there is no plan"
    return None


def draft(
    me: Body,
    view: View,
    mind: Mind,
    purpose: str,
    why: str,
    lore: Lore,
    broken: list[ToolBroke],
) -> Draft | None:
    """The question of a thought, or None when there is nothing to choose from.

    Tools that broke while their options were looked for are left out and added to `broken`.
    """
    if purpose == "speak":
        return Draft(purpose, why, (), prompts.speak(me), 0.1)
    if purpose == "reflect":
        goal, how, reason = mind.reflects
        return Draft(purpose, why, (), prompts.reflect(me, goal, how, reason), 0.1)
    if purpose == "plan":
        choices, stakes = _plan_choices(me, view, lore)
        told = me.profile.goal and f"{me} wants this: {me.profile.goal.rstrip('.')}."
    else:
        choices, stakes = _react_choices(me, view, mind, lore, broken)
        told = why
    if not choices:
        return None
    texts = tuple(choice.text for choice in choices)
    question = prompts.choose(me, view, told, texts, purpose)
    return Draft(purpose, why, tuple(choices), question, stakes)


def _plan_choices(me: Body, view: View, lore: Lore) -> tuple[list[Choice], float]:
    row = np.array([me.row], np.uint32)
    possible = [
        plan
        for plan in lore.plans_of(me)
        if plan.when is None or bool(holds(plan.when, view.senses, row)[0])
    ]
    stakes = max((plan.stakes for plan in possible), default=0.0)
    return [
        Choice("plan", plan.name, (), plan.option, worth(plan, me, view)) for plan in possible
    ], stakes


def worth(plan: Plan, me: Body, view: View) -> float:
    """A plan's utility for an NPC now, never negative; less after it failed of late."""
    value = float(numbers(plan.worth, view.senses, np.array([me.row], np.uint32))[0])
    failed = failure(plan.option, "")
    since = view.tick - LATELY_MS // view.world.setting.tick_ms
    failures = sum(line.tick >= since and line.text.startswith(failed) for line in me.memories)
    return max(value, 0.0) / (1 + 2 * failures)


def failure(goal: str, reason: str) -> str:
    """How a goal that failed is remembered."""
    return f"I failed to {goal}: {reason}"


def _react_choices(
    me: Body, view: View, mind: Mind, lore: Lore, broken: list[ToolBroke]
) -> tuple[list[Choice], float]:
    ranked = []
    for index, bound in enumerate(options(me, view, lore.tools_of(me), broken)):
        try:
            ranked.append((utility(bound, me, view), index, bound))
        except ToolBroke as broke:
            broken.append(broke)
    ranked.sort(key=lambda entry: (-entry[0], entry[1]))
    best = _varied(ranked)
    choices = [
        Choice("tool", bound.tool.name, bound.plain, bound.text(bound.tool.option, me), value)
        for value, _, bound in best
    ]
    if mind.plan:
        plan = lore.plan(mind.plan)
        choices.append(
            Choice("carry_on", plan.name, (), f"carry on: {plan.option}", worth(plan, me, view))
        )
    stakes = max((lore.stakes_of(bound) for value, _, bound in best if value > 0.05), default=0.1)
    return choices, stakes


def _varied(ranked: Sequence[tuple[float, int, Bound]]) -> list[tuple[float, int, Bound]]:
    """The best few, at most two of one tool, so that one tool does not crowd out the rest."""
    taken: dict[str, int] = {}
    best = []
    for entry in ranked:
        name = entry[2].tool.name
        if taken.get(name, 0) < 2:
            taken[name] = taken.get(name, 0) + 1
            best.append(entry)
    return best[:REACT_OPTIONS]


def take_plan(mind: Mind, plan: Plan) -> Mind:
    """The mind with a plan taken up."""
    return replace(mind, plan=plan.name, goal=plan.option, steps=plan.steps, failures=0)


def step_done(mind: Mind) -> tuple[Mind, bool]:
    """One step further. -> (mind, whether that was the last)."""
    rest = mind.steps[1:]
    if rest or not mind.plan:
        return replace(mind, steps=rest, failures=0, doing=0), False
    return end_plan(mind, "done", ""), True


def step_failed(mind: Mind, tick: int, tick_ms: int, reason: str) -> tuple[Mind, bool]:
    """A step did not work. -> (mind, whether the plan is given up): tried twice, no more."""
    if mind.failures + 1 < FAILURES:
        later = tick + RETRY_MS // tick_ms + 1
        return replace(mind, failures=mind.failures + 1, resume=later, doing=0), False
    return end_plan(mind, "failed", reason), True


def end_plan(mind: Mind, how: str, reason: str) -> Mind:
    """The mind without its plan; what came of it is to be thought over."""
    ended = (mind.goal, how, reason)
    return replace(mind, plan="", goal="", steps=(), failures=0, doing=0, reflects=ended)
