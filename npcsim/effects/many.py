"""Blocks: one kind of change to a whole population, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Serials = NDArray[np.uint32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Motion:
    """New positions (tiles, multiples of 1/1024) of a population."""

    who: Serials
    x: Floats
    y: Floats


@dataclass(frozen=True, slots=True)
class AddMany:
    """Add `amount` to one attribute of many NPCs. A serial may stand in it more than once.

    `by` are the serials of who caused it, or None; `cause` is a word for the log ("attack").
    """

    attribute: str
    who: Serials
    amount: Floats
    by: Serials | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class SetMany:
    """Give one attribute of many NPCs new values."""

    attribute: str
    who: Serials
    value: Floats
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Shift:
    """State-machine transitions: new state numbers, and the number of the transition that fired."""

    who: Serials
    state: NDArray[np.uint8]
    transition: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Drift:
    """Needs and attributes grow or fade at their declared rates for `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class SignalMany:
    """The same kind of signal from many NPCs at once, without content."""

    about: str
    who: Serials
    loudness: float


Block = Motion | AddMany | SetMany | Shift | Drift | SignalMany
