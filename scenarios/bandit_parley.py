"""What the bandit parley is made of: demands and bids of coins for an oath of peace, and a horn."""

from collections.abc import Iterable

from npcsim import (
    Add,
    Body,
    CloseOffer,
    Effect,
    Head,
    Offer,
    Remember,
    Scene,
    Set,
    Signal,
    Stage,
    ToolRefused,
    Transfer,
    View,
    ask,
    tool,
)

COIN, OATH = "coin", "oath"
DEMANDS, BIDS = ("60", "40", "25"), ("15", "30", "45")
STANDS = 150.0  # seconds for which a demand stands: that is the ultimatum
EARSHOT = 8.0
FAR = 80.0
LOOT = 4
HAGGLE = 0.2  # stakes of a round of talks: the next one can make it good, an oath can't be undone


def _facing(me: Body, view: View, to: Body) -> None:
    """Raises ToolRefused where the two are not at talks with each other."""
    stages = [stage for _, stage in view.world.scenes.items() if me.id in stage.who]
    if to.id == me.id or not any(to.id in stage.who for stage in stages):
        raise ToolRefused(f"I am at no talks with {to}")


def _rounds(me: Body, begins: str) -> int:
    """How often one has said so already."""
    return sum(line.sort == "did" and line.text.startswith(begins) for line in me.memories)


@tool(
    option="demand {coins} coins of {to} for peace",
    seen="{me} demands {coins} coins",
    did="I demanded {coins} coins of {to}",
    candidates={"coins": lambda me, view: list(DEMANDS)},
    roles=("chief",),
    stakes=HAGGLE,
)
def demand(me: Body, view: View, to: Body, coins: str) -> list[Effect]:
    """An ultimatum: an oath of peace for so many coins. It stands for two and a half minutes."""
    _facing(me, view, to)
    if me.carries.get(OATH, 0) < 1:
        raise ToolRefused("I have sworn already")
    words = f"peace for {coins} coins, or we come and take what we like"
    return [
        Offer(me, to, OATH, 1, COIN, int(coins), lasts=STANDS),
        Signal(me, "offer", EARSHOT, words, to),
    ]


@demand.utility
def greed(me: Body, view: View, to: Body, coins: str) -> float:
    """The more the better, but less so each time it was of no use."""
    return max(0.05, 0.25 + int(coins) / 200 - _rounds(me, "I demanded") * int(coins) / 400)


@tool(
    option="offer {to} {coins} coins for peace",
    seen="{me} offers {coins} coins",
    did="I offered {to} {coins} coins",
    candidates={"coins": lambda me, view: list(BIDS)},
    roles=("watchman",),
    stakes=HAGGLE,
)
def bid(me: Body, view: View, to: Body, coins: str) -> list[Effect]:
    """Offer so many of the village's coins for an oath of peace."""
    _facing(me, view, to)
    if me.carries.get(COIN, 0) < int(coins):
        raise ToolRefused(f"I don't have {coins} coins")
    words = f"{coins} coins if you swear to leave us in peace"
    return [
        Offer(me, to, COIN, int(coins), OATH, 1, lasts=STANDS),
        Signal(me, "offer", EARSHOT, words, to),
    ]


@bid.utility
def thrift(me: Body, view: View, to: Body, coins: str) -> float:
    """The less the better at first; the more, the longer it goes on."""
    return 0.45 - int(coins) / 200 + _rounds(me, "I offered") * int(coins) / 300


@tool(
    option="break off the talks",
    seen="{me} breaks off the talks",
    did="I broke off the talks",
    stakes=HAGGLE,
)
def break_off(me: Body, view: View) -> list[Effect]:
    """Turn one's back on it: no oath, no coins."""
    if not any(me.id in stage.who for _, stage in view.world.scenes.items()):
        raise ToolRefused("there are no talks")
    return [Signal(me, "refusal", EARSHOT, f"{me} breaks off the talks")]


@break_off.utility
def weariness(me: Body, view: View) -> float:
    """The more rounds it has gone without an end."""
    return 0.1 + 0.07 * (_rounds(me, "I demanded") + _rounds(me, "I offered"))


@ask
def look_in_the_eye(me: Body, view: View, who: Body) -> str | None:
    """How somebody who swears looks at one: a hint of what the oath is worth, and no more."""
    if not who.is_a("chief") or me.is_a("bandit") or me.distance(who) > EARSHOT:
        return None
    steady = who.honour + who.nerve > 0.5
    return f"{who} looks me straight in the eye" if steady else f"{who}'s eyes won't keep still"


@tool(
    option="blow the horn for the raid",
    seen="{me} blows a horn",
    did="I blew the horn for the raid",
    roles=("chief",),
    stakes=0.9,
)
def blow_horn(me: Body, view: View) -> list[Effect]:
    """Let the band loose on the village."""
    if me.raided or me.gone:
        raise ToolRefused("the band has gone already")
    return [Signal(me, "horn", FAR, "a horn in the woods"), Set(me, "raided", 1.0)]


@blow_horn.utility
def fury(me: Body, view: View) -> float:
    """Nothing by itself: it is decided on by plan."""
    return 0.0


@tool(
    option="send the band home",
    seen="{me} waves the band off",
    did="I sent the band home",
    roles=("chief",),
    stakes=0.9,
)
def call_off(me: Body, view: View) -> list[Effect]:
    """Lead the band away for good."""
    if me.raided or me.gone:
        raise ToolRefused("the band has gone already")
    return [Signal(me, "recall", FAR), Set(me, "gone", 1.0)]


@call_off.utility
def patience(me: Body, view: View) -> float:
    """Nothing by itself: it is decided on by plan."""
    return 0.0


@tool(
    option="call the guards to the market",
    seen="{me} calls the guards to the market",
    did="I called the guards to the market",
    roles=("watchman",),
    stakes=0.5,
)
def muster(me: Body, view: View) -> list[Effect]:
    """Have the guards wait where a raid would go."""
    if me.called:
        raise ToolRefused("they are called already")
    return [Signal(me, "muster", FAR, "Guards, to the market!"), Set(me, "called", 1.0)]


@muster.utility
def caution(me: Body, view: View) -> float:
    """When the horn is heard."""
    return 0.8 if any(heard.about == "horn" for heard in view.perceived(me)) else 0.05


@tool(option="rob {who}", seen="{me} robs {who}", did="I robbed {who}", stakes=0.8)
def rob(me: Body, view: View, who: Body) -> list[Effect]:
    """Beat somebody in reach, and take a handful of coins."""
    if not me.is_a("bandit") or who.is_a("bandit") or not me.reaches(who):
        raise ToolRefused(f"I can't rob {who}")
    taken = min(LOOT, who.carries.get(COIN, 0))
    loot: list[Effect] = [Transfer(who, me, COIN, taken)] if taken else []
    return [Add(who, "hp", -10.0), Signal(me, "attack", 12.0, f"{who}", who), *loot]


class Parley(Scene):
    """They take turns. It ends when an offer is accepted, or when one of them has had enough."""

    def begins(self, now: Stage, view: View) -> list[Effect]:
        """Who came last walks up to the other: hands are shaken on it, or not at all."""
        chief, guest = (view.npc(id) for id in now.who)
        return [] if guest.reaches(chief) else [Head(guest, chief)]

    def moves(self, now: Stage, me: Body, view: View) -> Iterable[str]:
        return ("demand", "bid", "accept", "break_off") if now.turn_of == me.id else ()

    def outcome(self, now: Stage, view: View) -> str:
        if "accept" in now.done:
            return "agreed"
        return "broken off" if "break_off" in now.done else ""

    def ends(self, now: Stage, view: View, outcome: str) -> list[Effect]:
        if outcome == "agreed":
            text = "Wulf swore peace for coins"
        else:
            text = f"the talks ended without an oath: {outcome}"
        sworn = 1.0 if outcome == "agreed" else 0.0
        effects: list[Effect] = []
        for one in now.who:
            effects += [Set(one, "talked", 1.0), Set(one, "sworn", sworn), Remember(one, text, 0.8)]
            # What nobody took is off the table with the talks.
            effects += [CloseOffer(who, one) for who, _ in view.offers_to(view.npc(one))]
        return effects


TOOLS = [demand, bid, break_off, look_in_the_eye, blow_horn, call_off, muster, rob]
SCENES = [Parley]
