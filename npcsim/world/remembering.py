"""Effects on memory: a memory is made, recalled, or forgotten; and a promise, which both keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from npcsim import events as ev
from npcsim.effects import Effect, Forget, Promise, Recall, Remember, Weigh, shown
from npcsim.world import promises, rules
from npcsim.world.memories import key_of, leaning, merged
from npcsim.world.rows import Memory
from npcsim.world.state import World

LONGEST = 2000
"""Of a longer text only the beginning is kept."""
MOST_EVIDENCE = 16
Told = tuple[rules.Undo, list[ev.Event]]


def apply(world: World, effect: Effect) -> Told:
    """Change the world by a single effect; `rules.apply` knows all but those on memory.

    -> (how to undo it, what is to be told of it). Raises `Illegal`.
    """
    match effect:
        case Remember():
            return _remember(world, effect)
        case Recall():
            return _recall(world, effect)
        case Weigh():
            return _weigh(world, effect)
        case Forget():
            return _forget(world, effect)
        case Promise():
            return _promise(world, effect)
    return rules.apply(world, effect), []


def learn(world: World, npc: str, line: Memory) -> Memory:
    """Put a memory into the table under the next id of that NPC. -> it, with its id."""
    id = (world.remembered.get(npc) or 0) + 1
    line = replace(line, id=id)
    world.remembered.put(npc, id)
    world.memories.put(key_of(npc, id), line)
    return line


def told(npc: str, line: Memory) -> ev.Remembered:
    """A memory as the event that tells of it."""
    return ev.Remembered(
        line.tick, npc, line.text, line.sort, line.importance, line.id, line.about, line.place,
        line.people, line.source, line.hop, line.sure, line.fact, line.origin, line.evidence,
        line.deed, line.done, line.failed,
    )  # fmt: skip


def line_of(event: ev.Remembered) -> Memory:
    """Inverse of `told`."""
    return Memory(
        event.tick, event.text, event.sort, event.importance, event.id, event.about, event.place,
        event.people, source=event.source, hop=event.hop, sure=event.sure, fact=event.fact,
        origin=event.origin, evidence=event.evidence, deed=event.deed, done=event.done,
        failed=event.failed,
    )  # fmt: skip


def _promise(world: World, effect: Promise) -> Told:
    undo, pledge = promises.give(world, effect)
    undos = [undo]
    events: list[ev.Event] = [promises.told(world.tick, pledge)]
    for line in promises.memories(world, pledge, promises.GIVEN):
        undo, lines = _remember(world, line)
        undos.append(undo)
        events += lines

    def undo_all() -> None:
        for one in reversed(undos):
            one()

    return undo_all, events


def _remember(world: World, effect: Remember) -> Told:
    npc = _npc(world, effect.who)
    line = _line(world, npc, effect)
    if not world.setting.memory.kept:
        return lambda: None, []
    if effect.importance is None:
        importance = world.setting.memory.importance(npc, line)
    else:
        importance = min(max(rules.finite(effect.importance, "importance"), 0.0), 1.0)
    before = world.remembered.get(npc)
    line = learn(world, npc, replace(line, importance=importance))

    def undo() -> None:
        world.memories.drop(key_of(npc, line.id))
        world.remembered.restore(npc, before)

    return undo, [told(npc, line)]


def _line(world: World, npc: str, effect: Remember) -> Memory:
    text, sort = rules.words(effect.text, "a memory"), rules.words(effect.sort, "a memory's sort")
    place = effect.place
    if place is None:
        number = int(world.columns["place"][world.setting.serial_of[npc]])
        place = list(world.setting.places)[number] if number >= 0 else ""
    return Memory(
        world.tick,
        text[:LONGEST],
        sort,
        0.0,
        about=rules.words(effect.about, "what a memory is about"),
        place=rules.words(place, "a memory's place"),
        people=tuple(rules.words(who, "who a memory is about") for who in effect.people),
        source=rules.words(effect.source or "", "who a memory is from"),
        hop=rules.whole(effect.hop, "a memory's hop"),
        sure=min(max(rules.finite(effect.sure, "how sure a memory is"), 0.0), 1.0),
        fact=rules.words(effect.fact, "the fact of a memory")[:LONGEST],
        origin=rules.words(effect.origin or "", "who a fact is from"),
        evidence=_evidence(world, npc, effect.evidence),
        deed=rules.words(effect.deed, "a deed"),
        done=rules.whole(effect.done, "how often a deed was done"),
        failed=rules.whole(effect.failed, "how often a deed failed"),
    )


def _evidence(world: World, npc: str, ids: Any) -> tuple[int, ...]:
    """The ids a memory rests on; a negative one counts back from the memory to be made."""
    following = (world.remembered.get(npc) or 0) + 1
    found: list[int] = []
    for id in ids:
        if isinstance(id, bool) or not isinstance(id, int):
            raise rules.Illegal(f"evidence is ids of memories, not {shown(id)}")
        number = id if id > 0 else following + id
        if not 0 < number < following:
            raise rules.Illegal(f"{rules.name_of(world, npc)} has no memory {id}")
        if world.memories.one(npc, number) is not None:  # it may be forgotten in this very tick
            found.append(number)
    return tuple(dict.fromkeys(found))[:MOST_EVIDENCE]


def _recall(world: World, effect: Recall) -> Told:
    npc = _npc(world, effect.who)
    before = _lines(world, npc, effect.ids)
    for line in before:
        now = replace(line, recalled=world.tick, times=line.times + 1)
        world.memories.put(key_of(npc, line.id), now)

    def undo() -> None:
        for line in before:
            world.memories.put(key_of(npc, line.id), line)

    if not before:
        return undo, []
    return undo, [ev.Recalled(world.tick, npc, tuple(line.id for line in before))]


def _weigh(world: World, effect: Weigh) -> Told:
    npc = _npc(world, effect.who)
    given = {
        id: min(max(rules.finite(value, "importance"), 0.0), 1.0) for id, value in effect.importance
    }
    before = _lines(world, npc, list(given))
    for line in before:
        world.memories.put(key_of(npc, line.id), replace(line, importance=given[line.id]))

    def undo() -> None:
        for line in before:
            world.memories.put(key_of(npc, line.id), line)

    if not before:
        return undo, []
    ids = tuple(line.id for line in before)
    return undo, [ev.Weighed(world.tick, npc, ids, tuple(given[id] for id in ids))]


def _forget(world: World, effect: Forget) -> Told:
    npc = _npc(world, effect.who)
    lines = _lines(world, npc, effect.ids)
    text = rules.words(effect.text, "a summary")[:LONGEST]
    if not lines:
        return lambda: None, []
    counter = world.remembered.get(npc)
    changed = list(lines)
    for line in lines:
        world.memories.drop(key_of(npc, line.id))
    into = learn(world, npc, merged(lines, text, effect.gist)).id if text else 0
    gone = frozenset(line.id for line in lines)
    for line in world.memories.of(npc):
        if not gone.isdisjoint(line.evidence):
            changed.append(line)
            world.memories.put(key_of(npc, line.id), leaning(line, gone, into))

    def undo() -> None:
        if into:
            world.memories.drop(key_of(npc, into))
        world.remembered.restore(npc, counter)
        for line in changed:
            world.memories.put(key_of(npc, line.id), line)

    ids = tuple(line.id for line in lines)
    gist = tuple((str(piece), int(count)) for piece, count in effect.gist)
    return undo, [ev.Forgot(world.tick, npc, ids, into, text, gist)]


def _npc(world: World, npc: str) -> str:
    if npc not in world.setting.serial_of:
        raise rules.Illegal(f"there is nobody called {npc!r}")
    return npc


def _lines(world: World, npc: str, ids: Sequence[int]) -> list[Memory]:
    """The memories of these ids; what was forgotten meanwhile is left out."""
    found = (world.memories.one(npc, id) for id in dict.fromkeys(ids))
    return [line for line in found if line is not None]
