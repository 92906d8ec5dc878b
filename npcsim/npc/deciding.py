"""From a model's probabilities and the body's utilities to a decision.

Only + - * / and comparison are used, so that the same answer gives the same decision on every
machine.
"""

from __future__ import annotations

from collections.abc import Sequence

from npcsim.world.dice import draw


def shares(values: Sequence[float]) -> tuple[float, ...]:
    """Utilities as shares of one; equal shares where all are nothing."""
    total = 0.0
    for value in values:
        total += value
    if total <= 0:
        return tuple(1 / len(values) for _ in values)
    return tuple(value / total for value in values)


def blend(
    utilities: Sequence[float], probabilities: Sequence[float] | None, trust: float
) -> tuple[float, ...]:
    """How good each option is, by body and model together; sums to one.

    Shares of squared utility times the model's probabilities, those flattened towards equal by
    what the model is not trusted: at trust 0 the body decides alone. So a weak model flavours a
    sane choice, and a strong one makes it. It is a logarithmic opinion pool (Genest and Zidek
    1986) in which the body has weight two: at trust t a model can put an option of n before one
    worth up to sqrt(1 + n t / (1 - t)) times as much, and no further.
    """
    parts = shares(utilities)  # first, so that no square is out of range
    body = shares([part * part for part in parts])
    if probabilities is None:
        return body
    flat = (1 - trust) / len(body)
    return shares([b * (flat + trust * p) for b, p in zip(body, probabilities, strict=True)])


def odds(pick: int, probabilities: Sequence[float] | None, count: int) -> tuple[float, ...]:
    """The shares by which a choice counts in a blend.

    Without probabilities all of it is on the pick. `blend` flattens that by what the model is not
    trusted, so the pick gets the tier's trust and no more: a rule, not a claim to be certain.
    """
    if probabilities is not None:
        return tuple(probabilities)
    return tuple(float(index == pick) for index in range(count))


def pick(blended: Sequence[float], temper: float, throw: float) -> int:
    """The option taken: the best at temper 0, drawn by its share at temper 1, between between."""
    best = max(range(len(blended)), key=lambda index: blended[index])
    weights = [temper * share for share in blended]
    weights[best] += 1 - temper
    return draw(weights, throw)
