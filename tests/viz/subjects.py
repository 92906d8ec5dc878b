"""Pictures of the window that are kept, and how they are drawn: `python -m tests.viz.subjects`.

All show a run made by hand, so that only a change of the window changes them. The command draws
them anew into tests/viz/pictures; look at each before it is committed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pygame

from npcsim import events as ev
from npcsim.store.why.explanation import (
    Asking,
    Came,
    Doing,
    Explanation,
    Near,
    Option,
    Outcome,
    Perceived,
    Sign,
    Thought,
    Turned,
)
from npcsim.viz.draw.frame import Frame
from npcsim.viz.draw.twin import Twin
from npcsim.viz.scene import Scene
from npcsim.viz.time.index import Index
from npcsim.viz.time.series import Line, Plot
from npcsim.viz.window import aim, display_for
from tests.viz import runs

KEPT = Path(__file__).parent / "pictures"
SIZE = (760, 560)
SMALL = (640, 360)
Draw = Callable[[], pygame.Surface]


def _events() -> list[ev.Event]:
    """Seven ticks of three by a wall: a thought in flight, words, a blow, a fire, ties, a fall."""
    first, *rest = runs.story(runs.walled_map())
    assert isinstance(first, ev.RunStarted)
    cast = tuple(replace(one, sight=4.0, x=one.x + 2, y=one.y + 2) for one in first.cast)
    spots = (*first.spots, ev.SpotMark("hearth_1", "hearth", 6.0, 5.0, "inn"))
    shed = ev.PlaceMark("shed", "Shed", 15.5, 3.5)
    gauges = (*first.gauges, ev.Gauge("valence", -1.0, 1.0, 0.0))
    initial = np.array([100.0, 60.0, 100.0, 0.2, 0.7, 0.4, 0.0, 0.8, 0.0])
    start = replace(
        first, cast=cast, spots=spots, places=(*first.places, shed), gauges=gauges,
        initial=initial, start_ms=20 * 3_600_000,
    )  # fmt: skip
    guards = ("idle -> walk: hunger > 0.5", "idle, walk -> fight: near(guard) < 3", "any -> sleep")
    start = replace(start, machines=(ev.Machine("villager", runs.STATES, guards),))
    who = np.array([11], dtype=np.uint32)
    none = np.zeros(0, dtype=np.uint32)
    more: list[ev.Event] = [
        ev.StateChanged(7, who - 1, np.array([1], dtype=np.uint8), np.array([0], dtype=np.int16)),
        ev.StateChanged(7, who, np.array([3], dtype=np.uint8), np.array([1], dtype=np.int16)),
        ev.Changed(7, "hp", "fight", who, np.array([48.0]), none),
        ev.Tied(7, (("mara", "tobin", "trust", 0.6), ("mara", "elsa", "trust", -0.4))),
        runs.speech(7, "mara", "Tobin, héllo! 안녕하세요 こんにちは ☂ 🙂", "tobin"),
        replace(runs.asked(7), thought="t2", npc="tobin", tier="cloud", lands=12),
        ev.ActStarted(7, "mara", 2, "go_to", {"place": "shed"}, "goes to the shed", 12, "mind"),
        ev.Remembered(7, "mara", "The bridge is rotten, says Elsa", "heard", 0.9),
        ev.TickEnded(7, "g"),
    ]
    return [start, *(event for event in rest if not isinstance(event, ev.RunEnded)), *more]


def _frame(size: tuple[int, int], tab: str = "", zoom: float = 2.0) -> tuple[Frame, Scene]:
    scene = Scene.at(_events())
    frame = Frame(same_everywhere=True)
    frame.desk.tab = tab or frame.desk.tab
    frame.bar_left, frame.bar_right = scene.clock(), ("tick 7",)
    aim(frame, size, scene, 0 if tab else None, zoom, (6.0, 5.0))
    return frame, scene


def _drawn(frame: Frame, scene: Scene, size: tuple[int, int]) -> pygame.Surface:
    surface = pygame.display.set_mode(size)
    frame.draw(surface, scene, 1.0)
    frame.draw(surface, scene, 1.0)  # where a list is scrolled to is known once it is drawn
    return surface.copy()


def _map(zoom: float) -> Draw:
    def draw() -> pygame.Surface:
        frame, scene = _frame(SIZE, "Now", zoom)
        return _drawn(frame, scene, SIZE).subsurface(frame.view).copy()

    return draw


def _tab(tab: str) -> Draw:
    def draw() -> pygame.Surface:
        frame, scene = _frame(SIZE, tab)
        frame.explanation = _explained() if tab == "Why" else None
        return _drawn(frame, scene, SIZE).subsurface(frame.panel).copy()

    return draw


def _nobody() -> pygame.Surface:
    frame, scene = _frame(SIZE)
    return _drawn(frame, scene, SIZE).subsurface(frame.panel).copy()


def _strip(drawer: str) -> Draw:
    def draw() -> pygame.Surface:
        frame, scene = _frame(SIZE, "Now")
        frame.desk.drawer, frame.desk.kind = drawer, "talk"
        frame.index = Index.of(_events())
        points = [(float(tick), tick * tick / 40) for tick in range(8)]
        frame.plots = [
            Plot("Decisions by tier", "so far", (Line("local", points, "local"),)),
            Plot("Needs", "of Mara", (Line("hunger", points[:5]), Line("hp", points[2:]))),
            Plot("Population", "up", (Line("", [(0.0, 3.0), (6.0, 2.0)]),), step=True),
            Plot("Money", "USD", ()),
        ]
        surface = _drawn(frame, scene, SIZE)
        left = frame.drawer if drawer else frame.timeline
        low = pygame.Rect(0, left.top, frame.bar.width, SIZE[1] - left.top)
        return surface.subsurface(low).copy()

    return draw


def _twin() -> pygame.Surface:
    frame, scene = _frame(SIZE)
    frame.twin = twin = Twin(frame.ink, frame.figures, ("village-1", "village-1-fork"))
    twin.scene, twin.fraction = Scene.at(_events(), 5), 1.0
    frame.strip.parting = 4
    frame.layout(SIZE)
    return _drawn(frame, scene, SIZE)


def _small(keys: bool) -> Draw:
    """The smallest window with all panes in it; keys: under the sheet of keys."""

    def draw() -> pygame.Surface:
        frame, scene = _frame(SMALL, "Now", 1.0)
        frame.desk.drawer, frame.help = "log", keys
        frame.index = Index.of(_events())
        return _drawn(frame, scene, SMALL)

    return draw


def _explained() -> Explanation:
    """Why Mara goes to the shed, with all that an explanation can have."""
    seen = Perceived(
        1, 3.5, 3.5, "idle", {"hunger": 0.2},
        (Sign("speech", "tobin", "mara", 2.0, 8.0, "Good morning, Mara!"),),
        (Near("elsa", 1.4, "idle"),), ("Tobin greeted me",),
    )  # fmt: skip
    asking = Asking(
        "t1", 1, "local", "", "options are close", (), 3, 3, "tiny", "f", {"text": "Where to?"},
        {"pick": 1}, "", False, 0.4, 0.0,
    )  # fmt: skip
    texts = ("buy bread", "go to the shed", "wait")
    options = tuple(
        Option(text, 0.5 - at / 5, 0.2 + at % 2 / 2, 0.3 + at % 2 / 4, at == 1)
        for at, text in enumerate(texts)
    )
    came = Came(1, "The bridge is rotten", "heard", 1, 0.7, 0.6, 0.9, 0.8, None)
    thought = Thought(
        "led to it", "plan", "her goal is done", 1, 3, seen, (came,), True, (asking,), options,
        "local", "", "go to the shed", False, "drawn at temper 0.2", (), 0.0012,
        (Outcome(7, "act", "goes to the shed"),),
    )  # fmt: skip
    doing = Doing("go_to", {"place": "shed"}, "goes to the shed", 7, -1, "", "", "mind")
    turned = Turned("idle", 0, "")
    return Explanation(
        "village-1", "mara", "Mara", 7, 20 * 3_600_000, 60_000, doing, turned, "a dry night", 3,
        thought,
    )  # fmt: skip


SUBJECTS: dict[str, Draw] = {
    "map_1x": _map(1.0),
    "map_2x": _map(2.0),
    "nobody": _nobody,
    **{tab.lower(): _tab(tab) for tab in ("Now", "Body", "Mind", "Memory", "Ties", "Why")},
    "timeline": _strip(""),
    "log": _strip("log"),
    "charts": _strip("charts"),
    "twin": _twin,
    "small": _small(keys=False),
    "small_keys": _small(keys=True),
}


def drawn(name: str) -> pygame.Surface:
    """The picture of that name as it is drawn now, without a display."""
    with display_for("dummy"):
        pygame.display.set_mode(SIZE)  # tiles are read in the format of the screen
        surface = SUBJECTS[name]()
        plain = pygame.Surface(surface.get_size(), 0, 24)
        plain.blit(surface, (0, 0))
        return plain


def main() -> None:
    """Keep all pictures as they are drawn now."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    KEPT.mkdir(exist_ok=True)
    for name in SUBJECTS:
        pygame.image.save(drawn(name), str(KEPT / f"{name}.png"))
        print(KEPT / f"{name}.png")


if __name__ == "__main__":
    main()
