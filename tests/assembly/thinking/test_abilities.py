"""A run keeps its tiers to what their models were measured to do, and records it for the replay."""

from __future__ import annotations

import importlib.util
from collections import Counter
from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim.assembly.build import read
from npcsim.assembly.runs.session import open_session, recorded_session
from npcsim.assembly.thinking import abilities
from npcsim.assembly.thinking.abilities import CAN, FILE, limited
from npcsim.messages import Write
from npcsim.models.ability import Ability, Skill
from npcsim.models.local.bundled import bundled_model_path
from npcsim.replay.verify import verify
from npcsim.store.run_store import Run

WITH_LLAMA = pytest.mark.skipif(
    bundled_model_path() is None or importlib.util.find_spec("llama_cpp") is None,
    reason='the local tier is not installed: pip install "npcsim[local]"',
)
INN = """
scenario: inn
clock: {tick: 1 min, start: "08:00", end: "09:00"}
tiers: {local: {model: bundled-q4_1}}
places: {inn: {}}
npcs:
  Ida: {at: inn, mind: true, tools: [wait, look, say]}
  Udo: {at: inn, mind: true, tools: [wait, look, say]}
plans:
  rest: {option: have a rest, steps: [wait], worth: 0.4}
  chat: {option: have a chat, steps: ["say(anyone, the day)"], worth: 0.4}
"""
SKILLS = {"en": Skill(35, 40, 0.25)}
NONE = {"en": Skill(10, 40, 0.25)}


def record(choose: dict[str, Skill], write: dict[str, Skill]) -> Ability:
    return Ability("ab" * 32, "model", choose, write)


@pytest.fixture
def inn(tmp_path: Path) -> Path:
    path = tmp_path / "inn.yaml"
    path.write_text(INN)
    return path


def test_tiers_are_limited_as_recorded(inn: Path) -> None:
    program = read(inn).program
    for can, unfit in (
        ("choose write", ()),
        ("choose", ("write",)),
        ("nothing", ("choose", "write")),
    ):
        (tier,) = limited(program, {CAN + "local": can}).tiers
        assert tier.unfit == unfit
    assert limited(program, {CAN + "local": "not measured"}) == program
    assert limited(program, {}) == program


@WITH_LLAMA
@pytest.mark.parametrize(
    ("ability", "can", "reason"),
    [
        (record(NONE, NONE), "nothing", "local is not fit to choose in en"),
        (record(SKILLS, NONE), "choose", "local is not fit to write in en"),
    ],
)
async def test_a_model_is_not_asked_beyond_what_it_can(
    inn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    ability: Ability, can: str, reason: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(abilities, "known", lambda sha256: ability)
    session = await open_session(read(inn), out=tmp_path / "runs", ticks=12)
    asked: list[ev.Asked] = []
    told = session.files()
    try:
        async for tick in session.simulation:
            asked += [event for event in tick.events if isinstance(event, ev.Asked)]
        session.finish()
    finally:
        await session.close()
    versions = session.simulation.started.versions

    assert versions[CAN + "local"] == can
    assert "as shipped" in versions[FILE + "local"]
    assert "it is not asked to" in told[0]
    unfit = [one for one in asked if (one.purpose == "plan") == ("choose" in reason)]
    ways = Counter((one.tier, one.reason) for one in unfit)
    assert ways[("reflex", reason)] == len(unfit) > 0 or can == "choose"
    if can == "choose":
        assert [one for one in asked if one.tier == "local"]
    else:
        assert not [one for one in asked if one.tier == "local"]

    # What was measured there counts, not what is known here.
    monkeypatch.setattr(abilities, "known", lambda sha256: None)
    assert session.folder is not None
    log = Run.open(session.folder)
    # Who chooses and does not write picks among phrases.
    assert not [one for one in log.calls() if isinstance(one.call.question, Write)]
    again = recorded_session(log)
    try:
        await verify(again.simulation, log)
    finally:
        await again.close()
        log.close()
