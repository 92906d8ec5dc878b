"""The mind: when it thinks, what it asks, and what becomes of the answer.

All functions here are pure over the view: they return what is wanted, the loop commits it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from npcsim.effects import Effect, Remember
from npcsim.messages import NO_LOOKUPS, Question
from npcsim.npc import choosing, days, hours, prompts, reflecting
from npcsim.npc.npc import Choice, Lore, Plan
from npcsim.npc.perception import Perceived
from npcsim.npc.saying import Utterance
from npcsim.tools.asking import sentences
from npcsim.tools.binding import ToolBroke
from npcsim.tools.scene import Scene, playing
from npcsim.tools.speaking import wordless
from npcsim.tools.view import Body, View
from npcsim.world.attention import played
from npcsim.world.rows import Act, Heard, Mind

PLAN, MOVE, GOAL, DAY = "plan", "move", "goal", "day"
OWN = (PLAN, GOAL, DAY)
FAILURES = 2
RETRY_MS = 30_000
ASIDE = 3
TELLING = frozenset({"news", "attack", "shout"})


@dataclass(frozen=True, slots=True)
class Draft:
    """A thought before a tier is chosen. Words have no choices.

    `whole` is the question for models that are shown all of it; None where no tier's is. `until`
    is the tick from which an answer is of no use any more; 0 where nothing presses. `trimmed`:
    memories that `whole` leaves out to keep to its budget of tokens. `plain`: what is to be said is
    more than small talk; only models that are shown all of it find words for that. `wordings`: our
    own words for it. `meant`: the number of the choice that the sketch of the day has for now, -1
    for none.
    """

    purpose: str
    why: str
    choices: tuple[Choice, ...]
    question: Question
    stakes: float
    whole: Question | None = None
    until: int = 0
    trimmed: int = 0
    plain: bool = False
    wordings: tuple[str, ...] = ()
    meant: int = -1

    def shown(self, whole: bool, lookups: int = 0, effort: str = "") -> Question:
        """The question as a model is shown it that may look things up so many times.

        `effort`: how hard it is told to think, where the question says so.
        """
        question = self.question
        if whole and self.whole is not None:
            most = lookups if self.whole.lookups.found else 0
            known = replace(self.whole.lookups, most=most) if lookups else NO_LOOKUPS
            question = replace(self.whole, lookups=known)
        return replace(question, effort=effort) if effort else question


def remembers(me: Body, seen: Perceived) -> list[Effect]:
    """What of this tick stays in memory."""
    lines: list[Effect] = []
    view = me.view
    for heard in seen.spoken:
        text = prompts.said_to_me(view.npc(heard.source), heard.content)
        lines.append(_heard(me, heard, text, "told", "said"))
    for heard in seen.overheard[:2]:
        text = prompts.overheard(view.npc(heard.source), heard.content)
        lines.append(_heard(me, heard, text, "rumour", "overheard"))
    for heard in seen.alarms[:2]:
        text, people = prompts.alarm(view, heard), _people(view, heard)
        lines.append(Remember(me, text, sort="seen", about=heard.about, people=people))
    if seen.setback:
        text = prompts.not_worked(view, seen.setback)
        lines.append(Remember(me, text, sort="felt", about="setback"))
    return lines


def _heard(me: Body, heard: Heard, text: str, news: str, known: str) -> Remember:
    """Words as they are remembered, with the fact in them; `news` and `known`: about what.

    What was meant for somebody else one is less sure of, and what one knew already is no news.
    """
    people = _people(me.view, heard)
    if not heard.fact:
        return Remember(
            me, text, sort="heard", about=known, people=people, source=heard.source, hop=1
        )
    share = _believed(me, heard.source)
    knew = heard.origin == me.id or any(
        heard.fact in (line.fact, line.text) for line in me.memories
    )
    named = tuple(p.id for p in me.view.world.setting.profiles if p.name in heard.fact)
    return Remember(
        me, text, sort="heard", about=known if knew else news,
        people=tuple(dict.fromkeys(people + named)), source=heard.source, hop=heard.hop + 1,
        sure=heard.sure * (share if heard.to == me.id else share * share), fact=heard.fact,
        origin=heard.origin or heard.source,
    )  # fmt: skip


def _believed(me: Body, source: str) -> float:
    """How sure one is of what somebody says, as a share of how sure that one is.

    Whom one trusts wholly is believed as one's own eyes, whom one distrusts wholly not at all; in
    the middle it is as the scenario's `hearsay` says.
    """
    share, view = me.view.world.setting.memory.hearsay, me.view
    if source not in view.world.setting.serial_of:
        return share
    trust = me.tie(view.npc(source), "trust")
    return share + (1 - share) * trust if trust >= 0 else share * (1 + trust)


def _people(view: View, heard: Heard) -> tuple[str, ...]:
    known = view.world.setting.serial_of
    return tuple(who for who in dict.fromkeys((heard.source, heard.to)) if who in known)


def reason_to_think(
    me: Body,
    view: View,
    mind: Mind,
    seen: Perceived,
    entered: str,
    lore: Lore,
    rest: float = 1.0,
) -> tuple[str, str] | None:
    """(purpose, why) when the mind has a reason to think now, the most pressing first.

    `entered` is a state that asks for thought and was entered in this tick, or an empty text.
    `rest`: how many times as long as others it rests between thoughts that nobody asked for.
    """
    if mind.thought or me.id in played(view.world.attention):
        return None
    since = (view.tick - mind.asked) * view.world.setting.tick_ms
    for heard in seen.alarms:
        return "react", prompts.ended(f"{prompts.alarm(view, heard)}.")
    if seen.sudden:
        return "react", seen.sudden
    if mind.speaks:
        about = f"about {mind.speaks[2]}" if mind.speaks[2:] else f"to {mind.speaks[1]}"
        return "speak", f"words {about} are wanted"
    if mind.chooses:
        return "object", f"{mind.chooses[1]}: what exactly is to be chosen"
    for heard in seen.spoken:
        if heard.act is not None and heard.act.kind == "bye":
            continue  # which wants no answer of who is in no conversation
        return "react", prompts.heard_said(view.npc(heard.source), heard.content)
    for heard in seen.offers:
        return "react", prompts.heard_offer(view.npc(heard.source), heard.content)
    if entered:
        return "react", prompts.in_state(me, entered)
    if lore.days and mind.day != days.today(view) and choosing.days(me, view, lore)[0]:
        return DAY, "a new day begins"
    if why := hours.wanted(mind, view, lore):
        return hours.HOURS, why
    if mind.picks:
        return GOAL, "which goal of one's own comes first"
    if mind.reflects and view.world.setting.memory.kept:
        return "reflect", f"a goal ended: {mind.reflects[0]}"
    if why := reflecting.reason_to_conclude(me, mind, lore):
        return reflecting.CONCLUDE, why
    if not mind.plan and since >= lore.times.rest * rest and view.tick >= mind.resume:
        return "plan", "there is no plan"
    return None


def useless(me: Body, mind: Mind, seen: Perceived, in_scene: bool) -> str:
    """Why the answer to the thought under way can't be of use any more; empty where it can.

    It hangs on the world alone. A reaction is carried through, or a noisy place would stop all
    thought.
    """
    if not mind.thought:
        return ""
    if me.id in played(me.view.world.attention):
        return "a player is this NPC now"
    if mind.purpose == MOVE and not in_scene:
        return "the scene is over"
    if mind.purpose != "react":
        for heard in seen.alarms:
            if heard.about in TELLING:
                return f"interrupted: {prompts.alarm(me.view, heard)}"
    return ""


def reason_to_move(me: Body, view: View, mind: Mind, why: str = "") -> tuple[str, str] | None:
    """(purpose, why) when it is an NPC's turn in the scene it is in, and its body is free.

    `why`: as the scene has it, if it says. What came to nothing is thought over again a little
    later.
    """
    found = playing(me, view)
    if mind.thought or found is None or me.id in played(view.world.attention):
        return None
    scene, stage = found
    act = view.world.acts.get(me.id)
    if act is not None and not _puts_off(scene, act):
        return None
    since = (view.tick - mind.asked) * view.world.setting.tick_ms
    if mind.asked >= stage.latest and since < RETRY_MS:
        return None
    if why:
        return MOVE, why
    others = ", ".join(view.npc(npc).name for npc in stage.sitting if npc != me.id)
    return MOVE, f"it is my turn with {others}" if others else "it is my turn"


def _puts_off(scene: Scene, act: Act) -> bool:
    """Whether one lets go of what one is doing to talk: not of talking, nor of an order."""
    return bool(scene.opens) and act.by != "outside" and act.tool not in _names(scene)


def _names(scene: Scene) -> set[str]:
    return {tool.name for tool in scene.tools}


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
        return _speak(me, view, mind, why, lore)
    if purpose == "reflect":
        goal, how, reason = mind.reflects
        return Draft(purpose, why, (), prompts.reflect(me, goal, how, reason), 0.1)
    if purpose == hours.HOURS:
        asked = hours.question(me, view, mind, lore)
        return Draft(purpose, why, (), asked, hours.STAKES)
    if purpose == "plan":
        choices, stakes = choosing.plans(me, view, mind, lore)
        told = prompts.wants(me)
    elif purpose == DAY:
        choices, stakes = choosing.days(me, view, lore)
        told = prompts.wants(me)
    elif purpose == GOAL:
        choices, stakes = choosing.goals(me, view, mind, lore)
        told = prompts.wants(me)
    elif purpose == reflecting.CONCLUDE:
        choices, stakes = reflecting.conclusions(me, lore)
        told = prompts.wants(me)
    elif purpose == "object":
        choices, stakes = choosing.calls(me, view, mind, lore, broken)
        told = prompts.wants(me, mind.chooses[1])
    else:
        choices, stakes = choosing.reactions(me, view, mind, lore, broken)
        told = why
    if not choices:
        return None
    texts = tuple(choice.text for choice in choices)
    looks = [*sentences(me, view, lore.asks_of(me), broken), *reflecting.shown(me, lore)]
    question = prompts.choose(me, view, told, texts, purpose, looks)
    meant = choosing.meant(choices, mind, view) if purpose == "plan" else -1
    return Draft(purpose, why, tuple(choices), question, stakes, meant=meant)


def _speak(me: Body, view: View, mind: Mind, why: str, lore: Lore) -> Draft:
    """The question of how to put what is to be said."""
    tool = lore.tools.get(mind.speaks[0])
    if tool is None:  # it was taken away since
        return Draft("speak", why, (), prompts.speak(me), 0.1, plain=True)
    said = Utterance(wordless(tool, mind.speaks[1:], me, view), me, view)
    return Draft(
        "speak", why, (), said.question(), 0.1, plain=not said.small_talk,
        wordings=said.paraphrases(),
    )  # fmt: skip


def among_wordings(me: Body, view: View, draft: Draft) -> Draft:
    """The same for a model that chooses but does not write: which of our own words are said."""
    choices = tuple(Choice("words", "", (), text, 1.0) for text in draft.wordings)
    question = prompts.choose(me, view, "", draft.wordings, "speak")
    return replace(draft, choices=choices, question=question, plain=False)


def asks(me: Body, mind: Mind, tick: int, purpose: str) -> Mind:
    """The mind that asks a thought now. A new decision takes the place of one not carried out."""
    if purpose == reflecting.CONCLUDE:
        latest = me.memories[-1:]
        # Looking back is beside what one does: it puts off no plan.
        return replace(mind, reflected=max((line.id for line in latest), default=0))
    chooses = mind.chooses if purpose in ("speak", "reflect") else ()
    if purpose == hours.HOURS:
        # Beside what it has in mind for now: it puts off nothing.
        return replace(mind, wrote=mind.day)
    picks = mind.picks and purpose != GOAL
    return replace(mind, asked=tick, chooses=chooses, picks=picks)


def take_plan(mind: Mind, plan: Plan) -> Mind:
    """The mind with a plan taken up; what was left of it from before is forgotten."""
    aside = tuple(left for left in mind.aside if left[0] != plan.name)
    return replace(
        mind, plan=plan.name, goal=plan.option, steps=plan.steps, failures=0, aside=aside,
        waits=0, rewritten=0,
    )  # fmt: skip


def set_aside(mind: Mind) -> Mind:
    """The mind without its plan, which can be resumed where it was."""
    aside = (*(left for left in mind.aside if left[0] != mind.plan), (mind.plan, mind.steps))
    none = replace(mind, plan="", goal="", steps=(), failures=0, doing=0)
    return replace(none, speaks=(), aside=aside[-ASIDE:])


def resume_plan(mind: Mind, plan: Plan) -> Mind:
    """The mind with a plan it had set aside, where that was interrupted."""
    steps = dict(mind.aside).get(plan.name, plan.steps)
    return replace(take_plan(mind, plan), steps=steps)


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
    none = replace(mind, plan="", goal="", steps=(), failures=0, doing=0, reflects=ended)
    return replace(none, served=(mind.plan, how, reason), tried=mind.plan)
