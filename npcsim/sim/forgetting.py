"""Who remembers too much forgets, in the tick after it became too much."""

from __future__ import annotations

from functools import partial

from npcsim.effects import Effect, Forget
from npcsim.memory.forgetting import fading
from npcsim.npc.prompts import summary
from npcsim.sim.judging import Judge
from npcsim.world.commit import Bundle, Wanted
from npcsim.world.state import World


def forget(world: World, wanted: Wanted, judge: Judge | None = None) -> None:
    """Merge the memories least worth keeping of everybody who has more than the limits allow.

    judge: is told which, and what they were.
    """
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
        for one in gone:
            if judge is not None and one.text:
                judge.fading(npc, one.ids, _texts(world, npc, one.ids))
        if effects:
            wanted.bundles.append(Bundle(npc, "forget", effects, "input"))


def _texts(world: World, npc: str, ids: tuple[int, ...]) -> list[str]:
    lines = [world.memories.one(npc, id) for id in ids]
    return [line.text for line in lines if line is not None]
