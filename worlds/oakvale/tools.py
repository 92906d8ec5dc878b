"""Oakvale's own tools: what is for sale, buying and stocking it, and the healer's brewing."""

from typing import Any

from npcsim import (
    Act,
    Add,
    Body,
    Consume,
    Create,
    Effect,
    Kind,
    Set,
    Signal,
    Spot,
    ToolRefused,
    Transfer,
    View,
    ask,
    tool,
)

COIN = "coin"
SHOPS = ("counter", "stall", "sacks")
EASY = {"en": "Easy, {who}!", "ko": "{who:아}, 진정해!"}
PRICED = {"en": "{item} for {price} coins", "ko": "{item} {price}닢"}
ONE_COIN = {"en": "{item} for {price} coin", "ko": "{item} {price}닢"}
UNDER_ARREST = {"en": "{who} is under arrest", "ko": "{who:이} 체포되었다"}


def shops_here(me: Body, view: View) -> list[Spot]:
    """Counters, stalls and sacks in the place one is in."""
    return [spot for kind in SHOPS for spot in view.spots(kind, me.place) if me.place]


def for_sale(me: Body, view: View) -> list[Kind]:
    """What lies in the shops here, coins apart."""
    items = {item: None for shop in shops_here(me, view) for item in shop.holds if item != COIN}
    return [view.item(item) for item in items]


@ask(says={"en": "For sale here: {goods}", "ko": "여기서 파는 것: {goods}"})
def prices(me: Body, view: View) -> dict[str, Any] | None:
    """What is for sale where one is, and for how many coins; nothing where there is no shop."""
    goods = for_sale(me, view)[:4]
    if not goods:
        return None
    asked = {item.id: cost(me, view, item) for item in goods}
    words = [
        view.said(ONE_COIN if asked[item.id] == 1 else PRICED, item=item, price=asked[item.id])
        for item in goods
    ]
    return {"goods": words, "prices": asked}


def cheapest(me: Body, view: View, item: Kind) -> Spot | None:
    """The shop here that asks least for an item, of those that have it."""
    those = [shop for shop in shops_here(me, view) if shop.holds.get(item.id, 0) > 0]
    return min(those, key=lambda shop: view.price(item, shop), default=None)


def cost(me: Body, view: View, item: Kind) -> int:
    """What one pays here for an item, in coins."""
    return view.price(item, cheapest(me, view, item))


@tool(
    option={"en": "buy a {item}", "ko": "{item:을} 산다"},
    seen={"en": "{me} buys a {item}", "ko": "{me:이} {item:을} 산다"},
    did={"en": "I bought a {item}", "ko": "나는 {item:을} 샀다"},
    candidates={"item": for_sale},
)
def buy(me: Body, view: View, item: Kind) -> list[Effect]:
    """Buy one item over a counter or from a stall: the coins stay there for its owner."""
    shop = cheapest(me, view, item)
    price = view.price(item, shop)
    if me.carries.get(COIN, 0) < price:
        raise ToolRefused(f"I don't have {price} coins for a {item}")
    if shop is None:
        raise ToolRefused(f"there is no {item} for sale here")
    paid: list[Effect] = [Transfer(me, shop, COIN, price)] if price else []
    return [Transfer(shop, me, item), *paid]


@buy.utility
def wants(me: Body, view: View, item: Kind) -> float:
    """The hungrier, the more a meal is worth; nothing for what one already has."""
    if me.carries.get(item.id, 0) > 0:
        return 0.02
    return 0.02 + me.hunger * me.hunger * min(1.0, -item.use.get("hunger", 0.0) * 1.5)


@tool(
    option={"en": "put out {item} for sale", "ko": "{item:을} 팔려고 내놓는다"},
    seen={"en": "{me} puts out {item}", "ko": "{me:이} {item:을} 내놓는다"},
    did={"en": "I put out {item} for sale", "ko": "나는 {item:을} 팔려고 내놓았다"},
)
def stock_up(me: Body, view: View, item: Kind) -> list[Effect]:
    """Put all but one of an item into the shop one stands in, and take out what it earned."""
    spare = me.carries.get(item.id, 0) - 1
    if item.id == COIN or spare < 1:
        raise ToolRefused(f"I have no {item} to spare")
    near = [shop for shop in shops_here(me, view) if me.reaches(shop)]
    if not near:
        raise ToolRefused("there is no counter or stall within reach")
    earned = near[0].holds.get(COIN, 0)
    takings: list[Effect] = [Transfer(near[0], me, COIN, earned)] if earned else []
    return [Transfer(me, near[0], item, spare), *takings]


def brewable(me: Body, view: View) -> list[Kind]:
    """What can be brewed from what one carries."""
    return [item for item in view.items if item.id == "salve"]


@tool(
    option={"en": "stoke the fire under the {cauldron}", "ko": "{cauldron} 밑에 불을 지핀다"},
    seen={"en": "{me} stokes a fire", "ko": "{me:이} 불을 지핀다"},
    did={"en": "I stoked the fire", "ko": "나는 불을 지폈다"},
    takes="2 min",
)
def stoke(me: Body, view: View, cauldron: Spot) -> list[Effect]:
    """Burn a bundle of wood under a cauldron in reach."""
    if cauldron.kind != "cauldron" or not me.reaches(cauldron):
        raise ToolRefused("there is no cauldron in reach")
    if me.carries.get("wood", 0) < 1:
        raise ToolRefused("I have no wood")
    return [Consume(me, "wood"), Set(cauldron, "fire", 1.0)]


@tool(
    option={"en": "brew a {potion} at the {cauldron}", "ko": "{cauldron}에서 {potion:을} 끓인다"},
    seen={"en": "{me} stirs the {cauldron}", "ko": "{me:이} {cauldron:을} 젓는다"},
    did={"en": "I brewed a {potion}", "ko": "나는 {potion:을} 끓였다"},
    candidates={"potion": brewable},
    takes="20 min",
    occupies="cauldron",
    skill="alchemy",
    stakes=0.2,
)
def brew(me: Body, view: View, potion: Kind, cauldron: Spot) -> list[Effect]:
    """Brew a potion from ingredients you carry, at a lit cauldron in reach."""
    if cauldron.kind != "cauldron" or not me.reaches(cauldron):
        raise ToolRefused("there is no cauldron in reach")
    if cauldron.fire < 0.1:
        raise ToolRefused("the fire is out")
    for herb, count in potion.recipe.items():
        if me.carries.get(herb, 0) < count:
            raise ToolRefused(f"I need {count} {view.item(herb)}")
    return [Consume(me, herb, count) for herb, count in potion.recipe.items()]


@brew.finish
def bottle(me: Body, view: View, act: Act) -> list[Effect]:
    """The finished potion; the fire has burned down."""
    args = dict(act.args)
    return [Create(me, args["potion"], 1), Set(args["cauldron"], "fire", 0.0)]


@brew.interrupted
def spoil(me: Body, view: View, act: Act) -> list[Effect]:
    """Half-brewed is wasted, and it annoys."""
    return [Add(me, "social", 0.05)]


@brew.utility
def worth(me: Body, view: View, potion: Kind, cauldron: Spot) -> float:
    """Worth it while there is little in stock."""
    return 0.4 if me.carries.get(potion.id, 0) < 2 else 0.1


@tool(
    option={"en": "calm {who} down", "ko": "{who:을} 달랜다"},
    seen={"en": "{me} talks {who} down", "ko": "{me:이} {who:을} 달랜다"},
    did={"en": "I calmed {who} down", "ko": "나는 {who:을} 달랬다"},
    takes="5 s",
)
def calm(me: Body, view: View, who: Body) -> list[Effect]:
    """Talk somebody near down; how they take it is up to them."""
    if who.id == me.id or not who.alive or me.distance(who) > 4:
        raise ToolRefused(f"{who} is too far away to talk to")
    return [Signal(me, "calmed", 6.0, view.said(EASY, who=who), who)]


@calm.utility
def concern(me: Body, view: View, who: Body) -> float:
    """The angrier they are, where anger is known."""
    return float(getattr(who, "anger", 0.0)) * 0.6


@tool(
    option={"en": "arrest {who}", "ko": "{who:을} 체포한다"},
    seen={"en": "{me} arrests {who}", "ko": "{me:이} {who:을} 체포한다"},
    did={"en": "I arrested {who}", "ko": "나는 {who:을} 체포했다"},
    takes="3 s",
    occupies="who",
    roles=("watchman", "guard"),
    stakes=0.8,
)
def arrest(me: Body, view: View, who: Body) -> list[Effect]:
    """Take hold of somebody in reach who is fighting: the fight goes out of them."""
    if who.id == me.id or not who.alive or not me.reaches(who):
        raise ToolRefused(f"{who} is out of reach")
    if getattr(who, "anger", 0.0) < 0.5:
        raise ToolRefused(f"{who} keeps the peace")
    return [
        Set(who, "anger", 0.0),
        Signal(me, "arrested", 6.0, view.said(UNDER_ARREST, who=who), who),
    ]


@arrest.utility
def duty(me: Body, view: View, who: Body) -> float:
    """The more they rage."""
    return float(getattr(who, "anger", 0.0)) * 0.7


TOOLS = [prices, buy, stock_up, stoke, brew, calm, arrest]
