"""Windows of any size: panes share it, nothing lies on top of another, keys do what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import pygame
import pytest

from npcsim.assembly.runs.feeds import LogFeed
from npcsim.store.run_store import Run
from npcsim.viz.app import App
from npcsim.viz.draw.ink import Ink
from npcsim.viz.draw.sheet import Sheet
from npcsim.viz.panes import MAP, share
from tests.viz.test_app import press, ready

SIZES = ((640, 360), (800, 600), (1000, 500), (1280, 720), (2560, 1440))
Window = Callable[[tuple[int, int]], App]


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[Window]:
    """Opens a window of a size on the village at tick 100, somebody chosen."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    opened: list[App] = []

    def open_one(size: tuple[int, int]) -> App:
        app = App(LogFeed(Run.open(folder)), "test", 4.0, size)
        opened.append(app)
        ready(app)
        return app

    yield open_one
    for app in opened:
        app.player.close()
    pygame.quit()


@pytest.mark.parametrize("drawer", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_panes_share_the_window_and_none_is_missing(size: tuple[int, int], drawer: bool) -> None:
    panes = share(size, drawer)
    boxes = [
        pygame.Rect(box)
        for box in (panes.view, panes.inspector, panes.drawer, panes.timeline, panes.bar)
    ]
    view, inspector, low, strip, bar = boxes
    assert view.width >= MAP
    assert view.height >= 120
    assert inspector.width >= 240
    assert all(box.height for box in (strip, bar))
    assert (low.height > 0) is drawer
    assert sum(box.width * box.height for box in boxes) == size[0] * size[1]
    assert not any(one.colliderect(other) for one, other in combinations(boxes, 2))


@pytest.mark.parametrize("size", SIZES)
def test_what_can_be_clicked_lies_beside_one_another(window: Window, size: tuple[int, int]) -> None:
    app = window(size)
    frame = app.frame
    for drawer in ("log", "charts"):
        frame.desk.drawer = drawer
        app.advance(0.1)
        app.draw()
        app.draw()
        for page in (frame.bar_page, frame.logbook.top, frame.inspector.top):
            boxes = [box for box, _ in page.links]
            assert not any(one.colliderect(other) for one, other in combinations(boxes, 2))
            assert all(page.box.contains(box) for box in boxes)
        if drawer == "log":
            field = frame.logbook.search.box
            assert field.width >= 90
            assert frame.drawer.contains(field)
            assert not any(field.colliderect(box) for box, _ in frame.logbook.top.links)
            assert frame.logbook.page.box.height > 30


@pytest.mark.parametrize("size", SIZES)
def test_the_sheet_of_keys_has_all_of_them(window: Window, size: tuple[int, int]) -> None:
    app = window(size)
    press(app, "f1")
    page, chosen = app.frame.sheet.page, app.frame.selected
    room = pygame.Rect(0, 0, size[0], app.frame.bar.top)
    assert room.contains(page.box)
    for _ in range(20):
        press(app, "page down")
    assert page.scroll == max(0, page.tall - page.box.height)
    assert (page.scroll > 0) is (size == SIZES[0])  # elsewhere all is seen at once
    press(app, "escape")
    assert (app.frame.help, app.frame.selected) == (False, chosen)


def test_letters_of_the_sheet_shrink_before_it_scrolls(window: Window) -> None:
    window((640, 360))
    sheet = Sheet(Ink(same_everywhere=True))
    heights = []
    for tall in (900, 560):
        room = pygame.Rect(0, 0, 700, tall)
        sheet.draw(pygame.Surface(room.size), room, room)
        heights.append(sheet.page.tall)
        assert sheet.page.tall <= tall
    assert heights[0] > heights[1]


def test_a_window_is_resized_while_all_is_open(window: Window) -> None:
    app = window((1280, 720))
    press(app, "l")
    press(app, "f1")
    for size in (*SIZES, (500, 300), (320, 200), (1280, 720)):
        app.surface = pygame.display.set_mode(size, pygame.RESIZABLE)
        app.handle(pygame.event.Event(pygame.VIDEORESIZE, size=size, w=size[0], h=size[1]))
        app.advance(0.1)
        app.draw()
        shown = [pane for pane in (app.frame.view, app.frame.panel, app.frame.bar) if pane.width]
        assert all(pygame.Rect(0, 0, *size).contains(pane) for pane in shown)
