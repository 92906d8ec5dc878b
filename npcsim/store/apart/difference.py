"""The difference of two runs, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    """Where two runs tell a thing differently: the first field that differs, as text in both.

    `npc` is empty where it is nobody's own. What only one run tells is an empty text in the other.
    """

    tick: int
    npc: str
    kind: str
    field: str
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Reached:
    """An NPC whose life is another from a tick on: the first fact of it, and how it got there.

    `via`: start (it began otherwise), input, answer (a model said something else), decision, said,
    signal, memory, harm, deed, contest (both wanted the same), near, question (it was asked
    another), router, or unknown. `source`: the NPC that it came from; empty for nobody. `step`: how
    many NPCs it had come through.
    """

    npc: str
    tick: int
    via: str
    source: str
    text: str
    step: int
    fact: Fact


@dataclass(frozen=True, slots=True)
class Ending:
    """Something of an NPC (or of the whole, with no name) that is other at the end.

    `what`: life, goal, item, attribute, tie, place, measure or memory; `name` is which.
    """

    what: str
    npc: str
    name: str
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Apart:
    """How far apart two runs are at a tick: NPCs told differently in it, and reached by then."""

    tick: int
    now: int
    reached: int


@dataclass(frozen=True, slots=True)
class Line:
    """One number over time in both runs: a measure, or the mean of an attribute."""

    name: str
    ticks: tuple[int, ...]
    a: tuple[float, ...]
    b: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two runs part, whom that reached and how, and how they end.

    `hash`: the first tick with different state hashes, -1 where there is none. `last` is the last
    tick that both have. `start`: what is said of both as a whole and differs: seed, models, recipe.
    """

    a: str
    b: str
    start_ms: int
    tick_ms: int
    last: int
    ticks: tuple[int, int]
    start: tuple[Fact, ...]
    first: Fact | None
    hash: int
    reached: tuple[Reached, ...]
    untouched: tuple[str, ...]
    apart: tuple[Apart, ...]
    endings: tuple[Ending, ...]
    lines: tuple[Line, ...]
    names: dict[str, str]

    @property
    def same(self) -> bool:
        """Whether both tell the same, up to the last tick that both have."""
        return self.first is None and self.hash < 0

    def as_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {"same": self.same, **asdict(self)}

    def __str__(self) -> str:
        if self.first is None:
            return f"{self.a} and {self.b} tell the same up to tick {self.last}"
        who = f" of {self.first.npc}" if self.first.npc else ""
        return (
            f"{self.a} and {self.b} part at tick {self.first.tick}: {self.first.kind}{who}, "
            f"{self.first.field}; {len(self.reached)} NPCs reached, {len(self.untouched)} not"
        )
