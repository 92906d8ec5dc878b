"""What is told where a replay and its log part."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

import npcsim
from npcsim import ReplayDiverged
from npcsim import events as ev
from npcsim.assembly.runs.session import recorded_session
from npcsim.effects import Drift
from npcsim.replay.naming import other_state
from npcsim.replay.verify import first_difference, verify
from npcsim.world import commit
from npcsim.world.state import World

ASKING = """
import socket
from npcsim import Add, Body, Effect, View, tool

@tool
def dice(me: Body, view: View) -> list[Effect]:
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(PLACE)
    except OSError:
        pass
    return [Add(me, "luck", 0.25)]

TOOLS = [dice]
"""
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


def test_the_cause_is_named_before_the_numbers_that_follow_from_it() -> None:
    def tick(act: int, pick: int) -> list[ev.Event]:
        done = ev.ActEnded(3, "bo", act, "juggle", "done", "", "")
        return [done, ev.Applied(3, "mara", "juggle", ({"kind": "add", "amount": pick},))]

    said = first_difference(tick(30, 0), tick(31, 1))
    assert "mara" in said
    assert first_difference(tick(30, 0), tick(31, 0)).startswith("ActEnded of bo, tool juggle: act")


def test_the_tool_whose_effects_differ_is_named() -> None:
    logged = ev.Applied(3, "bo", "juggle", ({"kind": "add", "amount": 0.1},))
    lived = ev.Applied(3, "bo", "juggle", ({"kind": "add", "amount": 0.2},))
    said = first_difference([logged], [lived])
    assert said.startswith("Applied of bo, tool juggle: effects is ")
    assert said.endswith("can't be replayed: does juggle use me.roll(...)?")
    built_in = ev.Rejected(3, "bo", "go_to", "there is no way", ())
    only = "only the log has Rejected of bo, tool go_to (reason 'there is no way')"
    assert first_difference([built_in], []) == only
    done = ev.Applied(3, "bo", "go_to", ({"kind": "head"},))
    assert first_difference([done], [built_in]) == (
        "the log says Applied of bo, tool go_to (effects ({'kind': 'head'},)), "
        "the replay Rejected of bo, tool go_to (reason 'there is no way')"
    )


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


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no AF_UNIX sockets")
def test_a_tool_that_reaches_for_a_socket_is_refused_it_and_named(tmp_path: Path) -> None:
    """Even one that goes on as if nothing had been."""
    place = tmp_path / "s"
    (tmp_path / "yard.yaml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "tools.py").write_text(ASKING.replace("PLACE", repr(str(place))), encoding="utf-8")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        listening.listen(16)
        run = npcsim.run(tmp_path / "yard.yaml", models={}, ticks=5)
        while True:  # whoever called while it was lived
            try:
                listening.settimeout(0)
                listening.accept()[0].close()
            except BlockingIOError:
                break
        with pytest.raises(ReplayDiverged, match=r"tick 1: tools\.py:9 reached for a socket"):
            npcsim.replay(run)
        with pytest.raises(BlockingIOError):
            listening.accept()
    run.close()


def test_what_no_fact_tells_of_is_named_by_npc_and_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A need that drifts otherwise: each tick has the same facts, and another state hash."""
    run = npcsim.run("03_village_morning", models={}, ticks=6)
    real = commit.drift

    def hungrier(world: World, block: Drift) -> list[ev.Event]:
        events = real(world, block)
        if world.tick == 4:
            world.columns.edit("hunger")[0] += 0.25
        return events

    monkeypatch.setattr(commit, "drift", hungrier)
    with pytest.raises(ReplayDiverged) as told:
        npcsim.replay(run)
    who = run.started.cast[0].id
    said = rf"tick 4: hunger of {who} is [0-9.]+ in the log, [0-9.]+ in replay \(TickEnded: hash"
    assert re.match(said, str(told.value)), str(told.value)
    run.close()


async def test_what_a_snapshot_alone_tells_of_is_named_too(tmp_path: Path) -> None:
    run = npcsim.run("01_first_npc", models={}, ticks=6, overrides=["log.snapshot=5 s"])
    tick = run.snapshots()[1]
    session = recorded_session(run, near=tick)
    world = session.simulation.world
    assert world.tick == tick
    assert other_state(world, run, tick) == ""
    who = world.setting.profiles[0].id
    world.set_held(who, "bread", (world.holdings.get(f"{who}\nbread") or 0) + 1)
    assert other_state(world, run, tick).startswith(f"holdings of {who}, bread is ")
    with pytest.raises(ReplayDiverged, match=f"holdings of {who}, bread is .* in the snapshot"):
        await verify(session.simulation, run)
    await session.close()
    run.close()
