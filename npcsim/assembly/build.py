"""From a scenario file, or a run's recipe, to a world and the program it runs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from npcsim import events as ev
from npcsim.assembly.checking import check_all
from npcsim.assembly.code.recipe import FORM, Recipe, gather, read_tools
from npcsim.assembly.code.retooling import retool
from npcsim.assembly.code.tooltext import text_warnings
from npcsim.assembly.folk.moods import settle_in
from npcsim.assembly.folk.people import (
    Person,
    columns_of,
    gauges_of,
    members_of,
    people_of,
)
from npcsim.assembly.folk.society import settle
from npcsim.assembly.folk.ties import expand
from npcsim.assembly.land.borrowing import what_fits
from npcsim.assembly.land.drawn import drawn_map, is_drawn
from npcsim.assembly.land.ground import Ground, MapData, lay, read_map
from npcsim.assembly.land.stock import holder_of
from npcsim.assembly.land.walled import walled_in
from npcsim.assembly.lore import Parser, lore_of, machines_of
from npcsim.assembly.scenes import brought, scenes_of
from npcsim.assembly.script import script_of
from npcsim.assembly.settings import names_of, setting_of
from npcsim.assembly.thinking.language import language_warnings
from npcsim.assembly.thinking.tiers import (
    judges_of,
    levels_of,
    priced,
    rules_of,
    tiers_of,
    trust_of,
)
from npcsim.assembly.usage import idle, own_files, strange_candidates
from npcsim.errors import Mistake, ScenarioError
from npcsim.replay.makers import makers
from npcsim.scenario.load import in_order, read_definition
from npcsim.scenario.schema import Definition
from npcsim.scenario.source import Node, Sources
from npcsim.sim.program import Program
from npcsim.tools.tool import Tool
from npcsim.world.crowd_commit import HURT
from npcsim.world.rows import Mind
from npcsim.world.rules import close_doors
from npcsim.world.state import World

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
    uses = loaded.sources.mark(("uses",)) if loaded.sources.find(("uses",)) else None
    if any((one.file, one.line, one.column) == uses for one in mistakes):
        raise ScenarioError(mistakes)  # whatever else is not found may stand in what was not found
    many = sum(part.count for part in loaded.definition.npcs.values())
    if many > MOST_PEOPLE:
        message = f"{many} NPCs in all; there can be at most {MOST_PEOPLE}"
        mistakes.append(loaded.sources.mistake(("npcs",), message, key=True))
        raise ScenarioError(in_order(mistakes))
    data: MapData | None = None
    warnings: tuple[Mistake, ...] = ()
    tools: list[tuple[str, str]] = []
    unread: list[Mistake] = []
    try:
        if loaded.map_path is not None:
            data, warnings = read_map(loaded.map_path, loaded.map_folder)
    except ScenarioError as error:
        unread += error.mistakes
    try:
        tools = read_tools(loaded.tools)
        warnings += (*gather(tools).replaced, *text_warnings(tools))
    except ScenarioError as error:
        unread += error.mistakes
    if unread:  # whoever names what is in there has made no mistake
        raise ScenarioError(in_order([*mistakes, *unread]))
    if is_drawn(loaded.definition):
        data = drawn_map(loaded.definition, loaded.sources, mistakes)
    definition, text, sources = what_fits(loaded, data)
    definition, text = priced(definition, text)
    named = zip((file.name for file in loaded.tools), tools, strict=False)
    text = expand(definition, text, sources, members_of(definition), mistakes)
    recipe = Recipe(FORM, text, data, tuple((name, source) for name, (_, source) in named))
    found, people = check_all(definition, sources, recipe, over or {})
    if not mistakes and not found:
        wrong, told = idle(definition, people, loaded, sources, tools)
        found, warnings = wrong, (*warnings, *told)
    if not definition.npcs and not mistakes:  # they may be in what was not found
        found.append(sources.mistake((), "there are no NPCs: a scenario needs `npcs:`"))
    if mistakes or found:
        raise ScenarioError(in_order([*mistakes, *found]))
    built = build(recipe, warnings, sources, over)
    box = gather(tools)
    warnings += language_warnings(built.program, box.file_of, definition, sources)
    warnings += tuple(walled_in(built.world, definition, sources))
    warnings += tuple(strange_candidates(built.world, box, own_files(loaded)))
    return replace(
        built, warnings=warnings, tool_files=tuple((file.name, file.path) for file in loaded.tools)
    )


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
    box = gather(recipe.tools)
    over = {**brought(definition, box.scenes, box.tools), **(over or {})}
    tools = {**box.tools, **over}
    ground = lay(definition, recipe.map)
    mistakes: list[Mistake] = []
    people = people_of(definition, ground, tools, sources, mistakes)
    gauges = gauges_of(definition, tools)
    parser = Parser(names_of(definition, ground, people, gauges), sources, mistakes)
    machines = machines_of(definition, parser)
    tiers = tiers_of(definition, parser)
    levels = levels_of(definition, tiers, parser)
    judges = judges_of(definition, tiers, parser)
    lore = lore_of(definition, tools, trust_of(tiers), parser)
    if mistakes:
        raise ScenarioError(mistakes)
    setting = setting_of(definition, ground, people, gauges, machines, tools)
    scenes = scenes_of(definition, setting, box.scenes, tools, parser)
    setting = replace(setting, scenes={staged.name: staged.scene for staged in scenes})
    world = World(setting, ground.grid)
    for name, values in columns_of(people, gauges, machines).items():
        world.columns.add(name, values)
    settle_in(world)
    _furnish(world, definition, ground, people)
    script = script_of(definition, setting, tools, parser)
    if mistakes:
        raise ScenarioError(mistakes)
    feelings = script.feelings
    reacts = any(reaction.sense == HURT for reaction in script.reactions)
    if reacts or (feelings is not None and feelings.needs_hurt):
        world.columns.add(HURT, np.zeros(len(people), np.bool_))
    program = Program(
        machines, tools, lore, rules_of(definition), tiers,
        script.happenings, script.reactions, script.measures, script.stop,
        scenes, _snapshot_every(definition),
        recipe.tools, partial(retool, definition, over, gauges),
        about=definition.about, attention=levels, feelings=feelings,
        importance_by=judges["importance_by"], summaries_by=judges["summaries_by"],
    )  # fmt: skip
    return Built(
        recipe, definition, world, program, recipe.map.picture if recipe.map else None, warnings
    )


def _snapshot_every(definition: Definition) -> int:
    """Ticks between snapshots; 0 has them by cost."""
    wanted = definition.log.snapshot
    return 0 if wanted is None else max(1, wanted // definition.clock.tick)


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
            world.set_held(holder_of(holder, ground), item, count)
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
            p.look, p.mind, p.goal, dict(world.held(p.id)), float(columns["sight"][p.serial]),
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
    """What made a run: the recipe, its tools alone, npcsim, and the libraries whose arithmetic
    reaches the world."""
    return {"recipe": recipe.fingerprint, "tools": recipe.tools_print, **makers()}
