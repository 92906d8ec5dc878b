"""How unsure a model is that gives no likelihoods: it is asked several times, and votes counted."""

from __future__ import annotations

from collections.abc import Sequence

TEMPERATURE = 1.0
"""Votes are drawn from the model's own distribution, so nothing but this is unbiased."""


def shares(votes: Sequence[int]) -> tuple[float, ...]:
    """Votes by option as a distribution, smoothed by one vote spread over all options.

    (v + 1/n) / (V + 1): W. Perks, "Some Observations on Inverse Probability", Journal of the
    Institute of Actuaries 73, 1947. Five of five for one of four options leave it 0.875, not 1:
    so few votes are no certainty, and unlike Laplace's rule many options don't outweigh them.
    """
    count, whole = len(votes), sum(votes)
    return tuple((vote + 1 / count) / (whole + 1) for vote in votes)
