"""Values drawn once for each NPC: `uniform(0.1, 0.9)`, `normal(0.5, 0.1)`, `choice(0, 0.5, 1)`.

Only + - * / are used on the dice, so that the same seed draws the same values on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

from npcsim.scenario.units import parse_call

FORMS = "expected a number, or uniform(low, high), normal(mean, deviation) or choice(a, b, ...)"
SUMMED = 12


@dataclass(frozen=True, slots=True)
class Drawn:
    """A distribution by name and arguments."""

    name: str
    args: tuple[float, ...]

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest value it can give."""
        if self.name == "normal":
            mean, deviation = self.args
            return mean - SUMMED / 2 * deviation, mean + SUMMED / 2 * deviation
        return min(self.args), max(self.args)

    def value(self, throws: Sequence[float]) -> float:
        """One value from `SUMMED` dice in [0, 1)."""
        if self.name == "uniform":
            low, high = self.args
            return low + (high - low) * throws[0]
        if self.name == "choice":
            return self.args[int(throws[0] * len(self.args))]
        # Twelve dice less six have mean 0 and variance 1 (Irwin-Hall).
        mean, deviation = self.args
        total = 0.0
        for throw in throws:
            total += throw
        return mean + deviation * (total - SUMMED / 2)


def parse_value(value: Any) -> float | Drawn:
    """A number as it is, a distribution from its text. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(FORMS)
    if isinstance(value, int | float):
        if not math.isfinite(value) or abs(value) > 1e12:
            raise ValueError("expected a finite number")
        return float(value)
    call = parse_call(value)
    try:
        args = tuple(float(arg) for arg in call.args)
    except ValueError:
        raise ValueError(FORMS) from None
    wanted = {"uniform": len(args) == 2, "normal": len(args) == 2, "choice": len(args) >= 1}
    if not wanted.get(call.name, False) or not all(math.isfinite(arg) for arg in args):
        raise ValueError(FORMS)
    if call.name == "uniform" and args[0] > args[1]:
        raise ValueError("expected uniform(low, high), the lower end first")
    if call.name == "normal" and args[1] < 0:
        raise ValueError("expected normal(mean, deviation), the deviation not below 0")
    return Drawn(call.name, args)


def _written(value: float | Drawn) -> float | str:
    if isinstance(value, Drawn):
        return f"{value.name}({', '.join(repr(arg) for arg in value.args)})"
    return value


Value = Annotated[
    float | Drawn,
    BeforeValidator(parse_value, json_schema_input_type=float | str),
    PlainSerializer(_written, when_used="json"),
]
