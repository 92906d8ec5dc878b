"""Playing in the window, by real key and mouse events, in a run that is lived meanwhile."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pygame
import pytest

from npcsim import events as ev
from npcsim.assembly.runs.feeds import LiveFeed
from npcsim.assembly.runs.session import recorded_session
from npcsim.assembly.runs.watching import of_scenario
from npcsim.replay.verify import verify
from npcsim.store.run_store import Run
from npcsim.viz.app import App
from npcsim.viz.draw.widgets.link import Do
from npcsim.viz.feed import ListFeed
from npcsim.viz.keys import ACTIONS, PLAY
from tests.viz import runs

INN = """
scenario: inn
clock: {tick: 1 s, start: "06:00"}
think: {rest: 1 s}
size: [24, 14]
places: {inn: {area: [1, 1, 9, 9]}, yard: {area: [14, 1, 20, 9]}}
items: {bread: {}}
npcs:
  mara: {x: 4, y: 4, mind: true, carries: {bread: 2}, speed: 4}
  odo: {x: 7, y: 4, mind: true, tools: [say, wait, go_to]}
  dog: {x: 18, y: 4}
scenes: {talk: {class: Conversation, who: [mara, odo], again: true}}
plans:
  rest: {option: rest a while, worth: 0.2, steps: ["wait"]}
  stroll: {option: stroll to the yard, worth: 0.1, steps: [go_to(yard)]}
"""
TOOLS = """
from npcsim import *

@tool(candidates={"tune": ["a jig", "a lament, slow"], "times": Steps(1, 3)})
def whistle(me: Body, view: View, tune: str, times: int = 1, loud: bool = False) -> list[Effect]:
    "Whistle a tune."
    return [Signal(me, "tune", 9.0, f"{tune} x{times} {loud}")]

TOOLS = [whistle]
"""
SIZE = (1000, 640)


class Window:
    """A window on a live run, and hands on its keyboard and mouse."""

    def __init__(self, feed: LiveFeed | ListFeed, begin_as: str = "") -> None:
        self.feed = feed
        self.app = App(feed, "test", 60.0, SIZE, begin_as=begin_as)  # type: ignore[arg-type]
        self.play = self.app.play
        self.hand = self.play.hand

    def until(self, there: Callable[[], object], seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not there():
            assert time.monotonic() < end, (self.hand.said, self.app.player.scene.tick)
            self.frame()
            time.sleep(0.005)
        self.frame()

    def frame(self) -> None:
        self.app.advance(0.02)
        self.app.draw()

    def press(self, *names: str) -> None:
        for name in names:
            code = pygame.key.key_code(name)
            self.app.handle(pygame.event.Event(pygame.KEYDOWN, key=code, mod=0, unicode=""))
            self.frame()

    def type(self, text: str) -> None:
        self.app.handle(pygame.event.Event(pygame.TEXTINPUT, text=text))
        self.frame()

    def click(self, at: tuple[int, int]) -> None:
        for kind in (pygame.MOUSEMOTION, pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
            self.app.handle(pygame.event.Event(kind, pos=at, button=1, rel=(0, 0)))
        self.frame()

    def button(self, action: str) -> None:
        pages = self.app.frame.pages()
        links = [box for page in pages for box, leads in page.links if leads == Do(action)]
        self.click(links[0].center)

    def choose(self, npc: str) -> None:
        self.app.commands.choose(self.app.player.scene.by_id[npc].row)

    def at(self, npc: str) -> tuple[float, float]:
        scene = self.app.player.scene
        row = scene.by_id[npc].row
        return float(scene.x[row]), float(scene.y[row])

    def logged(self, text: str) -> bool:
        return any(text in line.text for line in self.app.player.scene.log)

    def be(self, npc: str) -> None:
        self.choose(npc)
        self.press("g")
        self.until(lambda: self.hand.npc == npc)


@pytest.fixture
def dummy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    yield
    pygame.quit()


def opened(folder: Path, speed: float = 40.0, **how: str) -> Window:
    (folder / "tools.py").write_text(TOOLS)
    (folder / "inn.yaml").write_text(INN)
    source = of_scenario(
        folder / "inn.yaml", [], folder / "runs", False, speed, print,
        how.get("visitor", ""), how.get("beside", ""),
    )  # fmt: skip
    feed = source.feed()
    window = Window(feed, source.begin_as)
    window.until(lambda: window.app.player.started and feed.link is not None)
    return window


@pytest.fixture
def window(dummy: None, tmp_path: Path) -> Iterator[Window]:
    made = opened(tmp_path)
    yield made
    made.app.player.close()
    made.feed.close()


async def test_a_played_run_replays_with_the_same_hashes(window: Window) -> None:
    window.be("mara")
    window.press("x")
    tick = window.app.player.scene.tick
    window.until(lambda: window.app.player.scene.tick > tick + 3)
    x, y = (value // 1 for value in window.at("mara"))
    window.press("d", "d", "s")
    window.until(lambda: window.at("mara") == (x + 2.5, y + 1.5))
    window.choose("odo")
    window.press("e")
    window.type("Where is the bread?")
    window.press("return")
    window.until(lambda: any(not line.mine for line in window.play.talk.lines))
    window.press("escape", "u")
    window.until(lambda: window.app.frame.form is not None)
    window.type("whistle")
    window.press("return", "return")
    window.until(lambda: "tune" in window.app.frame.form.texts)  # type: ignore[union-attr]
    window.type("lament")
    window.press("return", "return")
    window.until(lambda: window.logged("a lament, slow x1 False"))
    window.press("g")
    window.until(lambda: not window.hand.npc)
    feed = window.feed
    assert isinstance(feed, LiveFeed)
    path = str(feed._session.path)  # type: ignore[union-attr]
    feed.close()
    run = Run.open(path)
    given = [one for one in run.events("Given") if isinstance(one, ev.Given)]
    kinds = {next(key for key in one.entry if key != "source") for one in given}
    assert {"play", "walk", "say", "do"} <= kinds
    session = recorded_session(run)
    await verify(session.simulation, run)
    await session.close()
    run.close()


def test_who_is_taken_over_is_let_go_again(window: Window) -> None:
    window.be("mara")
    assert window.hand.me is not None
    window.button("take over")
    assert window.hand.npc == ""
    tick = window.app.player.scene.tick
    window.until(lambda: window.app.player.scene.tick > tick + 3)
    window.until(lambda: window.app.player.scene.by_id["mara"].decision is not None)


def test_a_click_on_the_ground_walks_there(window: Window) -> None:
    window.be("mara")
    stage, view = window.app.frame.stage, window.app.frame.view
    assert stage is not None
    left, top = stage.camera.corner(view)
    scale = stage.camera.scale
    window.click((left + round(10.4 * scale), top + round(7.6 * scale)))
    assert window.play.walk.goal == (10, 7)
    window.until(lambda: window.at("mara") == (10.5, 7.5))
    window.press("d")
    window.press("x")
    window.until(lambda: window.play.walk.goal is None)


def test_pause_holds_the_run_that_is_played(window: Window) -> None:
    window.be("mara")
    window.press("space")
    assert window.app.player.paused
    time.sleep(0.2)
    window.frame()
    held = window.app.player.newest
    time.sleep(0.2)
    window.frame()
    assert window.app.player.newest == held
    window.press("space")
    window.until(lambda: window.app.player.newest > held + 2)


def test_an_order_is_a_decision_or_a_destination(window: Window) -> None:
    window.be("mara")
    window.choose("odo")
    window.button("order")
    window.until(lambda: window.app.frame.form is not None)
    window.type("stroll")
    window.press("return", "return")
    window.until(lambda: window.app.frame.form is None)
    window.until(lambda: window.app.player.scene.by_id["odo"].goal == "stroll to the yard")
    window.choose("dog")
    window.press("o")
    window.until(lambda: window.app.frame.form is not None)
    window.type("go inn")
    window.press("return", "return")
    window.until(lambda: window.at("dog")[0] < 12)


def test_an_order_that_can_not_be_taken_stays_in_its_form(window: Window) -> None:
    window.choose("odo")
    window.press("o")
    window.until(lambda: window.app.frame.form is not None)
    form = window.app.frame.form
    assert form is not None
    window.type("fly to the moon")
    window.press("return")
    assert "there is no 'fly to the moon'" in form.errors["order"]
    assert form.texts["order"] == "fly to the moon"
    window.press("escape")
    assert window.app.frame.form is None


def test_a_walk_up_to_whom_one_talks_with_and_what_is_refused(window: Window) -> None:
    window.be("mara")
    window.press("e")
    assert window.play.talk.partner == "odo"
    window.press("return")
    assert "type something" in window.hand.said
    window.type("x" * 600)
    window.press("return")
    window.until(lambda: "1 to 500 characters" in window.hand.said)
    assert window.play.talk.field.text == "x" * 600
    window.press("escape")
    window.choose("dog")
    window.press("e")
    window.type("Come here!")
    window.press("return")
    window.until(lambda: window.logged("Come here!"))
    away = window.at("mara")[0] - window.at("dog")[0]
    assert abs(away) <= 5


def test_the_dead_are_neither_played_nor_talked_with_nor_ordered(window: Window) -> None:
    link = window.hand.link
    assert link is not None
    link.put({"set": "dog", "attribute": "hp", "value": 0})
    window.until(lambda: window.app.player.scene.by_id["dog"].fallen)
    window.choose("dog")
    window.press("g")
    window.until(lambda: "dog is down" in window.hand.said)
    assert window.hand.npc == ""
    window.press("o")
    assert "dog is down" in window.hand.said
    window.press("u")
    assert "dog is down" in window.hand.said
    window.be("mara")
    window.choose("dog")
    window.press("e")
    assert "dog is down" in window.hand.said
    assert window.play.talk.partner == ""


def test_what_a_tool_refuses_is_told(window: Window) -> None:
    window.be("mara")
    window.press("u")
    window.until(lambda: window.app.frame.form is not None)
    window.type("heal")
    window.press("return", "return")
    window.type("dog")
    window.press("return", "return")
    window.until(lambda: window.hand.wrong and "mara can't" in window.hand.said)


def test_nothing_is_chosen_and_nobody_is_played(window: Window) -> None:
    window.app.commands.choose(None)
    for key, told in (
        ("g", "choose an NPC"),
        ("w", "be somebody"),
        ("x", "be somebody"),
        ("e", "be somebody"),
        ("u", "choose an NPC"),
        ("o", "choose an NPC"),
    ):
        window.press(key)
        assert told in window.hand.said, key
        assert window.hand.wrong


def test_after_the_end_it_is_told_and_what_was_typed_stays(window: Window) -> None:
    window.be("mara")
    window.choose("odo")
    window.press("e")
    window.type("Still here?")
    window.feed.close()
    window.press("return")
    window.until(lambda: "the run is over" in window.hand.said)
    assert window.play.talk.field.text == "Still here?"
    window.press("escape", "d")
    window.until(lambda: "the run is over" in window.hand.said)


@pytest.mark.usefixtures("dummy")
def test_in_a_run_from_its_log_every_key_says_why_not() -> None:
    window = Window(ListFeed(runs.story()))
    window.until(lambda: window.app.player.started)
    window.choose("mara")
    for action in (one for one in ACTIONS if one.group == PLAY):
        window.hand.tell("")
        window.press(action.keys[0])
        assert "not live" in window.hand.said or "be somebody" in window.hand.said, action.name
    window.app.player.close()


@pytest.mark.usefixtures("dummy")
def test_an_answer_is_read_in_the_card_while_it_comes() -> None:
    feed = ListFeed(runs.story())
    window = Window(feed)
    window.until(lambda: window.app.player.finished)
    window.hand.npc, window.play.talk.partner = "mara", "tobin"
    scene = window.app.player.scene
    asked = ev.Asked(scene.tick, "tobin@9", "tobin", "speak", "", "local", "", 99, (), ())
    scene.apply(asked)
    window.frame()
    assert window.play.talk.status(window.app.frame.heard) == "Tobin thinks (local) ..."
    before = pygame.image.tobytes(window.app.surface, "RGB")
    feed.heard = {"tobin@9": "The bridge is"}
    window.frame()
    assert window.play.talk.status(window.app.frame.heard) == "The bridge is …"
    assert pygame.image.tobytes(window.app.surface, "RGB") != before
    window.app.player.close()


@pytest.mark.usefixtures("dummy")
def test_a_visitor_walks_in_and_is_answered(tmp_path: Path) -> None:
    window = opened(tmp_path, visitor="Otto", beside="odo")
    window.until(lambda: window.hand.npc == "visitor")
    assert window.at("visitor") == window.at("odo") or window.app.player.scene.tick > 0
    window.choose("odo")
    window.press("e")
    window.type("Good morning!")
    window.press("return")
    window.until(lambda: any(not line.mine for line in window.play.talk.lines))
    assert [line.who for line in window.play.talk.lines][:2] == ["Otto", "odo"]
    window.app.player.close()
    window.feed.close()


REAL = """
import sys, threading, time
from pathlib import Path
import pygame
from npcsim.assembly.runs.watching import of_scenario
from npcsim.viz import app as room
from npcsim.viz.window import show

windows = []

class Seen(room.App):
    def __init__(self, *given):
        super().__init__(*given)
        windows.append(self)

room.App = Seen
folder = Path(sys.argv[1])
source = of_scenario(folder / "inn.yaml", [], folder / "runs", False, 20.0, print)
feed = source.feed()

def press(key, there):
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key, mod=0, unicode=""))
    wait(there)

def wait(there):
    end = time.monotonic() + 60
    while not there() and time.monotonic() < end:
        time.sleep(0.02)

def use():
    wait(lambda: windows and windows[0].player.started and feed.link is not None)
    app = windows[0]
    press(pygame.K_TAB, lambda: app.frame.selected is not None)
    press(pygame.K_g, lambda: app.play.hand.npc)
    press(pygame.K_s, lambda: any("walk mara, x" in one.text for one in list(app.player.scene.log)))
    press(pygame.K_TAB, lambda: app.frame.selected == 1)
    press(pygame.K_e, lambda: app.play.talk.partner)
    pygame.event.post(pygame.event.Event(pygame.TEXTINPUT, text="Hello there"))
    wait(lambda: app.play.talk.field.text)
    press(pygame.K_RETURN, lambda: app.play.talk.lines)
    pygame.event.post(pygame.event.Event(pygame.QUIT))

threading.Thread(target=use, daemon=True).start()
show(feed, title="test", speed=20.0)
print(feed.ending)
"""


def test_a_real_window_is_played_in(tmp_path: Path) -> None:
    xvfb = shutil.which("Xvfb")
    if xvfb is None:
        pytest.skip("Xvfb is not installed: no real window to open")
    (tmp_path / "tools.py").write_text(TOOLS)
    (tmp_path / "inn.yaml").write_text(INN)
    reading, writing = os.pipe()
    command = [xvfb, "-displayfd", str(writing), "-screen", "0", "1400x900x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        env = {k: v for k, v in os.environ.items() if k != "WAYLAND_DISPLAY"}
        env |= {"DISPLAY": f":{number}", "SDL_VIDEODRIVER": "x11"}
        done = subprocess.run(
            [sys.executable, "-c", REAL, str(tmp_path)], env=env, capture_output=True, text=True,
            timeout=120,
        )  # fmt: skip
    finally:
        server.terminate()
        server.wait(10)
    assert "inputs came in" in done.stdout, done.stderr
    run = Run.open(tmp_path / "runs" / "inn-1")
    kinds = {key for one in run.events("Given") if isinstance(one, ev.Given) for key in one.entry}
    run.close()
    assert {"play", "walk", "say"} <= kinds
