"""Places: which cell is where, which places are neighbours, how long a walk takes."""

from __future__ import annotations

import numpy as np
import pytest

from npcsim.world.grid import Grid
from npcsim.world.places import (
    Way,
    cut_off,
    map_places,
    place_cells,
    place_index,
    route,
    told_places,
    travel_seconds,
)

ROWS = (
    "..........#..",
    "..........#..",
    "..........#..",
)
AREAS = {
    "house": [(0, 0, 3, 3)],
    "lane": [(4, 0, 6, 3)],
    "green": [(7, 0, 10, 3)],
    "island": [(11, 0, 13, 3)],
}


def grid_of(rows: tuple[str, ...] = ROWS) -> Grid:
    return Grid(np.array([[mark == "." for mark in row] for row in rows]))


def test_cells_belong_to_the_smallest_place() -> None:
    grid = grid_of()
    areas = {"bar": [(1, 1, 2, 2)], "tavern": [(0, 0, 4, 3)], "nook": [(1, 1, 2, 2)]}
    index = place_index(grid, areas)
    assert index.dtype == np.int16
    assert index[1].tolist() == [1, 2, 1, 1] + [-1] * 9
    assert place_cells(grid, index, 1).size == 11
    assert place_cells(grid, index, 0).size == 0


def test_neighbours_are_joined_and_far_places_are_reached_through_them() -> None:
    graph = map_places(grid_of(), AREAS)
    assert set(graph.edges) == {("house", "lane"), ("lane", "green")}
    assert graph.nodes["house"] == {"index": 0, "centre": (1.5, 1.5), "cells": 9}
    assert graph.edges["house", "lane"]["tiles"] == 3.0
    assert route(graph, "house", "green") == ["house", "lane", "green"]
    assert route(graph, "green", "green") == ["green"]
    assert travel_seconds(graph, "house", "green", 2.0) == 3.5


def test_who_is_cut_off_is_reported() -> None:
    graph = map_places(grid_of(), AREAS)
    assert cut_off(graph) == ("island",)
    assert route(graph, "house", "island") == []
    assert travel_seconds(graph, "house", "island", 1.0) is None


def test_a_place_in_the_rock_stays_a_place_without_ways() -> None:
    graph = map_places(grid_of(), {"house": [(0, 0, 2, 2)], "wall": [(10, 0, 11, 3)]})
    assert graph.nodes["wall"] == {"index": 1, "centre": None, "cells": 0}
    assert cut_off(graph) == ("wall",)


def test_a_walk_past_other_places_still_joins_what_would_be_apart() -> None:
    # The lane's middle is off the straight walk, but the walk crosses it all the same.
    graph = map_places(
        grid_of(), {"a": [(0, 0, 1, 1)], "b": [(9, 0, 10, 1)], "all": [(0, 0, 10, 3)]}
    )
    assert cut_off(graph) == ()


def test_places_without_a_map() -> None:
    ways = [Way("inn", "mill", 60), Way("mill", "farm", 120), Way("inn", "farm", 200)]
    graph = told_places(["inn", "mill", "farm", "moon"], ways)
    assert route(graph, "farm", "inn") == ["farm", "mill", "inn"]
    assert travel_seconds(graph, "farm", "inn", tiles_per_second=1.0) == 180.0
    assert cut_off(graph) == ("moon",)
    assert cut_off(told_places([], [])) == ()


def test_unknown_places_are_errors() -> None:
    with pytest.raises(KeyError, match="mars"):
        told_places(["inn"], [Way("inn", "mars", 1)])
    with pytest.raises(KeyError, match="mars"):
        route(told_places(["inn"], []), "inn", "mars")
