"""What a tool's parts must be like, found when it is made: each mistake is told with its tool."""

from __future__ import annotations

import inspect
import math
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from npcsim.scenario.spelling import nearest
from npcsim.scenario.units import parse_duration
from npcsim.tools.language import PARTICLES
from npcsim.tools.steps import Candidates, Steps

ENDS = ("arrival", "outside")


def check_hook(tool: str, hook: str, function: Any, params: Sequence[str]) -> None:
    """Raises TypeError for a hook that could not be called as it will be.

    hook: finish, interrupted, utility, ready, crowd or outside. params: what the tool takes after
    `me` and `view`; a crowd's targets are as many of them as are written.
    """
    expected = {
        "finish": ("me", "view", "act"), "interrupted": ("me", "view", "act"),
        "utility": ("me", "view", *params), "ready": ("me", "view"),
        "crowd": ("crowd", "who", *params), "outside": ("args",),
    }[hook]  # fmt: skip
    listed = ", ".join(expected)
    what = "its work outside" if hook == "outside" else hook
    if not callable(function):
        raise TypeError(f"tool {tool}: {what} is a function ({listed}), not {function!r:.60}")
    if hook != "outside" and inspect.iscoroutinefunction(function):
        raise TypeError(f"tool {tool}: {what} is called within a tick, so it can't be `async`")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # some functions that are not written in Python don't tell
    if not _binds(signature, hook, params, len(expected)):
        raise TypeError(f"tool {tool}: {what} takes ({listed}), not {_named(signature)}")


def _binds(signature: inspect.Signature, hook: str, params: Sequence[str], count: int) -> bool:
    tries: list[tuple[int, dict[str, None]]] = [(count, {})]
    if hook == "utility":
        tries = [(2, dict.fromkeys(params))]
    elif hook == "crowd":
        tries = [(number, {}) for number in range(2, count + 1)]
    for plain, named in tries:
        try:
            signature.bind(*[None] * plain, **named)
        except TypeError:
            continue
        return True
    return False


def _named(signature: inspect.Signature) -> str:
    """The parameters without their types."""
    bare = [one.replace(annotation=one.empty) for one in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=signature.empty))


def length_of(tool: str, takes: Any) -> int | str | Callable[..., int]:
    """What `takes` means: milliseconds, or what it is.

    Raises TypeError for what is no text or function, ValueError for a text that is no duration.
    """
    if not takes and not isinstance(takes, bool):
        return 0
    if callable(takes) or (isinstance(takes, str) and takes in ENDS):
        known: str | Callable[..., int] = takes
        return known
    expected = 'a duration ("20 min"), "arrival", "outside" or a function giving milliseconds'
    if not isinstance(takes, str):
        raise TypeError(f"tool {tool}: takes is {expected}, not {takes!r:.60}")
    try:
        return parse_duration(takes)
    except ValueError as error:
        hint = nearest(takes, ENDS) or str(error)
        message = f"tool {tool}: takes={takes!r:.60} is not {expected}; {hint}"
        raise ValueError(message) from error


def check_known(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raises TypeError for arguments of a decorator that it does not take."""
    listed = tuple(known)
    for name in given:
        hint = nearest(name, listed) or f"it takes {', '.join(listed)}"
        raise TypeError(f"{what} takes no {name!r}; {hint}")


def check_wording(name: str, text: str, names: set[str]) -> None:
    """Raises TypeError for a wording that is no text or names what is not there."""
    if not isinstance(text, str):
        raise TypeError(f"tool {name}: a wording is a text, or texts by language, not {text!r:.60}")
    try:
        pieces = list(string.Formatter().parse(text))
    except ValueError as error:
        raise TypeError(f"tool {name}: the wording {text!r}: {error}") from error
    for _, piece, spec, conversion in pieces:
        if piece is not None and (piece not in names or conversion):
            known = ", ".join(f"{{{one}}}" for one in sorted(names))
            raise TypeError(f"tool {name}: the wording {text!r} may name {known}, no more")
        if spec and spec not in PARTICLES:
            raise TypeError(f"tool {name}: in the wording {text!r} {spec!r} is no Korean particle")


def check_candidates(
    name: str,
    candidates: Mapping[str, Candidates],
    types_of: Mapping[str, tuple[type[Any], ...]],
) -> None:
    """Raises TypeError for candidates of no parameter, or that are none.

    types_of: the types of each parameter, by name.
    """
    for key in candidates:
        if key not in types_of:
            hint = nearest(key, types_of) or f"it takes {', '.join(types_of) or 'none'}"
            raise TypeError(f"tool {name}: candidates for {key!r}, which is no parameter; {hint}")
    for key, given in candidates.items():
        if isinstance(given, Steps):
            whole = all(isinstance(one, int) for one in (given.low, given.high, given.step))
            if float not in types_of[key] and not (int in types_of[key] and whole):
                raise TypeError(f"tool {name}: {given} can't be candidates of {key!r}")
        elif not callable(given) and not isinstance(given, list | tuple):
            raise TypeError(
                f"tool {name}: candidates of {key!r} are a function, a list or Steps(...), "
                f"not {given!r:.60}"
            )


def check_skill(name: str, skill: Any) -> None:
    """Raises TypeError for a skill that can be no name of an attribute."""
    if skill and (not isinstance(skill, str) or not skill.isidentifier()):
        raise TypeError(f"tool {name}: skill={skill!r} is no name of an attribute")


def roles_of(name: str, roles: str | Iterable[str]) -> tuple[str, ...]:
    """The roles as a tuple. Raises TypeError for what are no names."""
    found: tuple[Any, ...] = (roles,) if isinstance(roles, str) else tuple(roles)
    if not all(isinstance(role, str) and role for role in found):
        raise TypeError(f"tool {name}: roles are names of archetypes, not {roles!r:.60}")
    return found


def check_columns(name: str, columns: Mapping[str, Any]) -> None:
    """Raises TypeError for columns without limits, or that start outside them."""
    for column, limits in columns.items():
        numbers = isinstance(limits, tuple | list) and len(limits) == 3
        if not numbers or not all(
            isinstance(one, int | float) and math.isfinite(one) for one in limits
        ):
            raise TypeError(f"state {name}: column {column!r} needs (lowest, highest, start)")
        low, high, start = limits
        if not low <= start <= high or low == high:
            raise TypeError(f"state {name}: column {column!r} can't start at {start} in {limits}")
