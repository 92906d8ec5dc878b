"""What never changes in a run: its setting, and the names that guards may use."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from npcsim.assembly.folk.people import Person
from npcsim.assembly.land.ground import Ground
from npcsim.assembly.lore import state_numbers
from npcsim.reflex.fsm import Machine
from npcsim.reflex.guards import Names
from npcsim.scenario.schema import Definition
from npcsim.tools.builtin import COIN
from npcsim.tools.tool import Tool
from npcsim.world.memories import WEIGHED, Keeping, Reflecting, Weighing
from npcsim.world.rows import Faction, GaugeKind, ItemKind
from npcsim.world.state import Setting, Talking


def names_of(
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
        spots=frozenset({word for spot in ground.spots for word in (spot.id, spot.kind)}),
        factions=frozenset(definition.factions),
        plans=frozenset(definition.plans),
        facts=frozenset(known.name for known in definition.knows if known.name),
        ties=frozenset(tie for rule in definition.tie_rules for tie in rule.add),
    )


def setting_of(
    definition: Definition,
    ground: Ground,
    people: Sequence[Person],
    gauges: Mapping[str, GaugeKind],
    machines: tuple[Machine, ...],
    tools: Mapping[str, Tool],
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
        memory=_keeping(definition, tools),
        reflecting=_reflecting(definition),
        ties_told=bool(definition.tie_rules),
        talking=_talking(definition),
        facts={known.name: known.fact for known in definition.knows if known.name},
    )


def _reflecting(definition: Definition) -> Reflecting | None:
    part = definition.reflection
    return None if part == "off" else Reflecting(part.after, part.tries, part.lasts)


def _talking(definition: Definition) -> Talking | None:
    part = definition.talk
    return None if part == "off" else Talking(part.fresh)


def _keeping(definition: Definition, tools: Mapping[str, Tool]) -> Keeping:
    part = definition.memory
    if part == "off":
        return Keeping(kept=False)
    rules = tuple(
        Weighing(rule.importance, rule.kind or "", rule.about or "", rule.mine, rule.stakes)
        for rule in part.importance
    )
    stakes = {name: definition.stakes.get(name, tool.stakes) for name, tool in tools.items()}
    return Keeping(
        part.lines, part.bytes, min(part.fresh, part.lines // 2), part.decay, part.hearsay,
        part.retell, (*rules, *WEIGHED), stakes,
    )  # fmt: skip


def _items(definition: Definition) -> dict[str, ItemKind]:
    items = {COIN: ItemKind(COIN, "coin", {}, {}, "", 1, 0, 1.0)}
    for name, part in definition.items.items():
        items[name] = ItemKind(
            name, part.name or name.replace("_", " "), part.use, part.recipe, part.at or "",
            part.makes, part.takes, part.value,
        )  # fmt: skip
    return items
