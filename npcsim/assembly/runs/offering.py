"""What somebody can do now, as data for a form: tools with schemas of their arguments, decisions.

A tool's own schema has the plain types alone; here what stands for a thing of the world is a choice
among those that there are, the likely ones first.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from npcsim.errors import ToolRefused
from npcsim.npc.byhand import offered
from npcsim.npc.hours import with_written
from npcsim.scenario.spelling import nearest
from npcsim.sim.loop import Simulation
from npcsim.tools.binding import ToolBroke
from npcsim.tools.options import candidates, not_ready
from npcsim.tools.steps import Steps
from npcsim.tools.tool import ACT, Param, Tool
from npcsim.tools.view import Body, Handle, Kind, Place, Spot, View

FORMATS: Mapping[type[Any], str] = {Body: "npc", Place: "place", Spot: "spot", Kind: "item"}
PLAIN: Mapping[type[Any], str] = {int: "integer", float: "number", bool: "boolean"}
TOGETHER = 64
"""So many values of earlier parameters are tried to find what one that hangs on them can be."""


def tools_of(simulation: Simulation, npc: str) -> list[dict[str, Any]]:
    """Every act that somebody can be told to do, in the program's order. Raises ValueError."""
    view = simulation.view
    me = _body(view, npc)
    return [
        _form(tool, me, view) for tool in simulation.program.tools.values() if tool.kind == ACT
    ]


def options_of(simulation: Simulation, npc: str) -> list[str]:
    """What somebody could decide now, in words. Raises ValueError where there is no mind."""
    view = simulation.view
    me = _body(view, npc)
    mind = simulation.world.minds.get(me.id)
    if mind is None:
        raise ValueError(f"{me.name} has no mind: there is nothing to decide")
    return offered(me, view, mind, with_written(simulation.program.lore, mind, me))


def _body(view: View, npc: str) -> Body:
    known = view.world.setting.serial_of
    if npc not in known:
        hint = nearest(npc, known)
        raise ValueError(f"nobody is called {npc!r}" + (f"; {hint}" if hint else ""))
    return view.npc(npc)


def _form(tool: Tool, me: Body, view: View) -> dict[str, Any]:
    try:
        why_not = not_ready(tool, me, view) or ""
    except ToolBroke as broke:
        why_not = str(broke)
    params = tool.params
    required = [one.name for one in params if one.default is inspect.Parameter.empty]
    words = [one.name for one in params if one.is_words]
    properties = {one.name: _property(tool, one, me, view) for one in params}
    schema = {"type": "object", "properties": properties, "required": [*required, *words]}
    return {"name": tool.name, "about": tool.doc, "schema": schema, "why_not": why_not}


def _property(tool: Tool, param: Param, me: Body, view: View) -> dict[str, Any]:
    kind = param.types[0]
    if param.is_words:
        return {"type": "string", "format": "words", "description": "what is said, word for word"}
    made: dict[str, Any] = {"type": PLAIN.get(kind, "string")}
    if issubclass(kind, Handle):
        made["format"] = FORMATS.get(kind, "")
    if param.default is not inspect.Parameter.empty and param.default is not None:
        made["default"] = param.default.id if isinstance(param.default, Handle) else param.default
    given = tool.candidates.get(param.name)
    if isinstance(given, Steps) and kind in (int, float):
        return {**made, "minimum": given.low, "maximum": given.high}
    if kind is bool:
        return made
    found = _found(tool, param, me, view)
    if kind in (int, float):
        return {**made, "description": ", ".join(map(str, found[:8]))} if found else made
    ones = {_id(one): _one(one, me) for one in found}
    if issubclass(kind, Handle):
        ones |= {one.id: _one(one, me) for one in _all(param, me, view) if one.id not in ones}
    if ones:
        made |= {"oneOf": list(ones.values()), "free": kind is str}
    return made


def _found(tool: Tool, param: Param, me: Body, view: View) -> list[Any]:
    """What a parameter can be now, whatever those before it are. A tool that breaks has none."""
    given = tool.candidates.get(param.name)
    before: list[dict[str, Any]] = [{}]
    try:
        if callable(given):
            for name in list(inspect.signature(given).parameters)[2:]:
                other = next(one for one in tool.params if one.name == name)
                before = [
                    {**bound, name: value}
                    for bound in before
                    for value in candidates(tool, other, me, view, bound)
                ][:TOGETHER]
        found = [one for bound in before for one in candidates(tool, param, me, view, bound)]
    except (ToolRefused, ToolBroke):
        return []
    return list({_id(one): one for one in found}.values())


def _all(param: Param, me: Body, view: View) -> list[Any]:
    """All the things of a parameter's types that there are."""
    found: list[Any] = []
    for kind in param.types:
        if kind is Body:
            others = [view.npc(one.id) for one in view.world.setting.profiles if one.id != me.id]
            found += sorted(
                (one for one in others if one.alive), key=lambda one: (me.distance(one), one.id)
            )
        elif kind is Place:
            found += view.places
        elif kind is Spot:
            found += view.spots()
        elif kind is Kind:
            found += [view.item(item) for item in view.world.setting.items]
    return found


def _id(one: Any) -> Any:
    return one.id if isinstance(one, Handle) else one


def _one(one: Any, me: Body) -> dict[str, Any]:
    """A choice: its id, its name, and what tells it from others of that name."""
    if not isinstance(one, Handle):
        return {"const": str(one), "title": str(one)}
    about = ""
    if isinstance(one, Body):
        about = f"{one.profile.archetype}, {me.distance(one):.0f} tiles"
    elif isinstance(one, Spot):
        about = one.place
    elif isinstance(one, Kind) and one.id in me.carries:
        about = f"carries {me.carries[one.id]}"
    elif isinstance(one, Place) and one.id == me.place:
        about = "here"
    title = one.id if isinstance(one, Spot) else str(one)
    return {"const": one.id, "title": title, "description": about.replace("_", " ")}
