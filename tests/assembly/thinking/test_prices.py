"""What is asked where: `prices`, `View.price` and Oakvale's `buy`."""

from __future__ import annotations

from pathlib import Path

import pytest

import npcsim
from npcsim.assembly.build import read
from npcsim.errors import ScenarioError
from npcsim.tools.view import View

TEXT = """
scenario: shops
uses: oakvale
clock: {tick: 5 s, start: "10:00", end: "10:02"}
prices:
  market: {bread: 3, fish: 7}
  stall: {fish: 5}
  stall_red: {bread: 1}
  counter: {ale: 0}
archetypes: {villager: {mind: false, behaviour: villager, carries: {coin: 8}}}
npcs:
  Ann: {is: villager, at: market}
  Ben: {is: villager, at: tavern}
events:
  - {at: "10:01", do: Ann.buy(bread)}
  - {at: "10:01", do: Ben.buy(ale)}
"""


def scenario(folder: Path, text: str = TEXT) -> Path:
    path = folder / "shops.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_nearest_that_says_something_says_it(tmp_path: Path) -> None:
    view = View(read(scenario(tmp_path)).world)
    bread, fish, ale = (view.item(name) for name in ("bread", "fish", "ale"))
    red, green = view.spot("stall_red"), view.spot("stall_green")
    assert (view.price(bread, red), view.price(bread, green)) == (1, 3)
    assert (view.price(fish, red), view.price(fish, view.place("market"))) == (5, 7)
    assert (view.price(bread), view.price(bread, view.spot("bakery_counter"))) == (2, 2)
    assert view.price(ale, view.spot("tavern_counter")) == 0


async def test_one_pays_what_is_asked(tmp_path: Path) -> None:
    async with npcsim.load(scenario(tmp_path), models={}) as simulation:
        async for _ in simulation:
            pass
        world = simulation.world
        assert (world.held("Ann")["bread"], world.held("Ann")["coin"]) == (1, 7)
        assert world.held("stall_red")["coin"] == 1
        assert (world.held("Ben")["ale"], world.held("Ben")["coin"]) == (1, 8)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("  market: {bread", "  markte: {bread"), "did you mean 'market'?"),
        (("  stall: {fish", "  stal: {fish"), "did you mean 'stall'?"),
        (("stall_red: {bread", "stall_red: {braed"), "did you mean 'bread'?"),
        (("bread: 3", "bread: -3"), "expected at least 0"),
        (("bread: 3", "bread: 2.5"), "expected a whole number"),
    ],
)
def test_names_are_checked(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(ScenarioError) as raised:
        read(scenario(tmp_path, TEXT.replace(*change)))
    assert said in str(raised.value)
