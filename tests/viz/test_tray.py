"""What waits for leave, in the window: answered by keys and clicks, in a run that goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pygame
import pytest

import npcsim
from npcsim import events as ev
from npcsim.assembly.runs.branching import Forks
from npcsim.assembly.runs.feeds import LogFeed
from npcsim.assembly.runs.watching import of_scenario
from npcsim.store.run_store import Run
from npcsim.viz.app import App
from npcsim.viz.draw.widgets.link import Do, Goto
from npcsim.viz.scene import Scene
from npcsim.viz.tray.tray import NOT_LIVE
from npcsim.viz.tray.waiting import lasting, left
from tests.viz.test_app import SIZE, click, place_of, press

WATCH = """
scenario: watch
size: [20, 20]
clock: {tick: 1 s, start: "21:00", end: "21:30"}
places: {inn: {area: [1, 1, 9, 9]}}
items: {purse: {name: purse}, stone: {}}
stock: {inn: {purse: 3, stone: 3}}
think: {rest: 5 s}
npcs:
  Bran: {at: inn, mind: true, tools: [take, wait]}
plans:
  seize: {option: seize the purse, worth: 1, steps: [take(purse)]}
approve:
  take(purse): {within: WITHIN, otherwise: refuse}
"""
Window = Callable[..., App]


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Window]:
    """Opens a window on a live run in which Bran asks leave at once."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    opened: list[App] = []

    def open_one(within: str = "20 min", speed: float = 25.0) -> App:
        file = tmp_path / "watch.yaml"
        file.write_text(WATCH.replace("WITHIN", within), encoding="utf-8")
        source = of_scenario(file, (), tmp_path / "runs", models=False, speed=speed)
        app = App(source.feed(), "test", speed, SIZE)
        opened.append(app)
        until(app, lambda: bool(app.player.scene.waits))
        return app

    yield open_one
    for app in opened:
        app.player.close()
        app.player._feed.close()
    pygame.quit()


def until(app: App, so: Callable[[], bool], seconds: float = 120.0) -> None:
    """Frames of the window until something is so."""
    end = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < end, app.tray.said
        app.advance(0.02)
        app.draw()
        time.sleep(0.005)


def ended(app: App, folder: Path) -> ev.ApprovalEnded:
    """How the asking ended; the run is closed and replayed, and has the same hashes."""
    scene = app.player.scene
    until(app, lambda: any(one.sort == "approval" and " by " in one.text for one in scene.log))
    app.player._feed.close()
    (run,) = sorted((folder / "runs").iterdir())
    with Run.open(run) as log:
        assert log.summary is not None
        hash = log.summary["state_hash"]
        found = next(iter(log.events("ApprovalEnded")))
        given = [one.entry["source"] for one in log.events("Given") if isinstance(one, ev.Given)]
    assert npcsim.replay(run).hash == hash
    assert isinstance(found, ev.ApprovalEnded)
    assert given == ([] if found.by == "rule" else ["window"])
    return found


def test_a_card_says_who_what_why_and_how_long(window: Window) -> None:
    app = window()
    (one,) = app.player.scene.waits.values()
    assert (one.npc, one.text, one.otherwise) == ("Bran", "take a purse", "refuse")
    assert one.goal == "seize the purse"
    assert one.why
    share, rest = left(one, app.player.scene, app.player.fraction)
    assert 0.9 < share <= 1.0
    assert rest.endswith(" min, then refused")
    click(app, place_of(app, Goto(row=0, tab="Why", thought=one.thought)))
    assert (app.frame.selected, app.frame.desk.tab) == (0, "Why")


def test_keys_approve_and_the_run_replays(window: Window, tmp_path: Path) -> None:
    app = window()
    press(app, "q")
    assert app.tray.page.focused == Do("approve", "Bran")
    press(app, "return")
    assert app.tray.sent["Bran"][0] == "yes"
    found = ended(app, tmp_path)
    assert (found.verdict, found.by) == ("allowed", "window")
    assert app.player.scene.people[0].items == {"purse": 1}


def test_a_click_refuses(window: Window, tmp_path: Path) -> None:
    app = window()
    click(app, place_of(app, Do("refuse", "Bran")))
    found = ended(app, tmp_path)
    assert (found.verdict, found.by) == ("refused", "window")


def test_another_option_is_chosen_by_a_click(window: Window, tmp_path: Path) -> None:
    app = window()
    click(app, place_of(app, Do("change", "Bran")))
    until(app, lambda: "wait a while" in app.tray.options.get("Bran", ()))
    click(app, place_of(app, Do("instead", "Bran\nwait a while")))
    found = ended(app, tmp_path)
    assert (found.verdict, found.text) == ("changed", "wait a while")


def test_a_call_is_typed_and_a_wrong_one_is_told(window: Window, tmp_path: Path) -> None:
    app = window()
    press(app, "q")
    for _ in range(2):
        press(app, "down")
    assert app.tray.page.focused == Do("change", "Bran")
    press(app, "return")
    click(app, app.tray.field.box.center)
    assert app.tray.field.active
    app.handle(pygame.event.Event(pygame.TEXTINPUT, text="tak(stone)"))
    press(app, "return")
    until(app, lambda: "no tool 'tak'" in app.tray.said.get("Bran", ""))
    assert "Bran" in app.player.scene.waits
    click(app, place_of(app, Do("change", "Bran")))
    click(app, app.tray.field.box.center)
    app.handle(pygame.event.Event(pygame.TEXTINPUT, text="take(stone)"))
    press(app, "return")
    found = ended(app, tmp_path)
    assert (found.verdict, found.text) == ("changed", "take(stone)")
    assert app.player.scene.people[0].items == {"stone": 1}


def test_the_clock_goes_on_and_the_rule_decides(window: Window, tmp_path: Path) -> None:
    app = window(within="30 s")
    begun = app.player.scene.tick
    found = ended(app, tmp_path)
    assert (found.verdict, found.by) == ("refused", "rule")
    assert app.player.scene.tick - begun >= 20


def test_a_run_that_is_over_says_that_nobody_can_answer(window: Window, tmp_path: Path) -> None:
    app = window()
    app.player._feed.close()
    (run,) = sorted((tmp_path / "runs").iterdir())
    late = App(LogFeed(Run.open(run)), "test", 40.0, SIZE)
    until(late, lambda: bool(late.player.scene.waits))
    click(late, place_of(late, Do("approve", "Bran")))
    assert late.tray.said["Bran"] == NOT_LIVE
    late.player.close()
    late.player._feed.close()


def test_in_a_run_that_is_over_an_answer_is_a_fork(window: Window, tmp_path: Path) -> None:
    app = window()
    until(app, lambda: app.player.scene.tick > 8)
    app.player._feed.close()
    (run,) = sorted((tmp_path / "runs").iterdir())
    late = App(LogFeed(Run.open(run)), "test", 40.0, SIZE, forks=Forks())
    until(late, lambda: bool(late.player.scene.waits) and late.player.history is not None)
    late.player.paused = True
    tick = late.player.scene.tick
    click(late, place_of(late, Do("approve", "Bran")))
    form = late.frame.form
    assert form is not None
    assert "Bran is answered: yes" in form.about
    for _ in form.fields:
        press(late, "tab")
    press(late, "return")
    until(late, lambda: late.beside is not None and late.beside.difference is not None)
    branch = late.forking.branch
    assert branch is not None
    with Run.open(branch.path) as fork:
        found = next(iter(fork.events("ApprovalEnded")))
        assert isinstance(found, ev.ApprovalEnded)
        assert (found.tick, found.verdict, found.by) == (tick + 1, "allowed", "window")
    late.forking.close()
    late.player.close()
    late.player._feed.close()
    assert late.beside is not None
    late.beside.close()


def test_the_tray_folds_up_and_says_that_nothing_waits(window: Window, tmp_path: Path) -> None:
    app = window()
    press(app, "q")
    tall = app.tray.page.tall
    press(app, "q")
    assert app.tray.folded
    assert app.tray.page.tall < tall
    assert app.commands.pane is app.frame.inspector.page
    press(app, "q")
    assert not app.tray.folded
    press(app, "return")
    until(app, lambda: not app.player.scene.waits)
    app.draw()
    assert app.tray.page.links == [(app.tray.page.links[0][0], Do("approvals"))]
    press(app, "q")
    app.draw()
    assert app.tray.page.box.height == 0


def test_scenes_keep_what_waits() -> None:
    scene = Scene()
    from tests.viz.runs import started

    scene.apply(started())
    scene.apply(ev.ApprovalAsked(3, "mara", "take", "take a loaf", ("wait",), 9, "allow"))
    other = scene.copy()
    scene.apply(ev.Fell(4, "mara", "", "hunger"))
    assert not scene.waits
    assert other.waits["mara"].alternatives == ("wait",)
    assert left(other.waits["mara"], other, 1.0)[1] == "6 min, then allowed"
    other.apply(ev.ApprovalEnded(5, "mara", "take", "take a loaf", "allowed", "rule"))
    assert not other.waits


@pytest.mark.parametrize(
    ("ms", "said"),
    [(500, "1 s"), (119_000, "119 s"), (3_600_000, "60 min"), (7_500_000, "2 h 05")],
)
def test_times_are_short(ms: int, said: str) -> None:
    assert lasting(ms) == said
