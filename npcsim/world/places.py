"""Places and the ways between them, as a networkx graph.

A node is a place's name; on a map it has `index` (order of definition), `centre` (x, y in tiles)
and `cells` (how many can be walked on). An edge has `tiles` (walking distance, on a map) or
`seconds` (said by the author, where there is no map).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from npcsim.world.grid import STRAIGHT, UNREACHABLE, Grid, Ints
from npcsim.world.walking import distance_field, flow, step_graph

# Networkx and SciPy take most of a second to import: only what needs a graph waits for them.
if TYPE_CHECKING:
    import networkx as nx

Rects = Sequence[tuple[int, int, int, int]]
Areas = Mapping[str, Rects]


@dataclass(frozen=True, slots=True)
class Way:
    """A way between two places, walked in either direction in `seconds` of simulated time."""

    start: str
    end: str
    seconds: float


def place_index(grid: Grid, areas: Areas) -> NDArray[np.int16]:
    """int16 [h, w]: the place that each cell lies in, by order in `areas`; -1 for none.

    Where places overlap the smaller one wins (the bar lies in the tavern), then the later one.
    """
    index = np.full(grid.walkable.shape, -1, dtype=np.int16)
    sizes = [sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in rects) for rects in areas.values()]
    rects_of = list(areas.values())
    for number in sorted(range(len(sizes)), key=lambda n: (-sizes[n], n)):
        for x0, y0, x1, y1 in rects_of[number]:
            index[y0:y1, x0:x1] = number
    return index


def place_cells(grid: Grid, index: NDArray[np.int16], number: int) -> Ints:
    """int32 [k]: the walkable cells of the place `number`, in ascending order."""
    return np.flatnonzero((index == number) & grid.walkable).astype(np.int32)


def common_ground(grid: Grid) -> NDArray[np.bool_]:
    """bool [h*w]: the largest part of the ground where one can walk from each cell to each."""
    from scipy.sparse.csgraph import connected_components

    walkable = grid.walkable.ravel()
    _, part = connected_components(step_graph(grid), directed=False)
    sizes = np.bincount(part[walkable], minlength=1)
    return np.asarray(walkable & (part == np.argmax(sizes)))


def place_centre(grid: Grid, cells: Ints, rects: Rects) -> int:
    """The one of a place's walkable `cells` nearest to the middle of its first rectangle."""
    x0, y0, x1, y1 = rects[0]
    # Twice the distance, so that it stays in whole numbers.
    far_x = 2 * (cells.astype(np.int64) % grid.width) + 1 - (x0 + x1)
    far_y = 2 * (cells.astype(np.int64) // grid.width) + 1 - (y0 + y1)
    return int(cells[np.argmin(far_x * far_x + far_y * far_y)])


def map_places(grid: Grid, areas: Areas) -> nx.Graph:
    """The graph of a map's places: neighbours are joined, with `tiles` between their centres.

    Two places are neighbours when the shortest walk between their centres crosses no third
    place. A place without a single walkable cell, or cut off, stays a node without ways.
    """
    import networkx as nx

    graph: nx.Graph = nx.Graph()
    index = place_index(grid, areas)
    names = list(areas)
    centres: dict[int, int] = {}
    for number, (name, rects) in enumerate(areas.items()):
        cells = place_cells(grid, index, number)
        if cells.size:
            centres[number] = place_centre(grid, cells, rects)
        middle = grid.centre(centres[number]) if cells.size else None
        graph.add_node(name, index=number, centre=middle, cells=int(cells.size))
    for far, a, b, neighbours in sorted(_walks(grid, index, centres)):
        if neighbours or not nx.has_path(graph, names[a], names[b]):
            graph.add_edge(names[a], names[b], tiles=far / STRAIGHT)
    return graph


def _walks(
    grid: Grid, index: NDArray[np.int16], centres: Mapping[int, int]
) -> Iterable[tuple[int, int, int, bool]]:
    """(distance, a, b, whether no third place lies between) for every two places with a way."""
    flat = index.ravel()
    for b, goal in centres.items():
        field = distance_field(grid, (goal,))
        onward = flow(grid, field)
        for a, start in centres.items():
            if a < b and field[start] < UNREACHABLE:
                between = _places_on_walk(flat, onward, start)
                yield int(field[start]), a, b, between <= {-1, a, b}


def _places_on_walk(flat: NDArray[np.int16], onward: Ints, start: int) -> set[int]:
    seen, cell = {int(flat[start])}, start
    while int(onward[cell]) != cell:
        cell = int(onward[cell])
        seen.add(int(flat[cell]))
    return seen


def told_places(names: Iterable[str], ways: Iterable[Way]) -> nx.Graph:
    """The graph of a world without a map. Raises KeyError for a way to an unknown place."""
    import networkx as nx

    graph: nx.Graph = nx.Graph()
    for number, name in enumerate(names):
        graph.add_node(name, index=number, centre=None, cells=0)
    for way in ways:
        for end in (way.start, way.end):
            if end not in graph:
                raise KeyError(end)
        graph.add_edge(way.start, way.end, seconds=float(way.seconds))
    return graph


def route(graph: nx.Graph, start: str, end: str) -> list[str]:
    """The shortest way as place names, both ends included; [] when there is none.

    Raises KeyError for an unknown place.
    """
    import networkx as nx

    for name in (start, end):
        if name not in graph:
            raise KeyError(name)
    try:
        return [str(name) for name in nx.dijkstra_path(graph, start, end, weight=_length)]
    except nx.NetworkXNoPath:
        return []


def _length(start: str, end: str, edge: Mapping[str, float]) -> float:
    return edge["seconds"] if "seconds" in edge else edge["tiles"]


def travel_seconds(graph: nx.Graph, start: str, end: str, tiles_per_second: float) -> float | None:
    """How long the walk takes in simulated seconds; None when there is no way."""
    path = route(graph, start, end)
    if not path:
        return None
    total = 0.0
    for a, b in pairwise(path):
        edge = graph.edges[a, b]
        total += edge["seconds"] if "seconds" in edge else edge["tiles"] / tiles_per_second
    return float(total)


def cut_off(graph: nx.Graph) -> tuple[str, ...]:
    """The places that can't be reached from the largest connected group, in order."""
    import networkx as nx

    groups = [set(group) for group in nx.connected_components(graph)]
    if not groups:
        return ()
    main = max(groups, key=len)
    return tuple(name for name in graph if name not in main)
