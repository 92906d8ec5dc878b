"""The bundled model under a village: its worker dies, is gone for good, or answers in silence."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim import open_run
from npcsim.assembly.build import read
from npcsim.assembly.runs.session import open_session
from npcsim.models.guards.around import bare
from npcsim.models.local.llamacpp import LlamaCpp
from tests.e2e.conftest import Morning
from tests.e2e.shell import npcsim

TICKS = 30
"""The tier is left alone for a minute, twelve ticks; a bell at tick 24 makes minds ask again."""
pytestmark = pytest.mark.usefixtures("local_tier")


async def killed_in_mid_run(scenario: Path, out: Path) -> tuple[list[int], dict[str, Any]]:
    """Live some ticks and kill the worker in the second. -> the ticks lived, the summary."""
    session = await open_session(read(scenario), out=out, ticks=TICKS)
    model = bare(session.models["local"])
    assert isinstance(model, LlamaCpp)
    first = model.worker_pid
    assert first is not None
    numbers = []
    try:
        async for tick in session.simulation:
            numbers.append(tick.number)
            if tick.number == 1:  # the first thoughts are under way
                os.kill(first, signal.SIGKILL)
        assert model.worker_pid not in (None, first), "it never came back"
        return numbers, session.finish()
    finally:
        await session.close()


def test_its_worker_killed_in_mid_run_costs_fallbacks_never_the_run(
    few: Path, tmp_path: Path
) -> None:
    numbers, summary = asyncio.run(killed_in_mid_run(few, tmp_path))
    assert numbers == list(range(1, TICKS + 1))
    assert summary["thoughts"]["failed"] > 0
    assert summary["thoughts"]["fallback"] >= summary["thoughts"]["failed"]
    assert summary["thoughts"]["landed"] > 0

    run = open_run(summary["run"])
    landed = [event for event in run.events(kinds=["Landed"]) if isinstance(event, ev.Landed)]
    failed = {event.thought: event.error for event in landed if event.answer is None}
    assert all(error.startswith("Unavailable: ") for error in failed.values())
    assert "killed by signal 9" in "".join(failed.values())
    decided = {
        event.thought: event
        for event in run.events(kinds=["Decided"])
        if isinstance(event, ev.Decided)
    }
    # Each failed thought ended in a decision of the body, flagged, and with the error as its why.
    for thought, error in failed.items():
        assert decided[thought].fallback
        assert error in decided[thought].reason
        assert decided[thought].probabilities == ()
    health = [
        event.healthy for event in run.events(kinds=["TierChanged"])
        if isinstance(event, ev.TierChanged)
    ]  # fmt: skip
    assert health == [False, True]
    assert summary["state_hash"] in npcsim("replay", summary["run"]).out
    assert "killed by signal 9" in npcsim("report", summary["run"]).out


def test_every_answer_is_kept_with_its_whole_question(morning: Morning) -> None:
    calls = [kept.call for kept in open_run(morning.folder).calls()]
    assert calls
    for call in calls:
        assert call.fingerprint.startswith("llama.cpp/")
        assert call.answer is not None
        assert call.error == ""
        assert call.question
    landed = list(open_run(morning.folder).events(kinds=["Landed"]))
    assert {event.thought for event in landed if isinstance(event, ev.Landed)} == {
        call.thought for call in calls
    }


def test_the_log_says_which_tier_and_why(morning: Morning) -> None:
    run = open_run(morning.folder)
    for event in run.events(kinds=["Asked"]):
        assert isinstance(event, ev.Asked)
        assert event.reason
        assert event.why
        assert event.tier in ("reflex", "local")
