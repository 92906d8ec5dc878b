"""Many ties at once, from a file or a graph: expanded into plain entries when a file is read.

The entries are kept in the run's recipe, so that a replay needs neither the file nor networkx.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx

from npcsim.errors import Mistake
from npcsim.scenario.distributions import SUMMED, Drawn
from npcsim.scenario.reading.combine import TYPED
from npcsim.scenario.reading.folders import named_file
from npcsim.scenario.schema import Definition
from npcsim.scenario.society_parts import TiePart
from npcsim.scenario.source import Sources
from npcsim.scenario.spelling import nearest
from npcsim.scenario.ties_file import ENDINGS, MOST_TIES, TIES, read_ties
from npcsim.scenario.units import parse_call
from npcsim.world.dice import bits, roll

MOST_SOURCES = 100
DENSEST = 100
"""networkx takes long over some graphs in which everybody knows more than so many."""
_TOLD = 20
_MOST_GUESSED = 2_000

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A graph by name: what it is called with, how many edges it has, how it is made.

    `wrong` says what is the matter with (count of nodes, *arguments), or "".
    """

    names: tuple[str, ...]
    edges: Callable[..., float]
    make: Callable[..., nx.Graph]
    wrong: Callable[..., str] = lambda count, *args: ""


def _few(count: int, many: float, *rest: float) -> str:
    if not (many == int(many) and 1 <= many < count and many <= DENSEST):
        return f"expected a whole number from 1 to {min(DENSEST, count - 1)} first"
    return _share(count, *rest) if rest else ""


def _share(count: int, share: float) -> str:
    return "" if 0 <= share <= 1 else "expected a share from 0 to 1 last"


def _regular(count: int, many: float) -> str:
    wrong = _few(count, many)
    if not wrong and count * many % 2:
        return f"{count} people can't have {many:g} ties each: one of the two must be even"
    if not wrong and many > (count - 1) / 2 and many < count - 1:
        return f"expected at most {(count - 1) // 2} for {count} people, or use complete"
    return wrong


GRAPHS: Mapping[str, _Kind] = {
    "complete": _Kind((), lambda n: n * (n - 1) / 2, lambda n, seed: nx.complete_graph(n)),
    "ring": _Kind((), lambda n: n, lambda n, seed: nx.cycle_graph(n)),
    "path": _Kind((), lambda n: n, lambda n, seed: nx.path_graph(n)),
    "star": _Kind((), lambda n: n, lambda n, seed: nx.star_graph(n - 1)),
    "watts_strogatz": _Kind(
        ("k", "p"),
        lambda n, k, p: n * k / 2,
        lambda n, k, p, seed: nx.watts_strogatz_graph(n, int(k), p, seed=seed),
        _few,
    ),
    "barabasi_albert": _Kind(
        ("m",),
        lambda n, m: n * m,
        lambda n, m, seed: nx.barabasi_albert_graph(n, int(m), seed=seed),
        _few,
    ),
    "erdos_renyi": _Kind(
        ("p",),
        lambda n, p: n * (n - 1) / 2 * p,
        lambda n, p, seed: nx.fast_gnp_random_graph(n, p, seed=seed),
        _share,
    ),
    "random_regular": _Kind(
        ("d",),
        lambda n, d: n * d / 2,
        lambda n, d, seed: nx.random_regular_graph(int(d), n, seed=seed),
        _regular,
    ),
}


def expand(
    definition: Definition,
    text: str,
    sources: Sources,
    members: Mapping[str, Sequence[str]],
    mistakes: list[Mistake],
) -> str:
    """The definition's text with each tie of a file or a graph as plain ties.

    members: who is meant by each name of an NPC, an archetype or a faction. What is wrong with a
    file or a graph is added to `mistakes`.
    """
    many = [n for n, tie in enumerate(definition.ties) if tie.file is not None or tie.graph]
    if not many:
        return text
    if len(many) > MOST_SOURCES:
        message = f"more than {MOST_SOURCES} files and graphs of ties"
        mistakes.append(sources.mistake(("ties", many[MOST_SOURCES]), message))
        return text
    plain: Plain = json.loads(text)
    entries: list[Plain] = []
    for number, tie in enumerate(definition.ties):
        if number not in many:
            entries.append(plain["ties"][number])
            continue
        edges = _of_file if tie.file is not None else _of_graph
        for start, end, row in edges(number, tie, definition.seed, members, sources, mistakes):
            if len(entries) >= MOST_TIES:
                message = f"more than {MOST_TIES} ties in all"
                mistakes.append(sources.mistake(("ties", number), message))
                return text
            entries.append(_entry(tie, start, end, row, definition.seed))
    plain["ties"] = entries
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def drawn(value: float | Drawn, seed: int, start: str, end: str, name: str) -> float:
    """A tie's strength: as written, or by dice keyed on the two and what it is."""
    if isinstance(value, Drawn):
        throws = [roll(seed, 0, start, f"tie {end} {name} {n}") for n in range(SUMMED)]
        return round(min(1.0, max(-1.0, value.value(throws))), 6)
    return value


def _entry(tie: TiePart, start: str, end: str, row: Plain, seed: int) -> Plain:
    entry: Plain = {"from": start, "to": end}
    for name in TIES:
        value = row.get(name, getattr(tie, name))
        if value is not None:
            entry[name] = drawn(value, seed, start, end, name)
    because = row.get("because") or tie.because
    return {**entry, "because": because} if because else entry


def _of_graph(
    number: int,
    tie: TiePart,
    seed: int,
    members: Mapping[str, Sequence[str]],
    sources: Sources,
    mistakes: list[Mistake],
) -> Iterator[tuple[str, str, Plain]]:
    ids = members.get(tie.among or "", ())
    if not ids:
        return  # told where names are checked
    try:
        edges = graph_edges(tie.graph or "", len(ids), bits(seed, number, "ties") % 2**32)
    except ValueError as error:
        hint = nearest(parse_name(tie.graph or ""), GRAPHS) if "no graph" in str(error) else ""
        mistakes.append(sources.mistake(("ties", number, "graph"), str(error), hint))
        return
    for a, b in edges:
        yield ids[a], ids[b], {}
        if not tie.one_way:
            yield ids[b], ids[a], {}


def parse_name(graph: str) -> str:
    """What a graph is called, without its arguments."""
    return graph.partition("(")[0].strip()


def graph_edges(graph: str, count: int, seed: int) -> list[tuple[int, int]]:
    """Who is tied to whom of `count` people, by number. Raises ValueError saying what is wrong."""
    name = parse_name(graph)
    kind = GRAPHS.get(name)
    if kind is None:
        raise ValueError(f"no graph {name!r}: there are {', '.join(GRAPHS)}")
    try:
        args = [float(arg) for arg in parse_call(graph).args]
    except ValueError:
        args = []
    if len(args) != len(kind.names):
        shown = f"({', '.join(kind.names)})" if kind.names else ""
        raise ValueError(f"expected {name}{shown}, with numbers")
    if count < 2:
        raise ValueError("a graph needs two people at least")
    wrong = kind.wrong(count, *args)
    if wrong:
        raise ValueError(f"{name}: {wrong}")
    if kind.edges(count, *args) > MOST_TIES:
        raise ValueError(f"{name}: more than {MOST_TIES} ties")
    return [(int(a), int(b)) for a, b in kind.make(count, *args, seed).edges if a != b]


def _of_file(
    number: int,
    tie: TiePart,
    seed: int,
    members: Mapping[str, Sequence[str]],
    sources: Sources,
    mistakes: list[Mistake],
) -> Iterator[tuple[str, str, Plain]]:
    node = sources.find(("ties", number, "file"))
    if node is None:
        return
    scenario = Path(sources.root.mark.file).parent
    folder = scenario if node.mark.file == TYPED else Path(node.mark.file).parent
    path = named_file(node, folder, "file of ties", ENDINGS, mistakes)
    if path is not None and path.suffix not in ENDINGS:
        message = f"expected a file that ends with {' or '.join(ENDINGS)}"
        mistakes.append(Mistake(*node.mark, message))
        path = None
    if path is None:
        return
    told = 0
    fallback = {name: getattr(tie, name) for name in TIES if getattr(tie, name) is not None}
    for row in read_ties(path, mistakes):
        strange = next((one for one in (row.start, row.end) if one not in members), None)
        if strange is not None:
            hint = nearest(strange, members) if len(members) <= _MOST_GUESSED else ""
            message = f"nobody is called {strange[:60]!r}"
            mistakes.append(Mistake(str(path), row.line, 1, message, hint))
        elif not row.values and not fallback:
            message = f"a tie says how strong: {', '.join(TIES)}"
            mistakes.append(Mistake(str(path), row.line, 1, message))
        else:
            values: Plain = {**row.values, "because": row.because}
            yield row.start, row.end, values
            if row.both and not tie.one_way:
                yield row.end, row.start, values
            continue
        told += 1
        if told >= _TOLD:
            return
