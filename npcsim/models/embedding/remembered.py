"""The vector of a text is worked out once."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npcsim.errors import Unavailable
from npcsim.messages import Embedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST = 20_000
"""Vectors kept in memory: 30 MB of the bundled model's."""
DIGEST = 32
LONGEST_HEAD = 1_000


class Remembered:
    """An `Embedder` around another, which is asked for what is new only.

    Kept by the SHA-256 of fingerprint and text; the longest unused goes first beyond `most`. path:
    a file of vectors to begin with and to add to, for one model; None forgets at the end. Raises
    `Unavailable` for a file that is of another model, or no such file.
    """

    def __init__(self, inner: Embedder, path: Path | None = None, most: int = MOST) -> None:
        self.inner = inner
        self._path, self._most = path, most
        self._kept: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()
        self._read = path is None

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def fingerprint(self) -> str:
        return self.inner.fingerprint

    @property
    def size(self) -> int:
        return self.inner.size

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        if not self._read:
            self._begin()
        keys = [self._key(text) for text in texts]
        rows: dict[bytes, NDArray[np.float32]] = {}
        for key in keys:
            if key in self._kept:
                self._kept.move_to_end(key)
                rows[key] = self._kept[key]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in rows}
        if new:
            found = await self.inner.embed(list(new.values()))
            added = dict(zip(new, found, strict=True))
            rows.update(added)
            self._keep(added)
        if not keys:
            return np.zeros((0, self.size), dtype=np.float32)
        return np.stack([rows[key] for key in keys])

    async def close(self) -> None:
        await self.inner.close()

    def _key(self, text: str) -> bytes:
        whole = f"{self.fingerprint}\n{text}".encode("utf-8", "backslashreplace")
        return hashlib.sha256(whole).digest()

    def _keep(self, new: dict[bytes, Any]) -> None:
        added = {key: row for key, row in new.items() if key not in self._kept}
        self._kept.update(added)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        if self._path is not None and added:
            body = b"".join(key + row.astype("<f4").tobytes() for key, row in added.items())
            try:
                fresh = not self._path.exists()
                with self._path.open("ab") as file:
                    file.write((self._head() if fresh else b"") + body)
            except OSError as error:
                why = f"vectors can't be kept in {self._path}: {error.strerror}"
                raise Unavailable(why, lasting=True) from None

    def _head(self) -> bytes:
        head = {"npcsim": "vectors", "version": 1, "model": self.fingerprint, "size": self.size}
        return json.dumps(head).encode() + b"\n"

    def _begin(self) -> None:
        """Take in the file. Half a vector at its end, of a run that was cut off, is cut away."""
        import numpy as np

        assert self._path is not None
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            self._read = True
            return
        except OSError as error:
            why = f"kept vectors can't be read from {self._path}: {error.strerror}"
            raise Unavailable(why, lasting=True) from None
        size = self._size_of(data[: data.find(b"\n", 0, LONGEST_HEAD) + 1])
        start, step = data.find(b"\n") + 1, DIGEST + 4 * size
        whole = start + (len(data) - start) // step * step
        for at in range(max(start, whole - self._most * step), whole, step):
            row = np.frombuffer(data, dtype="<f4", count=size, offset=at + DIGEST)
            self._kept[data[at : at + DIGEST]] = row.astype(np.float32)
        if whole < len(data):
            with self._path.open("r+b") as file:
                file.truncate(whole)
        self._read = True

    def _size_of(self, line: bytes) -> int:
        try:
            head = json.loads(line)
            if (head["npcsim"], head["version"]) != ("vectors", 1):
                raise ValueError("another kind of file")
            model, size = str(head["model"]), int(head["size"])
            if not 0 < size <= 65_536:
                raise ValueError(f"vectors of {size} numbers")
        except (ValueError, TypeError, LookupError) as error:
            why = f"{self._path} holds no kept vectors: {type(error).__name__}: {error}"
            raise Unavailable(why, lasting=True) from None
        if model != self.fingerprint:
            why = f"{self._path} holds vectors of {model}, not of {self.fingerprint}"
            raise Unavailable(why, lasting=True)
        return size
