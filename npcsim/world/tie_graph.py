"""Ties as a networkx graph: who knows, trusts, fears or owes whom, for reading and analysis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import networkx as nx


def tie_graph(
    people: Mapping[str, Mapping[str, str]], ties: Iterable[tuple[str, float]]
) -> nx.MultiDiGraph:
    """A directed multigraph: a node for everybody, an edge for every tie that is not 0.

    people: id -> what a node is told by. ties: as the world's table keeps them,
    (`who\\nto\\ntie`, value). An edge's key is its tie; `value` and an attribute of the tie's
    name are its strength, -1 to 1. Written with `networkx.write_graphml`, it is a file that
    `ties: [{file: ...}]` takes.
    """
    import networkx as nx

    graph = nx.MultiDiGraph()
    for id, told in people.items():
        graph.add_node(id, **told)
    for key, value in sorted(ties):
        if value:
            who, to, tie = key.split("\n")
            graph.add_edge(who, to, key=tie, **{"value": value, tie: value})
    return graph
