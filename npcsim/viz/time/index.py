"""What happened when, in a form that a timeline and charts read fast. Pure; folds events once."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from npcsim import events as ev

KINDS = ("talk", "goals", "fights", "escalations", "failures", "others")
"""Kinds of marks, in the order of their lanes."""
HEALTH = ("hp", "health")


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened. `row` is the NPC it is about, or -1."""

    tick: int
    row: int
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """One model call: who was asked, how long it took (real seconds), what it cost and weighed."""

    tick: int
    tier: str
    seconds: float
    tokens_in: int
    tokens_out: int
    cost_usd: float


@dataclass(slots=True)
class Index:
    """Marks by kind, and series of (tick, value) that only grow.

    `decided`: ticks of decisions by tier. `waited`: ticks from question to landing by tier.
    `spent`: US dollars so far. `alive`: how many are up. `ties`: strengths by (who, to whom,
    which).
    """

    marks: dict[str, list[Mark]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    decided: dict[str, list[int]] = field(default_factory=dict)
    waited: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    spent: list[tuple[int, float]] = field(default_factory=list)
    alive: list[tuple[int, float]] = field(default_factory=list)
    ties: dict[tuple[str, str, str], list[tuple[int, float]]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    tick: int = 0
    _rows: dict[str, int] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _asked: dict[str, tuple[int, str]] = field(default_factory=dict)
    _landed: dict[str, str] = field(default_factory=dict)
    _struck: int = -(10**9)

    @classmethod
    def of(cls, events: Iterable[ev.Event]) -> Index:
        """The index of a whole list."""
        made = cls()
        for event in events:
            made.apply(event)
        return made

    def apply(self, event: ev.Event) -> None:
        """Fold one event, in order."""
        self.tick = event.tick
        match event:
            case ev.RunStarted():
                self._rows = {one.id: row for row, one in enumerate(event.cast)}
                self._names = {one.id: one.name for one in event.cast}
                self.alive.append((event.tick, float(len(event.cast))))
            case ev.Signalled() if event.about == "speech":
                self._mark("talk", event.source, f"{self._name(event.source)}: “{event.content}”")
            case ev.Fell() | ev.Rose():
                up = isinstance(event, ev.Rose)
                self._mark(
                    "fights", event.npc, f"{self._name(event.npc)} {'rose' if up else 'fell'}"
                )
                self.alive.append((event.tick, self.alive[-1][1] + (1 if up else -1)))
            case ev.Changed() if event.attribute in HEALTH and len(event.by):
                if event.tick > self._struck + 1:  # a fight is one mark for as long as it goes on
                    self.marks["fights"].append(Mark(event.tick, -1, "a fight begins"))
                self._struck = event.tick
            case ev.Broke():
                self._mark("fights", event.by, f"{self._name(event.by)} breaks a {event.kind}")
            case ev.GoalStarted() | ev.GoalEnded():
                how = event.how if isinstance(event, ev.GoalEnded) else "begun"
                self._mark("goals", event.npc, f"{self._name(event.npc)}, {how}: {event.goal}")
            case ev.Tied():
                for who, to, tie, value in event.ties:
                    self.ties.setdefault((who, to, tie), []).append((event.tick, value))
            case _:
                self._mind(event)

    def _mind(self, event: ev.Event) -> None:
        match event:
            case ev.Asked():
                if self._landed.pop(event.npc, None) is not None:  # not decided on: it went up
                    text = f"{self._name(event.npc)} asks {event.tier}: {event.reason}"
                    self._mark("escalations", event.npc, text)
                self._asked[event.thought] = (event.tick, event.tier)
            case ev.Landed():
                asked, tier = self._asked.pop(event.thought, (event.tick, event.tier))
                self.waited.setdefault(tier, []).append((event.tick, float(event.tick - asked)))
                self._landed[event.npc] = event.thought
                if event.cost_usd:
                    before = self.spent[-1][1] if self.spent else 0.0
                    self.spent.append((event.tick, before + event.cost_usd))
                if event.answer is None and not event.cancelled:
                    self._mark("failures", event.npc, f"{self._name(event.npc)}: {event.error}")
            case ev.Decided():
                self._landed.pop(event.npc, None)
                self._asked.pop(event.thought, None)
                self.decided.setdefault(event.tier, []).append(event.tick)
            case ev.TierChanged() if not event.healthy:
                self.marks["failures"].append(Mark(event.tick, -1, f"{event.tier}: {event.reason}"))
            case ev.Rejected() if event.broke:
                self._mark("failures", event.actor, f"{self._name(event.actor)}: {event.reason}")
            case ev.SceneBegan():
                self._mark("others", event.who[0] if event.who else "", f"{event.scene} begins")
            case ev.ApprovalAsked() | ev.Promised():
                what = event.text if isinstance(event, ev.ApprovalAsked) else event.what
                self._mark("others", event.npc, f"{self._name(event.npc)}: {what}")
            case ev.Given():
                self.marks["others"].append(Mark(event.tick, -1, f"input from {event.source}"))

    def _mark(self, kind: str, npc: str, text: str) -> None:
        self.marks[kind].append(Mark(self.tick, self._rows.get(npc, -1), text))

    def _name(self, npc: str) -> str:
        return self._names.get(npc, npc) or "somebody"

    def beside(self, kind: str, tick: int, way: int, row: int | None = None) -> Mark | None:
        """The next mark after a tick (way 1) or the last before it (-1); `row`: of one NPC.

        kind: one of KINDS, or "" for all of them.
        """
        best: Mark | None = None
        for name in (kind,) if kind else KINDS:
            found = _beside(self.marks[name], tick, way, row)
            if found is not None and (best is None or (found.tick - best.tick) * way < 0):
                best = found
        return best

    def near(self, kind: str, tick: int, reach: int) -> Mark | None:
        """The mark of a kind nearest to a tick, within `reach` ticks."""
        marks = self.marks[kind]
        at = bisect_left(marks, tick, key=lambda mark: mark.tick)
        tried = [mark for mark in marks[max(0, at - 1) : at + 1] if abs(mark.tick - tick) <= reach]
        return min(tried, key=lambda mark: abs(mark.tick - tick), default=None)


def _beside(marks: list[Mark], tick: int, way: int, row: int | None) -> Mark | None:
    if way > 0:
        at = bisect_right(marks, tick, key=lambda mark: mark.tick)
    else:
        at = bisect_left(marks, tick, key=lambda mark: mark.tick) - 1
    while 0 <= at < len(marks):
        if row is None or marks[at].row == row:
            return marks[at]
        at += way
    return None
