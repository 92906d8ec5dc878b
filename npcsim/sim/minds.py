"""The mind stages of a tick: thoughts asked, thoughts landed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from npcsim import events as ev
from npcsim.effects import Recall
from npcsim.messages import Chosen, Written, answer_json
from npcsim.models.router import REFLEX, Route, escalate, route
from npcsim.models.tiers import WHOLE
from npcsim.npc import background, prompts
from npcsim.npc import mind as minds
from npcsim.npc.byhand import BY_HAND
from npcsim.npc.deciding import blend, odds, pick
from npcsim.npc.hours import HOURS, with_written
from npcsim.npc.npc import Lore
from npcsim.npc.perception import perceive
from npcsim.npc.surprise import notice
from npcsim.sim.acting import carry_on, conclude, conclude_later, say, settle_step, strays, take
from npcsim.sim.aiming import settle_aim
from npcsim.sim.attention import Level, level, priority
from npcsim.sim.deadline import until
from npcsim.sim.inflight import Answers, Landing, Thought
from npcsim.sim.judging import Judge, Wish
from npcsim.sim.leave import settle_leave
from npcsim.sim.looks import Looks
from npcsim.sim.meaning import Meaning, units_of
from npcsim.sim.program import Program
from npcsim.sim.scenes import Word, without_words
from npcsim.sim.standing import Standing
from npcsim.sim.telling import told_to
from npcsim.sim.turn import Turn, turn_of
from npcsim.sim.verdicts import Pending, Verdict, doubt, tell
from npcsim.sim.written import take_hours, writer
from npcsim.speech import FALLBACK, PARAPHRASE
from npcsim.tools.binding import ToolBroke
from npcsim.tools.view import Body, View
from npcsim.world.attention import played
from npcsim.world.commit import Bundle, Wanted
from npcsim.world.dice import roll
from npcsim.world.rows import Mind
from npcsim.world.state import World

LATER = "it can wait: asked in a batch, at half the price"


class Minds:
    """The thoughts under way and what they were about. Everything lasting is in the world."""

    def __init__(self, world: World, program: Program, answers: Answers, meaning: Meaning) -> None:
        self.world, self.program, self.answers = world, program, answers
        self.meaning = meaning
        self.pending: dict[str, Pending] = {}
        self.standing = Standing(program)
        self._told: tuple[Program, str] | None = None
        self._looks = Looks()
        self.judge = Judge(program.importance_by, program.summaries_by)
        self._thinkers = [p for p in world.setting.profiles if p.mind]

    # -- ask ---------------------------------------------------------------------------------

    async def think(
        self,
        view: View,
        entered: Mapping[str, str],
        wanted: Wanted,
        staged: Mapping[str, Word],
    ) -> None:
        """Perceive, carry out plans, and ask what there is a reason to ask.

        `entered`: who entered a state that asks for thought. `staged`: who sits in a scene, and
        what it may do now.
        """
        taken = {bundle.actor for bundle in wanted.bundles} | played(self.world.attention)
        wanted.told += self.standing.opening(view)
        turn = turn_of(self.world, self.program, view, wanted)
        for profile in self._thinkers:
            me = Body(view, profile.id)
            before = self.world.minds[profile.id]
            if not self.world.columns["alive"][profile.serial]:
                if before.thought:
                    wanted.minds.append((me.id, self._given_up(before, f"{me.name} is down")))
                continue
            seen = perceive(me, view)
            lines = minds.remembers(me, seen)
            if lines:
                wanted.bundles.append(Bundle(me.id, "remember", tuple(lines), "input"))
            if me.id in staged:
                seen = without_words(seen, staged[me.id])
            mind = settle_leave(turn, me, settle_step(turn, me, before))
            mind, seen = notice(me, settle_aim(turn, me, mind), seen, self.program.lore.surprise)
            if why_useless := minds.useless(me, mind, seen, me.id in staged):
                mind = self._given_up(mind, why_useless)
            lore, word = with_written(self.program.lore, mind, me), staged.get(me.id)
            felt = self._level(me, view, 0.0)
            reason = minds.reason_to_think(
                me, view, mind, seen, entered.get(me.id, ""), lore, felt.rest if felt else 1.0
            )
            if word is not None and (reason is None or reason[0] in minds.OWN):
                reason = minds.reason_to_move(me, view, mind, word.why) if word.tools else None
                lore = lore.only(me, word.tools)
            if option := wanted.decided.get(me.id):
                mind = self._given_up(mind, BY_HAND) if mind.thought else mind
                mind = told_to(turn, me, mind, option, lore, self._tell_asked)
            elif reason is not None:
                mind = await self._ask(turn, me, mind, *reason, lore)
            if me.id not in taken and not mind.speaks and not mind.chooses and word is None:
                mind = carry_on(turn, me, mind)
            if mind != before:
                wanted.minds.append((me.id, mind))
            for wish in self.judge.wishes(me):
                self._wish(turn, me, wish)

    def _level(self, me: Body, view: View, stakes: float) -> Level | None:
        matters = stakes >= self.program.routing.stakes_for_thought
        return level(me, view, self.program.attention, matters)

    def _given_up(self, mind: Mind, why: str) -> Mind:
        """The mind without the thought under way, which lands in this tick, cancelled."""
        self.answers.cancel(mind.thought, why)
        return replace(mind, thought="", purpose="")

    async def _ask(
        self, turn: Turn, me: Body, mind: Mind, purpose: str, why: str, lore: Lore
    ) -> Mind:
        program, view, wanted = self.program, turn.view, turn.wanted
        broken: list[ToolBroke] = []
        draft = minds.draft(me, view, mind, purpose, why, lore, broken)
        for broke in broken:
            wanted.told.append(broke.told(view.tick, me.id))
        mind = minds.asks(me, mind, view.tick, purpose)
        if draft is None:
            return mind
        if self.standing.shows_whole:
            most = lore.tokens.get(purpose, 0)
            await self._mean(turn, me, background.cue(draft.question, why))
            shared = self._shared()
            told, ids, left = background.within(draft.question, shared, me, view, most, why)
            if self.standing.looks_up:
                told = self._looks.added(turn, me, told, lore)
            draft = replace(draft, whole=told, trimmed=left)
            if ids:
                wanted.bundles.append(Bundle(me.id, "recall", (Recall(me, ids),), "input"))
        draft = replace(draft, until=until(me, view, program, purpose))
        if tier := self.standing.patient(me, draft):
            return self._set_aside(turn, me, mind, draft, tier)
        felt = self._level(me, view, draft.stakes)
        offers = self.standing.offers(me, draft, level=felt)
        if draft.wordings and self.standing.picks_words(offers):
            draft = minds.among_wordings(me, view, draft)
            offers = self.standing.offers(me, draft, level=felt)
        utilities = tuple(choice.utility for choice in draft.choices)
        way = route(
            program.routing,
            offers,
            stakes=draft.stakes,
            utilities=utilities,
            meant=draft.meant,
            plain=draft.plain and all(offer.closed for offer in offers),
        )
        if way.tier == REFLEX and purpose == "speak":
            way = self._to_a_player(turn, me, mind, draft) or way
        if way.tier == REFLEX and purpose == HOURS:
            way = writer(self.standing.tiers, offers) or way
        if way.tier != REFLEX:
            return self._send(turn, me, mind, Pending(draft), way)
        id = self._tell_asked(turn, me, draft, way, view.tick)
        verdict = Verdict(REFLEX, None, way.missed, way.reason)
        return self._decide(turn, me, mind, id, draft, verdict)

    def _to_a_player(self, turn: Turn, me: Body, mind: Mind, draft: minds.Draft) -> Route | None:
        """The way of words for who has neither mind nor behaviour: the cheapest that is shown all.

        What is said to a player is what he or she is there for, whatever hangs on it in the world.
        """
        other = turn.view.npc(mind.speaks[1]).profile
        if other.mind or other.behaviour:
            return None
        felt = self._level(me, turn.view, draft.stakes)
        for offer in self.standing.offers(me, draft, level=felt):
            if self.standing.tiers[offer.tier].context == WHOLE and not (
                offer.closed or offer.barred
            ):
                return Route(offer.tier, "a player is spoken to", effort=offer.effort)
        return None

    async def _mean(self, turn: Turn, me: Body, cue: str) -> None:
        """Have the vectors of what is to come to mind, as far as they are not known."""
        known = self.world.meanings
        wanted = (cue, *(line.text for line in me.memories))
        new = list(dict.fromkeys(text for text in wanted if known.of(text) is None))
        found = await self.meaning.now(turn.view.tick, me.id, new) if new else None
        if found is not None:
            turn.wanted.told.append(found)
            known.take(units_of(found))

    def _shared(self) -> str:
        """The part of a question that is the same for all; tools may have changed."""
        if self._told is None or self._told[0] is not self.program:
            program = self.program
            text = background.shared(self.world.setting, program.tools, program.about)
            self._told = (program, text)
        return self._told[1]

    def _send(self, turn: Turn, me: Body, mind: Mind, pending: Pending, way: Route) -> Mind:
        """Put a question to a tier."""
        tick, draft = turn.view.tick, pending.draft
        tier = self.standing.tiers[way.tier]
        lands = tick + (tier.at(way.effort).think + turn.tick_ms - 1) // turn.tick_ms
        id = self._tell_asked(turn, me, draft, way, lands)
        deadline = max(lands, tick + self.program.lore.times.deadline // turn.tick_ms)
        urgent = priority(me, turn.view)
        question = draft.shown(tier.context == WHOLE, tier.lookups, way.effort)
        thought = Thought(id, me.id, way.tier, question, lands, deadline, urgent)
        self.pending[id] = replace(pending, asked=way.effort, thought=thought)
        self.standing.asked(thought, turn.view.now_ms)
        self.answers.ask(thought)
        return replace(mind, thought=id, purpose=draft.purpose)

    def _set_aside(self, turn: Turn, me: Body, mind: Mind, draft: minds.Draft, name: str) -> Mind:
        """Put a question into a tier's next batch; the mind goes on, and knows the mere fact."""
        tier, tick = self.standing.tiers[name], turn.view.tick
        assert tier.batch is not None
        latest = tick + max(1, tier.batch.within // turn.tick_ms)
        id = self._tell_asked(turn, me, draft, Route(name, LATER), latest)
        question = draft.shown(tier.context == WHOLE)
        thought = Thought(id, me.id, name, question, latest, latest, patience=tier.batch.wait_s)
        self.pending[id] = Pending(draft, aside=True, thought=thought)
        self.standing.asked(thought, turn.view.now_ms)
        self.answers.ask(thought)
        return conclude(turn, me, mind, "")[0]

    def _wish(self, turn: Turn, me: Body, wish: Wish) -> None:
        """Ask a question about memories, where its tier may be asked now: beside any thought."""
        tier, draft, tick = self.standing.tiers.get(wish.tier), wish.draft, turn.view.tick
        if tier is None:
            return
        effort, patience = "", None
        if tier.batch is not None and draft.purpose in tier.batch.purposes:
            if self.standing.patient(me, draft) != wish.tier:
                return
            lands = tick + max(1, tier.batch.within // turn.tick_ms)
            patience = tier.batch.wait_s
        else:
            offers = [one for one in self.standing.offers(me, draft) if one.tier == wish.tier]
            offer = next((one for one in offers if not one.closed and not one.barred), None)
            if offer is None:
                return
            effort = offer.effort
            lands = tick + (tier.at(effort).think + turn.tick_ms - 1) // turn.tick_ms
        way = Route(tier.name, f"memory: {draft.purpose} is by {tier.name}", effort=effort)
        id = self._tell_asked(turn, me, draft, way, lands, f"{me.id}/{draft.purpose}")
        self.pending[id] = Pending(draft, asked=effort, aside=True, about=wish.subject)
        deadline = max(lands, tick + self.program.lore.times.deadline // turn.tick_ms)
        question = draft.shown(False, 0, effort)
        until = lands if patience is not None else deadline
        thought = Thought(id, me.id, tier.name, question, lands, until, patience=patience)
        self.standing.asked(thought, turn.view.now_ms)
        self.answers.ask(thought)
        self.judge.asked(me.id, wish)

    def _judged(self, turn: Turn, me: Body, landing: Landing, pending: Pending) -> None:
        """A question about memories is answered: it counts from now on instead of the rules."""
        assert pending.about is not None
        draft = pending.draft
        effect, told, why = self.judge.landed(me, landing, draft.purpose, pending.about)
        if effect is not None:
            turn.wanted.bundles.append(Bundle(me.id, draft.purpose, (effect,), "input"))
        reason = why and f"the rules' stays: {why}"
        verdict = Verdict(landing.tier, landing.answer, effect is None, reason, pending.asked)
        tell(
            turn, landing.thought, me, draft, verdict, (), (), -1, told, effect is None, reason
        )  # fmt: skip

    def _tell_asked(
        self, turn: Turn, me: Body, draft: minds.Draft, way: Route, lands: int, name: str = ""
    ) -> str:
        tick, id = turn.view.tick, f"{name or me.id}@{turn.view.tick}"
        asked = self.standing.tiers.get(way.tier)
        shown = asked is not None and asked.context == WHOLE
        texts = tuple(choice.text for choice in draft.choices)
        utilities = tuple(choice.utility for choice in draft.choices)
        turn.wanted.told.append(
            ev.Asked(
                tick, id, me.id, draft.purpose, draft.why, way.tier, way.reason, lands, texts,
                utilities, way.effort, way.considered, draft.trimmed if shown else 0,
            )
        )  # fmt: skip
        return id

    # -- land --------------------------------------------------------------------------------

    def land(self, view: View, landings: list[Landing], wanted: Wanted) -> None:
        """Take in what landed, NPC by NPC."""
        turn = turn_of(self.world, self.program, view, wanted)
        now = dict(wanted.minds)
        for landing in landings:
            answer = None if landing.answer is None else answer_json(landing.answer)
            landed = ev.Landed(
                view.tick, landing.thought, landing.npc, landing.tier, landing.model,
                landing.key, answer, landing.error, landing.late, landing.cost_usd,
            )  # fmt: skip
            wanted.told.append(landed)
            wanted.told += self.standing.landed(landing, view)
            pending = self.pending.pop(landing.thought, None)
            if pending is not None and pending.about is not None:
                self._judged(turn, Body(view, landing.npc), landing, pending)
                continue
            if pending is not None and pending.aside:
                self._back(turn, Body(view, landing.npc), landing, pending.draft)
                continue
            before = now.get(landing.npc) or self.world.minds[landing.npc]
            if pending is None or before.thought != landing.thought:
                continue
            mind = replace(before, thought="", purpose="")
            me = Body(view, landing.npc)
            if me.alive:
                mind = self._settle(turn, me, mind, landing, pending)
            now[me.id] = mind
            wanted.minds.append((me.id, mind))

    def _back(self, turn: Turn, me: Body, landing: Landing, draft: minds.Draft) -> None:
        """A thought is back from its batch: what it found is remembered. The fact is already."""
        answer, why = landing.answer, landing.error
        words = prompts.line_of(me, answer.text) if isinstance(answer, Written) else ""
        if words and me.alive:
            conclude_later(turn, me, words)
        elif answer is not None:
            why = "the model's words are not fit to be said" if me.alive else f"{me.name} is down"
        verdict = Verdict(landing.tier, answer, not words, why and f"no words: {why}")
        tell(
            turn, landing.thought, me, draft, verdict, (), (), -1, words, verdict.fallback,
            verdict.reason,
        )  # fmt: skip

    def _settle(self, turn: Turn, me: Body, mind: Mind, landing: Landing, pending: Pending) -> Mind:
        """Ask a dearer tier if what has landed is not good enough for its price, else decide."""
        draft, answer = pending.draft, landing.answer
        best = pending
        if answer is not None:
            best = Pending(draft, landing.tier, pending.asked, answer)
        way = self._dearer(me, draft, best, landing.tier, pending.asked)
        if not way.stays(landing.tier):
            told = f"{landing.tier} has answered" if answer is not None else landing.error
            return self._send(turn, me, mind, best, replace(way, reason=f"{told}; {way.reason}"))
        reason = way.reason or (f"asked after {pending.tier}" if pending.tier else "")
        if answer is None:
            who = f"{best.tier} decides" if best.answer is not None else "the body decides"
            reason = f"{who}: {landing.error}" + (f"; {reason}" if reason else "")
        fallback = answer is None or way.missed
        tier, effort = best.tier or landing.tier, best.effort if best.tier else pending.asked
        verdict = Verdict(tier, best.answer, fallback, reason, effort, way)
        return self._decide(turn, me, mind, landing.thought, draft, verdict)

    def _dearer(self, me: Body, draft: minds.Draft, best: Pending, tier: str, effort: str) -> Route:
        """What to ask after a tier has answered, or has not: itself at no effort is nobody."""
        if len(draft.choices) < 2:
            return Route(tier, "")
        felt = self._level(me, me.view, draft.stakes)
        offers = self.standing.offers(me, draft, tier, effort, felt)
        known = self.standing.tiers.get(best.tier)
        unsure, trusted = doubt(self.program, best), known.trust if known is not None else 0.0
        return escalate(self.program.routing, offers, draft.stakes, unsure, tier, trusted)

    def _decide(
        self, turn: Turn, me: Body, mind: Mind, id: str, draft: minds.Draft, verdict: Verdict
    ) -> Mind:
        if draft.purpose == HOURS:
            return take_hours(turn, me, mind, id, draft, verdict)
        tier, answer, fallback, why = verdict.tier, verdict.answer, verdict.fallback, verdict.reason
        words = prompts.line_of(me, answer.text) if isinstance(answer, Written) else ""
        if isinstance(answer, Written) and not words:
            fallback, why = True, "the body decides: the model's words are not fit to be said"
        if draft.purpose in ("speak", "reflect"):
            if draft.purpose == "speak":
                if isinstance(answer, Chosen):
                    words = draft.choices[answer.pick].text
                elif words and (stray := strays(turn, me, mind, words)):
                    words, fallback = "", True
                    why = f"the body decides: the model's words name {stray}, the act does not"
                mind, text = say(turn, me, mind, words, FALLBACK if fallback else PARAPHRASE)
            else:
                mind, text = conclude(turn, me, mind, words)
            tell(turn, id, me, draft, verdict, (), (), -1, text, fallback, why)
            return mind
        given = answer.probabilities if isinstance(answer, Chosen) else None
        utilities = [choice.utility for choice in draft.choices]
        counted = None
        if isinstance(answer, Chosen):
            counted = odds(answer.pick, answer.probabilities, len(utilities))
        trust = self.standing.tiers[tier].trust if tier in self.standing.tiers else 0.0
        blended = blend(utilities, counted, trust)
        throw = roll(self.world.setting.mind_seed, turn.view.tick, me.id, draft.purpose)
        index = pick(blended, self.program.lore.temper, throw)
        choice = draft.choices[index]
        tell(turn, id, me, draft, verdict, given or (), blended, index, choice.text, fallback, why)
        others = tuple(c.text for c in draft.choices if c is not choice)
        return take(turn, me, mind, choice, others)
