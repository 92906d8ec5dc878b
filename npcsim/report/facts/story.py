"""What a report knows of a run: plain data, folded from the log once, then told or drawn.

Ticks stay ticks here; `Span.at` turns one into simulated time for people. Ids stay ids beside
the names, so that whatever reads a story can link its parts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from npcsim.events import Considered
from npcsim.events.spending import Spending
from npcsim.report.facts.claims import Claims
from npcsim.report.facts.knowledge import Acquaintance, Fact

DAY_MS = 86_400_000
CROWD = 40
"""Above so many NPCs a story tells of groups, not of each."""


LONG_MS = 600_000
"""What is told in one line and lasted longer is told with its end."""


@dataclass(frozen=True, slots=True)
class Span:
    """The simulated time a run covers. `start_ms` counts from day 1, 00:00."""

    start_ms: int = 0
    tick_ms: int = 1000
    first: int = 0
    last: int = 0

    def ms(self, tick: int) -> int:
        """Simulated milliseconds since day 1, 00:00."""
        return self.start_ms + tick * self.tick_ms

    @property
    def seconds(self) -> float:
        """Simulated seconds from the first tick to the last."""
        return (self.last - self.first) * self.tick_ms / 1000

    def at(self, tick: int) -> str:
        """`06:20`; with seconds where the run is short, with the day where it is long."""
        whole = self.ms(tick) // 1000
        day, rest = divmod(whole, DAY_MS // 1000)
        hour, rest = divmod(rest, 3600)
        minute, second = divmod(rest, 60)
        clock = f"{hour:02}:{minute:02}"
        if self.seconds < 3600:
            clock += f":{second:02}"
        if self.ms(self.last) // DAY_MS != self.ms(self.first) // DAY_MS:
            clock = f"day {day + 1} {clock}"
        return clock

    def between(self, tick: int, last: int) -> str:
        """`06:20`, or `06:20–07:05` where the last comes more than `LONG_MS` later."""
        first, end = self.at(tick), self.at(last)
        if self.ms(last) - self.ms(tick) <= LONG_MS:
            return first
        day, _, clock = end.rpartition(" ")
        return f"{first}–{clock if first.startswith(f'{day} ') else end}"

    def hour(self, tick: int) -> str:
        """The heading a tick stands under: its hour, or its minute in a run under an hour."""
        step = 3_600_000 if self.seconds >= 3600 else 60_000
        whole = self.ms(tick) // step * step
        day, rest = divmod(whole, DAY_MS)
        clock = f"{rest // 3_600_000:02}:{rest // 60_000 % 60:02}"
        long = self.ms(self.last) // DAY_MS != self.ms(self.first) // DAY_MS
        return f"day {day + 1}, {clock}" if long else clock


@dataclass(frozen=True, slots=True)
class Deed:
    """An act, or a row of equal ones. `end` is -1 while it was still going on at the end."""

    npc: str
    start: int
    end: int
    tool: str
    text: str
    how: str
    reason: str = ""
    times: int = 1
    by: str = ""
    thought: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Words said: `to` is empty when they were for whoever was near."""

    tick: int
    source: str
    to: str
    words: str
    place: str
    thought: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """A plan taken up; `how` is empty while it was still held at the end."""

    npc: str
    start: int
    end: int
    goal: str
    steps: tuple[str, ...]
    how: str = ""
    reason: str = ""
    thought: str = ""


@dataclass(frozen=True, slots=True)
class Fall:
    """An NPC's health reached its floor."""

    tick: int
    npc: str
    by: str
    cause: str
    archetype: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """An NPC's body went into another state; `because` is the text of the transition."""

    tick: int
    npc: str
    state: str
    because: str


@dataclass(frozen=True, slots=True)
class Blows:
    """Blows to one party (an NPC, in a crowd an archetype), by who struck hardest in a tick.

    `times` counts the victims and ticks in which that was `source`; `total` is what was lost in
    them, to all who struck then.
    """

    source: str
    target: str
    attribute: str
    times: int
    total: float


@dataclass(frozen=True, slots=True)
class Rejection:
    """Bundles that were not legal when their turn came, with the same reason."""

    npc: str
    tool: str
    reason: str
    ticks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gift:
    """Items that passed from one holder to another."""

    tick: int
    giver: str
    taker: str
    item: str
    count: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something from outside, or an error: a tier's health, an input. `npc`: whom it is about."""

    tick: int
    text: str
    npc: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """A thought from the asking to what came of it. Shares are in the order of `options`.

    `why` set the thought off, `route` is why the router chose `asked_tier`, `tier` is who was to
    decide in the end. `considered` are the tiers that were not asked, each once. `decided` is -1
    where the thought was still in the air at the end of the run.
    """

    thought: str
    npc: str
    purpose: str
    why: str
    asked: int
    decided: int
    asked_tier: str
    tier: str
    model: str
    route: str
    reason: str
    options: tuple[str, ...]
    utilities: tuple[float, ...]
    probabilities: tuple[float, ...]
    blended: tuple[float, ...]
    pick: int
    text: str
    fallback: bool
    error: str
    late: bool
    tokens: int
    cost_usd: float
    effort: str = ""
    considered: tuple[Considered, ...] = ()

    @property
    def decider(self) -> str:
        """The tier, or `fallback` where its model failed and needs decided instead."""
        return "fallback" if self.fallback else self.tier

    @property
    def trouble(self) -> str:
        """Why no answer of a model counted; empty where one did, or none was asked."""
        why = self.error or self.reason.removeprefix("the body decides: ")
        return why if self.fallback else ""

    @property
    def choice(self) -> str:
        """What was decided, in words."""
        return self.options[self.pick] if 0 <= self.pick < len(self.options) else self.text

    @property
    def share(self) -> float | None:
        """The blended share of what was taken; None where nothing was weighed."""
        return self.blended[self.pick] if 0 <= self.pick < len(self.blended) else None


@dataclass(frozen=True, slots=True)
class Pick:
    """A decision worth looking at, and what is remarkable about it."""

    label: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Decisions:
    """All decisions and their tallies. Every tally is in falling order of its count."""

    all: tuple[Decision, ...] = ()
    picks: tuple[Pick, ...] = ()
    by_tier: dict[str, int] = field(default_factory=dict)
    by_purpose: dict[str, int] = field(default_factory=dict)
    routes: dict[tuple[str, str], int] = field(default_factory=dict)
    """(tier, reason with its numbers taken out) -> count."""
    fallbacks: dict[str, int] = field(default_factory=dict)
    """Why no answer of a model counted -> how often."""
    failed: int = 0
    """Of these, where no answer came; the others came and could not be used."""
    late: int = 0
    in_the_air: int = 0


@dataclass(frozen=True, slots=True)
class Spend:
    """Tokens and money of one tier, model and purpose. `input` counts the cached ones too;
    `computed` is what went through the model. `kept`: answers that were there from before."""

    tier: str
    model: str
    purpose: str
    calls: int
    failed: int
    input: int
    output: int
    cached: int
    cost_usd: float
    seconds: float
    kept: int = 0
    computed: int = 0

    @property
    def each(self) -> int:
        """Tokens that a question had, on average of those that were asked and answered."""
        return round(self.input / max(1, self.calls - self.kept - self.failed))


@dataclass(frozen=True, slots=True)
class Curve:
    """Sampled values of one gauge, scaled to 0..1 of its range, at `Series.ticks`."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """Curves with a common time axis. `of` is an NPC id or an archetype (then: means)."""

    of: str
    ticks: tuple[int, ...]
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class Population:
    """How many NPCs of one behaviour were in each state, at `ticks`."""

    machine: str
    states: tuple[str, ...]
    ticks: tuple[int, ...]
    counts: tuple[tuple[int, ...], ...]
    """State by state, then tick by tick."""


@dataclass(frozen=True, slots=True)
class Person:
    """One NPC's part in the story."""

    id: str
    name: str
    archetype: str
    behaviour: str
    mind: bool
    deeds: tuple[Deed, ...]
    goals: tuple[Goal, ...]
    said: tuple[Line, ...]
    heard: tuple[Line, ...]
    gained: dict[str, int]
    lost: dict[str, int]
    items: dict[str, int]
    dealt: tuple[Blows, ...]
    taken: tuple[Blows, ...]
    fell: tuple[Fall, ...]
    concluded: tuple[tuple[int, str], ...]
    states: dict[str, float]
    """State -> share of its time on its feet."""


@dataclass(frozen=True, slots=True)
class Group:
    """All NPCs of one archetype."""

    archetype: str
    behaviour: str
    count: int
    fell: int
    states: dict[str, float]
    tools: dict[str, int]


@dataclass(frozen=True, slots=True)
class Story:
    """A run as a report tells it. `people` is empty for a crowd; `groups` never is."""

    run: str
    scenario: str
    title: str
    seed: int
    mind_seed: int
    npcs: int
    span: Span
    ended: str
    state_hash: str
    models: dict[str, str]
    names: dict[str, str]
    people: tuple[Person, ...]
    groups: tuple[Group, ...]
    deeds: tuple[Deed, ...]
    lines: tuple[Line, ...]
    goals: tuple[Goal, ...]
    falls: tuple[Fall, ...]
    turns: tuple[Turn, ...]
    blows: tuple[Blows, ...]
    gifts: tuple[Gift, ...]
    rejections: tuple[Rejection, ...]
    notices: tuple[Notice, ...]
    talks: dict[tuple[str, str], int]
    decisions: Decisions
    spends: tuple[Spend, ...]
    series: tuple[Series, ...]
    population: tuple[Population, ...]
    summary: dict[str, object]
    spending: Spending
    facts: tuple[Fact, ...] = ()  # what was passed on, the most widely known first
    acquaintance: Acquaintance = field(default_factory=Acquaintance)
    claims: Claims = field(default_factory=Claims)
    measures: dict[str, float] = field(default_factory=dict)  # last values, `name.archetype` too

    def name(self, id: str) -> str:
        """What people call an NPC or a place; the id itself where there is no name."""
        return self.names.get(id, id)

    def person(self, who: str) -> Person | None:
        """The NPC of this id or (any case) name, if the story tells of it."""
        low = who.casefold()
        for person in self.people:
            if who == person.id or low in (person.id.casefold(), person.name.casefold()):
                return person
        return None
