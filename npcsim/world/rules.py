"""Is this effect legal now? And what it does to the world when it is.

`apply` changes the world by one single effect and returns how to undo it, or raises `Illegal`
with the reason the actor perceives.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from npcsim.effects import (
    Break,
    CloseOffer,
    Consume,
    Create,
    Effect,
    Head,
    Move,
    Occupy,
    Offer,
    Release,
    Set,
    Tie,
    Transfer,
    shown,
)
from npcsim.world.rows import Bid, GaugeKind, SpotState
from npcsim.world.state import World

Undo = Callable[[], None]


class Illegal(Exception):
    """The effect can't happen now; the text is the reason, in words."""


def name_of(world: World, thing: str) -> str:
    """What people call an NPC, a place, an item kind or a spot."""
    setting = world.setting
    if thing in setting.serial_of:
        return setting.profiles[setting.serial_of[thing]].name
    if thing in setting.places:
        return setting.places[thing].name
    if thing in setting.items:
        return setting.items[thing].name
    spot = world.spots.get(thing)
    return f"the {spot.kind}" if spot else thing


def living(world: World, npc: str) -> int:
    """The row of a living NPC, or `Illegal`."""
    row = world.setting.serial_of.get(npc)
    if row is None:
        raise Illegal(f"there is nobody called {npc!r}")
    if not world.columns["alive"][row]:
        raise Illegal(f"{name_of(world, npc)} is down")
    return row


def finite(value: Any, what: str) -> float:
    """The value as a number, or `Illegal`."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not -1e300 <= value <= 1e300:
        raise Illegal(f"{what} must be a finite number, not {shown(value)}")
    return float(value)


def whole(value: Any, what: str) -> int:
    """The value as a whole number that is not negative, or `Illegal`."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**9:
        raise Illegal(f"{what} must be a whole number, not {shown(value)}")
    return value


def words(value: Any, what: str) -> str:
    """The value as text that can be kept, or `Illegal`."""
    if not isinstance(value, str) or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise Illegal(f"{what} must be words, not {shown(value)}")
    return str(value)


def gauge_of(world: World, attribute: Any) -> GaugeKind:
    """The numeric attribute of that name, or `Illegal`."""
    gauge = world.setting.gauges.get(words(attribute, "the name of an attribute"))
    if gauge is None:
        raise Illegal(f"NPCs have no attribute {attribute!r}")
    return gauge


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10**9:
        raise Illegal(f"a count must be a whole number of at least 1, not {shown(value)}")
    return value


def _holder(world: World, holder: str) -> str:
    if holder in world.setting.serial_of:
        living(world, holder)
    elif not any(
        holder in known for known in (world.setting.places, world.spots, world.setting.factions)
    ):
        raise Illegal(f"nothing called {holder!r} can hold items")
    return holder


def _change(world: World, holder: str, item: str, by: int) -> Undo:
    if item not in world.setting.items:
        raise Illegal(f"there is no item {item!r}")
    before = world.held(holder).get(item, 0)
    if before + by < 0:
        what = name_of(world, item)
        lack = f"no {what}" if before == 0 else f"only {before} {what}"
        if holder in world.setting.serial_of:
            raise Illegal(f"{name_of(world, holder)} has {lack}")
        raise Illegal(f"there is {lack} at {name_of(world, holder)}")
    world.set_held(holder, item, before + by)
    return lambda: world.set_held(holder, item, before)


def apply(world: World, effect: Effect) -> Undo:
    """Change the world by a single effect other than `Add` and `Signal`, which settle later.

    Those on memory are in `remembering`.
    """
    match effect:
        case Transfer(giver=giver, taker=taker, item=item, count=count):
            number = _count(count)
            _holder(world, taker)
            taken = _change(world, _holder(world, giver), item, -number)
            given = _change(world, taker, item, number)
            return lambda: (given(), taken(), None)[-1]
        case Create(holder=holder, item=item, count=count):
            return _change(world, _holder(world, holder), item, _count(count))
        case Consume(holder=holder, item=item, count=count):
            return _change(world, _holder(world, holder), item, -_count(count))
        case Set():
            return _set(world, effect)
        case Occupy() | Release():
            return _occupy(world, effect)
        case Break():
            return _break(world, effect)
        case Head():
            return _head(world, effect)
        case Move():
            return _move(world, effect)
        case Tie():
            return _tie(world, effect)
        case Offer() | CloseOffer():
            return _offer(world, effect)
    raise Illegal(f"a tool returned {shown(effect)}, which is no effect")


def _set(world: World, effect: Set) -> Undo:
    words(effect.attribute, "the name of an attribute")
    spot = world.spots.get(effect.who)
    if spot is not None:
        if effect.attribute == "locked":
            changed = replace(spot, locked=bool(effect.value))
        else:
            value = effect.value
            if isinstance(value, str):
                value = words(value, effect.attribute)
            elif not isinstance(value, bool):
                value = finite(value, effect.attribute)
            kept = dict(spot.attributes) | {effect.attribute: value}
            changed = replace(spot, attributes=tuple(sorted(kept.items())))
        world.spots.put(spot.id, changed)
        close_doors(world, changed)

        def undo() -> None:
            world.spots.put(spot.id, spot)
            close_doors(world, spot)

        return undo
    row = living(world, effect.who)
    gauge = gauge_of(world, effect.attribute)
    value = min(max(finite(effect.value, effect.attribute), gauge.low), gauge.high)
    before = float(world.columns[effect.attribute][row])
    world.columns.edit(effect.attribute)[row] = value
    return lambda: world.columns.edit(effect.attribute).__setitem__(row, before)


def close_doors(world: World, spot: Any) -> None:
    """Keep the grid in step with a door's lock."""
    if spot.kind == "door" and world.grid is not None:
        cell = int(spot.y) * world.grid.width + int(spot.x)
        world.grid.set_blocked(cell, spot.locked)
        world.grid.set_opaque(cell, spot.locked)


def _occupy(world: World, effect: Occupy | Release) -> Undo:
    holder = world.occupied.get(effect.spot)
    if isinstance(effect, Release):
        if holder == effect.who:
            world.occupied.drop(effect.spot)
        return lambda: world.occupied.restore(effect.spot, holder)
    living(world, effect.who)
    if is_body(world, effect.spot):
        return _hold(world, effect)
    if effect.spot not in world.spots:
        raise Illegal(f"there is no {effect.spot!r}")
    if holder is not None and holder != effect.who:
        raise Illegal(f"{name_of(world, holder)} is already at {name_of(world, effect.spot)}")
    if is_broken(world.spots[effect.spot]):
        raise Illegal(f"{name_of(world, effect.spot)} is broken")
    world.occupied.put(effect.spot, effect.who)
    return lambda: world.occupied.restore(effect.spot, holder)


def is_broken(spot: SpotState) -> bool:
    """Whether a thing is broken."""
    return any(name == "broken" and value for name, value in spot.attributes)


def _break(world: World, effect: Break) -> Undo:
    """The price goes to the place where the thing stands, as far as it can be paid."""
    spot = world.spots.get(effect.spot)
    if spot is None:
        raise Illegal(f"there is no {effect.spot!r}")
    if is_broken(spot):
        raise Illegal(f"{name_of(world, spot.id)} is broken already")
    price = world.setting.breakable.get(spot.kind, 0)
    till = spot.place or spot.id
    purse = world.held(effect.who).get("coin", 0) if effect.who in world.setting.serial_of else 0
    paid, before = min(price, purse), world.held(till).get("coin", 0)
    if paid:
        world.set_held(effect.who, "coin", purse - paid)
        world.set_held(till, "coin", before + paid)
    kept = dict(spot.attributes) | {"broken": True, "owed": price - paid, "owed_by": effect.who}
    world.spots.put(spot.id, replace(spot, attributes=tuple(sorted(kept.items()))))

    def undo() -> None:
        world.spots.put(spot.id, spot)
        if paid:
            world.set_held(effect.who, "coin", purse)
            world.set_held(till, "coin", before)

    return undo


def _hold(world: World, effect: Occupy) -> Undo:
    """Somebody is taken hold of, as long as an act of the other lasts."""
    holder = world.occupied.get(effect.spot)
    living(world, effect.spot)
    if effect.spot == effect.who:
        raise Illegal("nobody takes hold of themselves")
    if holder is not None and holder != effect.who:
        raise Illegal(f"{name_of(world, holder)} holds {name_of(world, effect.spot)} already")
    world.occupied.put(effect.spot, effect.who)
    return lambda: world.occupied.restore(effect.spot, holder)


def is_body(world: World, id: str) -> bool:
    """Whether an id is that of an NPC; one that a thing has too is the thing's."""
    return id in world.setting.serial_of and id not in world.spots


def holder_of(world: World, npc: str) -> str:
    """Who holds an NPC so that it can begin nothing, or an empty text."""
    return (world.occupied.get(npc) or "") if is_body(world, npc) else ""


def _head(world: World, effect: Head) -> Undo:
    living(world, effect.who)
    before = world.heading.get(effect.who)
    if effect.to is None:
        world.heading.drop(effect.who)
    else:
        known = (world.setting.places, world.spots, world.setting.serial_of)
        if not any(effect.to in names for names in known):
            raise Illegal(f"there is no way to {effect.to!r}")
        world.heading.put(effect.who, effect.to)
    return lambda: world.heading.restore(effect.who, before)


def _move(world: World, effect: Move) -> Undo:
    row = living(world, effect.who)
    columns, setting = world.columns, world.setting
    before = {name: columns[name][row].item() for name in ("x", "y", "place")}
    number = -1
    if effect.place is not None:
        if effect.place not in setting.places:
            raise Illegal(f"there is no place {effect.place!r}")
        place = setting.places[effect.place]
        x, y, number = place.x, place.y, list(setting.places).index(effect.place)
    else:
        x, y = finite(effect.x, "x"), finite(effect.y, "y")
    put_at(world, row, x, y, number)

    def undo() -> None:
        for name, value in before.items():
            columns.edit(name)[row] = value

    return undo


def put_at(world: World, row: int, x: float, y: float, number: int = -1) -> None:
    """Set one NPC's position (tiles), snapped to 1/1024 and kept on walkable ground."""
    width, height = world.setting.size
    if not (0 <= x <= width and 0 <= y <= height):
        raise Illegal(f"({x:g}, {y:g}) is outside the world")
    if (
        world.grid is not None
        and not world.grid.walkable[
            min(int(y), world.grid.height - 1), min(int(x), world.grid.width - 1)
        ]
    ):
        raise Illegal(f"({x:g}, {y:g}) is blocked")
    world.columns.edit("x")[row] = math.floor(x * 1024) / 1024
    world.columns.edit("y")[row] = math.floor(y * 1024) / 1024
    if world.setting.place_map is not None:
        height_, width_ = world.setting.place_map.shape
        number = int(world.setting.place_map[min(int(y), height_ - 1), min(int(x), width_ - 1)])
    world.columns.edit("place")[row] = number


def _tie(world: World, effect: Tie) -> Undo:
    for end in (effect.who, effect.to):
        if end not in world.setting.serial_of:
            raise Illegal(f"there is nobody called {end!r}")
    name = words(effect.tie, "a tie's name")
    key = f"{effect.who}\n{effect.to}\n{name}"
    before = world.ties.get(key)
    value = (before or 0.0) + finite(effect.amount, name)
    world.ties.put(key, min(max(value, -1.0), 1.0))
    return lambda: world.ties.restore(key, before)


def _due(world: World, seconds: float) -> int:
    """The tick from which something that lasts so long is over; 0 for what has no end."""
    if seconds < 0:
        raise Illegal(f"an offer can't last {seconds:g} s")
    ticks = -(-round(seconds * 1000) // world.setting.tick_ms)
    return world.tick + ticks if ticks else 0


def _offer(world: World, effect: Offer | CloseOffer) -> Undo:
    key = f"{effect.who}\n{effect.to}"
    before = world.offers.get(key)
    if isinstance(effect, CloseOffer):
        if before is None or not before.stands(world.tick):
            raise Illegal("the offer is no longer there")
        world.offers.drop(key)
    else:
        living(world, effect.who)
        living(world, effect.to)
        for item in (effect.give, effect.want):
            if item not in world.setting.items:
                raise Illegal(f"there is no item {item!r}")
        bid = Bid(
            effect.give, _count(effect.give_count), effect.want, _count(effect.want_count),
            world.tick, _due(world, finite(effect.lasts, "how long an offer lasts")),
        )  # fmt: skip
        world.offers.put(key, bid)
    return lambda: world.offers.restore(key, before)
