"""What minds do with their bodies: the steps of plans, and the acts that were decided on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from npcsim.effects import Effect, Remember
from npcsim.errors import AlreadySo, ToolRefused
from npcsim.npc import mind as minds
from npcsim.npc import prompts, reflecting
from npcsim.npc.hours import with_written
from npcsim.npc.naming import strangers
from npcsim.npc.npc import Choice, Lore
from npcsim.npc.saying import Utterance
from npcsim.sim.aiming import aim_at, take_up
from npcsim.sim.bodies import interrupt
from npcsim.sim.leave import asks_leave, waits
from npcsim.sim.stepping import plan_day, step_ready
from npcsim.sim.turn import Turn, act_id, begin_bound, done, failed
from npcsim.speech import MODEL, PARAPHRASE, References, SpeechAct
from npcsim.tools.binding import MUTE, ToolBroke, begin, bind, rebound
from npcsim.tools.options import WHOLE, attempts, not_ready, survey, verb_text
from npcsim.tools.speaking import is_speech, worded, wordless
from npcsim.tools.tool import Tool, Words
from npcsim.tools.view import Body
from npcsim.world.commit import Bundle
from npcsim.world.rows import Act, Mind

SPOKEN_KEPT = 8
EVIDENCE = 4
"""So many earlier memories of the same a conclusion rests on, beside what it is drawn from."""
OPEN = "..."
"""The one argument of a step that leaves open what with, until its time comes."""


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
        return done(turn, me, mind)
    return failed(turn, me, mind, ending.reason)


def carry_on(turn: Turn, me: Body, mind: Mind) -> Mind:
    """Begin the next step of the plan, if the body is free for it."""
    current = turn.world.acts.get(me.id)
    busy = current is not None and current.by != "body"
    if not mind.steps or busy or mind.doing or turn.view.tick < mind.resume:
        return mind
    if turn.held_by(me) or waits(turn, me):
        return mind
    mind, ready = step_ready(turn, me, mind)
    if not ready:
        return mind
    name, *texts = mind.steps[0]
    try:
        tool = turn.tool(name)
        if is_open(mind.steps[0]):
            return _choose_with(turn, me, mind, tool)
        bound = bind(tool, texts, me, turn.view)
        if is_speech(tool):
            if turn.world.setting.talking is None:
                raise AlreadySo(MUTE)
            return replace(mind, speaks=(name, *(str(v) for _, v in bound.plain)))
        if asks_leave(turn, me, bound, step=True):
            return mind
        bundle = begin(bound, me, turn.view, turn.wanted.act_id(turn.world), "mind")
    except AlreadySo:
        return done(turn, me, mind)
    except (ToolRefused, ToolBroke) as error:
        return failed(turn, me, mind, turn.refuse(me, name, error))
    if current is not None:
        interrupt(me, turn.view, turn.program, turn.wanted, f"{name} instead")
    turn.wanted.bundles.append(bundle)
    return replace(mind, doing=act_id(bundle))


def is_open(step: tuple[str, ...]) -> bool:
    """Whether a step leaves open what with: `say(...)`."""
    return step[1:] == (OPEN,)


def _choose_with(turn: Turn, me: Body, mind: Mind, tool: Tool) -> Mind:
    """Ask what with an open step is to be done, as soon as no other thought is under way."""
    if mind.thought:
        return mind
    seen = survey(tool, me, turn.view, WHOLE)
    if not seen.calls:
        why_not = not_ready(tool, me, turn.view) or next(
            (tried.refused for tried in attempts(tool, me, turn.view)), "there is nothing to choose"
        )
        if why_not == MUTE:
            raise AlreadySo(MUTE)
        raise ToolRefused(why_not)
    return replace(mind, chooses=(tool.name, verb_text(seen, me)))


def _gone(lore: Lore, choice: Choice) -> bool:
    """Whether the scenario was changed while that was thought over, and has it no more."""
    if choice.sort in ("plan", "resume"):
        return choice.name not in {plan.name for plan in lore.plans}
    if choice.sort == "day":
        return choice.name not in {day.name for day in lore.days}
    if choice.sort == "goal":
        return choice.name not in {sub.key for goal in lore.goals for sub in goal.into}
    return False


def take(turn: Turn, me: Body, mind: Mind, choice: Choice, others: tuple[str, ...]) -> Mind:
    """Turn a decision into what it means. `others`: the wording of what was not chosen."""
    if _gone(with_written(turn.program.lore, mind, me), choice):
        return mind
    if choice.sort in ("plan", "resume"):
        return take_up(turn, me, mind, choice)
    if choice.sort == "day":
        return plan_day(turn, me, mind, choice.name)
    if choice.sort == "goal":
        return aim_at(turn, me, mind, choice.name)
    if choice.sort == "carry_on":
        return mind
    if choice.sort == reflecting.LESSON:
        if lines := reflecting.lesson(me, choice.name, turn.program.lore):
            turn.wanted.bundles.append(Bundle(me.id, reflecting.CONCLUDE, tuple(lines), "input"))
        return mind
    if choice.sort == "verb":
        return replace(mind, chooses=(choice.name, choice.text))
    try:
        tool = turn.tool(choice.name)
    except ToolRefused as gone:
        turn.refuse(me, choice.name, gone)
        return mind
    if is_speech(tool):
        return replace(mind, speaks=(choice.name, *(str(v) for _, v in choice.args)))
    bound = rebound(tool, Act(0, me.id, tool.name, choice.args, 0, 0), turn.view)
    is_step = mind.steps[:1] == ((tool.name, OPEN),) and not mind.doing
    if asks_leave(turn, me, bound, others, step=is_step):
        return replace(mind, doing=0)
    act, why_not = begin_bound(turn, me, bound)
    if is_step:
        return replace(mind, doing=act) if act else failed(turn, me, mind, why_not)
    return replace(mind, doing=0)


def say(
    turn: Turn, me: Body, mind: Mind, words: str, without: str = PARAPHRASE
) -> tuple[Mind, str]:
    """Begin the speech act that was waiting for its words. -> (mind, what is said)

    words: a model's, or an empty text. without: what a paraphrase in place of them counts as.
    """
    name, *texts = mind.speaks
    is_step = bool(mind.steps) and mind.steps[0][0] == name and not mind.doing
    try:
        tool = turn.tool(name)
    except ToolRefused as gone:
        reason, mind = turn.refuse(me, name, gone), replace(mind, speaks=())
        return failed(turn, me, mind, reason) if is_step else mind, ""
    utterance = Utterance(wordless(tool, texts, me, turn.view), me, turn.view)
    text = words or utterance.paraphrase()
    bound = worded(utterance.bound, Words(text, MODEL if words else without))
    spoken = _spoken(mind.spoken, utterance.to.id, turn.view.tick)
    if asks_leave(turn, me, bound, step=is_step):
        return replace(mind, speaks=(), spoken=spoken), text
    act, why_not = begin_bound(turn, me, bound)
    doing = act if is_step else mind.doing
    mind = replace(mind, speaks=(), spoken=spoken, doing=doing)
    if is_step and not act:
        mind = failed(turn, me, mind, why_not)
    return mind, text


def strays(turn: Turn, me: Body, mind: Mind, words: str) -> str:
    """Whom or what words name that are no part of what is to be said; empty where they keep to it.

    Of an act that is not known, any name is none of it.
    """
    name, *texts = mind.speaks
    tool = turn.program.tools.get(name)
    if tool is None:
        return ""
    said = Utterance(wordless(tool, texts, me, turn.view), me, turn.view)
    act = said.act or SpeechAct("inform", me.id, (said.to.id,), References(fact=said.topic))
    return ", ".join(strangers(words, act, turn.view))


def _spoken(before: Sequence[tuple[str, int]], to: str, tick: int) -> tuple[tuple[str, int], ...]:
    return (*((name, at) for name, at in before if name != to), (to, tick))[-SPOKEN_KEPT:]


def conclude(turn: Turn, me: Body, mind: Mind, line: str) -> tuple[Mind, str]:
    """Remember how a goal ended: the fact, and what the mind makes of it if it found words."""
    goal, how, reason = mind.reflects
    fact = (
        prompts.managed(me.view, goal) if how == "done" else prompts.failed(me.view, goal, reason)
    )
    done = int(how == "done")
    lines: list[Effect] = [
        Remember(
            me, fact, sort="did", about=minds.GOAL,
            deed=mind.tried, done=done, failed=int(bool(mind.tried)) - done,
        )
    ]  # fmt: skip
    if line:
        same = tuple(one.id for one in reversed(me.memories) if one.text == fact)[:EVIDENCE]
        evidence = (-1, *same)
        lines.append(Remember(me, line, sort="concluded", about=minds.GOAL, evidence=evidence))
    turn.wanted.bundles.append(Bundle(me.id, "reflect", tuple(lines), "input"))
    return replace(mind, reflects=(), tried=""), line or fact


def conclude_later(turn: Turn, me: Body, line: str) -> None:
    """Remember what a mind made of a goal that ended a while ago; the fact itself it has known."""
    ended = [one.id for one in reversed(me.memories) if one.about == minds.GOAL][:EVIDENCE]
    made = Remember(me, line, sort="concluded", about=minds.GOAL, evidence=tuple(ended))
    turn.wanted.bundles.append(Bundle(me.id, "reflect", (made,), "input"))
