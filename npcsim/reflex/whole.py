"""Guards about the world rather than about one NPC: `any(anger > 0.8)`, `mean(hp) < 50`.

Where nobody in particular is asked (an event's condition, when a run stops), a name that belongs
to one NPC must stand inside one of these.
"""

from __future__ import annotations

from typing import Any

import numpy as np

OVER_ALL = ("any", "all", "mean", "total")
"""any, all: whether one, or everyone, fulfils it. mean, total: of its value over everybody."""


def fold(name: str, values: Any) -> float:
    """One number from the values (one entry a living NPC); 0 where nobody lives."""
    values = np.asarray(values)
    if not len(values):
        return 0.0
    if name in ("any", "all"):
        truths = values.astype(bool)
        return float(truths.any() if name == "any" else truths.all())
    total = 0.0
    # One by one: a library's own order of adding may differ between machines.
    for value in values.astype(np.float64).tolist():
        total += value
    return total / len(values) if name == "mean" else total
