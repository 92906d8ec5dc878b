"""Trading for a faction: drawing on its stock, bartering with another's speaker, bringing home."""

from __future__ import annotations

from npcsim.effects import Effect, Offer, Signal, Transfer
from npcsim.errors import ToolRefused
from npcsim.tools.builtin.needs import COIN
from npcsim.tools.tool import tool
from npcsim.tools.view import Body, Kind, View

LOAD = 20
LOT = 10
HAIL_TILES = 8.0
SWAP = {"en": "{count} {give} for {asked} {want}", "ko": "{give} {count}개를 {want} {asked}개와"}


def _home(me: Body, view: View) -> str:
    """The faction one speaks for, if one is at its home. Raises ToolRefused."""
    faction = view.world.setting.factions.get(me.profile.speaks_for)
    if faction is None:
        raise ToolRefused("I speak for nobody")
    if me.place != faction.home:
        raise ToolRefused("our stock is not here")
    return faction.id


def surplus(me: Body, view: View, held: list[str]) -> list[Kind]:
    """Of these items, the ones worth least to one's faction against their plain value first."""
    items = [view.item(item) for item in held if item != COIN]
    return sorted(items, key=lambda item: (me.worth(item) / max(item.value, 1e-6), item.id))


@tool(
    option={"en": "load what we have to spare", "ko": "우리에게 남는 것을 싣는다"},
    seen={"en": "{me} loads up", "ko": "{me:이} 짐을 싣는다"},
    did={"en": "I loaded what we could spare", "ko": "나는 우리에게 남는 것을 실었다"},
)
def draw_stock(me: Body, view: View) -> list[Effect]:
    """Take from the faction's stock, at its home, a load of what it can best spare."""
    faction = _home(me, view)
    spare = surplus(me, view, list(me.stock))
    if not spare or me.worth(spare[0]) >= spare[0].value:
        raise ToolRefused("we have nothing to spare")
    return [Transfer(faction, me, spare[0], min(LOAD, me.stock[spare[0].id]))]


@tool(
    option={"en": "store the goods brought home", "ko": "가져온 것을 창고에 넣는다"},
    seen={"en": "{me} unloads", "ko": "{me:이} 짐을 부린다"},
    did={"en": "I brought our goods home", "ko": "나는 우리 물건을 가져왔다"},
)
def store(me: Body, view: View) -> list[Effect]:
    """Put everything one carries, coins apart, into the faction's stock, at its home."""
    faction = _home(me, view)
    goods = [(item, count) for item, count in me.carries.items() if item != COIN]
    if not goods:
        raise ToolRefused("I bring nothing")
    return [Transfer(me, faction, item, count) for item, count in goods]


@tool(
    option={"en": "offer {to} a trade", "ko": "{to}에게 거래를 제안한다"},
    seen={"en": "{me} offers {to} a trade", "ko": "{me:이} {to}에게 거래를 제안한다"},
    did={"en": "I offered {to} a trade", "ko": "나는 {to}에게 거래를 제안했다"},
    stakes=0.3,
)
def barter(me: Body, view: View, to: Body) -> list[Effect]:
    """Offer a lot of what one can spare for what the other can, at the price between the two.

    The price lies half-way between what the goods are worth plainly and to one's own faction.
    """
    if to.id == me.id or not me.reaches(to):
        raise ToolRefused(f"{to} is out of reach")
    mine, theirs = surplus(me, view, list(me.carries)), surplus(me, view, list(to.carries))
    if not mine or not theirs:
        raise ToolRefused("there is nothing to trade")
    give, want = mine[0], theirs[-1]
    if give.id == want.id or me.worth(want) <= me.worth(give):
        raise ToolRefused(f"{to} has nothing that we need")
    price = (me.worth(give) + give.value) / (me.worth(want) + want.value)
    count = min(LOT, me.carries[give.id])
    asked = max(1, min(round(count * price), to.carries[want.id]))
    words = view.said(SWAP, count=count, give=give, asked=asked, want=want)
    return [Offer(me, to, give, count, want, asked), Signal(me, "offer", HAIL_TILES, words, to)]


@barter.utility
def gain(me: Body, view: View, to: Body) -> float:
    """High for a speaker who has met the other's."""
    return 0.6 if me.profile.speaks_for and to.profile.speaks_for else 0.05
