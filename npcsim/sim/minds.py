"""The mind stages of a tick: plans carried out, thoughts asked, thoughts landed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from npcsim import events as ev
from npcsim.effects import Effect, Remember, Shift
from npcsim.errors import AlreadySo, ToolRefused
from npcsim.messages import Answer, Chosen, Written, answer_json
from npcsim.models.router import LOCAL, REFLEX, route
from npcsim.npc import mind as minds
from npcsim.npc import prompts
from npcsim.npc.deciding import blend, pick
from npcsim.npc.npc import Choice
from npcsim.npc.perception import perceive
from npcsim.sim.bodies import interrupt
from npcsim.sim.inflight import Answers, Landing, Thought
from npcsim.sim.program import Program
from npcsim.tools.binding import Bound, ToolBroke, begin, bind, rebound
from npcsim.tools.tool import Tool, Words
from npcsim.tools.view import Body, View
from npcsim.world.commit import Bundle, Wanted
from npcsim.world.dice import roll
from npcsim.world.state import Act, Mind, World

SPOKEN_KEPT = 8


class Minds:
    """The thoughts under way and what they were about. Everything lasting is in the world."""

    def __init__(self, world: World, program: Program, answers: Answers) -> None:
        self.world, self.program, self.answers = world, program, answers
        self.drafts: dict[str, minds.Draft] = {}
        self.down_since_ms: int | None = None
        self._thinkers = [p for p in world.setting.profiles if p.mind]
        self._states = world.columns["state"]

    # -- ask ---------------------------------------------------------------------------------

    def think(self, view: View, entered: Mapping[str, str], wanted: Wanted) -> None:
        """Perceive, carry out plans, and ask what there is a reason to ask."""
        taken = {bundle.actor for bundle in wanted.bundles}
        self._states = self._new_states(wanted)
        for profile in self._thinkers:
            if not self.world.columns["alive"][profile.serial]:
                continue
            me = Body(view, profile.id)
            before = self.world.minds[profile.id]
            seen = perceive(me, view)
            lines = minds.remembers(me, seen)
            if lines:
                wanted.bundles.append(Bundle(me.id, "remember", tuple(lines), "input"))
            mind = self._settle_step(me, view, before, wanted)
            reason = minds.reason_to_think(
                me, view, mind, seen, entered.get(me.id, ""), self.program.lore
            )
            if reason is not None:
                mind = self._ask(me, view, mind, *reason, wanted)
            if me.id not in taken and not mind.speaks:
                mind = self._carry_on(me, view, mind, wanted)
            if mind != before:
                wanted.minds.append((me.id, mind))

    def _new_states(self, wanted: Wanted) -> NDArray[np.uint8]:
        """Everybody's state with this tick's transitions: who turns to flee is not free to act."""
        states = self.world.columns["state"]
        shifts = [block for block in wanted.blocks if isinstance(block, Shift)]
        if shifts:
            states = states.copy()
            for block in shifts:
                states[block.who] = block.state
        return states

    def _held_by(self, me: Body) -> str:
        """The state that holds an NPC's body, or an empty text where its mind is free."""
        machine = int(self.world.columns["machine"][me.row])
        if machine < 0:
            return ""
        state = self.program.machines[machine].states[int(self._states[me.row])]
        return "" if state.free else state.name

    def _settle_step(self, me: Body, view: View, mind: Mind, wanted: Wanted) -> Mind:
        """Take note of how the act behind the plan's current step has ended."""
        if not mind.doing:
            return mind
        ending, current = self.world.endings.get(me.id), self.world.acts.get(me.id)
        if ending is None or ending.act != mind.doing:
            # Neither under way nor the last to end: another act took its place.
            lost = current is None or current.id != mind.doing
            return replace(mind, doing=0) if lost else mind
        if ending.how == "interrupted":
            return replace(mind, doing=0)
        if ending.how == "done":
            return self._stepped(me, view, minds.step_done(mind), mind, "done", "", wanted)
        failed = minds.step_failed(mind, view.tick, self._tick_ms, ending.reason)
        return self._stepped(me, view, failed, mind, "failed", ending.reason, wanted)

    @property
    def _tick_ms(self) -> int:
        return self.world.setting.tick_ms

    def _stepped(
        self,
        me: Body,
        view: View,
        outcome: tuple[Mind, bool],
        before: Mind,
        how: str,
        reason: str,
        wanted: Wanted,
    ) -> Mind:
        mind, ended = outcome
        if ended:
            wanted.told.append(ev.GoalEnded(view.tick, me.id, before.goal, how, reason))
        return mind

    def _carry_on(self, me: Body, view: View, mind: Mind, wanted: Wanted) -> Mind:
        """Begin the next step of the plan, if the body is free for it."""
        current = self.world.acts.get(me.id)
        busy = current is not None and current.by != "body"
        if not mind.steps or busy or mind.doing or view.tick < mind.resume:
            return mind
        if self._held_by(me):
            return mind
        name, *texts = mind.steps[0]
        tool = self.program.tools[name]
        try:
            bound = bind(tool, texts, me, view)
            if _speaks(tool):
                return replace(mind, speaks=(name, *(str(v) for _, v in bound.plain)))
            bundle = begin(bound, me, view, wanted.act_id(self.world), "mind")
        except AlreadySo:
            return self._stepped(me, view, minds.step_done(mind), mind, "done", "", wanted)
        except (ToolRefused, ToolBroke) as error:
            reason = self._refuse(me, view, name, error, wanted)
            failed = minds.step_failed(mind, view.tick, self._tick_ms, reason)
            return self._stepped(me, view, failed, mind, "failed", reason, wanted)
        if current is not None:
            interrupt(me, view, self.program, wanted, f"{name} instead")
        wanted.bundles.append(bundle)
        return replace(mind, doing=_act_id(bundle))

    def _refuse(self, me: Body, view: View, tool: str, error: Exception, wanted: Wanted) -> str:
        """Tell why a call was not begun. -> what the NPC is to know of it.

        A refusal is for the NPC; how a tool broke is for its author to read.
        """
        if isinstance(error, ToolRefused):
            wanted.refuse(view.tick, me.id, tool, str(error))
            return str(error)
        wanted.told.append(ev.Rejected(view.tick, me.id, tool, str(error), ()))
        return "it came to nothing"

    def _ask(
        self, me: Body, view: View, mind: Mind, purpose: str, why: str, wanted: Wanted
    ) -> Mind:
        program, lore = self.program, self.program.lore
        broken: list[ToolBroke] = []
        draft = minds.draft(me, view, mind, purpose, why, lore, broken)
        for broke in broken:
            wanted.told.append(ev.Rejected(view.tick, me.id, broke.tool, str(broke), ()))
        mind = replace(mind, asked=view.tick)
        if draft is None:
            return mind
        utilities = tuple(choice.utility for choice in draft.choices)
        way = route(
            program.routing,
            local=program.local,
            down_since_ms=self.down_since_ms,
            now_ms=view.now_ms,
            stakes=draft.stakes,
            utilities=utilities,
            plain=purpose == "speak" and mind.speaks[2] != prompts.SMALL_TALK,
        )
        think = 0 if way.tier == REFLEX else lore.times.local
        lands = view.tick + (think + self._tick_ms - 1) // self._tick_ms
        id = f"{me.id}@{view.tick}"
        texts = tuple(choice.text for choice in draft.choices)
        wanted.told.append(
            ev.Asked(
                view.tick, id, me.id, purpose, why, way.tier, way.reason, lands, texts, utilities
            )
        )
        if way.tier == REFLEX:
            return self._decide(me, view, mind, id, draft, REFLEX, None, "", way.reason, wanted)
        self.drafts[id] = draft
        deadline = max(lands, view.tick + lore.times.deadline // self._tick_ms)
        self.answers.ask(Thought(id, me.id, way.tier, draft.question, lands, deadline))
        return replace(mind, thought=id, purpose=purpose)

    # -- land --------------------------------------------------------------------------------

    def land(self, view: View, landings: list[Landing], wanted: Wanted) -> None:
        """Take in what landed, NPC by NPC."""
        for landing in landings:
            answer = None if landing.answer is None else answer_json(landing.answer)
            wanted.told.append(
                ev.Landed(
                    view.tick,
                    landing.thought,
                    landing.npc,
                    landing.tier,
                    landing.model,
                    landing.key,
                    answer,
                    landing.error,
                    landing.late,
                    landing.cost_usd,
                )
            )
            self._note_health(view, landing, wanted)
            draft = self.drafts.pop(landing.thought, None)
            before = dict(wanted.minds).get(landing.npc) or self.world.minds[landing.npc]
            if draft is None or before.thought != landing.thought:
                continue
            mind = replace(before, thought="", purpose="")
            me = Body(view, landing.npc)
            if me.alive:
                mind = self._decide(
                    me, view, mind, landing.thought, draft, landing.tier, landing.answer,
                    landing.error, "", wanted,
                )  # fmt: skip
            wanted.minds.append((me.id, mind))

    def _note_health(self, view: View, landing: Landing, wanted: Wanted) -> None:
        down = landing.error.startswith("Unavailable")
        if down == (self.down_since_ms is not None) and not down:
            return
        if (self.down_since_ms is None) == down:
            wanted.told.append(
                ev.TierChanged(view.tick, LOCAL, not down, landing.error or "it answers again")
            )
        self.down_since_ms = view.now_ms if down else None

    def _decide(
        self,
        me: Body,
        view: View,
        mind: Mind,
        id: str,
        draft: minds.Draft,
        tier: str,
        answer: Answer | None,
        error: str,
        reason: str,
        wanted: Wanted,
    ) -> Mind:
        fallback = tier != REFLEX and answer is None
        why = f"the body decides: {error}" if fallback else reason
        words = prompts.line_of(me, answer.text) if isinstance(answer, Written) else ""
        if isinstance(answer, Written) and not words:
            fallback, why = True, "the body decides: the model's words are not fit to be said"
        if draft.purpose == "speak":
            mind, text = self._say(me, view, mind, words, wanted)
            self._told(view, id, me, draft, tier, (), (), -1, text, fallback, why, wanted)
            return mind
        if draft.purpose == "reflect":
            mind, text = _conclude(me, mind, words, wanted)
            self._told(view, id, me, draft, tier, (), (), -1, text, fallback, why, wanted)
            return mind
        given = answer.probabilities if isinstance(answer, Chosen) else None
        utilities = [choice.utility for choice in draft.choices]
        blended = blend(utilities, given, self.program.lore.trust)
        throw = roll(self.world.setting.mind_seed, view.tick, me.id, draft.purpose)
        index = pick(blended, self.program.lore.temper, throw)
        choice = draft.choices[index]
        self._told(
            view, id, me, draft, tier, given or (), blended, index, choice.text, fallback, why,
            wanted,
        )  # fmt: skip
        return self._take(me, view, mind, choice, wanted)

    def _told(
        self,
        view: View,
        id: str,
        me: Body,
        draft: minds.Draft,
        tier: str,
        given: tuple[float, ...],
        blended: tuple[float, ...],
        index: int,
        text: str,
        fallback: bool,
        reason: str,
        wanted: Wanted,
    ) -> None:
        wanted.told.append(
            ev.Decided(
                view.tick,
                id,
                me.id,
                draft.purpose,
                tier,
                tuple(choice.text for choice in draft.choices),
                tuple(choice.utility for choice in draft.choices),
                given,
                blended,
                index,
                text,
                fallback,
                reason,
            )
        )

    def _take(self, me: Body, view: View, mind: Mind, choice: Choice, wanted: Wanted) -> Mind:
        """Turn a decision into what it means."""
        if choice.sort == "plan":
            plan = self.program.lore.plan(choice.name)
            steps = tuple(f"{step[0]}({', '.join(step[1:])})" for step in plan.steps)
            wanted.told.append(ev.GoalStarted(view.tick, me.id, plan.option, steps))
            return minds.take_plan(mind, plan)
        if choice.sort == "carry_on":
            return mind
        tool = self.program.tools[choice.name]
        if _speaks(tool):
            return replace(mind, speaks=(choice.name, *(str(v) for _, v in choice.args)))
        bound = rebound(tool, Act(0, me.id, tool.name, choice.args, 0, 0), view)
        self._begin(me, view, bound, wanted)
        return replace(mind, doing=0)

    def _begin(self, me: Body, view: View, bound: Bound, wanted: Wanted) -> tuple[int, str]:
        """Begin an act that was decided on, in place of what is being done.

        -> (its id, "") or (0, why not)
        """
        held = self._held_by(me)
        try:
            if held:
                raise ToolRefused(f"I can't while in the state {held}")
            bundle = begin(bound, me, view, wanted.act_id(self.world), "mind")
        except (ToolRefused, ToolBroke) as error:
            return 0, self._refuse(me, view, bound.tool.name, error, wanted)
        # A step begun in this same tick gives way to what was just decided.
        wanted.bundles[:] = [
            b for b in wanted.bundles if not (b.actor == me.id and b.phase == "start")
        ]
        if me.id in self.world.acts:
            interrupt(me, view, self.program, wanted, f"{bound.tool.name} instead")
        wanted.bundles.append(bundle)
        return _act_id(bundle), ""

    def _say(
        self, me: Body, view: View, mind: Mind, words: str, wanted: Wanted
    ) -> tuple[Mind, str]:
        """Begin the speech act that was waiting for its words."""
        name, to, topic = mind.speaks[:3]
        tool = self.program.tools[name]
        listener = view.npc(to)
        text = words or prompts.paraphrase(me, listener, topic)
        bound = Bound(tool, {"to": listener, "topic": topic, "words": Words(text)})
        spoken = (*((n, t) for n, t in mind.spoken if n != to), (to, view.tick))[-SPOKEN_KEPT:]
        act, why_not = self._begin(me, view, bound, wanted)
        is_step = bool(mind.steps) and mind.steps[0][0] == name and not mind.doing
        doing = act if is_step else mind.doing
        mind = replace(mind, speaks=(), spoken=spoken, doing=doing)
        if is_step and not act:
            failed = minds.step_failed(mind, view.tick, self._tick_ms, why_not)
            mind = self._stepped(me, view, failed, mind, "failed", why_not, wanted)
        return mind, text


def _conclude(me: Body, mind: Mind, line: str, wanted: Wanted) -> tuple[Mind, str]:
    """Remember how a goal ended: the fact, and what the mind makes of it if it found words."""
    goal, how, reason = mind.reflects
    fact = f"I managed to {goal}" if how == "done" else minds.failure(goal, reason)
    lines: list[Effect] = [Remember(me, fact, 0.4, "did")]
    if line:
        lines.append(Remember(me, line, 0.6, "concluded"))
    wanted.bundles.append(Bundle(me.id, "reflect", tuple(lines), "input"))
    return replace(mind, reflects=()), line or fact


def _speaks(tool: Tool) -> bool:
    return any(param.is_words for param in tool.params)


def _act_id(bundle: Bundle) -> int:
    return bundle.act.id if bundle.act is not None else 0
