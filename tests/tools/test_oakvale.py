"""Oakvale's own tools where a mind, an office or a skill comes in."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim import ToolRefused
from npcsim.assembly.build import read
from npcsim.messages import Choose
from npcsim.models.scripted import Scripted
from npcsim.testing import sketch
from tests.worlds_in_text import go_on, living

MORNING = Path(__file__).parents[2] / "scenarios" / "03_village_morning.yaml"


async def test_what_is_for_sale_reaches_the_prompt_of_who_stands_in_a_shop() -> None:
    model = Scripted()
    made = read(MORNING, ["think.dominates=1000"])
    async with living(made, {"local": model}) as simulation:
        await go_on(simulation, 3)
    asked = [q.situation for q in model.asked if isinstance(q, Choose)]
    ilse = [text for text in asked if "Ilse needs" in text]
    line = "For sale here: mug of ale for 1 coin and bowl of stew for 3 coins."
    assert ilse
    assert all(line in text for text in ilse)
    wren = [text for text in asked if "Wren needs" in text]
    assert wren
    assert not any("For sale" in text for text in wren)


def test_only_the_watch_arrests_and_who_is_arrested_stands_still() -> None:
    square = sketch(
        "Bran is a watchman; Rolf (anger 0.9) beside Bran; Ilse beside Bran", world="oakvale"
    )
    with pytest.raises(ToolRefused, match="only a watchman or a guard may do that"):
        square.do("arrest(Rolf)", npc="Ilse")
    square.do("wait", npc="Rolf")
    square.do("arrest(Rolf)", npc="Bran")
    assert (square.doing("Bran"), square.doing("Rolf")) == ("arrest", "")
    with pytest.raises(ToolRefused, match="I am held by Bran"):
        square.do("look", npc="Rolf")
    square.advance("3 s")
    square.do("look", npc="Rolf")


def test_the_healer_brews_and_nobody_else() -> None:
    hut = sketch(
        "Wren is a healer; a cauldron (fire 1) beside Wren; Bo carries 2 herb beside the cauldron",
        world="oakvale",
    )
    assert hut.npc().alchemy == 0.8
    assert hut.options(tool="brew") == ["brew a pot of salve at the cauldron"]
    assert hut.worth("brew(salve, cauldron)") == pytest.approx(0.4 * 0.8)
    with pytest.raises(ToolRefused, match="I have no alchemy"):
        hut.do("brew(salve, cauldron)", npc="Bo")
