"""A hamlet on the bundled model with the whole context, alarms, a death, and little memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npcsim.assembly.runs.session import open_session
from npcsim.models.local.bundled import bundled_model_path
from npcsim.models.local.llamacpp import LlamaCpp
from tests.worlds_in_text import built

TEXT = """
title: A hamlet
about: Nobody steals here. Who works is fed.
size: [20, 20]
clock: {tick: 2 s, start: "06:00", end: "06:10"}
places: {mill: {area: [1, 1, 8, 8]}, well: {area: [12, 12, 18, 18]}}
items: {loaf: {}, stone: {}}
stock: {mill: {loaf: 20}, well: {stone: 20}}
archetypes: {folk: {mind: true, tools: [take, wait, say, go_to, look]}}
npcs:
  mara: {is: folk, at: mill, persona: You bake and like to talk., goal: Feed everybody}
  bo: {is: folk, at: mill, persona: You are a smith of few words.}
  ida: {is: folk, at: well, persona: You look after the sheep., goal: Find the lost lamb}
  tom: {is: folk, at: well, persona: You are old and tell stories.}
plans:
  fetch_loaf: {option: fetch a loaf at the mill, worth: 1, steps: [go_to(mill), take(loaf)]}
  fetch_stone: {option: fetch a stone at the well, worth: 1, steps: [go_to(well), take(stone)]}
  look: {option: look around, worth: 1, steps: [look]}
  talk: {option: talk with somebody, worth: 1, steps: ["say(nearest(folk), the day)"]}
think: {rest: 6 s, local: 20 s, dominates: 50}
tiers: {local: {context: whole}}
events:
  - {at: "06:00:06", signal: shout, place: mill, content: The mill is burning, loudness: 60}
  - {at: "06:00:36", signal: shout, place: well, content: Wolves, loudness: 60}
"""
TICKS = 32
DEATH = {"set": "tom", "attribute": "hp", "value": 0}
ROOMY, CRAMPED = 1 << 30, 84 << 20
"""Bytes for keys and values: all that is needed fits, or one place and a prefix or two."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run came out, and what its engine did for that."""

    hash: str
    thoughts: dict[str, int]
    stats: dict[str, int]
    tokens: dict[str, int]
    folder: Path | None


async def lived(
    folder: Path, memory: int, ticks: int = TICKS, out: Path | None = None, context: int = 2048
) -> Ended:
    """A fresh run with a model of its own."""
    path = bundled_model_path()
    assert path is not None
    model = LlamaCpp(path, memory=memory, context=context)
    made: Any = built(folder, TEXT)
    session = await open_session(made, models={"local": model}, out=out, ticks=ticks)
    try:
        async for tick in session.simulation:
            if tick.number == 12:
                session.simulation.put(DEATH)
        summary, stats = session.finish(), await model.stats()
        counts = summary["thoughts"], stats, summary["tokens"]
        return Ended(summary["state_hash"], *counts, session.folder)
    finally:
        await session.close()
