"""From tools to options: which bound calls are legal for an NPC right now, and their wording."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from npcsim.effects import SINGLE, Effect, Occupy, shown
from npcsim.errors import ToolRefused
from npcsim.scenario.units import parse_call
from npcsim.tools.language import Texts, fill
from npcsim.tools.tool import ARRIVAL, Param, Tool
from npcsim.tools.view import Body, Handle, Kind, Place, Spot, View
from npcsim.world.commit import Bundle
from npcsim.world.state import Act

PER_TOOL = 8
LONGEST_MS = 10_000 * 86_400_000
CANDIDATES = 16


class ToolBroke(Exception):
    """A tool raised something else than `ToolRefused`, or returned something that is no effect."""

    def __init__(self, tool: str, what: str) -> None:
        super().__init__(f"{tool} {what}")
        self.tool = tool


@dataclass(frozen=True, slots=True)
class Bound:
    """A tool with every argument filled in."""

    tool: Tool
    args: Mapping[str, Any]

    def text(self, wording: Texts, me: Body) -> str:
        """A wording in the scenario's language with the names filled in."""
        unsaid = {param.name: "" for param in self.tool.params if param.is_words}
        text = fill(wording, me.view.language, me=me, **{**unsaid, **self.args}).strip()
        return text.encode("utf-8", "replace").decode()

    @property
    def plain(self) -> tuple[tuple[str, Any], ...]:
        """The arguments as ids and plain values, as logs and acts keep them."""
        return tuple(
            (name, value.id if isinstance(value, Handle) else value)
            for name, value in self.args.items()
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call that was tried: what its start would want, or why it was refused."""

    bound: Bound
    effects: tuple[Effect, ...]
    refused: str = ""


def options(
    me: Body, view: View, tools: Iterable[Tool], broken: list[ToolBroke] | None = None
) -> list[Bound]:
    """Every legal bound call, at most `PER_TOOL` of one tool, in a fixed order.

    A tool that breaks has no options and is added to `broken`; where that is None, it raises.
    """
    found: list[Bound] = []
    for tool in tools:
        try:
            found += _legal(tool, me, view)
        except ToolBroke as broke:
            if broken is None:
                raise
            broken.append(broke)
    return found


def _legal(tool: Tool, me: Body, view: View) -> list[Bound]:
    """The legal calls of one tool."""
    found: list[Bound] = []
    if not_ready(tool, me, view) is not None:
        return found
    for attempt in attempts(tool, me, view):
        if not attempt.refused:
            found.append(attempt.bound)
            if len(found) == PER_TOOL:
                break
    return found


def not_ready(tool: Tool, me: Body, view: View) -> str | None:
    """Why a tool can't be used now, whatever its arguments; None where it may. Raises `ToolBroke`.

    A precondition that refuses instead of giving its reason says the same.
    """
    if tool.on_ready is None:
        return None
    try:
        reason = _asked(tool, tool.on_ready, me, view)
    except ToolRefused as refused:
        reason = str(refused)
    return None if reason is None else str(reason)


def attempts(tool: Tool, me: Body, view: View) -> Iterator[Attempt]:
    """Every call that the tool's candidates give, tried, in a fixed order. Raises `ToolBroke`."""
    for args in _bindings(tool, me, view):
        bound = Bound(tool, args)
        try:
            yield Attempt(bound, effects_of(tool, tool.start, me, view, **args))
        except ToolRefused as refused:
            yield Attempt(bound, (), str(refused) or "it was refused")


def _asked(tool: Tool, part: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Run one part of a tool. Raises `ToolRefused`, or `ToolBroke` for anything unforeseen."""
    try:
        return part(*args, **kwargs)
    except ToolRefused as refused:
        # Half of a surrogate pair is no text: it could be neither remembered nor kept.
        reason = str(refused).encode("utf-8", "replace").decode()
        raise type(refused)(reason) from refused
    except (Exception, SystemExit) as error:
        # A tool is the author's code: whatever it raises must not end the tick.
        raise ToolBroke(tool.name, f"raised {shown(error, 200)}") from error


def _bindings(tool: Tool, me: Body, view: View) -> Iterable[dict[str, Any]]:
    def fill(rest: Sequence[Param], bound: dict[str, Any]) -> Iterable[dict[str, Any]]:
        if not rest:
            yield dict(bound)
            return
        param = rest[0]
        if param.is_words:
            yield from fill(rest[1:], bound)
            return
        for value in candidates(tool, param, me, view, bound):
            yield from fill(rest[1:], {**bound, param.name: value})

    return fill(tool.params, {})


def candidates(
    tool: Tool, param: Param, me: Body, view: View, bound: Mapping[str, Any]
) -> list[Any]:
    """What a parameter can be now, given those before it; at most `CANDIDATES`."""
    found: list[Any] = []
    given = tool.candidates.get(param.name)
    if given is not None:
        wanted = list(inspect.signature(given).parameters)[2:]
        named = [bound[name] for name in wanted]
        try:
            found += _asked(tool, lambda: list(islice(given(me, view, *named), CANDIDATES)))
            return found
        except ToolRefused:
            return []
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
        least, most = len(required), len(params)
        count = f"{least} to {most} arguments" if least < most else f"{most} arguments"
        count = "1 argument" if least == most == 1 else count
        raise ToolRefused(f"{tool.name} takes {count}, not {len(texts)}")
    given = {p.name: _read(p, text, me, view) for p, text in zip(params, texts, strict=False)}
    rest = {param.name: param.default for param in params[len(texts) :]}
    return Bound(tool, given | rest)


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
    result = _asked(tool, part, *args, **kwargs)
    if not isinstance(result, list | tuple) or not all(isinstance(e, SINGLE) for e in result):
        raise ToolBroke(tool.name, f"returned {shown(result, 80)}, not a list of effects")
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
    length: Any
    if callable(takes):
        length = _asked(bound.tool, takes, me, view, **bound.args)
        if not isinstance(length, int | float) or not 0 <= length <= LONGEST_MS:
            raise ToolBroke(bound.tool.name, f"takes {shown(length)}, not milliseconds")
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
        value = float(_asked(bound.tool, hook, me, view, **bound.args))
    except ToolRefused:
        return 0.0
    except (TypeError, ValueError, OverflowError) as error:
        raise ToolBroke(bound.tool.name, f"has a utility that is no number: {error}") from error
    return value if math.isfinite(value) and value > 0 else 0.0
