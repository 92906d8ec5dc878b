"""What is to be said before a run about its language: wording that reads badly, unfit models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from npcsim.errors import Mistake
from npcsim.models.ability import CHOOSE, bundled
from npcsim.models.tiers import Tier
from npcsim.scenario.schema import Definition
from npcsim.scenario.source import Sources
from npcsim.sim.program import Program
from npcsim.tools.tool import Tool
from npcsim.tools.wording import NAMES, lint


def language_warnings(
    program: Program, file_of: Mapping[str, str], definition: Definition, sources: Sources
) -> tuple[Mistake, ...]:
    """All of it, for a scenario as it was read; `file_of`: as for `wording_warnings`."""
    worded = wording_warnings(program.tools, file_of, definition.language)
    return (*worded, *fitness_warnings(program.tiers, sources))


def wording_warnings(
    tools: Mapping[str, Tool], file_of: Mapping[str, str], language: str
) -> list[Mistake]:
    """What the lint says of the wording of an author's tools, at their lines.

    `file_of` tells which file a tool is from; those that are in none are built in.
    """
    return [
        Mistake(file_of[one.tool.name], one.line, 1, f"tool {one.tool.name}: {one.said}")
        for one in lint(tools.values(), language)
        if one.tool.name in file_of
    ]


def fitness_warnings(tiers: Sequence[Tier], sources: Sources) -> list[Mistake]:
    """A warning for each tier that is not fit for the scenario's language."""
    return [
        sources.mistake(("language",), unfit_text(tier)) for tier in tiers if CHOOSE in tier.unfit
    ]


def unfit_text(tier: Tier, measured: bool = False) -> str:
    """What it means that a tier is not fit to choose in the scenario's language, and why not.

    measured: whether that model's file has a record.
    """
    language = NAMES.get(tier.language, tier.language)
    why = "so it was measured" if measured else "nothing shows that it is"
    if tier.model == "bundled":
        why = f"it {bundled().cannot(tier.language).get(CHOOSE, why)}"
    return (
        f"the {tier.name} model ({tier.model}) is not fit to choose in {language}, so bodies "
        f"decide by utility and speak in set phrases: {why}; if you know better, say "
        f"`languages: [{tier.language}]` under tiers.{tier.name}"
    )
