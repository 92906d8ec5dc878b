"""From a scenario file, or a run's recipe, to a world and the program it runs on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from npcsim import events as ev
from npcsim.assembly.borrowing import what_fits
from npcsim.assembly.calls import check_calls
from npcsim.assembly.drawn import drawn_map, is_drawn
from npcsim.assembly.ground import Ground, MapData, lay, read_map
from npcsim.assembly.lore import Parser, lore_of, machines_of, state_numbers
from npcsim.assembly.people import (
    Person,
    columns_of,
    gauges_of,
    members_of,
    people_of,
    skills_of,
    taken_names,
)
from npcsim.assembly.recipe import FORM, Recipe, gather, read_tools
from npcsim.assembly.retooling import retool
from npcsim.assembly.scenes import scene_classes, scenes_of
from npcsim.assembly.script import script_of
from npcsim.assembly.society import check_society, settle
from npcsim.assembly.tiers import priced, rules_of, tiers_of, trust_of
from npcsim.assembly.ties import expand
from npcsim.assembly.traits import judge
from npcsim.errors import Mistake, ScenarioError
from npcsim.reflex.fsm import Machine
from npcsim.reflex.guards import Names
from npcsim.scenario.load import in_order, read_definition
from npcsim.scenario.references import check
from npcsim.scenario.schema import Definition
from npcsim.scenario.source import Node, Sources
from npcsim.sim.program import Program
from npcsim.tools.builtin import COIN
from npcsim.tools.tool import Tool
from npcsim.world.crowd_commit import HURT
from npcsim.world.rules import close_doors
from npcsim.world.state import Faction, GaugeKind, ItemKind, Mind, Setting, World

PACKAGED = Path(__file__).parents[1] / "_data" / "worlds"
REPOSITORY = Path(__file__).parents[2] / "worlds"

MOST_PEOPLE = 250_000


@dataclass(frozen=True, slots=True)
class Built:
    """A world ready to run. `build` again for another run of the same recipe."""

    recipe: Recipe
    definition: Definition
    world: World
    program: Program
    picture: ev.MapPicture | None
    warnings: tuple[Mistake, ...] = ()
    tool_files: tuple[tuple[str, Path], ...] = ()
    """The files its tools were read from: what the recipe calls each, and where it lies."""

    def started(self, run: str, models: Mapping[str, str]) -> ev.RunStarted:
        """The first event of a run."""
        return _started(self, run, models)


def packaged_worlds() -> tuple[Path, ...]:
    """Where the worlds that ship with npcsim are: in the wheel, or in the repository."""
    return tuple(folder for folder in (PACKAGED, REPOSITORY) if folder.is_dir())


def read(
    path: Path,
    overrides: Sequence[str] = (),
    over: Mapping[str, Tool] | None = None,
    given: Node | None = None,
) -> Built:
    """Load a scenario. Raises ScenarioError with every mistake in it, its world and its tools.

    over: tools by name that are tried beside those of the world, or in place of them. given: what
    would stand in the file `path`, which then need not exist.
    """
    loaded, mistakes = read_definition(
        path, overrides=overrides, search=packaged_worlds(), given=given
    )
    if loaded is None:
        raise ScenarioError(mistakes)
    many = sum(part.count for part in loaded.definition.npcs.values())
    if many > MOST_PEOPLE:
        message = f"{many} NPCs in all; there can be at most {MOST_PEOPLE}"
        mistakes.append(loaded.sources.mistake(("npcs",), message, key=True))
        raise ScenarioError(in_order(mistakes))
    data: MapData | None = None
    warnings: tuple[Mistake, ...] = ()
    tools: list[tuple[str, str]] = []
    try:
        if loaded.map_path is not None:
            data, warnings = read_map(loaded.map_path, loaded.map_folder)
    except ScenarioError as error:
        mistakes += error.mistakes
    try:
        tools = read_tools(loaded.tools)
        warnings += gather(tools).replaced
    except ScenarioError as error:
        mistakes += error.mistakes
        tools = []
    if is_drawn(loaded.definition):
        data = drawn_map(loaded.definition, loaded.sources, mistakes)
    definition, text, sources = what_fits(loaded, data)
    definition, text = priced(definition, text)
    named = zip((file.name for file in loaded.tools), tools, strict=False)
    text = expand(definition, text, sources, members_of(definition), mistakes)
    recipe = Recipe(FORM, text, data, tuple((name, source) for name, (_, source) in named))
    found = _check(definition, sources, recipe, over or {})
    if not definition.npcs and not mistakes:  # they may be in what was not found
        found.append(sources.mistake((), "there are no NPCs: a scenario needs `npcs:`"))
    if mistakes or found:
        raise ScenarioError(in_order([*mistakes, *found]))
    built = build(recipe, warnings, sources, over)
    return replace(built, tool_files=tuple((file.name, file.path) for file in loaded.tools))


def _check(
    definition: Definition, sources: Sources, recipe: Recipe, over: Mapping[str, Tool]
) -> list[Mistake]:
    """Every name in a definition that nothing answers to, guards and tools included."""
    box = gather(recipe.tools)
    tools = {**box.tools, **over}
    ground = lay(definition, recipe.map)
    columns = {name for tool in tools.values() for name in tool.columns}
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
    mistakes += taken_names(definition, tools, box.file_of, sources)
    people = people_of(definition, ground, tools, sources, mistakes)
    gauges = gauges_of(definition, tools)
    names = _names(definition, ground, people, {*gauges, *judged.wanted})
    parser = Parser(names, sources, mistakes)
    machines_of(definition, parser)
    tiers_of(definition, parser)
    lore_of(definition, tools, 0.5, parser)
    setting = _setting(definition, ground, people, gauges, ())
    script_of(definition, setting, tools, parser)
    check_society(definition, setting, parser)
    scenes_of(definition, setting, scene_classes(recipe.tools), parser)
    check_calls(definition, setting, ground.spots, tools, parser, sources)
    for place in ground.cut_off if _ways_read(definition, sources, ground) else ():
        section = "places" if place in definition.places else "map"
        loc = (section, place) if section == "places" else (section,)
        mistakes.append(sources.mistake(loc, f"{place!r} can't be reached from the other places"))
    if recipe.map is not None:
        mistakes += _outside(definition, sources, recipe.map)
    return mistakes


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


def build(
    recipe: Recipe,
    warnings: tuple[Mistake, ...] = (),
    sources: Sources | None = None,
    over: Mapping[str, Tool] | None = None,
) -> Built:
    """A fresh world from a recipe. Raises ScenarioError where the recipe is at odds with itself.

    over: as in `read`. A run with such tools can't be replayed, as its recipe lacks them.
    """
    definition = recipe.parsed
    tools = {**gather(recipe.tools).tools, **(over or {})}
    ground = lay(definition, recipe.map)
    mistakes: list[Mistake] = []
    people = people_of(definition, ground, tools, sources, mistakes)
    gauges = gauges_of(definition, tools)
    parser = Parser(_names(definition, ground, people, gauges), sources, mistakes)
    machines = machines_of(definition, parser)
    tiers = tiers_of(definition, parser)
    lore = lore_of(definition, tools, trust_of(tiers), parser)
    if mistakes:
        raise ScenarioError(mistakes)
    setting = _setting(definition, ground, people, gauges, machines)
    world = World(setting, ground.grid)
    for name, values in columns_of(people, gauges, machines).items():
        world.columns.add(name, values)
    _furnish(world, definition, ground, people)
    script = script_of(definition, setting, tools, parser)
    scenes = scenes_of(definition, setting, scene_classes(recipe.tools), parser)
    if mistakes:
        raise ScenarioError(mistakes)
    if any(reaction.sense == HURT for reaction in script.reactions):
        world.columns.add(HURT, np.zeros(len(people), np.bool_))
    snapshot = max(1, definition.log.snapshot // definition.clock.tick)
    program = Program(
        machines, tools, lore, rules_of(definition), tiers,
        script.happenings, script.reactions, script.measures, script.stop,
        scenes, snapshot,
        recipe.tools, partial(retool, definition, over or {}, gauges),
    )  # fmt: skip
    return Built(
        recipe, definition, world, program, recipe.map.picture if recipe.map else None, warnings
    )


def _names(
    definition: Definition,
    ground: Ground,
    people: Sequence[Person],
    numbers: Collection[str],
) -> Names:
    kinds = {kind for person in people for kind in person.profile.kinds}
    states = {name for entries in definition.behaviour.values() for name in entries}
    return Names(
        attributes=frozenset({*numbers, "x", "y"}),
        kinds=frozenset({*kinds, *definition.archetypes, *definition.npcs}),
        places=frozenset(ground.places),
        items=frozenset({*definition.items, COIN}),
        states=frozenset(states),
    )


def _setting(
    definition: Definition,
    ground: Ground,
    people: Sequence[Person],
    gauges: Mapping[str, GaugeKind],
    machines: tuple[Machine, ...],
) -> Setting:
    clock = definition.clock
    rows: dict[str, list[int]] = {"anyone": [p.profile.serial for p in people]}
    for person in people:
        for kind in person.profile.kinds:
            rows.setdefault(kind, []).append(person.profile.serial)
    foes = sorted({"|".join(sorted(p.profile.foes)) for p in people} | {""})
    end = 0 if clock.end is None else (clock.end - clock.start) // clock.tick
    return Setting(
        scenario=definition.scenario or "scenario",
        title=definition.title or definition.scenario,
        seed=definition.seed,
        mind_seed=definition.seed if definition.mind_seed is None else definition.mind_seed,
        tick_ms=clock.tick,
        start_ms=clock.start,
        end_tick=end,
        temper=definition.temper,
        combat=definition.rules.combat,
        profiles=tuple(person.profile for person in people),
        places=ground.places,
        graph=ground.graph,
        items=_items(definition),
        gauges=gauges,
        size=ground.size,
        place_map=ground.place_map,
        walks=ground.walks,
        serial_of={person.profile.id: person.profile.serial for person in people},
        kind_rows={kind: np.array(serials, np.uint32) for kind, serials in rows.items()},
        cells_of=ground.cells_of,
        factions={
            name: Faction(name, part.home or "", part.values)
            for name, part in definition.factions.items()
        },
        foe_keys=tuple(foes),
        state_numbers=state_numbers(machines),
        breakable=definition.rules.broken,
        language=definition.language,
        prices=definition.prices,
    )


def _items(definition: Definition) -> dict[str, ItemKind]:
    items = {COIN: ItemKind(COIN, "coin", {}, {}, "", 1, 0, 1.0)}
    for name, part in definition.items.items():
        items[name] = ItemKind(
            name, part.name or name.replace("_", " "), part.use, part.recipe, part.at or "",
            part.makes, part.takes, part.value,
        )  # fmt: skip
    return items


def _furnish(
    world: World, definition: Definition, ground: Ground, people: Sequence[Person]
) -> None:
    """Things and items at their places, before the first tick."""
    for spot in ground.spots:
        world.spots.put(spot.id, spot)
        if spot.locked:
            close_doors(world, spot)
    for name, part in definition.spots.items():
        for item, count in part.holds.items():
            world.set_held(name, item, count)
    for holder, items in definition.stock.items():
        for item, count in items.items():
            world.set_held(holder, item, count)
    for person in people:
        for item, count in person.carries.items():
            world.set_held(person.profile.id, item, count)
        if person.profile.mind:
            world.minds.put(person.profile.id, Mind())
    settle(world, definition)


def _started(built: Built, run: str, models: Mapping[str, str]) -> ev.RunStarted:
    world, setting = built.world, built.world.setting
    columns = world.columns
    machines = built.program.machines
    cast = tuple(
        ev.Cast(
            p.serial, p.id, p.name, p.archetype, p.behaviour,
            float(columns["x"][p.serial]), float(columns["y"][p.serial]),
            machines[int(columns["machine"][p.serial])]
            .states[int(columns["state"][p.serial])].name
            if columns["machine"][p.serial] >= 0 else "",
            p.look, p.mind, p.goal, dict(world.held(p.id)),
        )
        for p in setting.profiles
    )  # fmt: skip
    gauges = tuple(ev.Gauge(g.name, g.low, g.high, g.rate, g.need) for g in setting.gauges.values())
    initial = np.concatenate([columns[gauge.name] for gauge in gauges])
    return ev.RunStarted(
        tick=0,
        run=run,
        scenario=setting.scenario,
        title=setting.title,
        seed=setting.seed,
        mind_seed=setting.mind_seed,
        tick_ms=setting.tick_ms,
        start_ms=setting.start_ms,
        end_tick=setting.end_tick,
        cast=cast,
        places=tuple(
            ev.PlaceMark(p.id, p.name, p.x, p.y, p.areas) for p in setting.places.values()
        ),
        ways=tuple((str(a), str(b)) for a, b in setting.graph.edges),
        spots=tuple(ev.SpotMark(s.id, s.kind, s.x, s.y, s.place) for _, s in world.spots.items()),
        gauges=gauges,
        machines=tuple(
            ev.Machine(
                m.name, tuple(s.name for s in m.states), tuple(t.text for t in m.transitions)
            )
            for m in machines
        ),
        picture=built.picture,
        models=dict(models),
        versions=versions(built.recipe),
        initial=initial,
    )


def versions(recipe: Recipe) -> dict[str, str]:
    """What made a run: npcsim, the libraries whose arithmetic reaches the world, the recipe."""
    found = {"recipe": recipe.fingerprint}
    for package in ("npcsim", "numpy", "scipy", "networkx"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found
