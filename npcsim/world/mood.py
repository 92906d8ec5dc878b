"""Moods: two numbers an NPC, the word for them, and how they fade.

Valence (how good it feels, -1 to 1) and arousal (how stirred up, 0 to 1) are the two axes of
J. A. Russell, "A circumplex model of affect", Journal of Personality and Social Psychology 39(6),
1980. They are columns like hp, in worlds whose scenario has a `mood:`.
"""

from __future__ import annotations

from dataclasses import dataclass

from npcsim.world.rows import GaugeKind

VALENCE, AROUSAL = "valence", "arousal"
AXES = {
    VALENCE: GaugeKind(VALENCE, -1.0, 1.0, 0.0, 0.0, False, ("", "")),
    AROUSAL: GaugeKind(AROUSAL, 0.0, 1.0, 0.0, 0.0, False, ("", "")),
}
BASES = {VALENCE: "valence_base", AROUSAL: "arousal_base"}
"""The columns of what each axis fades back to."""
WORDS = ("upset", "downcast", "excited", "content", "on edge")
GONE = 1 / 1024
"""What is nearer to its base than this is there."""
_GOOD, _STIRRED, _ON_EDGE = 0.25, 0.5, 0.6


@dataclass(frozen=True, slots=True)
class Mood:
    """How somebody feels. `word` is one of `WORDS`, or empty where it is nothing to speak of."""

    valence: float
    arousal: float

    @property
    def word(self) -> str:
        if self.valence <= -_GOOD:
            return "upset" if self.arousal >= _STIRRED else "downcast"
        if self.valence >= _GOOD:
            return "excited" if self.arousal >= _STIRRED else "content"
        return "on edge" if self.arousal >= _ON_EDGE else ""


def left_after(ticks: int, half_life: int) -> float:
    """What is left after so many ticks of what halves in `half_life` of them: 0.5 ** (t / h).

    From products alone, so that it has the same bits on every machine: f with f ** h = 0.5 is
    found by halving an interval, and multiplied `ticks` times.
    """
    low, high = 0.0, 1.0
    for _ in range(80):
        middle = (low + high) / 2
        if _power(middle, half_life) < 0.5:
            low = middle
        else:
            high = middle
    return _power(high, ticks)


def _power(base: float, times: int) -> float:
    product = 1.0
    while times:
        if times & 1:
            product *= base
        base *= base
        times >>= 1
    return product
