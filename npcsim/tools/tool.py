"""`@tool`: a typed Python function becomes something NPCs can do.

    @tool(option="brew a {potion} at the {cauldron}", seen="{me} stirs the {cauldron}",
          did="I brewed a {potion}", takes="20 min", occupies="cauldron")
    def brew(me: Body, view: View, potion: Kind, cauldron: Spot) -> list[Effect]:
        if "herb" not in me.carries:
            raise ToolRefused("I have no herbs")
        return [Consume(me, "herb")]

    @brew.finish
    def bottle(me: Body, view: View, act: Act) -> list[Effect]: ...

The function itself is the start. It is pure: it reads the view and returns effects, or raises
`ToolRefused` with the reason. Because of that, whether an option is legal now is found by
calling it and looking.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin, overload

from pydantic import create_model

from npcsim.errors import ToolRefused
from npcsim.scenario.spelling import nearest
from npcsim.speech import GIVEN, KINDS
from npcsim.tools.language import ENGLISH, Texts, all_texts, each, said
from npcsim.tools.shape import (
    check_candidates,
    check_columns,
    check_hook,
    check_known,
    check_skill,
    check_wording,
    length_of,
    roles_of,
)
from npcsim.tools.steps import Candidates
from npcsim.tools.view import Body, Handle, Kind, Place, Spot, View

HANDLES: tuple[type[Handle], ...] = (Place, Spot, Body, Kind)
Hook = TypeVar("Hook", bound=Callable[..., Any])
PLAIN: tuple[type[Any], ...] = (str, int, float, bool)
ARRIVAL, OUTSIDE = "arrival", "outside"
ACT, ASK, STATE = "act", "ask", "state"
HOOKS = ("finish", "interrupted", "utility", "ready", "crowd", "outside")


class Words(str):
    """Annotation for a parameter that a mind fills with words of its own.

    `by`: where they are from, one of `npcsim.speech.ORIGINS`.
    """

    by: str

    def __new__(cls, text: str = "", by: str = GIVEN) -> Words:
        made = super().__new__(cls, text)
        made.by = by
        return made


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter after `me` and `view`: the types it takes, in the order they are tried."""

    name: str
    types: tuple[type[Any], ...]
    default: Any = inspect.Parameter.empty

    @property
    def is_words(self) -> bool:
        return self.types == (Words,)


@dataclass(slots=True)
class Tool:
    """One tool and its hooks. Made by `@tool`, `@ask` or `@state`; not meant to be built by hand.

    `kind`: act (it changes things), ask (it only looks) or state (what a body does in a state).
    """

    name: str
    doc: str
    start: Callable[..., Any]
    params: tuple[Param, ...]
    option: Texts
    seen: Texts
    did: Texts
    candidates: Mapping[str, Candidates]
    takes: int | str | Callable[..., int]
    occupies: str
    stakes: float
    kind: str = ACT
    skill: str = ""
    roles: tuple[str, ...] = ()
    says: Texts = ""
    act: str = ""
    on_finish: Callable[..., Any] | None = None
    on_interrupted: Callable[..., Any] | None = None
    on_utility: Callable[..., float] | None = None
    on_ready: Callable[..., str | None] | None = None
    on_crowd: Callable[..., Any] | None = None
    on_outside: Callable[..., Any] | None = None
    columns: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the start function, as in a test."""
        return self.start(*args, **kwargs)

    def finish(self, function: Hook) -> Hook:
        """What comes of it at the end: `(me, view, act) -> effects`."""
        self._check("finish", function)
        self.on_finish = function
        return function

    def interrupted(self, function: Hook) -> Hook:
        """What comes of it when it is broken off: `(me, view, act) -> effects`."""
        self._check("interrupted", function)
        self.on_interrupted = function
        return function

    def utility(self, function: Hook) -> Hook:
        """How good it is for the body now, >= 0; 1 is pressing. `(me, view, **args) -> float`."""
        self._check("utility", function)
        self.on_utility = function
        return function

    def ready(self, function: Hook) -> Hook:
        """A cheap precondition, asked before candidates: `(me, view) -> reason or None`."""
        self._check("ready", function)
        self.on_ready = function
        return function

    def crowd(self, function: Hook) -> Hook:
        """The same for a whole population: `(crowd, who, *targets) -> blocks`."""
        self._check("crowd", function)
        self.on_crowd = function
        return function

    def outside(self, function: Hook) -> Hook:
        """What is worked out off the tick while the act goes on: `(args) -> JSON data`.

        args: the act's arguments by name, things by their ids, and as `me` who acts. `async`, or
        plain and then run in a thread. `finish` has what came of it as `act.result`. Raises
        TypeError where the tool takes no time of its own, or the function takes other arguments.
        """
        if self.kind != ACT or self.takes in (ARRIVAL, OUTSIDE):
            raise TypeError(f"tool {self.name}: only an act that takes a time can work outside")
        self._check("outside", function)
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"tool {self.name}: its work outside returns data, it yields none")
        self.on_outside = function
        return function

    def _check(self, hook: str, function: Any) -> None:
        check_hook(self.name, hook, function, [one.name for one in self.params if not one.is_words])

    if not TYPE_CHECKING:  # or every misspelt attribute would pass for one

        def __getattr__(self, name: str) -> Any:
            hint = nearest(name, HOOKS)
            known = f"; {hint or 'its hooks are ' + ', '.join(HOOKS)}"
            raise AttributeError(f"a tool has no {name!r}{known}")

    @property
    def from_outside(self) -> bool:
        """Whether an act of it waits for something from outside."""
        return self.on_outside is not None or self.takes == OUTSIDE

    @property
    def schema(self) -> dict[str, Any]:
        """Name, description and JSON Schema of the arguments, as models are shown it.

        `read_only`: it only looks, so it may be called without asking anybody.
        """
        fields: dict[str, Any] = {}
        for param in self.params:
            kind: Any = str if issubclass(param.types[0], Handle | str) else param.types[0]
            required = param.default is inspect.Parameter.empty
            # Words are text of a class that JSON Schema knows nothing of.
            default = str(param.default) if isinstance(param.default, str) else param.default
            fields[param.name] = (kind, ... if required else default)
        model = create_model(self.name, **fields)
        body = model.model_json_schema() | {"additionalProperties": False}
        return {
            "name": self.name, "description": self.doc, "input_schema": body,
            "read_only": self.kind == ASK,
        }  # fmt: skip


@overload
def tool(function: Callable[..., Any], /) -> Tool: ...


@overload
def tool(
    *,
    option: Texts = "",
    seen: Texts = "",
    did: Texts = "",
    candidates: Mapping[str, Candidates] | None = None,
    takes: str | Callable[..., int] = "",
    occupies: str = "",
    stakes: float = 0.1,
    skill: str = "",
    roles: str | Iterable[str] = (),
    act: str = "",
) -> Callable[[Callable[..., Any]], Tool]: ...


def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    option: Texts = "",
    seen: Texts = "",
    did: Texts = "",
    candidates: Mapping[str, Candidates] | None = None,
    takes: str | Callable[..., int] = "",
    occupies: str = "",
    stakes: float = 0.1,
    skill: str = "",
    roles: str | Iterable[str] = (),
    act: str = "",
    **unknown: Any,
) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """Make a tool of a function `(me: Body, view: View, ...) -> list of effects`.

    `option`, `seen`, `did` are its wording as an option, for a witness and in memory; `{me}` and
    the parameters stand for their names. Each is a text, or one a language: `{"en": "brew a
    {potion}", "ko": "{potion:을} 끓인다"}`, where a name may carry a Korean particle. `candidates`
    gives what a parameter can be now: a list of ids or values, `Steps(1, 10)`, or a function
    `(me, view) -> values` that may also name parameters before it. `takes` is a duration ("20
    min"), "arrival", "outside" (until an input ends it), or a function giving milliseconds;
    nothing means at once. `occupies` names the parameter (a `Spot` or a `Body`) it occupies.
    `stakes`, 0 to 1, is how much hangs on it. `skill` names an attribute of 0 to 1 that it takes
    more than 0 of, and by which its utility is multiplied. `roles` are the archetypes that may
    use it, if not everybody may. `act` is the speech act that it comes to, one of
    `npcsim.speech.KINDS`: where one may answer, accept or refuse, that goes before news and small
    talk. Raises TypeError for a function of another shape.
    """
    check_known("@tool", unknown, tool.__kwdefaults__ or ())

    def make(start: Callable[..., Any]) -> Tool:
        params = params_of(start)
        names = {param.name for param in params}
        name = start.__name__
        for text in (*all_texts(option), *all_texts(seen), *all_texts(did)):
            check_wording(name, text, names | {"me"})
        _check_words(name, params)
        held = next((param.types for param in params if param.name == occupies), None)
        if occupies and held is None:
            raise TypeError(f"tool {name}: occupies={occupies!r} is no parameter")
        if held is not None and not {Spot, Body} & set(held):
            raise TypeError(f"tool {name}: only a Spot or a Body is occupied, not {occupies!r}")
        check_candidates(name, candidates or {}, {one.name: one.types for one in params})
        check_skill(name, skill)
        if act and act not in KINDS:
            raise TypeError(f"tool {name}: act must be one of {', '.join(KINDS)}, not {act!r}")
        if not 0 <= stakes <= 1:
            raise TypeError(f"tool {name}: stakes must be from 0 to 1, not {stakes!r}")
        length = length_of(name, takes)
        spoken = name.replace("_", " ")
        wording = option or " ".join([spoken, *(f"{{{p.name}}}" for p in params if not p.is_words)])
        return Tool(
            name, inspect.getdoc(start) or said(wording, ENGLISH), start, params, wording,
            seen or each(wording, "{{me}}: {}".format), did or each(wording, "I did: {}".format),
            dict(candidates or {}), length, occupies, stakes, ACT, skill, roles_of(name, roles),
            act=act,
        )  # fmt: skip

    return make if function is None else make(function)


@overload
def state(function: Callable[..., Any], /) -> Tool: ...


@overload
def state(
    *, columns: Mapping[str, tuple[float, float, float]] | None = None
) -> Callable[[Callable[..., Any]], Tool]: ...


def state(
    function: Callable[..., Any] | None = None,
    /,
    *,
    columns: Mapping[str, tuple[float, float, float]] | None = None,
) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """A state's action written in Python, for whole populations: `(crowd, who) -> blocks`.

    `who` are the serials of the NPCs in the state. What it wants to keep from tick to tick goes
    into `columns`, declared as name -> (lowest, highest, start).
    """

    def make(action: Callable[..., Any]) -> Tool:
        def start(me: Body, view: View) -> list[Any]:
            raise ToolRefused(f"{action.__name__} is something bodies do, not minds")

        made = Tool(
            action.__name__, inspect.getdoc(action) or "", start, (), "", "", "", {}, 0, "", 0.0,
            STATE,
        )  # fmt: skip
        check_hook(made.name, "crowd", action, ())
        made.on_crowd = action
        check_columns(action.__name__, columns or {})
        made.columns = dict(columns or {})
        return made

    return make if function is None else make(function)


def _check_words(name: str, params: tuple[Param, ...]) -> None:
    """Words are what a mind says to somebody."""
    if not any(Words in param.types for param in params):
        return
    first, *between, last = params if len(params) > 1 else (*params, *params)
    ends = (first.name, first.types, last.types) == ("to", (Body,), (Words,))
    if not ends or any(Words in param.types for param in between):
        raise TypeError(
            f"tool {name}: Words are for speech, whose first parameter is `to: Body` "
            "and whose last is `words: Words`"
        )


def params_of(function: Callable[..., Any]) -> tuple[Param, ...]:
    """The parameters after `me` and `view`. Raises TypeError for a function of another shape."""
    name = function.__name__
    hints = typing.get_type_hints(function)
    signature = list(inspect.signature(function).parameters.values())
    if [param.name for param in signature[:2]] != ["me", "view"]:
        raise TypeError(f"tool {name}: the first two parameters must be `me` and `view`")
    params = []
    for param in signature[2:]:
        hint = hints.get(param.name)
        union = get_origin(hint) in (Union, types.UnionType)
        kinds = tuple(get_args(hint)) if union else (hint,)
        if not all(isinstance(k, type) and issubclass(k, (*HANDLES, *PLAIN)) for k in kinds):
            raise TypeError(
                f"tool {name}: parameter {param.name!r} needs a type: Body, Place, Spot, Kind, "
                "Words, str, int, float or bool"
            )
        params.append(Param(param.name, kinds, param.default))
    return tuple(params)
