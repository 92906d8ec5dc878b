"""Who spoke to whom, and who knows whom, over all runs of a level together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from npcsim.experiments.sweep import Sweep

Pair = tuple[str, str]
NETWORKS = {
    "talk": ("Who spoke to each other", "times a run"),
    "ties": ("Who had a tie with each other at the end", "of all runs have it"),
}
"""Kinds of network: what is drawn, and in which unit."""


@dataclass(slots=True)
class Net:
    """The pairs of a level's runs: `talk` is how often a run two spoke to each other, `ties` the
    share of runs at whose end they had a tie."""

    runs: int = 0
    talk: Counter[Pair] = field(default_factory=Counter)
    ties: Counter[Pair] = field(default_factory=Counter)


@dataclass(slots=True)
class Nets:
    """The nets by level. people: id -> what they are called; the archetype decides who stands
    beside whom."""

    by_level: Mapping[str, Net]
    people: dict[str, tuple[str, str]] = field(default_factory=dict)

    def edges(self, kind: str) -> dict[str, dict[Pair, float]]:
        """Level -> pair -> how often a run. kind: `talk` or `ties`. Empty where nobody has any."""
        found = {
            level: {pair: many / max(1, net.runs) for pair, many in getattr(net, kind).items()}
            for level, net in self.by_level.items()
        }
        return found if any(found.values()) else {}


def nets(sweep: Sweep, factor: str, levels: Sequence[str]) -> Nets:
    """Gather them from the logs. Raises StoreError."""
    found = Nets({level: Net() for level in levels})
    for row, run in sweep.runs():
        net = found.by_level.get(row.cell.get(factor, ""))
        if net is None:
            continue
        net.runs += 1
        for one in run.started.cast:
            found.people.setdefault(one.id, (one.archetype, one.name))
        for line in run.table("speech").rows():
            if line["npc"] in found.people and line["to"] in found.people:
                net.talk[_pair(line["npc"], line["to"])] += 1
        net.ties.update({_pair(one, other) for one, other in run.at(run.last_tick).ties.edges()})
    return found


def _pair(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)
