"""Using items up, making them, and sleeping."""

from __future__ import annotations

from npcsim.effects import Add, Consume, Create, Effect
from npcsim.errors import ToolRefused
from npcsim.tools.builtin.needs import need, relief
from npcsim.tools.tool import tool
from npcsim.tools.view import Body, Kind, Spot, View
from npcsim.world.rows import Act


def _usable(me: Body, view: View) -> list[Kind]:
    return [view.item(item) for item in me.carries if view.item(item).use]


@tool(
    option={"en": "use a {item}", "ko": "{item:을} 쓴다"},
    seen={"en": "{me} uses a {item}", "ko": "{me:이} {item:을} 쓴다"},
    did={"en": "I used a {item}", "ko": "나는 {item:을} 썼다"},
    candidates={"item": _usable},
    takes="1 min",
)
def use(me: Body, view: View, item: Kind) -> list[Effect]:
    """Eat, drink or use up one item that one carries."""
    if me.carries.get(item.id, 0) < 1:
        raise ToolRefused(f"I have no {item}")
    if not item.use:
        raise ToolRefused(f"a {item} is of no use by itself")
    return [Consume(me, item)]


@use.finish
def used_up(me: Body, view: View, act: Act) -> list[Effect]:
    """What it does to the user."""
    item = view.item(dict(act.args)["item"])
    return [Add(me, attribute, amount) for attribute, amount in item.use.items()]


@use.interrupted
def put_back(me: Body, view: View, act: Act) -> list[Effect]:
    """Who is interrupted has not eaten it: it comes back."""
    return [Create(me, view.item(dict(act.args)["item"]))]


@use.utility
def ease(me: Body, view: View, item: Kind) -> float:
    """What it eases."""
    return relief(me, item)


def _kinds_here(me: Body, view: View) -> set[str]:
    """The kinds of spot in the place one is in, or within reach of who is in none."""
    return {
        spot.kind for spot in view.spots() if (spot.place == me.place != "") or me.reaches(spot)
    }


def _makeable(me: Body, view: View) -> list[Kind]:
    kinds = _kinds_here(me, view)
    return [
        item
        for item in view.items
        if item.made_at in kinds
        and all(me.carries.get(part, 0) >= n for part, n in item.recipe.items())
    ]


def _crafting_time(me: Body, view: View, item: Kind) -> int:
    return item.takes_ms


@tool(
    option={"en": "make a {item}", "ko": "{item:을} 만든다"},
    seen={"en": "{me} works on a {item}", "ko": "{me:이} {item:을} 만들고 있다"},
    did={"en": "I made a {item}", "ko": "나는 {item:을} 만들었다"},
    candidates={"item": _makeable},
    takes=_crafting_time,
)
def craft(me: Body, view: View, item: Kind) -> list[Effect]:
    """Make an item by its recipe, at the kind of spot it is made at."""
    if not item.made_at:
        raise ToolRefused(f"a {item} can't be made")
    if item.made_at not in _kinds_here(me, view):
        raise ToolRefused(f"there is no {item.made_at} here")
    for part, count in item.recipe.items():
        if me.carries.get(part, 0) < count:
            raise ToolRefused(f"I need {count} {view.item(part)}")
    return [Consume(me, part, count) for part, count in item.recipe.items()]


@craft.finish
def made(me: Body, view: View, act: Act) -> list[Effect]:
    """The finished item."""
    item = view.item(dict(act.args)["item"])
    return [Create(me, item, item.makes)]


@craft.interrupted
def undone(me: Body, view: View, act: Act) -> list[Effect]:
    """The parts come back."""
    item = view.item(dict(act.args)["item"])
    return [Create(me, part, count) for part, count in item.recipe.items()]


@tool(
    option={"en": "sleep in the {bed}", "ko": "{bed}에서 잔다"},
    seen={"en": "{me} sleeps", "ko": "{me:이} 잔다"},
    did={"en": "I slept", "ko": "나는 잤다"},
    takes="30 min",
    occupies="bed",
)
def sleep(me: Body, view: View, bed: Spot) -> list[Effect]:
    """Sleep half an hour in a bed within reach."""
    if bed.kind != "bed":
        raise ToolRefused(f"{bed} is no bed")
    if not me.reaches(bed):
        raise ToolRefused("the bed is out of reach")
    return []


@sleep.finish
def rested(me: Body, view: View, act: Act) -> list[Effect]:
    """Fresher."""
    return [Add(me, "tiredness", -0.2)] if "tiredness" in view.world.setting.gauges else []


@sleep.utility
def weary(me: Body, view: View, bed: Spot) -> float:
    """Squared tiredness: only the really tired sleep."""
    return need(me, "tiredness") * need(me, "tiredness")
