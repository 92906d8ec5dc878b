"""Why an NPC did what it did, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from npcsim.events import Considered


@dataclass(frozen=True, slots=True)
class Sign:
    """A signal that could reach an NPC: who gave it, how far off (tiles), what it held."""

    about: str
    source: str
    to: str
    distance: float
    loudness: float
    content: str


@dataclass(frozen=True, slots=True)
class Near:
    """Another NPC and how far off it was, in tiles."""

    npc: str
    distance: float
    state: str


@dataclass(frozen=True, slots=True)
class Perceived:
    """What could reach an NPC as it began to think, and what of that it kept in memory.

    `needs`: the gauges that are needs, by name. `kept`: the memories made in that tick.
    """

    tick: int
    x: float
    y: float
    state: str
    needs: dict[str, float]
    signs: tuple[Sign, ...]
    near: tuple[Near, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Came:
    """A memory that came to mind. Scores are None where the log doesn't hold what was asked.

    `score` is made of relevance, recency and importance: docs/explain/memory.md.
    """

    id: int
    text: str
    sort: str
    tick: int
    score: float | None
    relevance: float | None
    recency: float | None
    importance: float
    keyword: float | None


@dataclass(frozen=True, slots=True)
class Option:
    """One option as it was weighed. `probability` is the model's, None where it gave none."""

    text: str
    utility: float
    probability: float | None
    blended: float | None
    taken: bool


@dataclass(frozen=True, slots=True)
class Asking:
    """One question to one tier, and what came back.

    `reason` is why the router asked this tier, `considered` all that it looked at. `question` and
    `answer` are as they were kept with the call; None where none was. `seconds` are real ones.
    """

    thought: str
    tick: int
    tier: str
    effort: str
    reason: str
    considered: tuple[Considered, ...]
    lands: int
    landed: int
    model: str
    fingerprint: str
    question: dict[str, Any] | None
    answer: dict[str, Any] | None
    error: str
    late: bool
    seconds: float
    cost_usd: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a thought, and of that: an act, a plan, words, a change to the world.

    `sort`: act, goal, plan, effects, said, remembered or refused. `ended` is -1 while it goes on.
    """

    tick: int
    sort: str
    text: str
    ended: int = -1
    how: str = ""
    reason: str = ""
    effects: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Thought:
    """A thought from what set it off to what became of it. `decided` is -1 while it is open.

    `link`: how it hangs together with what the NPC was doing. `shown`: whether the tier that
    decided was shown what came to mind.
    """

    link: str
    purpose: str
    why: str
    asked: int
    decided: int
    perceived: Perceived
    recalled: tuple[Came, ...]
    shown: bool
    askings: tuple[Asking, ...]
    options: tuple[Option, ...]
    tier: str
    effort: str
    text: str
    fallback: bool
    reason: str
    considered: tuple[Considered, ...]
    cost_usd: float
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Doing:
    """The act that was under way, or the last before. `by`: body, mind or outside."""

    tool: str
    args: dict[str, Any]
    text: str
    since: int
    ended: int
    how: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Turned:
    """The state of an NPC's machine, since when, and the transition that led there."""

    state: str
    since: int
    because: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an NPC did what it did at a tick; `npcsim explain` tells it.

    `goal` is what it meant to do then, with the tick it took that up; empty and -1 for none.
    `words` is the thought that found the words for what `thought` had decided; None for none.
    """

    run: str
    npc: str
    name: str
    tick: int
    start_ms: int
    tick_ms: int
    doing: Doing | None
    body: Turned
    goal: str
    goal_since: int
    thought: Thought | None
    words: Thought | None = None

    def as_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return asdict(self)

    def __str__(self) -> str:
        what = self.doing.text or self.doing.tool if self.doing else "nothing"
        said = f"{self.name} at tick {self.tick}: {what}"
        if self.thought is None:
            because = f" ({self.body.because})" if self.body.because else ""
            return f"{said}; in the state {self.body.state or 'none'}{because}"
        tier = "the body" if self.thought.fallback else self.thought.tier
        return f"{said}; {tier} decided: {self.thought.text}"
