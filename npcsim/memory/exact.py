"""Logarithm and decay from `+ - * /` and square roots alone: the same bits on every machine.

The platform's own `log` and `pow` differ in the last bit between libraries, and what is recalled
may decide what an NPC does.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

HOUR_MS = 3_600_000
LN2 = 0.6931471805599453
_ROOT_HALF = 0.7071067811865476
_TERMS = 23
"""The last odd power of the series: its rest is below 1e-18."""
_BITS = 11
_STEPS = 1 << _BITS
_HOURS = 10_000


def ln(x: float) -> float:
    """The natural logarithm of x > 0, to a relative error of about 1e-15.

    x = m * 2**e with m near 1, and ln m = 2 (z + z^3/3 + z^5/5 + ...) with z = (m - 1) / (m + 1).
    """
    m, e = math.frexp(x)
    if m < _ROOT_HALF:
        m, e = 2 * m, e - 1
    z = (m - 1) / (m + 1)
    square, series = z * z, 0.0
    for odd in range(_TERMS, 0, -2):
        series = series * square + 1 / odd
    return 2 * z * series + e * LN2


def decay(factor: float, passed_ms: NDArray[np.int64]) -> NDArray[np.float64]:
    """factor ** hours for each of these times, in ms; 1 for what is still to come.

    Whole hours are products; the rest of an hour, in steps of 2**-22, is a product of repeated
    square roots of the factor. factor: above 0, at most 1.
    """
    hours, high, low = _tables(factor)
    passed = np.maximum(passed_ms, 0)
    whole = np.minimum(passed // HOUR_MS, _HOURS - 1)
    rest = (passed % HOUR_MS) * (_STEPS * _STEPS) // HOUR_MS
    kept: NDArray[np.float64] = hours[whole] * high[rest >> _BITS] * low[rest & (_STEPS - 1)]
    return kept


@lru_cache(maxsize=8)
def _tables(factor: float) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Powers of the factor by whole hours, by 1/2048 of an hour, and by 1/2048 of that."""
    hours = [1.0]
    for _ in range(_HOURS - 1):
        hours.append(hours[-1] * factor)
    roots = [factor]
    for _ in range(2 * _BITS):
        roots.append(math.sqrt(roots[-1]))
    parts = []
    for first in (_BITS, 2 * _BITS):
        steps = [1.0]
        for bit in range(_BITS):
            steps += [value * roots[first - bit] for value in steps]
        parts.append(np.array(steps))
    return np.array(hours), parts[0], parts[1]
