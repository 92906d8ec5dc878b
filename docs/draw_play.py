"""Draw docs/pictures/play.png: a visitor in Oakvale talks with Lise. `python docs/draw_play.py`

A real run is lived for it, and the window is used by key events, without a display.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["SDL_VIDEODRIVER"] = "dummy"

import pygame

from npcsim.assembly.code.finding import find_scenario
from npcsim.assembly.runs.watching import of_scenario
from npcsim.viz.app import App

OUT = Path(__file__).parent / "pictures" / "play.png"
FRAME_S = 1 / 30


def until(app: App, there: Callable[[], object], seconds: float = 60.0) -> None:
    """Let the window go on until something is so."""
    end = time.monotonic() + seconds
    while not there():
        if time.monotonic() > end:
            raise SystemExit(f"it did not come to that: {app.play.hand.said}")
        app.advance(FRAME_S)
        time.sleep(FRAME_S)
    app.draw()


def press(app: App, *keys: int) -> None:
    """Keys, one after the other."""
    for key in keys:
        app.handle(pygame.event.Event(pygame.KEYDOWN, key=key, mod=0, unicode=""))


def say(app: App, words: str) -> None:
    """Type a line and read the answer."""
    before = sum(not line.mine for line in app.play.talk.lines)
    app.handle(pygame.event.Event(pygame.TEXTINPUT, text=words))
    press(app, pygame.K_RETURN)
    until(app, lambda: sum(not line.mine for line in app.play.talk.lines) > before)


def main(out: Path) -> None:
    """Live it and draw it."""
    pygame.display.init()
    pygame.font.init()
    with tempfile.TemporaryDirectory() as folder:
        path = find_scenario("03_village_morning")
        source = of_scenario(path, [], Path(folder), False, 4.0, print, "Otto", "Lise")
        feed = source.feed()
        app = App(feed, "", 4.0, (1280, 720), begin_as=source.begin_as)
        until(app, lambda: app.play.hand.me is not None)
        app.frame.stage.camera.level += 1  # type: ignore[union-attr]
        app.commands.choose(app.player.scene.by_id["Lise"].row)
        press(app, pygame.K_e)
        say(app, "Good morning!")
        say(app, "What is the news?")
        app.draw()
        pygame.image.save(app.surface, str(out))
        app.player.close()
        feed.close()
    pygame.quit()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else OUT)
