"""Films in MP4 (H.264), by PyAV, which is an extra."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from npcsim.errors import MissingExtra, NpcsimError

OPTIONS = {"crf": "18", "preset": "medium", "threads": "1"}


class Coded:
    """A film of a size (pixels) at so many frames a second.

    Raises MissingExtra without PyAV and NpcsimError where the file or its codec can't be opened.
    """

    def __init__(self, path: Path, fps: float, size: tuple[int, int]) -> None:
        try:
            import av
        except ImportError as error:
            raise MissingExtra(
                f'{path.suffix} needs PyAV: pip install "npcsim[video]"; '
                "a .gif or a .webp needs nothing"
            ) from error
        self._av: Any = av
        self._path = path
        try:
            self._file: Any = cast("Any", av.open(str(path), "w", format="mp4"))
            rate = Fraction(fps).limit_denominator(1000)
            self._stream: Any = self._file.add_stream("libx264", rate=rate, options=OPTIONS)
        except (av.FFmpegError, ValueError, OSError) as error:
            raise NpcsimError(f"can't write {path}: {error}") from error
        # H.264 halves its colours both ways.
        self._stream.width, self._stream.height = (side - side % 2 for side in size)
        self._stream.pix_fmt = "yuv420p"

    def add(self, frame: NDArray[np.uint8]) -> None:
        """One more frame, uint8[height, width, 3]."""
        cut = np.ascontiguousarray(frame[: self._stream.height, : self._stream.width])
        picture = self._av.VideoFrame.from_ndarray(cut, format="rgb24")
        self._put(picture)

    def close(self) -> None:
        """Write what is left and close the file. Raises NpcsimError."""
        self._put(None)
        self._file.close()

    def _put(self, picture: Any) -> None:
        try:
            for packet in self._stream.encode(picture):
                self._file.mux(packet)
        except (self._av.FFmpegError, OSError) as error:
            raise NpcsimError(f"can't write {self._path}: {error}") from error
