"""How needs make things worth doing. A need is 0 when content, 1 when desperate."""

from __future__ import annotations

from npcsim.tools.view import Body, Kind

COIN = "coin"


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
