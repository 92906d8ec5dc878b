"""Another scenario for a world that goes on: what becomes of the world, and of its program.

The world is put as it is into one that was made from the changed scenario. What the scenario says
of the start is laid over it where the change made a difference: who starts braver is braver now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from npcsim import events as ev
from npcsim.assembly.build import Built, build
from npcsim.assembly.checking import check_all
from npcsim.assembly.code.recipe import Recipe
from npcsim.assembly.thinking import abilities, serving, tiers
from npcsim.effects import Consume, Create, Set, Tie
from npcsim.errors import Mistake, ScenarioError
from npcsim.npc.npc import Lore
from npcsim.scenario.changing import PLACE, changed
from npcsim.scenario.load import definition_from, in_order
from npcsim.sim.program import Program, Remade
from npcsim.tools.tool import Tool
from npcsim.world.commit import Bundle
from npcsim.world.snapshot import freeze, thaw
from npcsim.world.state import World

STANDS = frozenset({"x", "y", "place", "machine", "state", "since", "alive", "busy", "minding"})
"""Columns of where and how everybody stands, which a changed start does not change any more."""


def changed_recipe(recipe: Recipe, changes: Sequence[str], over: Mapping[str, Tool]) -> Recipe:
    """The recipe with values changed. Raises ScenarioError with every mistake in it."""
    loaded, mistakes, text = changed(recipe.definition, changes)
    if loaded is None:
        raise ScenarioError(mistakes)
    definition, text = tiers.priced(definition_from(text), text)
    new = replace(recipe, definition=text)
    found, _ = check_all(definition, loaded.sources, new, over)
    if mistakes or found:
        raise ScenarioError(in_order([*mistakes, *found]))
    return new


def remade(
    recipe: Recipe,
    over: Mapping[str, Tool],
    world: World,
    program: Program,
    entry: Mapping[str, Any],
) -> Remade:
    """What an input `{"change": [...], "models": ..., "versions": ...}` makes of a world.

    `world` and `program` were made from `recipe`, tools that were changed since apart; `world` is
    left as it is. models, versions: as the first event of a run has them. Raises ScenarioError for
    a change that is wrong, or that would need another cast, map, attributes or states.
    """
    recipe = replace(recipe, tools=program.files)
    new = changed_recipe(recipe, entry["change"], over)
    before, after = build(recipe, over=over), build(new, over=over)
    _check(before, after)
    versions = entry["versions"]
    made = tiers.with_models(after.program, after.definition, entry["models"])
    made = serving.heeded(abilities.limited(made, versions), versions)
    made = replace(made, remake=partial(remade, new, over))
    bundles = tuple(_laid(before.world, after.world))
    cells = _cells(before.world, after.world)
    thaw(after.world, *freeze(world))
    _let_go(after.world, made.lore)
    for name, (rows, values) in cells.items():
        after.world.columns.edit(name)[rows] = values
    gauges = after.started("", {}).gauges
    told = ev.ScenarioChanged(world.tick + 1, tuple(entry["change"]), gauges)
    return Remade(after.world, made, bundles, told)


def _check(before: Built, after: Built) -> None:
    """Raise ScenarioError where the two differ in what a run can't change."""
    old, new = before.started("", {}), after.started("", {})
    pairs: dict[str, list[Any]] = {
        "who there is": [
            [(c.id, c.archetype, c.behaviour, c.mind) for c in s.cast] for s in (old, new)
        ],
        "the attributes that there are": [[g.name for g in s.gauges] for s in (old, new)],
        "the states of behaviours": [[(m.name, m.states) for m in s.machines] for s in (old, new)],
        "the map, its places and things": [[s.places, s.ways, s.spots] for s in (old, new)],
        "the length of a tick, or when it began": [[s.tick_ms, s.start_ms] for s in (old, new)],
        "what is kept of everybody": [sorted(b.world.columns) for b in (before, after)],
        "things": [dict(b.world.spots.items()) for b in (before, after)],
        "what is remembered from the start (see --edit-memory)": [
            dict(b.world.memories.items()) for b in (before, after)
        ],
    }  # fmt: skip
    for what, (was, now) in pairs.items():
        if was != now:
            message = f"a run that goes on can't change {what}"
            raise ScenarioError([Mistake(PLACE, 0, 0, message, "begin a new run for that")])


def _let_go(world: World, lore: Lore) -> None:
    """Take from every mind the plan and the goal that the changed scenario has no more."""
    plans = {plan.name for plan in lore.plans}
    aims = {sub.key for goal in lore.goals for sub in goal.into}
    for npc, mind in list(world.minds.items()):
        left = mind
        if mind.plan and mind.plan not in plans:
            left = replace(left, plan="", goal="", steps=(), failures=0, doing=0, speaks=())
        if mind.aim not in aims:
            left = replace(left, aim="")
        left = replace(
            left,
            open=tuple(key for key in mind.open if key in aims),
            picks=mind.picks and bool(aims),
            aside=tuple(one for one in mind.aside if one[0] in plans),
        )
        if left != mind:
            world.minds.put(npc, left)


def _laid(before: World, after: World) -> list[Bundle]:
    """What changed of the start that effects can bring about now: attributes, goods and ties."""
    effects: list[Any] = []
    for name in after.setting.gauges:
        now = after.columns[name]
        rows = np.flatnonzero(before.columns[name] != now).tolist()
        effects += [Set(after.setting.profiles[row].id, name, float(now[row])) for row in rows]
    for key in _keys(before.holdings, after.holdings):
        holder, item = key.split("\n")
        more = (after.holdings.get(key) or 0) - (before.holdings.get(key) or 0)
        kind = Create if more > 0 else Consume
        effects.append(kind(holder, item, abs(more)))
    for key in _keys(before.ties, after.ties):
        who, to, tie = key.split("\n")
        amount = (after.ties.get(key) or 0.0) - (before.ties.get(key) or 0.0)
        effects.append(Tie(who, to, tie, amount))
    return [Bundle("", "input", (effect,), "input") for effect in effects]


def _keys(before: Any, after: Any) -> list[str]:
    names = dict.fromkeys([*before, *after])
    return [name for name in names if before.get(name) != after.get(name)]


def _cells(before: World, after: World) -> dict[str, tuple[Any, Any]]:
    """Cells of other columns that the change made others: name -> (rows, values)."""
    found = {}
    for name in after.columns:
        if name in STANDS or name in after.setting.gauges:
            continue
        now = after.columns[name]
        # Numbers of foes mean what the changed scenario makes of them.
        rows = np.flatnonzero((before.columns[name] != now) | (name == "foes"))
        if len(rows):
            found[name] = (rows, now[rows].copy())
    return found
