"""How mood sways choices: an option's utility, a little more or less by how one feels."""

from __future__ import annotations

from npcsim.npc.npc import Lore, Plan
from npcsim.tools.view import Body


def tilted(utility: float, name: str, me: Body, lore: Lore) -> float:
    """utility * (1 + bias * fit); fit = valence * tilt_v + arousal * tilt_a, within -1 to 1.

    name: of a tool or a plan. So a mood changes a utility by `bias` of it at most, and never its
    sign. Without a tilt of that name, or without moods, it stays as it is.
    """
    tilt = lore.tilts.get(name)
    if tilt is None:
        return utility
    mood = me.mood
    fit = min(max(mood.valence * tilt[0] + mood.arousal * tilt[1], -1.0), 1.0)
    return utility * (1 + lore.bias * fit)


def tilted_plan(utility: float, plan: Plan, me: Body, lore: Lore) -> float:
    """The same for a plan: by its own tilt, or else by that of the tool of its last step."""
    name = plan.name if plan.name in lore.tilts else plan.steps[-1][0]
    return tilted(utility, name, me, lore)
