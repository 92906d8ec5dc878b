"""Traits that are no declared attribute: numbers of an NPC's own that something reads.

`traits: {temper: 0.7}` needs no entry under `attributes:` if a guard, a reaction, a measure or a
tool reads `temper`. It has no growth and no unit. What nothing reads is a slip, or forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from npcsim.assembly.expressions import expressions, read_by
from npcsim.assembly.mentioned import mentioned
from npcsim.reflex.guards import NAMES
from npcsim.scenario.distributions import Drawn
from npcsim.scenario.schema import Definition
from npcsim.scenario.spelling import nearest_name, slips
from npcsim.tools.tool import Tool
from npcsim.world.rows import GaugeKind

CORE = frozenset(
    "x y place machine since alive busy minding state foes speed sight damage reach "
    "id view name kind row profile carries mind mood memories recall is_a distance reaches roll "
    "tie hour day idle true false".split()
)
"""What columns, NPCs and guards are called by already: no attribute can have these names."""
LEAST_LETTERS = 4
"""Of shorter names, one letter makes another word: `luck` and `lust` are slips, `tax` and `tar`
are not."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What traits may be called beside declared attributes, and what the others were meant to be.

    `wanted` are names that guards read, which a trait was misspelt for.
    """

    good: frozenset[str]
    meant: Mapping[str, str]
    wanted: frozenset[str]


def undeclared(definition: Definition, taken: Collection[str]) -> dict[str, GaugeKind]:
    """A gauge for every trait that is none of `taken`: from the least to the greatest value
    anybody can have, 0 and 1 included; 0 for those who are not given it."""
    ends: dict[str, list[float]] = {}
    for part in (*definition.archetypes.values(), *definition.npcs.values()):
        for name, value in part.traits.items():
            if name not in taken and name not in CORE:
                ends.setdefault(name, [0.0, 1.0]).extend(
                    value.ends if isinstance(value, Drawn) else (value,)
                )
    return {
        name: GaugeKind(name, min(those), max(those), 0.0, 0.0, False, ("", ""))
        for name, those in ends.items()
    }


def judge(definition: Definition, tools: Mapping[str, Tool], known: Collection[str]) -> Judged:
    """Whether something reads each trait that is not `known`: declared, or of a tool."""
    parts = (*definition.archetypes.values(), *definition.npcs.values())
    given = Counter(name for part in parts for name in part.traits)
    read = Counter(name for _, text in expressions(definition) for name in read_by(text))
    in_code = mentioned(tools, names=True)
    others = [name for name in given if name not in known and name not in CORE]
    good = {name for name in others if name in read or name in in_code}
    good -= {name for name in good if _is_slip(name, known)}
    strange = read.keys() - given.keys() - set(known) - set(NAMES)
    meant: dict[str, str] = {}
    wanted: set[str] = set()
    for name in others:
        if name in good:
            continue
        meant[name] = nearest_name(name, {*known, *good, *strange})
        if meant[name] in strange and given[name] > read[meant[name]]:
            good.add(name)  # more say it so than otherwise: the guard is wrong, and is told
        elif meant[name] in strange:
            wanted.add(meant[name])
    return Judged(frozenset(good), meant, frozenset(wanted))


def _is_slip(name: str, known: Collection[str]) -> bool:
    return len(name) >= LEAST_LETTERS and any(slips(name, one) == 1 for one in known)
