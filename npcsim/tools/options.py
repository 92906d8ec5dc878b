"""What somebody could do right now: found by calling tools and looking.

A mind is shown few options. Where a tool has more legal calls than `PER_TOOL`, it is shown the
verb alone ("brew something at the cauldron"), and chooses among the calls in a second thought.
Calls that are worth far more than all others of their tool stand by themselves: who was spoken to
is shown an answer to that one ("talk to Bo about the day"), not "talk to somebody".
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from npcsim.effects import Effect
from npcsim.errors import ToolRefused
from npcsim.tools.binding import (
    Bound,
    ToolBroke,
    asked,
    exists,
    started,
    unfit,
    utility,
)
from npcsim.tools.language import each
from npcsim.tools.tool import Param, Tool
from npcsim.tools.view import Body, Handle, Kind, Place, Spot, View
from npcsim.world.dice import roll

PER_TOOL = 8  # legal calls of one tool that are options by themselves
APART = 10  # so many times the others' worth sets calls apart from them
NAMED = 2  # calls set apart that are options by themselves
TRIED = 64  # calls of a tool that are tried to find its options
WHOLE = 1024  # calls of a tool that are tried where the object is chosen, or none is legal yet
CANDIDATES = 256
OBJECTS = 16

#: How what is still open is said: somebody, somewhere, something, some.
OPEN: Mapping[str, tuple[str, str, str, str]] = {
    "en": ("somebody", "somewhere", "something", "some"),
    "ko": ("누군가", "어딘가", "무언가", "얼마"),
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call that was tried: what its start would want, or why it was refused."""

    bound: Bound
    effects: tuple[Effect, ...]
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """Something one could do now, in its own words: one call, or (`verb`) one of many."""

    tool: Tool
    calls: tuple[Bound, ...]
    text: str
    utility: float
    verb: bool = False


@dataclass(frozen=True, slots=True)
class Survey:
    """The legal calls of a tool. `cut`: there may be more, which were not tried."""

    calls: tuple[Bound, ...]
    cut: bool

    @property
    def is_much(self) -> bool:
        """Whether these are too many to be options by themselves."""
        return bool(self.calls) and (self.cut or len(self.calls) > PER_TOOL)


def options(
    me: Body, view: View, tools: Iterable[Tool], broken: list[ToolBroke] | None = None
) -> list[Option]:
    """Everything one could do now, in a fixed order.

    A tool that breaks has no options and is added to `broken`; where that is None, it raises.
    """
    found: list[Option] = []
    for tool in tools:
        try:
            seen = survey(tool, me, view)
        except ToolBroke as broke:
            if broken is None:
                raise
            broken.append(broke)
            continue
        calls = _worded(seen.calls, me, view, broken)
        found += _grouped(calls, seen.cut, me) if calls and seen.is_much else calls
    return found


def _grouped(calls: Sequence[Option], cut: bool, me: Body) -> list[Option]:
    """Many calls of one tool as few options: those set apart by what they are worth, and a verb.

    `cut`: there may be more calls than these.
    """
    line = max(option.utility for option in calls) / APART
    apart = [option for option in calls if option.utility >= line]
    rest = [option for option in calls if option.utility < line]
    named = apart if len(apart) <= NAMED else [_verb(apart, False, me)]
    others = _verb(rest, cut, me) if rest else None
    if others is None or any(option.text == others.text for option in named):
        return [_verb(calls, cut, me)]
    return [*named, others]


def _verb(calls: Sequence[Option], cut: bool, me: Body) -> Option:
    """Many calls of one tool as one option, worth what the best of them is."""
    seen = Survey(tuple(option.calls[0] for option in calls), cut)
    best = max(option.utility for option in calls)
    return Option(calls[0].tool, seen.calls, verb_text(seen, me), best, True)


def objects(
    tool: Tool, me: Body, view: View, broken: list[ToolBroke] | None = None
) -> list[Option]:
    """The best legal calls of one tool, out of all of them: at most `OBJECTS`, best first.

    Which of equally good ones are left out is drawn by keyed dice, so none is out of reach.
    """
    try:
        calls = _worded(survey(tool, me, view, WHOLE).calls, me, view, broken)
    except ToolBroke as broke:
        if broken is None:
            raise
        broken.append(broke)
        return []
    seed, tick = view.world.setting.mind_seed, view.tick
    ranked = [
        (-option.utility, roll(seed, tick, me.id, f"object {number}"), number)
        for number, option in enumerate(calls)
    ]
    return [calls[number] for _, _, number in sorted(ranked)[:OBJECTS]]


def _worded(
    calls: Iterable[Bound], me: Body, view: View, broken: list[ToolBroke] | None
) -> list[Option]:
    found = []
    for bound in calls:
        try:
            worth = utility(bound, me, view)
        except ToolBroke as broke:
            if broken is None:
                raise
            broken.append(broke)
            continue
        found.append(Option(bound.tool, (bound,), bound.text(bound.tool.option, me), worth))
    return found


def survey(tool: Tool, me: Body, view: View, most: int = TRIED) -> Survey:
    """The legal calls among the first `most` that the candidates give. Raises `ToolBroke`.

    Where none of these is legal, the search goes on to the first that is, within `WHOLE`.
    """
    found: list[Bound] = []
    if not_ready(tool, me, view) is not None:
        return Survey((), False)
    for number, attempt in enumerate(attempts(tool, me, view)):
        if number >= WHOLE or (number >= most and found):
            return Survey(tuple(found), True)
        if not attempt.refused:
            found.append(attempt.bound)
    return Survey(tuple(found), False)


def verb_text(seen: Survey, me: Body) -> str:
    """A tool's option with all that is still open said as something, somebody or somewhere."""
    first = seen.calls[0]
    tool = first.tool
    stands_for = {
        param.name: _open(param, me.view.language)
        for param in tool.params
        if not param.is_words
        and (seen.cut or any(b.args[param.name] != first.args[param.name] for b in seen.calls))
    }
    # "take a {item}" becomes "take something".
    article = re.compile(rf"\b(?:an?|the) (?=\{{(?:{'|'.join(stands_for)})[}}:])")
    wording = each(tool.option, lambda text: article.sub("", text))
    return " ".join(Bound(tool, {**first.args, **stands_for}).text(wording, me).split())


def _open(param: Param, language: str) -> str:
    body, place, thing, count = OPEN.get(language, OPEN["en"])
    kind = param.types[0]
    if kind is bool:
        return ""
    return {Body: body, Place: place, int: count, float: count}.get(kind, thing)


def not_ready(tool: Tool, me: Body, view: View) -> str | None:
    """Why a tool can't be used now, whatever its arguments; None where it may. Raises `ToolBroke`.

    A precondition that refuses instead of giving its reason says the same.
    """
    why_not = unfit(tool, me)
    if why_not or tool.on_ready is None:
        return why_not or None
    try:
        reason = asked(tool, tool.on_ready, me, view)
    except ToolRefused as refused:
        reason = str(refused)
    return None if reason is None else str(reason)


def attempts(tool: Tool, me: Body, view: View) -> Iterator[Attempt]:
    """Every call that the tool's candidates give, tried, in a fixed order. Raises `ToolBroke`."""
    for args in bindings(tool, me, view):
        bound = Bound(tool, args)
        try:
            yield Attempt(bound, started(bound, me, view))
        except ToolRefused as refused:
            yield Attempt(bound, (), str(refused) or "it was refused")


def bindings(tool: Tool, me: Body, view: View) -> Iterator[dict[str, Any]]:
    """Every way to fill in the parameters, the last one changing first. Raises `ToolBroke`."""

    def fill(rest: Sequence[Param], bound: dict[str, Any]) -> Iterator[dict[str, Any]]:
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
    given = tool.candidates.get(param.name)
    if given is not None:
        found = _listed(tool, given, me, view, bound) if callable(given) else given
        read = (_meant(param, value, view) for value in islice(found, CANDIDATES))
        return [value for value in read if value is not None]
    found = []
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


def _listed(
    tool: Tool, given: Callable[..., Iterable[Any]], me: Body, view: View, bound: Mapping[str, Any]
) -> list[Any]:
    wanted = list(inspect.signature(given).parameters)[2:]
    named = [bound[name] for name in wanted]
    try:
        found: list[Any] = asked(tool, lambda: list(islice(given(me, view, *named), CANDIDATES)))
    except ToolRefused:
        return []
    return found


def _meant(param: Param, value: Any, view: View) -> Any:
    """A candidate as the tool takes it: an id becomes the thing. None where there is none now."""
    if not isinstance(value, str) or str in param.types:
        return value
    for kind in param.types:
        if issubclass(kind, Handle) and exists(kind, value, view):
            return kind(view, value)
    return None
