"""What texts mean, as vectors: recorded answers, beside the world and in no hash or snapshot of it.

They come in as inputs of the log alone, so whoever lives a log again has the same ones at the same
tick, without a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST = 20_000
"""So many texts are known at once; those known longest go first."""
Units = NDArray[np.int32]
"""A vector in the whole numbers that `npcsim.memory.vectors` compares."""


class Meanings:
    """The vectors of texts, as far as they are known."""

    def __init__(self) -> None:
        self._known: dict[str, Units] = {}
        self._wanted: dict[str, None] | None = None

    def of(self, text: str) -> Units | None:
        """The vector of a text, where it is known."""
        return self._known.get(text)

    def take(self, vectors: Mapping[str, NDArray[Any]]) -> None:
        """Know these from now on."""
        self._known.update(vectors)
        for text in list(self._known)[: max(len(self._known) - MOST, 0)]:
            del self._known[text]

    def open(self) -> None:
        """Note from now on what is wanted: in a tick. Whoever merely looks wants nothing."""
        self._wanted = {}

    def want(self, texts: Iterable[str]) -> None:
        """Something was recalled, and these were without a vector."""
        if self._wanted is not None:
            self._wanted.update(dict.fromkeys(text for text in texts if text not in self._known))

    def closed(self) -> list[str]:
        """The tick is over. -> what was wanted in it, in order."""
        wanted, self._wanted = self._wanted, None
        return [text for text in wanted or () if text not in self._known]
