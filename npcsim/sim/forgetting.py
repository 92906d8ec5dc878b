"""Who remembers too much forgets, in the tick after it became too much."""

from __future__ import annotations

from functools import partial

from npcsim.effects import Effect, Forget
from npcsim.memory.forgetting import fading
from npcsim.npc.prompts import summary
from npcsim.world.commit import Bundle, Wanted
from npcsim.world.state import World


def forget(world: World, wanted: Wanted) -> None:
    """Merge the memories least worth keeping of everybody who has more than the limits allow."""
    setting = world.setting
    for npc in sorted(world.memories.crowded):
        gone = fading(
            world.memories.of(npc),
            setting.memory,
            now=world.tick,
            tick_ms=setting.tick_ms,
            start_ms=setting.start_ms,
            worded=partial(summary, setting.language),
        )
        effects: tuple[Effect, ...] = tuple(
            Forget(npc, one.ids, one.text, one.gist) for one in gone
        )
        if effects:
            wanted.bundles.append(Bundle(npc, "forget", effects, "input"))
