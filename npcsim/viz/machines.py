"""A state machine as a drawing: its arrows read from their texts, its states in layers. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from npcsim.events import Machine


@dataclass(frozen=True, slots=True)
class Arrow:
    """A transition: from which states (by number), to which, under which guard as written.

    `number` is how events call it; `any`: the author wrote `any` for the states it leaves.
    """

    number: int
    sources: tuple[int, ...]
    target: int
    guard: str
    any: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """States with where each goes: (layer, place in it, how many are in it), and the arrows."""

    states: tuple[str, ...]
    places: tuple[tuple[int, int, int], ...]
    arrows: tuple[Arrow, ...]


def drawing_of(machine: Machine) -> Drawing:
    """A machine's drawing. Layers go by how many transitions a state is from the first one."""
    return _drawn(machine.states, machine.transitions)


@lru_cache(maxsize=64)
def _drawn(states: tuple[str, ...], transitions: tuple[str, ...]) -> Drawing:
    arrows = tuple(
        arrow
        for number, text in enumerate(transitions)
        if (arrow := _arrow(number, text, states)) is not None
    )
    return Drawing(states, _places(states, arrows), arrows)


def _arrow(number: int, text: str, states: tuple[str, ...]) -> Arrow | None:
    """`idle, chase -> attack: near(foe) < 1.5`; None for what names no known state."""
    head, _, guard = text.partition(":")
    left, _, right = head.partition("->")
    target = right.strip()
    if target not in states:
        return None
    names = [name.strip() for name in left.split(",")]
    every = "any" in names and "any" not in states
    goal = states.index(target)
    sources = tuple(at for at, name in enumerate(states) if (every and at != goal) or name in names)
    return Arrow(number, sources, goal, guard.strip(), every)


def _places(states: tuple[str, ...], arrows: tuple[Arrow, ...]) -> tuple[tuple[int, int, int], ...]:
    layer = {0: 0}
    edge = [0]
    while edge:
        near = {
            arrow.target
            for arrow in arrows
            if not arrow.any and not set(edge).isdisjoint(arrow.sources)
        }
        edge = sorted(near - layer.keys())
        for at in edge:
            layer[at] = max(layer.values()) + 1 if at == edge[0] else layer[edge[0]]
    last = max(layer.values())
    for at in range(len(states)):
        layer.setdefault(at, last + 1)  # reached from any state, or from none
    rows = [[at for at in range(len(states)) if layer[at] == row] for row in range(last + 2)]
    rows = [part for row in rows for part in _cut(row)]
    found = {at: (n, row.index(at), len(row)) for n, row in enumerate(rows) for at in row}
    return tuple(found[at] for at in range(len(states)))


def _cut(row: list[int], most: int = 3) -> list[list[int]]:
    """A layer in pieces that fit beside one another."""
    return [row[at : at + most] for at in range(0, len(row), most)]
