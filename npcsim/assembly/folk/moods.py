"""What a scenario with a `mood:` gives everybody, and what mood inclines to."""

from __future__ import annotations

from collections.abc import Mapping

from npcsim.scenario.schema import Definition
from npcsim.world.mood import AXES, BASES, VALENCE
from npcsim.world.rows import GaugeKind
from npcsim.world.state import World

TILTS: Mapping[str, tuple[float, float]] = {
    "attack": (-1.0, 1.0),
    "accuse": (-1.0, 0.5),
    "give": (1.0, 0.0),
    "heal": (1.0, 0.0),
    "say": (1.0, 0.0),
    "sleep": (0.0, -1.0),
    "rest": (0.0, -1.0),
}
"""What mood inclines to, where the scenario does not say otherwise: (valence, arousal)."""


def axes_of(definition: Definition) -> dict[str, GaugeKind]:
    """The attributes of moods, where the scenario has them."""
    return dict(AXES) if definition.mood is not None else {}


def tilts_of(definition: Definition) -> tuple[float, Mapping[str, tuple[float, float]]]:
    """(how much mood sways choices, what it inclines to, by tool or plan)"""
    part = definition.mood
    if part is None or part.bias == 0.0:
        return 0.0, {}
    own = {name: (tilt.valence, tilt.arousal) for name, tilt in part.tilts.items()}
    return part.bias, {**TILTS, **own}


def settle_in(world: World) -> None:
    """What moods fade back to: how everybody begins."""
    if VALENCE in world.columns:
        for axis, base in BASES.items():
            world.columns.add(base, world.columns[axis])
