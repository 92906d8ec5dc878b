"""Panes and ground that are kept from frame to frame: what is shown is what a new drawing shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pygame
import pytest

from npcsim.assembly.runs.feeds import LogFeed
from npcsim.store.run_store import Run
from npcsim.viz.app import App
from npcsim.viz.draw.backdrop import Backdrop
from npcsim.viz.draw.ground import Camera, TiledGround
from npcsim.viz.draw.kept import Kept
from tests.viz import runs

SIZE = (1100, 640)
DEEDS = (
    "next npc", "tab 2", "tab 3", "tab 4", "tab 5", "tab 6", "log", "filter", "charts",
    "event kind", "tab 1", "next pane", "down", "step", "step back", "zoom in", "help", "help",
    "pan left", "leap back", "log", "scroll up", "escape", "whole world",
)  # fmt: skip


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[App]:
    """A window on the village at tick 60, all of the run read."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    made = App(LogFeed(Run.open(folder)), "test", 4.0, SIZE)
    while made.player.history is None:
        made.advance(0.01)
    thread = made.player.history._thread
    assert thread is not None
    thread.join(30.0)
    made.player.paused = True
    made.player.seek(60)
    made.player.settle()
    made.draw()
    assert made.frame.stage is not None
    made.frame.stage.hurry(False)
    made.frame.kept.hurried = False
    yield made
    made.player.close()
    pygame.quit()


def pixels(surface: pygame.Surface) -> np.ndarray:
    return pygame.surfarray.array3d(surface)


def differs(app: App) -> int:
    """Pixels of the frame on the screen that are others where everything is drawn anew."""
    app.draw()
    app.draw()  # what a list is scrolled to is known once it is drawn
    shown = pixels(app.surface)
    app.frame.kept.forget()
    if app.frame.stage is not None:
        app.frame.stage._backdrop = Backdrop(app.frame.stage.ground)
        app.frame.stage._lines = None
    app.draw()
    return int((shown != pixels(app.surface)).any(axis=2).sum())


def test_whatever_the_user_does_kept_panes_are_as_if_drawn_anew(app: App) -> None:
    for deed in DEEDS:
        app.commands.do(deed, "talk" if deed == "filter" else "")
        app.player.settle()
        app.lookup.settle(app.frame, app.player)
        app.advance(0.0)
        assert differs(app) == 0, deed


def test_while_a_run_plays_kept_panes_are_as_if_drawn_anew(app: App) -> None:
    app.commands.choose(0)
    app.commands.do("log")
    app.player.paused = False
    for number in range(24):
        app.advance(0.05)
        if number == 12:
            app.frame.tip = ((500, 600), "over the timeline and the bar")
        if number == 14:
            app.frame.tip = None
        assert differs(app) == 0, number


def test_panes_are_drawn_only_when_something_changed(app: App) -> None:
    app.commands.choose(0)
    drawn: list[str] = []
    inspector = app.frame.inspector.draw
    app.frame.inspector.draw = lambda *given: (drawn.append("now"), inspector(*given))[1]  # type: ignore[assignment, method-assign, func-returns-value]
    for _ in range(10):
        app.draw()
    assert len(drawn) <= 2
    app.handle(pygame.event.Event(pygame.MOUSEMOTION, pos=(5, 5), rel=(0, 0), buttons=(0, 0, 0)))
    many = len(drawn)
    app.draw()
    assert len(drawn) == many + 1
    app.player.step()
    app.draw()
    assert len(drawn) == many + 2


def test_a_pane_that_was_covered_is_put_back_and_others_are_left_alone() -> None:
    surface, kept = pygame.Surface((100, 40)), Kept()
    left, right = pygame.Rect(0, 0, 50, 40), pygame.Rect(50, 0, 50, 40)
    calls: list[int] = []

    def both(key: int) -> list[bool]:
        kept.begin(surface)

        def fill(box: pygame.Rect) -> None:
            calls.append(key)
            surface.fill((10 * key, 0, 0), box)

        return [
            kept.draw(str(box.left), box, (key,), (kept,), lambda box=box: fill(box))  # type: ignore[misc]
            for box in (left, right)
        ]

    assert both(1) == [True, True]
    surface.fill((0, 255, 0), right)
    kept.cover(right)
    assert both(1) == [False, True]
    assert calls == [1, 1]
    assert surface.get_at((60, 5))[:3] == surface.get_at((5, 5))[:3] == (10, 0, 0)
    assert both(2) == [True, True]
    surface = pygame.Surface((100, 40))
    assert both(2) == [True, True]


def test_news_wait_for_one_another_where_a_frame_is_hurried() -> None:
    surface, kept = pygame.Surface((90, 40)), Kept(hurried=True)
    drawn: list[str] = []

    def frame(news: int, touch: int = 0, names: str = "abc") -> list[str]:
        drawn.clear()
        kept.begin(surface)
        for at, name in enumerate(names):
            box = pygame.Rect(30 * at, 0, 30, 40)
            kept.draw(name, box, (touch,), (), lambda name=name: drawn.append(name), (news,))  # type: ignore[misc]
        return [*drawn]

    assert frame(0) == ["a", "b", "c"]
    assert [frame(1) for _ in range(4)] == [["a"], ["b"], ["c"], []]
    # Nobody waits for ever where each frame has news, nor for one that is not seen any more.
    assert [frame(number) for number in range(2, 8)] == [["a"], ["b"], ["c"]] * 2
    two = [frame(8, names="ac") for _ in range(4)]
    assert sorted(name for one in two for name in one) == ["a", "c"]
    assert frame(9, touch=1) == ["a", "b", "c"]  # what the user did is shown at once


def test_a_ground_seen_twice_is_kept_and_dropped_when_the_camera_moves() -> None:
    picture = runs.walled_map(40, 30)
    pygame.display.init()
    try:
        surface = pygame.display.set_mode((320, 240))
        ground, view = TiledGround(picture), surface.get_rect()
        made: list[int] = []
        drawn = ground.draw
        ground.draw = lambda *given: (made.append(1), drawn(*given))[1]  # type: ignore[method-assign, func-returns-value]
        backdrop, camera = Backdrop(ground), Camera(12.0, 9.0, 3, 16)
        seen = []
        for _ in range(5):
            surface.fill((255, 0, 255))
            backdrop.draw(surface, view, camera)
            seen.append(pixels(surface))
        assert len(made) == 2
        assert all(np.array_equal(seen[0], other) for other in seen[1:])
        camera.x += 1.0
        backdrop.draw(surface, view, camera)
        assert len(made) == 3
        assert not np.array_equal(pixels(surface), seen[0])
    finally:
        pygame.quit()
