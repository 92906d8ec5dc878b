"""What a mind would weigh at this moment, and how each tier scores it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from npcsim.authoring.trial import Ballot, Scored
from npcsim.errors import ModelError
from npcsim.messages import Chosen, Model
from npcsim.models.router import Offer, escalate, route, unsure
from npcsim.models.tiers import WHOLE
from npcsim.npc import background
from npcsim.npc import mind as minds
from npcsim.npc.deciding import blend, odds, shares
from npcsim.npc.perception import perceive
from npcsim.sim.deadline import until
from npcsim.sim.program import Program
from npcsim.sim.standing import Standing
from npcsim.tools.binding import ToolBroke
from npcsim.tools.options import survey, verb_text
from npcsim.tools.view import Body


async def weigh(
    purpose: str,
    ours: set[str],
    me: Body,
    program: Program,
    models: Mapping[str, Model],
    notes: list[str],
) -> Ballot | None:
    """The options of a mind for a purpose: react, plan or object; None where there are none.

    `ours` are the names of the tool, or of the plans, that is asked about; for object, of the one
    tool whose calls are chosen among. Every tier of the program that has one of the `models` and
    may answer this thought is asked. What goes wrong on the way is added to `notes`.
    """
    draft = _draft(purpose, ours, me, program, notes)
    if draft is None or draft.question is None:
        return None
    standing = Standing(program)
    draft = replace(draft, until=until(me, me.view, program, purpose))
    offers = standing.offers(me, draft)
    utilities = [choice.utility for choice in draft.choices]
    answers = await _asked(draft, offers, program, models, notes)
    way = route(program.routing, offers, stakes=draft.stakes, utilities=utilities)
    while way.name in answers:
        doubt = unsure(program.routing, answers[way.name].probabilities, utilities)
        above = standing.offers(me, draft, way.tier, way.effort)
        trusted = standing.tiers[way.tier].trust
        dearer = escalate(program.routing, above, draft.stakes, doubt, way.tier, trusted)
        if dearer.stays(way.tier):
            break
        way = replace(dearer, reason=f"{way.name} has answered; {dearer.reason}")
    parts = shares(utilities)
    counted = {name: odds(a.pick, a.probabilities, len(utilities)) for name, a in answers.items()}
    blended = parts
    if way.name in answers:
        blended = blend(utilities, counted[way.name], standing.tiers[way.tier].trust)
    scored = [
        Scored(
            choice.text, choice.sort != "carry_on" and choice.name in ours, choice.utility,
            parts[index], {name: odd[index] for name, odd in counted.items()}, blended[index],
        )
        for index, choice in enumerate(draft.choices)
    ]  # fmt: skip
    scored.sort(key=lambda one: -one.blended)
    situation = getattr(draft.question, "situation", "")
    return Ballot(purpose, tuple(scored), way.name, way.reason, situation)


def _draft(
    purpose: str, ours: set[str], me: Body, program: Program, notes: list[str]
) -> minds.Draft | None:
    """The thought as it would be asked now."""
    view, lore, mind = me.view, program.lore, me.mind
    found = minds.reason_to_think(me, view, mind, perceive(me, view), "", lore)
    why = found[1] if found is not None and found[0] == purpose else ""
    broken: list[ToolBroke] = []
    if purpose == "object":
        (name,) = ours
        seen = survey(program.tools[name], me, view)
        if not seen.is_much:
            return None
        mind = replace(mind, chooses=(name, verb_text(seen, me)))
    draft = minds.draft(me, view, mind, purpose, why, lore, broken)
    notes += [f"left out, as it broke: {broke}" for broke in broken if str(broke) not in notes]
    if draft is None or all(tier.context != WHOLE for tier in program.tiers):
        return draft
    before = background.shared(view.world.setting, program.tools, program.about)
    most = lore.tokens.get(purpose, 0)
    told, _, left = background.within(draft.question, before, me, view, most)
    return replace(draft, whole=told, trimmed=left)


async def _asked(
    draft: minds.Draft,
    offers: Sequence[Offer],
    program: Program,
    models: Mapping[str, Model],
    notes: list[str],
) -> dict[str, Chosen]:
    """What each tier that may answer says, by the offer's name; why another did not is noted."""
    answers: dict[str, Chosen] = {}
    for offer in offers if len(draft.choices) > 1 else ():
        tier = next(one for one in program.tiers if one.name == offer.tier)
        why_not = offer.closed or offer.barred
        if why_not:
            note = f"the {offer.name} model was not asked: {why_not}"
            notes += [note] if note not in notes else []
        elif offer.tier in models:
            try:
                question = draft.shown(tier.context == WHOLE, effort=offer.effort)
                answer = await models[offer.tier].ask(question)
            except ModelError as error:
                notes.append(f"the {offer.name} model gave no answer: {error.kind}: {error}")
                continue
            if isinstance(answer, Chosen):
                answers[offer.name] = answer
    return answers
