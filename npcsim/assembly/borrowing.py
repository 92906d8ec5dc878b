"""A scenario on ground of its own takes over from a world what can be there.

It `uses: oakvale` for its people, items and tools, but draws its own map: then the world's
spots, stock and plans that name places which are not on that map are left out, without a word.
What the scenario's own file says is never left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from npcsim.scenario.load import Loaded, definition_from
from npcsim.scenario.schema import Definition

Keep = Callable[[str, dict[str, Any]], bool]
GROUND = ("map", "size")


def own_ground(loaded: Loaded, path: Path) -> bool:
    """Whether the scenario's own file gives the ground, and not the world it uses."""
    if loaded.world_dir is None:
        return False
    given = [key for key in GROUND if loaded.sources.find((key,)) is not None]
    own = [key for key in given if _own(loaded, path, key)]
    places = loaded.sources.find(("ways",)) is not None and _own(loaded, path, "ways")
    return bool(own) or places


def _own(loaded: Loaded, path: Path, *loc: str) -> bool:
    return Path(loaded.sources.mark(loc, key=True).file) == path


def leave_out(
    loaded: Loaded, path: Path, places: Collection[str], things: Collection[str]
) -> tuple[Definition, str]:
    """The definition without what the used world says of other ground. -> (it, its text).

    `places` are those of the scenario's ground, `things` its spots and kinds of spots.
    """
    plain: dict[str, Any] = json.loads(loaded.text)
    known = {*places, *things, "home"}
    if _own(loaded, path, "size") or (plain.get("ways") and "map" in plain):
        plain.pop("map", None)
    keeps: dict[str, Keep] = {
        "places": lambda name, part: name in places,
        "spots": lambda name, part: part.get("at") in places or name in things,
        "stock": lambda name, part: name in known,
        "plans": lambda name, part: _doable(part, known),
    }
    for section, keep in keeps.items():
        entries = plain.get(section, {})
        plain[section] = {
            name: part
            for name, part in entries.items()
            if _own(loaded, path, section, name) or keep(name, part)
        }
    for name, part in plain.get("items", {}).items():
        if not _own(loaded, path, "items", name) and part.get("at") not in things:
            part.pop("at", None)
    _drop_behaviours(loaded, path, plain)
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    return definition_from(text), text


def _drop_behaviours(loaded: Loaded, path: Path, plain: dict[str, Any]) -> None:
    """Leave out the world's state machines that nobody here lives by: they may name its places."""
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
        if name not in lived and not _own(loaded, path, "behaviour", name)
    }
    for name in gone:
        del plain["behaviour"][name]
    for part in archetypes.values():
        if part.get("behaviour") in gone:
            del part["behaviour"]


def _doable(plan: dict[str, Any], known: Collection[str]) -> bool:
    """Whether every place a plan's steps go to is known."""
    for step in plan.get("steps", ()):
        name, _, rest = str(step).partition("(")
        if name.strip() == "go_to" and rest.rstrip(") ").strip() not in known:
            return False
    return True
