"""Frames drawn without a display, and a real window under Xvfb."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pygame
import pytest

from npcsim import events as ev
from npcsim.errors import NpcsimError
from npcsim.viz.app import App
from npcsim.viz.draw.frame import PANEL
from npcsim.viz.draw.ink import NIGHT, TEXT, Ink
from npcsim.viz.feed import ListFeed
from npcsim.viz.window import PUT, put_plainly, shot, show
from tests.viz import runs

SIZE = (960, 540)


def pixels(path: Path) -> pygame.Surface:
    return pygame.image.load(str(path))


def colours(picture: pygame.Surface, box: pygame.Rect) -> set[tuple[int, ...]]:
    """Every fourth pixel's colour in a part of a picture."""
    return {
        tuple(picture.get_at((x, y)))
        for x in range(box.left, box.right, 4)
        for y in range(box.top, box.bottom, 4)
    }


def test_a_shot_is_a_picture_and_always_the_same(tmp_path: Path) -> None:
    events = runs.story(runs.walled_map())
    shot(events, tmp_path / "a.png", size=SIZE)
    shot(events, tmp_path / "b.png", size=SIZE)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    picture = pixels(tmp_path / "a.png")
    assert picture.get_size() == SIZE
    assert len(colours(picture, pygame.Rect(0, 0, SIZE[0] - PANEL, 500))) > 20
    assert len(colours(picture, pygame.Rect(SIZE[0] - PANEL, 0, PANEL, SIZE[1]))) > 10


def test_choosing_an_npc_shows_it_in_the_panel(tmp_path: Path) -> None:
    events = runs.story()
    panel = pygame.Rect(SIZE[0] - PANEL, 0, PANEL, SIZE[1])
    seen = []
    for number, select in enumerate((None, "mara", "Tobin")):
        shot(events, tmp_path / f"{number}.png", select=select, size=SIZE)
        picture = pixels(tmp_path / f"{number}.png").subsurface(panel)
        seen.append(pygame.image.tobytes(picture, "RGB"))
    assert len(set(seen)) == 3


def test_a_shot_shows_its_tick(tmp_path: Path) -> None:
    events = runs.story()
    for tick in (0, 2, 6):
        shot(events, tmp_path / f"{tick}.png", tick=tick, size=SIZE)
    assert len({(tmp_path / f"{tick}.png").read_bytes() for tick in (0, 2, 6)}) == 3


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    with pytest.raises(NpcsimError, match="no beginning"):
        shot([], tmp_path / "a.png")
    with pytest.raises(NpcsimError, match=r"no NPC 'marra'.*mara"):
        shot(runs.story(), tmp_path / "a.png", select="marra")
    with pytest.raises(NpcsimError, match="can't draw"):
        shot(runs.story(), tmp_path / "no" / "such" / "folder.png")


@pytest.mark.parametrize("size", [(1, 1), (200, 90), (700, 60), (2000, 1200)])
def test_any_size_is_drawn(tmp_path: Path, size: tuple[int, int]) -> None:
    shot(runs.story(runs.walled_map()), tmp_path / "a.png", select="mara", size=size)
    assert pixels(tmp_path / "a.png").get_size() == size


def test_a_map_whose_picture_is_broken_is_drawn_with_stand_ins(tmp_path: Path) -> None:
    whole = runs.walled_map()
    for number, png in enumerate(("", "not base64!", "aGVsbG8=")):
        broken = replace(whole, tilesets=(replace(whole.tilesets[0], png=png),))
        shot(runs.story(broken), tmp_path / f"{number}.png", size=SIZE)
        view = pygame.Rect(0, 0, SIZE[0] - PANEL, 500)
        assert len(colours(pixels(tmp_path / f"{number}.png"), view)) > 10
    flipped = replace(whole, layers=(replace(whole.layers[0], gids=(0xE0000002,) * 240),))
    shot(runs.story(flipped), tmp_path / "flipped.png", size=SIZE)


def test_a_run_with_nobody_and_nothing_is_drawn(tmp_path: Path) -> None:
    empty = replace(runs.started(0), places=(), spots=(), gauges=())
    shot([empty], tmp_path / "a.png", size=SIZE)
    assert pixels(tmp_path / "a.png").get_size() == SIZE


def test_no_words_are_too_strange(tmp_path: Path) -> None:
    start = runs.started()
    long_name = replace(start.cast[0], name="Maximiliana von und zu " + "Hohen" * 40)
    events: list[ev.Event] = [replace(start, cast=(long_name, *start.cast[1:]))]
    for words in ("안녕하세요 🙂👍🏽", "a\x00b\nc\td\u200d\ufe0f", "x" * 900, "   ", "\U0010ffff"):
        events.append(runs.speech(1, "tobin", words, "mara"))
        shot(events, tmp_path / "a.png", select="mara", size=SIZE)
    odd = runs.decided(1, utilities=(float("nan"), -3.0, 9.0), blended=(), probabilities=())
    shot([*events, odd], tmp_path / "a.png", select="mara", size=SIZE)


@pytest.fixture
def ink() -> Iterator[Ink]:
    pygame.font.init()
    yield Ink()
    pygame.quit()


def test_words_are_wrapped_into_their_width(ink: Ink) -> None:
    text = "Good morning to you, " + "unbelievably" * 9
    lines = ink.wrap(text, 16, 120)
    assert len(lines) > 3
    assert all(ink.width(line, 16) <= 120 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert ink.wrap(text, 16, 120, 2)[-1].endswith("…")


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    made = App(ListFeed(runs.story(runs.walled_map())), "test", 2.0, SIZE)
    made.player.advance(1.0)
    made.draw()
    yield made
    pygame.quit()


def press(app: App, key: int, mod: int = 0) -> None:
    app.handle(pygame.event.Event(pygame.KEYDOWN, key=key, mod=mod))
    app.draw()


def test_keys(app: App) -> None:
    press(app, pygame.K_SPACE)
    assert app.player.paused
    press(app, pygame.K_RIGHT)
    assert app.player.head == 3.0
    press(app, pygame.K_EQUALS)
    assert app.player.speed == 4.0
    press(app, pygame.K_TAB)
    assert app.frame.selected == 0
    press(app, pygame.K_TAB, pygame.KMOD_SHIFT)
    assert app.frame.selected == 2
    press(app, pygame.K_f)
    press(app, pygame.K_F1)
    assert app.frame.help
    press(app, pygame.K_ESCAPE)
    assert (app.frame.help, app.frame.selected, app.open) == (False, 2, True)
    press(app, pygame.K_ESCAPE)
    assert (app.frame.selected, app.open) == (None, True)
    press(app, pygame.K_HOME)
    press(app, pygame.K_ESCAPE)
    assert not app.open


def test_a_click_chooses_and_a_drag_moves_the_camera(app: App) -> None:
    stage = app.frame.stage
    assert stage is not None
    left, top = stage.camera.corner(app.frame.view)
    scene, scale = app.player.scene, stage.camera.scale
    at = (left + round(scene.x[2] * scale), top + round(scene.y[2] * scale))

    def mouse(kind: int, pos: tuple[int, int], **other: object) -> None:
        app.handle(pygame.event.Event(kind, pos=pos, button=1, **other))

    mouse(pygame.MOUSEBUTTONDOWN, at)
    mouse(pygame.MOUSEBUTTONUP, at)
    assert app.frame.selected == 2
    before = stage.camera.x
    mouse(pygame.MOUSEBUTTONDOWN, (200, 200))
    mouse(pygame.MOUSEMOTION, (150, 200), rel=(-50, 0))
    mouse(pygame.MOUSEBUTTONUP, (150, 200))
    assert stage.camera.x > before
    assert app.frame.selected == 2  # a drag is not a click


def test_the_wheel_zooms_to_the_cursor(app: App) -> None:
    stage = app.frame.stage
    assert stage is not None
    at = (120, 90)
    before = stage.camera.to_tile(at, app.frame.view)
    stage.camera.zoom_to(1, at, app.frame.view)
    after = stage.camera.to_tile(at, app.frame.view)
    assert abs(before[0] - after[0]) < 0.05
    assert abs(before[1] - after[1]) < 0.05


def test_without_a_display_the_error_says_what_to_do() -> None:
    code = (
        "from npcsim.viz.window import show\n"
        "from npcsim.viz.feed import ListFeed\n"
        "from npcsim.errors import NpcsimError\n"
        "try: show(ListFeed([]), title='x')\n"
        "except NpcsimError as error: print(error)\n"
    )
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    env = {key: value for key, value in os.environ.items() if key not in hidden}
    env["SDL_VIDEODRIVER"] = "x11"
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=30
    )
    assert "no display" in done.stdout
    assert "--shot" in done.stdout


REAL = """
import threading, time
import pygame
from npcsim.viz.feed import ListFeed
from npcsim.viz.window import show
from tests.viz import runs

def use() -> None:
    while not pygame.display.get_init() or pygame.display.get_surface() is None:
        time.sleep(0.02)
    time.sleep(0.3)
    letters = (pygame.K_TAB, pygame.K_f, pygame.K_F1, pygame.K_SPACE, pygame.K_RIGHT, pygame.K_y)
    for key in (*letters, pygame.K_2, pygame.K_c, pygame.K_l, pygame.K_n, pygame.K_SLASH):
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key, mod=0, unicode=""))
        time.sleep(0.05)
    pygame.event.post(pygame.event.Event(pygame.TEXTINPUT, text="안녕"))
    for kind in (pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
        pygame.event.post(pygame.event.Event(kind, button=1, pos=(300, 300)))
    time.sleep(0.1)
    pygame.event.post(pygame.event.Event(pygame.QUIT))

threading.Thread(target=use, daemon=True).start()
show(ListFeed(runs.story(runs.walled_map())), title="test")
print("closed")
"""


def test_a_real_window_opens_answers_and_closes() -> None:
    xvfb = shutil.which("Xvfb")
    if xvfb is None:
        pytest.skip("Xvfb is not installed: no real window to open")
    reading, writing = os.pipe()
    command = [xvfb, "-displayfd", str(writing), "-screen", "0", "1400x900x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        assert number, "Xvfb did not start"
        env = {k: v for k, v in os.environ.items() if k != "WAYLAND_DISPLAY"}
        env |= {"DISPLAY": f":{number}", "SDL_VIDEODRIVER": "x11"}
        done = subprocess.run(
            [sys.executable, "-c", REAL], env=env, capture_output=True, text=True, timeout=60
        )
        assert done.stdout.strip() == "closed", done.stderr
    finally:
        server.terminate()
        server.wait(10)


def test_show_closes_its_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")

    class Closing(ListFeed):
        closed = False

        def poll(self) -> list[ev.Event]:
            pygame.event.post(pygame.event.Event(pygame.QUIT))
            return super().poll()

        def close(self) -> None:
            self.closed = True

    feed = Closing(runs.story())
    show(feed, title="test", size=(400, 300))
    assert feed.closed


def test_frames_go_to_a_screen_as_they_are_where_no_gpu_would_help(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def said(driver: str, set_to: str | None = None) -> str | None:
        monkeypatch.delenv(PUT, raising=False)
        if set_to is not None:
            monkeypatch.setenv(PUT, set_to)
        put_plainly(driver, tmp_path)
        return os.environ.get(PUT)

    assert said("x11") == "0"
    assert said("wayland") is None  # it has no other way than a texture
    assert said("x11", "1") == "1"
    (tmp_path / "dri").mkdir()
    (tmp_path / "dri" / "renderD128").touch()
    assert said("x11") is None
    monkeypatch.delenv(PUT, raising=False)


def test_what_has_to_be_known_is_shown_for_as_long_as_it_is_so(app: App) -> None:
    def foot() -> set[tuple[int, ...]]:
        app.draw()
        view = app.frame.view
        return colours(app.surface, pygame.Rect(12, view.bottom - 60, view.width - 24, 48))

    before = foot()
    app.player._feed.notice = "tools.py:3:1: is not Python: invalid syntax\n" + "long " * 400
    shown = foot()
    assert {(*NIGHT, 255), (*TEXT, 255)} <= shown
    app.player._feed.notice = ""
    assert foot() == before


def test_words_grow_over_the_head_of_who_thinks_until_the_thought_is_decided(app: App) -> None:
    def above() -> bytes:
        app.draw()
        return pygame.image.tobytes(app.surface.subsurface(app.frame.view), "RGB")

    app.player.paused = True
    scene = app.player.scene
    asked = ev.Asked(scene.tick, "mara@1", "mara", "speak", "", "local", "", 99, (), ())
    scene.apply(asked)
    quiet = above()
    feed = app.player._feed
    feed.heard = {"tobin@1": "Never shown: he thinks of nothing."}  # type: ignore[misc]
    assert above() == quiet
    seen = [quiet]
    for words in ("Good", "Good day", "Good day to you, and to all of yours."):
        feed.heard = {"mara@1": words}  # type: ignore[misc]
        seen.append(above())
    assert len(set(seen)) == 4
    scene.apply(
        ev.Decided(
            scene.tick, "mara@1", "mara", "speak", "local", (), (), (), (), -1, "Hm.", False, ""
        )
    )
    assert above() != seen[-1]


def test_other_tools_are_a_line_in_the_log_and_their_text_is_not(app: App) -> None:
    scene = app.player.scene
    count = len(scene.log)
    scene.apply(ev.Given(9, "watch", {"tools": "import npcsim\n" * 99, "file": "tools.py"}))
    scene.apply(ev.ToolsChanged(9, "tools.py", ("brew",), (), ("buy", "sell")))
    new = list(scene.log)[count:]
    assert [line.text for line in new] == ["tools from tools.py: new: brew; changed: buy, sell"]
    assert new[0].sort == "tools"
