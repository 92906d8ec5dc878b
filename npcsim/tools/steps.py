"""What a parameter can be, said in a table: a list, steps of numbers, or a function."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

MOST_STEPS = 10_000
_NEARLY = 1e-9  # of a step: the last one counts although 0.3 / 0.1 comes out a little under 3


@dataclass(frozen=True, slots=True)
class Steps:
    """Numbers from `low` to at most `high` (both meant too), `step` apart.

    The n-th is low + n * step, so errors of decimal fractions don't add up. Whole numbers stay
    whole. Raises ValueError for numbers that are not finite, a step that is not above 0, a high
    below low, and more than `MOST_STEPS` of them.
    """

    low: float
    high: float
    step: float = 1

    def __post_init__(self) -> None:
        numbers: tuple[Any, ...] = (self.low, self.high, self.step)
        if not all(isinstance(one, int | float) and math.isfinite(one) for one in numbers):
            raise ValueError(f"{self}: steps are finite numbers")
        if self.step <= 0 or self.high < self.low:
            raise ValueError(f"{self}: steps go up, from low to high")
        if (self.high - self.low) / self.step > MOST_STEPS:
            raise ValueError(f"{self}: more than {MOST_STEPS} steps")

    def __len__(self) -> int:
        return int((self.high - self.low) / self.step + _NEARLY) + 1

    def __iter__(self) -> Iterator[float]:
        for number in range(len(self)):
            yield min(self.low + number * self.step, self.high)


Candidates = Callable[..., Iterable[Any]] | Sequence[Any] | Steps
