"""Two runs side by side whose casts are not the same, nor in one order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pygame
import pytest

from npcsim import events as ev
from npcsim.viz.app import App
from npcsim.viz.draw.twin import Twin
from npcsim.viz.feed import ListFeed
from tests.viz import runs

SIZE = (1100, 640)


def other_run() -> list[ev.Event]:
    """The same village without Tobin, with Bo, and Mara last; archetypes come the other way."""
    first, *_ = runs.story(runs.walled_map())
    assert isinstance(first, ev.RunStarted)
    mara, tobin, elsa = first.cast
    bo = replace(tobin, id="bo", name="Bo", x=8.5, y=6.5)
    cast = (
        replace(elsa, id="old_elsa", serial=20, archetype="baker", x=3.5, y=8.5),
        replace(bo, serial=21),
        replace(mara, serial=22, x=6.5, y=3.5),
    )
    return [
        replace(first, cast=cast, run="village-2"),
        ev.Remembered(1, "mara", "It is another morning", "heard", 0.4),
        ev.TickEnded(1, "x"),
    ]


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    feed, beside = ListFeed(runs.story(runs.walled_map())), ListFeed(other_run())
    made = App(feed, "test", 4.0, SIZE, beside, ("village-1", "village-2"))
    for _ in range(8):
        made.advance(0.05)
        made.draw()
    yield made
    made.player.close()
    pygame.quit()


def twin_of(app: App) -> Twin:
    assert app.frame.twin is not None
    assert app.frame.twin.stage is not None
    return app.frame.twin


def click_on(app: App, name: str) -> None:
    """Click an NPC of the second run."""
    twin = twin_of(app)
    assert twin.stage is not None
    rows, xs, ys = (one.tolist() for one in twin.stage.seen())
    at = next(n for n, row in enumerate(rows) if twin.scene.people[row].name == name)
    point = (xs[at], ys[at] - 6)
    for kind in (pygame.MOUSEMOTION, pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
        app.handle(pygame.event.Event(kind, pos=point, button=1, rel=(0, 0)))
    app.advance(0.0)
    app.draw()


def test_who_is_chosen_is_the_same_one_in_both(app: App) -> None:
    twin, scene = twin_of(app), app.player.scene
    app.commands.choose(0)
    app.draw()
    for looked_at, name in ((scene, "Mara"), (twin.scene, "Mara")):
        person = app.frame.shown(looked_at).person
        assert person is not None
        assert person.name == name
    assert twin.there(scene, 2) == 0  # Elsa has another id there, and the same name
    assert twin.there(scene, 1) is None
    app.commands.choose(1)
    app.commands.look_at(True)
    app.draw()  # Tobin is not there: the panel tells of the run instead
    assert app.frame.shown(twin.scene).person is None


def test_a_click_in_the_second_run_chooses_the_one_that_was_clicked(app: App) -> None:
    click_on(app, "Mara")
    assert twin_of(app).looked_at
    assert app.frame.selected == 0
    person = app.frame.shown(twin_of(app).scene).person
    assert person is not None
    assert [memory.text for memory in person.memories] == ["It is another morning"]
    click_on(app, "Bo")
    assert app.frame.selected is None
    assert app.frame.tip is not None
    assert app.frame.tip[1] == "Bo is in this run alone"


def test_an_archetype_has_one_look_in_both(app: App) -> None:
    twin = twin_of(app)
    assert app.frame.stage is not None
    assert twin.stage is not None
    assert twin.stage.orders == app.frame.stage.orders


def test_no_frame_is_late_for_either_map(app: App) -> None:
    twin, first = twin_of(app), app.frame.stage
    assert first is not None
    assert twin.stage is not None
    assert twin.stage.ground.hurried
    first.hurry(False)  # as for a film, which may take its time
    app.draw()
    assert not twin.stage.ground.hurried
