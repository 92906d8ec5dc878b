"""The SHA-256 of a file, worked out once while it does not change."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from npcsim.errors import Unavailable
from npcsim.inference.gguf import shown


def sha256_of(path: Path) -> str:
    """In hexadecimal. Raises `Unavailable` for a file that can't be read."""
    try:
        state = path.stat()
        return _sha256(path, state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise Unavailable(f"can't read {shown(path)}: {error.strerror}") from error


@lru_cache(maxsize=64)
def _sha256(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
