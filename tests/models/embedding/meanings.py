"""An embedder whose meanings a test says: for the logic around one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from npcsim.errors import Unavailable


class Meanings:
    """Each sentence is a direction of its own; `same` gives some the direction of another.

    A cosine beside a sentence, `("The mill burns.", 0.8)`, turns it away from that one so far.
    """

    name, fingerprint = "meanings", "meanings/1"

    def __init__(
        self, same: Mapping[str, str | tuple[str, float]] | None = None, size: int = 512
    ) -> None:
        self.size = size
        self.same = same or {}
        self.places: dict[str, int] = {}
        self.asked: list[str] = []
        self.down = False
        self.closed = 0

    async def embed(self, texts: Sequence[str]) -> Any:
        if self.down:
            raise Unavailable("down")
        self.asked += texts
        found = np.zeros((len(texts), self.size), dtype=np.float32)
        for row, text in zip(found, texts, strict=True):
            like, near = text, 1.0
            if text in self.same:
                said = self.same[text]
                like, near = said if isinstance(said, tuple) else (said, 1.0)
            row[self._place(like)] = near
            if near < 1:
                row[self._place(text)] = np.sqrt(1 - near * near)
        return found

    def _place(self, text: str) -> int:
        return self.places.setdefault(text, len(self.places))

    async def close(self) -> None:
        self.closed += 1
