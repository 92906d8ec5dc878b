"""Factions with stock and values, ties, and what people know from the start."""

from __future__ import annotations

from pathlib import Path

import pytest

import npcsim
from npcsim import events as ev
from npcsim.assembly.build import read
from npcsim.errors import ScenarioError
from npcsim.tools.view import View

TEXT = """
scenario: two
clock: {tick: 1 min, start: "06:00", end: "12:00"}
places: {marsh: {}, wood: {}, ford: {}}
ways: [{from: marsh, to: ford, takes: 20 min}, {from: wood, to: ford, takes: 10 min}]
items: {salt: {value: 2}, timber: {value: 2}}
factions:
  salters: {home: marsh, stock: {salt: 50}, values: {salt: 1, timber: 4}}
  loggers: {home: wood, stock: {timber: 50}, values: {salt: 3, timber: 1}}
npcs:
  Nia: {of: salters, speaks_for: salters, at: marsh, mind: true, secret: [We are short]}
  Odo: {of: loggers, speaks_for: loggers, at: wood, mind: true}
  Ulf: {of: loggers, at: wood}
ties:
  - {from: loggers, to: salters, trust: 0.3, because: the burnt bridge}
knows:
  - {fact: the dykes break, by: salters, private: true}
events:
  - {at: "06:01", do: Nia.draw_stock}
  - {at: "06:01", do: Odo.draw_stock}
  - {at: "06:02", do: Nia.go_to(ford)}
  - {at: "06:02", do: Odo.go_to(ford)}
  - {at: "07:00", do: Nia.barter(Odo)}
  - {at: "07:01", do: Odo.accept(Nia)}
  - {at: "07:02", do: Nia.go_to(marsh)}
  - {at: "07:30", do: Nia.store}
measure: {trust: {every: 1 h, value: "mean(trust(loggers, salters))"}}
"""


def scenario(folder: Path, text: str = TEXT) -> Path:
    path = folder / "two.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_ties_hold_between_all_of_both_sides_and_one_way(tmp_path: Path) -> None:
    view = View(read(scenario(tmp_path)).world)
    nia, odo, ulf = (view.npc(name) for name in ("Nia", "Odo", "Ulf"))
    assert odo.tie(nia, "trust") == ulf.tie(nia, "trust") == 0.3
    assert nia.tie(odo, "trust") == 0.0
    assert any("the burnt bridge" in line.text for line in odo.memories)


def test_private_facts_and_secrets_are_known_and_not_for_telling(tmp_path: Path) -> None:
    view = View(read(scenario(tmp_path)).world)
    known = {line.text: line.sort for line in view.npc("Nia").memories}
    assert known == {"the dykes break": "secret", "We are short": "secret"}
    assert all(line.sort != "secret" for line in view.npc("Odo").memories)


def test_things_are_worth_what_ones_faction_says(tmp_path: Path) -> None:
    view = View(read(scenario(tmp_path)).world)
    salt = view.item("salt")
    assert (view.npc("Nia").worth(salt), view.npc("Odo").worth(salt)) == (1.0, 3.0)
    assert view.npc("Nia").stock == {"salt": 50}
    assert view.npc("Ulf").stock == {}


async def test_speakers_draw_on_the_stock_trade_and_bring_home(tmp_path: Path) -> None:
    events: list[ev.Event] = []
    path = scenario(tmp_path, TEXT.replace(", mind: true", ""))
    async with npcsim.load(path, models={}) as simulation:
        simulation.subscribe(lambda tick, new: events.extend(new))
        async for _ in simulation:
            pass
        world = simulation.world
        assert world.held("salters")["salt"] == 30 + 10  # took 20 along, traded 10 of them
        assert world.held("salters")["timber"] > 0
        assert world.held("Odo")["salt"] == 10
        total = sum(world.held(who).get("timber", 0) for who in ("salters", "loggers", "Odo"))
        assert total == 50
    series = [e.value for e in events if isinstance(e, ev.Measured)]
    assert series[0] == pytest.approx(0.3)
    assert series[-1] > 0.3  # a kept bargain builds trust


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("of: salters,", "of: saltres,"), "did you mean 'salters'?"),
        (("home: marsh,", "home: mrash,"), "no place 'mrash'"),
        (("{from: loggers, to: salters, trust", "{from: logers, to: salters, trust"), "logers"),
        ((" trust: 0.3,", ""), "a tie says how strong"),
        (("by: salters", "by: nobody"), "nobody is called 'nobody'"),
        (("trust(loggers, salters)", "trust(loggers, sailors)"), "nobody is called 'sailors'"),
    ],
)
def test_every_mistake_is_named(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(ScenarioError) as raised:
        read(scenario(tmp_path, TEXT.replace(*change)))
    assert said in str(raised.value)
