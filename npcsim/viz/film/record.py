"""A film of a run: what a window would show from one tick to another, without a display."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from npcsim.errors import NpcsimError
from npcsim.events import Event
from npcsim.viz.player import READING_SECONDS
from npcsim.viz.scene import Scene
from npcsim.viz.window import aim, display_for, row_of

SIZE = (960, 540)
FPS = 12.0
KINDS = (".gif", ".webp", ".mp4")
MOST_FRAMES = 3000


class Writer(Protocol):
    """Where frames go."""

    def add(self, frame: NDArray[np.uint8]) -> None:
        """One more frame, uint8[height, width, 3]."""

    def close(self) -> None:
        """Write what is left."""


def film(
    events: Sequence[Event],
    path: str | Path,
    *,
    first: int,
    last: int,
    speed: float = 4.0,
    fps: float = FPS,
    select: str | None = None,
    size: tuple[int, int] = SIZE,
    zoom: float | None = None,
    look_at: tuple[float, float] | None = None,
) -> int:
    """Draw ticks `first` to `last` into a GIF, WebP or MP4, by the file's ending; -> its frames.

    `speed`: ticks shown in a second. `fps`: frames of a second, 1 to 50. `select`, `zoom` and
    `look_at` as for `shot`; who is chosen is followed. The same events give the same frames on
    every machine. MP4 needs PyAV, an extra. Raises `MissingExtra`, and `NpcsimError`
    for an ending that is none of these, a span that is empty or longer than `MOST_FRAMES` frames,
    an unknown NPC, events without a beginning, or a file that can't be written.
    """
    path = Path(path)
    if path.suffix.lower() not in KINDS:
        raise NpcsimError(f"{path} ends in none of {', '.join(KINDS)}")
    if not 1 <= fps <= 50:
        raise NpcsimError(f"{fps:g} frames a second: it must be 1 to 50")
    frames = math.floor((last - first) / speed * fps) + 1
    if last <= first or frames > MOST_FRAMES:
        raise NpcsimError(
            f"ticks {first} to {last} at {speed:g} a second make {max(0, frames)} frames; "
            f"a film has 2 to {MOST_FRAMES}: give other --from and --to, --speed or --fps"
        )
    reel = _Reel(events, speed)
    if reel.scene.started is None:
        raise NpcsimError("there is nothing to draw: the run has no beginning in its log")
    reel.fold(float(first))
    row = row_of(reel.scene, select)
    writer = _writer(path, fps, size)
    with display_for("dummy"):
        import pygame

        from npcsim.viz.draw.frame import Frame

        try:
            surface = pygame.display.set_mode(size)
            frame = Frame(same_everywhere=True)
            frame.side = 0 if row is None else frame.side  # the map alone, or someone's mind too
            aim(frame, size, reel.scene, row, zoom, look_at)
            for number in range(frames):
                head = min(first + number / fps * speed, float(last))
                fraction = reel.fold(head)
                frame.bar_left = reel.scene.clock(head)
                if row is not None and look_at is None and frame.stage is not None:
                    frame.stage.look_at(reel.scene, row, fraction)
                frame.draw(surface, reel.scene, fraction)
                writer.add(np.ascontiguousarray(pygame.surfarray.array3d(surface).swapaxes(0, 1)))
            writer.close()
        except (pygame.error, OSError) as error:
            raise NpcsimError(f"can't draw {path}: {error}") from error
    return frames


def _writer(path: Path, fps: float, size: tuple[int, int]) -> Writer:
    """Raises NpcsimError where the file can't be written: before anything is drawn."""
    if path.suffix.lower() == ".mp4":
        from npcsim.viz.film.coded import Coded

        return Coded(path, fps, size)
    try:
        path.touch()
    except OSError as error:
        raise NpcsimError(f"can't draw {path}: {error}") from error
    from npcsim.viz.film.moving import Moving

    return Moving(path, fps)


class _Reel:
    """A scene that is folded on as a film goes on."""

    def __init__(self, events: Sequence[Event], speed: float) -> None:
        self.scene = Scene()
        self.scene.speech_ticks = max(2, round(READING_SECONDS * speed))
        self._waiting = deque(events)
        while self._waiting and self.scene.started is None:
            self.scene.apply(self._waiting.popleft())

    def fold(self, head: float) -> float:
        """Fold up to the tick that `head` is in; -> how far into it that is."""
        while self._waiting and self._waiting[0].tick - 1 < head:
            self.scene.apply(self._waiting.popleft())
        return min(max(head - (self.scene.tick - 1), 0.0), 1.0)
