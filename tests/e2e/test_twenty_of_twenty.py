"""Fresh runs with the live local model and one seed end in one state hash."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim.assembly.runs.session import recorded_session
from npcsim.replay.verify import verify
from npcsim.store.run_store import Run
from tests.e2e.kept_minds import CRAMPED, ROOMY, lived
from tests.worlds_in_text import of

pytestmark = pytest.mark.usefixtures("local_tier")


async def test_with_little_memory_and_with_much_and_in_a_replay(tmp_path: Path) -> None:
    roomy = await lived(tmp_path / "roomy", ROOMY)
    cramped = await lived(tmp_path / "cramped", CRAMPED, out=tmp_path / "runs")
    assert roomy.hash == cramped.hash
    assert roomy.thoughts == cramped.thoughts
    assert roomy.thoughts["landed"] > 3
    assert roomy.thoughts["cancelled"] > 3
    assert roomy.thoughts["failed"] == 0
    assert roomy.stats["spared"] > roomy.stats["rows"]
    assert roomy.stats["evicted"] == 0
    assert cramped.stats["evicted"] > 0
    # What was kept of earlier prompts is in the log, and nothing of the world goes by it.
    assert roomy.tokens["input"] == cramped.tokens["input"]
    assert roomy.tokens["computed"] < cramped.tokens["computed"]
    assert roomy.tokens["cached"] > cramped.tokens["cached"]
    assert cramped.folder is not None
    run = Run.open(cramped.folder)
    again = recorded_session(run)
    assert (await verify(again.simulation, run)).hash == roomy.hash
    run.close()


async def test_a_context_too_small_for_the_prefix_costs_fallbacks_and_no_tier(
    tmp_path: Path,
) -> None:
    end = await lived(tmp_path / "small", ROOMY, 16, tmp_path / "runs", context=256)
    assert end.thoughts["failed"] > 0
    assert end.thoughts["failed"] == end.thoughts["fallback"]
    assert end.thoughts["landed"] == 0
    assert end.folder is not None
    run = Run.open(end.folder)
    landed = of(run.events(kinds=["Landed"]), ev.Landed)
    changed = list(run.events(kinds=["TierChanged"]))
    run.close()
    errors = {event.error for event in landed if not event.cancelled}
    told = re.compile(r"TooLong: .* does not fit: \d+ tokens to read .* context has 256")
    assert errors
    assert all(told.match(error) for error in errors)
    assert not changed


@pytest.mark.soak
async def test_twenty_of_twenty(tmp_path: Path) -> None:
    """With eviction and cancellation happening, in much and in little memory by turns."""
    ends = []
    for number in range(20):
        end = await lived(tmp_path / str(number), CRAMPED if number % 2 else ROOMY)
        assert end.thoughts["cancelled"] > 3
        assert end.stats["dropped"] > 0
        assert bool(end.stats["evicted"]) == bool(number % 2)
        ends.append(end.hash)
        print(f"{number + 1} of 20: {end.hash}")
    assert len(set(ends)) == 1
