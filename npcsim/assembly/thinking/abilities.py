"""Which model files a run has, and what they were measured to be fit for: recorded, then kept to.

What was measured lies in a cache that differs from machine to machine, so it goes into the first
event of the log, and a replay reads it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from npcsim.messages import Model
from npcsim.models.ability import CHOOSE, WRITE, Ability, known, speed_of, to_text
from npcsim.models.digests import sha256_of
from npcsim.models.guards.around import bare
from npcsim.models.library.names import prepared_path
from npcsim.models.local.bundled import bundled_model_path
from npcsim.models.local.llamacpp import LlamaCpp
from npcsim.scenario.schema import Definition
from npcsim.sim.program import Program

FILE, CAN = "file.", "can."
NOT_MEASURED = "not measured"


def recorded(models: Mapping[str, Model], definition: Definition) -> dict[str, str]:
    """What a run's first event says of the files behind its tiers: which, and fit for what.

    A tier whose `languages` are given is taken at its word. Raises `Unavailable` for a file that
    can't be read any more.
    """
    found: dict[str, str] = {}
    for tier, outer in models.items():
        model = bare(outer)
        if not isinstance(model, LlamaCpp):
            continue
        found[FILE + tier] = _which(model)
        part = definition.tiers.get(tier)
        if part is None or part.languages is None:
            found[CAN + tier] = _can(_ability(model), definition.language)
    return found


def _which(model: LlamaCpp) -> str:
    shipped = bundled_model_path()
    if shipped is not None and model.path == shipped:
        return f"{shipped.name}, as shipped"
    if shipped is not None and model.path == prepared_path(shipped):
        return f"Q8_0 prepared from {shipped.name}"
    return model.path.name


def _ability(model: LlamaCpp) -> Ability | None:
    """The file's own record; a prepared file without one has that of what it was made from."""
    shipped = bundled_model_path()
    own = known(sha256_of(model.path))
    if own is None and shipped is not None and model.path == prepared_path(shipped):
        return known(sha256_of(shipped))
    return own


def speed(model: Model) -> float | None:
    """Tokens of prompts a second of a file's model, where they were measured on this machine."""
    inner = bare(model)
    return speed_of(sha256_of(inner.path)) if isinstance(inner, LlamaCpp) else None


def _can(ability: Ability | None, language: str) -> str:
    return NOT_MEASURED if ability is None else to_text(list(ability.cannot(language)))


def measured(tier: str, versions: Mapping[str, str]) -> bool:
    """Whether what a tier is fit for is known from a measurement of its file."""
    return versions.get(CAN + tier, NOT_MEASURED) != NOT_MEASURED


def limited(program: Program, versions: Mapping[str, str]) -> Program:
    """The program with its tiers kept to what their models were measured to do."""
    tiers = []
    for tier in program.tiers:
        if measured(tier.name, versions):
            can = versions[CAN + tier.name].split()
            unfit = tuple(what for what in (CHOOSE, WRITE) if what not in can)
            tier = replace(tier, unfit=unfit)
        tiers.append(tier)
    return replace(program, tiers=tuple(tiers))


def said(program: Program, versions: Mapping[str, str]) -> list[str]:
    """A line for each tier behind a file: which file it is, and what it will not be asked for."""
    lines = []
    for tier in program.tiers:
        file = versions.get(FILE + tier.name)
        if file is None:
            continue
        line = f"npcsim: tier {tier.name} is {file}"
        if tier.unfit:
            what = " or ".join(tier.unfit)
            line += f"; it is not asked to {what} in {tier.language}, for which it is not fit"
        elif versions.get(CAN + tier.name) == NOT_MEASURED:
            line += "; what it can do was not measured: `npcsim models check` does"
        lines.append(line)
    return lines
