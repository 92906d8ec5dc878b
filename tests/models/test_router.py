"""Which tier answers a thought, and why."""

from __future__ import annotations

from typing import Any

import pytest

from npcsim.models.router import LOCAL, REFLEX, Rules, route

RULES = Rules(dominates=3.0, stakes_for_thought=0.6, retry_ms=60_000)
NORMAL: dict[str, Any] = {
    "local": True, "down_since_ms": None, "now_ms": 100_000, "stakes": 0.1,
    "utilities": (0.4, 0.3, 0.1),
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "tier", "reason"),
    [
        ({}, LOCAL, "no option dominates: worth 0.40, the next 0.30"),
        ({"local": False}, REFLEX, "models are off"),
        ({"local": False, "stakes": 1.0}, REFLEX, "models are off"),
        ({"utilities": (0.4,)}, REFLEX, "there is only one option"),
        ({"utilities": (0.1, 0.4)}, REFLEX, "one option dominates: worth 0.40, the next 0.10"),
        ({"utilities": (0.1, 0.3)}, LOCAL, "no option dominates: worth 0.30, the next 0.10"),
        ({"utilities": (0.0, 0.4)}, REFLEX, "one option dominates: worth 0.40, the next 0.00"),
        ({"utilities": (0.0, 0.0)}, LOCAL, "no option dominates: worth 0.00, the next 0.00"),
        ({"utilities": (0.1, 0.9), "stakes": 0.6}, LOCAL, "stakes are high: 0.60"),
        ({"stakes": 0.8}, LOCAL, "stakes are high: 0.80"),
        ({"utilities": ()}, LOCAL, "words are wanted"),
        ({"utilities": (), "plain": True}, REFLEX, "news is told in plain words"),
        ({"down_since_ms": 40_001}, REFLEX, "the local model can't be reached"),
        ({"down_since_ms": 40_001, "stakes": 0.9}, REFLEX, "the local model can't be reached"),
        ({"down_since_ms": 40_000}, LOCAL, "no option dominates: worth 0.40, the next 0.30"),
        ({"down_since_ms": 99_000, "utilities": ()}, REFLEX, "the local model can't be reached"),
    ],
)
def test_the_cheapest_tier_that_is_good_enough(given: Any, tier: str, reason: str) -> None:
    way = route(RULES, **(NORMAL | given))
    assert (way.tier, way.reason) == (tier, reason)


def test_the_scenario_says_what_dominates() -> None:
    given = NORMAL | {"utilities": (0.5, 0.2)}
    assert route(Rules(dominates=2.0), **given).tier == REFLEX
    assert route(Rules(dominates=3.0), **given).tier == LOCAL
