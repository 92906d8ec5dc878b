"""The mind stages of a tick: thoughts asked, thoughts landed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from npcsim import events as ev
from npcsim.messages import Answer, Chosen, Written, answer_json
from npcsim.models.router import LOCAL, REFLEX, route
from npcsim.npc import mind as minds
from npcsim.npc import prompts
from npcsim.npc.deciding import blend, pick
from npcsim.npc.perception import perceive
from npcsim.sim.acting import carry_on, conclude, say, settle_step, take
from npcsim.sim.inflight import Answers, Landing, Thought
from npcsim.sim.leave import settle_leave
from npcsim.sim.program import Program
from npcsim.sim.turn import Turn, turn_of
from npcsim.tools.binding import ToolBroke
from npcsim.tools.builtin.talking import is_small_talk
from npcsim.tools.view import Body, View
from npcsim.world.commit import Bundle, Wanted
from npcsim.world.dice import roll
from npcsim.world.state import Mind, World


class Minds:
    """The thoughts under way and what they were about. Everything lasting is in the world."""

    def __init__(self, world: World, program: Program, answers: Answers) -> None:
        self.world, self.program, self.answers = world, program, answers
        self.drafts: dict[str, minds.Draft] = {}
        self.down_since_ms: int | None = None
        self._thinkers = [p for p in world.setting.profiles if p.mind]

    # -- ask ---------------------------------------------------------------------------------

    def think(self, view: View, entered: Mapping[str, str], wanted: Wanted) -> None:
        """Perceive, carry out plans, and ask what there is a reason to ask."""
        taken = {bundle.actor for bundle in wanted.bundles}
        turn = turn_of(self.world, self.program, view, wanted)
        for profile in self._thinkers:
            if not self.world.columns["alive"][profile.serial]:
                continue
            me = Body(view, profile.id)
            before = self.world.minds[profile.id]
            seen = perceive(me, view)
            lines = minds.remembers(me, seen)
            if lines:
                wanted.bundles.append(Bundle(me.id, "remember", tuple(lines), "input"))
            mind = settle_leave(turn, me, settle_step(turn, me, before))
            reason = minds.reason_to_think(
                me, view, mind, seen, entered.get(me.id, ""), self.program.lore
            )
            if reason is not None:
                mind = self._ask(turn, me, mind, *reason)
            if me.id not in taken and not mind.speaks and not mind.chooses:
                mind = carry_on(turn, me, mind)
            if mind != before:
                wanted.minds.append((me.id, mind))

    def _ask(self, turn: Turn, me: Body, mind: Mind, purpose: str, why: str) -> Mind:
        program, lore, view, wanted = self.program, self.program.lore, turn.view, turn.wanted
        broken: list[ToolBroke] = []
        draft = minds.draft(me, view, mind, purpose, why, lore, broken)
        for broke in broken:
            wanted.told.append(ev.Rejected(view.tick, me.id, broke.tool, str(broke), ()))
        mind = minds.asks(mind, view.tick, purpose)
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
            plain=purpose == "speak" and not is_small_talk(mind.speaks[2]),
        )
        think = 0 if way.tier == REFLEX else lore.times.local
        lands = view.tick + (think + turn.tick_ms - 1) // turn.tick_ms
        id = f"{me.id}@{view.tick}"
        texts = tuple(choice.text for choice in draft.choices)
        wanted.told.append(
            ev.Asked(
                view.tick, id, me.id, purpose, why, way.tier, way.reason, lands, texts, utilities
            )
        )
        if way.tier == REFLEX:
            return self._decide(turn, me, mind, id, draft, REFLEX, None, "", way.reason)
        self.drafts[id] = draft
        deadline = max(lands, view.tick + lore.times.deadline // turn.tick_ms)
        self.answers.ask(Thought(id, me.id, way.tier, draft.question, lands, deadline))
        return replace(mind, thought=id, purpose=purpose)

    # -- land --------------------------------------------------------------------------------

    def land(self, view: View, landings: list[Landing], wanted: Wanted) -> None:
        """Take in what landed, NPC by NPC."""
        turn = turn_of(self.world, self.program, view, wanted)
        for landing in landings:
            answer = None if landing.answer is None else answer_json(landing.answer)
            landed = ev.Landed(
                view.tick, landing.thought, landing.npc, landing.tier, landing.model,
                landing.key, answer, landing.error, landing.late, landing.cost_usd,
            )  # fmt: skip
            wanted.told.append(landed)
            self._note_health(view, landing, wanted)
            draft = self.drafts.pop(landing.thought, None)
            before = dict(wanted.minds).get(landing.npc) or self.world.minds[landing.npc]
            if draft is None or before.thought != landing.thought:
                continue
            mind = replace(before, thought="", purpose="")
            me = Body(view, landing.npc)
            if me.alive:
                mind = self._decide(
                    turn, me, mind, landing.thought, draft, landing.tier, landing.answer,
                    landing.error, "",
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
        turn: Turn,
        me: Body,
        mind: Mind,
        id: str,
        draft: minds.Draft,
        tier: str,
        answer: Answer | None,
        error: str,
        reason: str,
    ) -> Mind:
        fallback = tier != REFLEX and answer is None
        why = f"the body decides: {error}" if fallback else reason
        words = prompts.line_of(me, answer.text) if isinstance(answer, Written) else ""
        if isinstance(answer, Written) and not words:
            fallback, why = True, "the body decides: the model's words are not fit to be said"
        if draft.purpose in ("speak", "reflect"):
            put = say if draft.purpose == "speak" else conclude
            mind, text = put(turn, me, mind, words)
            _tell(turn, id, me, draft, tier, (), (), -1, text, fallback, why)
            return mind
        given = answer.probabilities if isinstance(answer, Chosen) else None
        utilities = [choice.utility for choice in draft.choices]
        blended = blend(utilities, given, self.program.lore.trust)
        throw = roll(self.world.setting.mind_seed, turn.view.tick, me.id, draft.purpose)
        index = pick(blended, self.program.lore.temper, throw)
        choice = draft.choices[index]
        _tell(turn, id, me, draft, tier, given or (), blended, index, choice.text, fallback, why)
        others = tuple(c.text for c in draft.choices if c is not choice)
        return take(turn, me, mind, choice, others)


def _tell(
    turn: Turn,
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
) -> None:
    texts = tuple(choice.text for choice in draft.choices)
    utilities = tuple(choice.utility for choice in draft.choices)
    decided = ev.Decided(
        turn.view.tick, id, me.id, draft.purpose, tier, texts, utilities, given, blended,
        index, text, fallback, reason,
    )  # fmt: skip
    turn.wanted.told.append(decided)
