"""The form of a written day as a JSON Schema: what can be said in it can mostly be done.

A model that is held to a grammar can only name what there is: there is one form of a step for each
tool, with the things that it takes. How much may be written is bounded, so that the end of it fits;
a small model goes on for as long as it may.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from typing import Any

from npcsim.npc.days import clock
from npcsim.tools.tool import Param, Tool
from npcsim.tools.view import Body, Kind, Place, Spot, View
from npcsim.world.state import MS_DAY

MOST_HOURS, MOST_STEPS, LONGEST_GOAL = 6, 4, 60
MOST_TOKENS = 700
"""An hour of four steps, each a tool of one thing, has about 110 tokens of a small model's."""
OPEN = "..."
"""What leaves open what with; it is chosen when the time comes."""
HALF_HOUR = 1_800_000
MANY = 40
"""Of more than these only a part is named: of people those in sight, of spots their kinds."""


def day_form(tools: Iterable[Tool], me: Body, view: View) -> str:
    """What a day written by `me` looks like from now on, as text."""
    things: dict[str, list[str]] = {}
    steps = [_step(tool, _taken(tool, me, view, things), "item" in things) for tool in tools]
    times = _times(view)
    hour = _object(
        at=_one_of(times),
        goal={"type": "string", "minLength": 3, "maxLength": LONGEST_GOAL},
        steps=_list({"anyOf": steps}, 1, MOST_STEPS),
    )
    whole = _object(hours=_list(hour, 1, min(len(times), MOST_HOURS)))
    return json.dumps({**whole, "$defs": {name: _one_of(ids) for name, ids in things.items()}})


def _times(view: View) -> list[str]:
    """The half hours of today from now on."""
    now = view.now_ms % MS_DAY
    return [clock(at) for at in range(now - now % HALF_HOUR, MS_DAY, HALF_HOUR)]


def _step(tool: Tool, taken: list[Any], items: bool) -> dict[str, Any]:
    """A call of one tool; for one that takes an item also what one has to have for it."""
    parts: dict[str, Any] = {"tool": _one_of([tool.name])}
    if taken:
        most = sum(not param.is_words for param in tool.params) if len(taken) > 1 else 1
        parts["with"] = _list({"anyOf": taken}, 1, most)
    if items and any(Kind in param.types for param in tool.params):
        parts["if_has"] = {"anyOf": [_one_of([""]), _named("item")]}
    return _object(**parts)


def _taken(tool: Tool, me: Body, view: View, things: dict[str, list[str]]) -> list[Any]:
    """What a tool's arguments can be, all of them left open among it; empty for one without any.

    The ids of what is named are added to `things`. What takes any text is left open.
    """
    found: dict[str, Any] = {}
    params = [param for param in tool.params if not param.is_words]
    for param in params:
        named = _things(param, me, view)
        given = tool.candidates.get(param.name, ())
        if not named and (callable(given) or not (texts := [str(v) for v in islice(given, MANY)])):
            return [_one_of([OPEN])]
        things |= named
        found |= {name: _named(name) for name in named} or {param.name: _one_of(texts)}
    return [*found.values(), _one_of([OPEN])] if params else []


def _things(param: Param, me: Body, view: View) -> dict[str, list[str]]:
    """By kind, the ids that a parameter may take."""
    setting, spots = view.world.setting, view.spots()
    few = [one.id for one in setting.profiles if one.id != me.id]
    known: dict[type[Any], tuple[str, Iterable[str]]] = {
        Place: ("place", [*setting.places, *(["home"] if me.profile.home else [])]),
        Spot: (
            "spot",
            [one.id for one in spots] if len(spots) <= MANY else [s.kind for s in spots],
        ),
        Body: ("npc", few if len(few) <= MANY else [one.id for one in view.near(me)[:MANY]]),
        Kind: ("item", setting.items),
    }
    named = [known[kind] for kind in param.types if kind in known]
    return {name: sorted(set(ids)) for name, ids in named if ids}


def _one_of(texts: Iterable[str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(texts)}


def _named(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def _list(items: Any, least: int, most: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}


def _object(**parts: Any) -> dict[str, Any]:
    """An object of these parts and no others, all of them there: what strict providers want."""
    return {
        "type": "object", "properties": parts, "required": list(parts),
        "additionalProperties": False,
    }  # fmt: skip
