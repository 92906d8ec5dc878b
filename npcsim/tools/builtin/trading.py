"""Giving, taking, offering and accepting."""

from __future__ import annotations

from npcsim.effects import CloseOffer, Effect, Offer, Signal, Tie, Transfer
from npcsim.errors import ToolRefused
from npcsim.tools.builtin.needs import COIN, relief
from npcsim.tools.builtin.talking import TALK_TILES
from npcsim.tools.tool import tool
from npcsim.tools.view import Body, Kind, Place, Spot, View

PRICE = {"en": "{price} coins for a {want}", "ko": "{want} 하나에 {price}닢"}


@tool(
    option={"en": "give {to} a {item}", "ko": "{to}에게 {item:을} 준다"},
    seen={"en": "{me} gives {to} a {item}", "ko": "{me:이} {to}에게 {item:을} 준다"},
    did={"en": "I gave {to} a {item}", "ko": "나는 {to}에게 {item:을} 주었다"},
)
def give(me: Body, view: View, to: Body, item: Kind) -> list[Effect]:
    """Hand over one item, for nothing."""
    if to.id == me.id or not me.reaches(to):
        raise ToolRefused(f"{to} is out of reach")
    if me.carries.get(item.id, 0) < 1:
        raise ToolRefused(f"I have no {item}")
    return [Transfer(me, to, item), Tie(to, me, "trust", 0.1)]


@give.utility
def kindness(me: Body, view: View, to: Body, item: Kind) -> float:
    """Little, but for food to somebody hungry while one has enough, and what one has promised."""
    if any(one.item == item.id for one in view.promises(me, to)):
        return 0.8
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
    option={"en": "take a {item}", "ko": "{item:을} 가져간다"},
    seen={"en": "{me} takes a {item}", "ko": "{me:이} {item:을} 가져간다"},
    did={"en": "I took a {item}", "ko": "나는 {item:을} 가져왔다"},
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
    option={"en": "offer {to} coins for a {want}", "ko": "{to}에게 {want} 값을 치르겠다고 한다"},
    seen={
        "en": "{me} offers {to} coins for a {want}",
        "ko": "{me:이} {to}에게 {want} 값을 치르겠다고 한다",
    },
    did={
        "en": "I offered {to} coins for a {want}",
        "ko": "나는 {to}에게 {want} 값을 치르겠다고 했다",
    },
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
        Signal(me, "offer", TALK_TILES, view.said(PRICE, price=price, want=want), to),
    ]


@offer.utility
def want_it(me: Body, view: View, to: Body, want: Kind) -> float:
    """What using it would ease, while one has none."""
    return 0.02 + (relief(me, want) if me.carries.get(want.id, 0) == 0 else 0.0)


def _offerers(me: Body, view: View) -> list[Body]:
    return [who for who, _ in view.offers_to(me)]


@tool(
    option={"en": "accept the offer of {who}", "ko": "{who}의 제안을 받아들인다"},
    seen={"en": "{me} and {who} trade", "ko": "{me:이} {who:와} 거래한다"},
    did={"en": "I traded with {who}", "ko": "나는 {who:와} 거래했다"},
    candidates={"who": _offerers},
    stakes=0.2,
    act="accept",
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
    """What is gained, as a share of what is given; nothing for a bad deal."""
    for other, bid in view.offers_to(me):
        if other.id == who.id:
            got = bid.give_count * me.worth(view.item(bid.give))
            given = bid.want_count * me.worth(view.item(bid.want))
            spare = 0.2 if me.carries.get(bid.want, 0) > bid.want_count else 0.0
            return max(0.0, min(1.0, 0.5 * got / given if given else 1.0) + spare - 0.1)
    return 0.0
