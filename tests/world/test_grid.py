"""Walking and sight: what may be entered, what is nearest, who sees whom."""

from __future__ import annotations

import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npcsim.world.grid import NEIGHBOURS, UNREACHABLE, Bools, Grid, clear_sight, stand_cell
from npcsim.world.walking import (
    Fields,
    advance,
    away,
    away_on_grid,
    distance_field,
    flow,
    straight,
)


def grid_of(*rows: str) -> Grid:
    """'#' blocks body and sight, '~' the body only."""
    marks = np.array([list(row) for row in rows])
    return Grid(marks == ".", marks == "#")


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


mazes = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).random((9, 11)) > 0.3  # a test's dice, not a world's
)


def slow_distances(walkable: Bools, target: tuple[int, int]) -> dict[tuple[int, int], int]:
    """Dijkstra by hand, as the rule of steps reads."""
    height, width = walkable.shape

    def ok(x: int, y: int) -> bool:
        return 0 <= x < width and 0 <= y < height and bool(walkable[y, x])

    best = {target: 0}
    waiting = [(0, target)]
    while waiting:
        far, (x, y) = heapq.heappop(waiting)
        if far > best[x, y]:
            continue
        for dx, dy in NEIGHBOURS:
            corner = dx and dy and not (ok(x + dx, y) and ok(x, y + dy))
            if corner or not ok(x + dx, y + dy):
                continue
            total = far + (14 if dx and dy else 10)
            if total < best.get((x + dx, y + dy), UNREACHABLE):
                best[x + dx, y + dy] = total
                heapq.heappush(waiting, (total, (x + dx, y + dy)))
    return best


@settings(max_examples=30, deadline=None)
@given(mazes, st.integers(0, 98))
def test_fields_agree_with_dijkstra_by_hand(walkable: Bools, target: int) -> None:
    walkable[divmod(target, 11)] = True
    field = distance_field(Grid(walkable), (target,)).reshape(9, 11)
    expected = np.full((9, 11), UNREACHABLE)
    row, col = divmod(target, 11)
    for (x, y), far in slow_distances(walkable, (col, row)).items():
        expected[y, x] = far
    assert field.tolist() == expected.tolist()


@settings(max_examples=30, deadline=None)
@given(mazes, st.integers(0, 98), st.floats(0.05, 3.5))
def test_walkers_arrive_and_never_enter_what_is_blocked(
    walkable: Bools, target: int, pace: float
) -> None:
    walkable[divmod(target, 11)] = True
    grid = Grid(walkable)
    fields = Fields(grid)
    row = fields.row((target,))
    rows, columns = np.nonzero(walkable)
    x, y = columns + 0.25, rows + 0.875
    reachable = fields.distances[row][rows * 11 + columns] < UNREACHABLE
    goal_x, goal_y = np.full(x.size, target % 11 + 0.75), np.full(x.size, target // 11 + 0.125)
    start_x, start_y = x, y
    for _ in range(int(60 / pace) + 60):
        before_x, before_y = x, y
        budget = np.full(x.size, pace)
        x, y, arrived = advance(grid, fields.flows, row, x, y, goal_x, goal_y, budget)
        assert walkable[np.floor(y).astype(int), np.floor(x).astype(int)].all()
        assert (x * 1024 == np.floor(x * 1024)).all()
        assert (y * 1024 == np.floor(y * 1024)).all()
        moved = np.sqrt((x - before_x) ** 2 + (y - before_y) ** 2)
        assert (moved <= pace + 2 / 1024).all()
    assert arrived.tolist() == reachable.tolist()
    assert (x[reachable] == goal_x[reachable]).all()
    assert (y[reachable] == goal_y[reachable]).all()
    assert (x[~reachable] == start_x[~reachable]).all()
    assert (y[~reachable] == start_y[~reachable]).all()


def test_corners_are_not_cut() -> None:
    grid = grid_of("..", "#.")
    assert distance_field(grid, (3,)).tolist() == [20, 10, UNREACHABLE, 0]
    assert distance_field(grid_of(".#", "#."), (3,)).tolist()[0] == UNREACHABLE


def test_ties_go_to_the_first_neighbour() -> None:
    onward = flow(grid := grid_of("...", "...", "..."), distance_field(grid, (0, 2, 6, 8)))
    assert onward[4] == 2  # all four corners are as near; north-east comes first


def test_a_blocked_target_is_used_from_beside_it() -> None:
    field = distance_field(grid_of("...", ".#.", "..."), (4,))
    assert field.tolist() == [10, 0, 10, 0, UNREACHABLE, 0, 10, 0, 10]


def test_a_target_walled_in_can_not_be_reached() -> None:
    grid = grid_of("###", "###", "..#")
    field = distance_field(grid, (1,))
    assert (field == UNREACHABLE).all()
    assert (flow(grid, field) == -1).all()


def test_who_is_shut_in_a_door_gets_out() -> None:
    grid = grid_of("...", "#.#", "...")
    grid.set_blocked(4, True)
    fields = Fields(grid)
    row = fields.row((7,))
    goal = (column(1.5), column(2.5))
    x, y, arrived = advance(grid, fields.flows, row, column(1.5), column(1.5), *goal, column(2.0))
    assert (x[0], y[0], arrived[0]) == (1.5, 2.5, True)


def test_a_locked_door_changes_the_way() -> None:
    grid = grid_of("..#..", "..#..", ".....", "..#..")
    fields = Fields(grid)
    row = fields.row((4,))
    before = int(fields.distances[row][0])
    grid.set_blocked(12, True)
    assert fields.row((4,)) == row
    assert fields.distances[row][0] == UNREACHABLE
    version = grid.version
    grid.set_blocked(12, True)
    assert grid.version == version
    grid.set_blocked(12, False)
    assert fields.row((4,)) == row
    assert fields.distances[row][0] == before


def test_a_field_is_computed_once() -> None:
    fields = Fields(grid_of("...."), limit_bytes=0)
    first = [fields.row((cell,)) for cell in range(4)]
    fields.distances[first[2]] = 77
    assert [fields.row((cell,)) for cell in range(4)] == first
    assert (fields.distances[first[2]] == 77).all()
    fields.trim()
    again = fields.row((2,))
    assert fields.distances[again].tolist() == [20, 10, 0, 10]


def test_walkers_with_many_destinations_move_in_one_call() -> None:
    grid = grid_of(".....")
    fields = Fields(grid)
    rows = np.array([fields.row((0,)), fields.row((4,))], dtype=np.int32)
    start = column(2.5, 2.5), column(0.5, 0.5)
    goals = column(0.5, 4.5), column(0.5, 0.5)
    x, _, arrived = advance(grid, fields.flows, rows, *start, *goals, column(1.0, 9.0))
    assert x.tolist() == [1.5, 4.5]
    assert arrived.tolist() == [False, True]


def test_inside_a_wide_target_a_walker_is_there() -> None:
    grid = grid_of("....")
    fields = Fields(grid)
    row = fields.row((2, 3))
    away_goal = (column(3.5), column(0.5))
    start = (column(0.5), column(0.5))
    x, _, arrived = advance(grid, fields.flows, row, *start, *away_goal, column(5.0))
    assert (x[0], arrived[0]) == (2.5, True)


def test_without_a_budget_nobody_moves() -> None:
    grid = grid_of("...")
    fields = Fields(grid)
    row = fields.row((2,))
    for budget in (0.0, -1.0):
        start = (column(0.5), column(0.5))
        x, _, arrived = advance(
            grid, fields.flows, row, *start, column(2.5), column(0.5), column(budget)
        )
        assert (x[0], arrived[0]) == (0.5, False)


def test_straight_goes_straight_and_stops() -> None:
    start = column(0.0, 0.0), column(0.0, 0.0)
    x, y, arrived = straight(*start, column(3.0, 0.5), column(4.0, 0.0), column(2.5, 2.5))
    assert x.tolist() == [1.5, 0.5]
    assert y.tolist() == [2.0, 0.0]
    assert arrived.tolist() == [False, True]


def test_fleeing_keeps_within_the_bounds() -> None:
    start = column(5.0, 0.5, 2.0), column(5.0, 0.5, 2.0)
    threat = column(4.0, 1.0, 2.0), column(5.0, 1.0, 2.0)
    x, y = away(*start, *threat, column(2.0, 9.0, 1.0), 10, 10)
    assert x.tolist() == [7.0, 0.0, 3.0]
    assert y.tolist() == [5.0, 0.0, 2.0]


def test_fleeing_on_a_map_takes_the_farthest_free_cell() -> None:
    grid = grid_of("...#", "...#", "....")
    start = column(2.5), column(1.5)
    x, y = away_on_grid(grid, *start, column(0.5), column(0.5), column(1.0))
    assert (x[0], y[0]) == (2.5, 2.5)
    x, y = away_on_grid(grid, column(2.5), column(0.5), column(0.5), column(0.5), column(9.0))
    assert (x[0], y[0]) == (2.5, 1.5)
    x, y = away_on_grid(
        grid_of("."), column(0.25), column(0.5), column(0.5), column(0.5), column(1)
    )
    assert (x[0], y[0]) == (0.25, 0.5)


def see(grid: Grid, a: tuple[float, float], b: tuple[float, float]) -> bool:
    ends = [column(value) for value in (*a, *b)]
    return bool(clear_sight(grid, *ends)[0])


def test_walls_block_sight_and_water_does_not() -> None:
    assert not see(grid_of("..#.."), (0.5, 0.5), (4.5, 0.5))
    assert see(grid_of("..~.."), (0.5, 0.5), (4.5, 0.5))
    assert see(grid_of("....."), (0.5, 0.5), (4.5, 0.5))


def test_ends_never_block_and_corners_do() -> None:
    assert see(grid_of("#.#"), (0.5, 0.5), (2.5, 0.5))
    assert see(grid_of("##"), (0.5, 0.5), (1.5, 0.5))
    assert see(grid_of("#"), (0.5, 0.5), (0.5, 0.5))
    assert not see(grid_of(".#", "#."), (0.5, 0.5), (1.5, 1.5))
    assert see(grid_of(".#", ".."), (0.5, 0.5), (1.5, 1.5))


def test_a_room_hides_what_is_in_it_except_through_its_door() -> None:
    grid = grid_of("#####.", "#...#.", "#...#.", "##.##.", "......")
    assert not see(grid, (2.5, 1.5), (5.5, 1.5))
    assert not see(grid, (1.5, 1.5), (5.5, 4.5))
    assert see(grid, (2.5, 1.5), (2.5, 4.5))


@settings(max_examples=30, deadline=None)
@given(mazes, st.integers(0, 2**32 - 1))
def test_sight_is_mutual(walkable: Bools, seed: int) -> None:
    dice = np.random.default_rng(seed)
    ends = [dice.random(200) * size for size in (11, 9, 11, 9)]
    grid = Grid(walkable, ~walkable)
    there = clear_sight(grid, *ends)
    back = clear_sight(grid, ends[2], ends[3], ends[0], ends[1])
    assert there.tolist() == back.tolist()
    assert 0 < there.sum() < 200 or walkable.all()


def test_where_one_stands_to_use_a_thing() -> None:
    grid = grid_of("..#", ".##")
    assert stand_cell(grid, 0) == 0
    assert stand_cell(grid, 2) == 1
    assert stand_cell(grid, 5) == 1  # as far as 3 is not: one up and one left
    with pytest.raises(ValueError, match="walkable"):
        stand_cell(grid_of("##"), 0)


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="shape"):
        Grid(np.ones((2, 2), dtype=np.bool_), np.ones((2, 3), dtype=np.bool_))
