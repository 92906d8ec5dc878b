"""From tools to options: which bound calls are legal for an NPC right now, and their wording."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from npcsim.effects import SINGLE, Effect, Occupy
from npcsim.errors import ToolRefused
from npcsim.scenario.units import parse_call
from npcsim.tools.tool import ARRIVAL, Param, Tool
from npcsim.tools.view import Body, Handle, Kind, Place, Spot, View
from npcsim.world.commit import Bundle
from npcsim.world.state import Act

PER_TOOL = 8
CANDIDATES = 16


class ToolBroke(Exception):
    """A tool raised something else than `ToolRefused`, or returned something that is no effect."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A tool with every argument filled in."""

    tool: Tool
    args: Mapping[str, Any]

    def text(self, template: str, me: Body) -> str:
        """A wording with the names filled in."""
        return template.format(me=me, **self.args).strip()

    @property
    def plain(self) -> tuple[tuple[str, Any], ...]:
        """The arguments as ids and plain values, as logs and acts keep them."""
        return tuple(
            (name, value.id if isinstance(value, Handle) else value)
            for name, value in self.args.items()
        )


def options(me: Body, view: View, tools: Iterable[Tool]) -> list[Bound]:
    """Every legal bound call, at most `PER_TOOL` of one tool, in a fixed order."""
    found: list[Bound] = []
    for tool in tools:
        if tool.on_ready is not None and tool.on_ready(me, view) is not None:
            continue
        legal = 0
        for args in _bindings(tool, me, view):
            bound = Bound(tool, args)
            try:
                effects_of(tool, tool.start, me, view, **args)
            except ToolRefused:
                continue
            found.append(bound)
            legal += 1
            if legal == PER_TOOL:
                break
    return found


def _bindings(tool: Tool, me: Body, view: View) -> Iterable[dict[str, Any]]:
    def fill(rest: Sequence[Param], bound: dict[str, Any]) -> Iterable[dict[str, Any]]:
        if not rest:
            yield dict(bound)
            return
        param = rest[0]
        if param.is_words:
            yield from fill(rest[1:], bound)
            return
        for value in _candidates(tool, param, me, view, bound):
            yield from fill(rest[1:], {**bound, param.name: value})

    return fill(tool.params, {})


def _candidates(
    tool: Tool, param: Param, me: Body, view: View, bound: Mapping[str, Any]
) -> list[Any]:
    given = tool.candidates.get(param.name)
    if given is not None:
        wanted = list(inspect.signature(given).parameters)[2:]
        values = list(given(me, view, *(bound[name] for name in wanted)))
        return values[:CANDIDATES]
    found: list[Any] = []
    for kind in param.types:
        if kind is Body:
            found += view.near(me)
        elif kind is Place:
            found += [place for place in view.places if place.id != me.place]
        elif kind is Spot:
            found += [spot for spot in view.spots(place=me.place) if me.reaches(spot)]
        elif kind is Kind:
            found += [view.item(item) for item in me.carries]
        elif kind is bool:
            found += [True, False]
    if not found and param.default is not inspect.Parameter.empty:
        found.append(param.default)
    return found[:CANDIDATES]


def bind(tool: Tool, texts: Sequence[str], me: Body, view: View) -> Bound:
    """Fill a call as written (`go_to(home)`) for one NPC. Raises `ToolRefused` with the reason."""
    params = [param for param in tool.params if not param.is_words]
    required = [p for p in params if p.default is inspect.Parameter.empty]
    if not len(required) <= len(texts) <= len(params):
        raise ToolRefused(f"{tool.name} takes {len(required)} arguments, not {len(texts)}")
    pairs = zip(params, texts, strict=False)
    return Bound(tool, {param.name: _read(param, text, me, view) for param, text in pairs})


def _read(param: Param, text: str, me: Body, view: View) -> Any:
    for kind in param.types:
        try:
            value = _read_as(kind, text, me, view)
        except (KeyError, ValueError):
            continue
        if value is not None:
            return value
    if Body in param.types:
        who = "nobody" if text in ("anyone", "nearest(anyone)") else f"no {text}"
        raise ToolRefused(f"there is {who} near")
    raise ToolRefused(f"there is no {text} now")


def _read_as(kind: type[Any], text: str, me: Body, view: View) -> Any:
    if kind is Place:
        return view.place(me.profile.home if text == "home" else text)
    if kind is Kind:
        return view.item(text)
    if kind is Body:
        return _body(text, me, view)
    if kind is Spot:
        return _spot(text, me, view)
    if kind is bool:
        return {"true": True, "false": False}[text]
    value = kind(text)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(text)
    return value


def _body(text: str, me: Body, view: View) -> Body | None:
    if text == "me":
        return me
    call = parse_call(text)
    if call.name == "nearest" and len(call.args) == 1:
        return view.nearest(me, call.args[0])
    if text in view.world.setting.serial_of:
        return view.npc(text)
    return view.nearest(me, text)


def _spot(text: str, me: Body, view: View) -> Spot | None:
    """A spot by id; by kind, the best one: one's own, then free, then near."""
    call = parse_call(text)
    wanted = call.args[0] if call.name == "nearest" and call.args else text
    if wanted in view.world.spots:
        return view.spot(wanted)
    found = view.spots(kind=wanted)
    if not found:
        raise KeyError(wanted)

    def rank(spot: Spot) -> tuple[bool, bool, float, str]:
        mine = spot.user in ("", me.id)
        near = me.distance(spot) if view.has_ground else float(spot.place != me.place)
        return (not mine, spot.place != me.place and spot.place != me.profile.home, near, spot.id)

    return min(found, key=rank)


def effects_of(tool: Tool, part: Any, *args: Any, **kwargs: Any) -> tuple[Effect, ...]:
    """Run one part of a tool. Raises `ToolRefused`, or `ToolBroke` for anything unforeseen."""
    try:
        result = part(*args, **kwargs)
    except ToolRefused:
        raise
    except Exception as error:
        # A tool is the author's code: whatever it raises must not end the tick.
        raise ToolBroke(f"{tool.name} raised {type(error).__name__}: {error}") from error
    if not isinstance(result, list | tuple) or not all(isinstance(e, SINGLE) for e in result):
        raise ToolBroke(f"{tool.name} returned {result!r:.80}, not a list of effects")
    return tuple(result)


def begin(bound: Bound, me: Body, view: View, act_id: int, by: str) -> Bundle:
    """The bundle that starts a call. Raises `ToolRefused` or `ToolBroke`."""
    tool = bound.tool
    effects = effects_of(tool, tool.start, me, view, **bound.args)
    due = _due(bound, me, view)
    spot = str(bound.args[tool.occupies]) if tool.occupies and due != view.tick else ""
    if spot:
        effects = (Occupy(me, spot), *effects)
    act = Act(act_id, me.id, tool.name, bound.plain, view.tick, due, spot, by)
    seen, did = bound.text(tool.seen, me), bound.text(tool.did, me)
    return Bundle(me.id, tool.name, effects, "start", act, seen, did, by)


def _due(bound: Bound, me: Body, view: View) -> int:
    takes = bound.tool.takes
    if takes == ARRIVAL and view.has_ground:
        return -1
    if callable(takes):
        length = takes(me, view, **bound.args)
    elif isinstance(takes, int):
        length = takes
    else:
        length = view.travel_ms(me, str(next(iter(bound.args.values())))) or 0
    tick_ms = view.world.setting.tick_ms
    return view.tick + (int(length) + tick_ms - 1) // tick_ms


def rebound(tool: Tool, act: Act, view: View) -> Bound:
    """The call behind an act, its ids turned back into handles."""
    args: dict[str, Any] = {}
    for param in tool.params:
        kept = dict(act.args)
        if param.name not in kept:
            continue
        value = kept[param.name]
        for kind in param.types:
            if issubclass(kind, Handle) and isinstance(value, str) and _exists(kind, value, view):
                value = kind(view, value)
                break
        args[param.name] = value
    return Bound(tool, args)


def _exists(kind: type[Handle], id: str, view: View) -> bool:
    world = view.world
    homes: dict[type[Handle], Any] = {
        Place: world.setting.places, Spot: world.spots,
        Body: world.setting.serial_of, Kind: world.setting.items,
    }  # fmt: skip
    return id in homes[kind]


def ending(tool: Tool, act: Act, me: Body, view: View, phase: str, reason: str = "") -> Bundle:
    """The bundle that ends an act: `phase` is finish or interrupted."""
    part = tool.on_finish if phase == "finish" else tool.on_interrupted
    effects = effects_of(tool, part, me, view, act) if part is not None else ()
    did = rebound(tool, act, view).text(tool.did, me)
    return Bundle(me.id, tool.name, effects, phase, act, "", did, act.by, reason=reason)


def utility(bound: Bound, me: Body, view: View) -> float:
    """How good a call is for the body now: its hook, or 0.1. Never negative."""
    hook = bound.tool.on_utility
    if hook is None:
        return 0.1
    try:
        value = float(hook(me, view, **bound.args))
    except Exception as error:
        raise ToolBroke(f"{bound.tool.name}: utility raised {error!r}") from error
    return value if math.isfinite(value) and value > 0 else 0.0
