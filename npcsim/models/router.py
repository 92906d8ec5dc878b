"""Who answers a thought: the cheapest tier that is good enough, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

REFLEX = "reflex"
LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Route:
    """A tier and the reason for it, in words for the log."""

    tier: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rules:
    """`dominates`: how many times the next best an option must be worth to be taken by reflex.

    `stakes_for_thought`: from these stakes on a model is asked even then. `retry_ms`: for how
    long (simulated) a tier that could not be reached is left alone.
    """

    dominates: float = 3.0
    stakes_for_thought: float = 0.6
    retry_ms: int = 60_000


def route(
    rules: Rules,
    *,
    local: bool,
    down_since_ms: int | None,
    now_ms: int,
    stakes: float,
    utilities: Sequence[float] = (),
    plain: bool = False,
) -> Route:
    """The tier of one thought. `utilities` is empty for words; `plain` ones need no model."""
    if not local:
        return Route(REFLEX, "models are off")
    if len(utilities) == 1:
        return Route(REFLEX, "there is only one option")
    if utilities:
        best, second = sorted(utilities, reverse=True)[:2]
        if best > rules.dominates * second and stakes < rules.stakes_for_thought:
            return Route(REFLEX, f"one option dominates: worth {best:.2f}, the next {second:.2f}")
    if down_since_ms is not None and now_ms - down_since_ms < rules.retry_ms:
        return Route(REFLEX, "the local model can't be reached")
    if plain:
        return Route(REFLEX, "news is told in plain words")
    if not utilities:
        return Route(LOCAL, "words are wanted")
    if stakes >= rules.stakes_for_thought:
        return Route(LOCAL, f"stakes are high: {stakes:.2f}")
    return Route(LOCAL, f"no option dominates: worth {best:.2f}, the next {second:.2f}")
