"""What a watcher knows of one NPC, besides the numbers that `Scene` keeps in columns."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field

KEPT_DECISIONS = 24
KEPT_MEMORIES = 1000


@dataclass(frozen=True, slots=True)
class Speech:
    """Words said at `tick`, to the NPC of id `to` (or nobody); shown while tick < `until`."""

    words: str
    to: str
    tick: int
    until: int


@dataclass(frozen=True, slots=True)
class Thinking:
    """A thought in flight: who is to answer it, and when it lands."""

    thought: str
    purpose: str
    why: str
    tier: str
    reason: str
    tick: int
    lands: int


@dataclass(frozen=True, slots=True)
class Doing:
    """An act in progress. `by` is what began it (mind or body), `call` what a plan calls it."""

    act: int
    tool: str
    text: str
    tick: int
    due: int
    by: str
    call: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A decided thought with what was asked and what landed.

    `probabilities` is empty where the model gave none; `pick` is -1 for words. `router` is why
    this tier was asked, `reason` what the mind says of the outcome.
    """

    thought: str
    tick: int
    asked: int
    purpose: str
    why: str
    tier: str
    router: str
    model: str
    options: tuple[str, ...]
    utilities: tuple[float, ...]
    probabilities: tuple[float, ...]
    blended: tuple[float, ...]
    pick: int
    text: str
    fallback: bool
    late: bool
    error: str
    reason: str


@dataclass(frozen=True, slots=True)
class Memory:
    """A line of memory, with when it was made, how important it is (0 to 1), and who it is of.

    What was heard has a `source` (an id), and a `hop`: 1 from one who was there.
    """

    tick: int
    sort: str
    text: str
    id: int = 0
    importance: float = 0.0
    who: str = ""
    source: str = ""
    hop: int = 0


@dataclass(slots=True)
class Step:
    """One step of a plan, and whether it is done. `call` is as the plan has it: `go_to(oven)`."""

    call: str
    done: bool = False

    @property
    def text(self) -> str:
        """The step for people: `go to oven`."""
        return self.call.replace("(", " ").replace(")", "").replace("_", " ").strip()


@dataclass(slots=True)
class Person:
    """One NPC. `row` is its place in the scene's columns."""

    row: int
    serial: int
    id: str
    name: str
    archetype: str
    behaviour: str
    look: str
    mind: bool
    goal: str = ""
    steps: list[Step] = field(default_factory=list)
    goal_end: str = ""
    items: dict[str, int] = field(default_factory=dict)
    acts: dict[int, Doing] = field(default_factory=dict)
    last_act: str = ""
    speech: Speech | None = None
    thinking: dict[str, Thinking] = field(default_factory=dict)
    landings: dict[str, tuple[str, str, bool]] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    memories: list[Memory] = field(default_factory=list)
    fallen: bool = False

    def copy(self) -> Person:
        """One that later events can change without changing this one."""
        other = copy(self)
        other.steps = [copy(step) for step in self.steps]
        other.items, other.acts = dict(self.items), dict(self.acts)
        other.thinking, other.landings = dict(self.thinking), dict(self.landings)
        return other  # decisions and memories are made anew by every change

    @property
    def act(self) -> Doing | None:
        """The act begun last that still goes on."""
        return next(reversed(self.acts.values()), None)

    @property
    def decision(self) -> Decision | None:
        """The decision made last."""
        return self.decisions[-1] if self.decisions else None


@dataclass(slots=True)
class TierCount:
    """What one tier has done so far. `cost` in US dollars."""

    asked: int = 0
    landed: int = 0
    failed: int = 0
    late: int = 0
    fallback: int = 0
    cost: float = 0.0
    healthy: bool = True


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call that waits for leave since `tick`; at tick `due` the rule decides: `otherwise` is
    `allow` or `refuse`. `thought` is the decision behind it, `goal` the plan it is a step of."""

    npc: str
    tool: str
    text: str
    alternatives: tuple[str, ...]
    tick: int
    due: int
    otherwise: str
    thought: str = ""
    why: str = ""
    goal: str = ""


@dataclass(frozen=True, slots=True)
class Cue:
    """A change to be seen over a head: hurt, healed, got or gave, and how much of what."""

    tick: int
    row: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """A readable line of what happened. `row` is the NPC it is about, or -1."""

    tick: int
    sort: str
    text: str
    row: int = -1
