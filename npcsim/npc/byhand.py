"""A decision that somebody else makes for an NPC: any option that it could have thought of now."""

from __future__ import annotations

from collections.abc import Iterator

from npcsim.npc.mind import DAY, GOAL, PLAN, Draft, draft
from npcsim.npc.npc import Lore
from npcsim.scenario.spelling import nearest
from npcsim.tools.binding import ToolBroke
from npcsim.tools.view import Body, View
from npcsim.world.rows import Mind

BY_HAND = "decided by hand"
PURPOSES = (PLAN, "react", GOAL, DAY)


def by_hand(
    me: Body, view: View, mind: Mind, option: str, lore: Lore, broken: list[ToolBroke]
) -> tuple[Draft, int]:
    """The thought that has this option, by its words or its name, and which of it that is.

    Raises ValueError, with the options there are, where it can't be chosen now.
    """
    wanted, known = option.strip().casefold(), []
    for found in _drafts(me, view, mind, lore, broken):
        for index, choice in enumerate(found.choices):
            if wanted in (choice.text.casefold(), choice.name.casefold()):
                return found, index
            known.append(choice.text)
    hint = nearest(option, known) or f"there are: {'; '.join(dict.fromkeys(known)) or 'none'}"
    raise ValueError(f"{me.name} can't decide {option!r} now; {hint}")


def offered(me: Body, view: View, mind: Mind, lore: Lore) -> list[str]:
    """Every option that could be decided now, in words; of tools that break there is none."""
    found = _drafts(me, view, mind, lore, [])
    return list(dict.fromkeys(choice.text for one in found for choice in one.choices))


def _drafts(
    me: Body, view: View, mind: Mind, lore: Lore, broken: list[ToolBroke]
) -> Iterator[Draft]:
    for purpose in PURPOSES:
        found = draft(me, view, mind, purpose, BY_HAND, lore, broken)
        if found is not None:
            yield found
