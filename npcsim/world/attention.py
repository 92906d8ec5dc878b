"""Where players look, as it stands in the world."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attention:
    """Where a player looks: at an NPC, wherever it goes, or at a point in tiles."""

    npc: str
    x: float = 0.0
    y: float = 0.0
