"""What servers behind tiers told before a run: recorded in its first event, and kept to.

What they can do only shapes their answers, which are logged. That one is down shapes the routing,
so a replay reads it there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from npcsim.messages import Model
from npcsim.models.guards.around import bare
from npcsim.models.remote.openai import OpenAI
from npcsim.models.remote.servers.fitting import loaded
from npcsim.models.remote.servers.found import Found, from_text, to_text
from npcsim.sim.program import Program

SERVER = "server."


async def asked(models: Mapping[str, Model]) -> dict[str, str]:
    """What a run's first event says of the servers behind its tiers. All are asked at once.

    It takes `PROBE_S` of `models.remote.openai` at most. Raises `Unavailable` without the SDK.
    """
    inside = {tier: bare(model) for tier, model in models.items()}
    servers = {tier: model for tier, model in inside.items() if isinstance(model, OpenAI)}
    found = await asyncio.gather(*(server.find() for server in servers.values()))
    return {SERVER + tier: to_text(one) for tier, one in zip(servers, found, strict=True)}


def found_in(versions: Mapping[str, str]) -> dict[str, Found]:
    """What servers told, by tier, as a run's first event has it."""
    return {
        name.removeprefix(SERVER): from_text(text)
        for name, text in versions.items()
        if name.startswith(SERVER)
    }


def heeded(program: Program, versions: Mapping[str, str]) -> Program:
    """The program with the tiers that were down as it began, and what context those have."""
    found = found_in(versions)
    tiers = tuple(
        replace(tier, loaded=loaded(found[tier.name])) if tier.name in found else tier
        for tier in program.tiers
    )
    return replace(
        program, tiers=tiers, down={tier: one.down for tier, one in found.items() if one.down}
    )


def said(program: Program, versions: Mapping[str, str]) -> list[str]:
    """A line for each tier behind such a server: what it told, or why it can't be asked now."""
    named = {tier.name: tier.model for tier in program.tiers}
    lines = []
    for tier, found in found_in(versions).items():
        line = f"npcsim: tier {tier} ({named.get(tier, tier)})"
        if found.down:
            later = "others decide meanwhile, and it is asked again now and then"
            lines.append(f"{line} can't be asked now: {found}; {later}")
        else:
            lines.append(f"{line}: {found}")
    return lines
