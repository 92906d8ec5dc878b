"""The world's frozen values: kinds, which never change in a run, and the rows of its tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from npcsim.speech import SpeechAct


@dataclass(frozen=True, slots=True)
class Profile:
    """Who an NPC is: what does not change in a run."""

    serial: int
    id: str
    name: str
    archetype: str
    kinds: frozenset[str]
    behaviour: str
    look: str
    mind: bool
    persona: str
    goal: str
    secret: tuple[str, ...]
    home: str
    tools: frozenset[str]
    foes: frozenset[str]
    faction: str = ""
    speaks_for: str = ""


@dataclass(frozen=True, slots=True)
class ItemKind:
    """A kind of item: what using one does, and how one is made (seconds in milliseconds)."""

    id: str
    name: str
    use: Mapping[str, float]
    recipe: Mapping[str, int]
    made_at: str
    makes: int
    takes_ms: int
    value: float


@dataclass(frozen=True, slots=True)
class Faction:
    """A group that holds items in common. `values`: what items are worth to it, in coins."""

    id: str
    home: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class PlaceKind:
    """A place: its words, its centre in tiles, its rectangles on the map (may be none)."""

    id: str
    name: str
    x: float
    y: float
    areas: tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class GaugeKind:
    """A numeric attribute: range, drift per second, and whether it is a need."""

    name: str
    low: float
    high: float
    start: float
    rate: float
    need: bool
    words: tuple[str, str]


@dataclass(frozen=True, slots=True)
class SpotState:
    """A thing that stands somewhere. `attributes` are what tools keep on it."""

    id: str
    kind: str
    x: float
    y: float
    place: str
    locked: bool = False
    attributes: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """A tool call in progress. `due` is a tick, or -1: it ends on arrival or from outside.

    `result_text` is what came from outside as JSON text, empty while there is nothing.
    """

    id: int
    actor: str
    tool: str
    args: tuple[tuple[str, Any], ...]
    start: int
    due: int
    spot: str = ""
    by: str = "mind"
    result_text: str = ""

    @property
    def result(self) -> Any:
        """What came from outside for it, as plain data of the caller's own; None before."""
        return json.loads(self.result_text) if self.result_text else None


@dataclass(frozen=True, slots=True)
class Heard:
    """A signal as it stands in the world for one tick.

    Speech that tells a fact carries it: the fact, at which hop and how sure its speaker is of it,
    and from whom it comes in the end. `act`: what is done by saying it, where that is known.
    """

    about: str
    source: str
    x: float
    y: float
    place: str
    loudness: float
    content: str
    to: str
    fact: str = ""
    hop: int = 0
    sure: float = 1.0
    origin: str = ""
    act: SpeechAct | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """One memory of an NPC, filed under `id`, which is never given out a second time.

    sort: seen, heard, did, felt or concluded. about: the event or tool it is of (`attack`, `told`,
    `craft`). people: ids of who has to do with it. recalled: the tick it was last recalled, -1 for
    never; times: how often.

    What was heard has a source (whom from), a hop (1: from one who was there), and how sure one is
    of it, 0 to 1; `fact` is what was passed on, in the words of `origin`, who was there. evidence:
    ids of the memories that a conclusion rests on.

    A summary covers more than one: the memories from tick `since` to `tick`, of which `gist` holds
    the foremost texts and how often each was there.

    deed: the plan whose outcome it is, `done` or `failed` times. Of something concluded it is a
    lesson: what became of all the times that one tried.
    """

    tick: int
    text: str
    sort: str
    importance: float
    id: int = 0
    about: str = ""
    place: str = ""
    people: tuple[str, ...] = ()
    recalled: int = -1
    times: int = 0
    source: str = ""
    hop: int = 0
    sure: float = 1.0
    fact: str = ""
    origin: str = ""
    evidence: tuple[int, ...] = ()
    covers: int = 1
    since: int = -1
    gist: tuple[tuple[str, int], ...] = ()
    deed: str = ""
    done: int = 0
    failed: int = 0

    @property
    def is_lesson(self) -> bool:
        """Whether it is a conclusion about how a deed goes."""
        return bool(self.deed) and self.sort == "concluded"

    def plain(self) -> list[Any]:
        """As JSON types, without what is left at its default at the end: most have little there."""
        values = list(_WHOLE_MEMORY(self))
        while len(values) > 4 and values[-1] == _LEFT_OUT[len(values) - 5]:
            values.pop()
        return values


_WHOLE_MEMORY = attrgetter(*(f.name for f in fields(Memory)))
_LEFT_OUT = tuple(f.default for f in fields(Memory))[4:]


@dataclass(frozen=True, slots=True)
class Ending:
    """How the last act that a mind began has ended: done, refused, interrupted or failed."""

    tick: int
    act: int
    how: str
    reason: str
    tool: str = ""
    args: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Mind:
    """What a mind holds between thoughts. `steps` are calls (tool, *arguments) still to do.

    `thought` is the one in flight ("" when none), `asked` the tick of the last ask, `resume` the
    tick before which no step is tried again. `speaks` is a call that still lacks its words,
    `reflects` a goal that ended and is to be thought over: (goal, how, reason). `doing` is the
    act that carries out the first of `steps`, 0 when none does. `chooses` is a tool that was
    decided on and whose arguments are still to be chosen: (tool, wording).

    `aim` is the sub-goal held, as `goal.sub-goal`, since tick `aimed`; `open` those that apply,
    and `picks` whether one is to be chosen. `reached`: sub-goals reached so far, `over`: goals that
    have ended. `served`: a plan that has just ended, and how. `aside` are plans that were
    interrupted, with the steps still to do, the latest last.

    `tried` is the plan of the goal that ended, `reflected` the id of the last memory that was
    reflected on.
    `hp` and `company` are how it was and who of note was there when last noted. `waits`: the tick
    since which the first step can't begin, 0 for none; `rewritten`: how often the plan was. `day`
    is the day that `sketch` is for; its `hours`: (milliseconds from midnight, plan).
    `written`: plans that a model wrote for it: (name, wording, steps, what each needs). `wrote`
    is the day for which that was asked, 0 to ask anew; `rewrote` how often that was so today, as
    of what `changed`.
    """

    goal: str = ""
    plan: str = ""
    steps: tuple[tuple[str, ...], ...] = ()
    failures: int = 0
    thought: str = ""
    purpose: str = ""
    asked: int = -(10**9)
    resume: int = 0
    spoken: tuple[tuple[str, int], ...] = ()
    speaks: tuple[str, ...] = ()
    reflects: tuple[str, ...] = ()
    doing: int = 0
    chooses: tuple[str, ...] = ()
    aim: str = ""
    aimed: int = 0
    open: tuple[str, ...] = ()
    picks: bool = False
    reached: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    served: tuple[str, ...] = ()
    aside: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = ()
    tried: str = ""
    reflected: int = 0
    hp: float = 0.0
    company: tuple[str, ...] = ()
    waits: int = 0
    rewritten: int = 0
    day: int = 0
    sketch: str = ""
    hours: tuple[tuple[int, str], ...] = ()
    written: tuple[tuple[str, str, tuple[tuple[str, ...], ...], tuple[str, ...]], ...] = ()
    wrote: int = 0
    rewrote: int = 0
    changed: str = ""

    def plain(self) -> list[Any]:
        """Field by field. Where no day was written nothing of it is there, as in older runs."""
        values = [getattr(self, f.name) for f in fields(self)]
        return values if self.wrote or self.written else values[:-4]


@dataclass(frozen=True, slots=True)
class Bid:
    """An offer on the table. From tick `due` on it stands no longer; 0: it has no such end."""

    give: str
    give_count: int
    want: str
    want_count: int
    tick: int
    due: int = 0

    def stands(self, tick: int) -> bool:
        """Whether it can be taken at a tick."""
        return not self.due or tick < self.due


@dataclass(frozen=True, slots=True)
class Pledge:
    """A promise that stands: `what` it is in words, given at `tick`, `due` at another.

    Kept once `who` has handed over `amount` of `item` (so far: `given`) or done `deed` to `to`;
    with a `place`, by being there when it is due. See `effects.Promise`.
    """

    who: str
    to: str
    what: str
    tick: int
    due: int
    item: str = ""
    amount: int = 1
    place: str = ""
    deed: str = ""
    given: int = 0


@dataclass(frozen=True, slots=True)
class Approval:
    """A call that waits for leave; at tick `due` the rule decides (`allow` or not).

    `step`: it carries out the first step of the plan.
    """

    tool: str
    args: tuple[tuple[str, Any], ...]
    text: str
    due: int
    allow: bool
    step: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """A scene that goes on: who is in it, since which tick, and what was done in it.

    `done`: tools used so far, in order; `by`: who used each, `what` with which arguments, `at`
    which tick; `latest`: tick of the last or `since`. `kept`: what the scene keeps from its
    beginning. `sits`: who sits at it now; None for everybody in it. `said`: the last that was said
    in it, `spoke` how much in all. `of`: the scenario's scene that it is one of, where there may be
    several at a time.
    """

    scene: str
    who: tuple[str, ...]
    since: int
    latest: int
    done: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    what: tuple[tuple[tuple[str, Any], ...], ...] = ()
    at: tuple[int, ...] = ()
    kept: tuple[Any, ...] = ()
    sits: tuple[str, ...] | None = None
    said: tuple[SpeechAct, ...] = ()
    spoke: int = 0
    of: str = ""

    @property
    def sitting(self) -> tuple[str, ...]:
        """Who sits at it now: whose plans rest, and who may have the word."""
        return self.who if self.sits is None else self.sits

    @property
    def turn_of(self) -> str:
        """Whose turn it is, where they take turns: one deed each, in the order of `who`."""
        return self.who[len(self.done) % len(self.who)]
