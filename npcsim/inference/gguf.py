"""Is this file a GGUF model at all? Looked at before llama.cpp is, which may die of a bad one."""

from __future__ import annotations

import struct
from pathlib import Path

from npcsim.errors import Unavailable

_HEADER = struct.Struct("<4sIQQ")  # magic, version, tensors, metadata entries
_VERSIONS = (2, 3)
_MOST_TENSORS = 100_000
_MOST_ENTRIES = 100_000


def check_gguf(path: Path) -> None:
    """Raise `Unavailable`, naming the file, unless it starts as a GGUF model does.

    Only the header is read; llama.cpp itself finds a file that is cut short further on.
    """
    if not path.exists():
        raise Unavailable(f"no model file at {path}")
    if not path.is_file():
        raise Unavailable(f"{path} is not a file; a GGUF model file was expected")
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER.size)
    except OSError as error:
        raise Unavailable(f"can't read the model file {path}: {error.strerror}") from error
    if head[:4] != b"GGUF":
        raise Unavailable(f"{path} is not a GGUF model: it does not start with 'GGUF'")
    if len(head) < _HEADER.size:
        raise Unavailable(f"{path} is cut short: {len(head)} bytes are no GGUF header")
    _, version, tensors, entries = _HEADER.unpack(head)
    if version not in _VERSIONS:
        raise Unavailable(f"{path} is GGUF version {version}; versions 2 and 3 are understood")
    if not 0 < tensors <= _MOST_TENSORS or not 0 < entries <= _MOST_ENTRIES:
        raise Unavailable(
            f"{path} has a broken GGUF header: {tensors} tensors, {entries} metadata entries"
        )
