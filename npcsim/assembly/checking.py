"""Every check of a scenario before tick 0 that takes more than its files: all mistakes at once."""

from __future__ import annotations

from collections.abc import Mapping

from npcsim.assembly.calls import check_calls
from npcsim.assembly.code.recipe import Recipe, gather
from npcsim.assembly.folk.moods import axes_of
from npcsim.assembly.folk.people import Person, gauges_of, people_of, skills_of, taken_names
from npcsim.assembly.folk.society import check_society
from npcsim.assembly.folk.traits import judge
from npcsim.assembly.land.ground import Ground, MapData, lay
from npcsim.assembly.land.stock import unclear_stock
from npcsim.assembly.lore import Parser, lore_of, machines_of
from npcsim.assembly.scenes import brought, scenes_of
from npcsim.assembly.script import script_of
from npcsim.assembly.settings import names_of, setting_of
from npcsim.assembly.signals import check_signals
from npcsim.assembly.thinking import embedding
from npcsim.assembly.thinking.tiers import tiers_of
from npcsim.assembly.usage import not_theirs
from npcsim.errors import Mistake
from npcsim.scenario.references import check
from npcsim.scenario.schema import Definition
from npcsim.scenario.source import Sources
from npcsim.tools.tool import Tool


def check_all(
    definition: Definition, sources: Sources, recipe: Recipe, over: Mapping[str, Tool]
) -> tuple[list[Mistake], list[Person]]:
    """Every name in a definition that nothing answers to, guards and tools included.

    -> (the mistakes, the people there would be)
    """
    box = gather(recipe.tools)
    tools = {**box.tools, **brought(definition, box.scenes, box.tools), **over}
    ground = lay(definition, recipe.map)
    columns = {name for tool in tools.values() for name in tool.columns}
    columns |= axes_of(definition).keys()
    judged = judge(definition, tools, {"hp", *definition.attributes, *skills_of(tools), *columns})
    mistakes = check(
        definition,
        sources,
        known_places=ground.places,
        known_spot_kinds={spot.kind for spot in ground.spots},
        known_tools=tools,
        known_spots={spot.id for spot in ground.spots},
        known_spawns=ground.spawns,
        known_skills=skills_of(tools),
        known_traits=columns | judged.good,
        meant=judged.meant,
    )
    mistakes += unclear_stock(definition, ground, sources)
    mistakes += taken_names(definition, tools, box.file_of, sources)
    people = people_of(definition, ground, tools, sources, mistakes)
    gauges = gauges_of(definition, tools)
    names = names_of(definition, ground, people, {*gauges, *judged.wanted})
    parser = Parser(names, sources, mistakes)
    machines_of(definition, parser)
    tiers_of(definition, parser)
    embedding.checked(definition, parser)
    lore_of(definition, tools, 0.5, parser)
    setting = setting_of(definition, ground, people, gauges, (), tools)
    script_of(definition, setting, tools, parser)
    check_signals(definition, setting, tools, parser)
    check_society(definition, setting, parser)
    scenes_of(definition, setting, box.scenes, tools, parser)
    check_calls(definition, setting, ground.spots, tools, parser, sources)
    for place in ground.cut_off if _ways_read(definition, sources, ground) else ():
        section = "places" if place in definition.places else "map"
        loc = (section, place) if section == "places" else (section,)
        mistakes.append(sources.mistake(loc, f"{place!r} can't be reached from the other places"))
    if recipe.map is not None:
        mistakes += _outside(definition, sources, recipe.map)
    mistakes += not_theirs(definition, people, tools, sources)
    return mistakes, people


def _ways_read(definition: Definition, sources: Sources, ground: Ground) -> bool:
    """Whether every way is whole. One that is not is told already, and cuts off what it led to."""
    written = sources.find(("ways",))
    count = len(written.value) if written and isinstance(written.value, list) else 0
    known = all({way.from_, way.to} <= set(ground.places) for way in definition.ways)
    return known and count == len(definition.ways)


def _outside(definition: Definition, sources: Sources, data: MapData) -> list[Mistake]:
    found = []
    for section, parts in (("npcs", definition.npcs), ("spots", definition.spots)):
        for name, part in parts.items():
            for axis, limit in (("x", data.width), ("y", data.height)):
                value = getattr(part, axis)
                if value is not None and not 0 <= value < limit:
                    message = f"{axis} must be from 0 to {limit} on this map, not {value:g}"
                    found.append(sources.mistake((section, name, axis), message))
    return found
