"""Each told NPC's part, and each archetype's, drawn from what the log gave as a whole."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from npcsim.events import ActEnded, ActStarted, Cast, RunStarted
from npcsim.report.facts.columns import Columns
from npcsim.report.facts.story import Deed, Fall, Group, Person, Story


def deed_words(names: Mapping[str, str], started: ActStarted | None, ended: ActEnded | None) -> str:
    """An act without its actor: as the NPC remembers it when done (`went to the mill`), else by
    tool and arguments (`go to the mill`) if `names` has all of these, else as others saw it
    (`uses a honey cake`)."""
    if ended is not None and ended.how == "done" and ended.text:
        return ended.text.removeprefix("I ").removeprefix(f"{names.get(ended.npc, '')} ")
    if started is None:
        return ended.tool.replace("_", " ") if ended else ""
    values = [str(value) for value in started.args.values()]
    if not started.text or (values and all(value in names for value in values)):
        words = [started.tool.replace("_", " "), *(names.get(value, value) for value in values)]
        return " ".join(words)
    return started.text.removeprefix(f"{names.get(started.npc, '')} ")


def condensed(deeds: Iterable[Deed]) -> tuple[Deed, ...]:
    """Consecutive equal acts of one NPC as one, counted, from the first start to the last end."""
    out: list[Deed] = []
    for deed in deeds:
        last = out[-1] if out else None
        if last and _same(last) == _same(deed) and not left_by_body(deed):
            out[-1] = replace(
                last, end=deed.end, times=last.times + deed.times, thought=last.thought
            )
        else:
            out.append(deed)
    return tuple(out)


def left_by_body(deed: Deed) -> bool:
    """Broken off by a turn of the state machine that had begun it: the turn tells of that."""
    return deed.by == "body" and deed.how == "interrupted"


def _same(deed: Deed) -> tuple[str, ...]:
    return (deed.npc, deed.tool, deed.text, deed.how, deed.reason)


def people(
    story: Story,
    cast: Sequence[Cast],
    columns: Columns,
    gained: Mapping[tuple[str, str], int],
    lost: Mapping[tuple[str, str], int],
    concluded: Iterable[tuple[str, int, str]],
) -> tuple[Person, ...]:
    """One `Person` for each of the cast, in its order."""
    deeds, goals, said = (
        _by(story.deeds, "npc"),
        _by(story.goals, "npc"),
        _by(story.lines, "source"),
    )
    heard, fell = _by(story.lines, "to"), _by(story.falls, "npc")
    dealt, taken = _by(story.blows, "source"), _by(story.blows, "target")
    thoughts: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for npc, tick, text in concluded:
        thoughts[npc].append((tick, text))
    plus, minus = _items(gained), _items(lost)
    return tuple(
        Person(
            id=npc.id, name=npc.name or npc.id, archetype=npc.archetype, behaviour=npc.behaviour,
            mind=npc.mind, deeds=condensed(deeds[npc.id]), goals=tuple(goals[npc.id]),
            said=tuple(said[npc.id]), heard=tuple(heard[npc.id]),
            gained=plus[npc.id], lost=minus[npc.id],
            items=_left(npc.items, plus[npc.id], minus[npc.id]),
            dealt=tuple(dealt[npc.id]), taken=tuple(taken[npc.id]), fell=tuple(fell[npc.id]),
            concluded=tuple(thoughts[npc.id]),
            states=columns.shares(np.array([columns.rows_by_id[npc.id]], dtype=np.int64)),
        )
        for npc in cast
    )  # fmt: skip


def _by(things: Iterable[Any], name: str) -> defaultdict[str, list[Any]]:
    """Things by the value of one field, in their order."""
    out: defaultdict[str, list[Any]] = defaultdict(list)
    for thing in things:
        out[getattr(thing, name)].append(thing)
    return out


def _items(counts: Mapping[tuple[str, str], int]) -> defaultdict[str, dict[str, int]]:
    out: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (holder, item), count in counts.items():
        out[holder][item] = count
    return out


def _left(
    held: Mapping[str, int], gained: Mapping[str, int], lost: Mapping[str, int]
) -> dict[str, int]:
    """What an NPC holds in the end."""
    whole = Counter(held)
    whole.update(gained)
    whole.subtract(lost)
    return {item: count for item, count in whole.items() if count > 0}


def groups(
    start: RunStarted,
    columns: Columns,
    tools: Mapping[tuple[str, str], int],
    falls: Iterable[Fall],
) -> tuple[Group, ...]:
    """One `Group` an archetype, in the order of the cast."""
    kinds = {npc.id: npc.archetype for npc in start.cast}
    behaviours = {npc.archetype: npc.behaviour for npc in start.cast}
    fell = Counter(kinds.get(fall.npc, "") for fall in falls)
    ordered = sorted(tools.items(), key=lambda entry: -entry[1])
    return tuple(
        Group(
            archetype=archetype,
            behaviour=behaviours[archetype],
            count=int((columns.kind == number).sum()),
            fell=fell[archetype],
            states=columns.shares(np.flatnonzero(columns.kind == number)),
            tools={tool: count for (kind, tool), count in ordered if kind == archetype},
        )
        for number, archetype in enumerate(columns.archetypes)
    )
