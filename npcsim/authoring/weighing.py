"""What a mind would weigh at this moment, and how each tier scores it."""

from __future__ import annotations

from dataclasses import replace

from npcsim.authoring.trial import Ballot, Scored
from npcsim.errors import ModelError
from npcsim.messages import Chosen, Model
from npcsim.models.router import LOCAL, Offer, route
from npcsim.npc import mind as minds
from npcsim.npc.deciding import blend, odds, shares
from npcsim.npc.perception import perceive
from npcsim.sim.program import Program
from npcsim.tools.binding import ToolBroke
from npcsim.tools.options import survey, verb_text
from npcsim.tools.view import Body


async def weigh(
    purpose: str,
    ours: set[str],
    me: Body,
    program: Program,
    model: Model | None,
    notes: list[str],
) -> Ballot | None:
    """The options of a mind for a purpose: react, plan or object; None where there are none.

    `ours` are the names of the tool, or of the plans, that is asked about; for object, of the one
    tool whose calls are chosen among. What goes wrong on the
    way is added to `notes`.
    """
    view, lore = me.view, program.lore
    mind = me.mind
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
    if draft is None or draft.question is None:
        return None
    utilities = [choice.utility for choice in draft.choices]
    way = route(
        program.routing, [Offer(LOCAL)] if model is not None else [],
        stakes=draft.stakes, utilities=utilities,
    )  # fmt: skip
    given = counted = None
    if model is not None and len(utilities) > 1:
        try:
            answer = await model.ask(draft.question)
            if isinstance(answer, Chosen):
                given = answer.probabilities
                counted = odds(answer.pick, given, len(utilities))
        except ModelError as error:
            notes.append(f"the local model gave no answer: {error.kind}: {error}")
    parts, blended = shares(utilities), blend(utilities, counted, lore.trust)
    decided = blended if way.tier == LOCAL else parts
    scored = [
        Scored(
            choice.text, choice.sort != "carry_on" and choice.name in ours, choice.utility,
            parts[index], None if given is None else given[index], decided[index],
        )
        for index, choice in enumerate(draft.choices)
    ]  # fmt: skip
    scored.sort(key=lambda one: -one.blended)
    situation = getattr(draft.question, "situation", "")
    return Ballot(purpose, tuple(scored), way.tier, way.reason, situation)
