"""All that the window does, by real key and mouse events: each key, each thing that leads on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pygame
import pytest

from npcsim.assembly.runs.feeds import LogFeed
from npcsim.store.run_store import Run
from npcsim.viz.app import App
from npcsim.viz.desk import TABS
from npcsim.viz.draw.widgets.link import Do, Goto
from npcsim.viz.keys import ACTIONS, PLAY
from npcsim.viz.time.index import KINDS

SIZE = (1100, 640)
AT = 100
Checks = dict[str, Callable[[App], bool]]


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[App]:
    """A window on the village at tick 100, paused, the first NPC with a mind chosen."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    made = App(LogFeed(Run.open(folder)), "test", 4.0, SIZE)
    ready(made)
    yield made
    made.player.close()
    pygame.quit()


def ready(app: App, tick: int = AT) -> None:
    while app.player.history is None:
        app.advance(0.01)
    history = app.player.history
    assert history._thread is not None
    history._thread.join(30.0)
    assert history.whole
    app.player.paused = True
    app.player.seek(tick)
    app.player.settle()
    app.commands.choose(0)
    app.advance(0.0)
    app.draw()


def press(app: App, key: str) -> None:
    """A key as pygame names it, with what is held beside it; then a frame."""
    held, _, name = key.rpartition("+") if "+" in key[:-1] and "[" not in key else ("", "", key)
    if key.endswith(("++", "+[+]")):
        held, name = key.split("+")[0], "+" if key.endswith("++") else "[+]"
    elif key.endswith("+[-]"):
        held, name = key.split("+")[0], "[-]"
    mods = {"ctrl": pygame.KMOD_CTRL, "shift": pygame.KMOD_SHIFT, "alt": pygame.KMOD_ALT}
    mod = mods.get(held, 0)
    code = pygame.key.key_code(name)
    event = pygame.event.Event(pygame.KEYDOWN, key=code, mod=mod, unicode="")
    app.handle(event)
    app.player.settle()
    app.advance(0.0)
    app.draw()


def click(app: App, at: tuple[int, int]) -> None:
    for kind in (pygame.MOUSEMOTION, pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
        app.handle(pygame.event.Event(kind, pos=at, button=1, rel=(0, 0)))
    app.player.settle()
    app.advance(0.0)
    app.draw()


def place_of(app: App, target: Goto | Do) -> tuple[int, int]:
    """Where on the screen something leads to a target."""
    for page in app.frame.pages():
        for box, leads in page.links:
            if leads == target and page.box.collidepoint(box.center):
                return box.center
    raise AssertionError(f"nothing leads to {target}")


def camera(app: App) -> tuple[float, float, int]:
    stage = app.frame.stage
    assert stage is not None
    return stage.camera.x, stage.camera.y, stage.camera.level


AFTER: Checks = {
    "pause": lambda app: not app.player.paused,
    "faster": lambda app: app.player.speed == 8.0,
    "slower": lambda app: app.player.speed == 2.0,
    "step": lambda app: app.player.scene.tick == AT + 1,
    "step back": lambda app: app.player.scene.tick == AT - 1,
    "leap": lambda app: app.player.scene.tick == AT + 12,
    "leap back": lambda app: app.player.scene.tick == AT - 12,
    "to start": lambda app: app.player.scene.tick == 0,
    "to end": lambda app: app.player.scene.tick == 240,
    "next event": lambda app: app.player.scene.tick > AT and app.player.paused,
    "event before": lambda app: app.player.scene.tick < AT,
    "event kind": lambda app: app.frame.desk.kind == KINDS[0],
    "go to time": lambda app: app.frame.asking is not None and app.frame.asking.active,
    "next npc": lambda app: app.frame.selected == 1,
    "npc before": lambda app: app.frame.selected == len(app.player.scene.people) - 1,
    "follow": lambda app: app.commands.follow,
    "next tab": lambda app: app.frame.desk.tab == TABS[1],
    "tab before": lambda app: app.frame.desk.tab == TABS[-1],
    **{f"tab {n}": lambda app, name=name: app.frame.desk.tab == name  # type: ignore[misc]
       for n, name in enumerate(TABS, 1)},
    "why": lambda app: app.frame.desk.tab == "Why",
    "prompt": lambda app: app.frame.desk.prompts,
    "search": lambda app: app.frame.inspector.search.active and app.frame.desk.tab == "Memory",
    "log": lambda app: app.frame.desk.drawer == "log" and app.frame.drawer.height > 0,
    "charts": lambda app: app.frame.desk.drawer == "charts" and len(app.frame.plots) == 6,
    "next pane": lambda app: app.commands.pane is not app.frame.inspector.page,
    "down": lambda app: app.frame.inspector.page.focused is not None,
    "up": lambda app: app.frame.inspector.page.focused is not None,
    "scroll down": lambda app: app.frame.inspector.page.scroll > 0,
    "help": lambda app: app.frame.help,
    "escape": lambda app: app.frame.selected is None and app.open,
    "close": lambda app: not app.open,
}  # fmt: skip
MOVES = {
    "whole world": lambda before, now: now[2] <= before[2],
    "zoom in": lambda before, now: now[2] > before[2],
    "zoom out": lambda before, now: now[2] < before[2],
    "pan left": lambda before, now: now[0] < before[0],
    "pan right": lambda before, now: now[0] > before[0],
    "pan up": lambda before, now: now[1] < before[1],
    "pan down": lambda before, now: now[1] > before[1],
}
PLAYED = {action.name for action in ACTIONS if action.group == PLAY}
APART = {"approvals", "fork", "enter", "back", "scroll up", "other run"} | PLAYED
"""Keys that only mean something after another, or in a live run; tests of their own press them."""


def test_all_keys_are_tried() -> None:
    assert AFTER.keys() | MOVES.keys() | APART == {action.name for action in ACTIONS}


def test_each_key_does_what_the_table_says(app: App) -> None:
    for action in ACTIONS:
        if action.name not in AFTER:
            continue
        for key in action.keys:
            app.commands.closed = app.frame.help = app.commands.follow = False
            app.player.speed, app.frame.asking = 4.0, None
            app.frame.inspector.search.focus(False)
            desk = app.frame.desk
            desk.tab, desk.drawer, desk.kind, desk.prompts = TABS[0], "", "", False
            app.commands.pane = app.frame.inspector.page
            app.frame.inspector.page.focused, app.frame.inspector.page.scroll = None, 0
            ready(app)
            if action.name == "scroll down":
                app.surface = pygame.display.set_mode((1100, 400))
                app.draw()
            press(app, key)
            assert AFTER[action.name](app), f"{key} for {action.name}"
            app.surface = pygame.display.set_mode(SIZE)


def test_keys_move_the_map(app: App) -> None:
    stage = app.frame.stage
    assert stage is not None
    for action in ACTIONS:
        if action.name in MOVES:
            for key in action.keys:
                stage.camera.x, stage.camera.y, stage.camera.level = 20.0, 20.0, 3
                before = camera(app)
                press(app, key)
                assert MOVES[action.name](before, camera(app)), key


def test_a_time_that_is_typed_is_gone_to(app: App) -> None:
    press(app, "t")
    app.handle(pygame.event.Event(pygame.TEXTINPUT, text="nonsense"))
    press(app, "return")
    assert app.frame.asking is not None
    assert app.frame.asking_said
    press(app, "ctrl+u")
    app.handle(pygame.event.Event(pygame.TEXTINPUT, text="06:10"))
    press(app, "return")
    assert app.frame.asking is None
    assert app.player.scene.clock() == "day 1 06:10"


def test_the_timeline_is_clicked_and_dragged(app: App) -> None:
    strip = app.frame.strip
    click(app, (strip.x_of(200), strip.groove.centery))
    assert abs(app.player.scene.tick - 200) <= 10  # pixels are wider than ticks
    start, end = (strip.x_of(200), strip.groove.centery), (strip.x_of(1000), strip.groove.centery)
    app.handle(pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=start, button=1))
    app.handle(pygame.event.Event(pygame.MOUSEMOTION, pos=end, rel=(-50, 0), buttons=(1, 0, 0)))
    app.handle(pygame.event.Event(pygame.MOUSEBUTTONUP, pos=end, button=1))
    app.player.settle()
    assert app.player.scene.tick == app.player.end == 240


def test_a_click_on_a_mark_goes_to_its_tick_and_pointing_tells_it(app: App) -> None:
    history = app.player.history
    assert history is not None
    mark = history.index.marks["goals"][-1]
    at = (app.frame.strip.x_of(mark.tick), app.frame.strip.box.top + 5 + 5)
    app.handle(pygame.event.Event(pygame.MOUSEMOTION, pos=at, rel=(0, 0)))
    assert app.frame.tip is not None
    click(app, at)
    near = [one.tick for one in history.index.marks["goals"]]
    assert app.player.scene.tick in near


def test_a_decision_leads_to_why_and_back(app: App) -> None:
    person = app.player.scene.people[0]
    assert person.decision is not None
    leads = Goto(row=0, tab="Why", thought=person.decision.thought)
    click(app, place_of(app, leads))
    assert app.frame.desk.tab == "Why"
    app.lookup.settle(app.frame, app.player)
    told = app.frame.explanation
    assert told is not None
    assert told.npc == person.id
    assert told.thought is not None
    assert told.tick == person.decision.tick
    app.draw()
    links = [leads for _, leads in app.frame.inspector.page.links]
    assert Goto(row=0, tick=told.thought.asked, tab="Why") in links
    press(app, "down")
    press(app, "return")
    assert len(app.frame.desk.trail) == 2
    press(app, "backspace")
    press(app, "backspace")
    assert (app.frame.desk.tab, app.player.scene.tick) == ("Now", AT)


def test_a_bubble_leads_to_why_it_was_said(app: App) -> None:
    history = app.player.history
    assert history is not None
    mark = history.index.marks["talk"][0]
    app.player.seek(mark.tick)
    app.player.settle()
    app.commands.choose(None)
    stage = app.frame.stage
    assert stage is not None
    stage.camera.level = 4
    stage.look_at(app.player.scene, mark.row, 1.0)
    app.advance(0.0)
    app.draw()
    box = next(box for box, row in stage._bubbles._of if row == mark.row)
    click(app, box.center)
    assert (app.frame.selected, app.frame.desk.tab) == (mark.row, "Why")
    app.lookup.settle(app.frame, app.player)
    assert app.frame.explanation is not None


def test_memories_are_found_by_typing(app: App) -> None:
    app.player.seek(240)
    app.player.settle()
    press(app, "/")
    words = app.player.scene.people[0].memories
    assert words
    rare = max((word for line in words for word in line.text.split()), key=len)
    before = pygame.image.tobytes(app.surface.subsurface(app.frame.panel), "RGB")
    app.handle(pygame.event.Event(pygame.TEXTINPUT, text=rare))
    app.draw()
    assert pygame.image.tobytes(app.surface.subsurface(app.frame.panel), "RGB") != before
    lines = [leads for _, leads in app.frame.inspector.page.links if isinstance(leads, Goto)]
    ticks = {line.tick for line in words if rare.casefold() in line.text.casefold()}
    assert {leads.tick for leads in lines} <= ticks
    press(app, "escape")
    assert (app.frame.inspector.search.text, app.frame.selected) == ("", 0)


def test_the_log_is_filtered_and_its_lines_lead_on(app: App) -> None:
    press(app, "l")
    log = app.frame.logbook

    def shown() -> int:
        app.draw()
        return len(log.page.links)

    everything = shown()
    for name in ("decisions", "goals"):
        click(app, place_of(app, Do("filter", name)))
    assert shown() < everything
    click(app, place_of(app, Do("only")))
    names = app.player.scene.people[0].name
    lines = [one for _, one in log.page.links if isinstance(one, Goto)]
    assert all(one.row == 0 for one in lines), names
    click(app, place_of(app, Do("only")))
    click(app, place_of(app, Do("filter", "goals")))
    press(app, "f6")
    app.commands.pane = log.page
    press(app, "up")
    target = log.page.focused
    assert isinstance(target, Goto)
    press(app, "return")
    assert app.player.scene.tick == target.tick
    assert app.frame.selected == target.row


def test_charts_are_clicked_to_go_there(app: App) -> None:
    press(app, "c")
    assert [plot.title for plot in app.frame.plots][:1] == ["Decisions by tier"]
    drawn = app.frame.plots[0].lines[0]
    assert drawn.points[-1][1] == len(app.player.history.index.decided[drawn.tier])  # type: ignore[union-attr]
    area = app.frame.charts._areas[0]
    click(app, area.midleft)
    assert app.player.scene.tick == 0


def test_the_edge_of_the_inspector_is_dragged(app: App) -> None:
    edge = (app.frame.panel.left, 300)
    app.handle(pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=edge, button=1))
    app.handle(pygame.event.Event(pygame.MOUSEMOTION, pos=(650, 300), rel=(-50, 0)))
    app.handle(pygame.event.Event(pygame.MOUSEBUTTONUP, pos=(650, 300), button=1))
    app.draw()
    assert app.frame.panel.left == 650


@pytest.mark.parametrize("size", [(320, 200), (500, 400), (700, 300), (640, 380), (1600, 900)])
def test_any_size_has_its_panes(app: App, size: tuple[int, int]) -> None:
    app.surface = pygame.display.set_mode(size)
    app.handle(pygame.event.Event(pygame.VIDEORESIZE, w=size[0], h=size[1], size=size))
    for key in ("l", "c", "2", "6", "f1"):
        press(app, key)
    assert bool(app.frame.panel.width) == (size[0] >= 640)
    assert app.frame.view.width > 0


def test_a_run_that_is_deleted_is_told_and_nothing_breaks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path
) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    gone = tmp_path / "gone"
    shutil.copytree(folder, gone)
    pygame.display.init()
    pygame.font.init()
    try:
        app = App(LogFeed(Run.open(gone)), "test", 4.0, SIZE)
        ready(app)
        shutil.rmtree(gone)
        app.commands.choose(0)
        for key in ("y", "n", "c", "ctrl+end", "left"):
            press(app, key)
            app.lookup.settle(app.frame, app.player)
        app.player.paused = False
        for _ in range(5):
            app.advance(0.2)
            app.draw()
        assert app.frame.notice
        app.player.close()
    finally:
        pygame.quit()


def test_two_runs_are_shown_from_where_they_part(
    monkeypatch: pytest.MonkeyPatch, folder: Path, other_folder: Path
) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    feeds = [LogFeed(Run.open(one)) for one in (folder, other_folder)]
    try:
        app = App(feeds[0], "test", 4.0, SIZE, feeds[1], ("one", "other"))
        ready(app)
        app.commands.choose(None)
        beside, twin = app.beside, app.frame.twin
        assert beside is not None
        assert twin is not None
        for _ in range(200):
            app.advance(0.01)
            beside.settle()
            app.player.settle()
            if beside.parting is not None and beside.player.scene.tick == beside.parting:
                break
        app.advance(0.01)
        app.draw()
        assert app.player.scene.tick == beside.parting == app.frame.strip.parting
        assert twin.scene.tick == app.player.scene.tick
        assert app.frame.difference is not None
        left, right = (app.surface.subsurface(one) for one in (app.frame.view, twin.view))
        assert abs(left.get_width() - right.get_width()) <= 1
        reached = app.frame.difference.reached[-1]
        row = app.player.scene.by_id[reached.npc].row
        app.commands.go(Goto(row=row, tick=reached.tick))
        press(app, "b")
        assert twin.looked_at
        assert app.frame.selected == row
        press(app, "b")
        assert not twin.looked_at
        press(app, "ctrl+end")
        for _ in range(50):
            app.advance(0.01)
            beside.settle()
        assert twin.scene.tick == app.player.scene.tick == 240
        app.player.close()
        beside.close()
    finally:
        pygame.quit()
