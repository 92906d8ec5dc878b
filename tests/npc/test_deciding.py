"""From a model's probabilities and the body's utilities to a decision."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npcsim.npc.deciding import blend, pick, shares
from npcsim.world.dice import roll

SHARE = st.floats(0, 1)
PAIRS = st.lists(st.tuples(st.floats(0, 50), SHARE), min_size=1, max_size=8)


def test_shares_sum_to_one() -> None:
    assert shares((1, 3)) == (0.25, 0.75)
    assert shares((0, 0)) == (0.5, 0.5)
    assert shares((7,)) == (1.0,)


def test_without_a_model_the_body_decides() -> None:
    assert blend((1, 3), None, 1.0) == (0.25, 0.75)


def test_untrusted_a_model_changes_nothing() -> None:
    assert blend((1, 3), (1.0, 0.0), 0.0) == pytest.approx((0.25, 0.75))


def test_a_weak_model_flavours_a_sane_choice() -> None:
    body = (0.2, 0.45, 0.35)
    blended = blend(body, (0.9, 0.05, 0.05), 0.5)
    # Better than before, still not the best.
    assert blended[0] > 0.2
    assert max(blended) == blended[1]
    assert blend((0.0, 1.0), (1.0, 0.0), 0.5) == (0.0, 1.0)


@pytest.mark.parametrize(("trust", "most"), [(0.5, 2.0), (0.9, 3.67)])
def test_a_model_lifts_an_option_so_far_and_no_further(trust: float, most: float) -> None:
    sure = (1.0, 0.0, 0.0, 0.0)
    assert pick(blend((1, most * 0.98, 0, 0), sure, trust), 0.0, 0.0) == 0
    assert pick(blend((1, most * 1.02, 0, 0), sure, trust), 0.0, 0.0) == 1


def test_between_equals_the_model_decides() -> None:
    blended = blend((1, 1, 1), (0.2, 0.7, 0.1), 0.5)
    assert max(blended) == blended[1]


@given(PAIRS, SHARE)
def test_a_blend_is_a_distribution(pairs: list[tuple[float, float]], trust: float) -> None:
    utilities, given_shares = zip(*pairs, strict=True)
    blended = blend(utilities, given_shares, trust)
    assert sum(blended) == pytest.approx(1)
    assert all(0 <= share <= 1.0000001 for share in blended)


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=8), st.floats(0, 0.999))
def test_at_temper_0_the_best_is_taken(weights: list[float], throw: float) -> None:
    blended = shares(weights)
    assert pick(blended, 0.0, throw) == blended.index(max(blended))


def test_ties_go_to_the_first() -> None:
    assert pick((0.4, 0.4, 0.2), 0.0, 0.99) == 0


@pytest.mark.parametrize(("temper", "expected"), [(1.0, (0.2, 0.5, 0.3)), (0.5, (0.1, 0.75, 0.15))])
def test_above_it_chance_has_its_share(temper: float, expected: tuple[float, ...]) -> None:
    drawn = Counter(pick((0.2, 0.5, 0.3), temper, roll(1, n)) for n in range(4000))
    assert [drawn[i] / 4000 for i in range(3)] == pytest.approx(expected, abs=0.03)
