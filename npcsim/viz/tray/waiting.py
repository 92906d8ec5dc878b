"""What a card of the tray says, as data. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from npcsim.viz.people import Waiting
from npcsim.viz.scene import Scene

YES, NO = "yes", "no"
RULES = {"allow": "allowed", "refuse": "refused"}


def why(one: Waiting) -> str:
    """What it is for, in a line; empty where the log does not tell."""
    step = f"as a step of: {one.goal}" if one.goal and one.goal != one.text else ""
    thought = f"because {one.why}" if one.why else ""
    return "; ".join(part for part in (step, thought) if part)


def left(one: Waiting, scene: Scene, fraction: float) -> tuple[float, str]:
    """The share of its time that is left at this moment, and what it says: `12 s, then refused`."""
    now = min(scene.tick - 1 + fraction, float(one.due))
    share = (one.due - now) / max(1, one.due - one.tick)
    tick_ms = scene.started.tick_ms if scene.started is not None else 1000
    rest = lasting(int((one.due - now) * tick_ms))
    return min(max(share, 0.0), 1.0), f"{rest}, then {RULES.get(one.otherwise, one.otherwise)}"


def lasting(ms: int) -> str:
    """A simulated time, short: `12 s`, `3 min`, `2 h 05`."""
    seconds = -(-ms // 1000)
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02}"


def ordered(waits: Mapping[str, Waiting]) -> list[Waiting]:
    """Those with the least time left first."""
    return sorted(waits.values(), key=lambda one: (one.due, one.npc))
