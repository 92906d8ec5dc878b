"""Names in a definition that nothing answers to, and other mistakes that the schema can't see.

Only what the files (and the names a map adds) can tell: whether a guard reads well or a tool
takes these arguments is checked where guards and tools are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from npcsim.errors import Mistake
from npcsim.scenario.distributions import Drawn
from npcsim.scenario.machines import check_machine, meant
from npcsim.scenario.schema import ArchetypePart, Definition, NpcPart
from npcsim.scenario.source import Sources
from npcsim.scenario.spelling import nearest, nearest_name
from npcsim.scenario.units import Call, clock_text, hour_ms

BUILT_IN_ATTRIBUTES = frozenset({"hp"})
BUILT_IN_ITEMS = frozenset({"coin"})
BUILT_IN_KINDS = frozenset({"anyone"})


def check(
    definition: Definition,
    sources: Sources,
    known_places: Iterable[str] = (),
    known_spot_kinds: Iterable[str] = (),
    known_tools: Iterable[str] | None = None,
    *,
    known_spots: Iterable[str] = (),
    known_spawns: Iterable[str] = (),
    known_skills: Iterable[str] = (),
    known_traits: Iterable[str] = (),
    meant: Mapping[str, str] | None = None,
) -> list[Mistake]:
    """Every mistake found, in no order. `known_...` are what the map adds, the tools there are
    (None: tools are not checked), the skills these take, and traits that something reads; `meant`
    tells what other traits were meant to be."""
    names = _Names(sources)
    names.places = names.places.with_(known_places)
    names.spots = names.spots.with_(known_spots)
    names.spot_kinds = names.spot_kinds.with_(known_spot_kinds)
    names.spawns = names.spawns.with_(known_spawns)
    names.tools = None if known_tools is None else _Known(frozenset(known_tools))
    names.skills = frozenset(known_skills) - definition.attributes.keys()
    names.attributes = names.attributes.with_(names.skills)
    names.traits = names.attributes.with_(known_traits)
    names.meant = meant or {}
    lookup = _Lookup(definition, sources, names)
    for group in (
        _clock,
        _ground,
        _items,
        _attributes,
        _people,
        _behaviours,
        _plans,
        _goals,
        _days,
        _days,
        _events,
    ):
        lookup.mistakes.extend(group(lookup))
    return lookup.mistakes


@dataclass(frozen=True, slots=True)
class _Known:
    """Names that may be used. `open`: there are more, but they could not be read, so all pass."""

    names: frozenset[str]
    open: bool = False

    def __or__(self, other: _Known) -> _Known:
        return _Known(self.names | other.names, self.open or other.open)

    def __contains__(self, name: object) -> bool:
        return self.open or name in self.names

    def with_(self, names: Iterable[str]) -> _Known:
        return _Known(self.names | frozenset(names), self.open)


def _headings(name: str, sources: Sources) -> list[str]:
    """A section's heading, and those that are it misspelt."""
    spare = [key for key in sources.keys(()) if key not in Definition.model_fields]
    return [name, *(key for key in spare if nearest_name(key, (name,)))]


def _section(name: str, sources: Sources) -> _Known:
    """The names in a section as written, so that what was left out for a mistake is still known."""
    node = sources.find((name,))
    names = {key for heading in _headings(name, sources) for key in sources.keys((heading,))}
    return _Known(frozenset(names), node is not None and not isinstance(node.value, dict))


def _kinds_of_spots(sources: Sources) -> _Known:
    nodes = [
        sources.find((heading, name, "kind"))
        for heading in _headings("spots", sources)
        for name in sources.keys((heading,))
    ]
    kinds = {node.value for node in nodes if node is not None and isinstance(node.value, str)}
    unread = _section("spots", sources).open or any(node is None for node in nodes)
    return _Known(frozenset(kinds), unread)


class _Names:
    """What there is to name."""

    def __init__(self, sources: Sources) -> None:
        self.places, self.spots = _section("places", sources), _section("spots", sources)
        self.npcs, self.archetypes = _section("npcs", sources), _section("archetypes", sources)
        self.items = _section("items", sources).with_(BUILT_IN_ITEMS)
        self.attributes = _section("attributes", sources).with_(BUILT_IN_ATTRIBUTES)
        self.behaviours = _section("behaviour", sources)
        self.spot_kinds = _kinds_of_spots(sources)
        self.spawns = _Known(frozenset())
        self.everybody = (self.archetypes | self.npcs).with_(BUILT_IN_KINDS)
        self.traits = self.attributes
        self.meant: Mapping[str, str] = {}
        self.tools: _Known | None = None
        self.skills: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Lookup:
    definition: Definition
    sources: Sources
    names: _Names
    mistakes: list[Mistake] = field(default_factory=list)
    hints: dict[tuple[str, str], str] = field(default_factory=dict)

    def missing(
        self, what: str, name: str | None, known: _Known, *loc: str | int, key: bool = False
    ) -> Iterator[Mistake]:
        """A mistake at `loc` unless `name` is known."""
        if name is None or name in known:
            return
        hint = self.hints.get((what, name))
        if hint is None:
            hint = self.hints[what, name] = nearest(name, known.names) or _listed(known)
        yield self.sources.mistake(loc, f"no {what} '{name}'", hint, key=key)

    def keys(
        self, what: str, written: Iterable[str], known: _Known, *loc: str | int
    ) -> Iterator[Mistake]:
        """A mistake at each key of the mapping at `loc` that is not known."""
        for name in written:
            yield from self.missing(what, name, known, *loc, name, key=True)

    def tool(self, call: Call | None, *loc: str | int) -> Iterator[Mistake]:
        if call is not None and self.names.tools is not None:
            yield from self.missing("tool", call.name, self.names.tools, *loc)

    def paired(self, x: float | None, y: float | None, *loc: str | int) -> Iterator[Mistake]:
        there, lacking = ("x", "y") if y is None else ("y", "x")
        if (x is None) != (y is None) and not meant(lacking, self.sources, loc):
            yield self.sources.mistake((*loc, there), f"'{there}' without '{lacking}'")


def _listed(known: _Known) -> str:
    shown = sorted(known.names)
    more = ", ..." if len(shown) > 8 else ""
    return f"known are {', '.join(shown[:8])}{more}" if shown else ""


def _clock(look: _Lookup) -> Iterator[Mistake]:
    clock = look.definition.clock
    if clock.end is not None and clock.end <= clock.start:
        message = f"the end is not after the start, {clock_text(clock.start)}"
        yield look.sources.mistake(("clock", "end"), message, 'the next day is "day 2 06:00"')


def _ground(look: _Lookup) -> Iterator[Mistake]:
    definition, names = look.definition, look.names
    for name, place in definition.places.items():
        yield from look.paired(place.x, place.y, "places", name)
        if place.area and (place.area[0] >= place.area[2] or place.area[1] >= place.area[3]):
            message = "the area holds no tile: expected [left, top, right, bottom]"
            yield look.sources.mistake(("places", name, "area"), message)
    for number, way in enumerate(definition.ways):
        yield from look.missing("place", way.from_, names.places, "ways", number, "from")
        yield from look.missing("place", way.to, names.places, "ways", number, "to")
        if way.from_ == way.to:
            yield look.sources.mistake(("ways", number, "to"), "the way leads nowhere else")
    for name, spot in definition.spots.items():
        yield from look.paired(spot.x, spot.y, "spots", name)
        yield from look.missing("place", spot.at, names.places, "spots", name, "at")
        yield from look.keys("item", spot.holds, names.items, "spots", name, "holds")
    kinds = names.spot_kinds
    yield from look.keys("kind of spot", definition.rules.broken, kinds, "rules", "broken")
    holders = names.places | names.spots
    sellers = holders | names.spot_kinds  # which one a kind means is told where all things are
    for holder, items in definition.stock.items():
        yield from look.missing("place or spot", holder, sellers, "stock", holder, key=True)
        yield from look.keys("item", items, names.items, "stock", holder)
    for where, items in definition.prices.items():
        what = "place, spot or kind of spot"
        yield from look.missing(what, where, sellers, "prices", where, key=True)
        yield from look.keys("item", items, names.items, "prices", where)


def _items(look: _Lookup) -> Iterator[Mistake]:
    names = look.names
    for name, item in look.definition.items.items():
        yield from look.keys("attribute", item.use, names.attributes, "items", name, "use")
        yield from look.keys("item", item.recipe, names.items, "items", name, "recipe")
        yield from look.missing("kind of spot", item.at, names.spot_kinds, "items", name, "at")
        if name in item.recipe:
            message = f"'{name}' is made of itself"
            yield look.sources.mistake(("items", name, "recipe", name), message, key=True)


def _attributes(look: _Lookup) -> Iterator[Mistake]:
    for name, part in look.definition.attributes.items():
        if part.start is not None:
            yield from _within(look, part.start, name, "attributes", name, "start")


def _within(look: _Lookup, value: float, attribute: str, *loc: str | int) -> Iterator[Mistake]:
    part = look.definition.attributes.get(attribute)
    limits = (0.0, 1.0) if attribute in look.names.skills else part.range if part else None
    if limits is not None and not limits[0] <= value <= limits[1]:
        low, high = limits
        message = f"{attribute} is {low:g} to {high:g}, found {value:g}"
        yield look.sources.mistake(loc, message)


def _people(look: _Lookup) -> Iterator[Mistake]:
    definition, names = look.definition, look.names
    for name, part in definition.archetypes.items():
        yield from _kind(look, part, names.archetypes, "archetypes", name)
        yield from _circle(look, name)
    where = names.places | names.spots | names.spot_kinds | names.spawns
    above = names.archetypes | names.npcs
    for name, npc in definition.npcs.items():
        yield from _kind(look, npc, above, "npcs", name)
        yield from look.missing("place or spot", npc.at, where, "npcs", name, "at")
        yield from look.missing("place", npc.home, names.places, "npcs", name, "home")
        yield from look.paired(npc.x, npc.y, "npcs", name)
        if npc.is_ not in names.archetypes:
            yield from _npc_circle(look, name)


def _kind(
    look: _Lookup, part: ArchetypePart, kinds: _Known, section: str, name: str
) -> Iterator[Mistake]:
    """What archetypes and NPCs have in common."""
    names, loc = look.names, (section, name)
    yield from look.missing("archetype", part.is_, kinds, *loc, "is")
    yield from look.missing("behaviour", part.behaviour, names.behaviours, *loc, "behaviour")
    for trait, value in part.traits.items():
        if trait not in names.traits:
            yield _no_trait(look, trait, *loc, "traits", trait)
        for end in value.ends if isinstance(value, Drawn) and value.name != "normal" else (value,):
            if not isinstance(end, Drawn):
                yield from _within(look, end, trait, *loc, "traits", trait)
    yield from look.keys("item", part.carries, names.items, *loc, "carries")
    for number, foe in enumerate(part.foes):
        yield from look.missing("archetype or NPC", foe, names.everybody, *loc, "foes", number)
    for number, tool in enumerate(part.tools):
        if names.tools is not None:
            bare = tool.lstrip("+-").strip()
            yield from look.missing("tool", bare, names.tools, *loc, "tools", number)


def _no_trait(look: _Lookup, trait: str, *loc: str | int) -> Mistake:
    """A trait is a declared attribute, or something reads it."""
    if trait in ArchetypePart.model_fields:
        hint = f"write '{trait}' beside 'traits', not under it"
        return look.sources.mistake(loc, f"no attribute '{trait}'", hint, key=True)
    right = look.names.meant.get(trait) or nearest_name(trait, look.names.traits.names)
    message, hint = f"no attribute '{trait}'", f"did you mean '{right}'?"
    if not right:
        message += ", and nothing reads such a trait"
        hint = "declare it under 'attributes', or leave it out"
    return look.sources.mistake(loc, message, hint, key=True)


def _circle(look: _Lookup, name: str) -> Iterator[Mistake]:
    """An archetype that builds on itself, told once: at the first of the circle by name."""
    archetypes, seen, here = look.definition.archetypes, [name], name
    while here in archetypes and (after := archetypes[here].is_) is not None:
        if after == name:
            if name == min(seen):
                circle = " is ".join([*seen, name])
                message = f"an archetype can't build on itself: {circle}"
                yield look.sources.mistake(("archetypes", name, "is"), message)
            return
        if after in seen:
            return
        seen.append(after)
        here = after


def _npc_circle(look: _Lookup, name: str) -> Iterator[Mistake]:
    npcs, archetypes, seen, here = look.definition.npcs, look.names.archetypes, [name], name
    while here in npcs and (after := _above(npcs[here], archetypes)) is not None:
        if after == name:
            if name == min(seen):
                message = f"an NPC can't build on itself: {' is '.join([*seen, name])}"
                yield look.sources.mistake(("npcs", name, "is"), message)
            return
        if after in seen:
            return
        seen.append(after)
        here = after


def _above(npc: NpcPart, archetypes: _Known) -> str | None:
    return None if npc.is_ in archetypes else npc.is_


def _behaviours(look: _Lookup) -> Iterator[Mistake]:
    for name, states in look.definition.behaviour.items():
        yield from check_machine(name, states, look.sources)
        for state, part in states.items():
            yield from look.tool(part.do, "behaviour", name, state, "do")


def _plans(look: _Lookup) -> Iterator[Mistake]:
    who = look.names.everybody
    for name, plan in look.definition.plans.items():
        for number, one in enumerate(plan.who):
            yield from look.missing("archetype or NPC", one, who, "plans", name, "who", number)
        for number, call in enumerate(plan.calls):
            yield from look.tool(call, "plans", name, "steps", number)


def _goals(look: _Lookup) -> Iterator[Mistake]:
    plans = _section("plans", look.sources)
    for name, goal in look.definition.goals.items():
        for number, one in enumerate(goal.who):
            known = look.names.everybody
            yield from look.missing("archetype or NPC", one, known, "goals", name, "who", number)
        beside = _Known(frozenset(goal.into))
        for sub, part in goal.into.items():
            loc = ("goals", name, "into", sub)
            for number, plan in enumerate(part.plans):
                yield from look.missing("plan", plan, plans, *loc, "plans", number)
            for number, other in enumerate(part.after):
                yield from look.missing("sub-goal", other, beside, *loc, "after", number)


def _days(look: _Lookup) -> Iterator[Mistake]:
    definition, names = look.definition, look.names
    known = _section("plans", look.sources) | names.places | names.spots | names.spot_kinds
    for name, day in definition.days.items():
        for number, one in enumerate(day.who):
            yield from look.missing(
                "archetype or NPC", one, names.everybody, "days", name, "who", number
            )
        for hour, what in day.hours.items():
            there = known.with_(["home"])
            if hour_ms(hour) is None:
                message = f'expected a time of day such as "06:00", found {hour!r}'
                yield look.sources.mistake(("days", name, "hours", hour), message, key=True)
            yield from look.missing("plan or place", what, there, "days", name, "hours", hour)
    for number, one in enumerate(definition.surprise.arrives):
        who = names.everybody
        yield from look.missing("archetype or NPC", one, who, "surprise", "arrives", number)


def _events(look: _Lookup) -> Iterator[Mistake]:
    for number, event in enumerate(look.definition.events):
        if event.place is not None:
            loc = ("events", number, "place")
            yield from look.missing("place", event.place, look.names.places, *loc)
