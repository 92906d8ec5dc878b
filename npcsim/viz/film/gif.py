"""An animated GIF, written without other packages.

GIF 89a, "Graphics Interchange Format Programming Reference", CompuServe 1990. All frames share one
palette, made from the first frames' colours by how often they occur; of each later frame only the
rectangle that changed is written, and in it what stayed the same is clear, which packs well.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]  # [height, width, 3]
Indices = NDArray[np.uint8]

COLOURS = 255  # and one more that is clear
CLEAR = 255
LEARNT = 8  # frames that the palette is made from, spread over all
BITS = 5  # of each channel that colours are counted by
LONGEST_CODE = 12
BLOCK = 255


class Gif:
    """Keeps its frames, packed, and writes the file at `close`. `fps`: 1 to 50."""

    def __init__(self, path: Path, fps: float) -> None:
        self._path, self._hundredths = path, max(2, round(100 / fps))
        self._frames: list[bytes] = []  # packed: a film of drawn figures is small so
        self._shape = (1, 1, 3)

    def add(self, frame: Pixels) -> None:
        """One more frame, uint8[height, width, 3]; all of one size."""
        self._shape = frame.shape
        self._frames.append(zlib.compress(frame.tobytes(), 1))

    def _frame(self, number: int) -> Pixels:
        return np.frombuffer(zlib.decompress(self._frames[number]), np.uint8).reshape(self._shape)

    def close(self) -> None:
        """Write the file. Raises OSError."""
        tall, wide, _ = self._shape
        learnt = range(0, len(self._frames), max(1, len(self._frames) // LEARNT))
        palette, nearest = _palette([self._frame(number) for number in learnt])
        parts = [
            b"GIF89a",
            struct.pack("<HHBBB", wide, tall, 0xF7, 0, 0),
            palette.tobytes(),
            b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00",  # goes round for ever
        ]
        shown: Indices | None = None
        wait = 0
        pending: tuple[bytes, bytes] | None = None  # a frame but for how long it is shown
        for number in range(len(self._frames)):
            indices = nearest[_coarse(self._frame(number))]
            image = _image(indices, shown)
            wait += self._hundredths
            if image is not None:
                if pending is not None:
                    parts += [_control(wait - self._hundredths), *pending]
                    wait = self._hundredths
                pending, shown = image, indices
        if pending is not None:
            parts += [_control(wait), *pending]
        self._path.write_bytes(b"".join([*parts, b"\x3b"]))


def _control(hundredths: int) -> bytes:
    """How long the next image is shown; it stays, and its last colour is clear."""
    return struct.pack("<BBBBHBB", 0x21, 0xF9, 4, 0x05, min(hundredths, 65535), CLEAR, 0)


def _coarse(frame: Pixels) -> NDArray[np.int64]:
    """Colours by their upper bits, int64[height, width]."""
    part = (frame >> (8 - BITS)).astype(np.int64)
    return (part[..., 0] << (2 * BITS)) | (part[..., 1] << BITS) | part[..., 2]


def _palette(frames: list[Pixels]) -> tuple[Pixels, Indices]:
    """256 colours, and which of them stands for each coarse colour."""
    count = np.zeros(1 << (3 * BITS), dtype=np.int64)
    total = np.zeros((1 << (3 * BITS), 3), dtype=np.float64)
    for frame in frames:
        coarse = _coarse(frame).ravel()
        count += np.bincount(coarse, minlength=len(count))
        for channel in range(3):
            weights = frame[..., channel].ravel()
            total[:, channel] += np.bincount(coarse, weights, minlength=len(count))
    # By the root of how often: small things of a colour of their own keep it.
    order = np.argsort(-count, kind="stable")[: 4 * COLOURS]
    order = order[count[order] > 0]
    mean = total[order] / count[order, None]
    chosen = _far_apart(mean, np.sqrt(count[order]))
    palette = np.zeros((256, 3), dtype=np.uint8)
    palette[: len(chosen)] = np.round(mean[chosen]).astype(np.uint8)
    steps = np.arange(1 << (3 * BITS))
    middle = np.stack([steps >> (2 * BITS), steps >> BITS & 31, steps & 31], axis=1)
    middle = (middle << (8 - BITS)) + (1 << (7 - BITS))
    nearest = np.empty(len(steps), dtype=np.uint8)
    own = palette[: len(chosen)].astype(np.int64)
    for start in range(0, len(steps), 1024):
        piece = middle[start : start + 1024, None, :] - own[None]
        nearest[start : start + 1024] = np.argmin((piece * piece).sum(axis=2), axis=1)
    return palette, nearest


def _far_apart(colours: NDArray[np.float64], weight: NDArray[np.float64]) -> list[int]:
    """Which colours to take: one after the other the one that is missed most.

    Missed is a colour by its squared distance to the nearest one taken, times its weight.
    """
    taken = [int(np.argmax(weight))]
    away = ((colours - colours[taken[0]]) ** 2).sum(axis=1)
    while len(taken) < min(COLOURS, len(colours)):
        best = int(np.argmax(away * weight))
        if away[best] <= 0:
            break
        taken.append(best)
        away = np.minimum(away, ((colours - colours[best]) ** 2).sum(axis=1))
    return taken


def _image(indices: Indices, shown: Indices | None) -> tuple[bytes, bytes] | None:
    """What changed since what is shown: head and packed pixels; None where nothing did."""
    top, left = 0, 0
    piece = indices
    if shown is not None:
        differs = indices != shown
        rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
        if not len(rows):
            return None
        top, left = int(rows[0]), int(columns[0])
        box = np.s_[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1]
        piece = np.where(differs[box], indices[box], CLEAR).astype(np.uint8)
    head = struct.pack("<BHHHHB", 0x2C, left, top, piece.shape[1], piece.shape[0], 0)
    return head, _packed(piece.tobytes())


def _packed(pixels: bytes) -> bytes:
    """Pixels of 8 bits, compressed by LZW as GIF has it, in blocks."""
    data = _lzw(pixels)
    blocks = [
        bytes((len(data[start : start + BLOCK]),)) + data[start : start + BLOCK]
        for start in range(0, len(data), BLOCK)
    ]
    return b"\x08" + b"".join(blocks) + b"\x00"


def _lzw(pixels: bytes) -> bytes:
    """T. A. Welch, "A Technique for High-Performance Data Compression", 1984; codes of 9 to 12
    bits, the lowest bit first, begun anew when all are used."""
    clear, end = 256, 257
    table: dict[int, int] = {}
    size, following = 9, 258
    held, bits = clear, 9
    out = bytearray()
    prefix = pixels[0]
    for pixel in pixels[1:]:
        key = prefix << 8 | pixel
        code = table.get(key)
        if code is not None:
            prefix = code
            continue
        held |= prefix << bits
        bits += size
        while bits >= 8:
            out.append(held & 255)
            held >>= 8
            bits -= 8
        if following < 1 << LONGEST_CODE:
            table[key] = following
            size += following == 1 << size
            following += 1
        else:
            held |= clear << bits
            bits += size
            table.clear()
            size, following = 9, 258
        prefix = pixel
    held |= prefix << bits
    bits += size
    size += following == 1 << size and size < LONGEST_CODE
    held |= end << bits
    bits += size
    return bytes(out) + held.to_bytes((bits + 7) // 8, "little")
