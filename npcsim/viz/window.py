"""The front door of the window: `show` opens one, `shot` draws one frame into a file.

Both need pygame, which is imported when they are called.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from npcsim.errors import MissingExtra, NpcsimError
from npcsim.events import Event
from npcsim.viz.feed import Feed
from npcsim.viz.scene import Scene

if TYPE_CHECKING:
    from npcsim.viz.draw.frame import Frame
    from npcsim.viz.forking.forking import Forks

SIZE = (1280, 720)
NO_EYES = ("dummy", "offscreen")  # SDL drivers that nobody sees
PUT = "SDL_FRAMEBUFFER_ACCELERATION"
GPUS = ("dri/renderD*", "nvidia[0-9]*")
"""What there is in /dev where a graphics processor may be used."""
NO_DISPLAY = (
    "there is no display to open a window on ({why}); "
    "draw one frame into a file instead: npcsim watch ... --shot picture.png --at TIME"
)


def show(
    feed: Feed,
    *,
    title: str,
    speed: float = 4.0,
    size: tuple[int, int] = SIZE,
    beside: Feed | None = None,
    names: tuple[str, str] = ("", ""),
    begin_as: str = "",
    forks: Forks | None = None,
) -> None:
    """Open a window on `feed` and return when it is closed; the feed is closed too.

    `speed`: ticks shown in a second; the window's own, whatever the simulation's. `beside`: a
    second run, shown at its side, with what both are called (`names`).
    `begin_as`: the id of an NPC to be from the beginning. `forks`: makes forks of the run. Raises
    `MissingExtra` without pygame and `NpcsimError` without a display.
    """
    pygame = _pygame()
    try:
        _open_display(pygame)
        from npcsim.viz.app import App

        App(feed, title, speed, size, beside, names, begin_as, forks).run()
    except pygame.error as error:
        raise NpcsimError(NO_DISPLAY.format(why=error)) from error
    finally:
        pygame.quit()
        feed.close()


def need_display() -> None:
    """See that a window can be opened, and open none.

    For whoever would begin something for a window. Raises as `show` does.
    """
    pygame = _pygame()
    try:
        _open_display(pygame)
    finally:
        pygame.quit()


def _open_display(pygame: ModuleType) -> None:
    """Raises `NpcsimError` without a display, or with one that nobody sees and nobody chose."""
    asked_for = os.environ.get("SDL_VIDEODRIVER", "")
    try:
        with _libraries_silent():
            pygame.display.init()
            pygame.font.init()
    except pygame.error as error:
        raise NpcsimError(NO_DISPLAY.format(why=error)) from error
    driver = pygame.display.get_driver()
    if driver in NO_EYES and driver != asked_for:
        raise NpcsimError(NO_DISPLAY.format(why="no screen was found"))
    put_plainly(driver)


def put_plainly(driver: str, devices: Path = Path("/dev")) -> None:
    """Have frames put on an X11 screen as they are where there is no graphics processor.

    By itself SDL gives each to OpenGL, which then is a program, too: 8.1 ms for 1280 x 720 under
    Xvfb, against 1.2. Whoever has set `SDL_FRAMEBUFFER_ACCELERATION` knows better.
    """
    if driver == "x11" and not any(one for gpu in GPUS for one in devices.glob(gpu)):
        os.environ.setdefault(PUT, "0")


@contextmanager
def _libraries_silent() -> Iterator[None]:
    """Keep what C libraries write straight to standard error off the terminal.

    Without a display, Wayland's complains of a missing variable before SDL tries the next driver;
    what matters comes back as an error anyway.
    """
    if sys.stderr is None:  # a Windows program without a console has nothing to write to
        yield
        return
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def shot(
    events: Sequence[Event],
    path: str | Path,
    *,
    tick: int | None = None,
    select: str | None = None,
    size: tuple[int, int] = SIZE,
    zoom: float | None = None,
    look_at: tuple[float, float] | None = None,
) -> None:
    """Draw the window at the end of `tick` (None: of the run) into a PNG; no display is needed.

    `select`: the id or name of an NPC to choose. `zoom`: 0.125 to 6, `look_at`: the middle of
    the view in tiles; without them the whole world is shown, or what is round the chosen one.
    The same events give the same pixels. Raises `MissingExtra` without pygame, `NpcsimError`
    for an unknown NPC, for events without a beginning, or when the file can't be written.
    """
    scene = Scene.at(events, tick)
    if scene.started is None:
        raise NpcsimError("there is nothing to draw: the run has no beginning in its log")
    row = row_of(scene, select)
    with display_for("dummy"):
        import pygame

        try:
            surface = pygame.display.set_mode(size)
            _draw_still(surface, scene, row, zoom, look_at)
            pygame.image.save(surface, str(path))
        except (pygame.error, OSError) as error:
            raise NpcsimError(f"can't draw {path}: {error}") from error


@contextmanager
def display_for(driver: str) -> Iterator[None]:
    """A display of one of SDL's drivers for as long as the block lasts; `dummy` needs no screen.

    Raises `MissingExtra` without pygame and `NpcsimError` where SDL can't open it.
    """
    pygame = _pygame()
    had = os.environ.get("SDL_VIDEODRIVER")
    os.environ["SDL_VIDEODRIVER"] = driver
    try:
        _open_display(pygame)
        yield
    finally:
        pygame.quit()
        if had is None:
            del os.environ["SDL_VIDEODRIVER"]
        else:
            os.environ["SDL_VIDEODRIVER"] = had


def _draw_still(
    surface: object,
    scene: Scene,
    row: int | None,
    zoom: float | None,
    look_at: tuple[float, float] | None,
) -> None:
    import pygame

    from npcsim.viz.draw.frame import Frame

    assert isinstance(surface, pygame.Surface)
    frame = Frame(same_everywhere=True)
    frame.bar_left = scene.clock()
    frame.bar_right = (f"tick {scene.tick}",)
    aim(frame, surface.get_size(), scene, row, zoom, look_at)
    frame.draw(surface, scene, 1.0)


def aim(
    frame: Frame,
    size: tuple[int, int],
    scene: Scene,
    row: int | None,
    zoom: float | None,
    look_at: tuple[float, float] | None,
) -> None:
    """Choose the NPC of a row and point the camera, as `shot` says."""
    from npcsim.viz.draw.ground import ZOOMS
    from npcsim.viz.tray.cards import Cards
    from npcsim.viz.tray.tray import Tray

    tray = Tray()
    tray.look_at(scene, 1.0)
    frame.cards.append(Cards(tray))
    frame.layout(size)
    frame.selected = row
    stage = frame.prepare(scene)
    if stage is None:
        return
    if zoom is not None:
        stage.camera.level = min(range(len(ZOOMS)), key=lambda at: abs(ZOOMS[at] - zoom))
    elif row is not None:
        stage.camera.level = max(stage.camera.level, ZOOMS.index(2.0))
    if look_at is not None:
        stage.camera.x, stage.camera.y = look_at
    elif row is not None:
        stage.look_at(scene, row, 1.0)


def row_of(scene: Scene, select: str | None) -> int | None:
    """The row of an NPC by id or name. Raises NpcsimError for one that isn't there."""
    if select is None:
        return None
    for person in scene.people:
        if select in (person.id, person.name):
            return person.row
    known = ", ".join(person.id for person in scene.people[:20])
    raise NpcsimError(f"there is no NPC {select!r} in this run; there are {known}")


def _pygame() -> ModuleType:
    # pygame greets on standard output when it is imported, which would spoil what a command prints.
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        import pygame
    except ImportError as error:
        raise MissingExtra(
            "the window needs pygame, which is not installed: pip install pygame"
        ) from error
    return pygame
