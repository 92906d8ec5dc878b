"""Sensing over arrays gives what comparing all pairs gives, bit for bit, whatever the crowd."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from npcsim.reflex import cells, nearest

SHAPES = ("uniform", "line", "clumps", "one spot", "lattice")


def points(dice: np.random.Generator, count: int, shape: str) -> tuple[Any, Any]:
    """x and y of `count` points, multiples of 1/1024."""
    match shape:
        case "uniform":
            both = dice.random((2, count)) * np.sqrt(count) * dice.choice([0.3, 2.0, 8.0])
        case "line":
            both = np.stack([dice.random(count) * 500, np.full(count, 3.0)])
        case "clumps":
            far = dice.integers(0, 2, count) * dice.choice([50.0, 3000.0])
            both = dice.normal(size=(2, count)) * dice.choice([0.5, 3.0]) + far
        case "one spot":
            both = np.full((2, count), 7.0)
        case _:
            both = dice.integers(0, 30, (2, count)).astype(float)
    both = np.floor(both * 1024) / 1024
    return both[0].copy(), both[1].copy()


def plainly(x: Any, y: Any, of_x: Any, of_y: Any, sight: Any, own: Any = None) -> nearest.Found:
    """Seeker by seeker, all candidates: nearest first, then by number."""
    which, distance = np.full(len(x), -1), np.full(len(x), np.inf)
    sights = np.broadcast_to(sight, len(x))
    for row in range(len(x)):
        dx, dy = of_x - x[row], of_y - y[row]
        far = np.sqrt(dx * dx + dy * dy)
        if own is not None and own[row] >= 0:
            far[own[row]] = np.inf
        best = int(np.argmin(far))
        if far[best] < sights[row]:
            which[row], distance[row] = best, far[best]
    return nearest.Found(which, distance)


def same(one: nearest.Found, other: nearest.Found) -> bool:
    return np.array_equal(one.which, other.which) and np.array_equal(one.distance, other.distance)


@pytest.fixture(params=["few", "many"])
def _size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "many":  # through cells even where all pairs would do, in small blocks
        monkeypatch.setattr(nearest, "FEW", 0)
        monkeypatch.setattr(cells, "BLOCK", 64)
        monkeypatch.setattr(cells, "MOST_PAIRS", 5000)


@pytest.mark.usefixtures("_size")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("of_shape", SHAPES)
def test_as_comparing_all_pairs(shape: str, of_shape: str) -> None:
    dice = np.random.default_rng(5)
    sights = [0.0, 0.5, 3.0, 10.0, 60.0, 5000.0]
    for turn in range(6):
        x, y = points(dice, int(dice.integers(1, 250)), shape)
        of_x, of_y = points(dice, int(dice.integers(1, 250)), of_shape)
        sight, back = sights[turn], dice.choice(sights, len(of_x))
        expected = plainly(x, y, of_x, of_y, sight)
        assert same(nearest.nearest(x, y, of_x, of_y, sight), expected)
        mine, theirs = nearest.mutual(x, y, of_x, of_y, sight, back)
        assert same(mine, expected)
        assert same(theirs, plainly(of_x, of_y, x, y, back))


@pytest.mark.usefixtures("_size")
@pytest.mark.parametrize("shape", SHAPES)
def test_nobody_finds_themselves(shape: str) -> None:
    dice = np.random.default_rng(6)
    x, y = points(dice, 300, shape)
    own = np.where(dice.random(300) < 0.3, -1, np.arange(300))
    sight = dice.choice([0.5, 3.0, 10.0], 300)
    assert same(nearest.nearest(x, y, x, y, sight, own), plainly(x, y, x, y, sight, own))


@pytest.mark.usefixtures("_size")
@pytest.mark.parametrize("shape", SHAPES)
def test_in_order_lists_all_in_sight_nearest_first(shape: str) -> None:
    dice = np.random.default_rng(7)
    x, y = points(dice, 120, shape)
    sight, own = dice.choice([0.5, 3.0, 10.0, 700.0], 120), np.arange(120)
    listed = [[] for _ in x]
    for seeker, which, distance in nearest.in_order(x, y, x, y, sight, own):
        for row, other, far in zip(seeker, which, distance, strict=True):
            listed[row].append((far, other))
    for row in range(120):
        dx, dy = x - x[row], y - y[row]
        far = np.sqrt(dx * dx + dy * dy)
        seen = [(far[other], other) for other in range(120) if other != row]
        assert listed[row] == sorted(pair for pair in seen if pair[0] < sight[row])


def test_nobody_to_find_and_nobody_who_seeks() -> None:
    none, one = np.zeros(0), np.ones(1)
    assert nearest.nearest(one, one, none, none, 5.0).which.tolist() == [-1]
    assert nearest.nearest(none, none, one, one, 5.0).which.tolist() == []
    assert list(nearest.in_order(one, one, none, none, one)) == []


def test_cells_are_never_far_more_than_points() -> None:
    x, y = np.array([0.0, 4_000_000.0]), np.array([0.0, 4_000_000.0])
    lattice = cells.lattice_over((x,), (y,), 1 / 1024)
    assert lattice.cells < 100_000


def test_crowded_points_get_smaller_cells() -> None:
    dice = np.random.default_rng(8)
    spread = np.floor(dice.random((2, 5000)) * 400 * 1024) / 1024
    crowd = np.floor(dice.random((2, 5000)) * 20 * 1024) / 1024
    crowd[:, 0] = 400.0
    assert cells.side_for(*crowd, 50.0) < 0.3 * cells.side_for(*spread, 50.0)
    assert cells.side_for(*spread, 1.0) == 1.0
