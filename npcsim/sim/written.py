"""A day that was written lands: what of it can be kept takes the place of the sketch's hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from npcsim import events as ev
from npcsim.messages import Written
from npcsim.models.router import Offer, Route
from npcsim.models.tiers import Tier
from npcsim.npc import days, hours
from npcsim.npc.mind import Draft
from npcsim.sim.turn import Turn
from npcsim.sim.verdicts import Verdict, tell
from npcsim.tools.view import Body
from npcsim.world.rows import Mind


def writer(tiers: Mapping[str, Tier], offers: Sequence[Offer]) -> Route | None:
    """The way to a tier that costs money and names `hours` in its `for:`, the cheapest.

    A day has no options to be unsure between, so nothing else says what it is worth. None where
    there is no such tier, or it can't be asked now.
    """
    for offer in offers:
        named = hours.HOURS in tiers[offer.tier].purposes
        if named and not (offer.closed or offer.barred):
            return Route(offer.tier, f"{offer.tier} is for {hours.HOURS}", effort=offer.effort)
    return None


def take_hours(turn: Turn, me: Body, mind: Mind, id: str, draft: Draft, verdict: Verdict) -> Mind:
    """The mind with the hours that were written for it; without any it keeps to its sketch."""
    found, why = hours.Found(), verdict.reason
    if isinstance(verdict.answer, Written):
        try:
            found = hours.read(verdict.answer.value, me, turn.view, turn.program.lore)
        except ValueError as error:
            why = f"the body decides: no JSON came: {error}"
    sketch = hours.sketch_of(mind, turn.program.lore)
    option = sketch.option if sketch is not None else mind.sketch
    if not found.plans:
        why = why or "the body decides: nothing of it can be done"
        if found.dropped:
            _tell_day(turn, me, option, (), verdict.tier, found.dropped)
        fallback = verdict.fallback or verdict.answer is not None
        tell(turn, id, me, draft, verdict, (), (), -1, option, fallback, why)
        return mind
    words = {entry[0]: entry[1] for entry in found.plans}
    told = tuple((days.clock(at), words[name]) for at, name in found.hours)
    _tell_day(turn, me, option, told, verdict.tier, found.dropped)
    text = "; ".join(f"{at} {goal}" for at, goal in told)
    tell(turn, id, me, draft, verdict, (), (), -1, text, verdict.fallback, why)
    mind = hours.take(replace(mind, changed=""), found)
    return mind if mind.plan else replace(mind, asked=Mind().asked)


def _tell_day(
    turn: Turn, me: Body, option: str, told: tuple[tuple[str, str], ...], by: str,
    dropped: tuple[str, ...],
) -> None:  # fmt: skip
    today = days.today(turn.view)
    turn.wanted.told.append(ev.DayPlanned(turn.view.tick, me.id, today, option, told, by, dropped))
