"""A scenario on ground of its own takes over from what it uses what can be there.

It `uses: oakvale` for its people, items and tools, but draws its own map: then the world's
spots, stock and plans that name places which are not on that map are left out, without a word.

Scenarios and worlds lie over one another in layers. The ground is that of the topmost layer that
gives one. What lies below is filtered to it; what stands in that layer or above never is. So too
the events of a scenario that is used: those before the clock starts have happened long ago.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import Any

from npcsim.assembly.land.ground import MapData, lay
from npcsim.scenario.load import Loaded, definition_from
from npcsim.scenario.schema import Definition
from npcsim.scenario.source import Node, Sources
from npcsim.scenario.units import parse_moment

Keep = Callable[[str, dict[str, Any]], bool]
_AT = re.compile(r"\b(?:at|go_to)\(\s*([^(),]*?)\s*\)")
_PLACED = ("at", "x", "y")
_START = (*_PLACED, "home")


def ground_layer(loaded: Loaded) -> int | None:
    """The layer whose ground it is, where ground of a layer below was given up for it.

    `ways` alone add to those below; over a map or a field they are ground of another sort.
    """
    given = {
        key: _layer(loaded, key)
        for key in ("map", "size", "ways")
        if loaded.sources.find((key,)) is not None
    }
    if given.keys() <= {"ways"}:
        return None
    top = min(given.values())
    return top if top < len(loaded.layers) - 1 else None


def what_fits(loaded: Loaded, data: MapData | None) -> tuple[Definition, str, Sources]:
    """The definition without what layers below say of other ground, or of a time gone by.

    `data` is the map, if the ground is one. -> (the definition, its text, where it stands)
    """
    if len(loaded.layers) == 1:
        return loaded.definition, loaded.text, loaded.sources
    plain: dict[str, Any] = json.loads(loaded.text)
    before = {name: _copied(part) for name, part in plain.items()}
    entries = before.get("events", [])
    top = ground_layer(loaded)
    if top is not None:
        _fit(plain, top, loaded, data)
    begins = loaded.definition.clock.start
    whens = {id(entry): number for number, entry in enumerate(entries)}
    plain["events"] = [
        event
        for event in plain.get("events", ())
        if "at" not in event
        or parse_moment(event["at"]) >= begins
        or _layer(loaded, "events", whens[id(event)]) == 0
    ]
    return *_parsed(plain), _pruned(loaded.sources, before, plain)


def _fit(plain: dict[str, Any], top: int, loaded: Loaded, data: MapData | None) -> None:
    """Filter the layers below `top` to its ground."""

    def below(*loc: str | int) -> bool:
        return _layer(loaded, *loc) > top

    _give_up(plain, top, loaded)
    ground = lay(_parsed(plain)[0], data)
    drawn = data.spots if data is not None else ()
    ids, kinds = {spot[0] for spot in drawn}, Counter(spot[1] for spot in drawn)
    for name, part in plain.get("spots", {}).items():
        # What lies below and says not where, or where on other ground, is there if the map has it.
        if not below("spots", name) or part.get("at") in ground.places:
            kinds[part["kind"]] += name not in ids
            ids.add(name)
    _leave_out(plain, below, ground.places, ids, kinds)
    _drop_behaviours(plain, below)


def _copied(part: Any) -> Any:
    return dict(part) if isinstance(part, dict) else list(part) if isinstance(part, list) else part


def _layer(loaded: Loaded, *loc: str | int) -> int:
    return loaded.layer_of(loaded.sources.mark(loc, key=True).file)


def _pruned(sources: Sources, before: dict[str, Any], plain: dict[str, Any]) -> Sources:
    """Where everything stands, without what was left out: lists are told by number."""
    root = sources.root
    value = dict(root.value) if isinstance(root.value, dict) else {}
    for section, entries in before.items():
        node, left = value.get(section), plain.get(section, {})
        if node is None or (section not in plain and not isinstance(entries, list | dict)):
            value.pop(section, None)
        elif isinstance(node.value, list) and isinstance(entries, list):
            kept = {id(one) for one in left}
            nodes = [
                one for one, entry in zip(node.value, entries, strict=False) if id(entry) in kept
            ]
            rest = node.value[len(entries) :]  # unreadable, and told as such
            value[section] = Node(node.mark, nodes + rest, node.raw, node.key)
        elif isinstance(node.value, dict) and isinstance(entries, dict):
            gone = entries.keys() - left.keys()
            named = {name: one for name, one in node.value.items() if name not in gone}
            value[section] = Node(node.mark, named, node.raw, node.key)
    return Sources(Node(root.mark, value, root.raw, root.key))


def _parsed(plain: dict[str, Any]) -> tuple[Definition, str]:
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    return definition_from(text), text


def _give_up(plain: dict[str, Any], top: int, loaded: Loaded) -> None:
    """Leave out maps, fields and ways below, and the places that were only on those."""
    mapped = "map" in plain and _layer(loaded, "map") <= top
    sized = "size" in plain and _layer(loaded, "size") <= top
    for key in ("map", "size"):
        if key in plain and _layer(loaded, key) > top:
            del plain[key]
    ways = plain.get("ways", [])
    kept = [way for n, way in enumerate(ways) if _layer(loaded, "ways", n) <= top]
    if "ways" in plain:
        plain["ways"] = kept
    if mapped:
        return  # the map says which places there are
    reached = {way[end] for way in kept for end in ("from", "to")}
    for name, part in list(plain.get("places", {}).items()):
        placed = "area" in part or "x" in part
        if _layer(loaded, "places", name) > top and not (placed if sized else name in reached):
            del plain["places"][name]


def _leave_out(
    plain: dict[str, Any],
    below: Callable[..., bool],
    places: Collection[str],
    ids: Collection[str],
    kinds: Mapping[str, int],
) -> None:
    """Of the layers below, leave out what names other places, spots and kinds of spots."""
    known = {*places, *ids, *kinds, "home", ""}
    keeps: dict[str, Keep] = {
        "places": lambda name, part: name in places,
        "spots": lambda name, part: name in ids,
        "stock": lambda name, part: name in places or name in ids or kinds.get(name) == 1,
        "prices": lambda name, part: name in known,
        "plans": lambda name, part: _doable(part, known),
        "days": lambda name, part: {*part["hours"].values()} <= known | set(plain["plans"]),
        "goals": lambda name, part: set(_AT.findall(str(part))) <= known,
    }
    for section, keep in keeps.items():
        entries = plain.get(section, {})
        plain[section] = {
            name: part
            for name, part in entries.items()
            if not below(section, name) or keep(name, part)
        }
    for name, part in plain["goals"].items():
        for sub in part["into"] if below("goals", name) else ():
            serve = part["into"][sub].get("plans", ())
            part["into"][sub]["plans"] = [plan for plan in serve if plan in plain["plans"]]
    plain["events"] = [
        event
        for number, event in enumerate(plain.get("events", ()))
        if not below("events", number) or _doable(event, known)
    ]
    for name, part in plain["spots"].items():
        if part.get("at") not in places:
            for key in _PLACED:  # it stands where the map has it
                if below("spots", name, key):
                    part.pop(key, None)
    for name, part in plain.get("items", {}).items():
        if below("items", name, "at") and part.get("at") not in kinds:
            part.pop("at", None)
    for name, part in plain.get("factions", {}).items():
        if below("factions", name, "home") and part.get("home", "") not in known:
            del part["home"]
    for name, part in plain.get("npcs", {}).items():
        for key in _START:  # they come along, and begin where dice say
            strange = key in ("x", "y") or part.get(key, "") not in known
            if strange and below("npcs", name, key):
                part.pop(key, None)


def _drop_behaviours(plain: dict[str, Any], below: Callable[..., bool]) -> None:
    """Leave out state machines below that nobody here lives by: they may name other places."""
    archetypes, npcs = plain.get("archetypes", {}), plain.get("npcs", {})
    lived: set[str] = set()
    for name, part in npcs.items():
        while part is not None:
            lived |= {name, part.get("behaviour") or name}
            name = part.get("is") or ""
            part = archetypes.get(name, npcs.get(name)) if name not in lived else None
    gone = {
        name
        for name in plain.get("behaviour", {})
        if name not in lived and below("behaviour", name)
    }
    for name in gone:
        del plain["behaviour"][name]
    for part in archetypes.values():
        if part.get("behaviour") in gone:
            del part["behaviour"]


def _doable(part: dict[str, Any], known: Collection[str]) -> bool:
    """Whether every place that a plan or an event goes to or asks about is known."""
    texts = [*part.get("steps", ()), part.get("when", ""), part.get("do", "")]
    named = {name for text in texts for name in _AT.findall(str(text))}
    return named | {part.get("place", "")} <= set(known)
