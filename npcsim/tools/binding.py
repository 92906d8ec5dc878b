"""A call of a tool with its arguments: bound, worded, begun, ended and weighed."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from npcsim import events as ev
from npcsim.effects import SINGLE, Effect, Occupy, Signal, shown
from npcsim.errors import AlreadySo, ToolRefused
from npcsim.scenario.units import parse_call
from npcsim.tools.language import Texts, fill, said
from npcsim.tools.tool import ARRIVAL, ASK, OUTSIDE, Param, Tool, Words
from npcsim.tools.view import Body, Handle, Kind, Place, Spot, View
from npcsim.world.commit import Bundle
from npcsim.world.rows import Act
from npcsim.world.rules import holder_of

_WRITES = (
    re.compile(r"'Body' object has no attribute '(\w+)'"),
    re.compile(r"property '(\w+)' of 'Body' object has no setter"),
)
LONGEST_MS = 10_000 * 86_400_000
MUTE = "nobody talks"


class ToolBroke(Exception):
    """A tool raised something else than `ToolRefused`, or returned something that is no effect.

    `at`: the file and line it broke at, such as `tools.py:18`; empty where there is none.
    """

    def __init__(self, tool: str, what: str, at: str = "") -> None:
        super().__init__(f"{tool} {what}")
        self.tool = tool
        self.at = at

    def told(self, tick: int, npc: str) -> ev.Rejected:
        """The event that tells of it."""
        return ev.Rejected(tick, npc, self.tool, str(self), (), self.at or self.tool)


@dataclass(frozen=True, slots=True)
class Bound:
    """A tool with every argument filled in."""

    tool: Tool
    args: Mapping[str, Any]

    def text(self, wording: Texts, me: Body) -> str:
        """A wording in the scenario's language with the names filled in."""
        # Words are not found yet; and an act may have begun before its tool had a parameter.
        unsaid = {param.name: "" for param in self.tool.params}
        text = fill(said(wording, me.view.language), me=me, **{**unsaid, **self.args}).strip()
        return text.encode("utf-8", "replace").decode()

    @property
    def plain(self) -> tuple[tuple[str, Any], ...]:
        """The arguments as ids and plain values, as logs and acts keep them."""
        return tuple(
            (name, value.id if isinstance(value, Handle) else _plain(value))
            for name, value in self.args.items()
        )


def _plain(value: Any) -> Any:
    """Words as mere text: what is kept of an act is the same after a snapshot."""
    return str(value) if isinstance(value, Words) else value


def unfit(tool: Tool, me: Body) -> str:
    """Why somebody can't use a tool now, whatever with: role, skill, being held.

    An empty text where nothing is in the way.
    """
    if tool.roles and not me.profile.kinds.intersection(tool.roles):
        spoken = [role.replace("_", " ") for role in tool.roles]
        named = [f"an {role}" if role[0] in "aeiou" else f"a {role}" for role in spoken]
        return f"only {' or '.join(named)} may do that"
    if tool.skill and skill_of(tool, me) <= 0:
        return f"I have no {tool.skill.replace('_', ' ')}"
    holder = holder_of(me.view.world, me.id)
    return f"I am held by {me.view.npc(holder)}" if holder and tool.kind != ASK else ""


def skill_of(tool: Tool, me: Body) -> float:
    """How much of a tool's skill somebody has, as a share of its range; 1 where it takes none."""
    gauge = me.view.world.setting.gauges.get(tool.skill)
    if not tool.skill or gauge is None:
        return 0.0 if tool.skill else 1.0
    level: float = getattr(me, tool.skill)
    return (level - gauge.low) / (gauge.high - gauge.low)


def asked(tool: Tool, part: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Run one part of a tool. Raises `ToolRefused`, or `ToolBroke` for anything unforeseen."""
    try:
        return part(*args, **kwargs)
    except ToolRefused as refused:
        # Half of a surrogate pair is no text: it could be neither remembered nor kept.
        reason = str(refused).encode("utf-8", "replace").decode()
        raise type(refused)(reason) from refused
    except (Exception, SystemExit) as error:
        # A tool is the author's code: whatever it raises must not end the tick.
        what = f"raised {shown(error, 200)}{_written_to(error)}"
        raise ToolBroke(tool.name, what, line_of(part, error)) from error


def _written_to(error: BaseException) -> str:
    """What to do instead, where a tool set an attribute of somebody: reading one says otherwise."""
    if isinstance(error, AttributeError):
        for form in _WRITES:
            if found := form.match(str(error)):
                name = found[1]
                return f": {name} is read here; to change it, return Set(me, {name!r}, ...) or Add"
    return ""


def line_of(part: Any, error: BaseException | None = None) -> str:
    """Where in its file a part of a tool raised an error, or stands; empty where it has no file.

    Of what it calls, the last line that is in the same file as the part itself.
    """
    code = getattr(inspect.unwrap(part) if callable(part) else part, "__code__", None)
    if code is None:
        return ""
    line, trace = code.co_firstlineno, error.__traceback__ if error is not None else None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == code.co_filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{PurePath(code.co_filename).name}:{line}"


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


def started(bound: Bound, me: Body, view: View) -> tuple[Effect, ...]:
    """What a call's start wants. Raises `ToolRefused` or `ToolBroke`.

    Where a scenario has talk switched off, what would be said is passed over as if it were.
    """
    effects = effects_of(bound.tool, bound.tool.start, me, view, **bound.args)
    if view.world.setting.talking is None and any(map(_is_speech, effects)):
        raise AlreadySo(MUTE)
    return effects


def _is_speech(effect: Effect) -> bool:
    return isinstance(effect, Signal) and effect.about == "speech"


def effects_of(tool: Tool, part: Any, *args: Any, **kwargs: Any) -> tuple[Effect, ...]:
    """Run one part of a tool. Raises `ToolRefused`, or `ToolBroke` for anything unforeseen."""
    result = asked(tool, part, *args, **kwargs)
    if not isinstance(result, list | tuple) or not all(isinstance(e, SINGLE) for e in result):
        message = f"returned {shown(result, 80)}, not a list of effects"
        raise ToolBroke(tool.name, message, line_of(part))
    return tuple(result)


def begin(bound: Bound, me: Body, view: View, act_id: int, by: str) -> Bundle:
    """The bundle that starts a call. Raises `ToolRefused` or `ToolBroke`."""
    tool = bound.tool
    why_not = unfit(tool, me)
    if why_not:
        raise ToolRefused(why_not)
    if tool.kind == ASK:
        raise ToolRefused(f"{tool.name} only looks: it is nothing to do")
    effects = started(bound, me, view)
    due = _due(bound, me, view)
    spot = str(bound.args[tool.occupies]) if tool.occupies and due != view.tick else ""
    if spot:
        effects = (Occupy(me, spot), *effects)
    act = Act(act_id, me.id, tool.name, bound.plain, view.tick, due, spot, by)
    seen, did = bound.text(tool.seen, me), bound.text(tool.did, me)
    return Bundle(me.id, tool.name, effects, "start", act, seen, did, by)


def _due(bound: Bound, me: Body, view: View) -> int:
    takes = bound.tool.takes
    if takes == OUTSIDE or (takes == ARRIVAL and view.has_ground):
        return -1
    length: Any
    if callable(takes):
        length = asked(bound.tool, takes, me, view, **bound.args)
        if not isinstance(length, int | float) or not 0 <= length <= LONGEST_MS:
            message = f"takes {shown(length)}, not milliseconds"
            raise ToolBroke(bound.tool.name, message, line_of(takes))
    elif isinstance(takes, int):
        length = takes
    else:
        length = view.travel_ms(me, str(next(iter(bound.args.values())))) or 0
    tick_ms = view.world.setting.tick_ms
    ticks = (int(length) + tick_ms - 1) // tick_ms
    # What is worked out outside begins when the start is committed, so it is never there at once.
    return view.tick + (max(1, ticks) if bound.tool.on_outside is not None else ticks)


def rebound(tool: Tool, act: Act, view: View) -> Bound:
    """The call behind an act, its ids turned back into handles."""
    args: dict[str, Any] = {}
    for param in tool.params:
        kept = dict(act.args)
        if param.name not in kept:
            continue
        value = kept[param.name]
        for kind in param.types:
            if issubclass(kind, Handle) and isinstance(value, str) and exists(kind, value, view):
                value = kind(view, value)
                break
        args[param.name] = value
    return Bound(tool, args)


def exists(kind: type[Handle], id: str, view: View) -> bool:
    """Whether there is such a thing in the world."""
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
    """How good a call is for the body now: its hook, or 0.1. Never negative.

    Where it takes a skill, that times how much of it one has.
    """
    hook = bound.tool.on_utility
    if hook is None:
        return 0.1 * skill_of(bound.tool, me)
    try:
        value = float(asked(bound.tool, hook, me, view, **bound.args))
    except ToolRefused:
        return 0.0
    except (TypeError, ValueError, OverflowError) as error:
        message = f"has a utility that is no number: {error}"
        raise ToolBroke(bound.tool.name, message, line_of(hook)) from error
    return value * skill_of(bound.tool, me) if math.isfinite(value) and value > 0 else 0.0
