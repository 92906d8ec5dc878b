"""What comes from outside for an act is an input, and world state."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from npcsim import events as ev
from npcsim.assembly.runs.session import open_session
from npcsim.cli import app
from npcsim.store.run_store import Run
from npcsim.world.snapshot import freeze, thaw
from tests.sim.post_office import TOOLS, TOWN, calls, kept, replayed, town
from tests.worlds_in_text import go_on, lines, living, of


async def test_the_result_is_an_input_at_the_tick_it_is_due_and_finish_gets_it(
    tmp_path: Path,
) -> None:
    made = town(tmp_path)
    async with living(made) as simulation:
        simulation.put({"do": "mara.fetch(news)"})
        events = await go_on(simulation, 5)
        assert not of(events, ev.ActEnded)
        assert made.world.acts["mara"].result is None
        events = await go_on(simulation, 1)
    (given,) = of(events, ev.Given)
    result = {"what": "news", "who": "mara", "n": 1.5}
    assert given.entry == {"outside": 1, "npc": "mara", "source": "work", "result": result}
    assert given.source == "work"
    assert of(events, ev.ActEnded, npc="mara", how="done")
    assert made.world.held("mara") == {"letter": 1}
    assert f"I got {result}" in lines(made.world, "mara")
    assert calls(made) == [{"what": "news", "me": "mara"}]


async def test_it_is_not_called_to_look_for_options_nor_when_the_start_is_refused(
    tmp_path: Path,
) -> None:
    tools = TOOLS.replace("    return []", '    raise ToolRefused("no")', 1)
    made = town(tmp_path, tools=tools)
    async with living(made) as simulation:
        simulation.put({"do": "bo.fetch(news)"})
        await go_on(simulation, 3)
    assert calls(made) == []


async def test_a_replay_calls_nothing_and_has_equal_hashes(tmp_path: Path) -> None:
    orders = [{"do": f"{npc}.fetch(news)"} for npc in ("mara", "bo", "ida")]
    first = await kept(town(tmp_path), tmp_path, 20, *orders)
    second = await kept(town(tmp_path), tmp_path, 20, *orders)
    assert first.folder is not None
    with Run.open(first.folder) as one, Run.open(second.folder) as other:
        assert list(one.hashes()) == list(other.hashes())
    await replayed(first.folder)


async def test_a_refusal_outside_is_for_the_npc(tmp_path: Path) -> None:
    made = town(tmp_path, "raise ToolRefused('the post is shut')")
    async with living(made) as simulation:
        simulation.put({"do": "mara.fetch(news)"})
        events = await go_on(simulation, 8)
    assert of(events, ev.ActEnded)[0].reason == "the post is shut"
    assert not of(events, ev.Rejected)
    assert "It did not work: the post is shut" in lines(made.world, "mara")


async def test_what_comes_too_late_is_dropped_and_told(tmp_path: Path) -> None:
    made = town(tmp_path)
    async with living(made) as simulation:
        simulation.put({"do": "mara.fetch(news)"})
        await go_on(simulation, 2)
        simulation.put({"do": "mara.wait()"})
        simulation.put({"outside": 1, "npc": "mara", "result": 1})
        events = await go_on(simulation, 8)
        (told,) = of(events, ev.Rejected)
        assert told.reason == "act 1 is over: what came for it from outside is dropped"
        with pytest.raises(ValueError, match="mara is at no act 1 that waits"):
            simulation.put({"outside": 1, "npc": "mara", "result": 1})
    assert made.world.held("mara") == {}


async def test_an_early_result_is_world_state_until_the_act_is_due(tmp_path: Path) -> None:
    made, twin = town(tmp_path, "await asyncio.sleep(60)"), town(tmp_path / "twin")
    async with living(made) as simulation:
        simulation.put({"do": "mara.fetch(news)"})
        await go_on(simulation, 1)
        before = made.world.tables()["acts"].digest
        simulation.put({"outside": 1, "npc": "mara", "result": {"a": [1, None, "편지"]}})
        await go_on(simulation, 1)
        assert made.world.acts["mara"].result == {"a": [1, None, "편지"]}
        assert made.world.tables()["acts"].digest != before
        thaw(twin.world, *freeze(made.world))
        assert twin.world.state_hash() == made.world.state_hash()
        assert twin.world.acts["mara"].result == {"a": [1, None, "편지"]}
        events = await asyncio.wait_for(go_on(simulation, 4), 5)
    (ended,) = of(events, ev.ActEnded)
    assert (ended.tick, ended.how) == (6, "done")


async def test_an_act_ends_when_it_is_told_from_outside(tmp_path: Path) -> None:
    made = town(tmp_path)
    session = await open_session(made, models={}, out=tmp_path / "runs", ticks=60)
    simulation = session.simulation
    simulation.put({"do": "mara.wave()"})
    simulation.put({"do": "bo.wave()"})
    simulation.put({"do": "ida.wave()"})
    await go_on(simulation, 40)
    # They have arrived where they headed; the act goes on until somebody says it has ended.
    assert simulation.npc("mara").place == "mill"
    acts = {npc: made.world.acts[npc].id for npc in ("mara", "bo", "ida")}
    simulation.put({"outside": acts["mara"], "npc": "mara", "result": {"eyes": 4}})
    simulation.put({"outside": acts["bo"], "npc": "bo", "refused": "a cart is in the way"})
    simulation.put({"outside": acts["ida"], "npc": "ida", "error": "EngineError: fell through"})
    events = await go_on(simulation, 1)
    ended = {e.npc: (e.how, e.reason) for e in of(events, ev.ActEnded)}
    assert ended == {
        "mara": ("done", ""),
        "bo": ("failed", "a cart is in the way"),
        "ida": ("failed", "it came to nothing"),
    }
    assert [e.reason for e in of(events, ev.Rejected)] == ["EngineError: fell through"]
    assert "they saw 4 eyes" in lines(made.world, "mara")
    async for _ in simulation:
        pass
    session.finish()
    await session.close()
    assert session.folder is not None
    await replayed(session.folder)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"outside": 1, "npc": "mara"}, "expected {'outside': act"),
        ({"outside": 1, "npc": "mara", "result": 1, "error": "x"}, "expected {'outside': act"),
        ({"outside": "1", "npc": "mara", "result": 1}, "expected {'outside': act"),
        ({"outside": True, "npc": "mara", "result": 1}, "expected {'outside': act"),
        ({"outside": 1, "result": 1}, "expected {'outside': act"),
        ({"outside": 1, "npc": "mara", "error": 7}, "`error` is a text, not 7"),
        ({"outside": 1, "npc": "nobody", "result": 1}, "nobody is called 'nobody'"),
        ({"outside": 2, "npc": "mara", "result": 1}, "mara is at no act 2"),
        ({"outside": 1, "npc": "bo", "result": 1}, "bo is at no act 1"),
        ({"outside": 2, "npc": "bo", "result": 1}, "go_to waits for nothing from outside"),
        ({"outside": 1, "npc": "mara", "result": "x" * 64_000}, "the result: it is more than 64"),
    ],
)
async def test_inputs_that_fit_no_act_are_refused(
    tmp_path: Path, entry: dict[str, Any], why: str
) -> None:
    async with living(town(tmp_path)) as simulation:
        simulation.put({"do": "mara.wave()"})
        simulation.put({"do": "bo.go_to(mill)"})
        await go_on(simulation, 1)
        with pytest.raises(ValueError, match=why):
            simulation.put(entry)


PLAN = """
plans:
  news: {option: ask for news, who: [mara], worth: 1, steps: [fetch(news)]}
"""


@pytest.mark.parametrize(("body", "how"), [("pass", "done"), ("1 / 0", "failed")])
async def test_a_plan_goes_on_by_what_came(tmp_path: Path, body: str, how: str) -> None:
    async with living(town(tmp_path, body, text=TOWN + PLAN)) as simulation:
        events = await go_on(simulation, 110)
    assert of(events, ev.GoalEnded, npc="mara")[0].how == how


def test_the_command_replays_it(tmp_path: Path) -> None:
    text = TOWN + "events:\n  - {at: '06:00:05', do: bo.fetch(news)}\n"
    town(tmp_path, text=text)
    runs = ["--out", str(tmp_path / "runs")]
    done = CliRunner().invoke(app, ["run", str(tmp_path / "small.yaml"), "--models", "off", *runs])
    assert done.exit_code == 0, done.output
    (folder,) = (tmp_path / "runs").iterdir()
    done = CliRunner().invoke(app, ["replay", str(folder)])
    assert done.exit_code == 0, done.output
    assert "every state hash equal" in done.output
