"""A day that the bundled model writes is kept and lived again; one that it writes badly is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim.assembly.runs.session import open_session, recorded_session
from npcsim.messages import Written
from npcsim.npc import hours
from npcsim.replay.verify import verify
from npcsim.store.run_store import Run
from tests.npc.test_hours import WRITTEN
from tests.worlds_in_text import built, of

TICKS = 10
pytestmark = pytest.mark.usefixtures("local_tier")


@pytest.mark.parametrize("most", [hours.MOST_TOKENS, 24])
async def test_a_day_by_the_bundled_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """With too few tokens for an end what it writes is none: the sketch stays, said and counted."""
    monkeypatch.setattr(hours, "MOST_TOKENS", most)
    session = await open_session(built(tmp_path, WRITTEN), out=tmp_path / "runs", ticks=TICKS)
    events: list[ev.Event] = []
    async for tick in session.simulation:
        events += tick.events
    summary = session.finish()
    await session.close()

    planned = of(events, ev.DayPlanned, npc="tom")
    [decided] = [one for one in of(events, ev.Decided, npc="tom") if one.purpose == hours.HOURS]
    well = most > 24
    assert decided.fallback is not well
    if well:
        assert planned[-1].by == "local"
        assert len(planned[-1].hours) >= 1
        assert session.simulation.world.minds["tom"].written
    else:
        assert len(planned) == 1
        assert "BadReply: the model's text is not JSON" in decided.reason
        assert summary["thoughts"]["fallback"] >= 1
        assert session.simulation.world.minds["tom"].hours[0][1] == "forge"

    assert session.folder is not None
    with Run.open(session.folder) as run:
        kept = [one.call for one in run.calls() if one.call.thought == decided.thought]
        assert [isinstance(one.answer, Written) for one in kept] == [well]
        again = recorded_session(run)
        assert (await verify(again.simulation, run)).hash == summary["state_hash"]
