"""Where players look and whom they play, as it stands in the world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from npcsim.world.table import Table

LOOKS, STANDS, WALKS = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Attention:
    """Where a player looks: at an NPC, wherever it goes, or at a point in tiles.

    plays: whether the player is that NPC (`STANDS`), and whether it walks to the point (`WALKS`).
    """

    npc: str
    x: float = 0.0
    y: float = 0.0
    plays: int = LOOKS

    def plain(self) -> list[Any]:
        """Field by field; where nobody is played nothing is said of it, as in older runs."""
        return [self.npc, self.x, self.y, *([self.plays] if self.plays else [])]


def played(attention: Table[Attention]) -> frozenset[str]:
    """The NPCs that players are: their own minds and state machines rest meanwhile."""
    return frozenset(row.npc for _, row in attention.items() if row.plays)
