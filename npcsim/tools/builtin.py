"""The tools every NPC has to draw on. Utilities read needs: 0 is content, 1 is desperate."""

from __future__ import annotations

from typing import Any

from npcsim.effects import (
    Add,
    AddMany,
    CloseOffer,
    Consume,
    Create,
    Effect,
    Head,
    Move,
    Offer,
    Remember,
    Signal,
    SignalMany,
    Tie,
    Transfer,
)
from npcsim.errors import AlreadySo, ToolRefused
from npcsim.reflex.senses import NOBODY, Nearest, Rows
from npcsim.tools.crowd import Crowd
from npcsim.tools.tool import Tool, Words, tool
from npcsim.tools.view import Body, Kind, Place, Spot, View
from npcsim.world.state import Act

COIN = "coin"
TALK_TILES = 6.0
NEWS = 0.5
SHOUT_TILES = 20.0
FIGHT_TILES = 12.0


def need(me: Body, name: str) -> float:
    """A need's level, 0 where the scenario has no such need."""
    return float(getattr(me, name)) if name in me.view.world.setting.gauges else 0.0


def relief(me: Body, item: Kind) -> float:
    """How much using an item eases needs: level x amount, summed over what it lowers."""
    total = 0.0
    for attribute, amount in item.use.items():
        gauge = me.view.world.setting.gauges.get(attribute)
        if gauge is not None and gauge.need and amount < 0:
            total += need(me, attribute) * min(-amount, need(me, attribute))
    return total


@tool(option="go to the {to}", seen="{me} sets off", did="I went to the {to}", takes="arrival")
def go_to(me: Body, view: View, to: Place | Spot) -> list[Effect]:
    """Walk to a place or to a thing that stands somewhere."""
    if me.reaches(to):
        raise AlreadySo(f"I am already there: {to}")
    if view.has_ground:
        return [Head(me, to)]
    if view.travel_ms(me, to.id) is None:
        raise ToolRefused(f"there is no way to {to}")
    return []


@go_to.finish
def arrive(me: Body, view: View, act: Act) -> list[Effect]:
    """Stand still on arrival; in a world of places and ways, be there."""
    if view.has_ground:
        return [Head(me, None)]
    return [Move(me, place=dict(act.args)["to"])]


@go_to.interrupted
def stop_walking(me: Body, view: View, act: Act) -> list[Effect]:
    """Stand still."""
    return [Head(me, None)] if view.has_ground else []


@tool(option="walk with {who}", did="I walked with {who}", takes="1 min")
def follow(me: Body, view: View, who: Body) -> list[Effect]:
    """Keep close to somebody for a while."""
    if not who.alive:
        raise ToolRefused(f"{who} is down")
    return [Head(me, who)] if view.has_ground else []


@follow.finish
def stop_following(me: Body, view: View, act: Act) -> list[Effect]:
    """Stand still."""
    return stop_walking(me, view, act)


@follow.interrupted
def break_off_following(me: Body, view: View, act: Act) -> list[Effect]:
    """Stand still."""
    return stop_walking(me, view, act)


@follow.crowd
def chase(crowd: Crowd, who: Rows, target: Nearest) -> list[Any]:
    """Everybody after the one they see."""
    return [crowd.toward(who, target.who)]


@tool(option="run away from {threat}", seen="{me} runs", did="I ran from {threat}", takes="10 s")
def flee(me: Body, view: View, threat: Body) -> list[Effect]:
    """Run to where the threat is not: home, or the place farthest from it."""
    if not view.has_ground:
        raise ToolRefused("there is nowhere to run")
    far = max(view.places, key=lambda place: (threat.distance(place), place.id), default=None)
    if far is None:
        raise ToolRefused("there is nowhere to run")
    return [Head(me, far)]


@flee.finish
def catch_breath(me: Body, view: View, act: Act) -> list[Effect]:
    """Stand still."""
    return stop_walking(me, view, act)


@flee.interrupted
def stop_fleeing(me: Body, view: View, act: Act) -> list[Effect]:
    """Stand still."""
    return stop_walking(me, view, act)


@flee.utility
def fear(me: Body, view: View, threat: Body) -> float:
    """Worth it from a foe, the more so when hurt."""
    if threat.kind not in me.profile.foes:
        return 0.0
    return 0.3 + (1 - me.hp / 100) if me.hp < 100 else 0.3


@flee.crowd
def scatter(crowd: Crowd, who: Rows, target: Nearest) -> list[Any]:
    """Everybody away from the one they see."""
    return [crowd.away(who, target.who)]


@tool(option="look around", seen="{me} looks around", did="I looked around", takes="10 s")
def look(me: Body, view: View) -> list[Effect]:
    """Take in who and what is near, and remember it."""
    seen = [f"{other}" for other in view.near(me)[:4]]
    here = f" at the {view.place(me.place)}" if me.place else ""
    text = f"I saw {', '.join(seen)}{here}" if seen else f"I saw nobody{here}"
    return [Remember(me, text, 0.2, "seen")]


@look.utility
def curiosity(me: Body, view: View) -> float:
    """A little, always."""
    return 0.05


def topics(me: Body, view: View, to: Body) -> list[str]:
    """What there is to talk about: news first, then one's goal, then the day."""
    news = [
        line.text
        for line in reversed(me.memories)
        if line.sort == "seen" and line.importance >= NEWS
        and view.tick - line.tick < 86_400_000 // view.world.setting.tick_ms
    ]
    told = {topic for who, topic in _told(me) if who == to.id}
    fresh = [line for line in dict.fromkeys(news) if line not in told][:2]
    return [*fresh, "the day"]


def _told(me: Body) -> list[tuple[str, str]]:
    return [
        (line.text.split(" about ", 1)[0].removeprefix("I told "), line.text.split(" about ", 1)[1])
        for line in me.memories
        if line.sort == "did" and line.text.startswith("I told ") and " about " in line.text
    ]


@tool(
    option="talk to {to} about {topic}",
    seen="{me} talks to {to}",
    did="I told {to} about {topic}",
    candidates={"topic": topics},
    takes="15 s",
)
def say(me: Body, view: View, to: Body, topic: str, words: Words = Words("")) -> list[Effect]:  # noqa: B008
    """Say something to somebody near."""
    if to.id == me.id or not to.alive:
        raise ToolRefused(f"I can't talk to {to}")
    if view.has_ground and me.distance(to) > TALK_TILES:
        raise ToolRefused(f"{to} is too far away to talk to")
    if not view.has_ground and me.place != to.place:
        raise ToolRefused(f"{to} is not here")
    effects: list[Effect] = [
        Signal(me, "speech", TALK_TILES, str(words) or f"About {topic}.", to),
        Tie(me, to, "knows", 0.05),
        Tie(to, me, "knows", 0.05),
    ]
    if "social" in view.world.setting.gauges:
        effects += [Add(me, "social", -0.3), Add(to, "social", -0.15)]
    return effects


@say.utility
def sociable(me: Body, view: View, to: Body, topic: str) -> float:
    """Loneliness, less for somebody just talked to, more for news."""
    spoken = dict(me.mind.spoken).get(to.id)
    lately = spoken is not None and (view.tick - spoken) * view.world.setting.seconds < 300
    if any(heard.source == to.id and heard.to == me.id for heard in view.perceived(me)):
        return 0.3 if lately else 0.7
    if lately:
        return 0.02
    return 0.1 + 0.7 * need(me, "social") + (0.2 if topic != "the day" else 0.0)


@tool(option="give {to} a {item}", seen="{me} gives {to} a {item}", did="I gave {to} a {item}")
def give(me: Body, view: View, to: Body, item: Kind) -> list[Effect]:
    """Hand over one item, for nothing."""
    if to.id == me.id or not me.reaches(to):
        raise ToolRefused(f"{to} is out of reach")
    if me.carries.get(item.id, 0) < 1:
        raise ToolRefused(f"I have no {item}")
    return [Transfer(me, to, item), Tie(to, me, "trust", 0.1)]


@give.utility
def kindness(me: Body, view: View, to: Body, item: Kind) -> float:
    """Little, but for food to somebody hungry while one has enough."""
    spare = me.carries.get(item.id, 0) >= 2
    return 0.02 + (0.5 * relief(to, item) if spare and item.id != COIN else 0.0)


def _takeable(me: Body, view: View) -> list[Kind]:
    found: dict[str, None] = {}
    for holder in _holders(me, view):
        found |= dict.fromkeys(holder.holds)
    return [view.item(item) for item in found]


def _holders(me: Body, view: View) -> list[Place | Spot]:
    here: list[Place | Spot] = [view.place(me.place)] if me.place else []
    return here + [spot for spot in view.spots(place=me.place) if spot.place == me.place != ""]


@tool(
    option="take a {item}",
    seen="{me} takes a {item}",
    did="I took a {item}",
    candidates={"item": _takeable},
)
def take(me: Body, view: View, item: Kind) -> list[Effect]:
    """Take one item that lies in the place one is in, or in something that stands there."""
    for holder in _holders(me, view):
        if holder.holds.get(item.id, 0) > 0:
            return [Transfer(holder, me, item)]
    raise ToolRefused(f"there is no {item} here")


@take.utility
def wish(me: Body, view: View, item: Kind) -> float:
    """What using it would ease, while one has none."""
    return 0.05 + (relief(me, item) if me.carries.get(item.id, 0) == 0 else 0.0)


def _askable(me: Body, view: View, to: Body) -> list[Kind]:
    return [view.item(item) for item in to.carries if item != COIN]


@tool(
    option="offer {to} coins for a {want}",
    seen="{me} offers {to} coins for a {want}",
    did="I offered {to} coins for a {want}",
    candidates={"want": _askable},
    stakes=0.2,
)
def offer(me: Body, view: View, to: Body, want: Kind) -> list[Effect]:
    """Offer what an item is worth in coins for one of another's items."""
    price = max(1, round(want.value))
    if not me.reaches(to):
        raise ToolRefused(f"{to} is out of reach")
    if me.carries.get(COIN, 0) < price:
        raise ToolRefused(f"I don't have {price} coins")
    if to.carries.get(want.id, 0) < 1:
        raise ToolRefused(f"{to} has no {want}")
    return [
        Offer(me, to, COIN, price, want, 1),
        Signal(me, "offer", TALK_TILES, f"{price} coins for a {want}", to),
    ]


@offer.utility
def want_it(me: Body, view: View, to: Body, want: Kind) -> float:
    """What using it would ease, while one has none."""
    return 0.02 + (relief(me, want) if me.carries.get(want.id, 0) == 0 else 0.0)


def _offerers(me: Body, view: View) -> list[Body]:
    return [who for who, _ in view.offers_to(me)]


@tool(
    option="accept the offer of {who}",
    seen="{me} and {who} trade",
    did="I traded with {who}",
    candidates={"who": _offerers},
    stakes=0.2,
)
def accept(me: Body, view: View, who: Body) -> list[Effect]:
    """Take an offer: both sides change hands at once, or nothing does."""
    for other, bid in view.offers_to(me):
        if other.id == who.id:
            if not me.reaches(who):
                raise ToolRefused(f"{who} is out of reach")
            if me.carries.get(bid.want, 0) < bid.want_count:
                raise ToolRefused(f"I have too little {view.item(bid.want)}")
            return [
                CloseOffer(who, me),
                Transfer(who, me, bid.give, bid.give_count),
                Transfer(me, who, bid.want, bid.want_count),
                Tie(me, who, "trust", 0.05),
                Tie(who, me, "trust", 0.05),
            ]
    raise ToolRefused(f"{who} made no offer")


@accept.utility
def good_deal(me: Body, view: View, who: Body) -> float:
    """High for what one has to spare."""
    for other, bid in view.offers_to(me):
        if other.id == who.id:
            return 0.8 if me.carries.get(bid.want, 0) > bid.want_count else 0.3
    return 0.0


def _usable(me: Body, view: View) -> list[Kind]:
    return [view.item(item) for item in me.carries if view.item(item).use]


@tool(
    option="use a {item}",
    seen="{me} uses a {item}",
    did="I used a {item}",
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


@use.utility
def ease(me: Body, view: View, item: Kind) -> float:
    """What it eases."""
    return relief(me, item)


def _makeable(me: Body, view: View) -> list[Kind]:
    kinds = {spot.kind for spot in view.spots(place=me.place) if spot.place}
    return [
        item
        for item in view.items
        if item.made_at in kinds
        and all(me.carries.get(part, 0) >= n for part, n in item.recipe.items())
    ]


def _crafting_time(me: Body, view: View, item: Kind) -> int:
    return item.takes_ms


@tool(
    option="make a {item}",
    seen="{me} works on a {item}",
    did="I made a {item}",
    candidates={"item": _makeable},
    takes=_crafting_time,
)
def craft(me: Body, view: View, item: Kind) -> list[Effect]:
    """Make an item by its recipe, at the kind of spot it is made at."""
    if not item.made_at:
        raise ToolRefused(f"a {item} can't be made")
    if not any(spot.kind == item.made_at for spot in view.spots(place=me.place) if spot.place):
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
    option="attack {target}",
    seen="{me} attacks {target}",
    did="I fought {target}",
    takes="1 s",
    stakes=0.8,
)
def attack(me: Body, view: View, target: Body) -> list[Effect]:
    """Strike somebody in reach."""
    if target.id == me.id or not target.alive:
        raise ToolRefused(f"I can't attack {target}")
    if not me.reaches(target):
        raise ToolRefused(f"{target} is out of reach")
    return [
        Add(target, "hp", -me.damage),
        Signal(me, "attack", FIGHT_TILES, f"{target}", target),
        Tie(target, me, "trust", -0.3),
    ]


@attack.utility
def anger(me: Body, view: View, target: Body) -> float:
    """Only against foes."""
    return 0.4 * me.hp / 100 if target.kind in me.profile.foes else 0.0


@attack.crowd
def melee(crowd: Crowd, who: Rows, target: Nearest) -> list[Any]:
    """Everybody strikes the one they see, if it is in reach; who is not yet there closes in."""
    seen = target.who != NOBODY
    reach = target.distance <= crowd["reach"][who]
    hit = seen & reach
    strikers, struck = who[hit], target.who[hit]
    damage = crowd["damage"][strikers] * crowd.seconds
    blocks: list[Any] = []
    if len(strikers):
        blocks.append(AddMany("hp", struck, -damage, strikers, "attack"))
        blocks.append(SignalMany("attack", strikers, FIGHT_TILES))
    rest = seen & ~reach
    if rest.any():
        blocks.append(crowd.toward(who[rest], target.who[rest]))
    return blocks


@tool(option="tend to {who}", seen="{me} tends to {who}", did="I tended to {who}", takes="30 s")
def heal(me: Body, view: View, who: Body) -> list[Effect]:
    """Tend to the wounds of somebody in reach."""
    if not me.reaches(who):
        raise ToolRefused(f"{who} is out of reach")
    if who.hp >= 100:
        raise ToolRefused(f"{who} is not hurt")
    return []


@heal.finish
def better(me: Body, view: View, act: Act) -> list[Effect]:
    """Twenty points back."""
    who = view.npc(dict(act.args)["who"])
    return [Add(who, "hp", 20.0), Tie(who, me, "trust", 0.2)]


@heal.utility
def mercy(me: Body, view: View, who: Body) -> float:
    """The worse the wound, unless it is a foe's."""
    return 0.0 if who.kind in me.profile.foes else 0.8 * (1 - who.hp / 100)


@tool(option="wait a while", seen="{me} waits", did="I waited", takes="1 min")
def wait(me: Body, view: View) -> list[Effect]:
    """Do nothing for a minute."""
    return []


@wait.utility
def idleness(me: Body, view: View) -> float:
    """Hardly anything."""
    return 0.03


@wait.crowd
def stand(crowd: Crowd, who: Rows) -> list[Any]:
    """Nothing."""
    return []


@tool(option="sleep", seen="{me} sleeps", did="I slept", takes="30 min", occupies="bed")
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


BUILTIN: tuple[Tool, ...] = (
    go_to, follow, flee, look, say, give, take, offer, accept, use, craft, attack, heal, wait,
    sleep,
)  # fmt: skip
