"""What is told where a replay and its log part."""

from __future__ import annotations

from pathlib import Path

import pytest

import npcsim
from npcsim import ReplayDiverged
from npcsim import events as ev
from npcsim.replay.verify import first_difference

SCENARIO = """
scenario: yard
clock: {tick: 1 s, start: "08:00", end: "08:01"}
attributes: {luck: {range: 0..1}}
places: {here: {}}
behaviour: {idle: {play: {do: dice}}}
npcs: {Bo: {at: here, behaviour: idle}}
"""
TOOLS = """
import random
from npcsim import Add, Body, Effect, View, tool

@tool
def dice(me: Body, view: View) -> list[Effect]:
    return [Add(me, "luck", random.random())]

TOOLS = [dice]
"""


def test_the_tool_whose_effects_differ_is_named() -> None:
    logged = ev.Applied(3, "bo", "juggle", ({"kind": "add", "amount": 0.1},))
    lived = ev.Applied(3, "bo", "juggle", ({"kind": "add", "amount": 0.2},))
    said = first_difference([logged], [lived])
    assert said.startswith("Applied of bo, tool juggle: effects is ")
    assert said.endswith("can't be replayed: does juggle use me.roll(...)?")
    built_in = ev.Rejected(3, "bo", "go_to", "there is no way", ())
    assert first_difference([built_in], []) == "only the log has Rejected of bo, tool go_to"


def test_where_a_tool_broke_is_for_people_and_not_compared() -> None:
    logged = ev.Rejected(3, "bo", "juggle", "juggle raised ...", (), "tools.py:18")
    assert (
        first_difference([logged], [ev.Rejected(3, "bo", "juggle", "juggle raised ...", ())]) == ""
    )


def test_a_tool_that_draws_for_itself_is_told_before_and_after(tmp_path: Path) -> None:
    (tmp_path / "yard.yaml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "tools.py").write_text(TOOLS, encoding="utf-8")
    run = npcsim.run(tmp_path / "yard.yaml", models={}, ticks=5)
    with pytest.raises(ReplayDiverged, match=r"tool dice: .* does dice use me\.roll"):
        npcsim.replay(run)
    run.close()
