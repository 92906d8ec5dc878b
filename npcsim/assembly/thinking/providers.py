"""What the makers of models say of them at the start of a run, and what their caches are worth."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict

from npcsim.errors import ModelError
from npcsim.messages import Model
from npcsim.models.guards.around import bare
from npcsim.models.money.prices import A_TOKEN
from npcsim.models.remote.anthropic import LOOK_S, ROLE, Anthropic
from npcsim.models.tiers import WHOLE
from npcsim.npc.background import shared
from npcsim.sim.program import Program
from npcsim.sim.tally import Tally
from npcsim.world.state import Setting

FEATURES = "features."
FEW = 3
"""From so many answers on a cache that held nothing says something."""


async def looked_up(models: Mapping[str, Model]) -> dict[str, str]:
    """What providers say their models can do, asked once: for the run's first event.

    One that does not answer in time is taken as our list has it. It changes how questions are
    sent, never which: a replay needs none of it.
    """
    claude = _claude(models)
    await asyncio.gather(*(_look(model) for model in claude.values()))
    return {
        FEATURES + tier: json.dumps(asdict(model.features), separators=(",", ":"))
        for tier, model in claude.items()
    }


async def _look(model: Anthropic) -> None:
    try:
        await asyncio.wait_for(model.look_up(), LOOK_S)
    except (ModelError, TimeoutError):
        return  # our list stands


def _claude(models: Mapping[str, Model]) -> dict[str, Anthropic]:
    found = {tier: bare(model) for tier, model in models.items()}
    return {tier: model for tier, model in found.items() if isinstance(model, Anthropic)}


def beginning(setting: Setting, program: Program) -> str:
    """What the prompts of all NPCs begin with, for models that are shown all there is."""
    return f"{ROLE}\n\n{shared(setting, program.tools, program.about)}"


def too_short(setting: Setting, program: Program, models: Mapping[str, Model]) -> list[str]:
    """A line for each tier whose prompts begin with too little for its provider to keep."""
    claude, lines = _claude(models), []
    tokens = len(beginning(setting, program).encode()) // A_TOKEN
    for tier in program.tiers:
        model = claude.get(tier.name)
        if model is None or not model.keeps or tier.context != WHOLE:
            continue
        least = model.features.least_cached
        if tokens < least:
            lines.append(
                f"npcsim: what all prompts of tier {tier.name} begin with has about {tokens} "
                f"tokens, and {model.name} keeps none under {least}: each question pays for all "
                "of it. A longer `about:` would help, and so would `prompt_cache: none`"
            )
    return lines


def never_kept(program: Program, models: Mapping[str, Model], tally: Tally) -> list[str]:
    """A line for each tier of which, as its answers told, the provider has kept nothing."""
    claude, lines = _claude(models), []
    for tier in program.tiers:
        model, told = claude.get(tier.name), tally.cache.get(tier.name)
        if model is None or told is None or not model.keeps or tier.context != WHOLE:
            continue
        if told.answers >= FEW and not told.cached and not told.written:
            lines.append(
                f"npcsim: of {told.answers} prompts of tier {tier.name} the provider has kept "
                f"nothing, as their usage says: they may begin with too few tokens"
            )
    return lines
