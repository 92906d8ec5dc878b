"""What ask tools would answer a model that looks things up, worked out when it is asked.

The world goes on while a model thinks. So all that it could look up is found at the moment of
asking and goes with the question as data: log, replay and fork have the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from npcsim.errors import ToolRefused
from npcsim.messages import Found, Look, Lookups
from npcsim.tools.asking import answer
from npcsim.tools.binding import Bound, ToolBroke, unfit
from npcsim.tools.options import bindings
from npcsim.tools.tool import ASK, Param, Tool
from npcsim.tools.view import Body, Handle, Kind, Place, Spot, View
from npcsim.world.state import Setting

TOOLS = 16
"""Ask tools that a model is offered, in the order of `TOOLS`."""
CALLS = 32
"""Ways to fill in one tool's parameters that are looked at."""
BYTES = 8_000
"""All that one question's look-ups find; what does not fit in is not known."""
LISTED = 100
"""The most values of a parameter that its schema lists."""
NOTHING = "nothing"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_]{1,60}")  # all that providers take as a name
_KINDS: Mapping[type[Any], str] = {bool: "boolean", int: "integer", float: "number"}
_MEANT: Mapping[type[Any], str] = {
    Body: "somebody, by id", Place: "a place, by id", Spot: "a thing that stands somewhere, by id",
    Kind: "a kind of thing, by id",
}  # fmt: skip


def looks_of(tools: Iterable[Tool], setting: Setting) -> dict[str, Look]:
    """Ask tools as models are offered them, by the tools' own names: the same for all NPCs."""
    asks = [tool for tool in tools if tool.kind == ASK][:TOOLS]
    return {tool.name: _look(tool, number, setting) for number, tool in enumerate(asks, 1)}


def lookups(
    me: Body, view: View, tools: Iterable[Tool], looks: Mapping[str, Look], broken: list[ToolBroke]
) -> Lookups:
    """All that `me` could look up now. Broken tools are left out and noted.

    `looks` are all that the run has, `tools` those that `me` may use.
    """
    found: list[Found] = []
    left = BYTES
    for tool in tools:
        if tool.name not in looks or unfit(tool, me):
            continue
        try:
            for one in _found(tool, looks[tool.name], me, view):
                left -= len(one.args.encode()) + len(one.said.encode())
                if left < 0:
                    break
                found.append(one)
        except ToolBroke as broke:
            broken.append(broke)
    return Lookups(tuple(looks.values()), tuple(found))


def _found(tool: Tool, look: Look, me: Body, view: View) -> list[Found]:
    """What a tool answers, call by call. Raises `ToolBroke`."""
    found = []
    for args in islice(bindings(tool, me, view), CALLS):
        bound = Bound(tool, args)
        try:
            data = answer(bound, me, view)
        except ToolRefused as refused:
            said = f"refused: {refused}"
        else:
            said = data if isinstance(data, str) else _json(data) if data else NOTHING
        named = {_name(name, "arg", at): value for at, (name, value) in enumerate(bound.plain, 1)}
        found.append(Found(look.name, _json(named), said or NOTHING))
    return found


def _look(tool: Tool, number: int, setting: Setting) -> Look:
    properties = {
        _name(param.name, "arg", at): _schema(tool, param, setting)
        for at, param in enumerate(tool.params, 1)
    }
    schema = {
        "type": "object", "properties": properties, "required": [*properties],
        "additionalProperties": False,
    }  # fmt: skip
    doc = " ".join(tool.doc.split())
    name = _name(tool.name, "look", number)
    return Look(name, doc if name == tool.name else f"{tool.name}: {doc}", _json(schema))


def _schema(tool: Tool, param: Param, setting: Setting) -> dict[str, Any]:
    """What one parameter takes: the same for every NPC and at every moment of a run."""
    first = param.types[0]
    kind = _KINDS.get(first, "string")
    schema: dict[str, Any] = {"type": kind}
    meant = " or ".join(_MEANT[one] for one in param.types if one in _MEANT)
    if not _PLAIN_NAME.fullmatch(param.name):
        meant = f"{param.name}: {meant}".rstrip(": ")
    if meant:
        schema["description"] = meant
    values = _values(tool, param, setting)
    if 0 < len(values) <= LISTED:
        schema["enum"] = values
    return schema


def _values(tool: Tool, param: Param, setting: Setting) -> list[Any]:
    """All values that a parameter can ever have; none where that is not known."""
    given = tool.candidates.get(param.name)
    if isinstance(given, list | tuple):
        return [one.id if isinstance(one, Handle) else one for one in given]
    if given is not None:
        return []
    if param.types == (Place,):
        return list(setting.places)
    if param.types == (Body,):
        return [profile.id for profile in setting.profiles]
    return list(setting.items) if param.types == (Kind,) else []


def _name(name: str, kind: str, number: int) -> str:
    """A name that providers take: ours, or a number in place of one in other letters."""
    # No name in Python has a hyphen, so these can't be the same as any other.
    return name if _PLAIN_NAME.fullmatch(name) else f"{kind}-{number}"


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False)
