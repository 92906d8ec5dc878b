"""Folds a log into a `Story`: one pass over the events, one over the model calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import numpy as np

from npcsim import events as ev
from npcsim.errors import StoreError
from npcsim.events.spending import Spending
from npcsim.messages import ModelCall
from npcsim.report.facts.claims import Grounds
from npcsim.report.facts.columns import Columns
from npcsim.report.facts.deciding import decisions, spends
from npcsim.report.facts.knowledge import Beginning, Hearing
from npcsim.report.facts.noticed import about, noticed, tools_changed
from npcsim.report.facts.people import deed_words, groups, people
from npcsim.report.facts.story import (
    CROWD,
    Blows,
    Deed,
    Fall,
    Gift,
    Goal,
    Line,
    Notice,
    Rejection,
    Span,
    Story,
    Turn,
)  # fmt: skip

INSTEAD = " instead"


class Tally:
    """What has been read so far. In a crowd, an NPC that is not told of counts as its archetype."""

    def __init__(self, start: ev.RunStarted, tell: Collection[str], beginning: Beginning) -> None:
        self.start = start
        self.columns = Columns(start)
        self.last = start.tick
        self.hash = ""
        self.ended = ""
        everyone = [npc.id for npc in start.cast]
        minds = [npc.id for npc in start.cast if npc.mind]
        chosen = everyone if len(everyone) <= CROWD else minds if len(minds) <= CROWD else []
        asked_for = {npc.id for npc in start.cast if npc.id in tell or npc.name in tell}
        self.told = frozenset(chosen) | asked_for
        self.archetype = {npc.id: npc.archetype for npc in start.cast}
        self.names = {place.id: place.name or place.id for place in start.places}
        self.names |= {spot.id: spot.id.replace("_", " ") for spot in start.spots}
        self.names |= {npc.id: npc.name or npc.id for npc in start.cast}
        self.going: dict[tuple[str, int], ev.ActStarted] = {}
        self.deeds: list[Deed] = []
        self.gave_way: dict[str, int] = {}
        self.tools: Counter[tuple[str, str]] = Counter()
        self.plans: dict[tuple[str, str], Goal] = {}
        self.goals: list[Goal] = []
        self.lines: list[Line] = []
        self.talks: Counter[tuple[str, str]] = Counter()
        self.falls: list[Fall] = []
        self.turns: list[Turn] = []
        self.gifts: list[Gift] = []
        self.gained: Counter[tuple[str, str]] = Counter()
        self.lost: Counter[tuple[str, str]] = Counter()
        self.blows: dict[tuple[str, str, str], tuple[int, float]] = {}
        self.rejected: dict[tuple[str, str, str], list[int]] = {}
        self.notices: list[Notice] = []
        self.concluded: list[tuple[str, int, str, tuple[int, ...]]] = []
        self.outcomes: dict[tuple[str, int], int] = {}
        self.asked: dict[str, ev.Asked] = {}
        self.landed: dict[str, ev.Landed] = {}
        self.decided: list[ev.Decided] = []
        self.spending = Spending(start)
        self.hearing = Hearing(self.told)
        self.grounds = Grounds(start, self.told, beginning)
        self.measures: dict[str, float] = {}
        self.columns.watched[[npc.id in self.told for npc in start.cast]] = True
        self._parties()

    def _parties(self) -> None:
        names = [self.party(npc.id) for npc in self.start.cast]
        self.party_names = tuple(dict.fromkeys(names))
        number = {name: i for i, name in enumerate(self.party_names)}
        self.party_of = np.array([number[name] for name in names], dtype=np.int64)

    def party(self, npc: str) -> str:
        """The NPC, or its archetype where it is one of a crowd."""
        return npc if npc in self.told else self.archetype.get(npc, npc)

    def take(self, event: ev.Event) -> None:
        """Read one event."""
        self.last = max(self.last, event.tick)
        self.spending.take(event)
        if self.told:
            self.grounds.take(event)
        match event:
            case ev.StateChanged():
                self.turns += self.columns.shifted(event)
            case ev.Drifted():
                self.columns.drifted(event)
            case ev.Changed():
                self._changed(event)
            case ev.TickEnded():
                self.hash = event.hash
                self.columns.sample(event.tick)
            case ev.ActStarted() | ev.ActEnded():
                self._act(event)
            case ev.Signalled(about="speech"):
                self._speech(event)
            case ev.Asked():
                self.asked[event.thought] = event
            case ev.Landed():
                self.landed[event.thought] = event
            case ev.Decided():
                self.decided.append(event)
            case ev.Applied():
                for effect in event.effects:
                    self._effect(event.tick, effect)
            case ev.GoalStarted() | ev.GoalEnded():
                self._goal(event)
            case _:
                self._rare(event)

    def _remembered(self, event: ev.Remembered) -> None:
        """Conclusions; a lesson with when that happened which it rests on."""
        if event.sort != "concluded":
            if event.deed:
                self.outcomes[event.npc, event.id] = event.tick
            return
        ids = reversed(event.evidence) if event.deed else ()
        rests = [self.outcomes[event.npc, id] for id in ids if (event.npc, id) in self.outcomes]
        self.concluded.append((event.npc, event.tick, event.text, tuple(rests)))

    def _rare(self, event: ev.Event) -> None:
        match event:
            case ev.Rejected():
                key = (self.party(event.actor), event.tool, event.reason)
                self.rejected.setdefault(key, []).append(event.tick)
            case ev.Fell():
                kind = self.archetype.get(event.npc, "")
                self.falls.append(Fall(event.tick, event.npc, event.by, event.cause, kind))
                self.columns.fell(event.npc, event.tick)
            case ev.Measured(name=name, group=group, value=value):
                self.measures[name if group == "all" else f"{name}.{group}"] = value
            case ev.Rose():
                self.columns.rose(event.npc, event.tick)
            case ev.Remembered() if event.npc in self.told:
                self.hearing.remembered(event)
                self._remembered(event)
            case ev.TierChanged():
                how = "came back" if event.healthy else "went down"
                why = f": {event.reason}" if event.reason else ""
                self.notices.append(Notice(event.tick, f"tier {event.tier} {how}{why}"))
            case (
                ev.ApprovalAsked()
                | ev.ApprovalEnded()
                | ev.Broke()
                | ev.SceneBegan()
                | ev.SceneEnded()
                | ev.Promised()
                | ev.PromiseKept()
                | ev.PromiseBroken()
            ):
                self.notices.append(Notice(event.tick, noticed(event, self.names), about(event)))
            case ev.ToolsChanged():
                self.notices.append(Notice(event.tick, tools_changed(event)))
            case ev.ScenarioChanged():
                self.columns.limited(event.gauges)
                changes = ", ".join(event.changes) or "other models"
                self.notices.append(Notice(event.tick, f"the scenario is changed: {changes}"))
            case ev.Given() if "tools" in event.entry or "change" in event.entry:
                pass  # what became of it follows
            case ev.Given():
                entry = ", ".join(f"{key} {value!s:.80}" for key, value in event.entry.items())
                self.notices.append(Notice(event.tick, f"{event.source} put in: {entry}"))
            case ev.Resumed():
                again = f"; {len(event.again)} thoughts asked again" if event.again else ""
                self.notices.append(Notice(event.tick, f"resumed here ({event.why}){again}"))
            case ev.RunEnded():
                self.ended, self.hash = event.reason, event.hash or self.hash
            case _:
                """Positions and nameless signals are for the window."""

    def _changed(self, event: ev.Changed) -> None:
        delta = self.columns.changed(event)
        if delta is None or event.attribute != "hp" or len(event.by) != len(event.who):
            return
        known = (event.by < len(self.columns.row_of)) & (event.by != event.who) & (delta < 0)
        if not known.any():
            return
        source = self.party_of[self.columns.rows(event.by[known])]
        target = self.party_of[self.columns.rows(event.who[known])]
        size = len(self.party_names)
        pairs, inverse = np.unique(source * size + target, return_inverse=True)
        counts = np.bincount(inverse)
        totals = np.bincount(inverse, weights=-delta[known])
        for pair, count, total in zip(pairs, counts, totals, strict=True):
            names = self.party_names[int(pair) // size], self.party_names[int(pair) % size]
            old = self.blows.get((*names, event.attribute), (0, 0.0))
            new = (old[0] + int(count), old[1] + float(total))
            self.blows[(*names, event.attribute)] = new

    def _act(self, event: ev.ActStarted | ev.ActEnded) -> None:
        if isinstance(event, ev.ActStarted):
            self.tools[(self.archetype.get(event.npc, ""), event.tool)] += 1
            if event.npc in self.told:
                self.going[(event.npc, event.act)] = event
                self._instead(event)
        elif event.npc in self.told:
            started = self.going.pop((event.npc, event.act), None)
            if event.reason.endswith(INSTEAD):
                self.gave_way[event.npc] = len(self.deeds)
            self.deeds.append(self._deed(started or event, started, event))

    def _instead(self, event: ev.ActStarted) -> None:
        """Tell in words for what the act before was broken off: the log has the tool's name."""
        at = self.gave_way.pop(event.npc, None)
        if at is not None and self.deeds[at].reason == event.tool + INSTEAD:
            words, old = deed_words(self.names, event, None), self.deeds[at]
            reason = words + INSTEAD if words != old.text else "begun anew"
            self.deeds[at] = replace(old, reason=reason)

    def _deed(
        self,
        begun: ev.ActStarted | ev.ActEnded,
        started: ev.ActStarted | None,
        ended: ev.ActEnded | None,
    ) -> Deed:
        """One act. A refused one never started; one still going on at the end never ended."""
        return Deed(
            npc=begun.npc,
            start=begun.tick,
            end=ended.tick if ended else -1,
            tool=begun.tool,
            text=deed_words(self.names, started, ended),
            how=ended.how if ended else "",
            reason=ended.reason if ended else "",
            by=started.by if started else "",
        )

    def _speech(self, event: ev.Signalled) -> None:
        self.talks[(self.party(event.source), self.party(event.to))] += 1
        self.hearing.spoke(event)
        if event.source in self.told or event.to in self.told:
            self.lines.append(Line(event.tick, event.source, event.to, event.content, event.place))

    def _goal(self, event: ev.GoalStarted | ev.GoalEnded) -> None:
        if event.npc not in self.told:
            return
        key = (event.npc, event.goal)
        if isinstance(event, ev.GoalStarted):
            self._close(key)
            self.plans[key] = Goal(event.npc, event.tick, -1, event.goal, event.steps)
            return
        plan = self.plans.pop(key, Goal(event.npc, event.tick, -1, event.goal, ()))
        self.goals.append(replace(plan, end=event.tick, how=event.how, reason=event.reason))

    def _close(self, key: tuple[str, str]) -> None:
        if key in self.plans:
            self.goals.append(self.plans.pop(key))

    def _effect(self, tick: int, effect: Mapping[str, object]) -> None:
        kind, item = effect.get("kind"), str(effect.get("item", ""))
        count = int(str(effect.get("count", 1)))
        if kind == "create":
            self.gained[(str(effect["holder"]), item)] += count
        elif kind == "consume":
            self.lost[(str(effect["holder"]), item)] += count
        elif kind == "transfer":
            giver, taker = str(effect["giver"]), str(effect["taker"])
            self.lost[(giver, item)] += count
            self.gained[(taker, item)] += count
            if giver in self.told or taker in self.told:
                self.gifts.append(Gift(tick, giver, taker, item, count))

    def close(self) -> None:
        """End what was still going on."""
        self.columns.finish(self.last)
        self.deeds += (self._deed(begun, begun, None) for begun in self.going.values())
        self.goals += self.plans.values()
        self.deeds.sort(key=lambda deed: deed.start)
        self.goals.sort(key=lambda goal: goal.start)


def story(
    events: Iterable[ev.Event],
    calls: Iterable[ModelCall] = (),
    summary: Mapping[str, object] | None = None,
    tell: Collection[str] = (),
    beginning: Beginning | None = None,
) -> Story:
    """What happened in a run.

    `events` in the log's order, the first a `RunStarted`; an unfinished run is fine. Of more than
    `CROWD` NPCs each is told of only if it has a mind (and few have), or is in `tell` (ids or
    names). `beginning`: what was so before the first tick, see `beginning_of`. Raises `StoreError`
    when the log does not begin with the start of a run.
    """
    rest = iter(events)
    start = next(rest, None)
    if not isinstance(start, ev.RunStarted):
        raise StoreError("this log does not begin with the start of a run")
    before = beginning or Beginning()
    tally = Tally(start, tell, before)
    tally.columns.sample(start.tick)
    for event in rest:
        tally.take(event)
    tally.close()
    return replace(
        _bound(tally, calls, dict(summary or {})),
        facts=tally.hearing.facts(before),
        acquaintance=tally.hearing.acquaintance(before),
        claims=tally.grounds.claims(),
        measures=tally.measures,
    )


def _bound(tally: Tally, calls: Iterable[ModelCall], summary: dict[str, object]) -> Story:
    start = tally.start
    made = {event.thought for event in tally.decided}
    near: dict[tuple[str, int], list[ev.Decided]] = {}
    for event in tally.decided:
        near.setdefault((event.npc, event.tick), []).append(event)

    def thought(npc: str, tick: int, text: str, by: str = "") -> str:
        """The decision behind something: named outright, or just made by that NPC and fitting."""
        if by in made or by == "body":
            return by if by in made else ""
        for event in [*near.get((npc, tick), ()), *near.get((npc, tick - 1), ())]:
            taken = event.options[event.pick] if 0 <= event.pick < len(event.options) else ""
            if (taken and by == "mind") or (text and text in (taken, event.text)):
                return str(event.thought)
        return ""

    falls = tuple(tally.falls)
    blows = tuple(
        Blows(*key, times, total)
        for key, (times, total) in sorted(tally.blows.items(), key=lambda kv: -kv[1][0])
    )
    told = Story(
        run=start.run, scenario=start.scenario, title=start.title, seed=start.seed,
        mind_seed=start.mind_seed, npcs=len(start.cast),
        span=Span(start.start_ms, start.tick_ms, start.tick, tally.last),
        ended=tally.ended, state_hash=tally.hash, models=dict(start.models), names=tally.names,
        people=(), groups=groups(tally.start, tally.columns, tally.tools, falls),
        deeds=tuple(
            replace(deed, thought=thought(deed.npc, deed.start, deed.text, deed.by))
            for deed in tally.deeds
        ),
        lines=tuple(
            replace(line, thought=thought(line.source, line.tick, line.words))
            for line in tally.lines
        ),
        goals=tuple(
            replace(goal, thought=thought(goal.npc, goal.start, goal.goal))
            for goal in tally.goals
        ),
        falls=falls, turns=tuple(tally.turns), blows=blows, gifts=tuple(tally.gifts),
        rejections=tuple(Rejection(*key, tuple(at)) for key, at in tally.rejected.items()),
        notices=tuple(tally.notices), talks=dict(tally.talks.most_common()),
        decisions=decisions(tally.asked, tally.landed, tally.decided),
        spends=spends(calls, tally.asked, tally.landed),
        series=tally.columns.series(tally.told), population=tally.columns.population(),
        summary=summary, spending=tally.spending,
    )  # fmt: skip
    cast = tuple(npc for npc in start.cast if npc.id in tally.told)
    concluded = [
        (npc, tick, f"{text} ({', '.join(map(told.span.at, rests))})" if rests else text)
        for npc, tick, text, rests in tally.concluded
    ]
    return replace(
        told,
        people=people(told, cast, tally.columns, tally.gained, tally.lost, concluded),
    )
