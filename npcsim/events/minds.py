"""What minds do: thoughts asked, landed and decided, memories, goals, leave, scenes, tiers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

CANCELLED = "Cancelled"


@dataclass(frozen=True, slots=True)
class Considered:
    """A tier that the router looked at for a thought: forecast price, and why it was not asked.

    `effort`: at which of its efforts; empty where it has but one. `price` and `worth` in USD:
    what asking would cost and would be worth. `why_not` is empty for the one that was asked.
    """

    tier: str
    effort: str
    price: float
    worth: float
    why_not: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A mind asked a thought.

    `purpose`: day, hours (of a day, written), plan, goal (which sub-goal), react, object (of what
    was decided on), move, speak or reflect; `why`: what set it off.
    `tier` is who answers it, at which `effort`, `reason` why the router chose that tier, `lands`
    the tick of landing. `considered`: all tiers it chose from; none where models are off.
    `trimmed`: memories that the question leaves out to keep to its budget of tokens.
    """

    tick: int
    thought: str
    npc: str
    purpose: str
    why: str
    tier: str
    reason: str
    lands: int
    options: tuple[str, ...]
    utilities: tuple[float, ...]
    effort: str = ""
    considered: tuple[Considered, ...] = ()
    trimmed: int = 0


@dataclass(frozen=True, slots=True)
class Landed:
    """An input: the answer to a thought, or its failure (`answer` None, `error` says why).

    `key` finds the model call with the whole request and answer; tokens are of that call. An
    error that begins with `Cancelled`: nobody could use the answer any more.
    """

    tick: int
    thought: str
    npc: str
    tier: str
    model: str
    key: str
    answer: dict[str, Any] | None
    error: str
    late: bool
    cost_usd: float

    @property
    def cancelled(self) -> bool:
        """Whether the thought was given up: its NPC was down, or interrupted."""
        return self.error.startswith(CANCELLED)


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a landed thought: the options as they were weighed, and the one taken.

    `probabilities` (the model's) is empty where there are none. `blended` is what the dice drew
    from. `pick` is -1 for words. `fallback`: the model failed, needs decided instead. `considered`:
    the dearer tiers that might have been asked after `tier`, and why each was not.
    """

    tick: int
    thought: str
    npc: str
    purpose: str
    tier: str
    options: tuple[str, ...]
    utilities: tuple[float, ...]
    probabilities: tuple[float, ...]
    blended: tuple[float, ...]
    pick: int
    text: str
    fallback: bool
    reason: str
    effort: str = ""
    considered: tuple[Considered, ...] = ()


@dataclass(frozen=True, slots=True)
class Remembered:
    """An NPC remembers something from now on. `sort`: seen, heard, did, felt or concluded.

    `about`: the event or tool it is of. What was heard has a `source`, a `hop` (1: from one who was
    there) and how `sure` one is of it; `fact` is what was passed on, in the words of `origin`.
    `evidence`: ids of the memories that a conclusion rests on. `deed`: the plan whose outcome it
    is, `done` or `failed` times; of something concluded, a lesson about it.
    """

    tick: int
    npc: str
    text: str
    sort: str
    importance: float
    id: int = 0
    about: str = ""
    place: str = ""
    people: tuple[str, ...] = ()
    source: str = ""
    hop: int = 0
    sure: float = 1.0
    fact: str = ""
    origin: str = ""
    evidence: tuple[int, ...] = ()
    deed: str = ""
    done: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Recalled:
    """An NPC recalled memories, by id: they stay fresh for longer."""

    tick: int
    npc: str
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Weighed:
    """How important memories of an NPC, by id, are from now on, 0 to 1 each: by a model."""

    tick: int
    npc: str
    ids: tuple[int, ...]
    importance: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Embedded:
    """An input: what texts mean, as vectors, for recall; or why that is not to be had (`error`).

    `npc`: whose thought asked; empty for what was asked in ticks before. `vectors`: base64 of
    little-endian 16-bit numbers, one vector a text; only their directions count.
    """

    tick: int
    npc: str
    model: str
    texts: tuple[str, ...]
    vectors: tuple[str, ...]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Forgot:
    """Memories of an NPC, by id, are gone. `into`: the id of their summary, 0 where there is none.

    `text` is the summary's, `gist` the foremost of their texts and how often each was there.
    """

    tick: int
    npc: str
    ids: tuple[int, ...]
    into: int
    text: str
    gist: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class GoalStarted:
    """An NPC took up a plan: its steps in the order they are to be done, as texts.

    Or a sub-goal, without steps: then `goal` is `sub_goal`. `parent`: the high goal that it
    serves, in words, and `sub_goal` by which of its sub-goals; empty where it serves none.
    `resumed`: a plan that was interrupted goes on, its steps are those still to do.
    """

    tick: int
    npc: str
    goal: str
    steps: tuple[str, ...]
    parent: str = ""
    sub_goal: str = ""
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class GoalEnded:
    """A plan, a sub-goal or a high goal ended: `how` is done, failed, dropped or interrupted.

    What was interrupted may go on later. `parent` and `sub_goal` as in `GoalStarted`; the end of a
    high goal has itself as its parent.
    """

    tick: int
    npc: str
    goal: str
    how: str
    reason: str
    parent: str = ""
    sub_goal: str = ""


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """A step of a plan could not begin, and what came of that: waits, skipped or rewritten.

    `reason`: the guard as written; `steps` are those to do from now on.
    """

    tick: int
    npc: str
    goal: str
    how: str
    reason: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DayPlanned:
    """An NPC has a sketch of its day: `hours` are times of the day and what is meant for them.

    `by`: the tier that wrote them, empty where they are the scenario's; `dropped`: what of it can't
    be done, and why.
    """

    tick: int
    npc: str
    day: int
    sketch: str
    hours: tuple[tuple[str, str], ...]
    by: str = ""
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TierChanged:
    """An input: a tier became usable or unusable."""

    tick: int
    tier: str
    healthy: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    """A call waits for leave. Nobody saying a word by tick `due`, the scenario's rule decides.

    `alternatives` are the options that were not taken; empty where a plan's next step waits.
    """

    tick: int
    npc: str
    tool: str
    text: str
    alternatives: tuple[str, ...]
    due: int
    otherwise: str


@dataclass(frozen=True, slots=True)
class ApprovalEnded:
    """`verdict`: allowed, refused, changed (`text` is the call done instead), or lapsed.

    `by` is who said so: the input's source, or "rule".
    """

    tick: int
    npc: str
    tool: str
    text: str
    verdict: str
    by: str


@dataclass(frozen=True, slots=True)
class Promised:
    """An NPC has given its word to another; it is due at tick `due`.

    It is to hand over `amount` of `item`, to do `deed` (a tool) to the other, or to be at `place`.
    """

    tick: int
    npc: str
    to: str
    what: str
    due: int
    item: str
    amount: int
    place: str
    deed: str


@dataclass(frozen=True, slots=True)
class PromiseKept:
    """An NPC has kept its word to another; `since` is the tick at which it gave it."""

    tick: int
    npc: str
    to: str
    what: str
    since: int


@dataclass(frozen=True, slots=True)
class PromiseBroken:
    """A promise was not kept by the time it was due; `since` is the tick at which it was given."""

    tick: int
    npc: str
    to: str
    what: str
    since: int


@dataclass(frozen=True, slots=True)
class SceneBegan:
    """Several NPCs have come together in a scene."""

    tick: int
    scene: str
    who: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SceneEnded:
    """A scene is over. `outcome` is the scene's own, or `left`, `fell`, `time is up`, `broken`.

    `since`: the tick it began at; -1 in logs from before it was kept. `told`: what the scene says
    of how it went, such as the terms of a negotiation and what they were worth to each side.
    """

    tick: int
    scene: str
    who: tuple[str, ...]
    outcome: str
    since: int = -1
    told: dict[str, Any] = field(default_factory=dict)
