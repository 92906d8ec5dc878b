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

    Utility shares times the model's probabilities, those flattened towards equal by what the
    model is not trusted: at trust 0 the body decides alone. What the model says for an option
    counts as far as the body would have it, that is by the square of its utility over the best
    one's: where the body has no opinion all of it, and the less the more the body is against it.
    So a weak model flavours a sane choice, and a strong one makes it.
    """
    body = shares(utilities)
    if probabilities is None:
        return body
    flat, best = (1 - trust) / len(body), max(body)
    heard = [(b / best) * (b / best) for b in body]
    return shares(
        [b * (flat + trust * p * h) for b, p, h in zip(body, probabilities, heard, strict=True)]
    )


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
