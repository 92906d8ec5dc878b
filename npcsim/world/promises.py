"""Promises: given, and kept or broken by what happens. Both sides remember what became of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from npcsim import events as ev
from npcsim.effects import Promise, Remember
from npcsim.world import rules
from npcsim.world.rows import Pledge
from npcsim.world.state import World

ABOUT = "promise"
LONGEST_S = 10_000 * 86_400
GIVEN, KEPT, BROKEN = "given", "kept", "broken"
TEXTS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "en": {
        GIVEN: ("I promised {to}: {what}", "{who} promised me: {what}"),
        KEPT: ("I kept my promise to {to}: {what}", "{who} kept the promise to me: {what}"),
        BROKEN: ("I broke my promise to {to}: {what}", "{who} broke the promise to me: {what}"),
    },
    "ko": {
        GIVEN: ("나는 {to}에게 약속했다: {what}", "{who}에게 약속을 받았다: {what}"),
        KEPT: ("나는 {to}에게 한 약속을 지켰다: {what}", "{who}에게 받은 약속이 지켜졌다: {what}"),
        BROKEN: ("나는 {to}에게 한 약속을 어겼다: {what}", "{who}에게 받은 약속이 깨졌다: {what}"),
    },
}  # fmt: skip
"""How who gave it remembers it, and to whom it was given."""
IMPORTANCE = {GIVEN: 0.5, KEPT: 0.5, BROKEN: 0.7}


def memories(world: World, pledge: Pledge, how: str) -> list[Remember]:
    """What both remember of a promise that was given, kept or broken."""
    texts = TEXTS.get(world.setting.language, TEXTS["en"])[how]
    names = {"who": rules.name_of(world, pledge.who), "to": rules.name_of(world, pledge.to)}
    sort = "seen" if how != GIVEN else "heard"
    people = (pledge.who, pledge.to)
    own, other = (text.format(what=pledge.what, **names) for text in texts)
    source, hop = (pledge.who, 1) if how == GIVEN else ("", 0)
    return [
        Remember(pledge.who, own, IMPORTANCE[how], "did", ABOUT, people),
        Remember(pledge.to, other, IMPORTANCE[how], sort, ABOUT, people, None, source, hop),
    ]


def give(world: World, effect: Promise) -> tuple[rules.Undo, Pledge]:
    """Put a promise into the world. -> (how to undo it, the promise). Raises `Illegal`."""
    pledge = _pledge(world, effect)
    key = _key(pledge)
    before = world.promises.get(key)
    world.promises.put(key, pledge)
    return lambda: world.promises.restore(key, before), pledge


def told(tick: int, pledge: Pledge) -> ev.Promised:
    """A promise as the event that tells of it."""
    return ev.Promised(
        tick, pledge.who, pledge.to, pledge.what, pledge.due, pledge.item, pledge.amount,
        pledge.place, pledge.deed,
    )  # fmt: skip


def _key(pledge: Pledge) -> str:
    return "\n".join((pledge.who, pledge.to, pledge.item, pledge.place, pledge.deed))


def _pledge(world: World, effect: Promise) -> Pledge:
    for end in (effect.who, effect.to):
        rules.living(world, end)
    if effect.who == effect.to:
        raise rules.Illegal("nobody makes promises to themselves")
    item, place = effect.item or "", effect.place or ""
    deed = rules.words(effect.deed or "", "the deed of a promise")
    if not item and not place and not deed:
        raise rules.Illegal("a promise says an item, a place or a deed, so that it can be kept")
    if item and item not in world.setting.items:
        raise rules.Illegal(f"there is no item {item!r}")
    if place and place not in world.setting.places:
        raise rules.Illegal(f"there is no place {place!r}")
    amount = rules.whole(effect.amount, "how much is promised")
    if item and not amount:
        raise rules.Illegal("nothing of an item can't be promised")
    seconds = rules.finite(effect.due, "by when a promise is due")
    if not 0 < seconds <= LONGEST_S:
        raise rules.Illegal(f"a promise is due in 0 to {LONGEST_S} s, not {seconds:g}")
    due = world.tick + max(1, -(-round(seconds * 1000) // world.setting.tick_ms))
    what = rules.words(effect.what, "a promise")[:200]
    return Pledge(effect.who, effect.to, what, world.tick, due, item, amount, place, deed)


def settle(world: World, events: Sequence[ev.Event]) -> list[tuple[Pledge, str]]:
    """Take off the table what was kept or broken in this tick, by what came to be in it."""
    if not len(world.promises):
        return []
    handed, done = _handed(events), _done(world, events)
    settled = []
    for key, pledge in list(world.promises.items()):
        now = replace(pledge, given=pledge.given + handed.get(_hand(pledge), 0))
        how = _how(world, now, done)
        if how:
            world.promises.drop(key)
            settled.append((now, how))
        elif now != pledge:
            world.promises.put(key, now)
    return settled


def _hand(pledge: Pledge) -> tuple[str, str, str]:
    return pledge.who, pledge.to, pledge.item


def _handed(events: Iterable[ev.Event]) -> dict[tuple[str, str, str], int]:
    """What changed hands in this tick: (giver, taker, item) -> how much."""
    found: dict[tuple[str, str, str], int] = {}
    for effect in _effects(events, "transfer"):
        hand = (effect["giver"], effect["taker"], effect["item"])
        found[hand] = found.get(hand, 0) + int(effect["count"])
    return found


def _effects(events: Iterable[ev.Event], kind: str) -> Iterable[dict[str, Any]]:
    for event in events:
        if isinstance(event, ev.Applied):
            yield from (effect for effect in event.effects if effect["kind"] == kind)


def _done(world: World, events: Iterable[ev.Event]) -> set[tuple[str, str, str]]:
    """Deeds done to others in this tick: (who, the tool, to whom)."""
    found: set[tuple[str, str, str]] = set()
    for event in events:
        if isinstance(event, ev.Applied):
            touched = (str(value) for effect in event.effects for value in effect.values())
            found |= {(event.actor, event.tool, one) for one in touched}
        elif isinstance(event, ev.ActStarted) and event.due == event.tick:
            found |= {(event.npc, event.tool, str(one)) for one in event.args.values()}
        elif isinstance(event, ev.ActEnded) and event.how == "done":
            ending = world.endings.get(event.npc)
            if ending is not None and ending.act == event.act:
                found |= {(event.npc, event.tool, str(one)) for _, one in ending.args}
    return found


def _how(world: World, pledge: Pledge, done: set[tuple[str, str, str]]) -> str:
    """Kept, broken, or an empty text while it stands."""
    due = world.tick >= pledge.due
    if not pledge.place:
        handed = pledge.given >= pledge.amount if pledge.item else True
        acted = (pledge.who, pledge.deed, pledge.to) in done if pledge.deed else True
        return KEPT if handed and acted else BROKEN if due else ""
    if not due:
        return ""
    row = world.setting.serial_of[pledge.who]
    number = int(world.columns["place"][row])
    there = number >= 0 and list(world.setting.places)[number] == pledge.place
    handed = not pledge.item or pledge.given >= pledge.amount
    return KEPT if there and handed and world.columns["alive"][row] else BROKEN
