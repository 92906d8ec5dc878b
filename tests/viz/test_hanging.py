"""Every model hangs for ever: the window's frames and the simulation's ticks go on all the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pygame
import pytest

from npcsim.assembly.build import read
from npcsim.assembly.runs.feeds import LiveFeed
from npcsim.assembly.runs.session import Session, open_session
from npcsim.messages import Question
from npcsim.models.scripted import Scripted
from npcsim.sim.clock import Paced
from npcsim.viz.app import App

SCENE = """
scenario: gate
clock: {tick: 1 s, start: "06:00"}
think: {local: 3 s}
size: [20, 12]
places: {gate: {area: [2, 2, 8, 8]}}
npcs: {Mara: {at: gate, mind: true}, Odo: {at: gate, mind: true}}
plans: {greet: {option: greet the others, worth: 1, steps: ["say(anyone, the day)"]}}
"""
TICKS = 24
SLOW = 0.25  # seconds of this thread's processor time that no frame takes


class Hanging(Scripted):
    """A model that never answers."""

    async def ask(self, question: Question) -> object:  # type: ignore[override]
        self.asked.append(question)
        await asyncio.Event().wait()


@pytest.fixture
def dummy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    yield
    pygame.quit()


@pytest.mark.usefixtures("dummy")
def test_neither_frames_nor_ticks_wait_for_a_model_that_hangs(tmp_path: Path) -> None:
    path = tmp_path / "gate.yaml"
    path.write_text(SCENE)
    model = Hanging()

    async def start() -> Session:
        models = {"local": model}
        return await open_session(
            read(path), models=models, clock=Paced(40.0), out=tmp_path / "runs", ticks=TICKS
        )

    feed = LiveFeed(start)
    app = App(feed, "hanging", 40.0, (640, 400))
    frames, slowest = 0, 0.0
    end = time.monotonic() + 60
    while not app.player.finished:
        assert time.monotonic() < end, f"tick {app.player.newest}, {frames} frames"
        began = time.thread_time()
        app.player.advance(1 / 60)
        app.draw()
        pygame.display.flip()
        slowest = max(slowest, time.thread_time() - began)
        frames += 1
    assert feed.error is None
    assert model.asked, "nobody thought"
    assert app.player.scene.tick == TICKS
    assert frames > TICKS
    assert slowest < SLOW
    thinking = [person for person in app.player.scene.people if person.thinking]
    tiers = app.player.scene.tiers
    assert thinking or tiers["local"].failed  # still in flight, or given up at their deadline
    app.player.close()
