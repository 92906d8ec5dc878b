"""A snapshot as bytes: plain data and arrays, compressed, with a hash; never a pickle.

Layout: the magic, a 16-byte hash of all that follows, the length of the body (8 bytes,
little-endian), the body under zlib. The body: the length of the header (8 bytes), the header
(JSON: the data, and each array's name, dtype and shape), then the arrays' raw little-endian
bytes one after another.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npcsim.errors import BrokenInvariant, StoreError

_MAGIC = b"npcsnap1"
_HASH = 16
_KINDS = "biufSU"
Nearest = tuple[int, dict[str, Any] | None, dict[str, NDArray[Any]] | None]
"""A tick, and what its snapshot holds."""
LARGEST = 4 << 30
"""Bytes a snapshot may unfold to; more is taken for damage or malice."""


def encode(data: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], level: int = 1) -> bytes:
    """The snapshot as bytes. `data` must be JSON (string keys, no tuples if they matter).

    Arrays are numbers, booleans or fixed-width text, of any shape. Raises `BrokenInvariant` for
    any other dtype.
    """
    packer = zlib.compressobj(level)
    listed = []
    little = []
    for name, array in arrays.items():
        if array.dtype.kind not in _KINDS:
            raise BrokenInvariant(f"array {name!r} of dtype {array.dtype} can't be in a snapshot")
        order = array.dtype.newbyteorder("<")
        little.append(np.ascontiguousarray(array, dtype=order))
        listed.append([name, order.str, list(array.shape)])
    header = json.dumps({"data": data, "arrays": listed}, separators=(",", ":")).encode()
    parts = [packer.compress(len(header).to_bytes(8, "little") + header)]
    parts += [
        packer.compress(array.reshape(-1).view(np.uint8).data) for array in little if array.nbytes
    ]
    parts.append(packer.flush())
    length = 8 + len(header) + sum(array.nbytes for array in little)
    body = length.to_bytes(8, "little") + b"".join(parts)
    return _MAGIC + blake2b(body, digest_size=_HASH).digest() + body


def decode(payload: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Inverse of `encode`; the arrays are fresh and may be written to.

    Raises `StoreError` if a byte of it was altered or is missing.
    """
    start = len(_MAGIC) + _HASH
    if payload[: len(_MAGIC)] != _MAGIC:
        raise StoreError("this is not a snapshot of npcsim, or of another version")
    if blake2b(payload[start:], digest_size=_HASH).digest() != payload[len(_MAGIC) : start]:
        raise StoreError("the snapshot is damaged: its bytes do not match their hash")
    length = int.from_bytes(payload[start : start + 8], "little")
    if length > LARGEST:
        raise StoreError(f"the snapshot would unfold to {length} bytes; at most {LARGEST} are read")
    try:
        return _unfold(
            zlib.decompressobj().decompress(payload[start + 8 :], max(1, length)), length
        )
    except (zlib.error, ValueError, TypeError, KeyError) as error:
        raise StoreError(f"the snapshot can't be read: {error}") from error


def _unfold(body: bytes, length: int) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    if len(body) != length:
        raise ValueError(f"it unfolds to {len(body)} bytes, not {length}")
    place = 8 + int.from_bytes(body[:8], "little")
    header = json.loads(body[8:place])
    arrays: dict[str, NDArray[Any]] = {}
    for name, text, shape in header["arrays"]:
        dtype = np.dtype(text)
        if dtype.kind not in _KINDS:
            raise ValueError(f"array {name!r} has dtype {dtype}")
        count = math.prod(shape)
        flat = np.frombuffer(body, dtype=dtype, count=count, offset=place)
        arrays[name] = flat.reshape(shape).copy()
        place += flat.nbytes
    if place != length:
        raise ValueError("bytes are left over behind its arrays")
    return header["data"], arrays
