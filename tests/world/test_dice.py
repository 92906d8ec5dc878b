from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npcsim.world.dice import bits, draw, roll, rolls

THROWS = 20_000
# 99.9% of chi-square with 15 degrees of freedom.
BOUND = 37.7


def chi_square(counts: np.ndarray) -> float:
    expected = counts.sum() / len(counts)
    return float(((counts - expected) ** 2 / expected).sum())


def test_throws_never_change() -> None:
    """Every recorded run depends on these two numbers."""
    assert bits(7, 12, "mara", "loaf") == 1816781716447389100
    assert roll(7, 12, "mara", "loaf") == 0.09848793419521007
    crowd = rolls(7, 12, "swing", np.array([0, 1, 99_999], np.uint32))
    assert crowd.tolist() == [0.3446025878969202, 0.07057065479312008, 0.9764305299047011]


def test_a_throw_belongs_to_its_whole_key() -> None:
    keys = [("ab",), ("a", "b"), ("a", "b", ""), ("", "ab"), ("b", "a"), (1, 11), (11, 1), (111,)]
    assert len({bits(*key) for key in keys}) == len(keys)


def test_single_throws_are_even() -> None:
    counts = np.zeros(16)
    for tick in range(THROWS):
        counts[int(roll(1, tick, "mara", "loaf") * 16)] += 1
    assert chi_square(counts) < BOUND


@pytest.mark.parametrize("key", [(1, 1, "a"), (1, 2, "a"), (2**62, 10**6, "swing")])
def test_throws_of_a_crowd_are_even(key: tuple[int, int, str]) -> None:
    thrown = rolls(*key, np.arange(THROWS, dtype=np.uint32))
    assert thrown.min() >= 0
    assert thrown.max() < 1
    assert chi_square(np.bincount((thrown * 16).astype(int), minlength=16)) < BOUND


def test_throws_of_a_crowd_do_not_hang_together() -> None:
    """Neighbours in serial, tick or purpose tell nothing of one another."""
    who = np.arange(THROWS, dtype=np.uint32)
    base = rolls(1, 1, "a", who)
    others = (rolls(1, 1, "a", who + 1), rolls(1, 2, "a", who), rolls(1, 1, "b", who))
    for other in others:
        assert abs(np.corrcoef(base, other)[0, 1]) < 0.03


@given(st.permutations(range(30)))
def test_throws_do_not_depend_on_order_or_company(order: list[int]) -> None:
    who = np.array(order, np.uint32)
    alone = [rolls(3, 4, "a", np.array([one], np.uint32))[0] for one in order]
    assert rolls(3, 4, "a", who).tolist() == alone


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=8),
    st.floats(0, 1, exclude_max=True),
)
def test_a_draw_takes_something_that_has_weight(weights: list[float], throw: float) -> None:
    index = draw(weights, throw)
    assert 0 <= index < len(weights)
    assert weights[index] > 0 or not any(weights)


def test_a_draw_goes_by_weight() -> None:
    counts = np.zeros(3)
    for tick in range(6_000):
        counts[draw((1, 0, 3), roll(tick, "x"))] += 1
    assert counts[1] == 0
    assert counts[2] / counts[0] == pytest.approx(3, rel=0.1)


def test_without_any_weight_all_are_equal() -> None:
    assert [draw((0.0, 0.0), throw) for throw in (0.0, 0.49, 0.5, 0.999)] == [0, 0, 1, 1]
