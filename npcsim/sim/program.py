"""What a simulation runs on besides its world: machines, tools, minds' lore, routing rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from npcsim.models.router import Rules
from npcsim.npc.npc import Lore
from npcsim.reflex.fsm import Machine
from npcsim.tools.tool import Tool


@dataclass(frozen=True, slots=True)
class Program:
    """Fixed for a run. `agenda`: what happens by itself, tick -> signals as plain data."""

    machines: tuple[Machine, ...]
    tools: Mapping[str, Tool]
    lore: Lore
    routing: Rules
    local: bool
    agenda: Mapping[int, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    snapshot_every: int = 720
