"""What came of trying a tool, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TriedCall:
    """One legal call: what it would want, and what the world would say to that.

    `rejected` is why the world would not let it happen, or an empty text. Effects are written as
    in a tool; those of `finish` and `interrupted` are what they would be if that were now.
    `outside`: what it reaches out for, and what came of that where it was called; `finish` is
    empty where nothing came. `strange`: what the effects name that is not there, whenever it is.
    """

    call: str
    text: str
    utility: float
    takes: str
    start: tuple[str, ...]
    finish: tuple[str, ...]
    interrupted: tuple[str, ...]
    rejected: str = ""
    outside: str = ""
    strange: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Calls refused for the same reason, the first of them as an example."""

    reason: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What an ask tool answers one call: the data as JSON, and the sentence made of it."""

    call: str
    data: str
    line: str


@dataclass(frozen=True, slots=True)
class Scored:
    """An option as the tiers see it. `ours`: it is the tool that is tried, or a plan that uses it.

    `share` is its part of all utility, `given` what each model asked makes of it: tier -> its
    probability, 0 or 1 where that model gives none. `blended` is how good it is in the end, by the
    tier that decides.
    """

    text: str
    ours: bool
    utility: float
    share: float
    given: Mapping[str, float]
    blended: float


@dataclass(frozen=True, slots=True)
class Ballot:
    """Options that are weighed against one another, and which tier decides in the end and why."""

    purpose: str
    options: tuple[Scored, ...]
    tier: str
    reason: str
    situation: str


@dataclass(frozen=True, slots=True)
class PlanUse:
    """A plan that has the tool as a step. `can`: whether its `when` holds now."""

    name: str
    option: str
    step: str
    can: bool
    when: str
    worth: float


@dataclass(frozen=True, slots=True)
class Trial:
    """Everything `npcsim try` tells."""

    tool: str
    doc: str
    npc: str
    name: str
    when: str
    tick: int
    place: str
    doing: str
    alive: bool
    has_mind: bool
    permitted: bool
    archetypes: tuple[str, ...]
    held: str
    not_ready: str
    lacking: str
    calls: tuple[TriedCall, ...]
    refusals: tuple[Refusal, ...]
    rank: int
    of: int
    react: Ballot | None
    plan: Ballot | None
    plans: tuple[PlanUse, ...]
    temper: float
    notes: tuple[str, ...] = field(default=())
    object: Ballot | None = None
    """The calls themselves, where these are too many to be options: a second thought."""
    looks: bool = False
    """It is an ask tool, with these answers, and these sentences in every situation."""
    answers: tuple[Looked, ...] = ()
    lines: tuple[str, ...] = ()
