"""The tools every NPC has to draw on."""

from __future__ import annotations

from npcsim.tools.builtin.commons import barter, draw_stock, store
from npcsim.tools.builtin.fighting import attack, heal
from npcsim.tools.builtin.making import craft, sleep, use
from npcsim.tools.builtin.moving import flee, follow, go_to, look, wait
from npcsim.tools.builtin.needs import COIN
from npcsim.tools.builtin.talking import accuse, say, shout
from npcsim.tools.builtin.trading import accept, give, offer, take
from npcsim.tools.tool import Tool

BUILTIN: tuple[Tool, ...] = (
    go_to, follow, flee, look, say, give, take, offer, accept, use, craft, attack, heal, wait,
    sleep, accuse, shout, barter, draw_stock, store,
)  # fmt: skip

__all__ = ["BUILTIN", "COIN"]
