"""Reflection: when a mind looks back, what it could conclude, and the lesson that comes of it."""

from __future__ import annotations

from npcsim.effects import Effect, Forget, Remember
from npcsim.npc import prompts
from npcsim.npc.npc import Choice, Lore
from npcsim.tools.view import Body
from npcsim.world import lessons
from npcsim.world.lessons import Tried
from npcsim.world.rows import Memory, Mind

CONCLUDE, LESSON = "conclude", "lesson"
MOST = 3
"""So many deeds are thought about at once."""
SHOWN = 2
"""So many lessons stand in a situation."""
STAKES = 0.2
"""What one makes of the past can be made again: under the floor from which a dear tier is asked."""


def reason_to_conclude(me: Body, mind: Mind, lore: Lore) -> str:
    """Why a mind is to look back now, where there is something to conclude; else an empty text.

    A goal failed, or the importance of what happened since the last time has piled up to
    `reflection: after`. (Generative Agents, Park et al. 2023, section 4.2, reflect when the
    importance of the latest events, each 1 to 10, sums to 150; here each is 0 to 1, and it is 15.)
    """
    reflecting = me.view.world.setting.reflecting
    if reflecting is None:
        return ""
    piled, failed = 0.0, False
    for line in reversed(me.memories):
        if line.id <= mind.reflected:
            break
        piled += 0.0 if line.sort == "concluded" else line.importance
        failed = failed or (line.failed > 0 and not line.is_lesson)
    if not (failed or piled >= reflecting.after) or not _learnable(me, lore):
        return ""
    return "a goal failed" if failed else f"much has happened ({piled:.1f})"


def conclusions(me: Body, lore: Lore) -> tuple[list[Choice], float]:
    """What could be concluded now, and that nothing follows. -> (choices, stakes)

    A lesson's utility is the Beta-Bernoulli mean for what it says, (1 + times it was so) /
    (2 + times tried); that of making nothing of it is the weight which knowing nothing still has
    in that mean, 2 / (2 + times tried), of the deed tried oftenest.
    """
    found = _learnable(me, lore)
    choices = []
    for one in found:
        so, tried = max(one.done, one.failed), one.done + one.failed
        text = prompts.to_learn(me.view, lore.plan(one.deed).option, one.fails, one.place)
        choices.append(Choice(LESSON, one.deed, (), text, (1 + so) / (2 + tried)))
    if choices:
        most = max(one.done + one.failed for one in found)
        nothing = prompts.nothing_learnt(me.view)
        choices.append(Choice(LESSON, "", (), nothing, 2 / (2 + most)))
    return choices, STAKES


def lesson(me: Body, deed: str, lore: Lore) -> list[Effect]:
    """A lesson with its evidence, in place of the one before on the same deed."""
    for one in _learnable(me, lore):
        if one.deed == deed:
            text = prompts.lesson(me.view, lore.plan(deed).option, one.done, one.failed, one.place)
            line: Effect = Remember(
                me, text, sort="concluded", about=LESSON, place=one.place, evidence=one.evidence,
                deed=deed, done=one.done, failed=one.failed,
            )  # fmt: skip
            before = me.view.world.memories.lesson(me.id, deed)
            return [line] if before is None else [line, Forget(me, (before.id,))]
    return []


def shown(me: Body, lore: Lore) -> list[str]:
    """The lessons that count most now, for a situation."""
    world = me.view.world
    known = {plan.name: plan.option for plan in lore.plans_of(me)}
    held = [line for line in world.memories.lessons(me.id) if _counts(me, line, known)]
    latest = held[-SHOWN:]
    return [
        prompts.has_learnt(me, known[line.deed], line.done, line.failed, line.place)
        for line in latest
    ]


def _counts(me: Body, line: Memory, known: dict[str, str]) -> bool:
    return line.deed in known and lessons.left(me.view.world, line) > 0


def _learnable(me: Body, lore: Lore) -> list[Tried]:
    """What was tried often enough to conclude something, the most fresh outcomes first."""
    reflecting = me.view.world.setting.reflecting
    known = {plan.name for plan in lore.plans}
    found = [
        one
        for one in lessons.tried(me.view.world, me.id)
        if reflecting is not None
        and one.deed in known
        and one.done + one.failed >= reflecting.tries
    ]
    return sorted(found, key=lambda one: -one.fresh)[:MOST]
