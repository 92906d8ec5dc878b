"""A run at one tick: how everybody stood, and what everybody remembered then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, overload

from npcsim import events as ev
from npcsim.memory.asking import ask, index_of
from npcsim.memory.explained import Recollection
from npcsim.store.table import Table
from npcsim.world.memories import leaning, merged
from npcsim.world.remembering import line_of
from npcsim.world.rows import Memory
from npcsim.world.snapshot import memories_in
from npcsim.world.tie_graph import tie_graph

if TYPE_CHECKING:
    import networkx as nx

KINDS = ("Remembered", "Recalled", "Weighed", "Forgot")
Changed = ev.Remembered | ev.Recalled | ev.Weighed | ev.Forgot


def remembered(
    npc: str, snapshot: Mapping[str, Any] | None, events: Iterable[ev.Event]
) -> tuple[Memory, ...]:
    """What an NPC remembers: as a snapshot has it, and the events since then laid over that."""
    known = {} if snapshot is None else memories_in(snapshot, npc)
    for event in events:
        if isinstance(event, Changed) and event.npc == npc:
            _take(known, event)
    return tuple(sorted(known.values(), key=lambda line: (line.tick, line.id)))


def tied(
    started: ev.RunStarted, snapshot: Mapping[str, Any] | None, events: Iterable[ev.Event]
) -> nx.MultiDiGraph:
    """The graph of ties: as a snapshot has them, and the events since then laid over that."""
    ties = dict(snapshot["tables"].get("ties", {})) if snapshot is not None else {}
    for event in events:
        if isinstance(event, ev.Tied):
            ties |= {f"{who}\n{to}\n{tie}": value for who, to, tie, value in event.ties}
    people = {one.id: {"called": one.name, "archetype": one.archetype} for one in started.cast}
    return tie_graph(people, ties.items())


def _take(known: dict[int, Memory], event: Changed) -> None:
    if isinstance(event, ev.Remembered):
        known[event.id] = line_of(event)
        return
    lines = [known[id] for id in event.ids if id in known]
    if isinstance(event, ev.Recalled):
        for line in lines:
            known[line.id] = replace(line, recalled=event.tick, times=line.times + 1)
        return
    if isinstance(event, ev.Weighed):
        for id, importance in zip(event.ids, event.importance, strict=True):
            if id in known:
                known[id] = replace(known[id], importance=importance)
        return
    gone = frozenset(event.ids)
    for line in lines:
        del known[line.id]
    if event.into and lines:
        known[event.into] = replace(merged(lines, event.text, event.gist), id=event.into)
    for id, line in known.items():
        if not gone.isdisjoint(line.evidence):
            known[id] = leaning(line, gone, event.into)


@dataclass(frozen=True, slots=True, eq=False)
class Moment(Table):
    """The table of how everybody stood, with what they remembered behind it."""

    tick: int = 0
    tick_ms: int = 1000
    lines: Callable[[str], tuple[Memory, ...]] = lambda npc: ()
    tied: Callable[[], nx.MultiDiGraph] | None = None

    @property
    def ties(self) -> nx.MultiDiGraph:
        """Who knew, trusted, feared or owed whom, as `simulation.view.ties`."""
        return self.tied() if self.tied is not None else tie_graph({}, ())

    def memories(self, npc: str) -> tuple[Memory, ...]:
        """All that an NPC remembered, the oldest first. Raises ValueError for an unknown one."""
        return self.lines(npc)

    @overload
    def recall(
        self, npc: str, query: str = ..., *, explain: Literal[True], **how: Any
    ) -> Recollection: ...
    @overload
    def recall(
        self, npc: str, query: str = ..., *, explain: Literal[False] = ..., **how: Any
    ) -> list[Memory]: ...
    def recall(
        self, npc: str, query: str = "", *, explain: bool = False, **how: Any
    ) -> list[Memory] | Recollection:
        """What would have come to an NPC's mind, as `npc(...).recall` of a simulation.

        It is worked out anew: nothing of the run changes. `decay` is what the scenario's `memory:`
        says, where that is not 0.995.
        """
        found = ask(index_of(self.lines(npc)), self.tick, self.tick_ms, query, **how)
        return found if explain else found.memories
