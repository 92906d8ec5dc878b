"""Nobody is drawn walking through a wall."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from npcsim.viz.motion import Maze, Motion, blocked_cells, spread
from npcsim.viz.scene import Scene
from tests.viz import runs

ROW = np.array([0], dtype=np.int64)


def test_halfway_is_halfway() -> None:
    scene = Scene.at([runs.started(), runs.moved(1, (10, 2.5, 3.5))])
    x, y = Motion(None).places(scene, 0.5, ROW)
    assert (x[0], y[0]) == (2.0, 2.5)


def test_a_wall_is_walked_round() -> None:
    picture = runs.walled_map()
    scene = Scene.at([runs.started(picture=picture)])
    scene.apply(runs.moved(1, (10, 9.5, 3.5)))
    scene.apply(runs.moved(2, (10, 11.5, 3.5)))
    motion = Motion(picture)
    grid = blocked_cells(picture)
    assert grid is not None
    seen = [motion.places(scene, part, ROW) for part in np.linspace(0.0, 1.0, 60)]
    assert not any(grid[int(y[0]), int(x[0])] for x, y in seen)
    assert max(y[0] for _, y in seen) > 11.0  # through the gap in the last row
    assert (seen[-1][0][0], seen[-1][1][0]) == (11.5, 3.5)
    assert motion.lines(scene, ROW).walked()[0] > 16.0


def test_without_a_way_the_line_is_straight() -> None:
    grid = np.zeros((5, 5), dtype=np.bool_)
    grid[:, 2] = True
    path, _ = Maze(grid).path((0.5, 0.5), (4.5, 0.5))
    assert path.tolist() == [[0.5, 0.5], [4.5, 0.5]]
    assert len(Maze(grid).path((-3.0, 0.5), (4.5, 0.5))[0]) == 2


cells = st.lists(st.booleans(), min_size=64, max_size=64)
inside = st.integers(0, 7).map(lambda at: at + 0.5)


@given(cells, st.tuples(inside, inside), st.tuples(inside, inside))
def test_a_path_never_enters_a_blocked_cell(
    walls: list[bool], start: tuple[float, float], goal: tuple[float, float]
) -> None:
    grid = np.array(walls, dtype=np.bool_).reshape(8, 8)
    path, _ = Maze(grid).path(start, goal)
    assert tuple(path[0]) == start
    assert tuple(path[-1]) == goal
    for (x0, y0), (x1, y1) in pairwise(path.tolist()):
        if len(path) > 2:
            assert max(abs(x1 - x0), abs(y1 - y0)) == 1.0
            assert not (grid[int(y0), int(x1)] and x0 != x1 and y0 != y1)  # no corner is cut
    assert not any(grid[int(y), int(x)] for x, y in path[1:-1])


def test_those_on_one_point_are_spread_and_others_stay() -> None:
    shift = spread(np.array([2.0, 2.0, 5.0, 2.0]), np.array([1.0, 1.0, 1.0, 1.0]), True)
    assert shift[:, 0].tolist() == shift[:, 2].tolist() == [0.0, 0.0]
    assert len({tuple(at) for at in np.round(shift[:, [0, 1, 3]].T, 6).tolist()}) == 3


def test_a_crowd_that_turns_a_corner_at_once_finds_its_ways_over_some_frames() -> None:
    picture = runs.walled_map()
    scene = Scene.at([runs.started(90, picture=picture)])
    who = [10 + at for at in range(90)]
    scene.apply(runs.moved(1, *((one, 9.5, 3.5) for one in who)))
    scene.apply(runs.moved(2, *((one, 11.5, 3.5) for one in who)))
    motion, rows = Motion(picture), np.arange(90)
    motion.places(scene, 0.5, rows)
    first = int((motion.lines(scene, rows).walked() > 16.0).sum())
    for _ in range(90):
        motion.places(scene, 0.5, rows)
    assert 1 <= first < 90
    assert (motion.lines(scene, rows).walked() > 16.0).all()
