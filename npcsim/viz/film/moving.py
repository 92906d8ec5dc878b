"""Moving pictures, GIF and WebP, by Pillow."""

from __future__ import annotations

import zlib
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
"""[height, width, 3]"""

COLOURS = 255  # of a GIF, and one more for what stays as it was
LEARNT = 8  # frames that a GIF's colours are chosen from, spread over all


class Moving:
    """Keeps its frames, packed, and writes the file at `close`. `fps`: 1 to 50.

    A WebP is without loss. The frames of a GIF share one palette, so that what stands still doesn't
    flicker; while one is written, it takes a byte of memory for each pixel of each frame.
    """

    def __init__(self, path: Path, fps: float) -> None:
        self._path, self._fps = path, fps
        self._frames: list[bytes] = []  # packed: a film of drawn figures is small so
        self._size = (1, 1)

    def add(self, frame: Pixels) -> None:
        """One more frame, uint8[height, width, 3]; all of one size."""
        self._size = (frame.shape[1], frame.shape[0])
        self._frames.append(zlib.compress(frame.tobytes(), 1))

    def close(self) -> None:
        """Write the file. Raises OSError."""
        if self._path.suffix.lower() == ".webp":
            self._write_webp()
        else:
            self._write_gif()

    def _write_webp(self) -> None:
        ends = [round(1000 * number / self._fps) for number in range(len(self._frames) + 1)]
        _Reel(self._frames, self._size).save(
            self._path, "WEBP", save_all=True, loop=0, lossless=True, method=4,
            duration=[end - start for start, end in pairwise(ends)],
        )  # fmt: skip

    def _write_gif(self) -> None:
        palette = self._palette()
        hundredths = max(2, round(100 / self._fps))
        _Reel(self._frames, self._size, palette).save(
            self._path, "GIF", save_all=True, loop=0, disposal=1, duration=10 * hundredths,
            # One palette for all, and what stays as it was is clear: files of a sixth of the size.
            palette=bytes(palette.getpalette() or ()), optimize=True,
        )  # fmt: skip

    def _palette(self) -> Image.Image:
        """A picture with the colours of frames from all over the film."""
        step = max(1, len(self._frames) // LEARNT)
        learnt = [_picture(packed, self._size) for packed in self._frames[::step]]
        wide, tall = self._size
        strip = Image.new("RGB", (wide, tall * len(learnt)))
        for number, frame in enumerate(learnt):
            strip.paste(frame, (0, number * tall))
        # Nearer than the median cut of the same size: small things keep their colours.
        return strip.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)


class _Reel(Image.Image):
    """Frames as one picture that is wound to the next, which is how Pillow's writers ask for them:
    given as a list, all would be unpacked at once."""

    def __init__(
        self, frames: list[bytes], size: tuple[int, int], colours: Image.Image | None = None
    ) -> None:
        super().__init__()
        self._frames, self._size, self._colours = frames, size, colours
        self.n_frames = len(frames)
        self.seek(0)

    def seek(self, frame: int) -> None:
        """Raises EOFError after the last frame."""
        if frame >= self.n_frames:
            raise EOFError("no more frames")
        self._at = frame
        shown = _picture(self._frames[frame], self._size)
        if self._colours is not None:
            shown = shown.quantize(palette=self._colours, dither=Image.Dither.NONE)
        self._mode, self.im, self.palette = shown.mode, shown.im, shown.palette

    def tell(self) -> int:
        """Which frame it is at."""
        return self._at


def _picture(packed: bytes, size: tuple[int, int]) -> Image.Image:
    return Image.frombytes("RGB", size, zlib.decompress(packed))
