"""Films in WebP and MP4 (H.264), by PyAV, which is an extra."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from npcsim.errors import MissingExtra, NpcsimError

CODECS: dict[str, tuple[str, str, str, dict[str, str]]] = {
    # suffix: container, codec, pixel format, options of the codec
    ".mp4": ("mp4", "libx264", "yuv420p", {"crf": "18", "preset": "medium", "threads": "1"}),
    ".webp": ("webp", "libwebp_anim", "bgra", {"lossless": "1", "loop": "0"}),
}


class Coded:
    """A film of a size (pixels) at so many frames a second.

    Raises MissingExtra without PyAV and NpcsimError where the file or its codec can't be opened.
    """

    def __init__(self, path: Path, fps: float, size: tuple[int, int]) -> None:
        try:
            import av
        except ImportError as error:
            raise MissingExtra(
                f'{path.suffix} needs PyAV: pip install "npcsim[video]"; a .gif needs nothing'
            ) from error
        container, codec, format_, options = CODECS[path.suffix.lower()]
        self._av: Any = av
        self._path = path
        try:
            self._file: Any = cast("Any", av.open(str(path), "w", format=container))
            rate = Fraction(fps).limit_denominator(1000)
            self._stream: Any = cast("Any", self._file).add_stream(
                codec, rate=rate, options=options
            )
        except (av.FFmpegError, ValueError, OSError) as error:
            raise NpcsimError(f"can't write {path}: {error}") from error
        even = container == "mp4"  # H.264 halves its colours both ways
        self._stream.width = size[0] - size[0] % 2 if even else size[0]
        self._stream.height = size[1] - size[1] % 2 if even else size[1]
        self._stream.pix_fmt = format_

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
