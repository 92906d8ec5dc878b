"""From archetypes and NPC entries to profiles, start positions and columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npcsim.assembly.folk.moods import axes_of
from npcsim.assembly.folk.starts import start
from npcsim.assembly.folk.traits import CORE, undeclared
from npcsim.assembly.land.ground import Ground
from npcsim.errors import Mistake
from npcsim.reflex.fsm import Machine
from npcsim.scenario.distributions import SUMMED, Drawn
from npcsim.scenario.ground_parts import worded
from npcsim.scenario.schema import ArchetypePart, Definition, NpcPart
from npcsim.scenario.source import Sources
from npcsim.tools.tool import Tool
from npcsim.world.dice import roll
from npcsim.world.rows import GaugeKind, Profile

DEFAULTS = {"speed": 1.2, "sight": 10.0, "damage": 4.0, "reach": 1.5}
HP = GaugeKind("hp", 0.0, 100.0, 100.0, 0.0, False, ("", ""))


@dataclass(frozen=True, slots=True)
class Person:
    """One NPC with everything its archetypes give it."""

    profile: Profile
    numbers: dict[str, float]
    traits: dict[str, float]
    carries: dict[str, int]
    x: float
    y: float
    place: int


def gauges_of(definition: Definition, tools: Mapping[str, Tool]) -> dict[str, GaugeKind]:
    """Every number of an NPC: hp, declared attributes, columns of states in Python, skills, traits.

    A skill that is not declared is an attribute from 0 to 1, and 0 for who is not given any.
    """
    gauges = {"hp": HP, **axes_of(definition)}
    for name, part in definition.attributes.items():
        low, high = part.range
        start = low if part.start is None else part.start
        rate = (part.grows or 0.0) - (part.fades or 0.0)
        words = ("", "") if part.words is None else worded(part.words, definition.language)
        gauges[name] = GaugeKind(name, low, high, start, rate, part.need, words)
    for tool in tools.values():
        for name, (low, high, start) in tool.columns.items():
            gauges[name] = GaugeKind(name, low, high, start, 0.0, False, ("", ""))
    for skill in skills_of(tools):
        gauges.setdefault(skill, GaugeKind(skill, 0.0, 1.0, 0.0, 0.0, False, ("", "")))
    return gauges | undeclared(definition, gauges)


def skills_of(tools: Mapping[str, Tool]) -> list[str]:
    """The skills that tools take, each once."""
    return list(dict.fromkeys(tool.skill for tool in tools.values() if tool.skill))


def taken_names(
    definition: Definition, tools: Mapping[str, Tool], file_of: Mapping[str, str], sources: Sources
) -> list[Mistake]:
    """Attributes, and columns of states in Python, whose names mean something else."""
    mistakes = [
        sources.mistake(("attributes", name), f"an attribute can't be called {name!r}: it is taken")
        for name in definition.attributes
        if name in CORE
    ]
    taken = {**dict.fromkeys((*CORE, "hp", *definition.attributes), "")}
    for tool in tools.values():
        if tool.skill in CORE:
            message = f"tool {tool.name}: a skill can't be called {tool.skill!r}: it is taken"
            mistakes.append(Mistake(file_of.get(tool.name, "tools.py"), 1, 1, message))
        for name in tool.columns:
            if taken.get(name, tool.name) != tool.name:
                message = f"state {tool.name}: a column can't be called {name!r}: it is taken"
                mistakes.append(Mistake(file_of.get(tool.name, "tools.py"), 1, 1, message))
            taken[name] = tool.name
    return mistakes


def lineage(definition: Definition, part: ArchetypePart) -> list[tuple[str, ArchetypePart]]:
    """The archetypes an entry builds on, nearest first. Unknown names and circles end it."""
    found: list[tuple[str, ArchetypePart]] = []
    name = part.is_
    while name in definition.archetypes and name not in dict(found):
        found.append((name, definition.archetypes[name]))
        name = definition.archetypes[name].is_
    return found


def people_of(
    definition: Definition,
    ground: Ground,
    tools: Mapping[str, Tool],
    sources: Sources | None,
    mistakes: list[Mistake],
) -> list[Person]:
    """Every NPC, `count` of them each, in the order of the file."""
    people: list[Person] = []
    around: dict[int, list[int]] = {}
    for key, part in definition.npcs.items():
        base = _parentless(definition, key, part)
        above = [(key, part), *base]
        toolset = _toolset(above, tools, sources, key, mistakes)
        kinds = frozenset({key, *(name for name, _ in base)})
        kind = base[0][0] if base else key
        shared = _shared(definition, above, kind)
        faction = frozenset({shared["of"]} - {""})
        for number, id in enumerate(ids_of(key, part)):
            name = part.name or key.replace("_", " ")
            if part.count > 1:
                name = f"{name} {number + 1}"
            serial = len(people)
            x, y, place = start(ground, part, id, definition.seed, around)
            profile = Profile(
                serial, id, name, kind, kinds | faction | {id}, shared["behaviour"],
                shared["look"], shared["mind"], shared["persona"], part.goal, tuple(part.secret),
                part.home or "", toolset, shared["foes"], shared["of"], part.speaks_for or "",
            )  # fmt: skip
            traits = _drawn(shared["traits"], definition.seed, id)
            people.append(
                Person(profile, shared["numbers"], traits, shared["carries"], x, y, place)
            )
    return people


def _drawn(traits: Mapping[str, float | Drawn], seed: int, id: str) -> dict[str, float]:
    """Each NPC's own values, by dice keyed on the seed, the NPC and the trait."""
    values = {}
    for name, value in traits.items():
        if isinstance(value, Drawn):
            throws = [roll(seed, 0, id, f"trait {name} {number}") for number in range(SUMMED)]
            value = value.value(throws)
        values[name] = value
    return values


def _parentless(definition: Definition, key: str, part: NpcPart) -> list[tuple[str, ArchetypePart]]:
    """`is: patron` may name an archetype or another NPC entry, whose archetype is meant too."""
    base = lineage(definition, part)
    other = definition.npcs.get(part.is_ or "")
    if not base and other is not None and other is not part:
        return [(part.is_ or "", other), *lineage(definition, other)]
    if not base and key in definition.archetypes:
        return [(key, definition.archetypes[key]), *lineage(definition, definition.archetypes[key])]
    return base


def _shared(
    definition: Definition, above: list[tuple[str, ArchetypePart]], kind: str
) -> dict[str, Any]:
    """What the nearest entry that says it says."""

    def first(field: str, default: Any) -> Any:
        for _, part in above:
            value = getattr(part, field)
            if value is not None and value != "":
                return value
        return default

    numbers = {name: float(first(name, value)) for name, value in DEFAULTS.items()}
    traits: dict[str, float | Drawn] = {}
    carries: dict[str, int] = {}
    foes: set[str] = set()
    for _, part in reversed(above):
        traits |= part.traits
        carries |= part.carries
        foes |= set(part.foes)
    # The nearest wins: what an entry says, or a behaviour of its own name.
    behaviour = ""
    for name, part in above:
        own = name if name in definition.behaviour else ""
        behaviour = behaviour or part.behaviour or own
    return {
        "numbers": numbers, "traits": traits, "carries": carries, "foes": frozenset(foes),
        "behaviour": behaviour, "look": first("look", kind), "mind": bool(first("mind", False)),
        "persona": first("persona", ""), "of": first("of", ""),
    }  # fmt: skip


def _toolset(
    above: list[tuple[str, ArchetypePart]],
    tools: Mapping[str, Tool],
    sources: Sources | None,
    key: str,
    mistakes: list[Mistake],
) -> frozenset[str]:
    """Lists without a sign replace what is above, `+x` and `-x` change it; nothing said: all."""
    from npcsim.scenario.spelling import nearest

    allowed = set(tools)
    for name, part in reversed(above):
        plain = [tool for tool in part.tools if tool[:1] not in "+-"]
        if plain:
            allowed = set(plain)
        allowed |= {tool[1:] for tool in part.tools if tool.startswith("+")}
        allowed -= {tool[1:] for tool in part.tools if tool.startswith("-")}
        for index, tool in enumerate(part.tools):
            bare = tool.lstrip("+-")
            if bare not in tools and sources is not None:
                section = ("npcs", key) if part is above[0][1] else ("archetypes", name)
                loc = (*section, "tools", index)
                mistakes.append(sources.mistake(loc, f"no tool {bare!r}", nearest(bare, tools)))
    return frozenset(allowed)


def toolsets_of(definition: Definition, tools: Mapping[str, Tool]) -> dict[str, frozenset[str]]:
    """What every NPC may use of `tools`, by its id; unknown names are left to those who check."""
    found: dict[str, frozenset[str]] = {}
    for key, part in definition.npcs.items():
        above = [(key, part), *_parentless(definition, key, part)]
        toolset = _toolset(above, tools, None, key, [])
        found |= dict.fromkeys(ids_of(key, part), toolset)
    return found


def ids_of(key: str, part: NpcPart) -> list[str]:
    """What the NPCs of one entry are called."""
    if part.count == 1:
        return [key]
    return [f"{key}-{number}" for number in range(1, part.count + 1)]


def members_of(definition: Definition) -> dict[str, list[str]]:
    """Who is meant by every name of an NPC, an archetype or a faction, in the order of the file."""
    found: dict[str, list[str]] = {}
    for key, part in definition.npcs.items():
        above = [(key, part), *_parentless(definition, key, part)]
        faction = next((one.of for _, one in above if one.of), None)
        ids = ids_of(key, part)
        for name in {"anyone", key, *(name for name, _ in above), faction or key}:
            found.setdefault(name, []).extend(ids)
        if part.count > 1:
            found |= {id: [id] for id in ids}
    return found


def columns_of(
    people: list[Person], gauges: Mapping[str, GaugeKind], machines: tuple[Machine, ...]
) -> dict[str, NDArray[Any]]:
    """Every column at the start."""
    count = len(people)
    number_of = {machine.name: machine.number for machine in machines}
    columns: dict[str, NDArray[Any]] = {
        "x": np.array([p.x for p in people]),
        "y": np.array([p.y for p in people]),
        "place": np.array([p.place for p in people], np.int16),
        "machine": np.array([number_of.get(p.profile.behaviour, -1) for p in people], np.int16),
        "since": np.zeros(count, np.int32),
        "alive": np.ones(count, np.bool_),
        "busy": np.zeros(count, np.bool_),
        "minding": np.zeros(count, np.bool_),
    }
    initial = {machine.number: machine.initial for machine in machines}
    columns["state"] = np.array([initial.get(int(n), 0) for n in columns["machine"]], np.uint8)
    foes = sorted({"|".join(sorted(p.profile.foes)) for p in people} | {""})
    columns["foes"] = np.array(
        [foes.index("|".join(sorted(p.profile.foes))) for p in people], np.int16
    )
    for name in DEFAULTS:
        columns[name] = np.array([p.numbers[name] for p in people], np.float64)
    for name, gauge in gauges.items():
        values = [p.traits.get(name, gauge.start) for p in people]
        columns[name] = np.clip(np.array(values, np.float64), gauge.low, gauge.high)
    return columns
