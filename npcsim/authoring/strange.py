"""Names in a tool's effects that nothing in the world answers to: a slip, whenever it is called."""

from __future__ import annotations

from collections.abc import Iterable

from npcsim.effects import (
    Add,
    Break,
    CloseOffer,
    Consume,
    Create,
    Effect,
    Forget,
    Head,
    Move,
    Occupy,
    Offer,
    Promise,
    Recall,
    Release,
    Remember,
    Set,
    Signal,
    Tie,
    Transfer,
    Weigh,
)
from npcsim.scenario.spelling import nearest
from npcsim.world import rules
from npcsim.world.state import World


def strange(world: World, effect: Effect) -> str:
    """What an effect names that is not there, with the nearest name; an empty text if all is.

    Only names and numbers are looked at: whether there is enough of a thing is for its time.
    """
    setting = world.setting
    people: Iterable[str] = setting.serial_of
    things = (*people, *world.spots, *setting.places)
    holders = (*things, *setting.factions)
    match effect:
        case Transfer():
            ends = (effect.giver, effect.taker)
            return _item(world, effect.item) or _first(ends, holders, "that can hold items")
        case Create() | Consume():
            return _item(world, effect.item) or _first(
                (effect.holder,), holders, "that can hold items"
            )
        case Set() if effect.who in world.spots:
            return ""
        case Set() | Add():
            amount = effect.value if isinstance(effect, Set) else effect.amount
            return (
                _first((effect.who,), people, "with attributes")
                or _attribute(world, effect.attribute)
                or _number(amount, str(effect.attribute))
            )
        case Occupy() | Release():
            return _first((effect.who,), people, "living") or _first((effect.spot,), things, "here")
        case Break():
            return _first((effect.spot,), world.spots, "to break")
        case Head():
            return _first((effect.to,), things, "to go to") if effect.to is not None else ""
        case Move():
            return _first((effect.place,), setting.places, "to be at") if effect.place else ""
        case Remember() | Recall() | Weigh() | Forget():
            return _first((effect.who,), people, "that remembers")
        case Tie():
            return _first((effect.who, effect.to), people, "with ties")
        case Offer():
            return _item(world, effect.give) or _item(world, effect.want)
        case Promise():
            return (
                _first((effect.who, effect.to), people, "that gives or takes a word")
                or (_item(world, effect.item) if effect.item else "")
                or (_first((effect.place,), setting.places, "to be at") if effect.place else "")
            )
        case Signal():
            return _first((effect.source,), things, "a signal can come from")
        case CloseOffer():
            return ""


def _item(world: World, item: str) -> str:
    if item in world.setting.items:
        return ""
    return _with_hint(f"there is no item {item!r}", item, world.setting.items)


def _attribute(world: World, name: str) -> str:
    if name in world.setting.gauges:
        return ""
    return _with_hint(f"NPCs have no attribute {name!r}", name, world.setting.gauges)


def _number(amount: object, what: str) -> str:
    try:
        rules.finite(amount, what)
    except rules.Illegal as illegal:
        return str(illegal)
    return ""


def _first(names: Iterable[str], known: Iterable[str], what: str) -> str:
    there = set(known)
    for name in names:
        if name not in there:
            return _with_hint(f"there is nothing {what} called {name!r}", name, there)
    return ""


def _with_hint(said: str, name: object, known: Iterable[str]) -> str:
    hint = nearest(str(name), known)
    return f"{said}; {hint}" if hint else said
