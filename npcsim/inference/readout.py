"""What a model's state after an option says of it, read off its logits by fitted weights.

A language model's last state is more than its likeliest words. Logits are a linear picture of that
state, so a weighted sum of some of them is any linear reading of it (a linear probe: Alain and
Bengio 2017), and needs nothing of a model but one row more an option.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from npcsim.inference.sequence import Logits


class Readout:
    """Weights [tokens] of the log probabilities of `tokens`: called with logits, gives nats.

    Raises ValueError where the two have not the same length.
    """

    def __init__(self, tokens: list[int], weights: list[float]) -> None:
        if len(tokens) != len(weights):
            raise ValueError(f"{len(weights)} weights for {len(tokens)} tokens")
        self._tokens = np.array(tokens, dtype=np.int64)
        self._weights = np.array(weights, dtype=np.float64)
        self._all = float(self._weights.sum())

    def __call__(self, logits: Logits) -> float:
        """Sum of weight × log P(token), in float64; the logits are left as they are."""
        highest = float(logits.max())
        total = math.log(float(np.exp(logits - highest).sum(dtype=np.float64)))
        said = float((logits[self._tokens] * self._weights).sum())
        return said - self._all * (highest + total)


def readout_from(data: Mapping[str, Any] | None) -> Readout | None:
    """From `{"tokens": […], "weights": […]}`, or None for nothing."""
    return None if data is None else Readout(data["tokens"], data["weights"])
