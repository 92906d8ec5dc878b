"""The timeline: one line for each thing that happened, and which of them are worth telling."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from npcsim.report.facts.people import condensed, left_by_body
from npcsim.report.facts.story import Deed, Line, Story
from npcsim.report.words.roster import roster

ALL_LINES = 90
"""About so many lines tell a whole run; the rest is counted."""

MOST = 0.6
"""A crowd has turned to a state when more than this share of it is there."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline. `note` says who decided; `weight` how much it matters.

    What has no weight is told only in the story of that NPC.
    """

    tick: int
    npc: str
    sort: str
    text: str
    note: str = ""
    weight: int = 1
    others: tuple[str, ...] = ()
    """Ids of the others whom the same befell in the same tick."""
    last: int = -1
    """The tick of the last where one line tells of several; -1: there is but the one."""


@dataclass(frozen=True, slots=True)
class Hour:
    """A heading and what is told under it; `left_out` lesser things happened too."""

    heading: str
    moments: tuple[Moment, ...]
    left_out: int


def plain(text: object) -> str:
    """One line without control, surrogate or text-direction characters: safe to print."""
    kept = (" " if mark in "\n\r\t" else mark for mark in str(text))
    marks = [mark for mark in kept if unicodedata.category(mark) not in ("Cc", "Cs", "Cf")]
    return "".join(marks)


def decided_by(story: Story) -> dict[str, str]:
    """Thought -> the note that says who decided: `local 62%`, `fallback: TimedOut`."""
    notes: dict[str, str] = {}
    for decision in story.decisions.all:
        if decision.fallback:
            notes[decision.thought] = f"fallback: {decision.trouble}"
        else:
            share = "" if decision.share is None else f" {decision.share:.0%}"
            effort = f" ({decision.effort})" if decision.effort else ""
            notes[decision.thought] = f"{decision.tier}{effort}{share}"
    return notes


def moments(story: Story, npc: str | None = None) -> tuple[Moment, ...]:
    """What happened, in order; all of what one NPC did where its id is given."""
    found = [*_deeds(story), *_goals(story), *_talk(story), *_changes(story), *_trouble(story)]
    found += [*_turns(story), *_crowd(story)]
    if npc is None:
        found = [moment for moment in found if moment.weight]
    else:
        found = [moment for moment in found if moment.npc == npc]
    return tuple(sorted(found, key=lambda moment: (moment.tick, moment.sort != "goal")))


def hours(story: Story, npc: str | None = None) -> tuple[Hour, ...]:
    """The timeline under its headings; for all NPCs only what matters most in each."""
    by_hour: defaultdict[str, list[Moment]] = defaultdict(list)
    for moment in moments(story, npc):
        by_hour[story.span.hour(moment.tick)].append(moment)
    limit = max(5, min(16, ALL_LINES // max(len(by_hour), 1)))
    out: list[Hour] = []
    for heading, every in by_hour.items():
        every = every if npc else _together(every)
        kept = every if npc else _weightiest(every, limit)
        out.append(Hour(heading, tuple(kept), len(every) - len(kept)))
    return tuple(out)


def _together(every: list[Moment]) -> list[Moment]:
    """One line for all whom the same befell in the same tick, at the place of the first."""
    same: defaultdict[tuple[tuple[int, int], str, str, str, int], list[Moment]] = defaultdict(list)
    for moment in every:
        ticks = (moment.tick, max(moment.last, moment.tick))
        key = (ticks, moment.sort, moment.text, moment.note, moment.weight)
        same[key].append(moment)
    return [
        replace(first, others=tuple(moment.npc for moment in rest))
        for first, *rest in same.values()
    ]


def when(story: Story, moment: Moment) -> str:
    """When it was; from when to when, where a line gathers what took long."""
    return story.span.between(moment.tick, max(moment.last, moment.tick))


def whose(story: Story, moment: Moment) -> str:
    """The names of those a moment tells of."""
    return roster(story.name(npc) for npc in (moment.npc, *moment.others) if npc)


def _weightiest(every: list[Moment], limit: int) -> list[Moment]:
    """The heaviest; each further one of the same NPC, words or sort weighs a little less."""
    seen: Counter[str] = Counter()
    scored: list[tuple[float, int]] = []
    for number, moment in enumerate(every):
        worn = 0.3 * seen[moment.npc] + 0.6 * seen[moment.text] + 0.15 * seen[moment.sort]
        scored.append((worn - moment.weight, number))
        seen.update((moment.npc, moment.text, moment.sort))
    return [every[number] for _, number in sorted(sorted(scored)[:limit], key=lambda s: s[1])]


def _deeds(story: Story) -> Iterator[Moment]:
    notes = decided_by(story)
    lines: defaultdict[str, list[Line]] = defaultdict(list)
    for line in story.lines:
        lines[line.source].append(line)
    by_npc: defaultdict[str, list[Deed]] = defaultdict(list)
    for deed in story.deeds:
        by_npc[deed.npc].append(deed)
    for npc, deeds in by_npc.items():
        for deed in condensed(deeds):
            if _spoken(deed, lines[npc]):
                continue
            left = left_by_body(deed)
            bad = deed.how not in ("done", "") and not left
            tail = f" ({deed.how}: {deed.reason})" if deed.reason else f" ({deed.how})"
            text = deed.text or deed.tool
            text += f" ×{deed.times}" if deed.times > 1 else ""
            yield Moment(
                deed.start,
                npc,
                "act",
                text + (tail if bad else ""),
                notes.get(deed.thought, ""),
                2 if deed.thought or bad else 0 if left else 1,
                last=deed.end if deed.times > 1 else -1,
            )


def _spoken(deed: Deed, lines: Iterable[Line]) -> bool:
    """Whether the act is only the saying of words that are told already."""
    end = max(deed.end, deed.start) + 1
    return any(
        deed.start <= line.tick <= end
        and (deed.tool == "say" or (line.words and line.words in deed.text))
        for line in lines
    )


def _goals(story: Story) -> Iterator[Moment]:
    notes = decided_by(story)
    for goal in story.goals:
        steps = ": " + ", then ".join(goal.steps) if goal.steps else ""
        text = f"means to {goal.goal}{steps}"
        yield Moment(goal.start, goal.npc, "goal", text, notes.get(goal.thought, ""), 3)
        if goal.how:
            why = f" ({goal.reason})" if goal.reason else ""
            text = f"{goal.how}: {goal.goal}{why}"
            yield Moment(goal.end, goal.npc, "goal", text, "", 3 if goal.how != "dropped" else 2)


def _talk(story: Story) -> Iterator[Moment]:
    notes = decided_by(story)
    for line in story.lines:
        to = f" to {story.name(line.to)}" if line.to else ""
        text = f"says{to}: “{line.words}”"
        yield Moment(line.tick, line.source, "talk", text, notes.get(line.thought, ""), 3)
    for person in story.people:
        for tick, text in person.concluded:
            yield Moment(tick, person.id, "mind", f"concludes: {text}", "", 3)


def _changes(story: Story) -> Iterator[Moment]:
    acted = {(deed.npc, tick) for deed in story.deeds for tick in (deed.start, deed.end)}
    for gift in story.gifts:
        if {(gift.giver, gift.tick), (gift.taker, gift.tick)} & acted:
            continue
        text = f"{gift.count} {gift.item} pass to {story.name(gift.taker)}"
        yield Moment(gift.tick, gift.giver, "items", text, "", 2)
    told = {person.id for person in story.people}
    for fall in story.falls:
        if fall.npc not in told:
            continue
        by = f" by {story.name(fall.by)}" if fall.by else ""
        cause = f" ({fall.cause})" if fall.cause else ""
        yield Moment(fall.tick, fall.npc, "fall", f"falls{by}{cause}", "", 6)


def _crowd(story: Story) -> Iterator[Moment]:
    """What happened to NPCs that are not told of one by one: falls, and turns of the many."""
    told = {person.id for person in story.people}
    fallen: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
    for fall in story.falls:
        if fall.npc not in told:
            fallen[(story.span.hour(fall.tick), fall.archetype, fall.cause)].append(fall.tick)
    for (_, archetype, cause), ticks in fallen.items():
        why = f" ({cause})" if cause else ""
        yield Moment(ticks[0], "", "fall", f"{len(ticks):,} fell, {archetype}{why}", "", 5)
    if story.npcs == len(told):
        return
    for population in story.population:
        most = -1
        for at, tick in enumerate(population.ticks):
            counts = [line[at] for line in population.counts]
            lead = max(range(len(counts)), key=counts.__getitem__)
            if lead != most and counts[lead] > sum(counts) * MOST:
                most, state = lead, population.states[lead]
                text = f"{counts[lead]:,} of {sum(counts):,} now in {state}"
                yield Moment(tick, "", "crowd", text, population.machine, 3)


def _turns(story: Story) -> Iterator[Moment]:
    for turn in story.turns:
        text = f"turns to {turn.state}"
        yield Moment(turn.tick, turn.npc, "state", text, turn.because, 1)


def _trouble(story: Story) -> Iterator[Moment]:
    told = {(deed.npc, deed.reason) for deed in story.deeds if deed.reason}
    for rejection in story.rejections:
        if (rejection.npc, rejection.reason) in told:
            continue
        for tick in rejection.ticks[:1]:
            times = f" ×{len(rejection.ticks)}" if len(rejection.ticks) > 1 else ""
            text = f"cannot {rejection.tool.replace('_', ' ')}{times}: {rejection.reason}"
            yield Moment(tick, rejection.npc, "trouble", text, "", 2, last=rejection.ticks[-1])
    linked = {deed.thought for deed in story.deeds} | {goal.thought for goal in story.goals}
    linked |= {line.thought for line in story.lines}
    for decision in story.decisions.all:
        if decision.fallback and decision.thought not in linked:
            answer = "no answer" if decision.error else "no answer of use"
            by_needs = decision.choice or "carries on"
            text = f"gets {answer} ({decision.trouble}); by needs: {by_needs}"
            yield Moment(decision.decided, decision.npc, "trouble", text, "fallback", 3)
    for notice in story.notices:
        yield Moment(notice.tick, notice.npc, "notice", notice.text, "", 6)
